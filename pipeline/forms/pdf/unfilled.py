"""Reads a PDF in which none of our fields is left: a print of ours, or says what else it is."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pikepdf

from pipeline.forms.pdf.embedded import holds_locked_form
from pipeline.forms.pdf.left_over.about import about_file
from pipeline.forms.pdf.left_over.annotations import added_notes
from pipeline.forms.pdf.left_over.prints import around_print
from pipeline.forms.pdf.page_text import has_images, printed_text
from pipeline.forms.pdf.printed.answers import Print, read_print
from pipeline.forms.pdf.printed.codes import with_known_codes
from pipeline.forms.pdf.printed.drawable import may_be_drawn
from pipeline.forms.pdf.printed.incomplete import incomplete
from pipeline.forms.pdf.printed.notes import has_ink, typed_notes
from pipeline.forms.pdf.printed.page import are_pictures, draws_letters, has_text, shows_something
from pipeline.forms.pdf.printed.workbook import has_our_words, is_print_of_workbook
from pipeline.forms.pdf.read.fields import has_xfa
from pipeline.forms.pdf.read.identity import dated, program
from pipeline.forms.pdf.read.open_form import OpenForm, unreadable
from pipeline.forms.stamp import IDENTITY_NAMES, count_printed, printed_stamps, read_stamp
from pipeline.logs import event
from pipeline.model.form import FileFormat
from pipeline.model.submission import Submission, UnreadableFile

#: The filter, or the payload, of a PDF under a sensitivity label (ISO 32000-2, 7.6.7).
RIGHTS = b"/MicrosoftIRMServices"
_NOT_OURS = "file_template"


def read_without_fields(form: OpenForm) -> Submission | UnreadableFile:
    """Read a file in which none of our fields is left, or say what it is.

    A flattened or printed copy of ours bears the stamp in its footer, and is read by position.
    """
    pdf, file = form.pdf, form.file
    own = form.fields.keys() <= set(IDENTITY_NAMES)
    found = None
    if own:
        found = _no_print_of_a_form(form) or _read_print(form)
    if found is not None:
        return found
    text = printed_text(pdf)
    if own and (read_stamp(text) or form.stamp or has_our_words(text)):
        return unreadable(file, _print_or_scan(form))
    is_bare = not form.fields and not has_xfa(pdf)
    if is_bare and not (text.strip() and _has_text(form)) and _shows_something(form):
        return unreadable(file, _print_or_scan(form))
    if RIGHTS in form.content:
        return unreadable(file, "file_label_protected")
    return unreadable(file, _NOT_OURS)


def _has_text(form: OpenForm) -> bool:
    """Return whether the pages show text whose characters are known, if they can be looked at."""
    return not may_be_drawn(form.pdf) or has_text(form.content)


def _shows_something(form: OpenForm) -> bool:
    return not may_be_drawn(form.pdf) or shows_something(form.content)


def _print_or_scan(form: OpenForm) -> str:
    """Return what to say of pages that show no text that can be read."""
    if not has_images(form.pdf):
        return "file_print_unread"
    if not may_be_drawn(form.pdf) or are_pictures(form.content):
        return "file_scanned"
    wordless = not printed_text(form.pdf).strip() and not draws_letters(form.content)
    return "file_scanned" if wordless else "file_print_unread"


def with_portfolio_told(
    found: Submission | UnreadableFile, pdf: Any
) -> Submission | UnreadableFile:
    """Return ``found``, or of a file that is no form of ours, that there may be one inside."""
    if isinstance(found, Submission) or found.problem.code != _NOT_OURS:
        return found
    if not holds_locked_form(pdf):
        return found
    return replace(found, problem=replace(found.problem, code="file_portfolio"))


def _no_print_of_a_form(form: OpenForm) -> UnreadableFile | None:
    """Return what a print of ours is that no PDF form was printed to: several, or a workbook."""
    with suppress(pikepdf.PdfError):
        text = printed_text(form.pdf)
        stamps = printed_stamps(text)
        if len(stamps) > 1:
            return unreadable(form.file, "file_two_forms", n=len(stamps))
        if stamps and is_print_of_workbook(text, stamps[0].kind):
            return unreadable(form.file, "file_printed_workbook")
    return None


def _incomplete_print(form: OpenForm, found: Print) -> UnreadableFile:
    """Return what to say of a print without all questions, or of one with two pages on a sheet."""
    pages = len(form.pdf.pages)
    if count_printed(printed_text(form.pdf)) > pages:
        return unreadable(form.file, "file_print_unread")
    return incomplete(form.file, found.stamp, frozenset(found.missing), pages)


def _read_print(form: OpenForm) -> Submission | UnreadableFile | None:
    """Return the answers of a print of ours, or None when it cannot be read by position."""
    from pypdfium2 import PdfiumError  # noqa: PLC0415 - slow to import

    pdf, file = form.pdf, form.file
    if not may_be_drawn(pdf):
        return None
    try:
        found = read_print(with_known_codes(pdf, form.content), typed_notes(pdf))
    except PdfiumError as error:
        event("forms", "print_unread", error=str(error), sha256=file.sha256)
        return None
    if found is None:
        return None
    if found.missing:
        return _incomplete_print(form, found)
    if not any(answer.raw for answer in found.answers):
        seen = any(answer.damaged for answer in found.answers)
        by_pen = "file_handwritten" if has_ink(pdf) else ""
        return unreadable(file, by_pen or ("file_print_unread" if seen else "file_empty"))
    return Submission(
        form=found.stamp.kind,
        version=found.stamp.version,
        language=found.stamp.language,
        format=FileFormat.PDF,
        file_name=file.name,
        sha256=file.sha256,
        answers=found.answers,
        from_print=True,
        left_over=(
            *around_print(found, added_notes(pdf)),
            *about_file(pdf, form.fields, found.stamp, file.name),
        ),
        dated=dated(pdf),
        program=program(pdf),
    )
