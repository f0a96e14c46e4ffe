"""What viewers, printers and scanners leave in a PDF: looks, layers, corners, copies of copies."""

import io
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from pipeline.model.form import FormKind
from tests.odd_files.case import Outcome
from tests.odd_files.making import Writer, written
from tests.odd_files.pictures import picture_of
from tests.programs.running import run
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
)
from tests.world.customers import form

VIEWERS = Writer("pikepdf", "pdf")
PRINTS = Writer("Ghostscript", "pdf", ("gs", "Ghostscript"))
_ICON = (20.0, 20.0)
_QR = FormKind.QR
_MOVE = FormKind.MIGRATION


def _by(*changes: Change) -> Any:
    return lambda content: changed(content, *changes)


def _look(pdf: Any, words: str) -> Any:
    """Return a look that shows ``words``."""
    return pdf.make_stream(
        b"BT /F1 9 Tf 2 4 Td (%s) Tj ET" % words.encode("cp1252"),
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 240, 20]),
        Resources=Dictionary(Font=Dictionary(F1=helvetica(pdf))),
    )


# looks that say something else


def _looking(subtype: str, field: str, words: str | None, shown: str) -> Change:
    def add(pdf: Any) -> None:
        note(subtype, field, words)(pdf).AP = Dictionary(N=_look(pdf, shown))

    return add


VIEWERS.asked(
    "stamp whose look says more",
    "Acrobat: dynamic stamp with a comment",
    _by(_looking("Stamp", "use_case", "see below", "REJECTED 3 MAY")),
    "use_case",
    words=("see below", "REJECTED 3 MAY"),
)
VIEWERS.asked(
    "text that was drawn anew and not saved",
    "phone apps: the look alone is kept",
    _by(_looking("FreeText", "display_name", "Harbour & Sons", "Harbour & Daughters")),
    "display_name",
    words=("Harbour & Sons", "Harbour & Daughters"),
)
VIEWERS.asked(
    "square with words in its look",
    "PDF-XChange: a box with words",
    _by(_looking("Square", "website", None, "moves in May")),
    "website",
    words="moves in May",
)


def _picture_stamp(pdf: Any) -> None:
    from PIL import Image  # noqa: PLC0415

    with Image.open(io.BytesIO(picture_of("Harbour"))) as image:
        seen = pdf.make_stream(
            image.convert("L").tobytes(),
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=image.width,
            Height=image.height,
            ColorSpace=Name.DeviceGray,
            BitsPerComponent=8,
        )
    stamp = note("Stamp", "contact_name")(pdf)
    stamp.AP = Dictionary(
        N=pdf.make_stream(
            b"100 0 0 20 0 0 cm /I Do",
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, 100, 20]),
            Resources=Dictionary(XObject=Dictionary(I=seen)),
        )
    )


VIEWERS.asked(
    "picture as a stamp",
    "Firefox: add image",
    _by(_picture_stamp),
    "contact_name",
    marked=True,
    language="ja",
)


def _only_drawn(name: str, words: str) -> Change:
    """Leave a field without its value: it is in the look alone."""

    def write(pdf: Any) -> None:
        _, item = widget(pdf, name)
        if "/V" in item:
            del item.V
        item.AP = Dictionary(N=_look(pdf, words))

    return write


VIEWERS.asked(
    "answer that is drawn and not saved",
    "phone apps: the look alone is kept",
    _by(_only_drawn("contact_department", "Night desk")),
    "contact_department",
    words="Night desk",
    given={"contact_department": ""},
)

# words on the page that are hard to see


def _drawn_words(name: str, words: str, state: bytes, *, right: float = 0, up: float = 0) -> Change:
    def content(box: Any) -> bytes:
        where = b"%.1f %.1f Td" % (box[0] + 3 + right, box[1] + 4 + up)
        return b"BT /AddF 9 Tf %s %s (%s) Tj ET" % (state, where, words.encode("cp1252"))

    return drawn(name, content, {"/Font": {"/AddF": helvetica}})


VIEWERS.asked(
    "white words",
    "an editor's cover-up",
    _by(_drawn_words("use_case", "ask marketing first", b"1 1 1 rg")),
    "use_case",
    words="ask marketing first",
)
VIEWERS.asked(
    "words without ink",
    "text recognition lays words over a page",
    _by(_drawn_words("website", "nur bis Mai", b"3 Tr")),
    "website",
    words="nur bis Mai",
    language="de",
)
VIEWERS.staff(
    "words beyond the edge of the page",
    "an editor moves what is not needed",
    _by(_drawn_words("website", "old address in York", b"0 g", right=600, up=900)),
    words="old address in York",
)
VIEWERS.asked(
    "very small words",
    "fitted into the box",
    _by(_drawn_words("notes", "only if the price stays", b"0.05 Tc 0 g")),
    "notes",
    words="only if the price stays",
)


def _layer_name(pdf: Any) -> None:
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Remarks: call Kim first")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(ON=Array([group])))


VIEWERS.staff(
    "name of a layer",
    "layout programs: layers",
    _by(_layer_name),
    words="Remarks: call Kim first",
)


def _page_labels(pdf: Any) -> None:
    first = Dictionary(S=Name.D, P=String("Entwurf vom Montag, "))
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, first]))


VIEWERS.staff(
    "words before the numbers of pages",
    "Acrobat: Page Labels > Prefix",
    _by(_page_labels),
    words="Entwurf vom Montag,",
    language="de",
)


def _title(pdf: Any) -> None:
    pdf.docinfo["/Title"] = String("Cancelled: do not process")


VIEWERS.staff(
    "title of the file",
    "Acrobat: File > Properties > Title",
    _by(_title),
    words="Cancelled: do not process",
)


def _file_title(pdf: Any) -> None:
    pdf.docinfo["/Title"] = String("onboarding_en")
    pdf.docinfo["/Author"] = String("Oliver Whitcombe")


VIEWERS.add("name of the file as its title", "programs that save as PDF", _by(_file_title))


def _metadata(pdf: Any) -> None:
    with pdf.open_metadata() as found:
        found["dc:description"] = "Bitte zuerst Frau Becker anrufen"


VIEWERS.staff(
    "description of the file",
    "a picture manager's caption",
    _by(_metadata),
    words="Bitte zuerst Frau Becker anrufen",
    language="de",
)


def _attached(pdf: Any) -> None:
    held = pikepdf.AttachedFileSpec(  # type: ignore[call-arg]
        pdf, b"Just a file", filename="terms.txt", description="we sign only with these"
    )
    pdf.attachments["terms.txt"] = held


VIEWERS.staff(
    "description of an attached file",
    "Acrobat: Attachments > Edit Description",
    _by(_attached),
    words="we sign only with these",
)

# boxes and ticks


def _off(pdf: Any) -> None:
    _, item = widget(pdf, "ack_charges")
    item.V = item.AS = Name.Off


VIEWERS.asked(
    "tick typed over its box",
    "Preview, Xodo: text",
    _by(_off, note("FreeText", "ack_charges", "?")),
    "ack_charges",
    words="?",
)


def _white(field: str, right: float, width: float) -> Change:
    """Cover a part of our print with a white rectangle."""

    def content(box: Any) -> bytes:
        return b"1 1 1 rg %.1f %.1f %.1f 14 re f" % (box[0] + right, box[1], width)

    return drawn(field, content, {})


VIEWERS.asked(
    "our statement covered with white",
    "an editor's cover-up",
    _by(_white("ack_charges", 18, 300)),
    "ack_charges",
    marked=True,
)
VIEWERS.asked(
    "answer on a turned page",
    "scan apps turn a page by half",
    _by(
        lambda pdf: [page.rotate(180, relative=True) for page in pdf.pages],
        note("FreeText", "website", "closed since May"),
    ),
    "website",
    words="closed since May",
)


def _shifted(pdf: Any) -> None:
    for page in pdf.pages:
        box = [float(edge) for edge in page.mediabox]
        page.mediabox = Array([box[0] - 100, box[1] - 100, box[2] + 60, box[3] + 60])
        page.obj.UserUnit = 2


VIEWERS.asked(
    "words on an enlarged page",
    "large-format printers",
    _by(_shifted, typed("phone_number", "call first")),
    "phone_number",
    words="call first",
)

# several documents in one


def _other_form() -> bytes:
    """Return another firm's form, whose fields have names of ours."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    page = pdf.pages[0]
    fields = [
        pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=String(name),
                V=String(value),
                F=4,
                Rect=Array([60, 700 - 30 * row, 300, 720 - 30 * row]),
                P=page.obj,
            )
        )
        for row, (name, value) in enumerate(
            (("country", "Ireland"), ("Supplier no.", "88-12"), ("notes", "pay by Friday"))
        )
    ]
    page.obj.Annots = Array(fields)
    pdf.Root.AcroForm = Dictionary(Fields=Array(fields))
    target = io.BytesIO()
    pdf.save(target)
    return target.getvalue()


VIEWERS.add(
    "another firm's form behind ours",
    "a merger",
    lambda content: joined(content, _other_form()),
    expected=Outcome.ASKED,
    at=("country", "notes", "phone_number_again"),  # which is read by the country
    words=("Ireland", "88-12", "pay by Friday"),
)


def _in_a_cover(content: bytes, name: str) -> bytes:
    cover = pikepdf.new()
    cover.add_blank_page(page_size=(595, 842))
    held = pikepdf.AttachedFileSpec(cover, content, filename=name)  # type: ignore[call-arg]
    cover.attachments[name] = held
    target = io.BytesIO()
    cover.save(target)
    return target.getvalue()


VIEWERS.add(
    "form in a file in a file",
    "an archive packs what was packed",
    lambda content: _in_a_cover(_in_a_cover(content, "form.pdf"), "mail.pdf"),
    language="de",
)
VIEWERS.add(
    "blank form behind the filled one",
    "a merger, by mistake",
    lambda content: joined(content, _blank()),
)


def _blank() -> bytes:
    from pipeline.forms.blanks import published  # noqa: PLC0415

    content = published(FormKind.ONBOARDING, "en")
    assert content is not None
    return content


VIEWERS.asked(
    "note that was answered in another file",
    "two reviewers, merged",
    lambda content: joined(
        changed(content, note("Text", "notes", "who pays?", size=_ICON)),
        changed(
            form(FormKind.ONBOARDING, "en", "pdf")[1],
            note("Text", "notes", "Leeds pays", size=_ICON),
        ),
    ),
    "notes",
    words=("who pays?", "Leeds pays"),
)

# prints


def _print(content: bytes, folder: Path, *changes: Change) -> bytes:
    source, target = written(content, folder, "in.pdf"), folder / "out.pdf"
    run("gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", "-o", target, source,
        folder=folder)  # fmt: skip
    return changed(target.read_bytes(), *changes)


def _on_print(subtype: str, place: list[float], words: str) -> Change:
    def add(pdf: Any) -> None:
        page = pdf.pages[0]
        item = Dictionary(
            Type=Name.Annot,
            Subtype=Name(f"/{subtype}"),
            Rect=Array(place),
            Contents=String(words),
            F=4,
            T=String("reader"),
        )
        if "/Annots" not in page.obj:
            page.obj.Annots = Array()
        page.obj.Annots.append(pdf.make_indirect(item))

    return add


def _noted(content: bytes, folder: Path) -> bytes:
    box = _box(content, "contact_name")
    return _print(content, folder, _on_print("Text", box, "since May: Kim"))


def _box(content: bytes, field: str) -> list[float]:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return list(edges(pdf, field))


PRINTS.add(
    "note on a print",
    "printed, then commented",
    _noted,
    expected=Outcome.PRINT,
    at="contact_name",
    words="since May: Kim",
)


def _recognised(content: bytes, folder: Path) -> bytes:
    """Make pictures of the pages, with the words of the print without ink over them."""
    printed = _print(content, folder)
    pictures = folder / "page-%d.jpg"
    source = written(printed, folder, "printed.pdf")
    run("gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=jpeggray", "-r60", "-o", pictures, source,
        folder=folder)  # fmt: skip

    def cover(pdf: Any) -> None:
        for number, page in enumerate(pdf.pages, 1):
            data = (folder / f"page-{number}.jpg").read_bytes()
            from PIL import Image  # noqa: PLC0415

            with Image.open(io.BytesIO(data)) as image:
                wide, high = image.size
            seen = pdf.make_stream(
                data, Type=Name.XObject, Subtype=Name.Image, Width=wide, Height=high,
                ColorSpace=Name.DeviceGray, BitsPerComponent=8, Filter=Name.DCTDecode,
            )  # fmt: skip
            resources = page.obj.Resources
            if "/XObject" not in resources:
                resources.XObject = Dictionary()
            resources.XObject["/Scan"] = seen
            page.contents_add(pikepdf.Stream(pdf, b"q"), prepend=True)
            box = [float(edge) for edge in page.mediabox]
            show = b"Q q %.1f 0 0 %.1f 0 0 cm /Scan Do Q" % (box[2], box[3])
            page.contents_add(pikepdf.Stream(pdf, show))

    return changed(printed, cover)


PRINTS.refused(
    "scan over the words of the print",
    "scanners with text recognition",
    _recognised,
    "file_scanned",
)
