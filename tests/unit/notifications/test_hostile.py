"""Words of anybody on the internet in our mails: they stand there, and do nothing."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.notifications.compose import Composed
from pipeline.notifications.preview.samples import Sample, samples
from pipeline.notifications.seal import clean as shown_clean
from pipeline.notifications.seal import unlinked
from pipeline.validation.characters import clean
from tests.unit.notifications.test_every_notice import hostile, tags

LANGUAGES = ("en", "ja", "de")
#: What mail programs take for a link in plain words.
_LINK = re.compile(
    r"[A-Za-z][\w+.-]*:(?://|[^\s\u2060]+@)|\bwww\.|[^\s@\u2060]@[^\s@\u2060]+"
    r"|[\w-]+\.[A-Za-z]{2,}|\\\\\w|//\w"
    r"|[\w\u0300-\u036f\u2764\U0001f308][.\u2024\ufe52]\w*[^\W\d_]{2,}"
    r"|[A-Za-z0-9][\u3002\uff0e\uff61]\w|\w[\u3002\uff0e\uff61][A-Za-z]"
    r"|[^\s\u2060][\uff20\ufe6b]|\uff1a[/\uff0f]|(?:tel|sms|data):[^\s\u2060]"
)
VALUES = (
    "A\r\nBcc: victim@evil.example",
    "{{7*7}}{% raw %}{{ v.reference }}",
    '<img src=x onerror="alert(1)">',
    "https://evil.example/login?a=b",
    "http:\\\\evil.example",
    "www.evil.example",
    "evil.example",
    "EVIL.COM.",
    "see evil.example/a.b, or x.evil.co.jp",
    "mailto:pay@evil.example",
    "pay@evil.example",
    "javascript:alert(document.domain)",
    "\\\\evil.example\\share",
    "//evil.example/x",
    "ftp://evil.example:21",
    "xn--80ak6aa92e.evil.example",
    "[click](https://evil.example) <https://evil.example>",
    "\u202ehttps://elpmaxe.live\u2066",
    "https:/\u200b/evil.example",
    "nul\x00 bell\x07 escape\x1b[31m",
    "evil.example\ufdd0\ufdd1",
    "ev\u00adil.example",
    "evil\u3002com",
    "www\uff0eevil\uff61co",
    "\u4f8b\u3048\u3002com",
    "\uff37\uff37\uff37\uff0e\uff25\uff36\uff29\uff2c\uff0e\uff23\uff2f\uff2d",
    "http\uff1a//evil.example https\uff1a\uff0f\uff0fevil\uff0eexample",
    "pay\uff20evil.example pay\ufe6bevil.example",
    "evil\u2024com evil\ufe52com",
    "\U0001f3f3\ufe0f\u200d\U0001f308.ws i\u2764.ws",
    "cafe\u0301.example",
    "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
    "tel:+81312345678 sms:+4915123456789 data:text/html,x",
    "whatsapp://send?phone=1 wa.me/81312345678",
    "hidden\U000e0065\U000e0076\U000e0069\U000e006c \ufff9a\ufffab\ufffb",
    "Z" + "\u0335" * 3000,
)
#: All of them at once, and what is all at once with a line break.
TOGETHER = (" ".join(value for value in VALUES if "\n" not in value), VALUES[0])


@cache
def first_samples(language: str) -> tuple[Sample, ...]:
    """Return one sample of each document of ``language``."""
    return tuple(sample for sample in samples(language) if not sample.case)


def with_words(sample: Sample, value: str) -> Composed:
    facts: NoticeFacts = replace(
        hostile(sample.facts, value),
        own_words="Calm",
        digest=replace(
            sample.facts.digest,
            lines=tuple(replace(line, detail=value) for line in sample.facts.digest.lines),
        ),
        chat_link="https://wa.me/81312345678",
        known_providers=(value,),
        known_numbers=sample.facts.known_numbers,
    )
    return replace(sample, facts=facts).compose()


def _values(sample: Sample) -> tuple[str, ...]:
    """Return each value for a mail that quotes most of them; for the others all at once."""
    return VALUES if sample.notice is NoticeName.NEEDS_CORRECTION else TOGETHER


def shown(mail: Composed) -> Iterator[str]:
    """Yield the parts of a mail as a reader sees them."""
    yield mail.subject
    yield mail.preheader
    yield mail.text
    body = mail.html.partition("<body")[2].partition(">")[2]
    yield html.unescape(re.sub(r"<[^>]+>", "\n", body))


def links(text: str) -> list[str]:
    """Return what a mail program would make a link of, without the addresses of ours."""
    ours = re.compile(
        r"GenesysCloudWhatsAppRequests@genesys\.com|https://wa\.me/\S*|[\w-]+\.(?:xlsx|txt|svg|png)"
    )
    return [match[0] for match in _LINK.finditer(ours.sub("", text))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_customer_never_become_a_link(language: str) -> None:
    for sample in first_samples(language):
        calm = with_words(sample, "Calm")
        before = {link for part in shown(calm) for link in links(part)}
        for value in _values(sample):
            mail = with_words(sample, value)
            found = {link for part in shown(mail) for link in links(part)}
            assert found - before == set(), (sample.name, value)
            assert re.findall(r'(?:href|src)="([^"]*)"', mail.html) == re.findall(
                r'(?:href|src)="([^"]*)"', calm.html
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_words_add_no_tag_no_line_and_no_value(language: str) -> None:
    for sample in first_samples(language):
        calm = with_words(sample, "Calm")
        for value in _values(sample):
            mail = with_words(sample, value)
            if "\n" not in value:  # a line break in staff's digest begins a line there
                assert tags(mail.html) == tags(calm.html), (sample.name, value)
            assert mail.template_id == calm.template_id
            for part in shown(mail):
                assert "49" not in part.replace("+49", ""), sample.name
                assert not re.search(
                    r"[\x00-\x09\x0b-\x1f\ufdd0-\ufdef\u202a-\u202e\ufff9-\ufffb]", part
                )
                assert not re.search("[\U000e0000-\U000e007f]|\u0335{9}", part)
            assert "\n" not in mail.subject + mail.preheader
            assert not re.search(r"(?m)^Bcc:", mail.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_ten_thousand_characters_stay_what_they_are(language: str) -> None:
    value = "Ab1 " * 2500
    quoting = {NoticeName.NEEDS_CORRECTION, NoticeName.ACKNOWLEDGED, NoticeName.STAFF_ALERT}
    for sample in first_samples(language):
        if sample.notice not in quoting:
            continue
        calm, mail = with_words(sample, "Calm"), with_words(sample, value)
        assert tags(mail.html) == tags(calm.html)
        assert (mail.subject, mail.preheader) == (calm.subject, calm.preheader)


def test_a_copied_address_is_read_as_it_was() -> None:
    for value in ("pay@evil.example", "www.example.com", "https://example.com/a.b"):
        defused = unlinked(value)
        assert defused != value
        assert clean(defused)[0] == value


def test_what_looks_alike_and_is_no_address_stays_as_it_is() -> None:
    flag = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    for value in (
        "\u627f\u308a\u307e\u3057\u305f\u3002\u3088\u308d\u3057\u304f\u3002",
        "\u5f0a\u793e\uff1a\u682a\u5f0f\u4f1a\u793e",
        flag,
        "Vie\u0323\u0302t Nam",
        "No. 5, 10.30 a, 1.234,56",
        "\u0e17\u0e35\u0e48",
    ):
        assert unlinked(shown_clean(value)) == value


def test_our_own_addresses_are_left_alone() -> None:
    mail = next(sample for sample in samples("en", NoticeName.ACTIVATED)).compose()
    assert "GenesysCloudWhatsAppRequests@genesys.com" in mail.text
    assert 'href="https://wa.me/' in mail.html
