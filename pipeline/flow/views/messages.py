"""The mails of the ledger for people: why each has its outcome, and which requests it led to."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model.form import FormKind
from pipeline.store.records import MessageRecord
from pipeline.store.unit_of_work import Transaction


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A row of the ledger, and the references of the requests that the mail belongs to."""

    row: MessageRecord
    requests: tuple[str, ...]

    @property
    def why(self) -> str:
        """The code that says why the mail has its outcome, else the requests that it led to."""
        return told_why(self.row) or ",".join(self.requests)


def forms_of_message(tx: Transaction, message: str) -> dict[str, FormKind]:
    """Return which files of a mail were read as a form, by their SHA-256."""
    found = tx.messages.references([message]).get(message, ())
    records = (tx.requests.by_reference(reference) for reference in found)
    return {
        revision.sha256: revision.form
        for record in records
        if record is not None
        for revision in tx.revisions.all(record.id)
        if revision.message_id == message
    }


def told_why(row: MessageRecord) -> str:
    """Return the one code that says why a mail has its outcome; empty: its requests say it."""
    refused = f"refused:{row.refused}" if row.refused else ""
    event = row.event.value if row.event else ""
    return row.why or row.rule or event or refused or row.automation


def told_place(row: MessageRecord) -> str:
    """Return where a mail stands on the server, as a person finds it: folder and UID."""
    return f"{row.place.folder}, UID {row.place.uid} (UIDVALIDITY {row.place.uidvalidity})"


def shown_messages(tx: Transaction, rows: Sequence[MessageRecord]) -> list[ShownMessage]:
    """Return ``rows`` with what people see of them, in the same order."""
    references = tx.messages.references(row.id for row in rows)
    return [ShownMessage(row, references.get(row.id, ())) for row in rows]
