"""Note, in the transaction that changes a text of a request, that its index is out of date."""

from typing import Any

from pipeline.store.context import Context
from pipeline.store.schema.search import searched
from pipeline.store.statements import MAILBOX, Insert, Upsert, param

#: Who brings about mails that no member of staff does: our own words, the same in all of them.
NO_STAFF = ("customer", "system", "")


def _marking(own: Insert) -> Any:
    row = own(searched).values(
        {MAILBOX: param(MAILBOX), "request_id": param("request_id"), "waits": 1, "text": ""}
    )
    # not DO NOTHING: that would not wait for who indexes the request now, without this text
    key = [searched.c.mailbox_id, searched.c.request_id]
    return row.on_conflict_do_update(index_elements=key, set_={"waits": 1})


_MARK = Upsert(_marking)


def mark(context: Context, request_id: str | None) -> None:
    """Have the texts of a request read again; one statement a transaction for all that changed."""
    if request_id and not context.read_only:
        context.put(searched, _MARK, {"request_id": request_id})
