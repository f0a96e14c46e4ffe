"""Finishes a workbook: fixed times and order, so that the same input gives the same bytes."""

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

#: What every workbook of ours says of its making; it carries no time of its own.
FIXED_DATE = "2026-01-01T00:00:00Z"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(?:modified|created)[^>]*>)[^<]*(<)")
_RELATIONS = ".rels"
_STYLES = "xl/styles.xml"
_TYPES = "[Content_Types].xml"
#: Parts of notes by the names that openpyxl gives them, and by those of Excel: programs that look
#: for the names (exceljs) cannot open a workbook with others.
_EXCELS_NAMES = {
    "xl/comments/comment1.xml": "xl/comments1.xml",
    "xl/drawings/commentsDrawing1.vml": "xl/drawings/vmlDrawing1.vml",
}
_TARGET = re.compile(rb'Target="(/[^"]*)"')
_FONT = re.compile(rb"(<(?:font|rPr)>)(.*?)(</(?:font|rPr)>)", re.DOTALL)
_PROPERTY = re.compile(rb"<[a-zA-Z]+(?: [^>]*)?/>")
_NAME = re.compile(rb"<([a-zA-Z]+)")
#: The properties of a font (CT_Font) and of a run (CT_RPrElt, which calls its name rFont).
_FONT_ORDER = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color",
    "name", "rFont", "family", "charset", "scheme",
)  # fmt: skip
_CUSTOM_HEIGHT = re.compile(rb'(<row r="(\d+)"[^>]*?) customHeight="1"')
_FORMULA = re.compile(rb'<c r="([A-Z]+\d+)"([^>]*)>(<f>.*?</f>)<v ?/?>(?:</v>)?</c>', re.DOTALL)


def finish(raw: bytes, *, sheet: str, shown: Mapping[str, str], free_rows: frozenset[int]) -> bytes:
    """Return the workbook ``raw`` with fixed times and a fixed order of parts.

    In the part ``sheet`` the formula cells get the text that they ``show`` (a reader that computes
    nothing sees it), and the rows ``free_rows`` may grow with what is typed into them.
    """
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = _renamed({name: archive.read(name) for name in archive.namelist()})
    parts["docProps/core.xml"] = _MODIFIED.sub(
        rb"\g<1>" + FIXED_DATE.encode() + rb"\g<2>", parts["docProps/core.xml"]
    )
    parts[sheet] = _free_rows(_show(parts[sheet], shown), free_rows)
    for name, content in parts.items():
        if name.endswith(_RELATIONS):
            parts[name] = _relative(name, content)
    for name in (_STYLES, sheet):
        parts[name] = _FONT.sub(_ordered, parts[name])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts, key=lambda name: (name != _TYPES, name)):
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            archive.writestr(info, parts[name])
    return out.getvalue()


def _renamed(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return ``parts`` by the names that Excel gives them, and what refers to them by name."""
    renamed = {}
    for name, content in parts.items():
        if name == _TYPES or name.endswith(_RELATIONS):
            for old, new in _EXCELS_NAMES.items():
                content = content.replace(f'"/{old}"'.encode(), f'"/{new}"'.encode())  # noqa: PLW2901 - the next of its states
        renamed[_EXCELS_NAMES.get(name, name)] = content
    return renamed


def _relative(name: str, content: bytes) -> bytes:
    """Return the relations in the part ``name`` with targets relative to their source.

    Absolute ones are allowed (ECMA-376 part 2, 8.3), but some programs do not find them.
    """
    folder = posixpath.dirname(posixpath.dirname(name))

    def moved(found: re.Match[bytes]) -> bytes:
        target = posixpath.relpath(found.group(1).decode(), f"/{folder}")
        return b'Target="%b"' % target.encode()

    return _TARGET.sub(moved, content)


def _ordered(font: re.Match[bytes]) -> bytes:
    """Return a font with its properties in the order of the schema (ECMA-376 part 1, A.2)."""
    begin, body, end = font.groups()
    properties: list[bytes] = _PROPERTY.findall(body)
    properties.sort(key=lambda item: _FONT_ORDER.index(_NAME.match(item).group(1).decode()))  # type: ignore[union-attr] # it begins so
    return b"".join((begin, *properties, end))


def _show(xml: bytes, shown: Mapping[str, str]) -> bytes:
    def with_value(found: re.Match[bytes]) -> bytes:
        cell, attributes, formula = found.groups()
        text = shown.get(cell.decode())
        if text is None:
            return found.group()
        value = escape(text).encode()
        return b'<c r="%b"%b t="str">%b<v>%b</v></c>' % (cell, attributes, formula, value)

    return _FORMULA.sub(with_value, xml)


def _free_rows(xml: bytes, rows: frozenset[int]) -> bytes:
    def freed(found: re.Match[bytes]) -> bytes:
        return found.group(1) if int(found.group(2)) in rows else found.group()

    return _CUSTOM_HEIGHT.sub(freed, xml)


def clean_text(text: str) -> str:
    """Return ``text`` as a cell can hold it: no control characters, no lone surrogates.

    Also keeps ``_x0041_`` literal, which spreadsheet programs read as an escape (ECMA-376 part 1,
    22.9.2.19), and cuts at the 32,767 characters of a cell.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)[:32_000]
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)


def looks_like_formula(text: str) -> bool:
    """Return whether a program that is handed ``text`` as typed would take it for more than text.

    Its cell then says that it is one (``quotePrefix``, ECMA-376 part 1, 18.8.45).
    """
    return text[:1] in tuple("=+-@'")
