"""Finishes a workbook: fixed times and order, so that the same input gives the same bytes."""

import io
import re
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

#: What every workbook of ours says of its making; it carries no time of its own.
FIXED_DATE = "2026-01-01T00:00:00Z"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(?:modified|created)[^>]*>)[^<]*(<)")
_CUSTOM_HEIGHT = re.compile(rb'(<row r="(\d+)"[^>]*?) customHeight="1"')
_FORMULA = re.compile(rb'<c r="([A-Z]+\d+)"([^>]*)>(<f>.*?</f>)<v ?/?>(?:</v>)?</c>', re.DOTALL)


def finish(raw: bytes, *, sheet: str, shown: Mapping[str, str], free_rows: frozenset[int]) -> bytes:
    """Return the workbook ``raw`` with fixed times and a fixed order of parts.

    In the part ``sheet`` the formula cells get the text that they ``show`` (a reader that computes
    nothing sees it), and the rows ``free_rows`` may grow with what is typed into them.
    """
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["docProps/core.xml"] = _MODIFIED.sub(
        rb"\g<1>" + FIXED_DATE.encode() + rb"\g<2>", parts["docProps/core.xml"]
    )
    parts[sheet] = _free_rows(_show(parts[sheet], shown), free_rows)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts, key=lambda name: (name != "[Content_Types].xml", name)):
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            archive.writestr(info, parts[name])
    return out.getvalue()


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
