"""Text on a terminal: what is seen, how wide it is, where it may be cut."""

import json
import unicodedata
from datetime import UTC, datetime

import pytest

from pipeline.cli.output import print_table
from pipeline.cli.screen import cut, graphemes, width, wrap
from pipeline.wording.escaping import escaped
from pipeline.wording.inert import inert
from pipeline.wording.instants import told, told_twice

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
THUMB = "\U0001f44d\U0001f3fd"
FLAGS = "\U0001f1ef\U0001f1f5\U0001f1e9\U0001f1ea"
#: A name whose kanji is chosen by a variation selector, as Japanese registers write it.
NAME = "葛\U000e0100城"
AT = datetime(2026, 12, 5, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        FAMILY,
        THUMB,
        FLAGS,
        NAME,
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "می\u200cخواهم",
        "नमस्ते",
        "สวัสดี",
        "全角　空白",
    ],
)
def test_ordinary_text_of_any_script_stays_readable(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize(
    "character",
    [
        *("\u202a", "\u202e", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c", "\u200b", "\u2060"),
        *(
            "\ufeff",
            "\u2028",
            "\u2029",
            "\x1b",
            "\x7f",
            "\x9b",
            "\xad",
            "\u3164",
            "\u115f",
            "\u034f",
        ),
        *("\U000e0041", "\ud800", "\ufe0f", "\u200d"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(character: str) -> None:
    shown = inert(f"a{character}b")
    assert shown in {"a�b", "a b"}
    document = json.dumps({"text": f"a{character}b"}, ensure_ascii=False)
    written = escaped(document)
    assert character not in written or character == "\ufe0f"
    assert json.loads(written) == json.loads(document)


def test_controls_are_shown_by_one_sign_each() -> None:
    assert inert("a\x1bb\x85c\x07d\x9be\x1cf\x00") == "a�b�c�d�e�f�"
    assert inert("a\tb\nc") == "a b c"


@pytest.mark.parametrize(
    ("text", "columns"),
    [(FAMILY, 2), (THUMB, 2), (FLAGS, 4), (NAME, 4), ("❤\ufe0f", 2), ("สวัสดี", 4), ("e\u0301", 1)],
)
def test_width_is_that_of_what_a_reader_sees(text: str, columns: int) -> None:
    assert width(text) == columns


@pytest.mark.parametrize("text", [FAMILY * 5, FLAGS * 4, NAME * 6, "e\u0301" * 20, "a日" * 9])
@pytest.mark.parametrize("room", range(2, 14))
def test_nothing_is_cut_within_what_is_seen_as_one(text: str, room: int) -> None:
    kept = cut(text, room)
    assert width(kept) <= room
    whole = list(graphemes(text))
    assert (
        list(graphemes(kept.removesuffix("…")))
        == whole[: len(list(graphemes(kept.removesuffix("…"))))]
    )
    lines = wrap(text, room)
    assert "".join(lines) == text
    assert all(width(line) <= room for line in lines)
    assert all(unicodedata.category(line[0]) not in {"Mn", "Me"} for line in lines)


def test_lines_are_broken_between_words_and_as_japanese_is() -> None:
    assert wrap("the quick brown fox", 10) == ["the quick", "brown fox"]
    assert wrap("折り返します。終わり", 12) == ["折り返しま", "す。終わり"]


@pytest.mark.parametrize(
    ("zone", "wanted"),
    [
        ("Europe/Berlin", "2026-12-05 18:00 CET"),
        ("Asia/Tokyo", "2026-12-06 02:00 JST"),
        ("Asia/Riyadh", "2026-12-05 20:00 UTC+3"),
        ("Asia/Kathmandu", "2026-12-05 22:45 UTC+5:45"),
        ("America/Sao_Paulo", "2026-12-05 14:00 UTC-3"),
        ("UTC", "2026-12-05 17:00 UTC"),
    ],
)
def test_an_instant_names_its_zone(zone: str, wanted: str) -> None:
    assert told(AT, zone) == wanted


def test_the_customers_time_stands_beside_ours_where_it_differs() -> None:
    assert told_twice(AT, "UTC", "Asia/Tokyo") == "2026-12-05 17:00 UTC (2026-12-06 02:00 JST)"
    assert told_twice(AT, "UTC", "UTC") == "2026-12-05 17:00 UTC"
    assert told_twice(None, "UTC", "Asia/Tokyo") == ""


@pytest.mark.parametrize("columns", [20, 30, 40, 60, 80, 200])
def test_table_is_never_wider_than_the_terminal(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    row = ["WA-7K3M9Q4M", "株式会社" * 12, FAMILY * 30, "x" * 150]
    print_table(["Reference", "Company", "Emoji", "Text"], [row, ["WA-0B5T2R8C", "", "", ""]])
    lines = capsys.readouterr().out.splitlines()
    assert max(width(line) for line in lines) <= columns
    assert sum("WA-7K3M9Q4M" in line or "WA-0B5T2R8C" in line for line in lines) == 2
