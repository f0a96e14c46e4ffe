"""Reads the forms in a PDF: returns submissions, or the problems that say why there are none.

The values of the fields are read, never the picture; where fields are gone (printed or flattened)
the page is read, and then each answer is asked about. What programs do to a form on the way is
undone here (junk around the file, fields reachable only through the pages, several forms joined
into one file); what may be damaged is never accepted in part.
"""

import re
from collections.abc import Mapping
from typing import Any

import pikepdf

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.copies import each_once
from pipeline.forms.pdf.faults import blamed_on, is_of_file, lost_in_joining, tells_damage
from pipeline.forms.pdf.filled import read_fields
from pipeline.forms.pdf.open import opened
from pipeline.forms.pdf.read.fields import PdfField
from pipeline.forms.pdf.read.open_form import OpenForm, open_form, unreadable
from pipeline.forms.pdf.read.packed import is_packed_soundly
from pipeline.forms.pdf.split import may_be_several, split
from pipeline.forms.pdf.unfilled import RIGHTS, read_without_fields, with_portfolio_told
from pipeline.logs import event
from pipeline.model.form import FormFile, FormKind
from pipeline.model.submission import Submission, UnreadableFile

_HEAD = b"%PDF-"
_FOREIGN_KEY = "unsupported encryption filter"
_TAIL = b"%%EOF"
_TORN_UPDATE = re.compile(rb"\A\s*\d|\d\s+\d+\s+obj|\bxref\b|\bstream\b")
#: Fewer of our fields than this are another document that shares a name or two with ours.
_ENOUGH_FIELDS = 5
_NUMBER = "phone_number"
_DAMAGED = "file_damaged"
_JOINED = "file_joined"
_TWO = 2


def read_pdf_forms(file: FormFile) -> tuple[Submission | UnreadableFile, ...]:
    """Return the answers of each form in the PDF ``file``, or what kept us from reading them.

    There is one result for each form: several forms joined into one file are read one by one.
    Raises nothing for what is wrong with the bytes: an exception is a fault of ours. Problems:
    ``file_password``, ``file_label_protected``, ``file_damaged``, ``file_incomplete``,
    ``file_joined``, ``file_pages_missing``, ``file_empty``, ``file_template``, ``file_scanned``,
    ``file_handwritten``, ``file_print_unread`` (also for a print of a version whose blank is not at
    hand), ``file_printed_workbook``, ``file_portfolio``, ``file_two_forms`` (forms whose pages
    cannot be told apart).
    """
    content = _trimmed(file.content)
    if content is None:
        return (unreadable(file, _DAMAGED),)
    try:
        return _read_each(file, content)
    except Exception as error:
        code = _code_of(error, content)
        if not code:
            raise
        if code == _DAMAGED:
            event("forms", "pdf_damaged", error=type(error).__name__, sha256=file.sha256)
        return (unreadable(file, code),)


def _code_of(error: Exception, content: bytes) -> str:
    """Return what kept the file ``content`` from being read; empty when it was a fault of ours."""
    if isinstance(error, pikepdf.PasswordError):
        return "file_password"
    if not is_of_file(error):
        return ""
    if _FOREIGN_KEY in str(error):  # for the holder of a certificate, or of a right
        return "file_label_protected" if RIGHTS in content else "file_password"
    return _DAMAGED


def _read_each(file: FormFile, content: bytes) -> tuple[Submission | UnreadableFile, ...]:
    """Read the forms in ``content`` one by one; raises whatever the libraries raise."""
    with opened(content) as pdf, blamed_on(pdf):
        form = open_form(file, content, pdf)
        may_be_two = may_be_several(pdf, form.copies, two=form.has_two_identities)
        parts = split(content, pdf) if may_be_two else (content,)
        if len(parts) == 1:
            return (_read(form),)
        if damage := _damage(pdf) or _packing_fault(content, pdf):
            return (unreadable(file, damage),)
        if not parts:
            return (unreadable(file, "file_two_forms", n=max(form.copies, _TWO)),)
    return each_once(_read_part(file, part) for part in parts)


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
        return _read(open_form(file, content, pdf))


def _read(form: OpenForm) -> Submission | UnreadableFile:
    """Read an open PDF; a warning of the library at any point makes it damaged."""
    file, pdf, stamp = form.file, form.pdf, form.stamp
    number = form.fields.get(_NUMBER)
    if form.has_two_identities or (form.copies > 1 and number is not None and number.disagrees):
        return unreadable(file, "file_two_forms", n=max(form.copies, _TWO))
    kind = stamp.kind if stamp else _kind_by_fields(form.fields)
    if kind is None or not any(name in form.fields for name in FORMS[kind].questions):
        found = read_without_fields(form)
        if damage := _damage(pdf):
            return unreadable(file, damage)
        return with_portfolio_told(found, pdf)
    blank = published(stamp.kind, stamp.language, version=stamp.version) if stamp else None
    if damage := _damage(pdf) or _packing_fault(form.content, pdf, blank):
        return unreadable(file, damage)
    found = read_fields(form, kind)
    damage = _damage(pdf)
    return unreadable(file, damage) if damage else found


def _damage(pdf: Any) -> str:
    """Return what the warnings of the library since the last look mean; mostly nothing."""
    telling = [warning for warning in pdf.get_warnings() if tells_damage(warning)]
    if not telling:
        return ""
    return _JOINED if lost_in_joining(telling) else _DAMAGED


def _packing_fault(content: bytes, pdf: Any, blank: bytes | None = None) -> str:
    return "" if is_packed_soundly(content, pdf, blank) else _DAMAGED


def _kind_by_fields(fields: Mapping[str, PdfField]) -> FormKind | None:
    """Return the form whose questions the file has most of, when it says nothing of itself."""
    shares = {kind: len(form.questions.keys() & fields.keys()) for kind, form in FORMS.items()}
    best = max(shares, key=lambda kind: shares[kind] / len(FORMS[kind].questions))
    return best if shares[best] >= _ENOUGH_FIELDS else None
