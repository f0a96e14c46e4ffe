"""What stands beside the answers: asked about at a question, told to staff elsewhere."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.model.checked import CheckedForm
from pipeline.model.form import FormKind
from pipeline.model.problem import Audience, Severity, Verdict
from pipeline.model.submission import CellType, LeftOver, LeftOverKind, Submission
from pipeline.validation.check import CheckContext, check
from pipeline.validation.content import content_digest

Judge = Callable[..., CheckedForm]


def _codes(checked: CheckedForm, field: str) -> list[str]:
    return [problem.code for problem in checked.problems if problem.field == field]


def _with(submission: Submission, *items: LeftOver, **answers: str) -> Submission:
    changed = tuple(
        replace(answer, raw=answers.get(answer.field, answer.raw)) for answer in submission.answers
    )
    return replace(submission, answers=changed, left_over=items)


def _beside(
    words: str, field: str, kind: LeftOverKind = LeftOverKind.CELL, *, told: bool = False
) -> LeftOver:
    return LeftOver(kind, words, "Form!E12", field, told)


@pytest.fixture
def good(make_submission: Callable[..., Submission]) -> Submission:
    return make_submission(FormKind.ONBOARDING)


@pytest.mark.parametrize("kind", [kind for kind in LeftOverKind if kind is not LeftOverKind.STRUCK])
def test_words_at_an_answer_are_asked_about_with_both(
    good: Submission, context: CheckContext, kind: LeftOverKind
) -> None:
    checked = check(_with(good, _beside("+81 3-5550-0199", "phone_number", kind)), context)
    (problem,) = [item for item in checked.problems if item.field == "phone_number"]
    assert (problem.code, problem.severity) == ("left_over_beside", Severity.ASK)
    reading = checked.reading("phone_number")
    assert reading is not None
    assert reading.verdict is Verdict.ASK
    assert str(problem.param("a")).replace(" ", "") == reading.value
    assert problem.param("b") == "+81 3-5550-0199"
    assert not reading.usable


def test_the_answer_said_again_in_another_spelling_is_nothing(
    good: Submission, context: CheckContext
) -> None:
    plain = check(good, context)
    number = good.answer("phone_number")
    assert number is not None
    spelt = _beside(number.raw.replace("-", " "), "phone_number")
    same = check(_with(good, spelt, _beside("", "")), context)
    assert [item.code for item in same.problems] == [
        *(item.code for item in plain.problems),
        "left_over_mark_elsewhere",
    ]


def test_words_at_a_blank_answer_are_its_proposal(good: Submission, context: CheckContext) -> None:
    left = _beside("03-5550-0170", "contact_phone", LeftOverKind.COMMENT)
    reading = check(_with(good, left, contact_phone=""), context).reading("contact_phone")
    assert reading is not None
    assert (reading.verdict, reading.value) == (Verdict.ASK, "+81355500170")
    assert [item.code for item in reading.problems] == ["left_over_only"]
    again = check(_with(good, replace(left, told=True), contact_phone=""), context)
    confirmed = again.reading("contact_phone")
    assert confirmed is not None
    assert (confirmed.verdict, confirmed.value) == (Verdict.OK, "+81355500170")
    assert [(item.code, item.audience) for item in confirmed.problems] == [
        ("left_over_told", Audience.STAFF)
    ]


def test_struck_out_answer_counts_as_none_and_is_asked_about(
    good: Submission, context: CheckContext
) -> None:
    name = good.answer("contact_name")
    assert name is not None
    for words in ("", name.raw):
        struck = _beside(words, "contact_name", LeftOverKind.STRUCK)
        reading = check(_with(good, struck), context).reading("contact_name")
        assert reading is not None
        assert (reading.verdict, reading.value) == (Verdict.ASK, None)
        assert [item.code for item in reading.problems] == ["left_over_struck_only"]
    part = _beside("Sales", "contact_name", LeftOverKind.STRUCK)
    reading = check(_with(good, part), context).reading("contact_name")
    assert reading is not None
    assert [item.code for item in reading.problems] == ["left_over_struck"]


def test_mark_without_words_is_asked_about(good: Submission, context: CheckContext) -> None:
    ink = _beside("", "contact_name", LeftOverKind.INK)
    assert _codes(check(_with(good, ink), context), "contact_name") == ["left_over_mark"]


def test_what_stands_elsewhere_is_for_staff(good: Submission, context: CheckContext) -> None:
    items = [_beside(f"remark {number}", "") for number in range(30)]
    checked = check(_with(good, *items), context)
    assert checked.verdict is check(good, context).verdict
    found = [item for item in checked.staff_warnings if item.code.startswith("left_over")]
    assert [item.code for item in found] == ["left_over_elsewhere"] * 12 + ["left_over_more"]
    assert found[-1].param("n") == 18


def test_what_staff_entered_is_not_asked_about(good: Submission, context: CheckContext) -> None:
    entered = replace(
        _with(good, _beside("Hanako", "contact_name")),
        answers=tuple(
            replace(answer, cell_type=CellType.STAFF) if answer.field == "contact_name" else answer
            for answer in good.answers
        ),
    )
    checked = check(entered, context)
    assert checked.value("contact_name") is not None
    assert [item.blocks for item in checked.problems if item.field == "contact_name"] == [False]


def test_added_words_are_new_content_and_asking_again_is_not(
    good: Submission, context: CheckContext
) -> None:
    plain, added = check(good, context), check(_with(good, _beside("x", "notes")), context)
    told = check(_with(good, _beside("x", "notes", told=True)), context)
    assert content_digest(plain) != content_digest(added) == content_digest(told)


def test_answers_all_beside_their_boxes_are_no_empty_form(
    good: Submission, context: CheckContext
) -> None:
    items = tuple(_beside(answer.raw, answer.field) for answer in good.answers if answer.raw)
    moved = _with(good, *items, **{answer.field: "" for answer in good.answers})
    checked, plain = check(moved, context), check(good, context)
    assert "file_empty" not in {item.code for item in checked.problems}
    assert [reading.value for reading in checked.readings] == [
        reading.value for reading in plain.readings
    ]
