"""Nothing that was added to a workbook is lost, and what is ours is never told."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.xlsx.read.reader import read_xlsx_forms
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.model.form import FileFormat, Filling, FormFile, FormKind
from pipeline.model.submission import LeftOver, Submission, UnreadableFile
from pipeline.resources import languages
from tests.unit.forms.xlsx.added_cases import ADDED
from tests.unit.forms.xlsx.adding import (
    Added,
    Change,
    at_place,
    both,
    cell,
    copied_below,
    copied_sheet,
    edit,
    emptied,
    note,
    put,
)
from tests.world.customers import form

_ALL = [(kind, language) for kind in FormKind for language in languages()]


def read_all(content: bytes) -> tuple[Submission, ...]:
    digest = hashlib.sha256(content).hexdigest()
    found = read_xlsx_forms(FormFile("form.xlsx", content, FileFormat.XLSX, digest, 0))
    assert all(isinstance(item, Submission) for item in found), found
    return tuple(item for item in found if isinstance(item, Submission))


def filled(kind: FormKind = FormKind.ONBOARDING, language: str = "en") -> bytes:
    return form(kind, language, "xlsx")[1]


def answered(**answers: str) -> bytes:
    return form(FormKind.ONBOARDING, "en", "xlsx", **answers)[1]


def _said(items: tuple[LeftOver, ...], added: Added) -> list[LeftOver]:
    return [
        item
        for item in items
        if added.words in item.words
        and (added.field is None or item.field == added.field)
        and (not added.kind or item.kind.value == added.kind)
    ]


@pytest.mark.parametrize("added", ADDED, ids=lambda added: added.name)
def test_what_was_added_is_told_once_at_its_question(added: Added) -> None:
    content = emptied(added.blank)(filled()) if added.blank else filled()
    (found,) = read_all(added.change(content))
    assert len(_said(found.left_over, added)) == 1, found.left_over
    expected = 2 if added.name.startswith("two things") else 1
    assert len(found.left_over) == expected


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_forms_with_nothing_added_have_nothing_left_over(kind: FormKind, language: str) -> None:
    for content in (filled(kind, language), edit(filled(kind, language), lambda _: None)):
        (found,) = read_all(content)
        assert found.left_over == ()


@pytest.mark.parametrize(("kind", "language"), _ALL)
@pytest.mark.parametrize("to_check", [False, True])
def test_our_own_marks_are_known(kind: FormKind, language: str, *, to_check: bool) -> None:
    marks = tuple(
        (name, (f"Check “{name}”.", "+81 ＜b＞ & two  blanks"))
        for name in list(FORMS[kind].questions)[::3]
    )
    filling = Filling((("contact_name", "山田"), ("notes", "a\nb")), marks, to_check=to_check)
    address, privacy = "anfragen@beispiel.example", "https://beispiel.example/datenschutz"
    content = build_xlsx(kind, language, filling, address=address, privacy=privacy)
    for copy in (content, edit(content, lambda _: None)):
        (found,) = read_all(copy)
        assert found.left_over == ()


@pytest.mark.parametrize(("kind", "language"), _ALL)
def test_published_blanks_have_nothing_left_over(kind: FormKind, language: str) -> None:
    blank = published(kind, language, FileFormat.XLSX)
    assert blank is not None
    (found,) = read_all(edit(blank, lambda book: setattr(cell(book, "notes"), "value", "x")))
    assert found.left_over == ()


_OTHER_NUMBER = {"phone_number": "+44 7400 654321", "phone_number_again": "07400 654321"}


@pytest.mark.parametrize("add", [copied_below, copied_sheet])
def test_same_form_for_another_number_is_another_form(add: Callable[..., Change]) -> None:
    first, second = read_all(add(lambda: answered(**_OTHER_NUMBER))(filled()))
    assert (first.form, second.form) == (FormKind.ONBOARDING, FormKind.ONBOARDING)
    assert (first.version, second.version) == (FORMS[first.form].version,) * 2
    numbers = [form.answer("phone_number") for form in (first, second)]
    assert [number and number.raw for number in numbers] == [
        "+44 7400 123456",
        _OTHER_NUMBER["phone_number"],
    ]
    assert (first.left_over, second.left_over) == ((), ())


def test_copy_for_the_same_number_is_one_form_with_both_answers() -> None:
    (found,) = read_all(copied_below(lambda: answered(display_name="Other"))(filled()))
    answer = found.answer("display_name")
    assert answer is not None
    assert (answer.raw, answer.disagrees) == ("Harbour Books", "Other")
    assert found.left_over == ()


def test_three_forms_of_two_kinds_and_languages_in_one_file() -> None:
    add = both(
        copied_sheet(lambda: filled(FormKind.QR, "ja")),
        copied_below(lambda: answered(**_OTHER_NUMBER)),
        put("website", 4, "for the first"),
    )
    found = read_all(add(filled()))
    assert [(form.form, form.language) for form in found] == [
        (FormKind.ONBOARDING, "en"),
        (FormKind.ONBOARDING, "en"),
        (FormKind.QR, "ja"),
    ]
    assert [len(form.left_over) for form in found] == [1, 0, 0]


def test_what_is_written_on_a_blank_copy_is_told_with_the_first_form() -> None:
    blank = published(FormKind.QR, "en", FileFormat.XLSX)
    assert blank is not None
    content = copied_sheet(lambda: blank)(filled())
    (found,) = read_all(
        edit(content, lambda book: book["Form (2)"].__setitem__("H9", "not needed"))
    )
    assert [(item.words, item.field) for item in found.left_over] == [("not needed", "")]


def test_more_forms_than_anybody_fills_in_are_told() -> None:
    content = filled()
    for number in range(13):
        other = answered(phone_number=f"+44 7400 65{number:04}")
        content = copied_sheet(partial(bytes, other), f"F{number}")(content)
    digest = hashlib.sha256(content).hexdigest()
    (found,) = read_xlsx_forms(FormFile("form.xlsx", content, FileFormat.XLSX, digest, 0))
    assert isinstance(found, UnreadableFile)
    assert (found.problem.code, found.problem.param("n")) == ("file_two_forms", 14)


def test_blank_form_with_a_remark_alone_is_not_passed_over() -> None:
    blank = published(FormKind.QR, "en", FileFormat.XLSX)
    assert blank is not None
    (found,) = read_all(at_place("B80", "please call me")(blank))
    assert [item.words for item in found.left_over] == ["please call me"]


def test_what_is_kept_is_bounded() -> None:
    def scribble(book: Any) -> None:
        page = cell(book, "notes").parent
        for row in range(7, 120):
            for column in range(8, 108):
                page.cell(row, column).value = f"{row} {column} many words"

    (found,) = read_all(edit(filled(), scribble))
    assert len(found.left_over) <= 200
    assert max(len(item.words) for item in found.left_over) <= 1_000
    notes = [note(name, "w" * 40) for name in FORMS[FormKind.ONBOARDING].questions]
    (found,) = read_all(both(*notes)(filled()))
    assert len(found.left_over) == len(notes)


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("To correct\nCheck “website”.", ""),
        ("To correct\nCheck “website”. But it is right", "But it is right"),
        ("OK", ""),
        ("I did", "I did"),
    ],
)
def test_what_is_added_to_a_mark_is_told(text: str, added: str) -> None:
    marks = (("website", ("Check “website”.",)),)
    content = build_xlsx(
        FormKind.ONBOARDING,
        "en",
        Filling((("website", "abc"),), marks),
        address="a@example.com",
        privacy="b@example.com",
    )
    (found,) = read_all(put("website", 1, text)(content))
    assert [item.words for item in found.left_over] == ([added] if added else [])
