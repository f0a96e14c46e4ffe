"""Tells which words a number format shows beside a value, or in its place (18.8.30, 18.8.31).

A cell that holds 1 may show "pending". What is quoted or escaped in the section of the format that
applies is shown; signs such as a currency are no words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.forms.xlsx.read.asides import DIFFERENCE
from pipeline.forms.xlsx.read.cells import RawCell
from pipeline.forms.xlsx.read.parts import parse

#: A quoted text, an escaped sign, a condition or colour, a blank as wide as a sign, a fill.
_PART = re.compile(r'"([^"]*)"?|\\(.)|\[[^\]]*\]?|_.|\*.|(.)', re.DOTALL)
_LONGEST_CODE = 1_000
_DATE_LETTERS = frozenset("dmyhsegDMYHSEG年月日")
#: So many letters may be those of a date in words, as in "de", "Uhr" or "tháng".
_OF_DATES = 5
_CONDITION = re.compile(r"\[[<>=]")
_TEXT_SECTION = 3
_QUOTES = (b"&quot;", b"&#34;", b"&#x22;", b"\\", b"formatCode='")


@dataclass(frozen=True, slots=True)
class _Section:
    words: str
    for_text: bool


@dataclass(frozen=True, slots=True)
class FormatWords:
    """The words of one format, section by section."""

    sections: tuple[_Section, ...]
    has_conditions: bool

    @property
    def all(self) -> str:
        """All words, whatever the value is."""
        said = (section.words for section in self.sections if section.words)
        return " ".join(dict.fromkeys(said)).strip()

    def beside(self, cell: RawCell) -> str:
        """Return the words that show with the value of ``cell``."""
        kind, _, value, _ = cell
        if kind in {"s", "str", "inlineStr"}:
            return " ".join(section.words for section in self.sections if section.for_text).strip()
        numeric = [section for section in self.sections if not section.for_text]
        if kind != "n" or not value or not numeric:
            return ""
        if self.has_conditions:
            return " ".join(section.words for section in numeric).strip()
        return numeric[_section_of(value, len(numeric))].words


def _section_of(value: str, count: int) -> int:
    """Return the index of the section for a number: positive, negative, zero."""
    try:
        number = float(value)
    except ValueError:
        return 0
    index = 1 if number < 0 else 0 if number > 0 else 2
    return index if index < count else 0


def worded_styles(content: bytes) -> Mapping[str, FormatWords]:
    """Return the formats of a styles part that show words, by their index.

    Those of conditions (18.8.14) have ``DIFFERENCE`` before it. Raises DamagedFileError for a part
    that is not well-formed.
    """
    if b"formatCode" not in content or not any(mark in content for mark in _QUOTES):
        return {}
    words: dict[str, FormatWords] = {}
    formats: list[str] = []
    inside: list[str] = []
    differences: list[FormatWords | None] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "dxf":
            differences.append(None)
        elif name == "numFmt" and (found := format_words(attributes.get("formatCode", ""))):
            if inside[-1:] == ["dxf"]:
                differences[-1] = found
            else:
                words[attributes.get("numFmtId", "")] = found
        elif name == "xf" and inside[-1:] == ["cellXfs"]:
            formats.append(attributes.get("numFmtId", "0"))
        inside.append(name)

    def end(_: str) -> None:
        inside.pop()

    parse(content, start, end, lambda _: None)
    shown = {str(index): words[number] for index, number in enumerate(formats) if number in words}
    by_condition = {f"{DIFFERENCE}{n}": found for n, found in enumerate(differences) if found}
    return shown | by_condition


def format_words(code: str) -> FormatWords | None:
    """Return the words of the format ``code``, or None when it has none."""
    code = code[:_LONGEST_CODE]
    sections: list[_Section] = []
    pieces: list[str] = []
    shown = ""
    for part in _PART.finditer(code):
        quoted, escaped, sign = part.groups()
        if sign == ";":
            sections.append(_section(pieces, shown, len(sections)))
            pieces, shown = [], ""
        elif sign is not None:
            shown += sign
            pieces.append(" ")
        else:
            pieces.append(quoted or escaped or "")
    sections.append(_section(pieces, shown, len(sections)))
    if not any(section.words for section in sections):
        return None
    return FormatWords(tuple(sections), bool(_CONDITION.search(code)))


def _section(pieces: list[str], shown: str, index: int) -> _Section:
    words = " ".join("".join(pieces).split())
    is_date = any(sign in _DATE_LETTERS for sign in shown) and "@" not in shown
    if is_date:
        words = " ".join(word for word in words.split() if len(word) > _OF_DATES)
    says = any(sign.isalnum() for sign in words)
    return _Section(words if says else "", "@" in shown or index >= _TEXT_SECTION)
