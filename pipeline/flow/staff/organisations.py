"""Staff say which mail domains are one organisation, and settle whose a number is."""

from typing import Literal

from pipeline import logs
from pipeline.errors import NotFoundError, RefusedError
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.requests.route import resume
from pipeline.flow.services import Services, Work
from pipeline.flow.services.organisations import (
    organisation_of_request,
    provides,
    whose_number,
)
from pipeline.flow.staff.command import by_staff, note_in_history, on_request, staff_event
from pipeline.mailbox.authentication.domains import organisational
from pipeline.model.request import EventName, HoldReason, NumberState, Status
from pipeline.store.records import NumberRecord, OrganisationRecord, RequestRecord
from pipeline.tracks.catalogue import TRACKS

#: What a decision about the number says: it is the requester's as it stands, or it changed hands.
OwnerDecision = Literal["ours", "transferred"]


def add_organisation(services: Services, domain: str, who: str) -> OrganisationRecord:
    """Record that ``domain`` is one organisation; one that is known already stays as it is.

    Raises RefusedError ``organisation_provider`` or ``organisation_shared``.
    """
    return services.run(lambda work: make_known(work, domain, who))


def make_known(work: Work, domain: str, who: str) -> OrganisationRecord:
    """Do what :func:`add_organisation` does, in the caller's transaction."""
    refuse_shared(work, domain)
    before = work.tx.organisations.get(domain)
    if before is not None and before.removed_at is None:
        return before
    record = OrganisationRecord(domain, work.now, who)
    work.tx.organisations.set(record)
    if work.services.rehearsal is None:
        logs.event("flow.organisations", "added", by=who)
    return record


def refuse_shared(work: Work, domain: str) -> None:
    """Refuse a domain where strangers have their mailboxes, or their domains."""
    if provides(work, domain):
        raise RefusedError("organisation_provider", domain=domain)
    if not organisational(domain):
        raise RefusedError("organisation_shared", domain=domain)


def remove_organisation(services: Services, domain: str, who: str) -> OrganisationRecord:
    """Record that ``domain`` is no organisation any more; who said so when stays in the table.

    Raises NotFoundError ``organisation_unknown``; RefusedError ``organisation_owns_numbers`` while
    numbers are recorded as the domain's.
    """

    def change(work: Work) -> OrganisationRecord:
        before = work.tx.organisations.get(domain)
        if before is None or before.removed_at is not None:
            raise NotFoundError("organisation_unknown", domain=domain)
        count = work.tx.numbers.count_of(domain)
        if count:
            raise RefusedError("organisation_owns_numbers", domain=domain, n=count)
        record = OrganisationRecord(domain, before.added_at, before.added_by, work.now, who)
        work.tx.organisations.set(record)
        logs.event("flow.organisations", "removed", by=who)
        return record

    return services.run(change)


def same_organisation(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Settle that the sender and the other who has the number are of one organisation.

    Their common mail domain becomes known, and the request is routed again by the table of
    conflicts. Raises RefusedError ``not_held_for_owner``, ``no_common_domain``, and those of
    :func:`add_organisation`.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        _refuse_unless_held(current)
        domain = whose_number(work, current).common_domain
        if not domain:
            raise RefusedError("no_common_domain", reference=current.reference)
        make_known(work, domain, who)
        note_in_history(work, current, who, ("same_organisation", domain))
        return _settle(work, current, who)

    return on_request(services, record, change)


def release_with_number(
    services: Services, record: RequestRecord, who: str, decision: OwnerDecision
) -> RequestRecord:
    """Release a request that is held over the owner of its number, and record whose it is.

    ``ours``: the number is the requester's, in the state that is recorded. ``transferred``: it went
    from its owner to the requester, who brings it anew. Raises RefusedError ``not_held_for_owner``.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        _refuse_unless_held(current)
        known = work.tx.numbers.lock(current.number)
        today = work.services.team.local_date(work.now)
        state, since = known.state, known.since
        if decision == "transferred" and TRACKS[current.state.track].claims_number:
            state, since = NumberState.REQUESTED, today
        if state is not NumberState.UNKNOWN:
            owner = organisation_of_request(work, current)
            work.tx.numbers.set(NumberRecord(known.e164, state, owner, since))
        note_in_history(work, current, who, ("number_owner", decision))
        return _settle(work, current, who)

    return on_request(services, record, change)


def ask_owner(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Ask the customer for a proof that the number is theirs; from then on they see the hold."""

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        _refuse_unless_held(current)
        event = staff_event(services, current, EventName.ASK_OWNER, who)
        return apply_event(work, current, event, by_staff(who))

    return on_request(services, record, change)


def _settle(work: Work, record: RequestRecord, who: str) -> RequestRecord:
    event = staff_event(work.services, record, EventName.OWNER_SETTLED, who)
    return resume(work, apply_event(work, record, event, by_staff(who)), by_staff(who))


def _refuse_unless_held(record: RequestRecord) -> None:
    if record.status is Status.HELD and not record.held_for(HoldReason.OWNERSHIP):
        reason = record.state.hold_reason or HoldReason.STAFF
        raise RefusedError("held_for_other", reference=record.reference, hold=reason.value)
    if not record.held_for(HoldReason.OWNERSHIP):
        raise RefusedError("not_held_for_owner", reference=record.reference)
