"""What is already known of a form's number: gathered while the number's row is locked."""

from dataclasses import dataclass

from pipeline.model.checked import CheckedForm
from pipeline.model.message import SenderJudgement, SenderVerdict
from pipeline.model.request import END_STATUSES, NumberState, Status
from pipeline.model.route import Conflict, ConflictFacts, Requester, Spelling
from pipeline.routing.conflict import decide_conflict
from pipeline.routing.spelling import alternate_spellings
from pipeline.store.records import NumberRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.tracks.catalogue import FIRST_STAFF_STATUSES
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
    spelling, previous = Spelling.EQUAL, _most_telling(tx, number, own)
    if previous is None and locked.state is NumberState.UNKNOWN:
        for other in sorted(alternate_spellings(number)):
            previous = _most_telling(tx, other, own)
            if previous is not None and not previous.state.ended:
                spelling = Spelling.ALTERNATE
                break
            previous = None
    facts = ConflictFacts(
        kind=checked.submission.form,
        requester=_requester(sender, previous, locked),
        sender=sender.verdict,
        same_message=False,
        same_file=previous is not None and _same_file(tx, previous, checked),
        same_content=previous is not None and _same_content(tx, previous, digest),
        older=previous is not None and _older(tx, previous, checked),
        spelling=spelling,
        previous_kind=previous.form if previous else None,
        previous_status=_telling_status(previous),
        previous_first_staff_status=previous is not None
        and _telling_status(previous) in FIRST_STAFF_STATUSES,
        number=_state(locked, previous, sender),
    )
    return FoundConflict(decide_conflict(facts), previous, locked)


def _state(
    number: NumberRecord, previous: RequestRecord | None, sender: SenderJudgement
) -> NumberState:
    """Return the state that counts: one's own claim, without another request, stops nobody."""
    own = number.organisation == organisation_of(sender.address)
    if number.state is NumberState.REQUESTED and previous is None and own:
        return NumberState.UNKNOWN
    return number.state


def _most_telling(tx: Transaction, number: str, own: RequestRecord | None) -> RequestRecord | None:
    """Return the open request for ``number``, else the newest ended one that was not replaced.

    What an unproven sender asked for binds nobody.
    """
    known = [
        record
        for record in tx.requests.of_number(number)
        if (own is None or record.id != own.id)
        and record.status is not Status.SUPERSEDED
        and record.sender_verdict is SenderVerdict.PASS
    ]
    is_open = [record for record in known if record.status not in END_STATUSES]
    return next(iter([*is_open, *known]), None)


def _telling_status(previous: RequestRecord | None) -> Status | None:
    """Return the status that counts: a hold counts as the status that it interrupted."""
    if previous is None:
        return None
    state = previous.state
    if state.status is Status.HELD and state.came_from is not None:
        return state.came_from
    return state.status


def _requester(
    sender: SenderJudgement, previous: RequestRecord | None, number: NumberRecord
) -> Requester:
    address = sender.address.lower()
    known_address = previous.address_of_record.lower() if previous else ""
    known_organisation = previous.organisation if previous else number.organisation
    if not known_organisation and previous is None:
        unknown = number.state is NumberState.UNKNOWN
        return Requester.SAME if unknown else Requester.OTHER
    if address == known_address:
        return Requester.SAME
    if sender.verdict is SenderVerdict.PASS and (organisation_of(address) == known_organisation):
        return Requester.SAME if previous is None else Requester.SAME_ORG
    return Requester.OTHER


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
