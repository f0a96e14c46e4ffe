"""Files that hold our form in a way that we cannot read: each is told by its own sentence."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from openpyxl import Workbook, load_workbook

from pipeline.forms.blanks import published
from pipeline.forms.pdf.reader import read_pdf_forms
from pipeline.forms.texts import form_texts
from pipeline.forms.xlsx.read.reader import read_xlsx_forms
from pipeline.model.form import FileFormat, FormFile, FormKind
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import Submission, UnreadableFile
from pipeline.resources import languages
from pipeline.wording.problems import sentence
from tests.programs.answers import entries
from tests.programs.flatteners import printed


def _blank(kind: FormKind, language: str, file_format: FileFormat = FileFormat.PDF) -> bytes:
    content = published(kind, language, file_format)
    assert content is not None
    return content


def _filled(kind: FormKind, language: str = "en", **changes: str) -> bytes:
    given = {entry.field: entry.text for entry in entries(kind, language, FileFormat.PDF)} | changes

    def fill(pdf: Any) -> None:
        for field in pdf.Root.AcroForm.Fields:
            name = str(field.T)
            if name in given and field.get("/FT") != "/Btn":
                field.V = pikepdf.String(given[name])
        pdf.Root.AcroForm.NeedAppearances = True

    return _changed(_blank(kind, language), fill)


def _changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    target = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf:
        change(pdf)
        pdf.save(target)
    return target.getvalue()


def _joined(*contents: bytes, renamed: bool = False) -> bytes:
    """Return the files as one: the fields of all, those of later ones ``renamed`` as qpdf does."""
    with pikepdf.open(BytesIO(contents[0])) as pdf:
        for number, content in enumerate(contents[1:], 1):
            other = pikepdf.open(BytesIO(content))
            fields = [pdf.copy_foreign(field) for field in other.Root.AcroForm.Fields]
            for field in fields:
                if renamed:
                    field.T = pikepdf.String(f"{field.T}+{number}")
                pdf.Root.AcroForm.Fields.append(field)
        target = BytesIO()
        pdf.save(target)
    return target.getvalue()


def _read(content: bytes) -> Submission | UnreadableFile:
    digest = hashlib.sha256(content).hexdigest()
    (found,) = read_pdf_forms(FormFile("form.pdf", content, FileFormat.PDF, digest, 0))
    return found


def _problem(outcome: Submission | UnreadableFile) -> Problem:
    assert isinstance(outcome, UnreadableFile), outcome
    return outcome.problem


def _with_pen(pdf: Any) -> None:
    for page in pdf.pages:
        for widget in list(page.obj.get("/Annots", [])):
            left, bottom, *_ = (float(edge) for edge in widget.Rect)
            stroke = pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Ink, Rect=widget.Rect,
                InkList=pikepdf.Array([pikepdf.Array([left, bottom, left + 30, bottom + 9])]),
            )  # fmt: skip
            page.obj.Annots.append(pdf.make_indirect(stroke))


def test_form_that_was_filled_with_a_pen_is_not_called_empty() -> None:
    assert _problem(_read(_blank(FormKind.QR, "ja"))).code == "file_empty"
    by_pen = _changed(_blank(FormKind.QR, "ja"), _with_pen)
    assert _problem(_read(by_pen)).code == "file_handwritten"


def test_pen_beside_typed_answers_leaves_them_readable() -> None:
    assert isinstance(_read(_changed(_filled(FormKind.QR), _with_pen)), Submission)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((FormKind.ONBOARDING, "ja"), (FormKind.QR, "ja")),
        ((FormKind.QR, "en"), (FormKind.MIGRATION, "de")),
        ((FormKind.QR, "en"), (FormKind.QR, "de")),
    ],
)
@pytest.mark.parametrize("renamed", [False, True])
def test_two_forms_in_one_pdf_are_told_and_not_mixed(
    one: tuple[FormKind, str], other: tuple[FormKind, str], *, renamed: bool
) -> None:
    both = _joined(_filled(*one), _filled(*other), renamed=renamed)
    assert _problem(_read(both)) == Problem("file_two_forms", Severity.ERROR, params=(("n", 2),))


def test_two_numbers_on_two_copies_of_a_form_are_two_forms() -> None:
    first = _filled(FormKind.QR, phone_number="+44 7400 123456")
    second = _filled(FormKind.QR, phone_number="+44 7400 654321")
    both = _problem(_read(_joined(first, second, renamed=True)))
    assert (both.code, both.param("n")) == ("file_two_forms", 2)
    assert isinstance(_read(_joined(first, first, renamed=True)), Submission)


def test_prints_of_two_forms_in_one_file_are_read_one_by_one() -> None:
    prints = (printed(_filled(FormKind.QR)), printed(_filled(FormKind.ONBOARDING)))
    with pikepdf.open(BytesIO(prints[0])) as pdf, pikepdf.open(BytesIO(prints[1])) as other:
        pdf.pages.extend(other.pages)
        target = BytesIO()
        pdf.save(target)
    file = FormFile("form.pdf", target.getvalue(), FileFormat.PDF, "0" * 64, 0)
    found = [read for read in read_pdf_forms(file) if isinstance(read, Submission)]
    assert [read.form for read in found] == [FormKind.QR, FormKind.ONBOARDING]
    assert all(read.from_print for read in found)


def _cell_of_contact(book: Workbook) -> str:
    place = book.defined_names["fld_contact_name"].attr_text
    return str(place).rpartition("!")[2].replace("$", "")


@pytest.mark.parametrize("second", [FormKind.QR, FormKind.MIGRATION])
@pytest.mark.parametrize("is_filled", [True, False])
def test_two_forms_in_one_workbook_are_both_read(second: FormKind, *, is_filled: bool) -> None:
    book = load_workbook(BytesIO(_blank(FormKind.ONBOARDING, "en", FileFormat.XLSX)))
    other_book = load_workbook(BytesIO(_blank(second, "en", FileFormat.XLSX)))
    other = other_book.worksheets[1]
    sheet = book.create_sheet("Form (2)")
    for row in other.iter_rows():
        for cell in row:
            if cell.value is not None:
                sheet[cell.coordinate].value = cell.value
    book.worksheets[1][_cell_of_contact(book)].value = "Aiko Tanaka"
    sheet[_cell_of_contact(other_book)].value = "Ken Ito" if is_filled else None
    target = BytesIO()
    book.save(target)
    content = target.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    found = read_xlsx_forms(FormFile("form.xlsx", content, FileFormat.XLSX, digest, 0))
    said = []
    for form in found:
        assert isinstance(form, Submission)
        said.append((form.form, [answer.raw for answer in form.answers if answer.raw]))
        assert form.left_over == ()
    expected = [(FormKind.ONBOARDING, ["Aiko Tanaka"]), (second, ["Ken Ito"])]
    assert said == (expected if is_filled else expected[:1])


def _page(text: str, *, encoding: str = "latin-1") -> bytes:
    target = BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        lines = b" ".join(b"(%s) Tj 0 -14 Td" % line.encode(encoding) for line in text.splitlines())
        page.contents_add(pikepdf.Stream(pdf, b"BT /F1 10 Tf 40 800 Td " + lines + b" ET"))
        pdf.save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        "No. Question Required or optional Your answer Explanation\nand example Check",
        "Save the file as xlsx.\nAttach the file to an e-mail",
    ],
)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_print_of_the_workbook_asks_for_the_workbook(words: str, version: str) -> None:
    found = _problem(_read(_page(f"{words}\nWA-FORM onboarding {version} en")))
    assert found.code == "file_printed_workbook"


def test_print_of_the_pdf_form_is_no_print_of_the_workbook() -> None:
    found = _read(printed(_filled(FormKind.QR, notes="Save the file as xlsx.")))
    assert isinstance(found, Submission)
    page = "Save the file as xlsx.\nNo form of ours"
    assert _problem(_read(_page(page))).code == "file_template"


def _enclosing(name: str, content: bytes, *, torn: bool) -> bytes:
    target = BytesIO()
    with pikepdf.open(BytesIO(_page("Please see the form inside."))) as pdf:
        inside = pikepdf.AttachedFileSpec(
            pdf, content, filename=name, description="", mime_type="application/octet-stream",
            creation_date="", mod_date="",
        )  # fmt: skip
        pdf.attachments[name] = inside
        if torn:
            stream = pdf.attachments[name].obj.EF.F
            stream.write(b"no deflated data", filter=pikepdf.Name.FlateDecode)
        pdf.save(target, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "torn", "code"),
    [
        ("form.pdf", True, "file_portfolio"),
        ("WhatsApp.XLSX", True, "file_portfolio"),
        ("factur-x.xml", True, "file_template"),
        ("form.pdf", False, "file_template"),
    ],
)
def test_form_inside_a_pdf_that_cannot_be_taken_out_is_asked_for(
    name: str, code: str, *, torn: bool
) -> None:
    content = _enclosing(name, _filled(FormKind.QR), torn=torn)
    assert _problem(_read(content)).code == code


def test_pdf_under_a_sensitivity_label_has_no_password_to_remove() -> None:
    def wrap(pdf: Any) -> None:
        pdf.Root.EncryptedPayload = pikepdf.Dictionary(
            Subtype=pikepdf.Name("/MicrosoftIRMServices")
        )

    target = BytesIO()
    with pikepdf.open(BytesIO(_page("This file is protected."))) as pdf:
        wrap(pdf)
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert _problem(_read(target.getvalue())).code == "file_label_protected"


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    "code",
    [
        "file_two_forms",
        "file_printed_workbook",
        "file_print_unread",
        "file_pages_missing",
        "file_link",
        "file_handwritten",
        "file_encrypted_mail",
        "file_portfolio",
        "file_label_protected",
        "file_big",
    ],
)
def test_each_of_these_files_has_its_sentence(language: str, code: str) -> None:
    words = sentence(
        Problem(code, Severity.ERROR, params=(("n", 2), ("pages", "2, 3"), ("type", "link"))),
        language,
        None,
    )
    assert "{" not in words
    assert len(words) > len(code)


def _printed_by(folder: Path, content: bytes, *options: str) -> bytes:
    if shutil.which("gs") is None:
        pytest.skip("Ghostscript is not installed")
    (folder / "form.pdf").write_bytes(content)
    run = ["gs", "-q", "-dBATCH", "-dNOPAUSE", *options, "-o", "print.pdf", "form.pdf"]
    subprocess.run(run, cwd=folder, check=True, capture_output=True)
    return (folder / "print.pdf").read_bytes()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("-dNoOutputFonts", "-sDEVICE=pdfwrite"), "file_print_unread"),
        (("-r60", "-sDEVICE=pdfimage8"), "file_scanned"),
    ],
)
def test_print_without_text_is_told_from_a_scan(
    tmp_path: Path, options: tuple[str, ...], code: str
) -> None:
    assert _problem(_read(_printed_by(tmp_path, _filled(FormKind.QR), *options))).code == code


def test_print_that_lost_its_footer_is_still_known_for_ours() -> None:
    texts = form_texts("ja")
    hints = [texts.hint(FormKind.QR, name) for name in ("contact_name", "country", "notes")]
    target = BytesIO()
    with pikepdf.open(BytesIO(_page("x"))) as pdf:
        page = pdf.pages[0]
        codes = "".join(dict.fromkeys("".join(hints)))
        rows = "".join(
            f"<{number:04X}> <{one.encode('utf-16-be').hex()}>\n"
            for number, one in enumerate(codes, 1)
        )
        table = f"{len(codes)} beginbfchar\n{rows}endbfchar".encode()
        page.obj.Resources.Font.F1 = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type0, ToUnicode=pdf.make_stream(table),
            BaseFont=pikepdf.Name.Print, Encoding=pikepdf.Name("/Identity-H"),
        )  # fmt: skip
        shown = "".join(f"{codes.index(one) + 1:04X}" for one in "".join(hints))
        page.obj.Contents = pdf.make_stream(f"BT /F1 9 Tf <{shown}> Tj ET".encode())
        pdf.save(target)
    assert _problem(_read(target.getvalue())).code == "file_print_unread"
