"""Forms of older versions, as customers have them on their disks: read like the present ones."""

import hashlib
from datetime import date
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from openpyxl import Workbook, load_workbook

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.reader import read_pdf_forms
from pipeline.forms.texts import choice_vocabulary, fold_word, form_texts, printed_versions
from pipeline.forms.xlsx.layout import FIELD_PREFIX
from pipeline.forms.xlsx.read.places import labels
from pipeline.forms.xlsx.read.printed_texts import printed_texts
from pipeline.forms.xlsx.read.reader import read_xlsx
from pipeline.model.form import FileFormat, FormFile, FormKind
from pipeline.model.problem import Severity
from pipeline.model.submission import Submission
from pipeline.resources import languages, root, template
from pipeline.validation.check import CheckContext, check
from tests.programs.answers import entries
from tests.programs.flatteners import printed

#: The workbooks of older versions, as they were published.
_BOOKS = Path(__file__).parent / "older"
_VERSIONS = [(kind, version) for kind in FormKind for version in FORMS[kind].older_versions]
_FORMS = [(kind, version, language) for kind, version in _VERSIONS for language in languages()]


def _file(content: bytes, file_format: FileFormat) -> FormFile:
    digest = hashlib.sha256(content).hexdigest()
    return FormFile(f"form.{file_format.value}", content, file_format, digest, 0)


def _filled(kind: FormKind, version: str, language: str) -> bytes:
    """Return the older blank of ``kind``, filled in as a library does it."""
    content = published(kind, language, version=version)
    assert content is not None
    given = {entry.field: entry.text for entry in entries(kind, language, FileFormat.PDF)}
    target = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf:
        for field in pdf.Root.AcroForm.Fields:
            name = str(field.T)
            if name not in given:
                continue
            if field.get("/FT") == "/Btn":
                field.V = field.AS = pikepdf.Name.Yes
            else:
                field.V = pikepdf.String(given[name])
        pdf.Root.AcroForm.NeedAppearances = True
        pdf.save(target)
    return target.getvalue()


def test_there_is_an_older_version_of_each_form_with_all_its_files() -> None:
    assert {kind for kind, _ in _VERSIONS} == set(FormKind)
    for kind, version, language in _FORMS:
        assert (root() / "forms" / version / f"{kind.value}_{language}.pdf").is_file()
        assert template("forms", version, f"{language}.toml").is_file()


@pytest.mark.parametrize(("kind", "version"), _VERSIONS)
def test_label_of_an_older_version_stands_for_the_same_question(
    kind: FormKind, version: str
) -> None:
    for language in languages():
        older = form_texts(language, version)
        differing = 0
        for name in FORMS[kind].questions:
            label = older.label(kind, name)
            assert labels(kind)[fold_word(label)][0] == name
            assert fold_word(older.explanation(kind, name)) in printed_texts(kind)
            differing += label != form_texts(language).label(kind, name)
        assert differing > 0


def test_language_without_older_forms_has_the_present_words_alone() -> None:
    assert form_texts("en", "0.1").label(FormKind.QR, "qr_action") == "What do you need?"
    assert form_texts("en", "1.1").label(FormKind.QR, "qr_action") == "What you want"
    assert form_texts("en", "1.0").example(FormKind.QR, "qr_action") == "A new code and link"
    found = printed_versions(FormKind.QR)
    assert [texts.language for texts in found[-len(languages()) :]] == [*reversed(languages())]


@pytest.mark.parametrize(("kind", "version", "language"), _FORMS)
def test_filled_pdf_of_an_older_version_is_read_and_told_mildly(
    kind: FormKind, version: str, language: str
) -> None:
    (found,) = read_pdf_forms(_file(_filled(kind, version, language), FileFormat.PDF))
    assert isinstance(found, Submission)
    assert (found.form, found.version, found.language) == (kind, version, language)
    assert (found.missing, found.left_over) == ((), ())
    today = CheckContext(today=date(2026, 11, 23), vocabulary=choice_vocabulary(kind))
    told = {
        problem.code: problem.severity
        for problem in check(found, today).problems
        if problem.code.startswith("file_")
    }
    assert told == {"file_old": Severity.WARNING}


def _older_book(kind: FormKind, version: str, language: str) -> Workbook:
    """Return the workbook of ``version`` as it was published, filled in as a library does it."""
    book = load_workbook(_BOOKS / version / f"{kind.value}_{language}.xlsx", rich_text=True)
    given = {entry.field: entry.text for entry in entries(kind, language, FileFormat.XLSX)}
    for name in list(book.defined_names):
        field = name.removeprefix(FIELD_PREFIX)
        for title, cell in book.defined_names[name].destinations if field in given else ():
            book[title][cell.replace("$", "")].value = given[field]
    return book


def _saved(book: Workbook) -> Submission:
    target = BytesIO()
    book.save(target)
    found = read_xlsx(_file(target.getvalue(), FileFormat.XLSX))
    assert isinstance(found, Submission)
    return found


@pytest.mark.parametrize(("kind", "version", "language"), _FORMS)
def test_published_workbook_of_an_older_version_is_read_whole(
    kind: FormKind, version: str, language: str
) -> None:
    found = _saved(_older_book(kind, version, language))
    given = {entry.field: entry.text for entry in entries(kind, language, FileFormat.XLSX)}
    assert (found.form, found.version, found.language) == (kind, version, language)
    assert (found.missing, found.left_over) == ((), ())
    assert {answer.field: answer.raw for answer in found.answers if answer.raw} == given
    today = CheckContext(today=date(2026, 11, 23), vocabulary=choice_vocabulary(kind))
    told = [problem.code for problem in check(found, today).problems if problem.code[:5] == "file_"]
    assert told == ["file_old"]


@pytest.mark.parametrize(("kind", "version", "language"), _FORMS)
def test_words_beside_an_answer_of_an_older_workbook_are_told(
    kind: FormKind, version: str, language: str
) -> None:
    book = _older_book(kind, version, language)
    ((title, cell),) = book.defined_names[f"{FIELD_PREFIX}phone_number"].destinations
    row = book[title][cell.replace("$", "")].row
    book[title][f"H{row}"].value = str(FORMS[kind].numbers["notes"])
    (item,) = _saved(book).left_over
    assert (item.field, item.words) == ("phone_number", str(FORMS[kind].numbers["notes"]))


@pytest.mark.parametrize(("kind", "version", "language"), _FORMS)
def test_older_workbook_is_read_by_its_labels_alone(
    kind: FormKind, version: str, language: str
) -> None:
    book = load_workbook(_BOOKS / version / f"{kind.value}_{language}.xlsx")
    sheet = book.worksheets[1]
    given = {}
    for row, name in ((cell.row, cell.value) for cell in sheet["G"] if cell.value):
        if name in FORMS[kind].questions:
            given[name] = f"answer {row}"
            sheet[f"D{row}"].value = given[name]
    sheet.delete_cols(7)
    for name in list(book.defined_names):
        del book.defined_names[name]
    for title in book.sheetnames:
        if title.startswith("_"):
            del book[title]
    found = _saved(book)
    assert (found.form, found.missing) == (kind, ())
    assert {answer.field: answer.raw for answer in found.answers} == given


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("version", sorted({version for _, version in _VERSIONS}))
def test_print_of_an_older_version_is_read_by_its_own_blank(version: str, language: str) -> None:
    kind = FormKind.QR
    (found,) = read_pdf_forms(_file(printed(_filled(kind, version, language)), FileFormat.PDF))
    assert isinstance(found, Submission)
    assert found.from_print
    assert (found.version, found.missing) == (version, ())
    kept = {answer.field for answer in found.answers if answer.raw}
    given = {entry.field for entry in entries(kind, language, FileFormat.PDF)}
    assert len(kept) >= len(given) * 0.8
