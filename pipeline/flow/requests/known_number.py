"""What is already known of a form's number: gathered while the number's row is locked."""

from collections.abc import Container
from dataclasses import dataclass, replace

from pipeline.flow.services import Work
from pipeline.flow.services.organisations import (
    organisation_of,
    organisation_of_request,
    owner_of,
)
from pipeline.model.checked import CheckedForm
from pipeline.model.form import FormKind
from pipeline.model.message import SenderJudgement, SenderVerdict
from pipeline.model.request import END_STATUSES, HoldReason, NumberState, Status
from pipeline.model.route import Conflict, ConflictDecision, ConflictFacts, Requester, Spelling
from pipeline.routing.conflict import decide_conflict
from pipeline.routing.spelling import alternate_spellings
from pipeline.store.records import NumberRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.tracks.catalogue import BY_FORM, FIRST_STAFF_STATUSES


@dataclass(frozen=True, slots=True)
class FoundConflict:
    """The decision, and the earlier request that it is about (None: there is none).

    ``in_question`` is what the table says of the number's owner when that is another organisation.
    Everything else is then found as if nobody knew the number but the requester's organisation:
    that is all that they may see.
    """

    conflict: Conflict
    previous: RequestRecord | None
    number: NumberRecord | None
    in_question: Conflict | None = None


def find_conflict(
    work: Work,
    sender: SenderJudgement,
    checked: CheckedForm,
    digest: str,
    own: RequestRecord | None = None,
) -> FoundConflict | None:
    """Return what the conflict table decides for ``checked``, or None without a readable number.

    ``own`` is the request that the form belongs to already; it is no conflict with itself.
    """
    number = checked.value("phone_number")
    if number is None:
        return None
    locked = work.tx.numbers.lock(number)
    if sender.verdict is SenderVerdict.PASS:
        work.tx.requests.of_number(number)  # who is proven replaces their unproven ones: one read
    wanted = _Wanted(
        work,
        checked.submission.form,
        sender.address.lower(),
        digest,
        own,
        _organisations(work, sender.address, own),
    )
    found = _decide(sender, checked, wanted, locked)
    in_question = found.conflict.decision is ConflictDecision.HOLD_OWNERSHIP
    if not in_question and found.previous is not None:
        return found
    seen = _decide(sender, checked, replace(wanted, own_view=True), locked)
    return replace(seen, in_question=found.conflict if in_question else None)


def _decide(
    sender: SenderJudgement, checked: CheckedForm, wanted: "_Wanted", locked: NumberRecord
) -> FoundConflict:
    """Look the number up in the view of ``wanted`` and ask the table."""
    row = _row(locked, wanted)
    known, spelling = row, Spelling.EQUAL
    previous = _most_relevant_request(row, wanted)
    if previous is None and row.state is NumberState.UNKNOWN:
        for other in sorted(alternate_spellings(row.e164)):
            found = _alternate(other, wanted)
            if found is not None:
                spelling, (known, previous) = Spelling.ALTERNATE, found
                break
    tx = wanted.work.tx
    facts = ConflictFacts(
        kind=checked.submission.form,
        requester=_requester(sender, previous, known, wanted),
        sender=sender.verdict,
        same_message=False,
        same_file=previous is not None and _same_file(tx, previous, checked),
        same_content=previous is not None and _same_content(tx, previous, wanted.digest),
        older=previous is not None and _older(tx, previous, checked),
        spelling=spelling,
        previous_kind=previous.form if previous else None,
        previous_status=_relevant_status(previous),
        previous_first_staff_status=previous is not None
        and _relevant_status(previous) in FIRST_STAFF_STATUSES,
        number=_state(known, previous, wanted),
    )
    return FoundConflict(decide_conflict(facts), previous, row)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The form that came: its kind, the sender's address, what it says, the request it is on.

    ``organisations`` are the sender's own; of a request whose address staff changed, that of the
    request too. ``own_view``: only what these organisations did themselves is looked at.
    """

    work: Work
    kind: FormKind
    address: str
    digest: str
    own: RequestRecord | None
    organisations: frozenset[str]
    own_view: bool = False


def _organisations(work: Work, address: str, own: RequestRecord | None) -> frozenset[str]:
    names = {organisation_of(work, address)}
    if own is not None and own.address_of_record.lower() == address.lower():
        names.add(organisation_of_request(work, own))
    return frozenset(names - {""})


def _is_own(record: RequestRecord, wanted: _Wanted) -> bool:
    return _is_of(record, wanted.organisations, wanted)


def _is_of(record: RequestRecord, names: Container[str], wanted: _Wanted) -> bool:
    """Tell whether the request is of one of the organisations ``names``.

    What was noted is compared first: a number may have 2,000 requests, most of its owner.
    """
    return record.organisation in names or organisation_of_request(wanted.work, record) in names


def _row(row: NumberRecord, wanted: _Wanted) -> NumberRecord:
    """Return the row of a number as ``wanted`` may see it.

    What is not theirs is unknown; what they have asked for is requested, whoever has the number.
    """
    if not wanted.own_view or owner_of(wanted.work, row) in wanted.organisations:
        return row
    claimed = any(
        record.state.claims_number and not record.state.ended and _is_own(record, wanted)
        for record in wanted.work.tx.requests.of_number(row.e164)
        if record.sender_verdict is SenderVerdict.PASS
    )
    if not claimed:
        return NumberRecord(row.e164, NumberState.UNKNOWN, "", None)
    return NumberRecord(row.e164, NumberState.REQUESTED, min(wanted.organisations), None)


def _state(number: NumberRecord, previous: RequestRecord | None, wanted: _Wanted) -> NumberState:
    """Return the state that counts: one's own claim stops nobody, unless a request stands by it."""
    claimed = previous is not None and not previous.state.ended and _wants_number(previous)
    ours = owner_of(wanted.work, number) in wanted.organisations
    if number.state is NumberState.REQUESTED and ours and not claimed:
        return NumberState.UNKNOWN
    return number.state


def _wants_number(record: RequestRecord) -> bool:
    """Tell whether the request is about bringing a number, not about one that is active."""
    return record.form is None or not BY_FORM[record.form].needs_active_number


def _alternate(number: str, wanted: _Wanted) -> tuple[NumberRecord, RequestRecord | None] | None:
    """Return what is known of another spelling, or None when nothing goes on there."""
    row = wanted.work.tx.numbers.get(number) or NumberRecord(number, NumberState.UNKNOWN, "", None)
    row = _row(row, wanted)
    previous = _most_relevant_request(row, wanted)
    taken = _state(row, previous, wanted) in {NumberState.ACTIVE, NumberState.REQUESTED}
    if taken or (previous is not None and not previous.state.ended):
        return row, previous
    return None


def _most_relevant_request(number: NumberRecord, wanted: _Wanted) -> RequestRecord | None:
    """Return the open request that the form is most like, else the newest ended one.

    What an unproven sender asked for binds nobody, nor does what waits for a proof of ownership or
    came from a program: else anybody could shut the owner out. Of a number that is somebody's, only
    theirs counts.
    """
    owner = owner_of(wanted.work, number)
    known = [
        record
        for record in wanted.work.tx.requests.of_number(number.e164, proven=True)
        if (wanted.own is None or record.id != wanted.own.id)
        and record.status is not Status.SUPERSEDED
        and not record.held_for(HoldReason.AUTOMATIC)
        and _counts(record, owner, wanted)
    ]

    def likeness(record: RequestRecord) -> tuple[bool, ...]:
        return (
            record.form is wanted.kind,
            _wants_number(record),
            record.address_of_record.lower() == wanted.address,
            _same_content(wanted.work.tx, record, wanted.digest),
        )

    is_open = sorted(
        (record for record in known if not record.state.ended), key=likeness, reverse=True
    )
    return next(iter([*is_open, *known]), None)


def _counts(record: RequestRecord, owner: str, wanted: _Wanted) -> bool:
    """Tell whether an earlier request says anything about the number in the view of ``wanted``."""
    if wanted.own_view:
        return _is_own(record, wanted)
    if HoldReason.OWNERSHIP in record.state.doubts or waits_for_ownership(record):
        return False
    return not owner or _is_of(record, {owner}, wanted)


def waits_for_ownership(record: RequestRecord) -> bool:
    """Tell whether the request is held until it is known whose the number is."""
    return record.held_for(HoldReason.OWNERSHIP)


def _relevant_status(previous: RequestRecord | None) -> Status | None:
    """Return the status that counts: a hold counts as the status that it interrupted."""
    if previous is None:
        return None
    state = previous.state
    if state.status is Status.HELD and state.came_from is not None:
        return state.came_from
    return state.status


def _requester(
    sender: SenderJudgement,
    previous: RequestRecord | None,
    number: NumberRecord,
    wanted: _Wanted,
) -> Requester:
    """Return how the sender relates to who has the number, or asked for it first."""
    proven = sender.verdict is SenderVerdict.PASS
    if previous is None:
        if number.state is NumberState.UNKNOWN:
            return Requester.SAME
        ours = proven and owner_of(wanted.work, number) in wanted.organisations
        return Requester.SAME if ours else Requester.OTHER
    if _has_unknown_owner(number, previous):
        return Requester.OTHER
    if wanted.address == previous.address_of_record.lower():
        return Requester.SAME
    if proven and _is_own(previous, wanted):
        return Requester.SAME_ORG
    return Requester.OTHER


def _has_unknown_owner(number: NumberRecord, previous: RequestRecord) -> bool:
    """Tell whether the number is somebody's who is not named, and was not got by ``previous``."""
    nameless = number.state is not NumberState.UNKNOWN and not number.organisation
    got = {Status.ACTIVE, Status.DELIVERED}
    return nameless and previous.status in END_STATUSES - got


def _same_content(tx: Transaction, previous: RequestRecord, digest: str) -> bool:
    latest = tx.revisions.latest(previous.id)
    return latest is not None and latest.digest == digest


def _same_file(tx: Transaction, previous: RequestRecord, checked: CheckedForm) -> bool:
    latest = tx.revisions.latest(previous.id)
    return latest is not None and latest.sha256 == checked.submission.sha256


def _older(tx: Transaction, previous: RequestRecord, checked: CheckedForm) -> bool:
    """Tell whether the file says it was last saved before the one that is held."""
    latest = tx.revisions.latest(previous.id)
    dated = checked.submission.dated
    return bool(latest and latest.dated and dated and dated < latest.dated)
