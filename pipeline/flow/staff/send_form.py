"""Send a customer who has no form the right one, filled in with what is known."""

from dataclasses import replace

from pipeline.flow.context import NoticeDetails
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import by_staff, on_request, staff_event
from pipeline.flow.staff.replies import mark_answered
from pipeline.model.form import FormKind
from pipeline.model.request import EventName
from pipeline.store.records import RequestRecord


def send_form(
    services: Services, record: RequestRecord, who: str, *, form: FormKind, text: str = ""
) -> RequestRecord:
    """Send the form that staff name, with what the customer's words told in it.

    The suggestion is no choice: staff say which form it is. ``text`` are their own words for the
    mail. Raises RefusedError where no form can be sent in the present status.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        event = staff_event(work.services, current, EventName.SEND_FORM, who)
        details = NoticeDetails(own_words=text)
        current = replace(current, form_sent=form)
        sent = apply_event(work, current, event, by_staff(who), details)
        mark_answered(work, sent, who)
        return sent

    return on_request(services, record, change)
