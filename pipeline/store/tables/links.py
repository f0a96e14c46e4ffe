"""The links between mails and requests: a mail may belong to several, a request has several."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.search.marks import mark
from pipeline.store.statements import MAILBOX, Insert, Statement, Upsert, param
from pipeline.store.tables.rows import of_mailbox


@cache
def _statements(table: sa.Table, owner: str) -> tuple[Statement, Statement]:
    """Return how a mail of ``table`` is linked with a request, and how its requests are found."""
    request = table.c.request_id
    values = {name: param(name) for name in (MAILBOX, owner, "request_id")}

    def adding(own: Insert) -> Any:
        return own(table).values(values).on_conflict_do_nothing()

    of_mail = (of_mailbox(table), table.c[owner] == param("owner"))
    found = Statement(lambda: sa.select(request).where(*of_mail).order_by(request))
    return Upsert(adding), found


class Links:
    """The rows of a link table, whose column ``owner`` names the mail."""

    def __init__(self, context: Context, table: sa.Table, owner: str) -> None:
        self._context = context
        self._table = table
        self._owner: sa.Column[str] = table.c[owner]
        self._add, self._requests = _statements(table, owner)

    def add(self, mail: str, request_ids: Iterable[str]) -> None:
        """Link the mail with the requests; what is linked already stays so."""
        for request_id in dict.fromkeys(request_ids):
            linked = (self._table.name, mail, request_id)
            if linked not in self._context.seen:
                row = {self._owner.name: mail, "request_id": request_id}
                self._context.put(self._table, self._add, row)
                self._context.seen[linked] = True
                mark(self._context, request_id)

    def owners(self, request_id: str) -> sa.Select[Any]:
        """Return the selection of the mails of a request."""
        return sa.select(self._owner).where(self._mine(), self._table.c.request_id == request_id)

    def requests(self, mail: str) -> list[str]:
        """Return the ids of the requests of a mail, oldest first."""
        return [row[0] for row in self._context.rows(self._requests, owner=mail)]

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
