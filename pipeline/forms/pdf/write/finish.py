"""Turns a laid-out PDF into a form that programs can fill: fields, appearances, identity.

The layout engine drops required and read-only flags, leaves buttons without an off state and names
the font of its boxes in every field; here each box becomes the field that its question needs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.pdf.fonts import INPUT_FONT_NAME
from pipeline.forms.pdf.geometry import edges_of, size_of
from pipeline.forms.pdf.values import encode_string, without_surrogates
from pipeline.forms.pdf.write.appearance import (
    Painter,
    dash_drawing,
    form_xobject,
    tick_drawing,
)
from pipeline.forms.pdf.write.marks import add_marks
from pipeline.forms.pdf.write.tags import tidy_tags
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts, choice_vocabulary, fold_word, form_texts
from pipeline.model.form import Filling

_READ_ONLY = 1 << 0
_REQUIRED = 1 << 1
_MULTILINE = 1 << 12
_COMBO = 1 << 17
_PRINT = 1 << 2
_HIDDEN = 1 << 1
_TEXT_LOOKS = b"/Helv 10 Tf 0 g"
_TICK_LOOKS = b"/ZaDb 0 Tf 0 g"
#: What a list shows when nothing is chosen: export value and word. An empty export value breaks
#: fillers that are built on MuPDF.
NOTHING = ("-", "—")


@dataclass(frozen=True, slots=True)
class _Making:
    """One form in the making; ``painter`` is None when there are no answers to draw."""

    pdf: Any
    stamp: Stamp
    texts: FormTexts
    helvetica: Any
    answers: dict[str, str]
    marked: frozenset[str]
    painter: Painter | None


def finish(content: bytes, stamp: Stamp, filling: Filling) -> bytes:
    """Return the finished form made of the laid-out ``content``; same input, same bytes."""
    import pikepdf  # noqa: PLC0415 - slow to import

    with pikepdf.open(BytesIO(content)) as pdf:
        making = _begin(pdf, stamp, filling)
        _acro_form(making, [*_fields(making), *_identity(making)])
        add_marks(pdf, _labelled(making, filling), making.texts.words("check_mark"))
        tidy_tags(pdf)
        _drop_input_font(pdf)
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        target = BytesIO()
        pdf.save(
            target,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            recompress_flate=True,
        )
    return target.getvalue()


def _begin(pdf: Any, stamp: Stamp, filling: Filling) -> _Making:
    """Gather what every field needs; answers to questions of other forms are left out."""
    import pikepdf  # noqa: PLC0415 - slow to import

    texts = form_texts(stamp.language)
    questions = FORMS[stamp.kind].questions
    vocabulary = choice_vocabulary(stamp.kind)
    answers = {
        name: _code(vocabulary.get(name), without_surrogates(text).replace("\r\n", "\n"))
        for name, text in filling.answers
        if text and name in questions
    }
    drawn = [_word(texts, name, questions[name], text) for name, text in answers.items()]
    helvetica = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )  # fmt: skip
    painter = Painter(pdf, [*drawn, NOTHING[1]]) if answers else None
    marked = frozenset(name for name, _ in filling.marks)
    return _Making(pdf, stamp, texts, pdf.make_indirect(helvetica), answers, marked, painter)


def _labelled(making: _Making, filling: Filling) -> dict[str, tuple[str, str]]:
    """Return label and sentences of each marked answer."""
    return {
        name: (making.texts.label(making.stamp.kind, name), "\n".join(sentences))
        for name, sentences in filling.marks
        if name in FORMS[making.stamp.kind].questions
    }


def _fields(making: _Making) -> list[Any]:
    """Turn each laid-out box into the field of its question; return the fields in their order."""
    import pikepdf  # noqa: PLC0415 - slow to import

    found = []
    for page in making.pdf.pages:
        page.obj.Tabs = pikepdf.Name.S
        for widget in page.obj.get("/Annots", []):
            _make_field(making, widget, str(widget.get("/T")))
            found.append(widget)
    return found


def _make_field(making: _Making, widget: Any, name: str) -> None:
    import pikepdf  # noqa: PLC0415 - slow to import

    question = FORMS[making.stamp.kind].questions[name]
    for key in ("/Ff", "/V", "/AS", "/AP", "/MK", "/Opt", "/MaxLen", "/DV", "/Border"):
        if key in widget:
            del widget[key]
    label = making.texts.label(making.stamp.kind, name)
    widget.Rect = pikepdf.Array(list(edges_of(widget)))
    widget.F = _PRINT
    parts = [label, making.texts.requirement(making.stamp.kind, name)]
    if name in making.marked:
        parts.append(making.texts.words("check_mark"))
    widget.TU = pikepdf.String(" – ".join(parts))
    # A condition cannot be told to a viewer: it would demand the answer always.
    widget.Ff = _REQUIRED if question.required and not question.conditional else 0
    if question.kind is AnswerKind.TICK:
        _make_tick(making, widget, making.answers.get(name, ""))
    elif question.choices:
        _make_list(making, widget, name)
    else:
        _make_text(making, widget, name, question)


def _make_text(making: _Making, widget: Any, name: str, question: Question) -> None:
    import pikepdf  # noqa: PLC0415 - slow to import

    width, height = size_of(widget)
    answer = making.answers.get(name, "")
    widget.FT = pikepdf.Name.Tx
    widget.DA = pikepdf.String(_TEXT_LOOKS)
    if question.long:
        widget.Ff = int(widget.Ff) | _MULTILINE
    if answer and making.painter:
        widget.V = pikepdf.String(encode_string(answer))
        look = making.painter.text(answer, width, height, lines=question.long)
    else:
        look = form_xobject(making.pdf, "/Tx BMC EMC", width, height)
    widget.AP = pikepdf.Dictionary(N=look)


def _make_list(making: _Making, widget: Any, name: str) -> None:
    """Make a drop-down list; an answer that is none of its codes leaves it at "nothing chosen"."""
    import pikepdf  # noqa: PLC0415 - slow to import

    width, height = size_of(widget)
    options = dict((NOTHING, *making.texts.choices(name)))
    answer = making.answers.get(name, "")
    value = answer if answer in options else NOTHING[0]
    widget.FT = pikepdf.Name.Ch
    widget.Ff = int(widget.Ff) | _COMBO
    widget.DA = pikepdf.String(_TEXT_LOOKS)
    widget.Opt = pikepdf.Array(
        [
            pikepdf.Array([pikepdf.String(code), pikepdf.String(word)])
            for code, word in options.items()
        ]
    )
    widget.V = pikepdf.String(value)
    if making.painter:
        look = making.painter.text(options[value], width, height, lines=False)
    else:
        look = form_xobject(making.pdf, dash_drawing(height), width, height)
    widget.AP = pikepdf.Dictionary(N=look)


def _make_tick(making: _Making, widget: Any, answer: str) -> None:
    import pikepdf  # noqa: PLC0415 - slow to import

    width, height = size_of(widget)
    state = pikepdf.Name.Yes if answer == "yes" else pikepdf.Name.Off
    widget.FT = pikepdf.Name.Btn
    widget.DA = pikepdf.String(_TICK_LOOKS)
    widget.MK = pikepdf.Dictionary(CA=b"4")
    widget.V = state
    widget.AS = state
    looks = pikepdf.Dictionary(
        Yes=form_xobject(making.pdf, tick_drawing(width, height), width, height),
        Off=form_xobject(making.pdf, "q Q", width, height),
    )
    widget.AP = pikepdf.Dictionary(N=looks)


def _identity(making: _Making) -> list[Any]:
    """Add the hidden, read-only fields that say what the form is; return them.

    At the end of the last page: the Tab key of some viewers stops at hidden fields as well.
    """
    import pikepdf  # noqa: PLC0415 - slow to import

    page = making.pdf.pages[-1].obj
    if "/Annots" not in page:
        page.Annots = pikepdf.Array()
    found = []
    for name, value in making.stamp.entries:
        widget = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, P=page,
            Rect=pikepdf.Array([0, 0, 0, 0]), F=_HIDDEN, Ff=_READ_ONLY, DA=_TEXT_LOOKS,
            T=pikepdf.String(name), TU=pikepdf.String(name), V=pikepdf.String(value),
        )  # fmt: skip
        found.append(making.pdf.make_indirect(widget))
        page.Annots.append(found[-1])
    return found


def _acro_form(making: _Making, fields: list[Any]) -> None:
    """Describe the form; NeedAppearances stays out, for some viewers then print blanks."""
    import pikepdf  # noqa: PLC0415 - slow to import

    dingbats = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.ZapfDingbats
    )
    fonts = pikepdf.Dictionary(Helv=making.helvetica, ZaDb=making.pdf.make_indirect(dingbats))
    making.pdf.Root.AcroForm = pikepdf.Dictionary(
        Fields=pikepdf.Array(fields),
        DR=pikepdf.Dictionary(Font=fonts),
        DA=pikepdf.String(_TEXT_LOOKS),
    )


def _drop_input_font(pdf: Any) -> None:
    """Take the font of the laid-out boxes out of the pages' resources: no field uses it now."""
    for page in pdf.pages:
        fonts = page.resources.get("/Font", {})
        for name in [key for key, font in fonts.items() if INPUT_FONT_NAME in str(font.BaseFont)]:
            del fonts[name]


def _code(words: Mapping[str, str] | None, answer: str) -> str:
    """Return the code that ``answer`` means when it is the word of a choice, else ``answer``."""
    return answer if words is None else words.get(fold_word(answer), answer)


def _word(texts: FormTexts, name: str, question: Question, answer: str) -> str:
    """Return what is drawn for ``answer``: of a choice, the word of its code."""
    if question.choices or question.kind is AnswerKind.TICK:
        return dict(texts.choices(name)).get(answer, "")
    return answer
