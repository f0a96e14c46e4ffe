"""Which request a message belongs to: by the keyed token, never by a reference in the subject."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline import terms
from pipeline.flow.context import MessageContext
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.budgets import mailbox_of
from pipeline.flow.services import Work
from pipeline.flow.services.organisations import is_same_organisation
from pipeline.model.message import InboundMessage, SenderVerdict
from pipeline.notifications.token import ReplyToken, read_tokens
from pipeline.store.records import RequestRecord

#: A mail of ours names 21 ids of a thread at most, each with the same token; more are guesses.
_TOKENS_TRIED = 10
#: After so many mails of a day with wrong tokens, those of the sender are not looked at that day.
_WRONG_A_DAY = 5


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


@dataclass(frozen=True, slots=True)
class _Tokens:
    """What the tokens of a message name; ``wrong``: one of them was never made by us."""

    record: RequestRecord | None
    wrong: bool = False


def request_of_thread(work: Work, context: MessageContext) -> KnownThread | None:
    """Return the request that a genuine token of the message names, or None.

    Wrong tokens are counted by sender, proven and unproven apart, so that who forges an address
    does not use up the share of its owner.
    """
    carried = _carried(context.message)
    if not carried:
        return None
    key = f"wrong_token:{context.sender.verdict.value}:{mailbox_of(context.sender.address)}"
    today = context.now.replace(hour=0, minute=0, second=0, microsecond=0)
    if work.tx.counters.value(key, today) >= _WRONG_A_DAY:
        return None
    found = _looked_up(work, carried, context.sender.address)
    if found.wrong and work.tx.counters.add(key, today) == _WRONG_A_DAY:
        alert(work, "wrong_tokens", "", context.row.id)
    if found.record is None:
        return None
    locked = work.tx.requests.lock(found.record.id) or found.record
    return KnownThread(locked, _standing(work, context, locked))


def named_request(work: Work, message: InboundMessage) -> RequestRecord | None:
    """Return the request that a genuine token of ``message`` names, not locked, or None."""
    return _looked_up(work, _carried(message), "").record


def token_is_dead(record: RequestRecord, now: datetime) -> bool:
    """Tell whether the request has ended so long ago that its token proves nothing any more."""
    ended = record.state.ended_at
    lives = timedelta(days=terms.TOKEN_DAYS_AFTER_END)
    return record.state.ended and ended is not None and now >= ended + lives


def _carried(message: InboundMessage) -> tuple[ReplyToken, ...]:
    """Return the tokens of ``message``, as many as are looked up."""
    addresses = tuple(recipient.address for recipient in message.recipients)
    return read_tokens(addresses, (*message.in_reply_to, *message.references))[:_TOKENS_TRIED]


def _looked_up(work: Work, carried: Iterable[ReplyToken], sender: str) -> _Tokens:
    """Look tokens up; a dead one, and one that was made for ``sender``, is not wrong."""
    is_genuine = work.services.is_genuine
    wrong = False
    for found in carried:
        record = work.tx.requests.by_reference(found.reference)
        address = record.address_of_record if record is not None else ""
        if is_genuine(found.reference, address, found.token):
            if record is not None and not token_is_dead(record, work.now):
                return _Tokens(record)
        elif not is_genuine(found.reference, sender, found.token):
            wrong = True
    return _Tokens(None, wrong)


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
