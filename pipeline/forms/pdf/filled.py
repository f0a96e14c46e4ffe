"""Reads a form from its fields, and what was added beside and over them."""

from collections.abc import Iterable, Mapping

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, FormDefinition, Question
from pipeline.forms.pdf.left_over.about import about_file, title_of
from pipeline.forms.pdf.left_over.collect import Added, added
from pipeline.forms.pdf.left_over.hints import captions, changed_hints, changed_options
from pipeline.forms.pdf.left_over.pages import changed_pages
from pipeline.forms.pdf.printed.incomplete import incomplete
from pipeline.forms.pdf.read.fields import PdfField
from pipeline.forms.pdf.read.identity import dated, program
from pipeline.forms.pdf.read.lists import as_shown, changed_lists
from pipeline.forms.pdf.read.open_form import OpenForm, unreadable
from pipeline.forms.pdf.values import without_surrogates
from pipeline.forms.stamp import IDENTITY_NAMES
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.submission import Answer, CellType, LeftOverKind, Submission, UnreadableFile

_NOTHING_CHOSEN = {"-", "—"}
_CHOSEN = frozenset({AnswerKind.CHOICE, AnswerKind.TICK})
_NOTHING_ADDED = Added()


def read_fields(form: OpenForm, kind: FormKind) -> Submission | UnreadableFile:
    """Return the answers of the fields of ``form``, and of its pages where these have none.

    Raises PdfiumError, and whatever pikepdf raises, on a broken file.
    """
    definition = FORMS[kind]
    what = _added(form, definition)
    version = form.stamp.version if form.stamp else ""
    there = form.fields.keys() | what.flattened
    missing = tuple([name for name in definition.questions if name not in there])
    if missing and definition.asks_the_same(version):
        return incomplete(form.file, form.stamp, frozenset(missing), len(form.pdf.pages))
    lists = changed_lists(form.fields, kind, form.stamp)
    fields = {
        name: as_shown(field, lists[name], definition.questions[name].choices)
        if name in lists
        else field
        for name, field in form.fields.items()
    }
    answers = tuple(
        [
            _from_page(name, what)
            if name in what.answers or name not in fields
            else _answer(name, question, fields[name])
            for name, question in definition.questions.items()
            if name in there
        ]
    )
    beside = (
        *changed_hints(form.pdf, form.fields, form.stamp),
        *captions(form.pdf, form.fields, kind),
    )
    if not any(answer.raw.strip() or answer.disagrees for answer in answers):
        if any(item.kind is LeftOverKind.INK for item in what.left_over):
            return unreadable(form.file, "file_handwritten")
        if not any(item.words for item in (*what.left_over, *beside)):
            return unreadable(form.file, "file_empty")
    return Submission(
        form=kind,
        version=version,
        language=form.stamp.language if form.stamp else "",
        format=FileFormat.PDF,
        file_name=form.file.name,
        sha256=form.file.sha256,
        answers=answers,
        missing=missing,
        dated=dated(form.pdf),
        program=program(form.pdf),
        left_over=(
            *what.left_over,
            *beside,
            *changed_options(form.pdf, lists, _shown(fields, lists), kind),
            *about_file(form.pdf, form.fields, form.stamp, form.file.name),
            *title_of(form.pdf, form.file.name),
        ),
    )


def _added(form: OpenForm, definition: FormDefinition) -> Added:
    """Return what was put into the file beside its fields, or over blank ones; mostly nothing."""
    known = frozenset(definition.questions)
    changed = changed_pages(form.pdf, form.stamp)
    is_plain = not (form.has_notes or changed)
    if is_plain and not form.fields.keys() - known - set(IDENTITY_NAMES):
        return _NOTHING_ADDED
    return added(form, known, changed)


def _shown(fields: Mapping[str, PdfField], lists: Iterable[str]) -> frozenset[str]:
    """Return what was chosen of ``lists``."""
    chosen = [text for name in lists for text in (fields[name].text, fields[name].disagrees)]
    return frozenset(text for text in chosen if text)


def _from_page(name: str, what: Added) -> Answer:
    """Return an answer that stands on the page, where its field is blank or gone."""
    text, damaged = what.answers.get(name, ("", False))
    return Answer(name, text, name, CellType.PRINT, damaged)


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
