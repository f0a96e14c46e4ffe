"""What viewers and editors put into a PDF: their annotations and objects, written by pikepdf."""

import io
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from pipeline.model.form import FormKind
from tests.odd_files.case import Outcome
from tests.odd_files.making import Writer
from tests.odd_files.pictures import picture_of
from tests.unit.forms.pdf.additions import (
    Change,
    changed,
    drawn,
    edges,
    helvetica,
    joined,
    note,
    typed,
    widget,
    without_pages,
)
from tests.world.customers import form

PAGES = Writer("pikepdf", "pdf")
_QR = FormKind.QR
_MOVE = FormKind.MIGRATION
_ICON = (20.0, 20.0)


def _by(*changes: Change, **saving: Any) -> Any:
    return lambda content: changed(content, *changes, **saving)


# comments of all kinds (ISO 32000-2, table 171)

for _subtype, _program in (
    ("Text", "Acrobat: sticky note"),
    ("FreeText", "Preview, Xodo: text"),
    ("Line", "Foxit: line with words"),
    ("Square", "PDF-XChange: rectangle"),
    ("Circle", "PDF-XChange: ellipse"),
    ("Polygon", "Acrobat: polygon"),
    ("PolyLine", "Acrobat: connected lines"),
    ("Highlight", "Edge: highlight with comment"),
    ("Underline", "Okular: underline"),
    ("Squiggly", "Okular: squiggle"),
    ("StrikeOut", "Foxit: replace text"),
    ("Caret", "Acrobat: insert text"),
    ("Stamp", "Acrobat: dynamic stamp"),
    ("Ink", "iPad: Apple Pencil, with words"),
    ("Redact", "Acrobat Pro: marked for redaction"),
    ("Watermark", "print shop: watermark"),
    ("Projection", "CAD viewer: projection"),
    ("Sound", "Acrobat: recorded comment"),
    ("Movie", "Acrobat: film"),
    ("Screen", "Acrobat: rich media"),
    ("3D", "CAD viewer: model"),
    ("RichMedia", "Acrobat: rich media"),
    ("Link", "Acrobat: link with words"),
):
    PAGES.asked(
        f"annotation {_subtype}",
        _program,
        _by(note(_subtype, "display_name", f"Harbour {_subtype} & Co")),
        "display_name",
        words=f"Harbour {_subtype} & Co",
    )

PAGES.asked(
    "ink without words",
    "signed with a finger",
    _by(note("Ink", "contact_name")),
    "contact_name",
    marked=True,
    language="de",
)
PAGES.asked(
    "line through an answer",
    "Foxit: strikeout",
    _by(note("StrikeOut", "website")),
    "website",
    marked=True,
    language="ja",
)
PAGES.asked(
    "highlighter over an answer",
    "Edge: highlight",
    _by(note("Highlight", "phone_number")),
    "phone_number",
    marked=True,
)
PAGES.asked(
    "callout with an arrow",
    "Acrobat: callout",
    _by(
        note(
            "FreeText",
            "use_case",
            "nur im Sommer",
            right=40,
            up=-10,
            IT=Name.FreeTextCallout,
            CL=Array([1, 2, 3, 4]),
        )
    ),
    "use_case",
    words="nur im Sommer",
    language="de",
)
PAGES.asked(
    "typed where there is no box",
    "Preview: text",
    _by(note("FreeText", "contact_department", "総務部", up=-14)),
    "contact_department",
    words="総務部",
    language="ja",
    given={"contact_department": ""},
)


def _reply(pdf: Any) -> None:
    first = note("Text", "notes", "Please check", size=_ICON)(pdf)
    note("Text", "notes", "Checked: call Kim instead", size=_ICON, IRT=first, RT=Name.R)(pdf)


PAGES.asked(
    "thread of notes",
    "Acrobat: reply",
    _by(_reply),
    "notes",
    words=("Please check", "Checked: call Kim instead"),
)


def _rich(pdf: Any) -> None:
    body = '<body xmlns="http://www.w3.org/1999/xhtml"><p>gilt <b>ab Mai</b></p></body>'
    note("FreeText", "ready_date", RC=String(body))(pdf)


PAGES.asked(
    "note in rich text alone",
    "Acrobat: formatted text",
    _by(_rich),
    "ready_date",
    words="gilt ab Mai",
    language="de",
)


def _file_note(pdf: Any) -> None:
    held = pdf.make_stream(b"Just a file", Type=Name.EmbeddedFile)
    pin = note("FileAttachment", "opt_in_wording", "siehe Anlage", size=_ICON)(pdf)
    pin.FS = Dictionary(Type=Name.Filespec, F=String("text.txt"), EF=Dictionary(F=held))


PAGES.asked(
    "file pinned to a question",
    "Acrobat: attach file",
    _by(_file_note),
    "opt_in_wording",
    words="siehe Anlage",
    kind=_QR,
    language="de",
)


def _plain_link(pdf: Any) -> None:
    action = Dictionary(S=Name.URI, URI=String("https://harbour-books.example"))
    note("Link", "website", A=action)(pdf)


PAGES.add("links made of addresses", "viewers make links of what looks like one", _by(_plain_link))

# what is drawn into the page

PAGES.asked(
    "typed into the page",
    "Acrobat: Edit PDF > Add text",
    _by(typed("contact_phone", "+44 121 234 5699")),
    "contact_phone",
    words="+44 121 234 5699",
    given={"contact_phone": ""},
)
PAGES.asked(
    "typed over an answer",
    "Acrobat: Edit PDF > Add text",
    _by(typed("phone_number", "01512 7777777")),
    "phone_number",
    words="01512 7777777",
    language="de",
)
PAGES.staff(
    "Bates number at the foot",
    "Acrobat: Bates numbering",
    _by(typed("contact_name", "HARB-000123", right=200, up=-700)),
    words="HARB-000123",
)


def _on_all(words: str, x: float, from_top: float) -> Change:
    def add(pdf: Any) -> None:
        for page in pdf.pages:
            if "/Font" not in page.obj.Resources:
                page.obj.Resources.Font = Dictionary()
            page.obj.Resources.Font["/AddAll"] = helvetica(pdf)
            y = float(page.mediabox[3]) - from_top
            text = words.encode("cp1252").replace(b"(", b"\\(").replace(b")", b"\\)")
            line = b"q BT /AddAll 7 Tf %.1f %.1f Td (%s) Tj ET Q" % (x, y, text)
            page.contents_add(pikepdf.Stream(pdf, b"q"), prepend=True)
            page.contents_add(pikepdf.Stream(pdf, b"Q " + line))

    return add


PAGES.staff(
    "envelope of a signing service",
    "DocuSign: envelope id on each page",
    _by(_on_all("Envelope ID: 5D1F-77A0-4C1B", 30, 14)),
    words="Envelope ID: 5D1F-77A0-4C1B",
)
PAGES.staff(
    "head of a fax",
    "fax to mail gateway",
    _by(_on_all("FAX 24/11/2026 09:12 +49 30 23125-013 S. 001/004", 30, 10)),
    words="FAX 24/11/2026 09:12",
    language="de",
)
PAGES.staff(
    "classification on each page",
    "a labelling program",
    _by(_on_all("CONFIDENTIAL (Legal)", 260, 12)),
    words="CONFIDENTIAL (Legal)",
    kind=_MOVE,
)


def _image(field: str, words: str) -> Change:
    def make(pdf: Any) -> Any:
        from PIL import Image  # noqa: PLC0415

        with Image.open(io.BytesIO(picture_of(words))) as image:
            return pdf.make_stream(
                image.convert("L").tobytes(),
                Type=Name.XObject,
                Subtype=Name.Image,
                Width=image.width,
                Height=image.height,
                ColorSpace=Name.DeviceGray,
                BitsPerComponent=8,
            )

    def content(box: Any) -> bytes:
        return b"120 0 0 24 %.1f %.1f cm /AddI Do" % (box[0], box[1])

    return drawn(field, content, {"/XObject": {"/AddI": make}})


PAGES.asked(
    "picture over an answer",
    "Preview: signature",
    _by(_image("display_name", "Harbour & Sons")),
    "display_name",
    marked=True,
)


def _form_object(pdf: Any) -> None:
    def make(document: Any) -> Any:
        return document.make_stream(
            b"BT /F1 9 Tf 0 0 Td (Approved by legal) Tj ET",
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, 200, 20]),
            Resources=Dictionary(Font=Dictionary(F1=helvetica(document))),
        )

    def content(box: Any) -> bytes:
        return b"1 0 0 1 %.1f %.1f cm /AddX Do" % (box[0] + 2, box[1] + 3)

    drawn("profile_about", content, {"/XObject": {"/AddX": make}})(pdf)


PAGES.asked(
    "words in a form object",
    "editors pack what they draw",
    _by(_form_object),
    "profile_about",
    words="Approved by legal",
)


def _layer(pdf: Any) -> None:
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Remarks")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))

    def content(box: Any) -> bytes:
        where = b"%.1f %.1f Td" % (box[0] + 3, box[1] + 4)
        return b"/OC /AddL BDC BT /AddF 9 Tf %s (not before June) Tj ET EMC" % where

    drawn("ready_date", content, {"/Font": {"/AddF": helvetica}, "/Properties": {"/AddL": group}})(
        pdf
    )


PAGES.asked(
    "words in a layer that is off",
    "CAD and layout programs",
    _by(_layer),
    "ready_date",
    words="not before June",
)

# fields


def _own_field(pdf: Any) -> None:
    page, _ = widget(pdf, "notes")
    left, bottom, right, _ = edges(pdf, "notes", up=-40)
    field = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        FT=Name.Tx,
        T=String("Internal reference"),
        V=String("PO 4711-B"),
        Rect=Array([left, bottom, right, bottom + 16]),
        F=4,
        P=page.obj,
    )
    made = pdf.make_indirect(field)
    page.obj.Annots.append(made)
    pdf.Root.AcroForm.Fields.append(made)


PAGES.asked("field added", "Acrobat: Prepare form", _by(_own_field), "notes", words="PO 4711-B")


def _renamed(pdf: Any) -> None:
    for item in pdf.Root.AcroForm.Fields:
        item.T = String(f"{item.T}_2")


def _grouped(pdf: Any) -> None:
    parent = pdf.make_indirect(
        Dictionary(T=String("form1"), Kids=Array(list(pdf.Root.AcroForm.Fields)))
    )
    for item in pdf.Root.AcroForm.Fields:
        item.Parent = parent
    pdf.Root.AcroForm.Fields = Array([parent])


def _no_form(pdf: Any) -> None:
    del pdf.Root.AcroForm


def _listed_twice(pdf: Any) -> None:
    pdf.Root.AcroForm.Fields = Array([*pdf.Root.AcroForm.Fields, *pdf.Root.AcroForm.Fields])


PAGES.add(
    "fields under one parent", "mergers group the fields of a file", _by(_grouped), language="ja"
)
PAGES.add("fields in no list", "form lost its list of fields", _by(_no_form), language="de")
PAGES.add("fields listed twice", "a careless merger", _by(_listed_twice))


def _signed(name: str, words: str = "") -> Change:
    def add(pdf: Any) -> None:
        page, _ = widget(pdf, "notes")
        value = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Contents=String(bytes(16)))
        if words:
            value.Reason = String(words)
        field = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String(name),
            V=value,
            Rect=Array([0, 0, 0, 0]),
            F=132,
            P=page.obj,
        )
        made = pdf.make_indirect(field)
        page.obj.Annots.append(made)
        pdf.Root.AcroForm.Fields.append(made)
        pdf.Root.AcroForm.SigFlags = 3

    return add


PAGES.add("digital signature", "Acrobat: certificate", _by(_signed("Signature1")), kind=_MOVE)
PAGES.staff(
    "reason of a signature",
    "Acrobat: reason",
    _by(_signed("Signature1", "signed under reserve")),
    words="signed under reserve",
)


def _xfa(pdf: Any) -> None:
    pdf.Root.AcroForm.XFA = pdf.make_stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>")


PAGES.add("XFA beside the fields", "LiveCycle", _by(_xfa))


def _contradicting(pdf: Any) -> None:
    _, found = widget(pdf, "ack_charges")
    found.V, found.AS = Name.Yes, Name.Off


PAGES.asked(
    "tick that is drawn as none",
    "a viewer that does not draw anew",
    _by(_contradicting),
    "ack_charges",
)


def _undrawn(pdf: Any) -> None:
    _, found = widget(pdf, "display_name")
    found.V = String("Harbour & Daughters")


def _stale(pdf: Any) -> None:
    _undrawn(pdf)
    pdf.Root.AcroForm.NeedAppearances = True


PAGES.add(
    "value without a picture",
    "scripts that fill in",
    _by(_stale),
    reads={"display_name": "Harbour & Daughters"},
)

# the file around the form


def _files(name: str, content: bytes) -> Change:
    def add(pdf: Any) -> None:
        pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, content, filename=name)  # type: ignore[call-arg]

    return add


def _portfolio(content: bytes) -> bytes:
    cover = pikepdf.new()
    cover.add_blank_page(page_size=(595, 842))
    cover.attachments["form.pdf"] = pikepdf.AttachedFileSpec(cover, content, filename="form.pdf")  # type: ignore[call-arg]
    cover.Root.Collection = Dictionary(Type=Name.Collection, View=Name.D)
    target = io.BytesIO()
    cover.save(target)
    return target.getvalue()


PAGES.add("portfolio", "Acrobat: PDF portfolio", _portfolio, kind=_QR, language="ja")
PAGES.add(
    "second form as an attachment",
    "Acrobat: attach file",
    lambda content: changed(content, _files("second.pdf", _second())),
    expected=Outcome.TWO,
)


def _second() -> bytes:
    return form(
        _MOVE, "en", "pdf", phone_number="+44 7400 654321", phone_number_again="07400 654321"
    )[1]


PAGES.add(
    "two forms one after the other",
    "a merger",
    lambda content: joined(content, _second()),
    expected=Outcome.TWO,
)
PAGES.add(
    "the same form twice",
    "a merger, by mistake",
    lambda content: joined(content, content),
    language="de",
)
PAGES.asked(
    "two versions of one form",
    "a merger",
    lambda content: joined(
        content, form(FormKind.ONBOARDING, "en", "pdf", display_name="Harbour & Sons")[1]
    ),
    "display_name",
    words="Harbour & Sons",
)
PAGES.refused(
    "a page left out",
    "Preview: delete page",
    _by(without_pages(1)),
    "file_pages_missing",
    language="ja",
)
PAGES.refused(
    "first page alone",
    "printed and scanned in part",
    _by(without_pages(1, 2)),
    "file_pages_missing",
    kind=_QR,
)


def _reordered(pdf: Any) -> None:
    pdf.pages.reverse()


def _rotated(pdf: Any) -> None:
    for page in pdf.pages:
        page.rotate(90, relative=True)


def _cropped(pdf: Any) -> None:
    for page in pdf.pages:
        page.cropbox = Array([20, 20, 560, 800])


PAGES.add("pages in another order", "Preview: thumbnails", _by(_reordered))
PAGES.add("pages turned", "Acrobat: rotate", _by(_rotated), language="ja")
PAGES.add("pages cropped", "Acrobat: crop", _by(_cropped), language="de")
PAGES.add(
    "saved as PDF 2.0", "a newer version", _by(force_version="2.0"), language="ja", kind=_MOVE
)
PAGES.add(
    "without a password to open",
    "Acrobat: restrict editing",
    _by(encryption=pikepdf.Encryption(owner="o", user="", R=6)),
)
PAGES.refused(
    "with a password to open",
    "Acrobat: encrypt",
    _by(encryption=pikepdf.Encryption(owner="o", user="u", R=6)),
    "file_password",
    language="de",
)


def _properties(pdf: Any) -> None:
    pdf.docinfo["/Subject"] = String("Bitte bis Freitag")
    pdf.docinfo["/Keywords"] = String("Filiale Süd")


PAGES.staff(
    "words in the properties of the file",
    "Acrobat: File > Properties",
    _by(_properties),
    words=("Bitte bis Freitag", "Filiale Süd"),
    language="de",
)


def _page_after(pdf: Any) -> None:
    pdf.add_blank_page(page_size=(595, 842))
    page = pdf.pages[-1]
    page.obj.Resources = Dictionary(Font=Dictionary(F1=helvetica(pdf)))
    page.contents_add(
        pikepdf.Stream(pdf, b"BT /F1 12 Tf 60 700 Td (Further branches: Leeds, York) Tj ET")
    )


def _scan_after(pdf: Any) -> None:
    pdf.add_blank_page(page_size=(595, 842))
    page = pdf.pages[-1]
    data = bytes([200]) * 100 * 140
    page.obj.Resources = Dictionary(
        XObject=Dictionary(
            I=pdf.make_stream(
                data,
                Type=Name.XObject,
                Subtype=Name.Image,
                Width=100,
                Height=140,
                ColorSpace=Name.DeviceGray,
                BitsPerComponent=8,
            )
        )
    )
    page.contents_add(pikepdf.Stream(pdf, b"595 0 0 842 0 0 cm /I Do"))


PAGES.staff(
    "page of words behind the form",
    "a merger",
    _by(_page_after),
    words="Further branches: Leeds, York",
)
PAGES.staff(
    "scanned page behind the form",
    "an extract of a register, scanned",
    _by(_scan_after),
    marked=True,
    language="ja",
)
PAGES.asked(
    "white box over an answer",
    "a poor man's redaction",
    _by(note("Square", "website", IC=Array([1, 1, 1]), C=Array([1, 1, 1]))),
    "website",
    marked=True,
)


def _flattened(*names: str) -> Change:
    def flatten(pdf: Any) -> None:
        for name in names:
            page, item = widget(pdf, name)
            text = str(item.get("/V", ""))
            typed(name, text)(pdf)
            page.obj.Annots = Array([one for one in page.obj.Annots if one.objgen != item.objgen])
            pdf.Root.AcroForm.Fields = Array(
                [one for one in pdf.Root.AcroForm.Fields if one.objgen != item.objgen]
            )

    return flatten


PAGES.add(
    "flattened in part",
    "a form service flattens what is final",
    _by(_flattened("contact_name", "display_name")),
    expected=Outcome.ASKED,
    at=("contact_name", "display_name"),
)


# words in places that viewers show beside the page, or in its stead

_RICH = (
    '<?xml version="1.0"?><body xmlns="http://www.w3.org/1999/xhtml" '
    'xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/" xfa:APIVersion="Acrobat:23.1.0" '
    'xfa:spec="2.0.2"><p dir="ltr" style="margin-top:0pt;font-family:Helvetica">{}</p></body>'
)


def _rich_value(name: str, rich: str, value: str | None = None) -> Change:
    """Give a field formatted text as Acrobat does where formatting is allowed (flag 26)."""

    def write(pdf: Any) -> None:
        _, item = widget(pdf, name)
        item.RV, item.Ff = String(_RICH.format(rich)), int(item.get("/Ff", 0)) | 1 << 25
        if value is not None:
            item.V = String(value)

    return write


def _hint(name: str, words: str) -> Change:
    def write(pdf: Any) -> None:
        widget(pdf, name)[1].TU = String(words)

    return write


def _bookmark(title: str) -> Change:
    def add(pdf: Any) -> None:
        with pdf.open_outline() as outline:
            outline.root[0].children.insert(2, pikepdf.OutlineItem(title, 0))

    return add


PAGES.asked(
    "rich text of an answer",
    "Acrobat: formatted text, its plain value old",
    _by(_rich_value("display_name", "Harbour <b>&amp; Daughters</b>", "Harbour & Sons")),
    "display_name",
    words=("Harbour & Sons", "Harbour & Daughters"),
)
PAGES.asked(
    "words struck out in rich text",
    "Acrobat: formatted text, crossed out",
    _by(
        _rich_value(
            "use_case",
            'Orders <span style="text-decoration:line-through">and returns</span>',
            "Orders and returns",
        )
    ),
    "use_case",
    words="Orders and returns",
    language="de",
)
PAGES.asked(
    "rich text beside a blank answer",
    "a converter of XFA forms",
    _by(_rich_value("contact_department", "総務部")),
    "contact_department",
    words="総務部",
    language="ja",
    given={"contact_department": ""},
)
PAGES.add(
    "rich text that says the same",
    "Acrobat: formatted text",
    _by(_rich_value("notes", "Orders<br/>and <i>returns</i>", "Orders\nand returns")),
    reads={"notes": "Orders\nand returns"},
)
PAGES.asked(
    "hint of a box",
    "Acrobat: tooltip of a field",
    _by(_hint("ready_date", "nicht vor Mai")),
    "ready_date",
    words="nicht vor Mai",
    language="de",
)
PAGES.add(
    "hints that are the names of fields",
    "a form builder without tooltips",
    _by(*(_hint(name, name) for name in ("contact_name", "website", "notes"))),
)
PAGES.staff(
    "bookmark",
    "Preview, Foxit: bookmark",
    _by(_bookmark("至急お願いします")),
    words="至急お願いします",
    language="ja",
)
PAGES.add(
    "bookmark with the name of the file",
    "mergers on the web",
    _by(_bookmark("onboarding_en.pdf")),
)
PAGES.asked(
    "window whose note is gone",
    "a viewer that deletes half of a note",
    _by(note("Popup", "display_name", "really this one?")),
    "display_name",
    words="really this one?",
)
