"""What a request claims in the table of numbers, and frees again."""

from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Work
from pipeline.flow.services.organisations import organisation_of_request, owner_of
from pipeline.model.request import NumberState
from pipeline.store.records import NumberRecord, RequestRecord


def set_own_number(
    work: Work, record: RequestRecord, state: NumberState, *, undo: bool = False
) -> None:
    """Record ``state`` for the number of ``record``, when it has one.

    ``undo``: what made it active for this request is taken back.
    """
    if record.number:
        set_number(work, record, record.number, state, undo=undo)


def move_claim(work: Work, record: RequestRecord, before: str, *, in_doubt: bool = False) -> None:
    """Free the number that ``record`` claimed before its answers changed, and claim the new one.

    A new one that is ``in_doubt`` is claimed by nobody.
    """
    if not record.state.claims_number or before == record.number:
        return
    for number in sorted(filter(None, (before, record.number))):
        work.tx.numbers.lock(number)
    if before:
        set_number(work, record, before, NumberState.UNKNOWN)
    if not in_doubt:
        set_own_number(work, record, NumberState.REQUESTED)


def set_number(
    work: Work, record: RequestRecord, number: str, state: NumberState, *, undo: bool = False
) -> None:
    """Record ``state`` for ``number``, as far as it is for this request to say.

    A request claims only what nobody has, and frees only its own claim; what is active stays so,
    and becomes active for nobody but its owner, unless it is this request that undoes it.
    """
    known = work.tx.numbers.lock(number)
    if state is not NumberState.REQUESTED:
        # whatever becomes of the number: who waits for a request looks whether it is under way
        for waiting in work.tx.requests.waiting_for_number(number):
            work.tx.requests.reschedule(waiting.id, work.now)
    organisation = organisation_of_request(work, record)
    own = owner_of(work, known) == organisation
    mine = {NumberState.REQUESTED, NumberState.ACTIVE} if undo else {NumberState.REQUESTED}
    own_claim = known.state in mine and own
    free = known.state in {NumberState.UNKNOWN, NumberState.RELEASED}
    allowed = {
        NumberState.REQUESTED: free or own_claim,
        NumberState.UNKNOWN: own_claim,
        NumberState.ACTIVE: free or own,
    }
    if not allowed.get(state, True):
        if state is NumberState.ACTIVE:
            alert(work, "number_of_another", record.reference)
        return
    today = work.services.team.local_date(work.now)
    since = known.since if known.state is state else today
    named = "" if state is NumberState.UNKNOWN else organisation
    work.tx.numbers.set(NumberRecord(number, state, named, since))
