"""PDFium: the engine of the PDF viewers of Chrome and Edge, driven by focus, keys and clicks."""

import ctypes
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.model.form import FileFormat
from tests.programs.boxes import Box, boxes, chosen_box
from tests.programs.job import Entry, Job


class Pdfium:
    """PDFium of pypdfium2, with a window's events instead of a window."""

    name = "PDFium"
    file_format = FileFormat.PDF

    def missing(self) -> str:
        return "" if find_spec("pypdfium2") else "pypdfium2"

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        for job in jobs:
            _fill(job)


def _fill(job: Job) -> None:
    import pypdfium2  # noqa: PLC0415 - slow to import

    places = boxes(job.blank)
    document = pypdfium2.PdfDocument(job.blank)
    document.init_forms()
    pages = [document[index] for index in range(len(document))]
    for entry in job.entries:
        box = chosen_box(places[entry.field], entry)
        _Hand(document.formenv, pages[box.page], box).enter(entry)
    document.save(job.target)
    for page in pages:
        page.close()
    document.close()


class _Hand:
    """A person's hand at one box."""

    def __init__(self, form: Any, page: Any, box: Box) -> None:
        import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

        self._pdfium = pdfium
        self._form = form
        self._page = page
        self._box = box
        self._at = (box.x, page.get_height() - box.y)

    def enter(self, entry: Entry) -> None:
        """Give the answer ``entry`` in the way of its box."""
        if entry.way == "text":
            self._type(entry.text)
        elif entry.way == "list":
            self._choose(self._box.codes.index(entry.code))
        else:
            self._click()
        self._pdfium.FORM_ForceToKillFocus(self._form)

    def _type(self, text: str) -> None:
        self._focus()
        encoded = f"{text}\0".encode("utf-16-le")
        units = (ctypes.c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded)
        self._pdfium.FORM_ReplaceSelection(self._form, self._page, units)

    def _choose(self, index: int) -> None:
        self._focus()
        self._pdfium.FORM_SetIndexSelected(self._form, self._page, index, True)

    def _click(self) -> None:
        self._pdfium.FORM_OnMouseMove(self._form, self._page, 0, *self._at)
        self._pdfium.FORM_OnLButtonDown(self._form, self._page, 0, *self._at)
        self._pdfium.FORM_OnLButtonUp(self._form, self._page, 0, *self._at)

    def _focus(self) -> None:
        self._pdfium.FORM_OnFocus(self._form, self._page, 0, *self._at)
