"""Reads what a cell says: its raw text and its type, exactly as the file has it."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from pipeline.forms.xlsx.read.archive import DamagedFileError
from pipeline.forms.xlsx.read.cells import RawCell
from pipeline.forms.xlsx.read.parts import parse, unescape
from pipeline.model.submission import CellType

_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_QUOTED = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|_.|\*.')
_DATE_LETTERS = re.compile(r"[dmyhseg]|年|月|日", re.IGNORECASE)
_EPOCH_1900 = datetime(1899, 12, 30, tzinfo=UTC)
_EPOCH_1904 = datetime(1904, 1, 1, tzinfo=UTC)
#: Serial 60 is 29 February 1900, a day that never was; before it all serials are one off.
_PHANTOM_DAY = 60
_LAST_SERIAL = 2_958_466
#: Whole numbers up to here are shown in full; a spreadsheet keeps 15 digits.
_WHOLE = 1e17
_DAY_SECONDS = 86_400
_INDEX_DIGITS = 7


@dataclass(frozen=True)
class Values:
    """Turns raw cells into texts; ``strings`` and ``styles`` are read when first needed."""

    strings_of: Callable[[], tuple[str, ...]]
    styles_of: Callable[[], frozenset[str]]
    dates_from_1904: bool

    @cached_property
    def _strings(self) -> tuple[str, ...]:
        return self.strings_of()

    @cached_property
    def _date_styles(self) -> frozenset[str]:
        return self.styles_of()

    def read(self, cell: RawCell | None) -> tuple[str, CellType]:
        """Return the raw text of ``cell`` and what kind of thing it is.

        A formula counts as its stored value; without one it is its own text and a FORMULA.
        Raises DamagedFileError for a cell that says where its value is, and it is not there.
        """
        if cell is None:
            return _NOTHING
        kind, style, found, formula = cell
        value = found or ""
        if formula is not None and not value and kind != "str":
            return "=" + formula, CellType.FORMULA
        if kind == "s":
            return self._shared(value), _TEXT
        if kind in _OWN_TEXTS:
            return unescape(value), _TEXT
        if kind in _PLAIN:
            return _plain(kind, value), _PLAIN[kind]
        if kind != "n":
            raise DamagedFileError  # a type of cell that no program writes
        return self._number(value, style)

    @cached_property
    def _by_number(self) -> dict[str, str]:
        """The shared texts by their numbers as programs write them."""
        return {str(number): text for number, text in enumerate(self._strings)}

    def texts_at(self, numbers: Iterable[bytes]) -> frozenset[str]:
        """Return the shared texts with these numbers; empty for one that is not there."""
        texts = self._strings if (wanted := set(map(int, numbers))) else ()
        return frozenset(texts[at] if at < len(texts) else "" for at in wanted)

    def _shared(self, value: str) -> str:
        if (found := self._by_number.get(value)) is not None:
            return found
        index = value.strip()
        if not index:
            return ""
        plain = index.isascii() and index.isdecimal() and len(index) <= _INDEX_DIGITS
        if plain and (number := int(index)) < len(self._strings):
            return self._strings[number]
        raise DamagedFileError  # an answer is lost: blank would be a wrong one

    def _number(self, value: str, style: str) -> tuple[str, CellType]:
        text = value.strip()
        if not text:
            return "", CellType.TEXT
        try:
            number = float(text)
        except ValueError:
            return text, CellType.TEXT
        if not math.isfinite(number):
            return text, CellType.NUMBER
        if 0 <= number < _LAST_SERIAL and style in self._date_styles:
            return self._date(number), CellType.DATE
        if number.is_integer() and abs(number) < _WHOLE:
            return str(int(number)), CellType.NUMBER
        shortest = repr(number)
        return (shortest if "e" not in shortest else text), CellType.NUMBER

    def _date(self, serial: float) -> str:
        """Return the ISO 8601 text of a serial: a date, a date and time, or a time of day."""
        seconds = round(serial * _DAY_SECONDS)
        if seconds < _DAY_SECONDS:
            return (_EPOCH_1904 + timedelta(seconds=seconds)).strftime("%H:%M:%S")
        if self.dates_from_1904:
            moment = _EPOCH_1904 + timedelta(seconds=seconds)
        else:
            late = 1 if serial < _PHANTOM_DAY else 0
            moment = _EPOCH_1900 + timedelta(seconds=seconds, days=late)
        if seconds % _DAY_SECONDS == 0:
            return moment.date().isoformat()
        return moment.replace(tzinfo=None).isoformat()


_TEXT = CellType.TEXT
_NOTHING = ("", _TEXT)
#: Types of cells that hold their text themselves.
_OWN_TEXTS = frozenset({"str", "inlineStr"})
_PLAIN = {"b": CellType.BOOLEAN, "e": CellType.ERROR, "d": CellType.DATE}


def _plain(kind: str, value: str) -> str:
    if kind == "b":
        return "TRUE" if value.strip() in {"1", "true"} else "FALSE"
    return value


def date_styles(content: bytes) -> frozenset[str]:
    """Return the indices of the cell formats in a styles part that show dates or times."""
    codes: dict[str, str] = {}
    formats: list[str] = []
    inside: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "xf" and inside[-1:] == ["cellXfs"]:
            formats.append(attributes.get("numFmtId", "0"))
        inside.append(name)

    def end(_: str) -> None:
        inside.pop()

    parse(content, start, end, lambda _: None)
    return frozenset(
        str(index) for index, number in enumerate(formats) if _is_date(number, codes.get(number))
    )


def struck_styles(content: bytes) -> frozenset[str]:
    """Return the indices of the cell formats in a styles part whose font is struck out."""
    if b"strike" not in content:
        return frozenset()
    fonts: list[bool] = []
    formats: list[str] = []
    inside: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "font" and inside[-1:] == ["fonts"]:
            fonts.append(False)
        elif name == "strike" and inside[-2:] == ["fonts", "font"]:
            fonts[-1] = attributes.get("val", "1").strip() not in {"0", "false"}
        elif name == "xf" and inside[-1:] == ["cellXfs"]:
            formats.append(attributes.get("fontId", "0"))
        inside.append(name)

    def end(_: str) -> None:
        inside.pop()

    parse(content, start, end, lambda _: None)
    struck = {str(index) for index, is_struck in enumerate(fonts) if is_struck}
    return frozenset(str(index) for index, font in enumerate(formats) if font in struck)


def _is_date(number: str, code: str | None) -> bool:
    if code is None:
        return number.isdecimal() and len(number) < 5 and int(number) in _BUILT_IN_DATES  # noqa: PLR2004 - digits of a built-in format
    first = _QUOTED.sub("", code).split(";")[0]
    return first.strip().casefold() != "general" and _DATE_LETTERS.search(first) is not None
