"""Says what is missing in a form: whole pages, as when a file was split, or some questions."""

from pipeline.forms.pdf.printed.blank import Blank, blank_form
from pipeline.forms.pdf.read.open_form import unreadable
from pipeline.forms.stamp import Stamp
from pipeline.model.form import FormFile
from pipeline.model.submission import UnreadableFile


def incomplete(
    file: FormFile, stamp: Stamp | None, missing: frozenset[str], count: int
) -> UnreadableFile:
    """Return what to say of ``file``, whose ``count`` pages are without the fields ``missing``."""
    blank = blank_form(stamp) if stamp else None
    pages = _missing_pages(blank, missing) if blank else ()
    if not pages or blank is None or count + len(pages) > blank.pages:
        return unreadable(file, "file_incomplete")
    return unreadable(file, "file_pages_missing", pages=", ".join(map(str, pages)), n=len(pages))


def _missing_pages(blank: Blank, missing: frozenset[str]) -> tuple[int, ...]:
    """Return the numbers of the pages, from 1, that are gone with all their fields.

    None are told when more than whole pages is ``missing``.
    """
    there = {box.page for box in blank.boxes if box.field not in missing}
    gone = {box.page for box in blank.boxes if box.field in missing}
    return () if gone & there else tuple(sorted(page + 1 for page in gone))
