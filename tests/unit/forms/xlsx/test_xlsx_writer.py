import io
import re
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import form_texts
from pipeline.forms.xlsx.layout import HEADER_ROW
from pipeline.model.form import FormKind
from pipeline.resources import languages

Build = Callable[..., bytes]
_ALL = [(kind, language) for kind in FormKind for language in languages()]


def _book(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def _form(content: bytes) -> Worksheet:
    sheet = _book(content).worksheets[1]
    assert isinstance(sheet, Worksheet)
    return sheet


def _row(sheet: Worksheet, field: str) -> int:
    return next(row for row in range(1, sheet.max_row + 1) if sheet[f"G{row}"].value == field)


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_same_input_gives_the_same_bytes(build: Build, kind: FormKind, language: str) -> None:
    assert build(kind, language) == build(kind, language)


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_every_question_has_a_row_with_its_words(
    build: Build, kind: FormKind, language: str
) -> None:
    book = _book(build(kind, language))
    sheet = book.worksheets[1]
    texts = form_texts(language)
    for name, number in FORMS[kind].numbers.items():
        target = book.defined_names[f"fld_{name}"].attr_text
        assert target is not None
        where = target.rpartition("!")[2].replace("$", "")
        row = where[1:]
        assert where[0] == "D"
        assert sheet[f"A{row}"].value == number
        label, _, below = str(sheet[f"B{row}"].value).partition("\n")
        assert label == texts.label(kind, name)
        assert texts.explanation(kind, name).split() == below.split()
        assert sheet[f"C{row}"].value == texts.requirement(kind, name)
        assert str(sheet[f"E{row}"].value).startswith("=IF(")
        assert sheet[f"B{row}"].alignment.vertical == sheet[where].alignment.vertical == "top"
        assert sheet[f"G{row}"].value == name
        assert sheet[where].number_format == "@"
        assert not sheet[where].protection.locked
        assert sheet[f"B{row}"].protection.locked


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_sheet_is_set_up_for_people(build: Build, kind: FormKind, language: str) -> None:
    book = _book(build(kind, language))
    sheet = book.worksheets[1]
    assert isinstance(sheet, Worksheet)
    assert book.sheetnames[:2] == [
        form_texts(language).words("start_sheet"),
        form_texts(language).words("form_sheet"),
    ]
    assert book["_form"].sheet_state == "hidden"
    assert sheet.protection.sheet
    assert sheet.protection.password is None
    assert sheet.column_dimensions["G"].hidden
    assert sheet.freeze_panes == f"A{HEADER_ROW + 1}"
    assert sheet.print_title_rows == f"${HEADER_ROW}:${HEADER_ROW}"
    assert sheet.page_setup.orientation == "portrait"
    assert str(sheet.page_setup.paperSize) == "9"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert not sheet.merged_cells.ranges
    footer = sheet.oddFooter
    assert footer is not None
    assert f"WA-FORM {kind.value} {FORMS[kind].version} {language}" in str(footer.center.text)
    sizes = {cell.font.size for row in sheet.iter_rows() for cell in row if cell.value}
    assert min(size for size in sizes if size) >= 11


@pytest.mark.parametrize("language", languages())
def test_properties_say_what_the_file_is(build: Build, language: str) -> None:
    book = _book(build(FormKind.QR, language))
    assert book.properties.title == form_texts(language).form(FormKind.QR).title
    assert book.properties.language == language
    custom = {item.name: item.value for item in book.custom_doc_props.props}  # type: ignore[attr-defined] # newer than the stubs
    assert custom == {"_form": "qr", "_version": FORMS[FormKind.QR].version, "_lang": language}


@pytest.mark.parametrize("language", languages())
def test_purpose_privacy_and_address_are_on_both_sheets(build: Build, language: str) -> None:
    book = _book(build(FormKind.ONBOARDING, language))
    for sheet in book.worksheets[:2]:
        text = "".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value)
        assert "requests@example.com" in text
        assert "privacy@example.com" in text
        assert form_texts(language).form(FormKind.ONBOARDING).purpose[:30] in text


@pytest.mark.parametrize("language", languages())
def test_facts_stand_above_the_acknowledgements(build: Build, language: str) -> None:
    sheet = _form(build(FormKind.ONBOARDING, language))
    first = _row(sheet, "ack_no_way_back")
    above = "".join(str(sheet[f"B{row}"].value or "") for row in range(first - 12, first))
    squeezed = above.replace(" ", "")
    for fact in form_texts(language).facts:
        assert fact.replace(" ", "") in squeezed


def test_choice_has_a_closed_list_by_name(build: Build) -> None:
    book = _book(build(FormKind.ONBOARDING, "ja"))
    sheet = book.worksheets[1]
    assert isinstance(sheet, Worksheet)
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    choice = rules[f"D{_row(sheet, 'is_m2m')}"]
    assert (choice.formula1, choice.errorStyle, choice.showErrorMessage) == (
        "lst_yes_no",
        "stop",
        True,
    )
    assert rules[f"D{_row(sheet, 'country')}"].showErrorMessage is False
    assert rules[f"D{_row(sheet, 'notes')}"].errorStyle == "warning"
    target = str(book.defined_names["lst_yes_no"].attr_text)
    letter = target.split("$")[1]
    hidden = book["_lists"]
    assert [hidden[f"{letter}{row}"].value for row in (2, 3)] == ["はい", "いいえ"]


def test_choices_are_filled_in_as_words(build: Build) -> None:
    answers = {"is_m2m": "no", "country": "JP", "ack_charges": "yes", "reply_language": "ja"}
    sheet = _form(build(FormKind.ONBOARDING, "ja", answers))
    shown = {name: sheet[f"D{_row(sheet, name)}"].value for name in answers}
    assert shown == {
        "is_m2m": "いいえ",
        "country": "日本",
        "ack_charges": "確認しました",
        "reply_language": "日本語",
    }


@pytest.mark.parametrize("text", ["=1+1", "+81 3-1234-5678", "-1", "@SUM(A1)", "'quoted", "007"])
def test_answer_is_always_a_string(build: Build, text: str) -> None:
    sheet = _form(build(answers={"notes": text}))
    cell = sheet[f"D{_row(sheet, 'notes')}"]
    assert (cell.value, cell.data_type) == (text, "s")


def test_marked_answer_has_colour_comment_and_sentence(build: Build) -> None:
    sentence = "Organization ID must be 36 characters: numbers, letters a to f and hyphens"
    content = build(answers={"genesys_org_id": "x"}, marks={"genesys_org_id": (sentence,)})
    sheet = _form(content)
    row = _row(sheet, "genesys_org_id")
    cell, other = sheet[f"D{row}"], sheet[f"D{_row(sheet, 'notes')}"]
    assert cell.comment is not None
    assert cell.comment.text == sentence
    seen = load_workbook(io.BytesIO(content), data_only=True).worksheets[1]
    assert isinstance(seen, Worksheet)
    assert seen[f"E{row}"].value == f"To correct\n{sentence}"
    assert cell.fill.start_color.rgb != other.fill.start_color.rgb
    assert other.comment is None
    assert "1 " in str(sheet["A4"].value)
    assert _book(content).active is not None


def test_check_column_shows_its_words_without_computing(build: Build) -> None:
    content = build(
        answers={
            "contact_name": "A",
            "contact_email": "nobody",
            "phone_number": "+81 3 1234 5678",
            "phone_number_again": "+81-3-1234-5678",
            "verification_method": "voice",
        }
    )
    sheet = load_workbook(io.BytesIO(content), data_only=True).worksheets[1]
    assert isinstance(sheet, Worksheet)
    shown = {
        name: sheet[f"E{_row(sheet, name)}"].value
        for name in (
            "contact_name",
            "contact_email",
            "phone_number_again",
            "behind_ivr",
            "notes",
            "country",
        )
    }
    assert shown == {
        "contact_name": "OK",
        "contact_email": "Check the format",
        "phone_number_again": "OK",
        "behind_ivr": "To fill in",
        "notes": "—",
        "country": "To fill in",
    }


def test_no_time_of_making_is_in_the_file(build: Build) -> None:
    with zipfile.ZipFile(io.BytesIO(build())) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist()[0] == "[Content_Types].xml"
        assert b"2026-01-01T00:00:00Z" in archive.read("docProps/core.xml")


def test_unknown_field_of_a_filling_is_left_out(build: Build) -> None:
    assert build(answers={"no_such_field": "x"}) == build()


def _luminance(color: str) -> float:
    """WCAG 2.2, relative luminance of RRGGBB."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (int(color[at : at + 2], 16) / 255 for at in (0, 2, 4))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_every_text_stands_out_from_its_ground(build: Build, kind: FormKind, language: str) -> None:
    content = build(kind, language, {"contact_name": "x"}, {"contact_name": ("Correct it",)})
    looks = set()
    for sheet in _book(content).worksheets[:2]:
        assert isinstance(sheet, Worksheet)
        cells = [cell for row in sheet.iter_rows() for cell in row]
        for cell in cells:
            if cell.value or not cell.protection.locked:
                ground = cell.fill.start_color.rgb[-6:] if cell.fill.fill_type else "FFFFFF"
                looks.add((cell.font.color.rgb[-6:], ground))
        inks = {(cell.font.color.rgb[-6:]) for cell in cells if cell.value}
        for rules in sheet.conditional_formatting:
            for rule in rules.rules:
                style = rule.dxf
                if style.fill:
                    looks |= {(ink, style.fill.bgColor.rgb[-6:]) for ink in inks - {"FFFFFF"}}
                if style.font:
                    looks.add((style.font.color.rgb[-6:], "FFFFFF"))
    assert len(looks) >= 8
    assert {look for look in looks if _contrast(*look) < 4.5} == set()


def test_corrected_answer_is_no_longer_said_to_be_wrong(build: Build) -> None:
    content = build(answers={"notes": "old"}, marks={"notes": ("Shorter, please",)})
    sheet, hidden = _form(content), _book(content)["_form"]
    row = _row(sheet, "notes")
    assert [hidden[f"{column}8"].value for column in "ABC"] == [
        "notes",
        "old",
        "To correct\nShorter, please",
    ]
    assert str(sheet[f"E{row}"].value).startswith(f"=IF(EXACT(D{row},'_form'!$B$8),'_form'!$C$8,")
    rules = {str(found.sqref): found.rules for found in sheet.conditional_formatting}
    for where in (f"D{row}", f"E{row}"):
        assert rules[where][0].formula == [f'LEFT($E{row},10)<>"To correct"']


def test_answer_that_needs_no_correction_leaves_room_for_those_that_do(build: Build) -> None:
    answers, marks = {"contact_name": "A", "notes": "x"}, {"notes": ("Shorter, please",)}
    sheet = _form(build(answers=answers, marks=marks))
    texts = form_texts("en")
    shown = {
        name: str(sheet[f"B{_row(sheet, name)}"].value).partition("\n")[2]
        for name in ("contact_name", "notes", "country", "ack_charges")
    }
    assert shown["contact_name"] == "Example: Aiko Tanaka"
    for name in ("notes", "country"):
        assert shown[name].startswith(texts.hint(FormKind.ONBOARDING, name))
    assert shown["ack_charges"].startswith(texts.statement(FormKind.ONBOARDING, "ack_charges"))


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_pages_break_before_headings_only(build: Build, kind: FormKind, language: str) -> None:
    sheet = _form(build(kind, language))
    texts = form_texts(language)
    titles = {texts.group_title(kind, name) for name in FORMS[kind].groups}
    assert {sheet[f"A{found.id + 1}"].value for found in sheet.row_breaks.brk} <= titles


def test_locked_sheet_lets_people_make_the_form_legible(build: Build) -> None:
    protection = _form(build()).protection
    allowed = (
        protection.formatCells,
        protection.formatRows,
        protection.formatColumns,
        protection.selectLockedCells,
        protection.selectUnlockedCells,
    )
    assert (protection.sheet, protection.password, *allowed) == (True, None, *[False] * 5)


def test_note_at_a_marked_answer_is_as_tall_as_its_text(build: Build) -> None:
    tall = []
    for text in ("Short", "A long sentence that says what has to be changed. " * 10):
        with zipfile.ZipFile(io.BytesIO(build(marks={"notes": (text,)}))) as archive:
            names = [name for name in archive.namelist() if name.endswith(".vml")]
            drawings = "".join(archive.read(name).decode() for name in names)
        tall += re.findall(r"height:(\d+)px", drawings)
    assert tall == ["40", "260"]


@pytest.mark.parametrize("language", languages())
def test_facts_are_framed_at_the_top_of_both_sheets(build: Build, language: str) -> None:
    texts = form_texts(language)
    for kind in FormKind:
        for sheet, columns in zip(_book(build(kind, language)).worksheets[:2], "BE", strict=True):
            rows = [
                row
                for row in range(1, sheet.max_row + 1)
                if sheet[f"A{row}"].border.left.style == "medium"
            ]
            words = "".join(str(sheet[f"B{row}"].value) for row in rows).replace(" ", "")
            said = [words.count(f"{fact}".replace(" ", "")[:20]) for fact in texts.facts]
            times = 0 if kind is FormKind.QR else 1 if columns == "B" else 2
            assert said == [times] * 4
            if rows:
                assert rows[0] < 15
                assert sheet[f"A{rows[0]}"].border.top.style == "medium"
                assert sheet[f"{columns}{rows[-1]}"].border.bottom.style == "medium"
                assert sheet[f"{columns}{rows[0]}"].border.right.style == "medium"


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_what_is_left_is_counted_above_the_table(
    build: Build, kind: FormKind, language: str
) -> None:
    texts, definition = form_texts(language), FORMS[kind]
    required = [name for name, question in definition.questions.items() if question.is_required({})]
    full = dict.fromkeys(required, "x")
    for answers, count in (({}, len(required)), ({required[0]: "x"}, len(required) - 1)):
        assert _left(build(kind, language, answers)) == (
            texts.words("left_many").replace("{n}", str(count)) + texts.words("left_go")
        )
    one = {name: text for name, text in full.items() if name != required[-1]}
    assert _left(build(kind, language, one)) == texts.words("left_one") + texts.words("left_go")
    assert _left(build(kind, language, full)) == texts.words("left_none")


def _left(content: bytes) -> object:
    return load_workbook(io.BytesIO(content), data_only=True).worksheets[1]["A5"].value


def test_answers_to_correct_are_counted_with_those_that_are_left(build: Build) -> None:
    kind = FormKind.QR
    full = {name: "x" for name, item in FORMS[kind].questions.items() if item.is_required({})}
    marked = build(kind, "en", full, {"country": ("Say which",), "notes": ("Shorter",)})
    assert str(_left(marked)).startswith("2 answers left to fill in or correct")
    formula = str(_form(marked)["A5"].value)
    assert "To correct*" in formula
    assert "To correct" not in str(_form(build(kind, "en", full))["A5"].value)


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_links_lead_to_the_first_answer_and_to_a_mail(
    build: Build, kind: FormKind, language: str
) -> None:
    start, sheet = _book(build(kind, language)).worksheets[:2]
    first = _row(sheet, "phone_number")
    links = [cell.hyperlink for row in start.iter_rows() for cell in row if cell.hyperlink]
    assert str(links[0].location).endswith(f"!D{first}")
    mails = [link.target for link in links[1:]]
    mails += [cell.hyperlink.target for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert len(mails) == 2
    assert all(str(mail).startswith("mailto:requests@example.com?subject=") for mail in mails)


def test_cursor_stands_on_the_first_answer_or_the_first_to_correct(build: Build) -> None:
    for marks, field, active in (({}, "phone_number", 0), ({"notes": ("Why",)}, "notes", 1)):
        book = _book(build(marks=marks))
        sheet = book.worksheets[1]
        chosen = {item.pane: item.activeCell for item in sheet.sheet_view.selection}
        assert chosen["bottomLeft"] == f"D{_row(sheet, field)}"
        assert book.active is book.worksheets[active]


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_every_answer_has_a_prompt_that_says_how(
    build: Build, kind: FormKind, language: str
) -> None:
    sheet, texts = _form(build(kind, language)), form_texts(language)
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    for name in FORMS[kind].questions:
        rule = rules[f"D{_row(sheet, name)}"]
        hint = texts.statement(kind, name) or texts.hint(kind, name)
        assert rule.showInputMessage
        assert rule.prompt.startswith(hint)
        assert len(rule.prompt) <= 255
        assert len(rule.promptTitle) <= 32


def test_box_of_a_long_answer_is_taller(build: Build) -> None:
    sheet = _form(build(language="en"))
    heights = {
        name: float(sheet.row_dimensions[_row(sheet, name)].height or 0)
        for name in ("use_case", "profile_description", "contact_name")
    }
    assert heights["use_case"] > heights["profile_description"] > heights["contact_name"]


@pytest.mark.parametrize("kind", FormKind)
def test_nothing_is_printed_smaller_than_nine_points(build: Build, kind: FormKind) -> None:
    """A4 portrait, one page wide: the scale is the room by the width of the columns.

    A column of n characters takes n digits of the standard font (ECMA-376 part 1, 18.3.1.13), and a
    digit of Arial or BIZ UDPGothic of 11 points at most eight pixels.
    """
    for language, marks in (("ja", {}), ("en", {"notes": ("Shorter",)})):
        content = build(kind, language, marks=marks)
        book = load_workbook(io.BytesIO(content), rich_text=True)
        for sheet in book.worksheets[:2]:
            shown = [item for item in sheet.column_dimensions.values() if not item.hidden]
            points = sum(item.width * 8 * 0.75 for item in shown)
            room = (8.27 - sheet.page_margins.left - sheet.page_margins.right) * 72
            cells = [cell for row in sheet.iter_rows() for cell in row if cell.value]
            runs = [cell.value for cell in cells if isinstance(cell.value, CellRichText)]
            sizes = {cell.font.sz for cell in cells}
            sizes |= {part.font.sz for run in runs for part in run if isinstance(part, TextBlock)}
            assert min(sizes) * min(room / points, 1) >= 9
            assert not sheet.HeaderFooter.scaleWithDoc
            assert sheet.oddFooter is not None
            assert int(sheet.oddFooter.left.size or 0) >= 9
