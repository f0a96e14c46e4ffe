"""Whatever people put into a PDF form beside its answers is told, with the question it is at."""

from collections.abc import Callable, Sequence
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from pipeline.model.form import FormKind
from pipeline.model.submission import LeftOver, LeftOverKind, Submission
from tests.unit.forms.pdf.additions import (
    Change,
    changed,
    drawn,
    filled,
    helvetica,
    note,
    typed,
    widget,
)

_ICON = (20.0, 20.0)


def _appearance(text: str) -> Callable[[Any], Any]:
    def make(pdf: Any) -> Any:
        return Dictionary(
            N=pdf.make_stream(
                b"BT /F1 12 Tf 4 4 Td (%s) Tj ET" % text.encode("cp1252"),
                Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 100, 20]),
                Resources=Dictionary(Font=Dictionary(F1=helvetica(pdf))),
            )
        )  # fmt: skip

    return make


def _with_appearance(subtype: str, name: str, text: str) -> Change:
    def add(pdf: Any) -> None:
        note(subtype, name)(pdf).AP = _appearance(text)(pdf)

    return add


def _with_reply(name: str, words: str, reply: str) -> Change:
    def add(pdf: Any) -> None:
        first = note("Text", name, words, size=_ICON)(pdf)
        note("Text", name, reply, size=_ICON, IRT=first, RT=Name.R)(pdf)

    return add


def _with_popup(name: str, words: str) -> Change:
    def add(pdf: Any) -> None:
        first = note("Text", name, words, size=_ICON)(pdf)
        first.Popup = note("Popup", name, words, right=120, Parent=first)(pdf)

    return add


def _with_file(name: str) -> Change:
    def add(pdf: Any) -> None:
        held = pdf.make_stream(b"Just a file", Type=Name.EmbeddedFile)
        pin = note("FileAttachment", name, "see the file", size=_ICON)(pdf)
        pin.FS = Dictionary(Type=Name.Filespec, F=String("price list.txt"), EF=Dictionary(F=held))

    return add


def _with_field(value: str) -> Change:
    def add(pdf: Any) -> None:
        page, box = widget(pdf, "country")
        left, bottom, right, top = (float(edge) for edge in box.Rect)
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=String("Textfield 1"),
                F=4,
                V=String(value),
                P=page.obj,
                Rect=Array([left - 200, bottom, right - 270, top]),
            )  # fmt: skip
        )
        page.obj.Annots.append(field)
        pdf.Root.AcroForm.Fields.append(field)

    return add


def _signed(pdf: Any) -> None:
    page, _ = widget(pdf, "contact_name")
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String("Signature1"),
            F=132,
            Rect=Array([300, 20, 420, 50]),
            P=page.obj,
            V=Dictionary(Type=Name.Sig, Name=String("Siobhan"), Reason=String("I agree")),
        )  # fmt: skip
    )
    field.AP = _appearance("Digitally signed by Siobhan")(pdf)
    page.obj.Annots.append(field)
    pdf.Root.AcroForm.Fields.append(field)
    pdf.Root.AcroForm.SigFlags = 3


def _in_a_form(name: str, words: str) -> Change:
    def xobject(pdf: Any) -> Any:
        return pdf.make_stream(
            b"BT /F1 11 Tf 0 0 Td (%s) Tj ET" % words.encode("cp1252"),
            Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 300, 20]),
            Resources=Dictionary(Font=Dictionary(F1=helvetica(pdf))),
        )  # fmt: skip

    return drawn(
        name,
        lambda box: b"1 0 0 1 %.1f %.1f cm /Fm9 Do" % (box[0] + 3, box[1] + 4),
        {"/XObject": {"/Fm9": xobject}},
    )


def _stroke(name: str) -> Change:
    return drawn(
        name,
        lambda box: (
            b"0 0 0.8 RG 1.5 w %.1f %.1f m %.1f %.1f l %.1f %.1f l S"
            % (box[0] + 10, box[1] + 3, box[0] + 60, box[3] - 3, box[0] + 120, box[1] + 4)
        ),
        {},
    )


def _picture(name: str) -> Change:
    def image(pdf: Any) -> Any:
        return pdf.make_stream(
            bytes([30, 60, 90]) * 256, Type=Name.XObject, Subtype=Name.Image, Width=16, Height=16,
            ColorSpace=Name.DeviceRGB, BitsPerComponent=8,
        )  # fmt: skip

    return drawn(
        name,
        lambda box: b"60 0 0 16 %.1f %.1f cm /Im9 Do" % (box[0] + 4, box[1] + 2),
        {"/XObject": {"/Im9": image}},
    )


def _extra_page(words: str) -> Change:
    def add(pdf: Any) -> None:
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.Resources = Dictionary(Font=Dictionary(F1=helvetica(pdf)))
        text = b"BT /F1 11 Tf 60 700 Td (%s) Tj ET" % words.encode("cp1252")
        page.contents_add(pikepdf.Stream(pdf, text))

    return add


_KINDS = LeftOverKind
_CASES: Sequence[tuple[str, Change, LeftOverKind, str, str]] = (
    ("note at a label", note("Text", "website", "Changes in May", right=-220, size=_ICON),
     _KINDS.ANNOTATION, "Changes in May", "website"),
    ("reply to a note", _with_reply("website", "Is this right?", "No, use .org"),
     _KINDS.ANNOTATION, "No, use .org", "website"),
    ("note with a popup", _with_popup("country", "Moved to Ireland"),
     _KINDS.ANNOTATION, "Moved to Ireland", "country"),
    ("rich text only", note("FreeText", "display_name", RC=String(
        '<?xml version="1.0"?><body xmlns="http://www.w3.org/1999/xhtml"><p>New '
        "<b>name &amp; logo</b></p></body>")),
     _KINDS.ANNOTATION, "New name & logo", "display_name"),
    ("text in the margin", note("FreeText", "company_trading_name", "URGENT", up=-75),
     _KINDS.ANNOTATION, "URGENT", ""),
    ("underline with words", note("Underline", "country", "or Ireland?"),
     _KINDS.ANNOTATION, "or Ireland?", "country"),
    ("squiggly line", note("Squiggly", "contact_email"), _KINDS.ANNOTATION, "", "contact_email"),
    ("highlighted label", note("Highlight", "time_zone", "which one?", right=-240),
     _KINDS.ANNOTATION, "which one?", "time_zone"),
    ("inserted words", note("Caret", "company_legal_name", "(in liquidation)", size=(8, 8)),
     _KINDS.ANNOTATION, "(in liquidation)", "company_legal_name"),
    ("stamp by its name", note("Stamp", "use_case", Name=Name.NotApproved),
     _KINDS.STAMP, "Not Approved", "use_case"),
    ("stamp by its look", _with_appearance("Stamp", "use_case", "RECEIVED 3 MAY"),
     _KINDS.STAMP, "RECEIVED 3 MAY", "use_case"),
    ("struck out", note("StrikeOut", "contact_phone"),
     _KINDS.STRUCK, "+44 7400 123456", "contact_phone"),
    ("struck out and replaced", note("StrikeOut", "contact_phone", "+44 7400 999999"),
     _KINDS.STRUCK, "+44 7400 999999", "contact_phone"),
    ("struck tick", note("StrikeOut", "ack_charges"), _KINDS.STRUCK, "", "ack_charges"),
    ("pinned file", _with_file("notes"), _KINDS.ANNOTATION, "price list.txt", "notes"),
    ("arrow with words", note("Line", "phone_number", "swap these", L=Array([320, 770, 400, 700])),
     _KINDS.ANNOTATION, "swap these", "phone_number"),
    ("circle around an answer", note("Circle", "phone_number"),
     _KINDS.ANNOTATION, "", "phone_number"),
    ("pen", note("Ink", "is_m2m"), _KINDS.INK, "", "is_m2m"),
    ("pen in the margin", note("Ink", "company_trading_name", up=-75), _KINDS.INK, "", ""),
    ("hidden note", note("FreeText", "country", "do not tell", F=2),
     _KINDS.ANNOTATION, "do not tell", "country"),
    ("watermark", _with_appearance("Watermark", "country", "DRAFT ONLY"),
     _KINDS.ANNOTATION, "DRAFT ONLY", "country"),
    ("field of a program", _with_field("c/o Mr Byrne"), _KINDS.FIELD, "c/o Mr Byrne", "country"),
    ("form within the page", _in_a_form("phone_number", "call first"),
     _KINDS.PAGE, "call first", "phone_number"),
    ("typed over a label", typed("phone_number", "ask Tom", right=-230),
     _KINDS.PAGE, "ask Tom", "phone_number"),
    ("typed in the margin", typed("company_trading_name", "see our letter", up=-70),
     _KINDS.PAGE, "see our letter", ""),
    ("line drawn through", _stroke("contact_email"), _KINDS.INK, "", "contact_email"),
    ("picture over an answer", _picture("contact_email"), _KINDS.PICTURE, "", "contact_email"),
    ("page added", _extra_page("Second number: +44 20 7946 0018"),
     _KINDS.PAGE, "Second number: +44 20 7946 0018", ""),
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "kind", "words", "field"),
    [case[1:] for case in _CASES],
    ids=[case[0] for case in _CASES],
)
def test_what_was_added_is_told_with_its_question(
    read: Any, change: Change, kind: LeftOverKind, words: str, field: str
) -> None:
    found = read(changed(filled(FormKind.ONBOARDING), change))
    assert isinstance(found, Submission), found
    assert found.left_over != ()
    fitting = [item for item in found.left_over if _fits(item, kind, words, field)]
    assert len(fitting) == 1, found.left_over
    assert {item.field for item in found.left_over} == {field}


def _fits(item: LeftOver, kind: LeftOverKind, words: str, field: str) -> bool:
    return item.kind is kind and item.field == field and (words in item.words if words else True)
