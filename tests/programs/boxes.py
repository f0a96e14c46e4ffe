"""Where the boxes of a blank are, for the programs that are driven by places or order."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from tests.programs.job import Entry


@dataclass(frozen=True, slots=True)
class Box:
    """One widget: ``index`` counts those of ``page`` (both from 0), ``x`` and ``y`` are its middle.

    Points from the left and the top edge of the page; ``options`` are (code, word) pairs of a list,
    ``state`` is what a button is called when it is on.
    """

    field: str
    page: int
    index: int
    x: float
    y: float
    options: tuple[tuple[str, str], ...]
    state: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the list in its order."""
        return tuple(code for code, _ in self.options)


def boxes(blank: Path) -> dict[str, tuple[Box, ...]]:
    """Return the boxes of each field of the PDF ``blank``: one, or one for each radio button."""
    found: dict[str, tuple[Box, ...]] = {}
    with pikepdf.open(blank) as pdf:
        for page_index, page in enumerate(pdf.pages):
            widgets = [one for one in page.obj.get("/Annots", []) if one.Subtype == "/Widget"]
            for index, widget in enumerate(widgets):
                box = _box(widget, page_index, index, page)
                found[box.field] = (*found.get(box.field, ()), box)
    return found


def chosen_box(found: tuple[Box, ...], entry: Entry) -> Box:
    """Return the box of ``entry``: of radio buttons, the one of its code."""
    return next((box for box in found if box.state == entry.code), found[0])


def _box(widget: Any, page_index: int, index: int, page: Any) -> Box:
    left, bottom, right, top = (float(edge) for edge in widget.Rect)
    page_left, _, _, page_top = (float(edge) for edge in page.mediabox)
    return Box(
        field=_name(widget),
        page=page_index,
        index=index,
        x=(left + right) / 2 - page_left,
        y=page_top - (bottom + top) / 2,
        options=tuple((str(code), str(word)) for code, word in widget.get("/Opt", [])),
        state=_state(widget),
    )


def _name(widget: Any) -> str:
    parts: list[str] = []
    node: Any = widget
    while node is not None:
        if "/T" in node:
            parts.insert(0, str(node.T))
        node = node.get("/Parent")
    return ".".join(parts)


def _state(widget: Any) -> str:
    looks: Any = widget.get("/AP", {}).get("/N")
    if not isinstance(looks, pikepdf.Dictionary):
        return ""
    return next((str(name).removeprefix("/") for name in looks if name != "/Off"), "")
