"""Words and signs that speak against a command: a question, a denial, a condition, a box."""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache, lru_cache

from pipeline.intake.phrases import load_table
from pipeline.intake.reply.folding import Listed, fold, is_japanese, pattern


class Doubt(StrEnum):
    """Why words that sound like a command do not act; staff read it in words."""

    QUESTION = "question"
    NEGATION = "negation"
    CONDITION = "condition"
    FUTURE = "future"
    UNSURE = "unsure"
    REPORTED = "reported"
    ANOTHER_THING = "another_thing"
    TROUBLE = "trouble"
    EMPTY_BOX = "empty_box"
    CROSS = "cross"
    STRUCK = "struck"
    QUOTED = "quoted"
    TAKEN_BACK = "taken_back"


_SIGNS = {
    Doubt.QUESTION: re.compile(r"[?？؟\u037e⁇⁈⁉‽❓❔🤔]"),
    Doubt.EMPTY_BOX: re.compile(
        r"[☐□◻◽⬜▢❏❑▭🔲]|\[[\s_]{0,9}\]|\([\s_]{0,9}\)|〔\s{0,9}〕|【\s{0,9}】|（[\s_]{0,9}）"
    ),
    Doubt.CROSS: re.compile(r"[✕✖✗✘❌❎☓╳☒🚫⛔👎🙅🆖]|[×⨯](?!\s?\d)"),
    # ~~so~~, --so--, a line through each letter (U+0335 to U+0338), the tags of HTML; letters whose
    # order is turned round (U+202D, U+202E) are not seen as they are written
    Doubt.STRUCK: re.compile(
        r"~~|--\w|\w--|[\u0335-\u0338\u202d\u202e]|</?(?:s|del|strike)>", re.IGNORECASE
    ),
    Doubt.FUTURE: re.compile(r"[🔜⏳⌛]"),
}
_OPENING = {"“": "”", "„": "“”", "«": "»", "»": "«", "「": "」", "『": "』", "‹": "›", "”": "”"}
_ALIKE = "\"'`＂＇"
#: The word classes of ``[against]`` that are told from the words of a sentence.
_WORDS = (
    Doubt.NEGATION,
    Doubt.CONDITION,
    Doubt.FUTURE,
    Doubt.UNSURE,
    Doubt.REPORTED,
    Doubt.ANOTHER_THING,
    Doubt.TROUBLE,
)


@lru_cache(maxsize=4096)
def doubts(folded: str) -> tuple[Doubt, ...]:
    """Return what the words of a folded sentence say against a command beside them."""
    found: list[Doubt] = []
    if _all_against().stand_in(folded):
        found = [doubt for doubt in _WORDS if _against(doubt.value).stand_in(folded)]
    return (Doubt.QUESTION, *found) if asks(folded) else tuple(found)


def asks(folded: str) -> bool:
    """Tell whether a folded sentence is a question by its words (its mark may be missing)."""
    if is_japanese(folded):
        return folded.endswith(against("asks_at_end")) or folded.startswith(_japanese_starts())
    return f" {folded} ".startswith(against("asks_at_start"))


@cache
def _japanese_starts() -> tuple[str, ...]:
    return tuple(word for word in against("asks_at_start") if is_japanese(word))


@lru_cache(maxsize=4096)
def takes_back(folded: str) -> bool:
    """Tell whether a folded sentence takes back what another paragraph says."""
    return _against("taken_back").stand_in(folded)


def signs(text: str) -> tuple[Doubt, ...]:
    """Return what the signs of a paragraph say against a command in it."""
    return tuple(doubt for doubt, sign in _SIGNS.items() if sign.search(text))


def is_quoted(text: str, words: str) -> bool:
    """Tell whether ``words`` stand between quotation marks in ``text``, or hold some."""
    start = text.find(words)
    inside = any(first <= start < last for first, last in _quotations(text)) if start >= 0 else True
    return inside or any(mark in words for mark in (*_OPENING, '"', "＂")) or _in_marks(words)


def _in_marks(words: str) -> bool:
    bare = words.strip(" .!。！,")
    return len(bare) > 1 and bare[0] in _ALIKE and bare[-1] in _ALIKE


def _quotations(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each quotation begins and ends; one that is not closed goes on to the end."""
    closing, start = "", 0
    for index, character in enumerate(text):
        if closing:
            if character in closing:
                yield start, index
                closing = ""
        elif character in _OPENING:
            closing, start = _OPENING[character], index
        elif character in '"＂':
            closing, start = '"＂', index
    if closing:
        yield start, len(text)


@cache
def against(name: str) -> tuple[str, ...]:
    """Return the entries of a list of ``[against]``, as they are looked for in padded text."""
    entries = load_table("against", name)
    if name == "asks_at_end":
        return tuple(fold(entry) for entry in entries)
    return tuple(pattern(entry) for entry in entries)


@cache
def _against(name: str) -> Listed:
    return Listed(against(name))


@cache
def _all_against() -> Listed:
    return Listed(entry for doubt in _WORDS for entry in against(doubt.value))
