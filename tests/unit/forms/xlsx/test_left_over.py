"""Nothing that was added to a workbook is lost, and what is ours is never told."""

import hashlib

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.xlsx.read.reader import read_xlsx_forms
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.model.form import FileFormat, Filling, FormFile, FormKind
from pipeline.model.submission import LeftOver, Submission
from pipeline.resources import languages
from tests.unit.forms.xlsx.added_cases import ADDED
from tests.unit.forms.xlsx.adding import Added, edit, emptied
from tests.world.customers import form

_ALL = [(kind, language) for kind in FormKind for language in languages()]


def read_all(content: bytes) -> tuple[Submission, ...]:
    digest = hashlib.sha256(content).hexdigest()
    found = read_xlsx_forms(FormFile("form.xlsx", content, FileFormat.XLSX, digest, 0))
    assert all(isinstance(item, Submission) for item in found), found
    return tuple(item for item in found if isinstance(item, Submission))


def filled(kind: FormKind = FormKind.ONBOARDING, language: str = "en", **answers: str) -> bytes:
    return form(kind, language, "xlsx", **answers)[1]


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
