"""Judge the answers of a submission by the settings."""

from dataclasses import replace
from datetime import date, datetime
from functools import cache
from types import MappingProxyType

from pipeline.flow.answers.revisions import submission_of
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.checked import CheckedForm
from pipeline.model.form import FormKind
from pipeline.model.problem import Verdict
from pipeline.model.submission import Submission
from pipeline.store.records import RevisionRecord
from pipeline.validation.check import CheckContext, check
from pipeline.validation.phone.policy import PhonePolicy


@cache
def check_context(kind: FormKind, today: date, phones: PhonePolicy) -> CheckContext:
    """Return what the checks of a form of ``kind`` need, on the customer's ``today``."""
    return CheckContext(today=today, vocabulary=choice_vocabulary(kind), phones=phones)


def judge(
    phones: PhonePolicy,
    submission: Submission,
    day: datetime,
    previous: RevisionRecord | None = None,
    *,
    ahead: tuple[CheckedForm, ...] = (),
) -> CheckedForm:
    """Judge ``submission`` on the day of ``day`` (aware); ``phones`` says which numbers are taken.

    A doubtful answer that was asked about in ``previous`` and comes back unchanged is confirmed;
    what stood beside the answers there already was asked about too. ``ahead`` are forms that were
    judged on this day without one.
    """
    if previous is None:
        for checked in ahead:
            if checked.submission is submission:
                return checked
    context = check_context(submission.form, day.date(), phones)
    if previous is not None:
        asked = {
            reading.field: reading.raw
            for reading in previous.readings
            if reading.verdict == Verdict.ASK.value
        }
        context = replace(context, confirmed=MappingProxyType(asked))
        submission = _with_told(submission, previous)
    return check(submission, context)


def _with_told(submission: Submission, previous: RevisionRecord) -> Submission:
    """Return ``submission`` with what stood in ``previous`` already known as told."""
    if not submission.left_over:
        return submission
    told = {item.key for item in submission_of(previous).left_over}
    items = tuple(
        replace(item, told=item.told or item.key in told) for item in submission.left_over
    )
    return replace(submission, left_over=items)
