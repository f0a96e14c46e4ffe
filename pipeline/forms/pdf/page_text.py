"""Extracts the text of a PDF's pages, well enough to find the footer of one of our forms.

The footer alone survives every kind of printing and flattening, so it tells what a file without
fields is a copy of. Words are not put in order, and fonts without a map to Unicode stay unread.
"""

import itertools
import re
import sys
from dataclasses import dataclass, field
from typing import Any

_MAXIMUM_PAGES = 20
_MAXIMUM_TEXT = 200_000
_MAXIMUM_FORMS = 500
#: Bytes of unpacked content that are read of a file; a page of our forms has 60,000.
_MAXIMUM_CONTENT = 1_000_000
_SPACE_THRESHOLD = -180  # thousandths of an em; a wider gap in TJ is a blank
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f]+)>|\[([^\]]*)\])")
_SECTION = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f]+)>")
_TEXT_OPERATORS = {"Tj", "TJ", "'", '"'}
_MAXIMUM_CODES = 70_000

CodeMap = dict[int, str]


def printed_text(pdf: Any) -> str:
    """Return the text of the first pages of the open ``pdf``; empty when there is none.

    Raises whatever pikepdf raises on a broken file.
    """
    return "\n".join(printed_pages(pdf))[:_MAXIMUM_TEXT]


def printed_pages(pdf: Any) -> tuple[str, ...]:
    """Return the text of each of the first pages of the open ``pdf``.

    Raises whatever pikepdf raises on a broken file.
    """
    reading = _Reading()
    found: list[str] = []
    for page in itertools.islice(pdf.pages, _MAXIMUM_PAGES):
        reading.seen.clear()
        reading.pieces.clear()
        _read(page, page.resources, reading)
        found.append("".join(reading.pieces)[:_MAXIMUM_TEXT])
        if sum(map(len, found)) > _MAXIMUM_TEXT:
            break
    return tuple(found)


def page_words(page: Any) -> str:
    """Return the text of one page. Raises whatever pikepdf raises on a broken file."""
    reading = _Reading()
    _read(page, page.resources, reading)
    return "".join(reading.pieces)[:_MAXIMUM_TEXT]


def shown_text(form: Any) -> str:
    """Return the text that a form XObject shows, such as the appearance of an annotation."""
    reading = _Reading()
    _read(form, form.get("/Resources"), reading)
    return " ".join("".join(reading.pieces)[:_MAXIMUM_TEXT].split())


@dataclass(slots=True)
class _Reading:
    """What was read of one file, and how many bytes of content may still be."""

    pieces: list[str] = field(default_factory=list)
    seen: set[tuple[int, int]] = field(default_factory=set)
    left: int = _MAXIMUM_CONTENT

    def may_read(self, content: Any) -> bool:
        """Count the unpacked bytes of a page or a form XObject; return whether they fit."""
        import pikepdf  # noqa: PLC0415 - slow to import

        streams = content.obj.get("/Contents") if isinstance(content, pikepdf.Page) else content
        for stream in streams if isinstance(streams, pikepdf.Array) else [streams]:
            if self.left > 0 and isinstance(stream, pikepdf.Stream):
                self.left -= len(stream.read_bytes())
        return self.left > 0


def has_images(pdf: Any) -> bool:
    """Return whether a page shows an image."""
    return any(page.get_images() for page in itertools.islice(pdf.pages, _MAXIMUM_PAGES))


def _read(content: Any, resources: Any, reading: _Reading) -> None:
    """Add the text that ``content`` (a page or a form XObject) shows; each form is read once."""
    import pikepdf  # noqa: PLC0415 - slow to import

    if not reading.may_read(content):
        return
    pieces, seen = reading.pieces, reading.seen
    fonts = _dictionary(resources, "/Font")
    forms = _dictionary(resources, "/XObject")
    maps: dict[str, tuple[CodeMap, int]] = {}
    current: tuple[CodeMap, int] = ({}, 1)
    wanted = "Tf Tj TJ ' \" Td TD Tm T* Do"
    for instruction in pikepdf.parse_content_stream(content, wanted):
        name, operands = str(instruction.operator), list(instruction.operands)
        if name == "Tf" and operands:
            key = str(operands[0])
            if key not in maps:
                maps[key] = _code_map(fonts.get(key)) if fonts is not None else ({}, 1)
            current = maps[key]
        elif name in _TEXT_OPERATORS and operands:
            pieces.append(_shown(operands[-1], *current))
        elif name == "Do" and operands and forms is not None and len(seen) < _MAXIMUM_FORMS:
            form = forms.get(str(operands[0]))
            if _is_form(form) and form.objgen not in seen:
                seen.add(form.objgen)
                _read(form, form.get("/Resources", resources), reading)
        else:
            pieces.append("\n")


def _is_form(item: Any) -> bool:
    import pikepdf  # noqa: PLC0415 - slow to import

    return isinstance(item, pikepdf.Stream) and str(item.get("/Subtype")) == "/Form"


def _shown(operand: Any, codes: CodeMap, width: int) -> str:
    import pikepdf  # noqa: PLC0415 - slow to import

    items = list(operand) if isinstance(operand, pikepdf.Array) else [operand]
    text = ""
    for item in items:
        if isinstance(item, pikepdf.String):
            text += _decoded(bytes(item), codes, width)
        elif not isinstance(item, str | bytes) and float(item) < _SPACE_THRESHOLD:
            text += " "
    return text


def _decoded(content: bytes, codes: CodeMap, width: int) -> str:
    if not codes:
        return content.decode("cp1252", "replace") if width == 1 else ""
    steps = range(0, len(content) - width + 1, width)
    return "".join(codes.get(int.from_bytes(content[at : at + width]), "") for at in steps)


def _code_map(font: Any) -> tuple[CodeMap, int]:
    """Return the map from codes to text of ``font``, and the bytes of a code (1 or 2)."""
    import pikepdf  # noqa: PLC0415 - slow to import

    if not isinstance(font, pikepdf.Dictionary):
        return {}, 1
    width = 2 if str(font.get("/Subtype")) == "/Type0" else 1
    table = font.get("/ToUnicode")
    codes: CodeMap = {}
    if not isinstance(table, pikepdf.Stream):
        return codes, width
    left = _MAXIMUM_CODES  # counted with those that are told again
    for section in _SECTION.finditer(table.read_bytes()[:_MAXIMUM_TEXT]):
        is_ranges = section[1] == b"bfrange"
        found = _ranges(section[2], left) if is_ranges else _single_codes(section[2])
        codes |= found
        left -= len(found)
        if left <= 0:
            break
    return codes, width


def _single_codes(body: bytes) -> CodeMap:
    """Read ``<code> <text>`` pairs."""
    values = _HEX.findall(body)
    return {
        int(code, 16): _utf16(text) for code, text in zip(values[::2], values[1::2], strict=False)
    }


def _ranges(body: bytes, left: int) -> CodeMap:
    """Read ``<first> <last>`` with the text of the first code, or a list; ``left`` codes of it."""
    codes: CodeMap = {}
    for first, last, start, listed in _RANGE.findall(body):
        low = int(first, 16)
        length = max(min(int(last, 16) - low + 1, left), 0)
        left -= length
        if start:
            text = _utf16(start) or " "
            highest = sys.maxunicode
            steps = range(length)
            codes |= {low + n: text[:-1] + chr(min(ord(text[-1]) + n, highest)) for n in steps}
        else:
            texts = [_utf16(text) for text in _HEX.findall(listed)][:length]
            codes |= {low + n: text for n, text in enumerate(texts)}
    return codes


def _utf16(digits: bytes) -> str:
    return bytes.fromhex(digits.decode().zfill((len(digits) + 3) // 4 * 4)).decode(
        "utf-16-be", "replace"
    )


def _dictionary(resources: Any, key: str) -> Any:
    import pikepdf  # noqa: PLC0415 - slow to import

    found = resources.get(key) if isinstance(resources, pikepdf.Dictionary) else None
    return found if isinstance(found, pikepdf.Dictionary) else None
