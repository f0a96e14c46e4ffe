"""Turns a laid-out PDF into a form that programs can fill: fields, appearances, identity.

The layout engine drops required and read-only flags, leaves buttons without an off state and names
the font of its boxes in every field; here each box becomes the field that its question needs.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.pdf.fonts import INPUT_FONT_NAME
from pipeline.forms.pdf.geometry import edges_of, size_of
from pipeline.forms.pdf.write.appearance import tick_drawing
from pipeline.forms.pdf.write.layout import has_lines
from pipeline.forms.pdf.write.links import finish_links
from pipeline.forms.pdf.write.tags import tidy_tags
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts, form_texts

_READ_ONLY = 1 << 0
_REQUIRED = 1 << 1
MULTILINE = 1 << 12
_COMBO = 1 << 17
_PRINT = 1 << 2
_HIDDEN = 1 << 1
_TEXT_LOOKS = b"/Helv 10 Tf 0 g"
_TICK_LOOKS = b"/ZaDb 10 Tf 0 g"
#: What a list shows when nothing is chosen: export value and word. An empty export value breaks
#: fillers that are built on MuPDF.
NOTHING = ("-", "—")


@dataclass(frozen=True, slots=True)
class _Making:
    """One form in the making."""

    pdf: Any
    stamp: Stamp
    texts: FormTexts
    helvetica: Any


def finish(content: bytes, stamp: Stamp) -> bytes:
    """Return the form made of the laid-out ``content``, without answers; same input, same bytes."""
    import pikepdf  # noqa: PLC0415 - slow to import

    with pikepdf.open(BytesIO(content)) as pdf:
        making = _begin(pdf, stamp)
        _acro_form(making, [*_fields(making), *_identity(making)])
        finish_links(pdf, stamp.kind, making.texts)
        tidy_tags(pdf)
        _enclose(pdf)
        _drop_input_font(pdf)
        pdf.Root.OpenAction = beginning(pdf)
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        target = BytesIO()
        pdf.save(
            target,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            recompress_flate=True,
        )
    return target.getvalue()


def _begin(pdf: Any, stamp: Stamp) -> _Making:
    """Gather what every field needs."""
    import pikepdf  # noqa: PLC0415 - slow to import

    helvetica = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )  # fmt: skip
    return _Making(pdf, stamp, form_texts(stamp.language), pdf.make_indirect(helvetica))


def _fields(making: _Making) -> list[Any]:
    """Turn each laid-out box into the field of its question; return the fields in their order."""
    import pikepdf  # noqa: PLC0415 - slow to import

    found = []
    for page in making.pdf.pages:
        page.obj.Tabs = pikepdf.Name.S
        if "/Annots" not in page.obj:
            continue
        # The layout engine writes links first; the Tab key of some viewers goes by this order.
        page.obj.Annots = pikepdf.Array(sorted(page.obj.Annots, key=_from_the_top))
        for widget in page.obj.Annots:
            if widget.Subtype != "/Widget":
                continue
            _make_field(making, widget, str(widget.get("/T")))
            found.append(widget)
    return found


def _from_the_top(annotation: Any) -> tuple[float, float]:
    left, _, _, top = map(float, annotation.Rect)
    return -top, left


def _make_field(making: _Making, widget: Any, name: str) -> None:
    import pikepdf  # noqa: PLC0415 - slow to import

    question = FORMS[making.stamp.kind].questions[name]
    for key in ("/Ff", "/V", "/AS", "/AP", "/MK", "/Opt", "/MaxLen", "/DV", "/Border"):
        if key in widget:
            del widget[key]
    widget.Rect = pikepdf.Array(list(edges_of(widget)))
    widget.F = _PRINT
    widget.TU = pikepdf.String(name_for_people(making.texts, making.stamp, name))
    # A condition cannot be told to a viewer: it would demand the answer always.
    widget.Ff = _REQUIRED if question.required and not question.conditional else 0
    if question.kind is AnswerKind.TICK:
        _make_tick(making, widget)
    elif question.choices:
        _make_list(making, widget, name)
    else:
        _make_text(making, widget, question)


def name_for_people(texts: FormTexts, stamp: Stamp, name: str) -> str:
    """Return what a viewer shows and a screen reader says at a field: all that is printed at it."""
    kind = stamp.kind
    parts = (
        texts.label(kind, name),
        texts.requirement(kind, name),
        texts.statement(kind, name),
        texts.hint(kind, name),
    )
    return " – ".join(part for part in parts if part)


def _make_text(making: _Making, widget: Any, question: Question) -> None:
    import pikepdf  # noqa: PLC0415 - slow to import

    widget.FT = pikepdf.Name.Tx
    widget.DA = pikepdf.String(_TEXT_LOOKS)
    if has_lines(question):
        widget.Ff = int(widget.Ff) | MULTILINE
    look = _form_xobject(making.pdf, "/Tx BMC EMC", *size_of(widget))
    widget.AP = pikepdf.Dictionary(N=look)


def _make_list(making: _Making, widget: Any, name: str) -> None:
    """Make a drop-down list in which nothing is chosen.

    It has no value: a viewer that demands the required answers takes any value for one, that of an
    option that says "nothing" too. The option is there so that a choice can be taken back.
    """
    import pikepdf  # noqa: PLC0415 - slow to import

    width, height = size_of(widget)
    widget.FT = pikepdf.Name.Ch
    widget.Ff = int(widget.Ff) | _COMBO
    widget.DA = pikepdf.String(_TEXT_LOOKS)
    widget.Opt = pikepdf.Array(
        [
            pikepdf.Array([pikepdf.String(code), pikepdf.String(word)])
            for code, word in (NOTHING, *making.texts.choices(name))
        ]
    )
    look = _form_xobject(making.pdf, "/Tx BMC EMC", width, height)
    widget.AP = pikepdf.Dictionary(N=look)


def _make_tick(making: _Making, widget: Any) -> None:
    import pikepdf  # noqa: PLC0415 - slow to import

    width, height = size_of(widget)
    widget.FT = pikepdf.Name.Btn
    widget.DA = pikepdf.String(_TICK_LOOKS)
    widget.MK = pikepdf.Dictionary(CA=b"4")
    widget.V = pikepdf.Name.Off
    widget.AS = pikepdf.Name.Off
    looks = pikepdf.Dictionary(
        Yes=_form_xobject(making.pdf, tick_drawing(width, height), width, height),
        Off=_form_xobject(making.pdf, "q Q", width, height),
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


def _form_xobject(pdf: Any, content: str, width: float, height: float) -> Any:
    """Return a new form XObject of ``width`` by ``height`` points that draws ``content``."""
    import pikepdf  # noqa: PLC0415 - slow to import

    return pdf.make_stream(
        content.encode("ascii"),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Form,
        BBox=pikepdf.Array([0, 0, round(width, 2), round(height, 2)]),
        Resources=pikepdf.Dictionary(),
    )


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


def _enclose(pdf: Any) -> None:
    """Put the content of each page between q and Q (ISO 32000-2, 8.4.2).

    The layout engine turns the page over and leaves it so: a program that draws behind it without a
    state of its own would draw in a mirror.
    """
    for page in pdf.pages:
        content = page.obj.Contents.read_bytes()
        page.obj.Contents.write(b"q\n%s\nQ" % content)


def beginning(pdf: Any) -> Any:
    """Return where a viewer opens the form: the top of the page of the first answer."""
    import pikepdf  # noqa: PLC0415 - slow to import

    page = next(page for page in pdf.pages if "/Annots" in page.obj).obj
    return pikepdf.Array([page, pikepdf.Name.XYZ, 0, page.MediaBox[3], 0])


def _drop_input_font(pdf: Any) -> None:
    """Take the font of the laid-out boxes out of the pages' resources: no field uses it now."""
    for page in pdf.pages:
        fonts = page.resources.get("/Font", {})
        for name in [key for key, font in fonts.items() if INPUT_FONT_NAME in str(font.BaseFont)]:
            del fonts[name]
