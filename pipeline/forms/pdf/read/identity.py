"""Reads what a PDF says of itself: which form it is, when it was saved, and by which program."""

import html
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import pikepdf

from pipeline.forms.pdf.page_text import printed_text
from pipeline.forms.pdf.read.fields import PdfField, entry
from pipeline.forms.pdf.values import read_text
from pipeline.forms.programs import program_of
from pipeline.forms.stamp import IDENTITY_NAMES, Stamp, read_stamp, stamp_of

_INFORMATION, _KEYWORDS = pikepdf.Name("/Info"), pikepdf.Name("/Keywords")
_MODIFIED = pikepdf.Name("/ModDate")
_PRODUCER, _CREATOR = pikepdf.Name("/Producer"), pikepdf.Name("/Creator")
_MAXIMUM_XMP = 1_000_000
_DATE = re.compile(
    r"D?:?(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:(Z)|([+-])(\d{2})'?(\d{2})?'?)?"
)


def stamp_of_file(pdf: Any, fields: Mapping[str, PdfField]) -> Stamp | None:
    """Return what the file says it is: by hidden fields, then properties, then the footer."""
    hidden = stamp_of({name: fields[name].text for name in IDENTITY_NAMES if name in fields})
    if hidden is not None:
        return hidden
    for text in (_xmp(pdf), _property(pdf, _KEYWORDS)):
        found = read_stamp(text)
        if found is not None:
            return found
    return read_stamp(printed_text(pdf)) if fields else None


def _xmp(pdf: Any) -> str:
    """Return the text of the file's XMP metadata; empty when there is none that can be read."""
    metadata = pdf.Root.get("/Metadata")
    if not isinstance(metadata, pikepdf.Stream):
        return ""
    with suppress(pikepdf.PdfError):
        return html.unescape(metadata.read_bytes()[:_MAXIMUM_XMP].decode("utf-8", "replace"))
    return ""


def _property(pdf: Any, key: Any) -> str:
    """Return the text of one document property; empty when there is none."""
    properties = entry(pdf.trailer, _INFORMATION)
    if not isinstance(properties, pikepdf.Dictionary):
        return ""
    return read_text(entry(properties, key))[0]


def dated(pdf: Any) -> str:
    """Return when the file says it was saved last, as ISO 8601 (ISO 32000-2, 7.9.4); or empty."""
    found = _DATE.match(_property(pdf, _MODIFIED))
    if found is None:
        return ""
    year, month, day, hour, minute, second, _, sign, ahead, ahead_minutes = found.groups()
    zone = f"{sign}{ahead}:{ahead_minutes or '00'}" if sign else "+00:00"
    text = f"{year}-{month}-{day}T{hour}:{minute}:{second}{zone}"
    return text if _is_iso(text) else ""


def program(pdf: Any) -> str:
    """Return the program that saved the file last (ISO 32000-2, 14.3.3), or empty."""
    return program_of(_property(pdf, _PRODUCER)) or program_of(_property(pdf, _CREATOR))


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
