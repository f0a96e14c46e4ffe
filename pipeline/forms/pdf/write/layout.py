"""Lays out a form on pages, from its definition and its words: a PDF that ``finish`` completes."""

import contextlib
import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.pdf.fonts import drawable, shows_all, use_own_fonts
from pipeline.forms.pdf.write.phrases import phrase_filter
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts, form_texts
from pipeline.model.form import Filling, FormKind
from pipeline.resources import read_text, template

_PLACEHOLDER = re.compile(r"\{(pages?)\}")

#: Of a box of several lines: its usual height and its greatest, in mm, and its width in em at 9 pt.
_BOX_MM, _TALLEST_BOX_MM, _BOX_EM = 17.0, 85.0, 53.0
_LONG = "long"
_LINE_MM = 9 * 1.3 * 25.4 / 72


@dataclass(frozen=True, slots=True)
class Row:
    """One question as the page shows it; ``box`` is ``line``, ``list``, ``long`` or ``tick``.

    ``height`` is that of a long box in millimetres.
    """

    field: str
    number: int
    box: str
    label: str
    requirement: str
    required: bool
    hint: str
    model: str
    statement: str
    marks: tuple[str, ...]
    height: float


@dataclass(frozen=True, slots=True)
class Printed:
    """What of a filling is printed on the pages; all else stands in the fields.

    ``marks`` are the sentences at marked answers; ``heights`` are those of long boxes in a copy
    with marks; ``complete`` tells that our fonts can draw every answer.
    """

    marks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    heights: tuple[tuple[str, float], ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """One group of questions."""

    name: str
    title: str
    rows: tuple[Row, ...]


def printed(kind: FormKind, filling: Filling) -> Printed:
    """Return what of ``filling`` the pages of the form ``kind`` show."""
    questions = FORMS[kind].questions
    # A copy without marks keeps the places of the blank, by which a print of it is read.
    answers = dict(filling.answers) if filling.marks else {}
    heights = {
        name: _height(text)
        for name, text in answers.items()
        if name in questions and box_of(questions[name]) == _LONG
    }
    return Printed(
        marks=filling.marks,
        heights=tuple((name, height) for name, height in heights.items() if height != _BOX_MM),
        complete=all(shows_all(text) for _, text in filling.answers),
    )


def lay_out(
    kind: FormKind, language: str, address: str, privacy: str, shown: Printed | None = None
) -> bytes:
    """Return the pages of a form as a tagged PDF, with boxes that have still to become fields.

    Sentences at marked answers are printed in the place of the introduction that is known by then,
    and boxes grow for the long answers of such a copy; where an answer has characters that our
    fonts lack, the page says what their sign means. Raises ConfigurationError (``pango_missing``)
    when the layout engine cannot start on this machine.
    """
    shown = shown or Printed()
    weasyprint = _engine()
    texts = form_texts(language)
    words = {
        "language": language,
        "texts": texts,
        "form": texts.form(kind),
        "stamp": Stamp(kind, FORMS[kind].version, language).text,
        "page_parts": [part for part in _PLACEHOLDER.split(texts.words("page")) if part],
        "marked": bool(shown.marks),
        "notes": _notes(texts, shown),
        "sections": _sections(kind, texts, shown),
        "send": texts.words("send").replace("{address}", address),
        "privacy_line": texts.words("privacy_line").replace("{privacy}", privacy),
    }
    words["identity"] = texts.words("identity").replace("{stamp}", str(words["stamp"]))
    page = _environment(language).get_template("form.html.jinja").render(words)
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
def _environment(language: str) -> Any:
    import jinja2  # noqa: PLC0415 - only where forms are made

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template("forms")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["phrases"] = phrase_filter(language)
    return environment


def _sections(kind: FormKind, texts: FormTexts, shown: Printed) -> tuple[Section, ...]:
    definition, marks, heights = FORMS[kind], dict(shown.marks), dict(shown.heights)
    return tuple(
        Section(
            name,
            texts.group_title(name),
            tuple(
                _row(
                    kind, texts, field, question, marks.get(field, ()), heights.get(field, _BOX_MM)
                )
                for field, question in definition.group(name)
            ),
        )
        for name in definition.groups
    )


def _row(
    kind: FormKind,
    texts: FormTexts,
    field: str,
    question: Question,
    marks: tuple[str, ...],
    height: float,
) -> Row:
    return Row(
        field=field,
        number=FORMS[kind].numbers[field],
        box=box_of(question),
        label=texts.label(kind, field),
        requirement=texts.requirement(kind, field),
        required=question.required,
        hint=texts.hint(kind, field),
        model=texts.model(kind, field),
        statement=texts.statement(kind, field),
        marks=tuple(map(drawable, marks)),
        height=height,
    )


def _height(answer: str) -> float:
    """Return the height in millimetres of a long box that shows ``answer`` at 9 points."""
    lines = sum(1 + int(_ems(line) / _BOX_EM) for line in answer.split("\n"))
    return round(min(max(_BOX_MM, (lines + 1) * _LINE_MM), _TALLEST_BOX_MM), 1)


def _ems(line: str) -> float:
    return sum(1.0 if unicodedata.east_asian_width(one) in "WFA" else 0.6 for one in line)


def _notes(texts: FormTexts, shown: Printed) -> list[str]:
    """Return what stands above the questions of a copy that is filled in."""
    found = []
    if shown.marks:
        count = str(len(shown.marks))
        found.append(texts.words("marked_note_pdf").replace("{count}", count))
    if not shown.complete:
        found.append(texts.words("unshown_note"))
    return found


def box_of(question: Question) -> str:
    """Return how the answer is given on the page: ``line``, ``list``, ``long`` or ``tick``."""
    if question.kind is AnswerKind.TICK:
        return "tick"
    if question.choices:
        return "list"
    return _LONG if question.long else "line"
