import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import form_texts
from pipeline.model.form import FormKind
from pipeline.model.submission import CellType, Submission
from pipeline.resources import languages

pytestmark = pytest.mark.libreoffice

Build = Callable[..., bytes]
Read = Callable[[bytes], Submission]


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LibreOffice profile of this module's own."""
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    return tmp_path_factory.mktemp("libreoffice")


def _convert(profile: Path, source: Path, target: str) -> bytes:
    out = source.parent / "out"
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--convert-to",
            target,
            "--outdir",
            str(out),
            str(source),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return (out / source.with_suffix(f".{target}").name).read_bytes()


def _fill(content: bytes, kind: FormKind, language: str) -> tuple[bytes, dict[str, str]]:
    """Type an answer into every cell as a person does: words of the lists, text elsewhere."""
    texts = form_texts(language)
    book = load_workbook(io.BytesIO(content))
    sheet = book.worksheets[1]
    assert isinstance(sheet, Worksheet)
    typed: dict[str, str] = {}
    for number, name in enumerate(FORMS[kind].questions):
        choices = texts.choices(name)
        typed[name] = choices[-1][1] if choices else f"+81 0{number} 株式会社髙𠮷 é"
        target = str(book.defined_names[f"fld_{name}"].attr_text).rpartition("!")[2]
        cell = sheet[target.replace("$", "")]
        cell.value = typed[name]
        cell.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), typed


@pytest.mark.parametrize("language", languages())
def test_form_saved_by_libreoffice_reads_back(
    build: Build, read: Read, profile: Path, tmp_path: Path, language: str
) -> None:
    kind = FormKind.ONBOARDING
    content, typed = _fill(build(kind, language), kind, language)
    source = tmp_path / "form.xlsx"
    source.write_bytes(content)
    found = read(_convert(profile, source, "xlsx"))
    assert {answer.field: answer.raw for answer in found.answers} == typed
    assert {answer.cell_type for answer in found.answers} == {CellType.TEXT}
    assert (found.form, found.language, found.version) == (kind, language, FORMS[kind].version)
    assert found.missing == ()


def test_libreoffice_computes_the_check_column(build: Build, profile: Path, tmp_path: Path) -> None:
    answers = {
        "contact_name": "A",
        "contact_email": "nobody",
        "genesys_org_id": "x",
        "phone_number": "+81 3-1234-5678",
        "phone_number_again": "+81 3-1234-5679",
        "verification_method": "voice",
    }
    source = tmp_path / "form.xlsx"
    source.write_bytes(build(FormKind.ONBOARDING, "ja", answers))
    saved = _convert(profile, source, "xlsx")
    sheet = load_workbook(io.BytesIO(saved), data_only=True).worksheets[1]
    assert isinstance(sheet, Worksheet)
    rows = {sheet[f"G{row}"].value: row for row in range(6, sheet.max_row + 1)}
    shown = {
        name: sheet[f"E{rows[name]}"].value
        for name in (
            "contact_name",
            *list(answers)[1:3],
            "phone_number_again",
            "behind_ivr",
            "notes",
        )
    }
    assert shown == {
        "contact_name": "OK",
        "contact_email": "形式を確認",
        "genesys_org_id": "形式を確認",
        "phone_number_again": "番号が不一致",
        "behind_ivr": "未入力",
        "notes": "—",
    }


@pytest.mark.parametrize("language", languages())
def test_libreoffice_counts_what_is_left(
    build: Build, profile: Path, tmp_path: Path, language: str
) -> None:
    kind, texts = FormKind.QR, form_texts(language)
    required = [name for name, item in FORMS[kind].questions.items() if item.is_required({})]
    new = dict(texts.choices("qr_action"))["new"]
    typed = [
        ({}, {}, len(required), False),
        ({"qr_action": new}, {}, len(required) + 2, False),
        (dict.fromkeys(required, "x"), {}, 0, False),
        (dict.fromkeys(required[1:], "x"), {"notes": ("Shorter",)}, 2, True),
    ]
    sources = []
    for number, (answers, marks, _, _) in enumerate(typed):
        book = load_workbook(io.BytesIO(build(kind, language, marks=marks)))
        for name, text in answers.items():
            title, cell = next(book.defined_names[f"fld_{name}"].destinations)
            book[title][cell.replace("$", "")].value = text
        sources.append(tmp_path / f"{number}.xlsx")
        book.save(sources[-1])  # without what the formulas result in
    for source, (_, _, left, marked) in zip(sources, typed, strict=True):
        saved = load_workbook(io.BytesIO(_convert(profile, source, "xlsx")), data_only=True)
        key = "left_marked_many" if marked else "left_many"
        many = texts.words(key).replace("{n}", str(left)) + texts.words("left_go")
        assert saved.worksheets[1]["A5"].value == (many if left else texts.words("left_none"))


def test_lists_survive_libreoffice(build: Build, profile: Path, tmp_path: Path) -> None:
    source = tmp_path / "form.xlsx"
    source.write_bytes(build(FormKind.QR, "en", {"notes": "x"}))
    book = load_workbook(io.BytesIO(_convert(profile, source, "xlsx")))
    sheet = book.worksheets[1]
    assert isinstance(sheet, Worksheet)
    rules = {str(rule.formula1) for rule in sheet.data_validations.dataValidation}
    assert {"lst_qr_action", "lst_country", "lst_image_format"} <= rules
    assert sheet.protection.sheet


def test_looks_and_marks_survive_libreoffice(build: Build, profile: Path, tmp_path: Path) -> None:
    answers = {"contact_name": "A", "genesys_org_id": "x", "notes": "old"}
    marks = {"genesys_org_id": ("36 characters, please",), "notes": ("Shorter, please",)}
    book = load_workbook(io.BytesIO(build(FormKind.QR, "en", answers, marks)))
    sheet = book.worksheets[1]
    assert isinstance(sheet, Worksheet)
    rows = {sheet[f"G{row}"].value: row for row in range(6, sheet.max_row + 1)}
    sheet[f"D{rows['notes']}"].value = "new"
    source = tmp_path / "form.xlsx"
    book.save(source)
    content = _convert(profile, source, "xlsx")
    saved = load_workbook(io.BytesIO(content)).worksheets[1]
    seen = load_workbook(io.BytesIO(content), data_only=True).worksheets[1]
    assert isinstance(saved, Worksheet)
    assert isinstance(seen, Worksheet)
    shown = {name: seen[f"E{rows[name]}"].value for name in ("genesys_org_id", "notes", "country")}
    assert shown == {
        "genesys_org_id": "To correct\n36 characters, please",
        "notes": "OK",
        "country": "To fill in",
    }
    note = saved[f"D{rows['notes']}"].comment
    assert note is not None
    assert note.text.strip() == "Shorter, please"
    places = {str(found.sqref) for found in saved.conditional_formatting}
    assert {f"{column}{rows[name]}" for name in marks for column in "DE"} <= places
    assert saved.print_title_rows == "$6:$6"
    hidden = saved.column_dimensions["F"]  # up to G: columns that are alike stand together
    assert (hidden.hidden, hidden.max) == (True, 7)
    assert saved[f"D{rows['notes']}"].number_format == "@"


def _pages(profile: Path, source: Path) -> list[str]:
    """The texts of the pages that LibreOffice prints of a workbook."""
    document = pypdfium2.PdfDocument(_convert(profile, source, "pdf"))
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


@pytest.mark.parametrize("language", languages())
def test_printed_copy_with_marks_has_at_most_four_pages(
    build: Build, profile: Path, tmp_path: Path, language: str
) -> None:
    kind, texts = FormKind.MIGRATION, form_texts(language)
    answers = {
        name: texts.example(kind, name)
        or next((word for _, word in texts.choices(name)), "1 March 2031")
        for name in FORMS[kind].questions
    }
    names = ("contact_name", "genesys_org_id", "phone_number", "notes")
    source = tmp_path / "form.xlsx"
    marks = {name: (texts.words("length_message"),) for name in names}
    source.write_bytes(build(kind, language, answers, marks))
    _check_pages(_pages(profile, source), kind, language)


def _check_pages(pages: list[str], kind: FormKind, language: str) -> None:
    """Check that there are four at most, and that no title stands alone at a foot."""
    texts = form_texts(language)
    assert 1 <= len(pages) <= 4
    for page in pages:
        last = page.split("WA-FORM")[0].rstrip().split("\r\n")
        titles = {texts.group_title(kind, name) for name in FORMS[kind].groups}
        assert not titles & set(last[-2:])


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", FormKind)
def test_printed_form_has_at_most_four_pages(
    build: Build, profile: Path, tmp_path: Path, kind: FormKind, language: str
) -> None:
    source = tmp_path / "form.xlsx"
    source.write_bytes(build(kind, language))
    _check_pages(_pages(profile, source), kind, language)
