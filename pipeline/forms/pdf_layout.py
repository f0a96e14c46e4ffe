"""A form laid out on pages: from the definition and the words to a PDF that is not finished yet."""

import contextlib
import re
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.forms.catalogue import FORMS
from pipeline.forms.definition import AnswerKind, Question
from pipeline.forms.fonts import use_own_fonts
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts, form_texts
from pipeline.model.form import FormKind
from pipeline.resources import read_text, template

_PLACEHOLDER = re.compile(r"\{(pages?)\}")

Marks = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One question as the page shows it; ``box`` is ``line``, ``list``, ``long`` or ``tick``."""

    field: str
    number: int
    box: str
    label: str
    requirement: str
    required: bool
    hint: str
    example: str
    statement: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One group of questions."""

    name: str
    title: str
    rows: tuple[Row, ...]


def lay_out(kind: FormKind, language: str, address: str, privacy: str, marks: Marks = ()) -> bytes:
    """Return the pages of a form as a tagged PDF, with boxes that have still to become fields.

    ``marks`` are the sentences that are printed at answers. Raises ConfigurationError
    (``pango_missing``) when the layout engine cannot start on this machine.
    """
    weasyprint = _engine()
    texts = form_texts(language)
    words = {
        "language": language,
        "texts": texts,
        "form": texts.form(kind),
        "stamp": Stamp(kind, FORMS[kind].version, language).text,
        "page_parts": [part for part in _PLACEHOLDER.split(texts.words("page")) if part],
        "sections": _sections(kind, texts, dict(marks)),
        "send": texts.words("send").replace("{address}", address),
        "privacy_line": texts.words("privacy_line").replace("{privacy}", privacy),
    }
    words["identity"] = texts.words("identity").replace("{stamp}", str(words["stamp"]))
    page = _environment().get_template("form.html.jinja").render(words)
    style = weasyprint.CSS(string=read_text("forms", "form.css"))
    content = weasyprint.HTML(string=page).write_pdf(
        stylesheets=[style], pdf_forms=True, pdf_tags=True, pdf_variant="pdf/ua-1"
    )
    return bytes(content)


def _engine() -> Any:
    """Return the module weasyprint, told to use our fonts; what it prints goes to stderr."""
    use_own_fonts()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            import weasyprint  # noqa: PLC0415 - slow to import, needs Pango
    except OSError as error:
        raise ConfigurationError("pango_missing", detail=str(error)) from error
    return weasyprint


@cache
def _environment() -> Any:
    import jinja2  # noqa: PLC0415 - only where forms are made

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(template("forms")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )


def _sections(
    kind: FormKind, texts: FormTexts, marks: dict[str, tuple[str, ...]]
) -> tuple[Section, ...]:
    definition = FORMS[kind]
    return tuple(
        Section(
            name,
            texts.group_title(name),
            tuple(
                _row(kind, texts, field, question, marks.get(field, ()))
                for field, question in definition.group(name)
            ),
        )
        for name in definition.groups
    )


def _row(
    kind: FormKind, texts: FormTexts, field: str, question: Question, marks: tuple[str, ...]
) -> Row:
    example = texts.example(kind, field)
    return Row(
        field=field,
        number=FORMS[kind].numbers[field],
        box=box_of(question),
        label=texts.label(kind, field),
        requirement=texts.requirement(kind, field),
        required=question.required,
        hint=texts.hint(kind, field),
        example=texts.words("example").replace("{example}", example) if example else "",
        statement=texts.statement(kind, field),
        marks=marks,
    )


def box_of(question: Question) -> str:
    """Return how the answer is given on the page: ``line``, ``list``, ``long`` or ``tick``."""
    if question.kind is AnswerKind.TICK:
        return "tick"
    if question.choices:
        return "list"
    return "long" if question.long else "line"
