"""What the database of a mailbox knows, read as staff and customers ask for it."""

from dataclasses import dataclass

from pipeline.flow.services import Services
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.records import (
    CertificateRecord,
    EventRecord,
    MessageRecord,
    NoteRecord,
    NumberRecord,
    RequestRecord,
    RevisionRecord,
)
from tests.world.customers import HANAKO

_ALL = 10_000


@dataclass
class Records:
    """The services on one database, and what it knows."""

    services: Services

    def requests(self) -> list[RequestRecord]:
        """Return the requests of all messages, the oldest message first."""
        with self.services.store.read() as tx:
            rows = sorted(tx.messages.list("all", _ALL), key=lambda row: row.id)
            found = [tx.requests.get(row.request_id) for row in rows if row.request_id]
        return list({record.id: record for record in found if record is not None}.values())

    def requests_of(self, sender: str) -> list[RequestRecord]:
        """Return the requests of an address, the oldest first."""
        with self.services.store.read() as tx:
            return sorted(tx.requests.of_sender(sender), key=lambda record: record.id)

    def request(self, sender: str = HANAKO) -> RequestRecord:
        """Return the one request of an address, as it is now."""
        (record,) = self.requests_of(sender)
        return record

    def again(self, record: RequestRecord) -> RequestRecord:
        """Return ``record`` as it is now."""
        with self.services.store.read() as tx:
            found = tx.requests.get(record.id)
        assert found is not None
        return found

    def mails_of(self, record: RequestRecord) -> list[OutboxRecord]:
        """Return the mails of a request in the outbox, the oldest first."""
        with self.services.store.read() as tx:
            return tx.outbox.of_request(record.id)

    def outbox(self) -> list[OutboxRecord]:
        """Return all mails of the outbox, the oldest first."""
        with self.services.store.read() as tx:
            return sorted(tx.outbox.list("all", _ALL), key=lambda row: row.id)

    def messages(self) -> list[MessageRecord]:
        """Return the ledger, the oldest first."""
        with self.services.store.read() as tx:
            return sorted(tx.messages.list("all", _ALL), key=lambda row: row.id)

    def last_message(self) -> MessageRecord:
        """Return the newest row of the ledger."""
        return self.messages()[-1]

    def history(self, record: RequestRecord) -> list[EventRecord]:
        """Return the events of a request, the oldest first."""
        with self.services.store.read() as tx:
            return tx.events.list(record.id)

    def steps(self, record: RequestRecord) -> list[str]:
        """Return the names of the events of a request, the oldest first."""
        return [event.event.value for event in self.history(record) if event.event is not None]

    def notes(self, record: RequestRecord) -> list[NoteRecord]:
        """Return the notes of a request."""
        with self.services.store.read() as tx:
            return tx.notes.list(record.id)

    def revisions(self, record: RequestRecord) -> list[RevisionRecord]:
        """Return the revisions of a request, the oldest first."""
        with self.services.store.read() as tx:
            return sorted(tx.revisions.all(record.id), key=lambda item: item.seq)

    def certificates(self, record: RequestRecord) -> list[CertificateRecord]:
        """Return the certificates of a request, the oldest first."""
        with self.services.store.read() as tx:
            return sorted(tx.certificates.of_request(record.id), key=lambda row: row.ordinal)

    def number(self, e164: str) -> NumberRecord | None:
        """Return what the table of numbers says."""
        with self.services.store.read() as tx:
            return tx.numbers.get(e164)

    def alerts(self) -> list[str]:
        """Return the codes of all alerts, the oldest first."""
        with self.services.store.read() as tx:
            return [line.code for line in sorted(tx.alerts.list(_ALL), key=lambda line: line.id)]

    def quarantined(self) -> list[str]:
        """Return the ids of what is in quarantine."""
        with self.services.store.read() as tx:
            return [entry.id for entry in tx.quarantine.list()]
