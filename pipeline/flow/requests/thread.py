"""Which request a message belongs to: by the keyed token, never by a reference in the subject."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.flow.context import MessageContext
from pipeline.flow.services import Work
from pipeline.flow.services.organisations import is_same_organisation
from pipeline.model.message import InboundMessage, SenderVerdict
from pipeline.notifications.token import is_genuine, read_tokens
from pipeline.store.records import RequestRecord


class Standing(StrEnum):
    """Who writes on the thread of a request.

    ``requester``: the address of record with its token. ``colleague``: a token, and another proven
    sender of the same organisation, one that staff have said. ``third_party``: a token, and anybody
    else. ``doubtful``: a token, and a sender that fails or cannot be judged.
    """

    REQUESTER = "requester"
    COLLEAGUE = "colleague"
    THIRD_PARTY = "third_party"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class KnownThread:
    """A request, and how the sender of a message stands to it."""

    record: RequestRecord
    standing: Standing


def request_of_thread(work: Work, context: MessageContext) -> KnownThread | None:
    """Return the request that a genuine token of the message names, or None."""
    record = named_request(work, context.message)
    if record is None:
        return None
    locked = work.tx.requests.lock(record.id) or record
    return KnownThread(locked, _standing(work, context, locked))


def named_request(work: Work, message: InboundMessage) -> RequestRecord | None:
    """Return the request that a genuine token of ``message`` names, not locked, or None."""
    addresses = tuple(recipient.address for recipient in message.recipients)
    ids = (*message.in_reply_to, *message.references)
    for found in read_tokens(addresses, ids):
        record = work.tx.requests.by_reference(found.reference)
        if record is None:
            continue
        if is_genuine(
            work.services.token_key, record.reference, record.address_of_record, found.token
        ):
            return record
    return None


def _standing(work: Work, context: MessageContext, record: RequestRecord) -> Standing:
    if context.sender.verdict in {SenderVerdict.FAIL, SenderVerdict.UNKNOWN}:
        return Standing.DOUBTFUL
    if context.sender.address.lower() == record.address_of_record.lower():
        return Standing.REQUESTER
    if context.proven and is_same_organisation(
        work, context.sender.address, record.address_of_record
    ):
        return Standing.COLLEAGUE
    return Standing.THIRD_PARTY
