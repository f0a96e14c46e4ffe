"""The text printed on the pages of a PDF, good enough to find the footer of one of our forms.

The footer alone survives every kind of printing and flattening, so it tells what a file without
fields is a copy of. Words are not put in order, and fonts without a map to Unicode stay unread.
"""

import re
import sys
from typing import Any

_MAXIMUM_PAGES = 20
_MAXIMUM_TEXT = 200_000
_MAXIMUM_FORMS = 500
_SPACE_THRESHOLD = -180  # thousandths of an em; a wider gap in TJ is a blank
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f]+)>|\[([^\]]*)\])")
_SECTION = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f]+)>")
_TEXT_OPERATORS = {"Tj", "TJ", "'", '"'}
_MAXIMUM_RANGE = 10_000

CodeMap = dict[int, str]


def printed_text(pdf: Any) -> str:
    """Return the text of the first pages of the open ``pdf``; empty when there is none.

    Raises whatever pikepdf raises on a broken file.
    """
    pieces: list[str] = []
    for page in list(pdf.pages)[:_MAXIMUM_PAGES]:
        _read(page, page.resources, pieces, set())
        pieces.append("\n")
        if sum(map(len, pieces)) > _MAXIMUM_TEXT:
            break
    return "".join(pieces)[:_MAXIMUM_TEXT]


def has_images(pdf: Any) -> bool:
    """Return whether a page shows a picture."""
    return any(page.get_images() for page in list(pdf.pages)[:_MAXIMUM_PAGES])


def _read(content: Any, resources: Any, pieces: list[str], seen: set[tuple[int, int]]) -> None:
    """Add the text that ``content`` (a page or a form XObject) shows; each form is read once."""
    import pikepdf  # noqa: PLC0415 - slow to import

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
                _read(form, form.get("/Resources", resources), pieces, seen)
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
    for section in _SECTION.finditer(table.read_bytes()[:_MAXIMUM_TEXT]):
        read_section = _ranges if section[1] == b"bfrange" else _single_codes
        codes |= read_section(section[2])
    return codes, width


def _single_codes(body: bytes) -> CodeMap:
    """Read ``<code> <text>`` pairs."""
    values = _HEX.findall(body)
    return {
        int(code, 16): _utf16(text) for code, text in zip(values[::2], values[1::2], strict=False)
    }


def _ranges(body: bytes) -> CodeMap:
    """Read ``<first> <last>`` with the text of the first code, or with a list of texts."""
    codes: CodeMap = {}
    for first, last, start, listed in _RANGE.findall(body):
        low = int(first, 16)
        length = min(int(last, 16) - low + 1, _MAXIMUM_RANGE)
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
