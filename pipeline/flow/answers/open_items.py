"""What of a request's answers is open, as a later mail repeats it."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.flow.answers.judge import judge
from pipeline.flow.answers.revisions import submission_of
from pipeline.flow.answers.sentences import items_for_customer
from pipeline.model.notice import ProblemItem
from pipeline.model.problem import Audience, Severity
from pipeline.model.request import Status
from pipeline.store.records import RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.validation.phone.policy import PhonePolicy


@dataclass(frozen=True, slots=True)
class OpenItems:
    """The answers that the customer still has to correct; ``has_errors``: one of them is wrong."""

    items: tuple[ProblemItem, ...] = ()
    has_errors: bool = True


def open_items(
    tx: Transaction, phones: PhonePolicy, record: RequestRecord, now: datetime
) -> OpenItems:
    """Return the answers that the customer still has to correct, or nothing.

    They are those that were asked about: what was confirmed since is not asked again.
    """
    revision = tx.revisions.latest(record.id)
    if revision is None or record.status is not Status.NEEDS_CORRECTION:
        return OpenItems()
    asked = [
        problem
        for problem in revision.problems
        if problem.audience == Audience.CUSTOMER.value and problem.severity != Severity.NOTE.value
    ]
    fields = {problem.field for problem in asked}
    checked = judge(phones, submission_of(revision), now)
    items = items_for_customer(checked, record.language)
    return OpenItems(
        items=tuple(item for item in items if item.field in fields),
        has_errors=any(problem.severity == Severity.ERROR.value for problem in asked),
    )
