"""Reads texts that were typed over a PDF instead of into its fields (ISO 32000-2, 12.5.6.6)."""

from dataclasses import dataclass
from typing import Any

from pipeline.forms.pdf.geometry import Edges, edges_of
from pipeline.forms.pdf.printed.page import MAXIMUM_PAGES
from pipeline.forms.pdf.values import read_text, without_surrogates

_MAXIMUM_NOTES = 500


@dataclass(frozen=True, slots=True)
class Note:
    """A text on a page: page from 0 on, left, bottom, right and top in points."""

    page: int
    edges: Edges
    text: str


def typed_notes(pdf: Any) -> tuple[Note, ...]:
    """Return the free texts on the first pages of the open ``pdf``, in their order.

    Raises whatever pikepdf raises on a broken file.
    """
    found = [
        Note(index, edges_of(item), text)
        for index, page in enumerate(list(pdf.pages)[:MAXIMUM_PAGES])
        for item in annotations(page)
        if str(item.get("/Subtype")) == "/FreeText" and _has_edges(item)
        if (text := without_surrogates(read_text(item.get("/Contents"))[0]).strip())
    ]
    return tuple(found[:_MAXIMUM_NOTES])


def has_ink(pdf: Any) -> bool:
    """Return whether somebody wrote on the pages with a pen (12.5.6.13: ink annotations)."""
    pages = list(pdf.pages)[:MAXIMUM_PAGES]
    return any(str(item.get("/Subtype")) == "/Ink" for page in pages for item in annotations(page))


def annotations(page: Any) -> list[Any]:
    """Return the annotations of a page that are dictionaries, as they should be."""
    import pikepdf  # noqa: PLC0415 - slow to import

    listed = page.obj.get("/Annots")
    items = list(listed) if isinstance(listed, pikepdf.Array) else []
    return [item for item in items if isinstance(item, pikepdf.Dictionary)]


def _has_edges(item: Any) -> bool:
    import pikepdf  # noqa: PLC0415 - slow to import

    edges = item.get("/Rect")
    if not isinstance(edges, pikepdf.Array):
        return False
    try:
        edges_of(item)  # four numbers
    except (TypeError, ValueError):
        return False
    return True
