import gc
import io
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook as NewWorkbook
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.texts import form_texts
from pipeline.model.form import FormKind
from pipeline.model.submission import CellType, Submission
from pipeline.resources import languages

Build = Callable[..., bytes]
Read = Callable[[bytes], Submission]
Refuse = Callable[[bytes], str]
Edit = Callable[[bytes, Callable[[Workbook], None]], bytes]
Parts = Callable[[bytes, Mapping[str, Any]], bytes]

_ALL = [(kind, language) for kind in FormKind for language in languages()]
_SHEET = "xl/worksheets/sheet2.xml"
#: The cell of the contact's name.
_NAME = rb'<c r="D20"[^>]*?(?:/>|></c>)'


def _answers(kind: FormKind) -> dict[str, str]:
    """Return a different text for every question, codes for choices."""
    return {
        name: question.choices[-1]
        if question.choices
        else "yes"
        if question.kind is AnswerKind.TICK
        else f"answer {number}"
        for number, (name, question) in enumerate(FORMS[kind].questions.items())
    }


def _raw(found: Submission) -> dict[str, str]:
    return {answer.field: answer.raw for answer in found.answers}


def _written(kind: FormKind, language: str) -> dict[str, str]:
    texts = form_texts(language)
    return {
        name: dict(texts.choices(name)).get(answer, answer)
        for name, answer in _answers(kind).items()
    }


def _form(book: Workbook) -> Worksheet:
    sheet = book.worksheets[1]
    assert isinstance(sheet, Worksheet)
    return sheet


def _set(book: Workbook, field: str, value: object, number_format: str = "General") -> None:
    target = str(book.defined_names[f"fld_{field}"].attr_text)
    cell = _form(book)[target.rpartition("!")[2].replace("$", "")]
    cell.value = value
    cell.number_format = number_format


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_what_was_written_is_read(build: Build, read: Read, kind: FormKind, language: str) -> None:
    found = read(build(kind, language, _answers(kind)))
    assert (found.form, found.language, found.version) == (kind, language, FORMS[kind].version)
    assert _raw(found) == _written(kind, language)
    assert found.missing == ()
    assert {answer.cell_type for answer in found.answers} == {CellType.TEXT}
    assert not any(answer.disagrees or answer.damaged for answer in found.answers)


def test_place_of_an_answer_is_the_cell(build: Build, read: Read) -> None:
    found = read(build(FormKind.QR, "ja", {"notes": "x"}))
    answer = found.answer("contact_name")
    assert answer is not None
    assert answer.where == "申請書!D14"
    assert found.dated == "2026-01-01T00:00:00Z"


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(min_size=1, max_size=60).filter(lambda text: text.strip(" -—–－\t\n\r")))
def test_any_text_comes_back(build: Build, read: Read, text: str) -> None:
    kept = re.sub(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]",
        "",
        text.replace("\r\n", "\n").replace("\r", "\n"),
    )
    if not kept.strip():
        return
    answer = read(build(answers={"notes": text, "contact_name": "A"})).answer("notes")
    assert answer is not None
    assert answer.raw == re.sub("[\ud800-\udfff]", "\ufffd", kept)


def test_literal_escape_stays_literal(build: Build, read: Read) -> None:
    assert _raw(read(build(answers={"notes": "_x0041_ _x000D_"})))["notes"] == "_x0041_ _x000D_"


@pytest.mark.parametrize("columns", [1, 2])
def test_inserted_columns_do_not_matter(build: Build, read: Read, edit: Edit, columns: int) -> None:
    kind = FormKind.ONBOARDING
    content = build(kind, "en", _answers(kind))
    found = read(edit(content, lambda book: _form(book).insert_cols(3, columns)))
    assert _raw(found) == _written(kind, "en")
    assert not any(answer.disagrees for answer in found.answers)


def test_answers_are_found_without_names(build: Build, read: Read, edit: Edit) -> None:
    def remove(book: Workbook) -> None:
        for name in list(book.defined_names):
            del book.defined_names[name]
        _form(book).data_validations.dataValidation.clear()

    kind = FormKind.MIGRATION
    assert _raw(read(edit(build(kind, "ja", _answers(kind)), remove))) == _written(kind, "ja")


def test_answers_are_found_by_label_alone(build: Build, read: Read) -> None:
    kind = FormKind.ONBOARDING
    source = _form(load_workbook(io.BytesIO(build(kind, "ja", _answers(kind)))))
    book = NewWorkbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for number, row in enumerate(source.iter_rows(6, 64, 1, 5, values_only=True), 9):
        for column, value in enumerate(row, 2):
            sheet.cell(number, column, value)
    out = io.BytesIO()
    book.save(out)
    found = read(out.getvalue())
    assert (found.form, found.language, found.version) == (kind, "ja", "")
    assert _raw(found) == _written(kind, "ja")


def test_identity_is_found_on_the_hidden_sheet(build: Build, read: Read, with_parts: Parts) -> None:
    content = with_parts(
        build(FormKind.QR, "ja", {"notes": "x"}),
        {"docProps/custom.xml": None, "_rels/.rels": lambda old: old.replace(b"custom", b"kustom")},
    )
    found = read(content)
    assert (found.form, found.version, found.language) == (
        FormKind.QR,
        FORMS[FormKind.QR].version,
        "ja",
    )


def test_identity_is_found_in_print(build: Build, read: Read, edit: Edit) -> None:
    def strip(book: Workbook) -> None:
        book.custom_doc_props.props.clear()  # type: ignore[attr-defined] # newer than the stubs
        del book["_form"]

    found = read(edit(build(FormKind.QR, "ja", {"notes": "x"}), strip))
    assert (found.form, found.version, found.language) == (
        FormKind.QR,
        FORMS[FormKind.QR].version,
        "ja",
    )


@pytest.mark.parametrize(
    ("value", "number_format", "raw", "kind"),
    [
        (81312345678, "General", "81312345678", CellType.NUMBER),
        (1022901293403980, "General", "1022901293403980", CellType.NUMBER),
        (-6821, "General", "-6821", CellType.NUMBER),
        (0.1, "General", "0.1", CellType.NUMBER),
        (8.13e10, "0.00E+00", "81300000000", CellType.NUMBER),
        (1.5e19, "General", "1.5e+19", CellType.NUMBER),
        (date(2026, 12, 1), "yyyy-mm-dd", "2026-12-01", CellType.DATE),
        (
            datetime(2026, 12, 8, 10, 0),  # noqa: DTZ001 - a cell has no zone
            'yyyy"年"m"月"d"日" h:mm',
            "2026-12-08T10:00:00",
            CellType.DATE,
        ),
        (46348, "General", "46348", CellType.NUMBER),
        (46348, "[$-411]ggge年m月d日", "2026-11-22", CellType.DATE),
        (46348, '"EUR "0', "46348", CellType.NUMBER),
        (True, "General", "TRUE", CellType.BOOLEAN),
        ("#N/A", "General", "#N/A", CellType.ERROR),
        ("=1+1", "General", "=1+1", CellType.FORMULA),
    ],
)
def test_cell_keeps_its_type(
    build: Build,
    read: Read,
    edit: Edit,
    value: object,
    number_format: str,
    raw: str,
    kind: CellType,
) -> None:
    content = edit(build(), lambda book: _set(book, "notes", value, number_format))
    answer = read(content).answer("notes")
    assert answer is not None
    assert (answer.raw, answer.cell_type) == (raw, kind)


def test_dates_count_from_1904_when_the_file_says_so(
    build: Build, read: Read, edit: Edit, with_parts: Parts
) -> None:
    content = edit(build(), lambda book: _set(book, "notes", 44886, "yyyy-mm-dd"))
    mac = with_parts(
        content,
        {
            "xl/workbook.xml": lambda old: re.sub(
                rb"<workbookPr[^>]*/>", b'<workbookPr date1904="1"/>', old
            )
        },
    )
    assert _raw(read(mac))["notes"] == "2026-11-22"


@pytest.mark.parametrize(
    ("cell", "raw", "kind"),
    [
        (b't="str"><f>A1</f><v>+81 3</v></c>', "+81 3", CellType.TEXT),
        (b"><f>A1*1</f><v>42</v></c>", "42", CellType.NUMBER),
        (b"><f>A1*1</f><v></v></c>", "=A1*1", CellType.FORMULA),
        (
            b't="inlineStr"><is><r><t>one </t></r><r><t>two</t></r></is></c>',
            "one two",
            CellType.TEXT,
        ),
        (
            't="inlineStr"><is><t>田中</t><rPh sb="0" eb="2"><t>タナカ</t></rPh></is></c>'.encode(),
            "田中",
            CellType.TEXT,
        ),
        (b't="d"><v>2026-12-01</v></c>', "2026-12-01", CellType.DATE),
        (b't="inlineStr"><is><t>_xD842__xDFB7_</t></is></c>', "𠮷", CellType.TEXT),
    ],
)
def test_cell_of_other_programs_is_read(
    build: Build, read: Read, with_parts: Parts, cell: bytes, raw: str, kind: CellType
) -> None:
    def change(old: bytes) -> bytes:
        new, count = re.subn(_NAME, b'<c r="D20" ' + cell, old)
        assert count == 1
        return new

    answer = read(with_parts(build(), {_SHEET: change})).answer("contact_name")
    assert answer is not None
    assert (answer.raw, answer.cell_type) == (raw, kind)


def test_lone_surrogate_is_damage(build: Build, read: Read, with_parts: Parts) -> None:
    cell = b'<c r="D20" t="inlineStr"><is><t>A_xD842_B</t></is></c>'
    content = with_parts(build(), {_SHEET: lambda old: re.sub(_NAME, cell, old)})
    answer = read(content).answer("contact_name")
    assert answer is not None
    assert answer.damaged


def test_prefixed_and_strict_names_read_alike(build: Build, read: Read, with_parts: Parts) -> None:
    def prefix(old: bytes) -> bytes:
        new = re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1x:", old)
        return new.replace(
            b' xmlns="http://schemas.openxmlformats.org', b' xmlns:x="http://purl.oclc.org'
        )

    names = (_SHEET, "xl/workbook.xml", "xl/styles.xml")
    found = read(with_parts(build(answers={"notes": "x"}), dict.fromkeys(names, prefix)))
    assert _raw(found)["notes"] == "x"


def test_two_readings_of_one_question_are_both_kept(build: Build, read: Read, edit: Edit) -> None:
    def move(book: Workbook) -> None:
        sheet = _form(book)
        sheet["D3"].value = "from the name"
        book.defined_names["fld_contact_name"].attr_text = "Form!$D$3"

    answer = read(edit(build(answers={"contact_name": "in the row"}), move)).answer("contact_name")
    assert answer is not None
    assert (answer.raw, answer.disagrees) == ("in the row", "from the name")


def test_deleted_row_is_missing_and_not_blank(build: Build, read: Read, edit: Edit) -> None:
    def delete(book: Workbook) -> None:
        sheet = _form(book)
        row = next(row for row in range(1, 60) if sheet[f"G{row}"].value == "country")
        for column in "ABCDEFG":
            sheet[f"{column}{row}"].value = None
        del book.defined_names["fld_country"]

    found = read(edit(build(answers={"notes": "x"}), delete))
    assert found.missing == ("country",)
    assert found.answer("country") is None


def test_blank_form_is_empty(build: Build, refuse: Refuse) -> None:
    assert refuse(build()) == "file_empty"


def test_form_with_dashes_only_is_empty(build: Build, refuse: Refuse) -> None:
    assert refuse(build(answers={"notes": "—", "genesys_region": "-"})) == "file_empty"


def test_workbook_of_somebody_else_is_not_our_form(refuse: Refuse) -> None:
    book = NewWorkbook()
    out = io.BytesIO()
    book.save(out)
    assert refuse(out.getvalue()) == "file_template"


@pytest.mark.parametrize("is_on", [True, False])
def test_collector_of_cycles_is_left_as_it_was(
    build: Build, read: Read, refuse: Refuse, is_on: bool
) -> None:
    content = build(answers={"notes": "x"})
    was_on = gc.isenabled()
    (gc.enable if is_on else gc.disable)()
    try:
        read(content)
        assert gc.isenabled() is is_on
        refuse(content[: len(content) // 2])
        assert gc.isenabled() is is_on
    finally:
        (gc.enable if was_on else gc.disable)()


def test_reading_leaves_no_cycle_to_collect(build: Build, read: Read) -> None:
    content = build(answers={"notes": "x"})
    read(content)
    left = []
    for _ in range(3):  # what something else leaves in between is not left three times
        gc.collect()
        read(content)
        left.append(gc.collect())
    assert min(left) == 0
