"""What should have been done by now, for ``doctor``; each part reads an index of open work."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.schema.mail_and_requests import certificates, messages, requests
from pipeline.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Late:
    """How much has waited too long.

    ``deadlines`` are requests with a deadline or a reminder that passed, ``certificates`` those
    that were begun and not finished, ``mails`` those that came in and were not processed,
    ``moves`` those that were not moved on the server.
    """

    deadlines: int
    certificates: int
    mails: int
    moves: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.deadlines + self.certificates + self.mails + self.moves


def late(tx: Transaction, before: datetime) -> Late:
    """Return what was to be done ``before`` then and was not."""
    columns: tuple[sa.Column[Any], ...] = (
        requests.c.next_at,
        certificates.c.unfinished_since,
        messages.c.next_at,
        messages.c.unmoved_since,
    )
    parts = [
        sa.select(sa.func.count())
        .select_from(column.table)
        .where(
            column.table.c.mailbox_id == tx.context.mailbox_id,
            column.is_not(None),
            column <= before,
        )
        .scalar_subquery()
        for column in columns
    ]
    return Late(*map(int, tx.context.connection.execute(sa.select(*parts)).one()))


def is_renumbered(tx: Transaction, account: str, folder: str, uidvalidity: int) -> bool:
    """Tell whether mails of this folder are known, and none of them under this UIDVALIDITY."""
    row = messages.c
    here = sa.exists().where(
        row.mailbox_id == tx.context.mailbox_id, row.account == account, row.folder == folder
    )
    now = here.where(row.uidvalidity == uidvalidity)
    found = tx.context.connection.execute(sa.select(here, now)).one()
    return bool(found[0]) and not found[1]
