"""A certificate that was ordered with one yes, and now waits for the yes of a second person."""

from dataclasses import replace

from pipeline.flow.lifecycle.apply import wake_up
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Work
from pipeline.model.certificate import CertificateState
from pipeline.store.records import RequestRecord
from pipeline.tracks.conditions import waits_for_second
from pipeline.tracks.moves import whose_move

#: A certificate that was begun, and is not made yet.
BEGUN = frozenset({CertificateState.RESERVED, CertificateState.PREPARED})


def waits(work: Work, record: RequestRecord) -> bool:
    """Tell whether the certificate of ``record`` waits for the yes of a second person."""
    return waits_for_second(record.state, work.services.policy)


def stop(work: Work, record: RequestRecord) -> RequestRecord:
    """Stop a certificate that waits and was ordered before two people were asked for.

    What was begun is given up, and staff see that it is their move. Returns the request as it is
    then.
    """
    for row in work.tx.certificates.of_request(record.id):
        if row.state in BEGUN:
            state, reason = CertificateState.REVOKED, "second_missing"
            ended = replace(row, state=state, ended_at=work.now, end_reason=reason)
            work.tx.certificates.save(ended, before=row)
    move = whose_move(record.state, work.services.policy)
    if record.move is move:
        return record
    before = record.state.version
    record = replace(
        record,
        state=replace(record.state, version=before + 1),
        move=move,
        next_at=wake_up(work.services, record),
    )
    work.tx.requests.save(record, expected_version=before)
    alert(work, "second_wanted", record.reference)
    return record
