"""Sentences of marked copies, broken into lines."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.forms.pdf.write.lines import units, wrapped


def broken(text: str, language: str, room: float) -> list[str]:
    """The lines of ``text`` where each character is as wide as any other."""
    return wrapped(units(text, language), lambda part: float(len(part)), room)


@pytest.mark.parametrize(
    ("text", "language", "room", "lines"),
    [
        ("two words", "en", 9, ["two words"]),
        ("two words", "en", 8, ["two", "words"]),
        ("one  two", "en", 5, ["one", "two"]),
        ("Organisations-ID fehlt", "de", 15, ["Organisations-", "ID fehlt"]),
        ("Ihre E-Mail fehlt", "de", 8, ["Ihre", "E-Mail", "fehlt"]),
        ("und/oder", "de", 5, ["und/", "oder"]),
        ("1/2 12-34", "en", 8, ["1/2", "12-34"]),
        ("wrong (see there)", "en", 12, ["wrong (see", "there)"]),
        ("お名前をご記入ください。", "ja", 8, ["お名前を", "ご記入ください。"]),
        ("「はい」を選択してください", "ja", 9, ["「はい」を", "選択してください"]),
        ("組織ID「3f2a」は、短すぎます。", "ja", 12, ["組織ID「3f2a」は、", "短すぎます。"]),
        ("日本語（東京）。", "en", 4, ["日本語", "（東", "京）。"]),
        ("日本語（東京）。", "en", 5, ["日本語（東", "京）。"]),
        ("値は、「3f2a」。", "en", 4, ["値は、", "「3f2", "a」。"]),
    ],
)
def test_lines_break_where_readers_expect_it(
    text: str, language: str, room: float, lines: list[str]
) -> None:
    assert broken(text, language, room) == lines


def test_what_is_longer_than_a_line_breaks_behind_a_divider() -> None:
    url = "https://www.example.com/pages/of/a/site?name=value"
    lines = broken(f"See {url} there", "en", 20)
    assert lines == ["See", "https://www.example.", "com/pages/", "of/a/site?name=value", "there"]
    assert broken("x" * 25, "ja", 10) == ["x" * 10, "x" * 10, "x" * 5]


def test_first_line_is_shorter_behind_a_word() -> None:
    parts = units("one two three", "en")
    assert wrapped(parts, lambda part: float(len(part)), 9, first=4) == ["one", "two three"]
    assert wrapped(parts, lambda part: float(len(part)), 9, first=8) == ["", "one two", "three"]


@settings(max_examples=100, deadline=None)
@given(
    text=st.text(
        st.sampled_from("ab -–/(1).,「」、。ーっ漢字かなカナＡ") | st.characters(codec="utf-8"),
        max_size=80,
    ),
    language=st.sampled_from(["en", "ja"]),
    room=st.integers(min_value=1, max_value=30),
)
def test_nothing_is_lost_and_no_line_is_too_long(text: str, language: str, room: int) -> None:
    lines = broken(text, language, room)
    assert max(map(len, lines)) <= room
    assert "".join("".join(lines).split()) == "".join(text.split())
