"""Reads a filled PDF form: returns a submission, or the problem that says why there is none.

The values of the fields are read, never the picture; only of a copy without fields (printed or
flattened) the page is read, and then each answer is asked about. What programs do to a form on the
way is undone here (junk around the file, fields reachable only through the pages, choices kept as
words or on widgets); what may be damaged is never accepted in part.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pikepdf

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, FormDefinition, Question
from pipeline.forms.pdf.embedded import holds_locked_form
from pipeline.forms.pdf.faults import blamed_on, is_of_file, tells_damage
from pipeline.forms.pdf.left_over.collect import Added, added
from pipeline.forms.pdf.left_over.pages import changed_pages
from pipeline.forms.pdf.open import opened
from pipeline.forms.pdf.page_text import has_images, printed_text
from pipeline.forms.pdf.printed.answers import read_print
from pipeline.forms.pdf.printed.drawable import may_be_drawn
from pipeline.forms.pdf.printed.blank import blank_form, missing_pages
from pipeline.forms.pdf.printed.notes import has_ink, typed_notes
from pipeline.forms.pdf.printed.workbook import is_print_of_workbook
from pipeline.forms.pdf.read.cut import saved_by_pdfium
from pipeline.forms.pdf.read.fields import PdfField, PdfForm, by_short_name, has_xfa, read_form
from pipeline.forms.pdf.read.identity import dated, stamp_of_file
from pipeline.forms.pdf.read.packed import is_packed_soundly
from pipeline.forms.pdf.split import may_be_several, split
from pipeline.forms.pdf.values import read_text, without_surrogates
from pipeline.forms.stamp import IDENTITY_NAMES, Stamp, printed_stamps, read_stamp
from pipeline.logs import event
from pipeline.model.form import FileFormat, FormFile, FormKind
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import Answer, CellType, LeftOverKind, Submission, UnreadableFile

_HEAD = b"%PDF-"
_FOREIGN_KEY = "unsupported encryption filter"
#: The filter, or the payload, of a PDF under a sensitivity label (ISO 32000-2, 7.6.7).
_RIGHTS = b"/MicrosoftIRMServices"
_TAIL = b"%%EOF"
_TORN_UPDATE = re.compile(rb"\A\s*\d|\d\s+\d+\s+obj|\bxref\b|\bstream\b")
_NOTHING_CHOSEN = {"-", "—"}
_CHOSEN = frozenset({AnswerKind.CHOICE, AnswerKind.TICK})
#: Fewer of our fields than this are another document that shares a name or two with ours.
_ENOUGH_FIELDS = 5
_NOT_OURS = "file_template"
_NOTHING_ADDED = Added()


def read_pdf_forms(file: FormFile) -> tuple[Submission | UnreadableFile, ...]:
    """Return the answers of each form in the PDF ``file``, or what kept us from reading them.

    There is one result for each form: several forms joined into one file are read one by one.
    Raises nothing for what is wrong with the bytes: an exception is a fault of ours. Problems:
    ``file_password``, ``file_damaged``, ``file_incomplete``, ``file_pages_missing``,
    ``file_empty``, ``file_template``, ``file_scanned`` (also for a flattened or printed copy of a
    version whose blank is not at hand: the form file itself is asked for),
    ``file_label_protected``, ``file_handwritten``, ``file_printed_workbook``, ``file_two_forms``
    (forms whose pages cannot be told apart), ``file_portfolio``.
    """
    content = _trimmed(file.content)
    if content is None:
        return (_unreadable(file, "file_damaged"),)
    try:
        with opened(content) as pdf, blamed_on(pdf):
            form = read_form(pdf, by_pdfium=saved_by_pdfium(file.content))
            parts = split(content, pdf) if may_be_several(pdf, form.fields) else (content,)
            if len(parts) == 1:
                return (_read(file, content, pdf, form),)
            if not is_packed_soundly(content, pdf) or any(map(tells_damage, pdf.get_warnings())):
                return (_unreadable(file, "file_damaged"),)
            if not parts:
                return (_unreadable(file, "file_two_forms", n=2),)
        return tuple(_read_part(file, part) for part in parts)
    except pikepdf.PasswordError:
        return (_unreadable(file, "file_password"),)
    except Exception as error:
        if not is_of_file(error):
            raise
        if _FOREIGN_KEY in str(error):  # for the holder of a certificate, or of a right
            locked = "file_label_protected" if _RIGHTS in content else "file_password"
            return (_unreadable(file, locked),)
        event("forms", "pdf_damaged", error=type(error).__name__, sha256=file.sha256)
        return (_unreadable(file, "file_damaged"),)


def _trimmed(content: bytes) -> bytes | None:
    """Return the file without what mail gateways put before its head and behind its tail.

    None when the tail is the torn beginning of an update: without it the file would show the
    answers that were there before.
    """
    start = max(content.find(_HEAD), 0)
    end = content.rfind(_TAIL)
    if end < start:
        return None
    tail = content[end + len(_TAIL) :].strip()
    if start == 0 and not tail:
        return content
    if _TORN_UPDATE.search(tail):
        return None
    return content[start : end + len(_TAIL)] + b"\n"


def _read_part(file: FormFile, content: bytes) -> Submission | UnreadableFile:
    """Return what one of several forms says, whose pages were taken out of the ``file``."""
    with opened(content) as pdf, blamed_on(pdf):
        form = read_form(pdf, by_pdfium=saved_by_pdfium(file.content))
        return _read(file, content, pdf, form)


def _read(
    file: FormFile, content: bytes, pdf: Any, form: PdfForm
) -> Submission | UnreadableFile:
    """Read the open ``pdf``; a warning of the library at any point makes it damaged."""
    fields = by_short_name(form.fields)
    if any(fields[name].disagrees for name in IDENTITY_NAMES if name in fields):
        return _unreadable(file, "file_two_forms", n=2)
    stamp = stamp_of_file(pdf, fields)
    saved = dated(pdf)
    kind = stamp.kind if stamp else _kind_by_fields(fields)
    is_ours = kind is not None and any(name in fields for name in FORMS[kind].questions)
    without_fields = None if is_ours else _without_fields(file, content, pdf, fields, saved)
    blank = published(stamp.kind, stamp.language, version=stamp.version) if stamp else None
    sound = not is_ours or is_packed_soundly(content, pdf, blank)
    if not sound or any(map(tells_damage, pdf.get_warnings())):
        return _unreadable(file, "file_damaged")
    if without_fields or kind is None:
        found = without_fields or _unreadable(file, _NOT_OURS)
        return _with_portfolio_told(found, pdf)
    what = _added(content, pdf, form, stamp, FORMS[kind])
    if any(map(tells_damage, pdf.get_warnings())):
        return _unreadable(file, "file_damaged")
    return _submission(file, FORMS[kind], fields, stamp, saved, what)


def _added(
    content: bytes, pdf: Any, form: PdfForm, stamp: Stamp | None, definition: FormDefinition
) -> Added:
    """Return what was put into the file beside its fields, or over blank ones; mostly nothing."""
    fields = by_short_name(form.fields)
    known = frozenset(definition.questions)
    changed = changed_pages(pdf, stamp)
    is_plain = not (form.has_notes or changed)
    if is_plain and not fields.keys() - known - set(IDENTITY_NAMES):
        return _NOTHING_ADDED
    return added(pdf, content, stamp, fields, known, changed)


def _submission(
    file: FormFile,
    definition: FormDefinition,
    fields: dict[str, PdfField],
    stamp: Stamp | None,
    saved: str,
    what: Added,
) -> Submission | UnreadableFile:
    """Return the answers of the fields, and of the pages where these have none."""
    version = stamp.version if stamp else ""
    there = fields.keys() | what.flattened
    missing = tuple([name for name in definition.questions if name not in there])
    if missing and definition.asks_the_same(version):
        return _incomplete(file, stamp, frozenset(missing))
    answers = tuple(
        [
            _from_page(name, what)
            if name in what.answers or name not in fields
            else _answer(name, question, fields[name])
            for name, question in definition.questions.items()
            if name in there
        ]
    )
    if not any(answer.raw.strip() for answer in answers):
        if any(item.kind is LeftOverKind.INK for item in what.left_over):
            return _unreadable(file, "file_handwritten")
        if not any(item.words for item in what.left_over):
            return _unreadable(file, "file_empty")
    return Submission(
        form=definition.kind,
        version=version,
        language=stamp.language if stamp else "",
        format=FileFormat.PDF,
        file_name=file.name,
        sha256=file.sha256,
        answers=answers,
        missing=missing,
        dated=saved,
        left_over=what.left_over,
    )


def _from_page(name: str, what: Added) -> Answer:
    """Return an answer that stands on the page, where its field is blank or gone."""
    text, damaged = what.answers.get(name, ("", False))
    return Answer(name, text, name, CellType.PRINT, damaged)


def _incomplete(
    file: FormFile, stamp: Stamp | None, missing: frozenset[str]
) -> UnreadableFile:
    """Say what is missing: whole pages, when nothing else is, or some questions."""
    blank = blank_form(stamp) if stamp else None
    pages = missing_pages(blank, missing) if blank else ()
    if not pages:
        return _unreadable(file, "file_incomplete")
    return _unreadable(file, "file_pages_missing", pages=", ".join(map(str, pages)), n=len(pages))


def _answer(name: str, question: Question, field: PdfField) -> Answer:
    """Return the raw answer of one field; what stands for "nothing chosen" is blank."""
    raw, other = without_surrogates(field.text), field.disagrees
    if raw.strip() in _NOTHING_CHOSEN and (field.type == "Ch" or question.kind in _CHOSEN):
        raw = ""
    if other is not None:
        other = without_surrogates(other)
    if field.type == "Btn":
        return Answer(name, raw.lower(), name, CellType.BUTTON, field.damaged, other)
    return Answer(name, raw, name, CellType.TEXT, field.damaged, other)


def _without_fields(
    file: FormFile, content: bytes, pdf: Any, fields: dict[str, PdfField], dated: str
) -> Submission | UnreadableFile:
    """Read a file in which none of our fields is left, or say what it is.

    A flattened or printed copy of ours bears the stamp in its footer, and is read by position.
    """
    own = fields.keys() <= set(IDENTITY_NAMES)
    found = None
    if own:
        found = _no_print_of_a_form(file, pdf) or _read_print(file, content, pdf, dated)
    if found is not None:
        return found
    text = printed_text(pdf)
    if own and (read_stamp(text) or stamp_of_file(pdf, fields)):
        return _unreadable(file, "file_scanned")
    if not fields and not has_xfa(pdf) and not text.strip() and has_images(pdf):
        return _unreadable(file, "file_scanned")
    if _RIGHTS in content:
        return _unreadable(file, "file_label_protected")
    return _unreadable(file, _NOT_OURS)


def _with_portfolio_told(
    found: Submission | UnreadableFile, pdf: Any
) -> Submission | UnreadableFile:
    """Return ``found``, or of a file that is no form of ours, that there may be one inside."""
    foreign = isinstance(found, UnreadableFile) and found.problem.code == _NOT_OURS
    if not foreign or not holds_locked_form(pdf):
        return found
    return UnreadableFile(found.file_name, Problem("file_portfolio", Severity.ERROR))


def _no_print_of_a_form(file: FormFile, pdf: Any) -> UnreadableFile | None:
    """Return what a print of ours is that no PDF form was printed to: several, or a workbook."""
    with suppress(pikepdf.PdfError):
        text = printed_text(pdf)
        stamps = printed_stamps(text)
        if len(stamps) > 1:
            return _unreadable(file, "file_two_forms", n=len(stamps))
        if stamps and is_print_of_workbook(text, stamps[0].kind):
            return _unreadable(file, "file_printed_workbook")
    return None


def _read_print(
    file: FormFile, content: bytes, pdf: Any, dated: str
) -> Submission | UnreadableFile | None:
    """Return the answers of a print of ours, or None when it cannot be read by position."""
    from pypdfium2 import PdfiumError  # noqa: PLC0415 - slow to import

    if not may_be_drawn(pdf):
        return None
    try:
        found = read_print(content, typed_notes(pdf))
    except PdfiumError as error:
        event("forms", "print_unread", error=str(error), sha256=file.sha256)
        return None
    if found is None:
        return None
    if found.missing:
        return _unreadable(file, "file_incomplete")
    if not any(answer.raw for answer in found.answers):
        seen = any(answer.damaged for answer in found.answers)
        by_pen = "file_handwritten" if has_ink(pdf) else ""
        return _unreadable(file, by_pen or ("file_scanned" if seen else "file_empty"))
    return Submission(
        form=found.stamp.kind,
        version=found.stamp.version,
        language=found.stamp.language,
        format=FileFormat.PDF,
        file_name=file.name,
        sha256=file.sha256,
        answers=found.answers,
        from_print=True,
        dated=dated,
    )


def _kind_by_fields(fields: dict[str, PdfField]) -> FormKind | None:
    """Return the form whose questions the file has most of, when it says nothing of itself."""
    shares = {kind: len(form.questions.keys() & fields.keys()) for kind, form in FORMS.items()}
    best = max(shares, key=lambda kind: shares[kind] / len(FORMS[kind].questions))
    return best if shares[best] >= _ENOUGH_FIELDS else None


def _unreadable(file: FormFile, code: str, **params: str | int) -> UnreadableFile:
    return UnreadableFile(file.name, Problem(code, Severity.ERROR, params=tuple(params.items())))
