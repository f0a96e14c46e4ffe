"""What the tables hold of a person, found by an address."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from pipeline.model.request import NumberState
from pipeline.store.context import Context
from pipeline.store.schema.mail_and_requests import (
    message_requests,
    messages,
    numbers,
    outbox,
    outbox_requests,
    requests,
)
from pipeline.store.schema.meta import meta_numbers


@dataclass(frozen=True, slots=True)
class Held:
    """Ids of what is held of a person.

    ``requests`` are those whose address of record it is: all in them is the person's. Of
    ``joined``, requests of others, the mails are that the person sent. ``mails`` are all that came
    from the address, ``sent`` all of ours that went to it, within and beside those requests.
    ``unread`` are mails of it that wait to be processed.
    """

    requests: tuple[str, ...]
    joined: tuple[str, ...]
    mails: tuple[str, ...]
    sent: tuple[str, ...]
    unread: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether nothing is held."""
        return not (self.requests or self.mails or self.sent)


def held_of(context: Context, address: str) -> Held:
    """Return what is held of ``address``, in whatever case it is written."""
    name = address.lower()
    mine = _scalars(
        context,
        sa.select(requests.c.id)
        .where(requests.c.mailbox_id == context.mailbox_id, requests.c.address_key == name)
        .order_by(requests.c.id),
    )
    came = context.connection.execute(
        sa.select(messages.c.id, messages.c.next_at)
        .where(messages.c.mailbox_id == context.mailbox_id, messages.c.sender_key == name)
        .order_by(messages.c.id)
    ).all()
    joined = _scalars(
        context,
        sa.select(message_requests.c.request_id)
        .join(
            messages,
            sa.and_(
                messages.c.mailbox_id == message_requests.c.mailbox_id,
                messages.c.id == message_requests.c.message_row,
            ),
        )
        .where(messages.c.mailbox_id == context.mailbox_id, messages.c.sender_key == name)
        .distinct(),
    )
    sent = _scalars(
        context,
        sa.select(outbox.c.id)
        .where(outbox.c.mailbox_id == context.mailbox_id, sa.func.lower(outbox.c.recipient) == name)
        .order_by(outbox.c.id),
    )
    return Held(
        requests=tuple(mine),
        joined=tuple(sorted(set(joined) - set(mine))),
        mails=tuple(row[0] for row in came),
        sent=tuple(sent),
        unread=tuple(row[0] for row in came if row[1] is not None),
    )


def of_unknown_senders(context: Context) -> list[tuple[str, str, bool]]:
    """Return mails whose sender was not read: row, digest of the bytes kept, is it to be processed.

    They wait to be processed, or could not be.
    """
    rows = context.connection.execute(
        sa.select(messages.c.id, messages.c.sha256, messages.c.next_at).where(
            messages.c.mailbox_id == context.mailbox_id,
            messages.c.sender_key == "",
            messages.c.raw_since.is_not(None),
        )
    )
    return [(row[0], row[1], row[2] is not None) for row in rows]


def numbers_of(
    context: Context, request_ids: Sequence[str], owner: str = "", also: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Return the numbers of requests: those that may be forgotten, and those that have to stay.

    A number stays while it is active, or while another request has it. ``owner`` adds the numbers
    that belong to an address, ``also`` further ones where they are known.
    """
    of_requests = sa.select(requests.c.number).where(
        requests.c.mailbox_id == context.mailbox_id,
        requests.c.id.in_(request_ids),
        requests.c.number != "",
    )
    owned = sa.select(numbers.c.e164).where(
        numbers.c.mailbox_id == context.mailbox_id,
        sa.func.lower(numbers.c.organisation) == owner.lower(),
    )
    found = {*_scalars(context, of_requests), *(_scalars(context, owned) if owner else ())}
    for table in (numbers, meta_numbers):
        known = sa.select(table.c.e164).where(
            table.c.mailbox_id == context.mailbox_id, table.c.e164.in_(sorted(also))
        )
        found.update(_scalars(context, known))
    wanted = sorted(found)
    kept = {
        *_scalars(
            context,
            sa.select(numbers.c.e164).where(
                numbers.c.mailbox_id == context.mailbox_id,
                numbers.c.e164.in_(wanted),
                numbers.c.state == NumberState.ACTIVE,
            ),
        ),
        *_scalars(
            context,
            sa.select(requests.c.number).where(
                requests.c.mailbox_id == context.mailbox_id,
                requests.c.number.in_(wanted),
                requests.c.id.not_in(request_ids),
            ),
        ),
    }
    return [one for one in wanted if one not in kept], sorted(kept)


def counted(context: Context, request_ids: Sequence[str]) -> tuple[int, int]:
    """Return how many mails in and out belong to these requests, each counted once."""
    return tuple(  # type: ignore[return-value]
        int(
            context.connection.execute(
                sa.select(sa.func.count(owner.distinct())).where(
                    table.c.mailbox_id == context.mailbox_id, table.c.request_id.in_(request_ids)
                )
            ).scalar_one()
        )
        for table, owner in (
            (message_requests, message_requests.c.message_row),
            (outbox_requests, outbox_requests.c.outbox_id),
        )
    )


def _scalars(context: Context, statement: sa.Select[Any]) -> list[str]:
    return list(context.connection.execute(statement).scalars())
