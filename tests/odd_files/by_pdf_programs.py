"""What the programs for PDF pages do to filled forms: each file is made by running one."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import weasyprint
from pypdf.annotations import FreeText
from pypdf.generic import NameObject, TextStringObject

from pipeline.model.form import FormKind
from tests.odd_files.boxes import spot_of
from tests.odd_files.case import Make, Outcome
from tests.odd_files.making import Writer, written
from tests.odd_files.pictures import picture_of
from tests.programs.flatteners import FLATTENERS, printed
from tests.programs.running import call_node, run
from tests.world.customers import form

_HERE = Path(__file__).parent
_QR = FormKind.QR
_MOVE = FormKind.MIGRATION

QPDF = Writer("qpdf", "pdf", ("qpdf", "qpdf"))
PDFTK = Writer("pdftk", "pdf", ("pdftk", "pdftk"))
MUTOOL = Writer("MuPDF", "pdf", ("mutool", "mutool"))
POPPLER = Writer("poppler", "pdf", ("pdfunite", "poppler-utils"))
GHOSTSCRIPT = Writer("Ghostscript", "pdf", ("gs", "Ghostscript"))
PDF_LIB = Writer("pdf-lib", "pdf", ("node:pdf-lib", "pdf-lib"))
PDF_JS = Writer("pdf.js (Firefox)", "pdf", ("node:pdfjs-dist", "pdf.js"))
PYPDF = Writer("pypdf", "pdf")
PDFIUM = Writer("PDFium", "pdf")
DRAW = Writer("LibreOffice Draw", "pdf", ("soffice", "LibreOffice"))


def _line(command: str, **others: Any) -> Make:
    """Return what runs a command line on IN and writes OUT; ``others`` are further files."""

    def make(content: bytes, folder: Path) -> bytes:
        places: dict[str, Path | str] = {
            "IN": written(content, folder, "in.pdf"),
            "OUT": folder / "out.pdf",
        }
        for name, other in others.items():
            places[name] = written(other() if callable(other) else other, folder, f"{name}.pdf")
        run(*(places.get(part, part) for part in command.split(" ")), folder=folder)
        return (folder / "out.pdf").read_bytes()

    return make


def _page_of(body: str, *, see_through: bool = True) -> bytes:
    """Return a page that a browser or a word processor would print, with nothing behind it."""
    colour = "transparent" if see_through else "white"
    style = f"<style>@page {{ size: A4; margin: 8mm; background: {colour} }}</style>"
    return bytes(weasyprint.HTML(string=f"{style}{body}").write_pdf())


def _letterhead() -> bytes:
    return _page_of(
        "<p style='text-align:right;font-size:7pt'>Harbour Books Ltd, 1 Quay, Leeds</p>"
    )


def _watermark() -> bytes:
    return _page_of(
        "<p style='font-size:70pt;color:#ddd;margin-top:90mm;transform:rotate(-40deg)'>ENTWURF</p>"
    )


def _cover() -> bytes:
    return _page_of("<h1>Cover letter</h1><p>Please process by Friday.</p>")


def _scan() -> bytes:
    from PIL import Image  # noqa: PLC0415

    target = io.BytesIO()
    Image.new("L", (600, 850), 230).save(target, "PDF")
    return target.getvalue()


def _other() -> bytes:
    return form(
        _MOVE, "en", "pdf", phone_number="+44 7400 654321", phone_number_again="07400 654321"
    )[1]


# qpdf

QPDF.add("linearised", "fast web view", _line("qpdf --linearize IN OUT"), language="ja")
QPDF.add(
    "empty password to open",
    "mail gateways that protect",
    _line("qpdf --encrypt  owner 256 -- IN OUT"),
    language="de",
)
QPDF.refused(
    "password to open",
    "mail gateways that protect",
    _line("qpdf --encrypt u o 256 -- IN OUT"),
    "file_password",
)
QPDF.add(
    "cover letter before the form",
    "a merger",
    _line("qpdf --empty --pages COVER IN -- OUT", COVER=_cover),
    expected=Outcome.STAFF,
    words="Please process by Friday",
)
QPDF.staff(
    "scan behind the form",
    "a merger",
    _line("qpdf --empty --pages IN SCAN -- OUT", SCAN=_scan),
    marked=True,
)
QPDF.staff(
    "letterhead over all pages",
    "a mail gateway's stamp",
    _line("qpdf IN --overlay OVER --repeat=1 -- OUT", OVER=_letterhead),
    words="Harbour Books Ltd, 1 Quay, Leeds",
)
QPDF.add(
    "pages from behind",
    "a duplex scanner's habit",
    _line("qpdf IN --pages IN z-1 -- OUT"),
    language="de",
    kind=_MOVE,
)
QPDF.add(
    "pages turned",
    "turned in the viewer",
    _line("qpdf --rotate=+90 IN OUT"),
    language="ja",
    kind=_MOVE,
)
QPDF.refused(
    "a page left out",
    "a splitter",
    _line("qpdf IN --pages IN 1-2 -- OUT"),
    "file_pages_missing",
    language="de",
)
QPDF.add(
    "two forms in one file",
    "a merger",
    _line("qpdf --empty --pages IN OTHER -- OUT", OTHER=_other),
    expected=Outcome.TWO,
)
QPDF.add(
    "flattened",
    "an archive's program",
    _line("qpdf --generate-appearances --flatten-annotations=all IN OUT"),
    expected=Outcome.PRINT,
)
QPDF.add(
    "text file attached",
    "an archive's program",
    _line("qpdf IN --add-attachment COVER --filename=letter.txt -- OUT", COVER=b"hello"),
)

# pdftk

PDFTK.staff(
    "watermark behind all pages",
    "background",
    _line("pdftk IN background OVER output OUT", OVER=_watermark),
    words="ENTWURF",
    language="de",
)
PDFTK.staff(
    "stamp over all pages",
    "stamp",
    _line("pdftk IN stamp OVER output OUT", OVER=_letterhead),
    words="Harbour Books Ltd",
)
PDFTK.add("turned", "cat 1-endeast", _line("pdftk IN cat 1-endeast output OUT"), language="ja")
PDFTK.add(
    "in another order", "cat end-1", _line("pdftk IN cat end-1 output OUT"), language="de", kind=_QR
)
PDFTK.add(
    "two forms in one file",
    "cat A B",
    _line("pdftk IN OTHER cat output OUT", OTHER=_other),
    expected=Outcome.TWO,
)
PDFTK.staff(
    "cover letter before the form",
    "cat",
    _line("pdftk COVER IN cat output OUT", COVER=_cover),
    words="Please process by Friday",
)
PDFTK.add(
    "flattened",
    "flatten",
    _line("pdftk IN output OUT flatten"),
    expected=Outcome.PRINT,
    language="de",
)
PDFTK.refused(
    "first page alone",
    "cat 1",
    _line("pdftk IN cat 1 output OUT"),
    "file_pages_missing",
    kind=_MOVE,
)

_XFDF = """\
<?xml version="1.0" encoding="UTF-8"?>
<xfdf xmlns="http://ns.adobe.com/xfdf/" xml:space="preserve"><fields><field name="{name}">
<value>{value}</value><value-richtext><body xmlns="http://www.w3.org/1999/xhtml">{rich}</body>
</value-richtext></field></fields></xfdf>
"""
_MARKS = (
    "BookmarkBegin\nBookmarkTitle: Bitte bis Freitag\nBookmarkLevel: 1\nBookmarkPageNumber: 1\n"
)


def _data(**values: str) -> Any:
    return lambda: _XFDF.format(**values).encode()


PDFTK.asked(
    "rich text that says something else",
    "fill_form with data of a form service",
    _line(
        "pdftk IN fill_form DATA output OUT",
        DATA=_data(name="use_case", value="Orders", rich="<p>Orders and <b>returns</b></p>"),
    ),
    "use_case",
    words=("Orders", "Orders and returns"),
)
PDFTK.staff(
    "bookmark with a request",
    "update_info",
    _line("pdftk IN update_info MARKS output OUT", MARKS=_MARKS.encode),
    words="Bitte bis Freitag",
    language="de",
)
PDFTK.add("packed", "compress", _line("pdftk IN output OUT compress"), language="ja", kind=_QR)

# MuPDF


def _mupdf(type_: str, field: str, words: str = "", **more: Any) -> Make:
    def make(content: bytes, folder: Path) -> bytes:
        spot = spot_of(content, field)
        step = {"page": spot.page, "type": type_, "rect": spot.from_top, "words": words, **more}
        job = {
            "source": str(written(content, folder, "in.pdf")),
            "target": str(folder / "out.pdf"),
            "steps": [step],
        }
        path = written(json.dumps(job).encode(), folder, "job.json")
        run("mutool", "run", _HERE / "mupdf.js", path, folder=folder)
        return (folder / "out.pdf").read_bytes()

    return make


for _type, _field, _words in (
    ("FreeText", "genesys_org_name", "Harbour Books EMEA"),
    ("Text", "company_legal_name", "since 1 May: Harbour Ltd"),
    ("StrikeOut", "contact_phone", "no longer"),
    ("Highlight", "contact_email", "please write here too"),
    ("Ink", "contact_name", "signed O. W."),
    ("Square", "meta_business_id", "is this right?"),
    ("Stamp", "notes", "RECEIVED 23 Nov"),
    ("Caret", "use_case", "insert: and returns"),
):
    MUTOOL.asked(
        f"annotation {_type}",
        "SumatraPDF, small viewers",
        _mupdf(_type, _field, _words),
        _field,
        words=_words,
    )
MUTOOL.asked(
    "ink without words",
    "an e-reader's pen",
    _mupdf("Ink", "phone_number"),
    "phone_number",
    marked=True,
    language="ja",
)
MUTOOL.add("cleaned", "mutool clean", _line("mutool clean -ggg -z IN OUT"), language="de")
MUTOOL.refused(
    "merged, fields dropped",
    "mutool merge",
    _line("mutool merge -o OUT COVER IN", COVER=_cover),
    "file_empty",
)
MUTOOL.add(
    "update appended",
    "saved into the same file",
    _mupdf(
        "Text",
        "notes",
        "rev. 2",
    ),
    expected=Outcome.ASKED,
    at=("notes",),
    words=("rev. 2",),
    kind=_MOVE,
)

# poppler

POPPLER.refused(
    "united with a cover letter",
    "pdfunite",
    _line("pdfunite COVER IN OUT", COVER=_cover),
    "file_joined",
)
POPPLER.add(
    "printed by Evince",
    "print to file",
    _line("pdftocairo -pdf IN OUT"),
    expected=Outcome.PRINT,
    language="ja",
)
POPPLER.add(
    "printed as A5",
    "print to file",
    _line("pdftocairo -pdf -paperw 420 -paperh 595 IN OUT"),
    expected=Outcome.PRINT,
)


def _parted(content: bytes, folder: Path) -> bytes:
    source = written(content, folder, "in.pdf")
    run("pdfseparate", source, folder / "page-%d.pdf", folder=folder)
    pages = sorted(folder.glob("page-*.pdf"))
    run("pdfunite", *pages, folder / "out.pdf", folder=folder)
    return (folder / "out.pdf").read_bytes()


POPPLER.refused("taken apart and united", "pdfseparate, pdfunite", _parted, "file_joined")


def _one(content: bytes, folder: Path) -> bytes:
    run(
        "pdfseparate",
        "-f",
        "2",
        "-l",
        "2",
        written(content, folder, "in.pdf"),
        folder / "p%d.pdf",
        folder=folder,
    )
    return (folder / "p2.pdf").read_bytes()


POPPLER.refused(
    "one page taken out",
    "pdfseparate",
    _one,
    "file_pages_missing",
    language="de",
)


# Ghostscript

_GS = "gs -q -dBATCH -dNOPAUSE"
GHOSTSCRIPT.add(
    "printed",
    "virtual PDF printers",
    _line(f"{_GS} -sDEVICE=pdfwrite -o OUT IN"),
    expected=Outcome.PRINT,
)
GHOSTSCRIPT.refused(
    "pictures of the pages",
    "fax and archive programs",
    _line(f"{_GS} -sDEVICE=pdfimage8 -r60 -o OUT IN"),
    "file_scanned",
    language="ja",
)
GHOSTSCRIPT.refused(
    "letters as shapes",
    "printing houses",
    _line(f"{_GS} -dNoOutputFonts -sDEVICE=pdfwrite -o OUT IN"),
    "file_print_unread",
    kind=_QR,
)
GHOSTSCRIPT.add(
    "form behind a cover letter, printed together",
    "virtual PDF printers",
    _line(f"{_GS} -sDEVICE=pdfwrite -o OUT COVER IN", COVER=_cover),
    expected=Outcome.PRINT,
    words="Please process by Friday",
)

# pdf-lib


def _lib(*steps: Sequence[Any], at: str = "") -> Make:
    """Return what pdf-lib makes; PAGE, X and Y in ``steps`` are those of the box of ``at``."""

    def make(content: bytes, folder: Path) -> bytes:
        values: dict[Any, Any] = {}
        if at:
            spot = spot_of(content, at)
            values = {"PAGE": spot.page, "X": spot.left + 3, "Y": spot.bottom + 4}
        made = [[values.get(part, part) for part in step] for step in steps]
        picture = written(picture_of("signed"), folder, "picture.png")
        made = [[str(picture) if part == "PICTURE" else part for part in step] for step in made]
        job = {
            "source": str(written(content, folder, "in.pdf")),
            "target": str(folder / "out.pdf"),
            "steps": made,
        }
        call_node(
            _HERE / "pdf_lib.cjs",
            written(json.dumps(job).encode(), folder, "job.json"),
            folder=folder,
        )
        return (folder / "out.pdf").read_bytes()

    return make


PDF_LIB.asked(
    "hint of a box",
    "a form builder on the web",
    _lib(["hint", "contact_email", "better: desk@harbour.example"]),
    "contact_email",
    words="better: desk@harbour.example",
)
PDF_LIB.add("saved again", "Smallpdf and the like", _lib(), language="ja")
PDF_LIB.asked(
    "typed over an answer",
    "fill & sign web sites",
    _lib(["text", "PAGE", "X", "Y", "+44 7400 999999"], at="phone_number"),
    "phone_number",
    words="+44 7400 999999",
)
PDF_LIB.asked(
    "typed into a blank box",
    "fill & sign web sites",
    _lib(["text", "PAGE", "X", "Y", "Einkauf"], at="contact_department"),
    "contact_department",
    words="Einkauf",
    given={"contact_department": ""},
    language="de",
)
PDF_LIB.asked(
    "signature drawn over an answer",
    "fill & sign web sites",
    _lib(["picture", "PAGE", "X", "Y", "PICTURE"], at="contact_name"),
    "contact_name",
    marked=True,
)
PDF_LIB.staff(
    "mark of a trial version",
    "unpaid converters",
    _lib(["everywhere", 200, 10, "Evaluation only. Created with Trial"]),
    words="Evaluation only. Created with Trial",
)
PDF_LIB.staff(
    "watermark across all pages",
    "watermark web sites",
    _lib(["everywhere", 120, 600, "VERTRAULICH", 45]),
    words="VERTRAULICH",
    language="de",
    kind=_MOVE,
)
PDF_LIB.staff(
    "cover page",
    "mergers on the web",
    _lib(["cover", "Order 4711, see next pages"]),
    words="Order 4711, see next pages",
)
PDF_LIB.add(
    "pages copied into a new file",
    "mergers on the web: no list of fields",
    _lib(["copied"]),
    kind=_QR,
)
PDF_LIB.add("flattened", "flatteners on the web", _lib(["flatten"]), expected=Outcome.PRINT)
PDF_LIB.add(
    "flattened, then corrected by hand",
    "flatten, then edit",
    _lib(["flatten"], ["text", "PAGE", "X", "Y", "x"], at="website"),
    expected=Outcome.PRINT,
    at=("website",),
)
PDF_LIB.add(
    "two pages on one sheet",
    "print shops",
    _lib(["two"]),
    expected=Outcome.REFUSED,
    at=("file_print_unread",),
)
PDF_LIB.add("turned", "turners on the web", _lib(["turn", 180]), language="ja")
PDF_LIB.add(
    "cropped", "croppers on the web", _lib(["crop", 10, 10, 560, 810]), language="de", kind=_MOVE
)
PDF_LIB.add(
    "file attached", "a portal attaches its log", _lib(["attach", "log.txt", "uploaded 09:12"])
)
PDF_LIB.staff(
    "subject set",
    "a portal's name of the case",
    _lib(["subject", "Case 88: urgent"]),
    words="Case 88: urgent",
)
PDF_LIB.add(
    "value set without a picture",
    "a script",
    _lib(["set", "display_name", "Harbour & Daughters"]),
    reads={"display_name": "Harbour & Daughters"},
)

# pdf.js


def _firefox(field: str, note: dict[str, Any]) -> Make:
    def make(content: bytes, folder: Path) -> bytes:
        spot = spot_of(content, field)
        own = {
            "pageIndex": spot.page,
            "rect": spot.rect,
            "rotation": 0,
            "structTreeParentId": None,
            **note,
        }
        if note["annotationType"] == 15:
            points = [
                spot.left + 3,
                spot.bottom + 3,
                spot.left + 30,
                spot.top - 2,
                spot.left + 60,
                spot.bottom + 3,
            ]
            nan = [0.0] * 4
            own["paths"] = {"lines": [[*nan, *points[:2], *nan, *points[2:4]]], "points": [points]}
        if note["annotationType"] == 9:
            left, bottom, right, top = spot.rect
            own["quadPoints"] = [left, top, right, top, left, bottom, right, bottom]
            own["outlines"] = [[left, bottom, left, top, right, top, right, bottom]]
        job = {
            "source": str(written(content, folder, "in.pdf")),
            "target": str(folder / "out.pdf"),
            "notes": [own],
        }
        call_node(
            _HERE / "pdfjs.mjs",
            written(json.dumps(job).encode(), folder, "job.json"),
            folder=folder,
        )
        return (folder / "out.pdf").read_bytes()

    return make


def _text(words: str) -> dict[str, Any]:
    return {"annotationType": 3, "color": [0, 0, 0], "fontSize": 10, "value": words}


PDF_JS.asked(
    "text over an answer",
    "Firefox: Text",
    _firefox("display_name", _text("Harbour & Sons")),
    "display_name",
    words="Harbour & Sons",
)
PDF_JS.asked(
    "text over a blank answer",
    "Firefox: Text",
    _firefox("contact_department", _text("総務部")),
    "contact_department",
    words="総務部",
    given={"contact_department": ""},
    language="ja",
)
PDF_JS.asked(
    "ink",
    "Firefox: Draw",
    _firefox(
        "contact_name", {"annotationType": 15, "color": [0, 0, 0], "thickness": 1, "opacity": 1}
    ),
    "contact_name",
    marked=True,
    language="de",
)
PDF_JS.asked(
    "highlight",
    "Firefox: Highlight",
    _firefox("website", {"annotationType": 9, "color": [255, 255, 0], "opacity": 1}),
    "website",
    marked=True,
)

# pypdf


def _pypdf_stamp(content: bytes, folder: Path) -> bytes:
    writer = pypdf.PdfWriter(clone_from=written(content, folder, "in.pdf"))
    stamp = pypdf.PdfReader(written(_letterhead(), folder, "head.pdf")).pages[0]
    for page in writer.pages:
        page.merge_page(stamp)
    writer.write(folder / "out.pdf")
    return (folder / "out.pdf").read_bytes()


def _pypdf_grouped(content: bytes, folder: Path) -> bytes:
    reader = pypdf.PdfReader(written(content, folder, "in.pdf"))
    reader.add_form_topname("form1")
    writer = pypdf.PdfWriter()
    writer.append(reader)
    writer.write(folder / "out.pdf")
    return (folder / "out.pdf").read_bytes()


def _pypdf_update(content: bytes, folder: Path) -> bytes:
    writer = pypdf.PdfWriter(written(content, folder, "in.pdf"), incremental=True)
    for page in writer.pages:
        if "/Annots" in page:
            writer.update_page_form_field_values(
                page, {"display_name": "Harbour & Daughters"}, auto_regenerate=False
            )
    writer.write(folder / "out.pdf")
    return (folder / "out.pdf").read_bytes()


def _pypdf_scaled(content: bytes, folder: Path) -> bytes:
    writer = pypdf.PdfWriter(clone_from=written(content, folder, "in.pdf"))
    for page in writer.pages:
        page.scale_by(0.9)
    writer.write(folder / "out.pdf")
    return (folder / "out.pdf").read_bytes()


def _pypdf_note(content: bytes, folder: Path) -> bytes:
    spot = spot_of(content, "use_case")
    writer = pypdf.PdfWriter(clone_from=written(content, folder, "in.pdf"))
    note = FreeText(text="pilot in Leeds only", rect=(spot.left, spot.bottom, spot.right, spot.top))
    writer.add_annotation(page_number=spot.page, annotation=note)
    writer.write(folder / "out.pdf")
    return (folder / "out.pdf").read_bytes()


def _pypdf_bookmark(content: bytes, folder: Path) -> bytes:
    writer = pypdf.PdfWriter(clone_from=written(content, folder, "in.pdf"))
    chapter = writer.add_outline_item(title="branch South", page_number=0)
    writer.add_outline_item(title="call before ten", page_number=1, parent=chapter)
    writer.write(folder / "out.pdf")
    return (folder / "out.pdf").read_bytes()


def _pypdf_hint(content: bytes, folder: Path) -> bytes:
    writer = pypdf.PdfWriter(clone_from=written(content, folder, "in.pdf"))
    for page in writer.pages:
        for item in page.get("/Annots", ()):
            widget = item.get_object()
            if widget.get("/T") == "contact_phone":
                words = TextStringObject(f"{widget['/TU']} (only after six)")
                widget[NameObject("/TU")] = words
    writer.write(folder / "out.pdf")
    return (folder / "out.pdf").read_bytes()


PYPDF.staff(
    "bookmarks",
    "a document system's table of contents",
    _pypdf_bookmark,
    words=("branch South", "call before ten"),
)
PYPDF.asked(
    "hint of a box with more words",
    "a form designer's tooltip",
    _pypdf_hint,
    "contact_phone",
    words="only after six",
)
PYPDF.staff(
    "stamp on all pages", "a document system", _pypdf_stamp, words="Harbour Books Ltd, 1 Quay"
)
PYPDF.add("fields in a group", "a document system merges", _pypdf_grouped, language="de")
PYPDF.add(
    "value changed by an update",
    "a script; the old value is in the file too",
    _pypdf_update,
    reads={"display_name": "Harbour & Daughters"},
)
PYPDF.add("pages scaled", "a document system", _pypdf_scaled, language="ja")
PYPDF.asked("text added", "a script", _pypdf_note, "use_case", words="pilot in Leeds only")

# PDFium


def _pdfium_note(content: bytes, folder: Path) -> bytes:
    import ctypes  # noqa: PLC0415

    from pypdfium2 import raw  # noqa: PLC0415

    spot = spot_of(content, "notes")
    document = pypdfium2.PdfDocument(content)
    page = document[spot.page]
    note = raw.FPDFPage_CreateAnnot(page, raw.FPDF_ANNOT_TEXT)
    raw.FPDFAnnot_SetRect(
        note, ctypes.byref(raw.FS_RECTF(spot.left, spot.top, spot.left + 18, spot.top - 18))
    )
    words = "see mail of Monday\0".encode("utf-16-le")
    raw.FPDFAnnot_SetStringValue(
        note, b"Contents", (ctypes.c_ushort * (len(words) // 2)).from_buffer_copy(words)
    )
    raw.FPDFPage_CloseAnnot(note)
    document.save(folder / "out.pdf")
    return (folder / "out.pdf").read_bytes()


PDFIUM.add(
    "printed",
    "Chrome and Edge: save as PDF",
    printed,
    expected=Outcome.PRINT,
    language="de",
)
PDFIUM.asked("note", "Edge: add comment", _pdfium_note, "notes", words="see mail of Monday")


def _pdfium_copy(content: bytes, folder: Path) -> bytes:
    with pypdfium2.PdfDocument(content) as old, pypdfium2.PdfDocument.new() as new:
        new.import_pages(old)
        new.save(folder / "out.pdf")
    return (folder / "out.pdf").read_bytes()


PDFIUM.add("pages copied into a new file", "page organisers: no list of fields", _pdfium_copy)

# LibreOffice Draw


def _draw(content: bytes, folder: Path) -> bytes:
    (folder / "out").mkdir()
    source = written(content, folder, "in.pdf")
    next(item for item in FLATTENERS if item.name == "LibreOffice Draw").flatten(
        [source], folder / "out"
    )
    return (folder / "out" / "in.pdf").read_bytes()


DRAW.add("opened and exported", "a page editor by chance", _draw, expected=Outcome.PRINT)

PDF_PROGRAMS = (QPDF, PDFTK, MUTOOL, POPPLER, GHOSTSCRIPT, PDF_LIB, PDF_JS, PYPDF, PDFIUM, DRAW)
