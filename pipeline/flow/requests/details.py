"""What the words of a customer told of a request without a form: kept and completed."""

from dataclasses import replace

from pipeline.flow.context import MessageContext
from pipeline.flow.requests.hear import hear
from pipeline.flow.services import Work
from pipeline.model.proposal import Proposals, Told, is_known, told
from pipeline.model.request import NumberState, Track
from pipeline.routing.suggestion import suggest
from pipeline.store.records import RequestRecord
from pipeline.store.unit_of_work import Transaction

#: A later word on one of these takes back what was said of the others: who has run it is one fact.
_WHO_RAN_IT = frozenset({Told.PROVIDER, Told.USE, Told.HOSTING})


def told_number(proposals: Proposals) -> str:
    """Return the one number that was told (E.164); empty when there is none, or several."""
    numbers = told(proposals, Told.NUMBER)
    return numbers[0] if len(numbers) == 1 else ""


def number_state(tx: Transaction, proposals: Proposals) -> NumberState:
    """Return what we know of the one number that was told."""
    known = tx.numbers.get(told_number(proposals))
    return known.state if known else NumberState.UNKNOWN


def hear_more(work: Work, context: MessageContext, record: RequestRecord) -> RequestRecord:
    """Complete what was told of a request without a form by a further mail; return the request.

    What the mail says of a detail takes the place of what was said before, which stays as a weak
    proposal. Other requests come back as they are.
    """
    if record.state.track is not Track.HELP or record.form is not None or record.state.ended:
        return record
    number, ran = is_known(record.proposals)
    words = "" if context.new_text.ours else context.new_text.text
    message = replace(context.message, new_text=words)
    new = hear(message, context.sender, record.language, asked=number and not ran)
    if not new:
        return record
    proposals = _merged(record.proposals, new)
    heard = replace(
        record,
        proposals=proposals,
        suggestion=suggest(proposals, number_state(work.tx, proposals)),
    )
    work.tx.requests.set_proposals(heard)
    return heard


def _merged(old: Proposals, new: Proposals) -> Proposals:
    about = {item.about for item in new if not item.weak} - {Told.FORM}
    if about & _WHO_RAN_IT:
        about |= _WHO_RAN_IT
    kept = [replace(item, weak=item.weak or item.about in about) for item in old]
    values = {(item.about, item.value) for item in new}
    return (*(item for item in kept if (item.about, item.value) not in values), *new)
