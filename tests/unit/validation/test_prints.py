"""Answers that were read from a print: asked about until they come another way."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.model.problem import Severity, Verdict
from pipeline.model.submission import Answer, CellType, Submission
from pipeline.validation.check import CheckContext, check

MakeSubmission = Callable[..., Submission]


@pytest.fixture
def submission(make_submission: MakeSubmission) -> Submission:
    made = make_submission()
    answers = tuple(replace(answer, cell_type=CellType.PRINT) for answer in made.answers)
    return replace(made, answers=answers, from_print=True)


def put(submission: Submission, *answers: Answer) -> Submission:
    new = {answer.field: answer for answer in answers}
    return replace(
        submission, answers=tuple(new.get(answer.field, answer) for answer in submission.answers)
    )


def test_every_answer_of_a_print_is_asked_about(
    submission: Submission, context: CheckContext
) -> None:
    checked = check(submission, context)
    given = {answer.field for answer in submission.answers if answer.raw}
    assert {
        reading.field for reading in checked.readings if reading.verdict is Verdict.ASK
    } == given
    assert {(item.code, item.severity) for item in checked.problems} == {
        ("file_print", Severity.ASK),
        ("from_print", Severity.ASK),
    }


def test_answer_that_was_seen_but_not_read_is_asked_about(
    submission: Submission, context: CheckContext
) -> None:
    unread = Answer("website", "", "website", CellType.PRINT, damaged=True)
    checked = check(put(submission, unread), context)
    reading = checked.reading("website")
    assert reading is not None
    assert (reading.verdict, reading.value) == (Verdict.ASK, None)
    assert [(item.code, item.severity) for item in reading.problems] == [
        ("unreadable", Severity.ASK)
    ]


def test_print_of_the_same_answers_again_confirms_none(
    submission: Submission, context: CheckContext
) -> None:
    asked = {answer.field: answer.raw for answer in submission.answers}
    again = check(submission, replace(context, confirmed=asked))
    assert again.customer_problems == check(submission, context).customer_problems


def test_odd_name_in_a_second_print_is_still_asked_about(
    submission: Submission, context: CheckContext
) -> None:
    odd = put(submission, Answer("display_name", "NTT DOCOMO", "", CellType.PRINT))
    checked = check(odd, replace(context, confirmed={"display_name": "NTT DOCOMO"}))
    assert checked.value("display_name") is None


def test_number_of_a_print_is_read_with_the_country_of_the_print(
    submission: Submission, context: CheckContext
) -> None:
    numbers = [
        Answer(name, "090-1234-5678", name, CellType.PRINT)
        for name in ("phone_number", "phone_number_again")
    ]
    checked = check(put(submission, *numbers), context)
    assert {item.code for item in checked.customer_problems} == {"file_print", "from_print"}


def test_print_whose_answers_staff_settled_is_not_asked_about(
    submission: Submission, context: CheckContext
) -> None:
    settled = [replace(answer, cell_type=CellType.STAFF) for answer in submission.answers]
    assert check(put(submission, *settled), context).customer_problems == ()
