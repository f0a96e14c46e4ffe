"""What a request claims in the table of numbers, and frees again."""

from pipeline.flow.services import Services
from pipeline.model.request import NumberState
from pipeline.store.records import NumberRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction


def set_own_number(
    tx: Transaction, services: Services, record: RequestRecord, state: NumberState
) -> None:
    """Record ``state`` for the number of ``record``, when it has one."""
    if record.number:
        set_number(tx, services, record, record.number, state)


def move_claim(tx: Transaction, services: Services, record: RequestRecord, before: str) -> None:
    """Free the number that ``record`` claimed before its answers changed, and claim the new one."""
    if not record.state.claims_number or before == record.number:
        return
    for number in sorted(filter(None, (before, record.number))):
        tx.numbers.lock(number)
    if before:
        set_number(tx, services, record, before, NumberState.UNKNOWN)
    set_own_number(tx, services, record, NumberState.REQUESTED)


def set_number(
    tx: Transaction, services: Services, record: RequestRecord, number: str, state: NumberState
) -> None:
    """Record ``state`` for ``number``, as far as it is for this request to say.

    A request claims only what nobody has, and frees only its own claim; what is active stays so.
    """
    known = tx.numbers.lock(number)
    own_claim = known.state is NumberState.REQUESTED and known.organisation == record.organisation
    free = known.state in {NumberState.UNKNOWN, NumberState.RELEASED}
    allowed = {
        NumberState.REQUESTED: free or own_claim,
        NumberState.UNKNOWN: own_claim,
    }
    if not allowed.get(state, True):
        return
    today = services.team.local_date(services.clock.now())
    since = known.since if known.state is state else today
    organisation = "" if state is NumberState.UNKNOWN else record.organisation
    tx.numbers.set(NumberRecord(number, state, organisation, since))
    if state is not NumberState.REQUESTED:
        for waiting in tx.requests.waiting_for_number(number):
            tx.requests.reschedule(waiting.id, services.clock.now())
