"""What is already known of a form's number: gathered while the number's row is locked."""

from dataclasses import dataclass

from pipeline.model.checked import CheckedForm
from pipeline.model.form import FormKind
from pipeline.model.message import SenderJudgement, SenderVerdict
from pipeline.model.request import END_STATUSES, HoldReason, NumberState, Status
from pipeline.model.route import Conflict, ConflictFacts, Requester, Spelling
from pipeline.routing.conflict import decide_conflict
from pipeline.routing.spelling import alternate_spellings
from pipeline.store.records import NumberRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.tracks.catalogue import BY_FORM, FIRST_STAFF_STATUSES
from pipeline.validation.email import FREE_MAIL_DOMAINS


@dataclass(frozen=True, slots=True)
class FoundConflict:
    """The decision, and the earlier request that it is about (None: there is none)."""

    conflict: Conflict
    previous: RequestRecord | None
    number: NumberRecord | None


def organisation_of(address: str) -> str:
    """Return what stands for the sender's organisation: the domain, or the address at free mail."""
    domain = address.rpartition("@")[2].lower()
    return address.lower() if domain in FREE_MAIL_DOMAINS else domain


def find_conflict(
    tx: Transaction,
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
    locked = tx.numbers.lock(number)
    wanted = _Wanted(checked.submission.form, sender.address.lower(), digest, own)
    known, spelling = locked, Spelling.EQUAL
    previous = _most_relevant_request(tx, locked, wanted)
    if previous is None and locked.state is NumberState.UNKNOWN:
        for other in sorted(alternate_spellings(number)):
            found = _alternate(tx, other, wanted)
            if found is not None:
                spelling, (known, previous) = Spelling.ALTERNATE, found
                break
    facts = ConflictFacts(
        kind=checked.submission.form,
        requester=_requester(sender, previous, known, wanted),
        sender=sender.verdict,
        same_message=False,
        same_file=previous is not None and _same_file(tx, previous, checked),
        same_content=previous is not None and _same_content(tx, previous, digest),
        older=previous is not None and _older(tx, previous, checked),
        spelling=spelling,
        previous_kind=previous.form if previous else None,
        previous_status=_relevant_status(previous),
        previous_first_staff_status=previous is not None
        and _relevant_status(previous) in FIRST_STAFF_STATUSES,
        number=_state(known, previous, wanted),
    )
    return FoundConflict(decide_conflict(facts), previous, locked)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The form that came: its kind, the sender's address, what it says, the request it is on."""

    kind: FormKind
    address: str
    digest: str
    own: RequestRecord | None

    @property
    def organisations(self) -> frozenset[str]:
        """The sender's own; of a request whose address staff changed, that of the request too."""
        on_own = self.own is not None and self.own.address_of_record.lower() == self.address
        names = {
            organisation_of(self.address),
            self.own.organisation if self.own and on_own else "",
        }
        return frozenset(names - {""})


def _state(number: NumberRecord, previous: RequestRecord | None, wanted: _Wanted) -> NumberState:
    """Return the state that counts: one's own claim stops nobody, unless a request stands by it."""
    claimed = previous is not None and not previous.state.ended and _wants_number(previous)
    ours = number.organisation in wanted.organisations
    if number.state is NumberState.REQUESTED and ours and not claimed:
        return NumberState.UNKNOWN
    return number.state


def _wants_number(record: RequestRecord) -> bool:
    """Tell whether the request is about bringing a number, not about one that is active."""
    return record.form is None or not BY_FORM[record.form].needs_active_number


def _alternate(
    tx: Transaction, number: str, wanted: _Wanted
) -> tuple[NumberRecord, RequestRecord | None] | None:
    """Return what is known of another spelling, or None when nothing goes on there."""
    row = tx.numbers.get(number) or NumberRecord(number, NumberState.UNKNOWN, "", None)
    previous = _most_relevant_request(tx, row, wanted)
    taken = _state(row, previous, wanted) in {NumberState.ACTIVE, NumberState.REQUESTED}
    if taken or (previous is not None and not previous.state.ended):
        return row, previous
    return None


def _owner(number: NumberRecord) -> str:
    """Return the organisation that has, claims or had the number; empty: none that we know."""
    return "" if number.state is NumberState.UNKNOWN else number.organisation


def _most_relevant_request(
    tx: Transaction, number: NumberRecord, wanted: _Wanted
) -> RequestRecord | None:
    """Return the open request that the form is most like, else the newest ended one.

    What an unproven sender asked for binds nobody, nor does what waits for a proof of ownership or
    came from a program: else anybody could shut the owner out. Of a number that is somebody's, only
    theirs counts.
    """
    owner = _owner(number)
    known = [
        record
        for record in tx.requests.of_number(number.e164, proven=True)
        if (wanted.own is None or record.id != wanted.own.id)
        and record.status is not Status.SUPERSEDED
        and not waits_for_ownership(record)
        and not record.held_for(HoldReason.AUTOMATIC)
        and (not owner or record.organisation == owner)
    ]

    def likeness(record: RequestRecord) -> tuple[bool, ...]:
        return (
            record.form is wanted.kind,
            _wants_number(record),
            record.address_of_record.lower() == wanted.address,
            _same_content(tx, record, wanted.digest),
        )

    is_open = sorted(
        (record for record in known if not record.state.ended), key=likeness, reverse=True
    )
    return next(iter([*is_open, *known]), None)


def waits_for_ownership(record: RequestRecord) -> bool:
    """Tell whether the request is held until the sender shows that the number is theirs."""
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
        ours = proven and _owner(number) in wanted.organisations
        return Requester.SAME if ours else Requester.OTHER
    if _has_unknown_owner(number, previous):
        return Requester.OTHER
    if wanted.address == previous.address_of_record.lower():
        return Requester.SAME
    if proven and previous.organisation in wanted.organisations:
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
