"""What a request still asks of its customer: reminders and answers about it tell it again."""

from dataclasses import replace

from pipeline.flow.answers.judge import judge
from pipeline.flow.answers.revisions import latest_accepted, submission_of
from pipeline.flow.answers.sentences import items_for_customer
from pipeline.flow.context import NoticeDetails
from pipeline.flow.services import Work
from pipeline.model.notice import NoticeName
from pipeline.model.problem import Severity
from pipeline.model.request import EventName, Status
from pipeline.model.transition import SendNotice
from pipeline.store.records import RequestRecord

#: Mails that tell again which answers are open.
_TELL_AGAIN = frozenset({NoticeName.CORRECTION_REMINDER, NoticeName.DUPLICATE})
#: The variant of a mail about answers that another form asks for.
AFTER_ROUTE = "after_route"


def told_again(
    work: Work, record: RequestRecord, notice: NoticeName, details: NoticeDetails
) -> NoticeDetails:
    """Return ``details`` with the answers that are open, where ``notice`` tells them again."""
    awaited = record.state.shown.status is Status.NEEDS_CORRECTION
    if notice not in _TELL_AGAIN or details.items or not awaited or record.form is None:
        return details
    revision = latest_accepted(work.tx, record)
    if revision is None:
        return details
    checked = judge(work.services.phones, submission_of(revision), work.now)
    return replace(
        details,
        items=items_for_customer(checked, record.language),
        has_errors=any(item.severity is Severity.ERROR for item in checked.customer_problems),
    )


def asked_by_route(work: Work, record: RequestRecord, effect: SendNotice) -> bool:
    """Tell whether what is asked for is what the form asks that staff moved the request to."""
    if effect.variant == AFTER_ROUTE:
        return True
    awaited = record.state.shown.status is Status.NEEDS_CORRECTION
    if effect.notice not in _TELL_AGAIN or not awaited:
        return False
    return any(
        line.event is EventName.ROUTE and line.at == record.state.entered_at
        for line in work.tx.events.list(record.id)
    )
