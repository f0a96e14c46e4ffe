"""A certificate that was ordered with one yes, and now waits for the yes of a second person."""

from dataclasses import replace

from pipeline.flow.lifecycle.apply import wake_up
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Work
from pipeline.store.records import RequestRecord
from pipeline.tracks.conditions import waits_for_second
from pipeline.tracks.moves import whose_move


def waits(work: Work, record: RequestRecord) -> bool:
    """Tell whether the certificate of ``record`` waits for the yes of a second person.

    So does one that was ordered before the setting asked for two people: staff are told then that
    it is their move.
    """
    policy = work.services.policy
    if not waits_for_second(record.state, policy):
        return False
    move = whose_move(record.state, policy)
    if record.move is not move:
        shown = replace(record, move=move, next_at=wake_up(work.services, record))
        work.tx.requests.save(shown, expected_version=record.state.version)
        alert(work, "second_wanted", record.reference)
    return True
