"""How a decision of staff is carried out: on the request as it is now, in one transaction."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from pipeline import logs
from pipeline.errors import ConfigurationError, NotFoundError, PipelineError, RefusedError
from pipeline.flow.context import Trigger
from pipeline.flow.lifecycle.issuance import draft, issue, pending
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.desk.kept import LASTS, keep_for_undo
from pipeline.flow.upkeep.revocation_lists import keep_lists_current
from pipeline.model.message import SenderVerdict
from pipeline.model.request import Actor, Event, EventName, Move, Status
from pipeline.store.records import CertificateRecord, EventRecord, RequestRecord

Decision = Callable[[Work, RequestRecord], RequestRecord]
#: Events that are Meta's word, recorded by staff.
_OF_META = frozenset(
    {
        EventName.VERIFIED,
        EventName.REFUSED,
        EventName.NAME_APPROVED,
        EventName.NAME_DECLINED,
        EventName.CODE_VERIFIED,
        EventName.CODE_FAILED,
        EventName.TWO_STEP_STILL_ON,
        EventName.DIRECTLY_ELIGIBLE,
    }
)
#: Those of Meta's answers that lead on to a certificate.
_LEADS_ON = frozenset({EventName.VERIFIED, EventName.NAME_APPROVED, EventName.CODE_VERIFIED})
#: What only the agreed call can bring; the other events of Meta can come at any time.
_OF_CALL = frozenset({EventName.CODE_VERIFIED, EventName.CODE_FAILED})


def on_request(services: Services, record: RequestRecord, decide: Decision) -> RequestRecord:
    """Run ``decide`` on the request; refuse when it changed since ``record`` was read.

    A decision that lets it wait for a customer who cannot be written to is refused, too.

    What it changed is kept, so that it can be undone. Certificates that wait after it are issued.
    Returns the request as it is then.
    """

    def run(work: Work) -> tuple[RequestRecord, list[CertificateRecord]]:
        if record.number:
            work.tx.numbers.lock(record.number)
        current = work.tx.requests.lock(record.id)
        if current is None:
            raise NotFoundError("request_unknown", reference=record.reference)
        if (current.state.version, current.number) != (record.state.version, record.number):
            raise RefusedError("stale_request", reference=record.reference)
        with work.tx.context.watching(LASTS) as watch:
            decided = decide(work, current)
        keep_for_undo(work, current, watch)
        _refuse_silent_wait(current, decided)
        return decided, draft(work, decided, pending(work))

    changed, waiting = services.run(run)
    if services.rehearsal is not None:
        return changed  # nothing is signed
    issued = {one.id: one for one in issue(services, waiting)}
    if services.lists_are_behind:
        list_revoked(services)
    if not waiting or record.id in issued:
        return issued.get(record.id, changed)
    with services.store.read() as tx:
        return tx.requests.get(record.id) or changed


def _refuse_silent_wait(before: RequestRecord, after: RequestRecord) -> None:
    """Refuse to let a request wait for a customer who is not told that it does.

    Raises RefusedError ``customer_unreachable``.
    """
    begins = after.move is Move.CUSTOMER and before.move is not Move.CUSTOMER
    if after.waits_for_proof and after.status is Status.AWAITING_FORM:
        return  # the form that staff send is the one mail that may go out
    if begins and after.sender_verdict is not SenderVerdict.PASS:
        raise RefusedError("customer_unreachable", reference=before.reference)


def list_revoked(services: Services, *, anew: bool = False) -> bool:
    """Sign the lists with what was just revoked; what cannot be signed now is for the next batch.

    ``anew``: sign them in any case. The decision stands, so nothing here tells that it failed.
    Returns whether all lists could be signed.
    """
    try:
        keep_lists_current(services, anew=anew)
    except ConfigurationError as error:
        code = error.code
        services.run(lambda work: alert(work, "revocation_not_listed", "", code))
    except PipelineError as error:
        logs.event("flow.lists", "not_signed", code=error.code)
    else:
        return True
    return False


def staff_event(
    services: Services, record: RequestRecord, name: EventName, who: str, **values: object
) -> Event:
    """Return the event ``name`` of this instant, by ``who``; Meta's word is marked as such."""
    event = Event(
        name=name,
        actor=Actor.META if name in _OF_META else Actor.STAFF,
        at=services.clock.now(),
        actor_name=who,
        expected_version=record.state.version,
    )
    return replace(event, **values)  # type: ignore[arg-type]


def leads_on(name: EventName) -> bool:
    """Tell whether ``name`` is an answer of Meta that leads on to a certificate."""
    return name in _LEADS_ON


def is_of_meta(name: EventName) -> bool:
    """Tell whether ``name`` is an answer of Meta, which staff only record."""
    return name in _OF_META


def is_too_early(record: RequestRecord, name: EventName, now: datetime) -> bool:
    """Tell whether ``name`` is the outcome of a call whose agreed time has not come."""
    slot = record.state.slot
    return name in _OF_CALL and slot is not None and now < slot.start


def entered_by_hand(services: Services, record: RequestRecord) -> bool:
    """Tell whether the request waits for a certificate that staff enter themselves."""
    return services.policy.manual_issuer and record.state.certificate_wanted_at is not None


def by_staff(who: str) -> Trigger:
    """Return the cause of what ``who`` decides: its mails wait for the undo window."""
    return Trigger(name=who, by_staff=True)


def note_in_history(work: Work, record: RequestRecord, who: str, detail: tuple[str, str]) -> None:
    """Write what ``who`` did into the history of a request whose status stays.

    ``detail`` is what was done and to which row; never a text of a customer.
    """
    work.tx.events.append(
        EventRecord(
            request_id=record.id,
            seq=0,
            at=work.now,
            actor=Actor.STAFF,
            actor_name=who,
            event=None,
            before=record.status,
            after=record.status,
            detail=(detail,),
        )
    )
