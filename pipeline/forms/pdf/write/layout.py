"""Lays out a form on pages, from its definition and its words: a PDF that ``finish`` completes."""

import contextlib
import re
import sys
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.pdf.fonts import use_own_fonts
from pipeline.forms.pdf.write.links import begin_link, confirmed_link, target_of
from pipeline.forms.pdf.write.typesetting.phrases import phrase_filter
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts, form_texts
from pipeline.model.form import FormKind
from pipeline.resources import read_text, template

_PLACEHOLDER = re.compile(r"\{(pages?)\}")

BESIDE, _LONG, _WIDE = "line", "long", "wide"
BOXES_OF_TEXT = frozenset({BESIDE, _LONG, _WIDE})
#: Answers in words; numbers and addresses are seldom as long as they may be.
_WORDS = frozenset({AnswerKind.TEXT, AnswerKind.DISPLAY_NAME})
#: UTF-16 units of an answer that a box beside its label has room for; and a box of one line.
_SHORT, _ONE_LINE = 100, 256
#: Points of a box of one line, and of each line of a larger one with what is above and below them.
_HEIGHT, _LEADING, _AROUND = 8.0 * 72 / 25.4, 11.7, 5.0
#: Characters in a line of a box that is as wide as the page, and the most lines of a box: a form
#: has four pages at most.
_IN_LINE, _IN_JAPANESE_LINE = 90, 53
_MOST_LINES = {FormKind.ONBOARDING: 7, FormKind.MIGRATION: 8, FormKind.QR: 19}
#: What the markers at the ends of parts are called.
_END = "end-"
#: The upper margin of a sheet, as ``parts.css`` has it.
_MARGIN = 12 * 72 / 25.4


@dataclass(frozen=True, slots=True)
class Row:
    """One question as the page shows it; ``box`` is what :func:`box_of` tells.

    ``height`` is that of a box that is as wide as the page.
    """

    field: str
    number: int
    box: str
    height: float
    label: str
    requirement: str
    required: bool
    hint: str
    model: str
    statement: str

    @property
    def target(self) -> str:
        """What links to the question lead to."""
        return target_of(self.field)


@dataclass(frozen=True, slots=True)
class Section:
    """One group of questions."""

    name: str
    title: str
    rows: tuple[Row, ...]


def lay_out(
    kind: FormKind, language: str, address: str, privacy: str, *, complete: bool = True
) -> bytes:
    """Return the pages of a form as a tagged PDF, with boxes that have still to become fields.

    Of a copy that is not ``complete`` (an answer has characters that our fonts lack) the page says
    what their sign means. Raises ConfigurationError (``pango_missing``) when the layout engine
    cannot start on this machine.
    """
    notes = () if complete else (form_texts(language).words("unshown_note"),)
    words = _words(kind, language, address, privacy) | {"notes": notes, "in_parts": False}
    return _made(language, words, ("form.css",))


def lay_out_parts(kind: FormKind, language: str, address: str, privacy: str) -> bytes:
    """Return the parts of a form that a marked copy has, each on a sheet of its own.

    A named destination tells where each of them ends (:func:`ends_of`). Raises what ``lay_out``
    raises.
    """
    words = _words(kind, language, address, privacy) | {"notes": (), "in_parts": True}
    return _made(language, words, ("form.css", "parts.css"))


def ends_of(content: bytes) -> tuple[list[tuple[str, float]], float]:
    """Return names and lower edges of the parts that were laid out, and the upper edge of all.

    In points above the lower edge of a sheet.
    """
    import pikepdf  # noqa: PLC0415 - slow to import

    with pikepdf.open(BytesIO(content)) as pdf:
        names = list(pdf.Root.Names.Dests.Names)
        pages = {page.obj.objgen: index for index, page in enumerate(pdf.pages)}
        found = {
            pages[place[0].objgen]: (str(name).removeprefix(_END), float(place[3]))
            for name, place in zip(names[::2], names[1::2], strict=True)
            if str(name).startswith(_END)
        }
        top = float(pdf.pages[0].mediabox[3]) - _MARGIN
        return [found[index] for index in range(len(pages))], top


def _words(kind: FormKind, language: str, address: str, privacy: str) -> dict[str, Any]:
    """Return what the template asks for, but for what differs between a blank and its parts."""
    texts = form_texts(language)
    stamp = Stamp(kind, FORMS[kind].version, language).text
    return {
        "language": language,
        "texts": texts,
        "form": texts.form(kind),
        "stamp": stamp,
        "identity": identity(texts, stamp),
        "page_parts": page_parts(texts),
        "sections": _sections(kind, texts),
        "required": required_line(kind, texts),
        "begin": begin_link(kind, texts),
        "confirmed": confirmed_link(kind, texts),
        "address": address,
        "send": texts.words("send").split("{address}", 1),
        "privacy_line": texts.words("privacy_line").replace("{privacy}", privacy),
    }


def required_line(kind: FormKind, texts: FormTexts) -> str:
    """Return how many answers are required in every case."""
    questions = FORMS[kind].questions.values()
    count = sum(one.required and not one.conditional for one in questions)
    return texts.words("required_count").replace("{n}", str(count))


def identity(texts: FormTexts, stamp: str) -> str:
    """Return what the footer says of the form."""
    return texts.words("identity").replace("{stamp}", stamp)


def page_parts(texts: FormTexts) -> list[str]:
    """Return the words around the number of a page, which are ``page`` and ``pages`` here."""
    return [part for part in _PLACEHOLDER.split(texts.words("page")) if part]


def page_text(texts: FormTexts, page: int, pages: int) -> str:
    """Return what the footer of a page says of its number."""
    numbers = {"page": str(page), "pages": str(pages)}
    return "".join(numbers.get(part, part) for part in page_parts(texts))


def _made(language: str, words: dict[str, Any], styles: tuple[str, ...]) -> bytes:
    weasyprint = _engine()
    page = _environment(language).get_template("form.html.jinja").render(words)
    content = weasyprint.HTML(string=page).write_pdf(
        stylesheets=[weasyprint.CSS(string=read_text("forms", name)) for name in styles],
        pdf_forms=True,
        pdf_tags=True,
        pdf_variant="pdf/ua-1",
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


def _sections(kind: FormKind, texts: FormTexts) -> tuple[Section, ...]:
    definition = FORMS[kind]
    return tuple(
        Section(
            name,
            texts.group_title(kind, name),
            tuple(_row(kind, texts, field, question) for field, question in definition.group(name)),
        )
        for name in definition.groups
    )


def _row(kind: FormKind, texts: FormTexts, field: str, question: Question) -> Row:
    return Row(
        field=field,
        number=FORMS[kind].numbers[field],
        box=box_of(question),
        height=_height(kind, question, texts.language),
        label=texts.label(kind, field),
        requirement=texts.requirement(kind, field),
        required=question.required,
        hint=texts.hint(kind, field),
        model=texts.model(kind, field),
        statement=texts.statement(kind, field),
    )


def box_of(question: Question) -> str:
    """Return how the answer is given: ``line``, ``list``, ``wide``, ``long`` or ``tick``.

    A ``line`` and a ``list`` stand beside their label; a ``wide`` box has one line as well, below.
    """
    if question.kind is AnswerKind.TICK:
        return "tick"
    if question.choices:
        return "list"
    if question.long or question.maximum > _ONE_LINE:
        return _LONG
    return _WIDE if question.kind in _WORDS and question.maximum > _SHORT else BESIDE


def has_lines(question: Question) -> bool:
    """Return whether the box of a question has several lines."""
    return box_of(question) == _LONG


def _height(kind: FormKind, question: Question, language: str) -> float:
    """Return the height of a box that is as wide as the page, in points.

    It has as many lines as the longest answer needs, up to a number: there the hint says how long
    an answer may be.
    """
    if not has_lines(question):
        return _HEIGHT
    in_line = _IN_JAPANESE_LINE if language == "ja" else _IN_LINE
    lines = min(-(-question.maximum // in_line), _MOST_LINES[kind])
    return lines * _LEADING + _AROUND
