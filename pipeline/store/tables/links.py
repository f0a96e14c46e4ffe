"""The links between mails and requests: a mail may belong to several, a request has several."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from pipeline.store.tables.rows import Context


class Links:
    """The rows of a link table, whose column ``owner`` names the mail."""

    def __init__(self, context: Context, table: sa.Table, owner: str) -> None:
        self._context = context
        self._table = table
        self._owner: sa.Column[str] = table.c[owner]

    def add(self, mail: str, request_ids: Iterable[str]) -> None:
        """Link the mail with the requests; what is linked already stays so."""
        for request_id in dict.fromkeys(request_ids):
            values = {
                "mailbox_id": self._context.mailbox_id,
                self._owner.name: mail,
                "request_id": request_id,
            }
            statement = self._context.upsert(self._table).on_conflict_do_nothing()
            self._context.connection.execute(statement, values)

    def owners(self, request_id: str) -> sa.Select[Any]:
        """Return the selection of the mails of a request."""
        return sa.select(self._owner).where(self._mine(), self._table.c.request_id == request_id)

    def requests(self, mail: str) -> list[str]:
        """Return the ids of the requests of a mail, oldest first."""
        statement = (
            sa.select(self._table.c.request_id)
            .where(self._mine(), self._owner == mail)
            .order_by(self._table.c.request_id)
        )
        return list(self._context.connection.execute(statement).scalars())

    def give_up_shared(self, request_id: str) -> None:
        """Delete the links of the request to mails that another request has too.

        What it then still has is its own alone.
        """
        other = self._table.alias()
        shared = sa.exists().where(
            other.c.mailbox_id == self._table.c.mailbox_id,
            other.c[self._owner.name] == self._owner,
            other.c.request_id != request_id,
        )
        self._context.connection.execute(
            sa.delete(self._table).where(
                self._mine(), self._table.c.request_id == request_id, shared
            )
        )

    def _mine(self) -> sa.ColumnElement[bool]:
        return self._table.c.mailbox_id == self._context.mailbox_id
