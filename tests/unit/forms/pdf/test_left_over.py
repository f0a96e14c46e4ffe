"""Whatever people put into a PDF form beside its answers is told, with the question it is at."""

import ctypes
import shutil
import subprocess
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from pikepdf import Array, Dictionary, Name, String

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.model.form import Filling, FormKind
from pipeline.model.submission import CellType, LeftOver, LeftOverKind, Submission
from pipeline.resources import languages
from tests.unit.forms.pdf.additions import (
    Change,
    changed,
    drawn,
    edges,
    filled,
    helvetica,
    note,
    typed,
    widget,
)

_ICON = (20.0, 20.0)
#: From the box of the first question up to the margin of its page, and where that box is.
_TO_THE_TOP, _FIRST_BOX = 500, 319


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
            )
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
            V=Dictionary(Type=Name.Sig, Name=String("Siobhan")),
        )
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
    ("text in the margin", note("FreeText", "phone_number", "URGENT", up=_TO_THE_TOP),
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
    ("pen in the margin", note("Ink", "phone_number", up=_TO_THE_TOP), _KINDS.INK, "", ""),
    ("hidden note", note("FreeText", "country", "do not tell", F=2),
     _KINDS.ANNOTATION, "do not tell", "country"),
    ("watermark", _with_appearance("Watermark", "country", "DRAFT ONLY"),
     _KINDS.ANNOTATION, "DRAFT ONLY", "country"),
    ("field of a program", _with_field("c/o Mr Byrne"), _KINDS.FIELD, "c/o Mr Byrne", "country"),
    ("form within the page", _in_a_form("phone_number", "call first"),
     _KINDS.PAGE, "call first", "phone_number"),
    ("typed over a label", typed("phone_number", "ask Tom", right=-230),
     _KINDS.PAGE, "ask Tom", "phone_number"),
    ("typed in the margin", typed("phone_number", "see our letter", up=_TO_THE_TOP),
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


def _put_first(pdf: Any) -> None:
    _extra_page("Dear team, this is urgent")(pdf)
    pdf.pages.insert(0, pdf.pages[-1])
    del pdf.pages[-1]


def _homeless(pdf: Any) -> None:
    page, _ = widget(pdf, "country")
    item = Dictionary(Type=Name.Annot, Subtype=Name.Text, Contents=String("no place"))
    page.obj.Annots.append(pdf.make_indirect(item))


def _two_lines(pdf: Any) -> None:
    lines = [edges(pdf, name) for name in ("contact_email", "contact_phone")]
    points = [
        x for left, low, right, top in lines for x in (left, top, right, top, left, low, right, low)
    ]
    note("StrikeOut", "contact_email")(pdf).QuadPoints = Array(points)


def _over_the_page(subtype: str, words: str | None) -> Change:
    def add(pdf: Any) -> None:
        note(subtype, "contact_email", words)(pdf).Rect = Array([40, 40, 560, 800])

    return add


def _without_own_state(page_of: str, content: bytes) -> Change:
    """Draw behind our content, in the state in which it leaves the page."""

    def add(pdf: Any) -> None:
        widget(pdf, page_of)[0].contents_add(pikepdf.Stream(pdf, content))

    return add


def _pages_change(key: str, value: Any) -> Change:
    def turn(pdf: Any) -> None:
        for page in pdf.pages:
            page.obj[key] = value

    return turn


def _by_pdfium(content: bytes) -> bytes:
    """Type words onto a page as programs built on PDFium do, which write its content anew."""
    target = BytesIO()
    with pypdfium2.PdfDocument(content) as document:
        page = document[0]
        text = pdfium.FPDFPageObj_NewTextObj(document, b"Helvetica", 12.0)
        words = "+44 7400 777777\0".encode("utf-16-le")
        pdfium.FPDFText_SetText(text, (ctypes.c_ushort * (len(words) // 2)).from_buffer_copy(words))
        pdfium.FPDFPageObj_Transform(text, 1, 0, 0, 1, 320, _FIRST_BOX)
        pdfium.FPDFPage_InsertObject(page, text)
        page.gen_content()
        document.save(target)
    return target.getvalue()


def _told(found: Any) -> list[tuple[str, str, str]]:
    assert isinstance(found, Submission), found
    return [(item.kind.value, item.words, item.field) for item in found.left_over]


_FURTHER: dict[str, tuple[Sequence[Change], list[tuple[str, str, str]]]] = {
    "page before all": ([_put_first], [("page", "Dear team, this is urgent", "")]),
    "note without a place": ([_homeless], [("annotation", "no place", "")]),
    "two answers struck at once": (
        [_two_lines],
        [
            ("struck", "+44 7400 123456", "contact_phone"),
            ("struck", "siobhan.oneill@oneills-bookshop.example", "contact_email"),
        ],
    ),
    "word across the page": ([_over_the_page("FreeText", "DRAFT")], [("annotation", "DRAFT", "")]),
    "text that hides others": (
        [note("Redact", "contact_name", OverlayText=String("REMOVED"))],
        [("annotation", "REMOVED", "contact_name")],
    ),
    "text with an arrow": (
        [note("FreeText", "website", "now .org", right=-200, IT=Name.FreeTextCallout)],
        [("annotation", "now .org", "website")],
    ),
    "turned page": (
        [_pages_change("/Rotate", 90), note("FreeText", "website", "turned")],
        [("annotation", "turned", "website")],
    ),
    "cut page": (
        [_pages_change("/CropBox", Array([20, 20, 575, 820])), typed("phone_number", "cut")],
        [("page", "cut", "phone_number")],
    ),
    "line drawn without a state of its own": (
        [_without_own_state("website", b"0 0 1 RG 2 w 320 402 m 500 412 l S")],
        [("ink", "", "website")],
    ),
    "two things at one answer": (
        [note("StrikeOut", "country"), typed("country", "Ireland", right=120)],
        [("page", "Ireland", "country"), ("struck", "United Kingdom", "country")],
    ),
}


@pytest.mark.parametrize("name", _FURTHER)
def test_further_habits_are_told(read: Any, name: str) -> None:
    changes, wanted = _FURTHER[name]
    found = read(changed(filled(FormKind.ONBOARDING, country="United Kingdom"), *changes))
    assert sorted(_told(found)) == wanted


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("given", ["oneill.example", ""])
def test_words_without_a_state_of_their_own_are_read_where_they_were_meant(
    read: Any, version: str, given: str
) -> None:
    content = published(FormKind.ONBOARDING, "en", version=version)
    assert content is not None

    def write(pdf: Any) -> None:
        widget(pdf, "contact_name")[1].V = String("Ann")
        page, box = widget(pdf, "website")
        box.V = String(given)
        left, bottom, _, _ = edges(pdf, "website")
        page.obj.Resources.Font.AddF = helvetica(pdf)
        text = b"BT /AddF 10 Tf %.1f %.1f Td (see annlee.example) Tj ET" % (left + 3, bottom + 5)
        page.contents_add(pikepdf.Stream(pdf, text))

    found = read(changed(content, write))
    if given:
        assert _told(found) == [("page", "see annlee.example", "website")]
    else:
        assert _told(found) == []
        answers = {item.field: item.raw for item in found.answers}
        assert answers["website"] == "see annlee.example"


def test_pen_across_the_page_is_at_all_its_questions(read: Any) -> None:
    found = read(changed(filled(FormKind.QR), _over_the_page("Ink", None)))
    assert {(kind, words) for kind, words, _ in _told(found)} == {("ink", "")}
    assert len(_told(found)) > 3


def test_content_that_a_program_wrote_anew_is_compared_by_what_it_shows(read: Any) -> None:
    found = read(_by_pdfium(filled(FormKind.ONBOARDING)))
    assert _told(found) == [("page", "+44 7400 777777", "phone_number")]


@pytest.mark.parametrize("command", ["stamp", "background"])
def test_page_that_pdftk_puts_over_or_under_all_others(
    read: Any, tmp_path: Path, command: str
) -> None:
    if shutil.which("pdftk") is None:
        pytest.skip("pdftk is not installed")
    over = pikepdf.new()
    page = over.add_blank_page(page_size=(595.28, 841.89))
    page.obj.Resources = Dictionary(Font=Dictionary(F1=helvetica(over)))
    page.contents_add(pikepdf.Stream(over, b"BT /F1 11 Tf 60 25 Td (Copy 2) Tj ET"))
    over.save(tmp_path / "over")
    (tmp_path / "form").write_bytes(filled(FormKind.QR))
    run = ["pdftk", "form", command, "over", "output", "stamped"]
    subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
    found = read((tmp_path / "stamped").read_bytes())
    assert [words for _, words, _ in _told(found)] == ["Copy 2"]


def _in_state(pdf: Any) -> None:
    for page in pdf.pages:
        page.contents_add(pikepdf.Stream(pdf, b"q"), prepend=True)
        page.contents_add(pikepdf.Stream(pdf, b"Q\n"))


_NOTHING: dict[str, Callable[[bytes], bytes]] = {
    "as it was filled in": bytes,
    "content in a state of its own": lambda content: changed(content, _in_state),
    "signature": lambda content: changed(content, _signed),
    "field without words": lambda content: changed(content, _with_field(" ")),
    "link within the file": lambda content: changed(
        content,
        note("Link", "contact_email", A=Dictionary(S=Name.GoTo, D=Array([0, Name.Fit]))),
    ),
    "window without a note": lambda content: changed(content, note("Popup", "contact_email")),
    "unpacked": lambda content: changed(content, qdf=True),
    "packed anew": lambda content: changed(content, recompress_flate=True),
    "locked by its owner": lambda content: changed(
        content, encryption=pikepdf.Encryption(owner="owner", user="")
    ),
    "for the web": lambda content: changed(content, linearize=True),
}


@pytest.mark.parametrize("name", _NOTHING)
@pytest.mark.parametrize(("kind", "language"), [(FormKind.ONBOARDING, "ja"), (FormKind.QR, "de")])
def test_file_to_which_nothing_was_added_has_nothing_left_over(
    read: Any, name: str, kind: FormKind, language: str
) -> None:
    assert _told(read(_NOTHING[name](filled(kind, language)))) == []


def test_content_that_mupdf_wrote_anew_has_nothing_left_over(read: Any, tmp_path: Path) -> None:
    if shutil.which("mutool") is None:
        pytest.skip("mutool is not installed")
    for language in ("en", "ja"):
        (tmp_path / "form.pdf").write_bytes(filled(FormKind.QR, language))
        run = ["mutool", "clean", "-s", "-z", "form.pdf", "clean.pdf"]
        subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
        assert _told(read((tmp_path / "clean.pdf").read_bytes())) == []


def test_form_with_other_addresses_has_nothing_left_over(read: Any, build: Any) -> None:
    for language in ("de", "ja"):
        content = build(FormKind.QR, language, Filling((("contact_name", "Ann"),)))
        assert _told(read(content)) == [], language


_MARKS = (
    ("contact_name", ("Look at this answer again, “O'Neill” at great length. " * 3, "And this.")),
    ("phone_number", ("電話番号をご確認ください <+44>",)),
    ("notes", ("Kürzen Sie die Bemerkungen. 𓀀",)),
)


def _marked(build: Any, language: str = "en") -> bytes:
    content: bytes = build(
        FormKind.QR, language, Filling((("contact_name", "Ann 😀"), ("notes", "x")), _MARKS)
    )
    return content


@pytest.mark.parametrize("language", languages())
def test_our_marked_copy_has_nothing_left_over(read: Any, build: Any, language: str) -> None:
    content = _marked(build, language)
    assert _told(read(content)) == []
    assert _told(read(changed(content))) == []  # its streams packed
    assert _told(read(changed(content, qdf=True, normalize_content=True))) == []


def test_marked_copy_that_a_program_wrote_anew_is_known_by_its_words(
    read: Any, build: Any, tmp_path: Path
) -> None:
    if shutil.which("mutool") is None:
        pytest.skip("mutool is not installed")
    for language in languages():
        (tmp_path / "form.pdf").write_bytes(_marked(build, language))
        run = ["mutool", "clean", "-s", "-z", "form.pdf", "clean.pdf"]
        subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
        assert _told(read((tmp_path / "clean.pdf").read_bytes())) == [], language


def _own_note(pdf: Any) -> Any:
    page, _ = widget(pdf, "contact_name")
    return next(item for item in page.obj.Annots if item.Subtype == "/Text")


def _edited(pdf: Any) -> None:
    own = _own_note(pdf)
    own.Contents, own.M = String("No: it is right as it is"), String("D:20261129")


def _replied_in_it(pdf: Any) -> None:
    own = _own_note(pdf)
    own.Contents = String(f"{own.Contents} – No")  # words of ours stand before a dash, too


def _replied_and_dated(pdf: Any) -> None:
    _replied_in_it(pdf)
    _own_note(pdf).M = String("D:20261129")


def _touched(pdf: Any) -> None:
    for page in pdf.pages:
        for item in page.obj.Annots:
            item.M = String("D:20261129")


def _answered(pdf: Any) -> None:
    note("Text", "contact_name", "done", size=_ICON, IRT=_own_note(pdf))(pdf)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (_edited, [("annotation", "No: it is right as it is", "phone_number")]),
        (_touched, []),
        (_replied_in_it, [("annotation", f"{_MARKS[1][1][0]} – No", "phone_number")]),
        (_replied_and_dated, [("annotation", f"{_MARKS[1][1][0]} – No", "phone_number")]),
        (_answered, [("annotation", "done", "contact_name")]),
        (
            typed("contact_email", "or a@b.example", right=20),
            [("page", "or a@b.example", "contact_email")],
        ),
    ],
)
def test_what_is_added_to_a_marked_copy_is_told(
    read: Any, build: Any, change: Change, wanted: list[tuple[str, str, str]]
) -> None:
    def answer(pdf: Any) -> None:
        widget(pdf, "contact_email")[1].V = String("ann@b.example")

    assert _told(read(changed(_marked(build), answer, change))) == wanted


def test_words_at_a_box_without_an_answer_are_its_answer(read: Any) -> None:
    empty = filled(
        FormKind.ONBOARDING, contact_phone=None, contact_department=None, ack_charges=None
    )
    tick = drawn(
        "ack_charges",
        lambda box: (
            b"1.5 w %.1f %.1f m %.1f %.1f l %.1f %.1f l S"
            % (box[0] + 1, box[1] + 6, box[0] + 5, box[1] + 2, box[0] + 11, box[3] - 1)
        ),
        {},
    )
    typing = typed("contact_phone", "+44 7400 123457")
    over = note("FreeText", "contact_department", "Night shift")
    found = read(changed(empty, tick, typing, over))
    assert _told(found) == []
    wanted = {
        "contact_phone": "+44 7400 123457",
        "contact_department": "Night shift",
        "ack_charges": "yes",
    }
    for name, text in wanted.items():
        answer = found.answer(name)
        assert (answer.raw, answer.cell_type) == (text, CellType.PRINT)


def test_fields_that_were_flattened_are_read_from_the_page(read: Any) -> None:
    content = filled(FormKind.ONBOARDING)
    names = ("contact_name", "display_name", "website")

    def flatten(pdf: Any) -> None:
        for name in names:
            page, box = widget(pdf, name)
            typed(name, str(box.V).replace("’", "'"))(pdf)
            kept = [item for item in page.obj.Annots if item.objgen != box.objgen]
            page.obj.Annots = Array(kept)
            listed = [item for item in pdf.Root.AcroForm.Fields if item.objgen != box.objgen]
            pdf.Root.AcroForm.Fields = Array(listed)

    found, whole = read(changed(content, flatten)), read(content)
    assert _told(found) == []
    assert [(one.field, one.raw) for one in found.answers] == [
        (one.field, one.raw) for one in whole.answers
    ]
    assert {one.field for one in found.answers if one.cell_type is CellType.PRINT} == set(names)


@pytest.mark.parametrize(("value", "state"), [("Yes", "Off"), ("Off", "Yes"), ("On", "On")])
def test_tick_that_is_drawn_otherwise_than_it_says_is_doubtful(
    read: Any, value: str, state: str
) -> None:
    def contradict(pdf: Any) -> None:
        box = widget(pdf, "ack_charges")[1]
        box.V, box.AS = Name(f"/{value}"), Name(f"/{state}")

    answer = read(changed(filled(FormKind.ONBOARDING), contradict)).answer("ack_charges")
    assert answer.raw
    assert answer.disagrees is not None


def test_only_words_without_an_answer_are_a_form(read: Any) -> None:
    blank = filled(FormKind.QR, **dict.fromkeys(FORMS[FormKind.QR].questions))
    assert read(blank).problem.code == "file_empty"
    found = read(changed(blank, note("Text", "notes", "please call me", size=_ICON, right=-40)))
    assert _told(found) == [("annotation", "please call me", "notes")]
    assert read(changed(blank, note("Ink", "notes"))).problem.code == "file_handwritten"
    assert read(changed(blank, _stroke("contact_email"))).problem.code == "file_handwritten"


def _loop(pdf: Any) -> None:
    one, other = note("Text", "website", "one")(pdf), note("Text", "website", "other")(pdf)
    one.IRT, other.IRT = other, one
    del one["/Rect"], other["/Rect"]


def _many(pdf: Any) -> None:
    for number in range(5_100):
        note("Text", "website", f"note {number}")(pdf)


def _long(pdf: Any) -> None:
    note("Text", "website", "x" * 500_000)(pdf)


def _ink_without_end(pdf: Any) -> None:
    note("Ink", "website")(pdf).InkList = Array([Array([number % 500 for number in range(90_000)])])


def _look_within_itself(pdf: Any) -> None:
    stamp = note("Stamp", "website")(pdf)
    stamp.AP = _appearance("x")(pdf)
    stamp.AP.N.Resources.XObject = Dictionary(Fm=stamp.AP.N)
    stamp.AP.N.write(b"/Fm Do BT /F1 1 Tf (deep) Tj ET")


@pytest.mark.parametrize("change", [_loop, _many, _long, _ink_without_end, _look_within_itself])
def test_annotations_without_end_are_told_within_limits(read: Any, change: Change) -> None:
    told = _told(read(changed(filled(FormKind.ONBOARDING), change)))
    assert 1 <= len(told) <= 201
    assert max(len(words) for _, words, _ in told) <= 2_001
