"""Requests that staff entered for somebody who had not mailed: who answers our mail is proven."""

from dataclasses import replace

from pipeline.flow.context import MessageContext
from pipeline.flow.services import Work
from pipeline.model.message import SenderVerdict
from pipeline.model.request import Actor
from pipeline.routing.rights import Act, Right, right
from pipeline.store.records import EventRecord, RequestRecord


def proven_by_reply(work: Work, context: MessageContext, record: RequestRecord) -> RequestRecord:
    """Count the mailbox as proven that answers our mail on a request that staff entered."""
    if not record.waits_for_proof or record.state.ended:
        return record
    if right(record.beginning, context.sender, Act.CONFIRM, token=True) is not Right.ACT:
        return record
    return count_as_proven(work, record, Actor.CUSTOMER, "customer")


def count_as_proven(work: Work, record: RequestRecord, actor: Actor, who: str) -> RequestRecord:
    """Record that the sender is proven, and by whom; the status stays."""
    state = replace(record.state, version=record.state.version + 1)
    proven = replace(record, sender_verdict=SenderVerdict.PASS, state=state)
    work.tx.requests.save(proven, expected_version=record.state.version)
    work.tx.events.append(
        EventRecord(
            request_id=record.id,
            seq=0,
            at=work.now,
            actor=actor,
            actor_name=who,
            event=None,
            before=record.status,
            after=record.status,
            detail=(("sender_proven", ""),),
        )
    )
    return proven
