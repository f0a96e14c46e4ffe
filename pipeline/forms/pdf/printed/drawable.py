"""Decides whether a PDF is small and simple enough to be drawn.

PDFium follows forms that contain themselves until its process ends, and reads a font's map to
Unicode however long it is. What no print of our forms needs is found here before it is drawn.
"""

import itertools
from dataclasses import dataclass, field
from typing import Any

from pipeline.forms.pdf.printed.page import MAXIMUM_PAGES

_MAXIMUM_DEPTH = 8
_MAXIMUM_OBJECTS = 2_000
#: Unpacked bytes of all contents and maps together.
_MAXIMUM_BYTES = 10_000_000
_MAXIMUM_MAP = 1_000_000


class _TooMuchError(Exception):
    """The file is beyond a limit."""


@dataclass(slots=True)
class _Measuring:
    """What was met so far in one file."""

    left: int = _MAXIMUM_BYTES
    objects: int = 0
    seen: set[tuple[int, int]] = field(default_factory=set)
    open: set[tuple[int, int]] = field(default_factory=set)

    def take(self, size: int) -> None:
        self.left -= size
        self.objects += 1
        if self.left < 0 or self.objects > _MAXIMUM_OBJECTS:
            raise _TooMuchError


def may_be_drawn(pdf: Any) -> bool:
    """Return whether the pages of the open ``pdf`` can be drawn within the limits of one job.

    Raises whatever pikepdf raises on a broken file.
    """
    measuring = _Measuring()
    try:
        for page in itertools.islice(pdf.pages, MAXIMUM_PAGES):
            _measure_contents(page.obj.get("/Contents"), measuring)
            _measure_resources(page.obj.get("/Resources"), measuring, 0)
    except _TooMuchError:
        return False
    return True


def _measure_contents(contents: Any, measuring: _Measuring) -> None:
    import pikepdf  # noqa: PLC0415 - slow to import

    for stream in contents if isinstance(contents, pikepdf.Array) else [contents]:
        if isinstance(stream, pikepdf.Stream):
            measuring.take(len(stream.read_bytes()))


def _measure_resources(resources: Any, measuring: _Measuring, depth: int) -> None:
    """Measure the fonts and forms of ``resources``, each once, and the forms below them."""
    import pikepdf  # noqa: PLC0415 - slow to import

    if not isinstance(resources, pikepdf.Dictionary):
        return
    if depth > _MAXIMUM_DEPTH:
        raise _TooMuchError
    for font in _entries(resources, "/Font"):
        table = font.get("/ToUnicode") if isinstance(font, pikepdf.Dictionary) else None
        if isinstance(table, pikepdf.Stream) and table.objgen not in measuring.seen:
            measuring.seen.add(table.objgen)
            size = len(table.read_bytes())
            measuring.take(size)
            if size > _MAXIMUM_MAP:
                raise _TooMuchError
    patterns = _entries(resources, "/Pattern")
    for form in itertools.chain(_entries(resources, "/XObject"), patterns):
        if not isinstance(form, pikepdf.Stream) or str(form.get("/Subtype")) == "/Image":
            continue
        if form.objgen in measuring.open:
            raise _TooMuchError
        if form.objgen in measuring.seen:
            continue
        measuring.seen.add(form.objgen)
        measuring.open.add(form.objgen)
        measuring.take(len(form.read_bytes()))
        _measure_resources(form.get("/Resources"), measuring, depth + 1)
        measuring.open.discard(form.objgen)


def _entries(resources: Any, key: str) -> list[Any]:
    import pikepdf  # noqa: PLC0415 - slow to import

    found = resources.get(key)
    return list(found.values()) if isinstance(found, pikepdf.Dictionary) else []
