"""Programs that print forms to PDF or flatten them: what is left has no fields to read."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from tests.programs.pdfbox import flatten_with_pdfbox, pdfbox_missing
from tests.programs.running import HERE, call_node, missing_package, run

#: Does all of the PDFs in a folder; the flattened ones get the same names in the other folder.
Flatten = Callable[[Sequence[Path], Path], None]

_LETTER = ("-paperw", "612", "-paperh", "792")
_A5 = ("-paperw", "420", "-paperh", "595")


@dataclass(frozen=True, slots=True)
class Flattener:
    """One way of printing or flattening; ``needs`` is the command and the name of its program.

    ``of_own`` is tried with copies of our own writer only: it differs from another in one thing,
    or takes minutes.
    """

    name: str
    needs: tuple[str, str]
    flatten: Flatten
    lacks: Callable[[], str] = str
    of_own: bool = False

    def missing(self) -> str:
        """Return what is not installed; empty when it is there."""
        command, program = self.needs
        if command and not shutil.which(command):
            return program
        return self.lacks()


def _each(*command: str) -> Flatten:
    """Return what runs ``command`` on each file, with IN and OUT in place of the two paths."""

    def flatten(sources: Sequence[Path], out: Path) -> None:
        for source in sources:
            places = {"IN": source, "OUT": out / source.name}
            run(*(places.get(part, part) for part in command), folder=out)

    return flatten


def _libreoffice(sources: Sequence[Path], out: Path) -> None:
    profile = (out / "profile").as_uri()
    head = ("soffice", f"-env:UserInstallation={profile}", "--headless", "--norestore")
    what = ("--infilter=draw_pdf_import", "--convert-to", "pdf", "--outdir", out)
    run(*head, *what, *sources, folder=out)


def printed(content: bytes) -> bytes:
    """Return what Chromium makes of a form that is printed: flattened, the pages taken over."""
    flat, target = BytesIO(), BytesIO()
    with pypdfium2.PdfDocument(content) as document:
        document.init_forms()
        for page in document:
            if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_PRINT) == pdfium.FLATTEN_FAIL:
                raise RuntimeError("PDFium did not flatten")
            page.close()
        document.save(flat)
    with pypdfium2.PdfDocument(flat.getvalue()) as read, pypdfium2.PdfDocument.new() as new:
        new.import_pages(read)
        new.save(target)
    return target.getvalue()


def _pdfium(sources: Sequence[Path], out: Path) -> None:
    for source in sources:
        (out / source.name).write_bytes(printed(source.read_bytes()))


def _by_postscript(sources: Sequence[Path], out: Path) -> None:
    """Print to PostScript, and make a PDF of that, as print servers do."""
    for source in sources:
        printed_file = out / f"{source.stem}.ps"
        run("pdf2ps", source, printed_file, folder=out)
        run("ps2pdf", printed_file, out / source.name, folder=out)


def _pdf_lib(sources: Sequence[Path], out: Path) -> None:
    call_node(HERE / "flatten_pdf_lib.cjs", *sources, out, folder=out)


def _outlined(sources: Sequence[Path], out: Path) -> None:
    """Draw all writing as shapes, as some printing programs do."""
    _each("gs", "-q", "-dBATCH", "-dNOPAUSE", "-dNoOutputFonts", "-sDEVICE=pdfwrite", "-o", "OUT",
          "IN")(sources, out)  # fmt: skip


GHOSTSCRIPT = Flattener(
    "Ghostscript",
    ("gs", "Ghostscript"),
    _each("gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", "-o", "OUT", "IN"),
)
OUTLINED = Flattener("Ghostscript, outlined", ("gs", "Ghostscript"), _outlined)

FLATTENERS = (
    GHOSTSCRIPT,
    Flattener("cairo", ("pdftocairo", "poppler-utils"), _each("pdftocairo", "-pdf", "IN", "OUT")),
    Flattener(
        "cairo, fit to Letter",
        ("pdftocairo", "poppler-utils"),
        _each("pdftocairo", "-pdf", *_LETTER, "IN", "OUT"),
        of_own=True,
    ),
    Flattener(
        "cairo, fit to A5",
        ("pdftocairo", "poppler-utils"),
        _each("pdftocairo", "-pdf", *_A5, "IN", "OUT"),
        of_own=True,
    ),
    Flattener("LibreOffice Draw", ("soffice", "LibreOffice"), _libreoffice),
    Flattener(
        "qpdf",
        ("qpdf", "qpdf"),
        _each("qpdf", "--generate-appearances", "--flatten-annotations=all", "IN", "OUT"),
    ),
    Flattener("pdftk", ("pdftk", "pdftk"), _each("pdftk", "IN", "output", "OUT", "flatten")),
    Flattener("PDFium", ("", ""), _pdfium),
    Flattener("MuPDF", ("mutool", "mutool"), _each("mutool", "convert", "-o", "OUT", "IN")),
    Flattener("PDFBox", ("java", "java"), flatten_with_pdfbox, pdfbox_missing),
    Flattener("pdf-lib", ("", ""), _pdf_lib, lambda: missing_package("pdf-lib")),
    Flattener(
        "PostScript",
        ("pdf2ps", "Ghostscript"),
        _by_postscript,
        of_own=True,
    ),
)
