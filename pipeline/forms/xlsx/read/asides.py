"""Reads the words of a worksheet that no cell shows: of its rules, links and scenarios.

A rule for what may be entered has the texts of two windows (ECMA-376 Part 1, 18.3.1.32), a link has
a tip (18.3.1.47), a scenario has a name, a comment and other values for cells (18.3.1.76), a list
has its options. Newer rules stand in an extension of the sheet, with the same names.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.forms.xlsx.read.parts import unescape
from pipeline.model.submission import LeftOverKind

#: What is before the index of a format that a condition sets.
DIFFERENCE = "dxf "
_CONDITIONS = "conditionalFormatting"
_HOLDERS = frozenset({"dataValidations", "hyperlinks", "scenarios", "extLst", _CONDITIONS})
_TEXTS = {
    "dataValidation": (LeftOverKind.RULE, ("promptTitle", "prompt", "errorTitle", "error")),
    "hyperlink": (LeftOverKind.LINK, ("tooltip",)),
    "scenario": (LeftOverKind.COMMENT, ("name", "comment")),
    "inputCells": (LeftOverKind.COMMENT, ("val",)),
}
_MOST = 2_000
_LONGEST = 1_000
_ROWS = re.compile(r"\$?[A-Za-z]{1,3}\$?([0-9]{1,7})(?::\$?[A-Za-z]{1,3}\$?([0-9]{1,7}))?")


class Aside(NamedTuple):
    """Words that show when a cell is chosen, and the first and last row of each of its areas.

    Of a condition it is the format that it sets (see ``formats``), whose words stand elsewhere.
    """

    kind: LeftOverKind
    words: str
    rows: tuple[tuple[int, int], ...]


def asides_of(root: ET.Element) -> tuple[Aside, ...]:
    """Return the words of the rules, links and scenarios of a sheet, in the order of the file."""
    holders = [item for item in root if _name(item) in _HOLDERS]
    return tuple(_asides(holders)) if holders else ()


def _asides(holders: list[ET.Element]) -> Iterator[Aside]:
    left = _MOST
    for holder in holders:
        if _name(holder) == _CONDITIONS:
            looks = dict.fromkeys(rule.get("dxfId", "") for rule in holder)
            for look in filter(None, looks):
                yield Aside(LeftOverKind.FORMAT, f"{DIFFERENCE}{look[:_LONGEST]}", _rows(holder))
            continue
        for item in holder.iter():
            kind, names = _TEXTS.get(_name(item), (None, ()))
            left -= 1
            if kind is None or left < 0:
                continue
            words = (item.get(name, "")[:_LONGEST] for name in names)
            for text in filter(None, words):
                yield Aside(kind, unescape(text), _rows(item))
            if kind is LeftOverKind.RULE and item.get("type") == "list":
                for text in _options(item):
                    yield Aside(LeftOverKind.OPTION, unescape(text), _rows(item))


def _options(rule: ET.Element) -> list[str]:
    """Return the options of a list that has them itself (18.3.1.32): a text in quotation marks."""
    formula = next((item for item in rule if _name(item) == "formula1"), None)
    text = "".join(formula.itertext()).strip()[:_LONGEST] if formula is not None else ""
    if not text.startswith('"'):
        return []
    words = text.strip('"').replace('""', '"').split(",")
    return [word.strip() for word in words if word.strip()]


def _rows(item: ET.Element) -> tuple[tuple[int, int], ...]:
    where = item.get("sqref") or item.get("ref") or item.get("r") or ""
    if not where:
        inner = (child.text if _name(child) == "sqref" else child.get("r") for child in item)
        where = " ".join(filter(None, inner))
    found = (_ROWS.match(area) for area in where[:_LONGEST].split())
    return tuple(
        (int(area.group(1)), int(area.group(2) or area.group(1))) for area in found if area
    )


def _name(item: ET.Element) -> str:
    return item.tag.rpartition("}")[2]
