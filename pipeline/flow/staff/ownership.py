"""Staff and a number at Meta: its ownership code, and its registration.

Meta is asked outside of every transaction. A line is committed before it is asked, so that what a
killed process was told is found again by the next batch. A code is in no line, log or mail. In a
rehearsal Meta is not asked: what it would answer is not known, so what follows is told as if it
agreed.
"""

import unicodedata
from datetime import datetime, timedelta
from functools import partial

from pipeline.errors import ConfigurationError, NotFoundError, RefusedError, UsageError
from pipeline.flow.answers.revisions import answer_that_counts
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.meta_askings import (
    DONE,
    NOT_SENT,
    begin_asking,
    end_asking,
    outcome_of,
)
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import (
    by_staff,
    is_too_early,
    note_in_history,
    on_request,
    staff_event,
)
from pipeline.meta.api import (
    REGISTRATION_HOURS,
    REGISTRATIONS,
    CodeMethod,
    CodeStatus,
    Graph,
    MetaNumber,
)
from pipeline.meta.errors import MetaError
from pipeline.model.request import EventName, Status
from pipeline.store.meta_records import Asked, AskingRecord
from pipeline.store.records import RequestRecord
from pipeline.tracks.catalogue import TRACKS
from pipeline.wording.instants import told

_CODE_DIGITS = 6
#: The languages of our customers as Meta names those of its messages.
_LOCALES = {"en": "en_US", "de": "de_DE", "ja": "ja_JP"}
#: Where a new number may prove its ownership; one that moves does so in its call alone.
_OF_NEW = frozenset(
    {
        Status.NAME_REVIEW,
        Status.APPROVED,
        Status.AWAITING_READINESS,
        Status.CERTIFICATE_ISSUED,
        Status.CERTIFICATE_EXPIRED,
    }
)
_OF_MOVING = frozenset({Status.SLOT_AGREED})
#: Meta counts the registrations of a number in a moving window; the tenth is kept for an emergency.
_WINDOW = timedelta(hours=REGISTRATION_HOURS)


def send_code(
    services: Services,
    graph: Graph,
    record: RequestRecord,
    who: str,
    method: CodeMethod,
    *,
    early: bool = False,
) -> RequestRecord:
    """Let Meta send the code that proves the ownership of the number; return the request.

    A number that moves is added to the account first, when a setting allows it. Raises RefusedError
    ``code_not_now``, ``code_too_early``, ``meta_number_missing``, ``code_already_verified``, and
    MetaError.
    """
    _refuse_code(services, record, early=early)
    if services.rehearsal is not None:
        return record
    number = graph.find_number(record.number) or _added(services, graph, record, who)
    if number.code_status is CodeStatus.VERIFIED:
        raise RefusedError("code_already_verified", reference=record.reference)
    language = _LOCALES.get(record.language, services.settings.meta.code_language)
    asking = _begin(services, record, who, Asked.SEND_CODE)
    try:
        graph.request_code(number.id, method, language)
    except MetaError as error:
        end_asking(services, asking, outcome_of(error))
        raise
    detail = ("ownership_code_sent", method.value.lower())
    services.run(partial(_ended, asking, record, who, detail))
    return record


def verify_code(
    services: Services,
    graph: Graph,
    record: RequestRecord,
    who: str,
    code: str,
    *,
    early: bool = False,
) -> RequestRecord:
    """Prove the ownership with the code that the customer read out; return the request as it is.

    For a number that moves this is Meta's word that it may. Raises UsageError ``code_digits``,
    RefusedError as :func:`send_code`, and MetaError: a wrong code changes nothing.
    """
    digits = _digits(code)
    _refuse_code(services, record, early=early)
    if services.rehearsal is not None:
        return _proved(services, record, who)
    number = graph.find_number(record.number)
    if number is None:
        raise _missing(record)
    if number.code_status is CodeStatus.VERIFIED:
        raise RefusedError("code_already_verified", reference=record.reference)
    asking = _begin(services, record, who, Asked.VERIFY_CODE)
    try:
        graph.verify_code(number.id, digits)
    except MetaError as error:
        end_asking(services, asking, outcome_of(error))
        raise
    end_asking(services, asking, DONE)
    return _proved(services, record, who)


def _proved(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Record that the ownership is proved; where it is no step of the track it is a note."""

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        if current.status is not Status.SLOT_AGREED:
            note_in_history(work, current, who, ("ownership_code_verified", ""))
            return current
        event = staff_event(services, current, EventName.CODE_VERIFIED, who)
        return apply_event(work, current, event, by_staff(who))

    return on_request(services, record, change)


def may_prove(record: RequestRecord) -> bool:
    """Tell whether a code of ownership belongs to where the request stands."""
    return record.status in (_OF_MOVING if _moves(record) else _OF_NEW)


def may_register(record: RequestRecord) -> bool:
    """Tell whether the number can be registered where the request stands."""
    return record.status is Status.CERTIFICATE_ISSUED


def register_number(
    services: Services, graph: Graph, record: RequestRecord, who: str, *, last: bool = False
) -> RequestRecord:
    """Register the number under the two-step PIN of the settings; polling sees it connected.

    Meta allows ten registrations of a number in 72 hours, and locks it out for as long after that.
    They are counted here, whatever came of them; the tenth is used only when told so (``last``).
    Raises ConfigurationError ``meta_pin_missing``, RefusedError ``register_not_now``,
    ``meta_number_missing``, ``registrations_spent`` or ``registration_is_last``, and MetaError.
    """
    pin = services.settings.meta.pin.text()
    if not pin:
        raise ConfigurationError("meta_pin_missing", key="meta.pin")
    if not may_register(record):
        raise RefusedError(
            "register_not_now", reference=record.reference, status=record.status.value
        )
    if services.rehearsal is not None:
        services.run(partial(_begin_registering, record, who, last=last))
        return record
    number = graph.find_number(record.number)
    if number is None:
        raise _missing(record)
    asking = services.run(partial(_begin_registering, record, who, last=last))
    try:
        graph.register(number.id, pin)
    except MetaError as error:
        end_asking(services, asking, outcome_of(error))
        raise
    services.run(partial(_ended, asking, record, who, ("registered", "")))
    return record


def _begin_registering(record: RequestRecord, who: str, work: Work, *, last: bool) -> AskingRecord:
    """Count the registrations of the window, and add this one unless it is over the limit.

    Raises RefusedError as :func:`_lock` does, too.
    """
    _lock(work, record)
    begun = work.tx.meta_askings.since(record.number, Asked.REGISTER, work.now - _WINDOW)
    counted = [one for one in begun if one.outcome != NOT_SENT]
    if len(counted) >= REGISTRATIONS or (len(counted) == REGISTRATIONS - 1 and not last):
        spent = len(counted) >= REGISTRATIONS
        raise RefusedError(
            "registrations_spent" if spent else "registration_is_last",
            reference=record.reference,
            count=len(counted),
            most=REGISTRATIONS,
            at=_free_at(work, counted, record),
        )
    work.tx.meta_numbers.wake(record.number, work.now)
    return begin_asking(work, record, Asked.REGISTER, who)


def _free_at(work: Work, counted: list[AskingRecord], record: RequestRecord) -> str:
    first: datetime = counted[0].at + _WINDOW
    return told(first, work.services.settings.team.time_zone or record.time_zone)


def _refuse_code(services: Services, record: RequestRecord, *, early: bool) -> None:
    """Refuse a code where none belongs, or before the agreed call unless it was ``early``."""
    if not may_prove(record):
        raise RefusedError("code_not_now", reference=record.reference, status=record.status.value)
    if not early and is_too_early(record, EventName.CODE_VERIFIED, services.clock.now()):
        slot = record.state.slot
        raise RefusedError(
            "code_too_early",
            reference=record.reference,
            at=told(slot.start, services.settings.team.time_zone) if slot else "",
        )


def _added(services: Services, graph: Graph, record: RequestRecord, who: str) -> MetaNumber:
    """Add a number that moves to the account; return it. Raises RefusedError."""
    if not (_moves(record) and services.settings.meta.add_numbers):
        raise _missing(record)
    with services.store.read() as tx:
        name = answer_that_counts(tx, record, "display_name")
    asking = _begin(services, record, who, Asked.ADD)
    try:
        number_id = graph.add_number(record.number, name or record.company, migrate=True)
    except MetaError as error:
        end_asking(services, asking, outcome_of(error))
        raise
    end_asking(services, asking, DONE)
    return graph.number(number_id)


def _begin(services: Services, record: RequestRecord, who: str, what: Asked) -> AskingRecord:
    """Commit the line about what is asked next; the next batch looks at the number.

    Raises RefusedError as :func:`_lock` does.
    """

    def change(work: Work) -> AskingRecord:
        _lock(work, record)
        work.tx.meta_numbers.wake(record.number, work.now)
        return begin_asking(work, record, what, who)

    return services.run(change)


def _lock(work: Work, record: RequestRecord) -> None:
    """Lock number and request until Meta may be asked about them.

    Raises RefusedError ``stale_request`` when the request has changed since it was read.
    """
    work.tx.numbers.lock(record.number)
    current = work.tx.requests.lock(record.id)
    if current is None:
        raise NotFoundError("request_unknown", reference=record.reference)
    if current.state.version != record.state.version:
        raise RefusedError("stale_request", reference=record.reference)


def _ended(
    asking: AskingRecord, record: RequestRecord, who: str, detail: tuple[str, str], work: Work
) -> None:
    work.tx.meta_askings.end(asking.id, DONE)
    note_in_history(work, record, who, detail)


def _digits(code: str) -> str:
    """Return the six digits of a code as people write them. Raises UsageError ``code_digits``."""
    plain = [unicodedata.decimal(one, -1) for one in code.strip() if one not in " -\u2010\u2011"]
    if len(plain) != _CODE_DIGITS or -1 in plain:
        raise UsageError("code_digits")
    return "".join(str(digit) for digit in plain)


def _moves(record: RequestRecord) -> bool:
    return TRACKS[record.state.track].moves_number


def _missing(record: RequestRecord) -> RefusedError:
    return RefusedError("meta_number_missing", reference=record.reference, number=record.number)
