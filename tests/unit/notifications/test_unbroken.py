"""What stays together in a line of HTML, and where a date is broken."""

import html
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.notice import NoticeName
from pipeline.notifications.preview.samples import samples
from pipeline.notifications.unbroken import is_moment, moment, unbroken

_WHOLE = re.compile('<span style="white-space:nowrap">(.*?)</span>')
_PIECE = re.compile('<span style="display:inline-block">(.*?)</span>(?=<span|$| )')


def kept(page: str) -> list[str]:
    return _WHOLE.findall(unbroken(page))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Reply to this e-mail.", ["-mail"]),
        ("Ihr QR-Code und Ihre E-Mail", ["-Code", "-Mail"]),
        ("最も長く待っているのはWA-7K3M9Q4Mです", ["-7K3M9Q4M"]),
        ("「03-1234-567」は、桁数が足りません", ["-1234-567"]),
        ("10:00–11:00 (Japan time)", ["10:00–11:00"]),
        ("Question 8, WhatsApp phone number (cell D13)", [" 8", "(cell D13)"]),
        ("a Genesys Cloud User 2, User 3 or Digital Upgrade", [" 2", " 3"]),
        ("go to Admin &gt; Message &gt; Platforms", ["Admin &gt;", "Message &gt;"]),
        # a long word, an identifier and a date are broken where they must
        ("the WhatsApp-Business-App", []),
        ("0b3f8a4e-5d1c-4c6e-9a57-2f1f6f0f3c11", []),
        ("by Tuesday 8 December 2026", []),
        ("&lt;b&gt; x &amp; y", []),
    ],
)
def test_what_stays_on_one_line(text: str, whole: list[str]) -> None:
    assert kept(text) == whole


def test_tags_are_left_alone() -> None:
    page = '<a href="https://wa.me/1?text=e-mail">e-mail</a>'
    assert unbroken(page) == (
        '<a href="https://wa.me/1?text=e-mail">e<span style="white-space:nowrap">-mail</span></a>'
    )


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            "Tuesday 1 December 2026, 14:30 (Japan time, UTC+9)",
            ["Tuesday", "1 December 2026,", "14:30", "(Japan time, UTC+9)"],
        ),
        (
            "Dienstag, 1.\u00a0Dezember 2026, 14:30\u00a0Uhr (japanische Zeit, UTC+9)",
            ["Dienstag,", "1.\u00a0Dezember 2026,", "14:30\u00a0Uhr", "(japanische Zeit, UTC+9)"],
        ),
        (
            "A\u30002026年12月8日（火）10:00～11:00（日本時間）",
            ["A\u30002026年12月8日（火）", "10:00～11:00（日本時間）"],
        ),
    ],
)
def test_a_date_is_broken_before_its_time_and_its_zone(text: str, pieces: list[str]) -> None:
    found = _PIECE.findall(moment(text))
    assert [re.sub("<[^>]+>", "", piece) for piece in found] == pieces


@pytest.mark.parametrize(
    "text", ["", "READY", "We write by 8 December 2026.", "2026年12月1日（火）"]
)
def test_what_is_no_date_with_a_time_is_left_alone(text: str) -> None:
    assert not is_moment(text)
    assert moment(text) == text


def test_a_japanese_date_alone_is_known_as_one_and_left_to_the_browser() -> None:
    text = "2026年12月1日（火）14:30（日本時間）"
    assert is_moment(text)
    assert moment(text) == text


@given(st.text())
def test_no_word_is_changed(text: str) -> None:
    page = html.escape(text)
    for written in (unbroken(page), moment(page)):
        assert html.unescape(re.sub("<[^>]+>", "", written)) == html.unescape(page)


def _torn(page: str) -> float:
    """Return the share of the tags of ``page`` that stand between two letters.

    SpamAssassin (``HTML_OBFUSCATE``) takes a mail for spam from a twentieth on. It counts bytes:
    all but blanks and the punctuation of ASCII are letters to it.
    """
    body = re.sub(r"<(title|style)>.*?</", r"<\1></", page, flags=re.DOTALL)
    body = re.sub(r"<(?:br|div|li|t[hd]|h\d|p)\b", r" \g<0>", body)
    pieces = re.split("(<[^>]*>)", body)
    letter = "[^\\s!-/:-@\\[-`{-~]"
    texts = [html.unescape(text) for text in pieces[::2] if text]
    torn = sum(
        bool(re.search(f"{letter}\\Z", left) and re.match(letter, right))
        for left, right in pairwise(texts)
    )
    return torn / len(pieces[1::2])


def test_no_mail_has_many_tags_between_letters() -> None:
    """In every case of Japanese, which has no blanks; the filter takes too long for so many."""
    found = {sample.name: _torn(sample.compose().html) for sample in samples("ja")}
    assert {name: share for name, share in found.items() if share >= 0.05} == {}


def test_every_deadline_in_a_block_can_be_broken_between_its_parts() -> None:
    mail = next(samples("en", NoticeName.QUESTION)).compose()
    block = mail.html.partition('class="facts act"')[2].partition("</table>")[0]
    assert block.count("display:inline-block") == 4


def test_a_command_stands_on_its_own_line_in_the_mail_to_staff() -> None:
    mail = next(samples("en", NoticeName.STAFF_ALERT)).compose()
    assert "pipeline queue needs-me" in mail.text.splitlines()
    assert "<br>\npipeline queue needs-me<br>" in mail.html
    assert "`" not in mail.html + mail.text
