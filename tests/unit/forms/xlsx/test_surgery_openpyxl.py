"""What scripts do to a filled form with openpyxl, which leaves the names where they were."""

import io
from collections.abc import Callable

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.flow.views.form_check import read_forms_of
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import fold_word, form_texts
from pipeline.forms.xlsx.layout import FIELD_PREFIX
from pipeline.forms.xlsx.read.printed_texts import printed_texts
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.submission import Submission, UnreadableFile
from pipeline.resources import languages
from pipeline.validation.check import check
from tests.programs.answers import entries
from tests.programs.matrix import blank_form
from tests.programs.outcome import compare, context

_KIND, _LANGUAGE = FormKind.MIGRATION, "ja"

Change = Callable[[Workbook, Worksheet], None]
Outcome = tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]


def _outcome(change: Change) -> Outcome:
    """Return what is asked about and what is wrong after ``change``, in the first form."""
    found = _read(change)[0]
    assert not isinstance(found, UnreadableFile)
    typed = {entry.field: entry for entry in entries(_KIND, _LANGUAGE, FileFormat.XLSX)}
    return compare(check(found, context(_KIND)), typed)


def _read(change: Change) -> tuple[Submission | UnreadableFile, ...]:
    """Return the forms of a filled workbook after ``change``."""
    book = load_workbook(io.BytesIO(blank_form(_KIND, _LANGUAGE, FileFormat.XLSX)))
    sheet = book.worksheets[1]
    assert isinstance(sheet, Worksheet)
    for entry in entries(_KIND, _LANGUAGE, FileFormat.XLSX):
        sheet[_cell(book, entry.field)].value = entry.text
    change(book, sheet)
    out = io.BytesIO()
    book.save(out)
    return read_forms_of("form.xlsx", out.getvalue())


def _cell(book: Workbook, field: str) -> str:
    target = str(book.defined_names[FIELD_PREFIX + field].attr_text)
    return target.rpartition("!")[2].replace("$", "")


def _remove_names(book: Workbook, sheet: Worksheet) -> None:
    for name in list(book.defined_names):
        del book.defined_names[name]
    sheet.data_validations.dataValidation.clear()


def _rename(book: Workbook, sheet: Worksheet) -> None:
    sheet.title = "回答済み"


def _copy(book: Workbook, sheet: Worksheet) -> None:
    book.copy_worksheet(sheet)


def _remove_names_and_insert(book: Workbook, sheet: Worksheet) -> None:
    _remove_names(book, sheet)
    sheet.insert_rows(20, 3)
    sheet.insert_cols(2)


def _insert_columns(book: Workbook, sheet: Worksheet) -> None:
    sheet.insert_cols(4, 2)


def _delete_requirements(book: Workbook, sheet: Worksheet) -> None:
    sheet.delete_cols(3)


def _merge(book: Workbook, sheet: Worksheet) -> None:
    row = _cell(book, "notes")[1:]
    sheet.merge_cells(f"D{row}:E{row}")


@pytest.mark.parametrize(
    "change",
    [
        _remove_names,
        _rename,
        _copy,
        _remove_names_and_insert,
        _insert_columns,
        _delete_requirements,
        _merge,
    ],
)
def test_answers_are_right_after_changes_that_keep_their_rows(change: Change) -> None:
    assert _outcome(change) == ((), ())


def test_names_left_behind_by_inserted_rows_are_asked_about() -> None:
    asked, wrong = _outcome(lambda book, sheet: sheet.insert_rows(3, 2))
    assert wrong == ()
    # Those that say the same as their neighbour's cell are not in doubt.
    assert len(asked) == 34
    assert asked[0] == ("phone_number", "two_values")


def test_names_left_behind_by_a_deleted_row_are_asked_about() -> None:
    def delete(book: Workbook, sheet: Worksheet) -> None:
        sheet.delete_rows(int(_cell(book, "contact_department")[1:]))

    asked, wrong = _outcome(delete)
    assert wrong == ()
    assert dict(asked)["contact_department"] == "file_incomplete"
    assert len(asked) == 29


def test_copied_sheet_with_another_answer_is_asked_about() -> None:
    def copy(book: Workbook, sheet: Worksheet) -> None:
        other = book.copy_worksheet(sheet)
        other[_cell(book, "current_provider")].value = "別会社"

    assert _outcome(copy) == ((("current_provider", "two_values"),), ())


def test_form_of_another_number_in_the_same_book_is_another_form() -> None:
    def copy(book: Workbook, sheet: Worksheet) -> None:
        other = book.copy_worksheet(sheet)
        for field in ("phone_number", "phone_number_again"):
            other[_cell(book, field)].value = "06-1234-5678"

    assert _outcome(copy) == ((), ())
    first, second = _read(copy)
    assert isinstance(first, Submission)
    assert isinstance(second, Submission)
    differing = [
        answer.field
        for answer, other in zip(first.answers, second.answers, strict=True)
        if answer.raw != other.raw
    ]
    assert differing == ["phone_number", "phone_number_again"]
    assert (first.form, first.language) == (second.form, second.language)


def test_no_word_of_a_list_is_taken_for_print() -> None:
    words = {
        fold_word(word)
        for language in languages()
        for name in FORMS[_KIND].questions
        for _, word in form_texts(language).choices(name)
    }
    assert words & printed_texts(_KIND) == set()
