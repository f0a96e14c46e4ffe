"""Staff open a request for somebody who has not mailed: by phone, in a chat, in a ticket."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.errors import RefusedError, UsageError
from pipeline.flow.context import NoticeDetails
from pipeline.flow.lifecycle.apply import apply_event, wake_up
from pipeline.flow.services import Services, Work
from pipeline.flow.services.organisations import organisation_of
from pipeline.flow.staff.command import by_staff, note_in_history, staff_event
from pipeline.flow.views.lists.number_file import read_number, read_organisation
from pipeline.model.form import FormKind
from pipeline.model.identifiers import new_id, new_reference
from pipeline.model.message import SenderVerdict
from pipeline.model.proposal import Proposal, Told, told
from pipeline.model.request import EventName, RequestState, Status, Track
from pipeline.store.records import ENTERED_BY_STAFF, RequestRecord
from pipeline.tracks.moves import whose_move
from pipeline.validation.customer_zone import customer_zone

_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Caller:
    """What somebody said who did not mail; ``number`` is E.164, what is not known is empty."""

    form: FormKind
    address: str
    company: str = ""
    contact: str = ""
    number: str = ""
    language: str = "en"


def read_caller(form: FormKind, said: Mapping[str, str], language: str) -> Caller:
    """Return the caller that was typed: ``address``, ``company``, ``contact`` and ``number``.

    Raises UsageError ``address_unreadable`` or ``number_unreadable``.
    """
    typed = said.get("address", "")
    address = read_organisation(typed)
    if not address or "@" not in address:
        raise UsageError("address_unreadable", address=typed)
    number = said.get("number", "")
    return Caller(
        form=form,
        address=address,
        company=said.get("company", ""),
        contact=said.get("contact", ""),
        number=read_number(number) if number else "",
        language=language,
    )


def open_request(
    services: Services,
    caller: Caller,
    who: str,
    *,
    send_form: bool = False,
    text: str = "",
    again: bool = False,
) -> RequestRecord:
    """Open a request for ``caller``; with ``send_form`` one mail brings the form to fill in.

    The sender is not proven until they answer it, so that nothing else is mailed. Nothing that was
    said counts as an answer: it is proposed in the form. Raises UsageError ``address_unreadable``
    or ``open_text_unsent``, RefusedError ``already_open`` unless it is opened ``again``.
    """
    if text.strip() and not send_form:
        raise UsageError("open_text_unsent")
    if caller.address.lower() == services.settings.mailbox.address.lower():
        raise UsageError("address_unreadable", address=caller.address)

    def change(work: Work) -> RequestRecord:
        if not again:
            _refuse_second(work, caller)
        record = _record(work, caller)
        work.tx.requests.insert(record)
        note_in_history(work, record, who, (ENTERED_BY_STAFF, caller.form.value))
        if not send_form:
            return record
        event = staff_event(services, record, EventName.SEND_FORM, who)
        sent = replace(record, form_sent=caller.form)
        return apply_event(work, sent, event, by_staff(who), NoticeDetails(own_words=text))

    return services.run(change)


def _record(work: Work, caller: Caller) -> RequestRecord:
    zone = work.services.settings.team.time_zone
    proposals = tuple(
        Proposal(about, value, "")
        for about, value in (
            (Told.NUMBER, caller.number),
            (Told.COMPANY, _line(caller.company)),
            (Told.FORM, caller.form.value),
        )
        if value
    )
    state = RequestState(track=Track.HELP, status=Status.TRIAGE, version=1, entered_at=work.now)
    record = RequestRecord(
        id=new_id(),
        reference=new_reference(),
        state=state,
        form=None,
        address_of_record=caller.address,
        sender_verdict=SenderVerdict.NONE,
        began_with=SenderVerdict.NONE,
        organisation=organisation_of(work, caller.address),
        language=caller.language,
        time_zone=customer_zone(None, caller.number, zone),
        opened_at=work.now,
        next_at=None,
        contact=_line(caller.contact),
        route_rule=ENTERED_BY_STAFF,
        suggestion=caller.form,
        proposals=proposals,
    )
    move = whose_move(state, work.services.policy)
    return replace(record, next_at=wake_up(work.services, record), move=move)


def _line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]


def _refuse_second(work: Work, caller: Caller) -> None:
    """Refuse a request that this address has open already, for the same number or none."""
    for other in work.tx.requests.of_sender(caller.address):
        numbers = {other.number, *told(other.proposals, Told.NUMBER)} - {""}
        same = caller.number in numbers if caller.number and numbers else True
        if same and not other.state.ended:
            status = other.status.value
            raise RefusedError("already_open", reference=other.reference, status=status)
