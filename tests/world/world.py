"""A whole small world: a mailbox, its customers and staff, and a clock that the test moves.

Mail comes in through a real Maildir and goes out into a real one; the database is real, and what
touches a stranger's bytes runs in the real guarded child.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Unpack

from pipeline.batch import Summary, run_batch
from pipeline.clock import SettableClock
from pipeline.config import Section
from pipeline.flow.connections import open_mailbox
from pipeline.flow.services import Services
from pipeline.flow.staff.numbers import set_number
from pipeline.flow.staff.organisations import add_organisation
from pipeline.model.request import NumberState
from pipeline.store.records import NumberRecord, RequestRecord
from tests.world.crowd import form_mail
from tests.world.customers import File
from tests.world.maildirs import counted, mails_in
from tests.world.mails import Customer, Wording
from tests.world.outbox import Sent, as_sent, parsed, plain_text
from tests.world.records import Records
from tests.world.settings import STAFF

#: A Monday morning.
START = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def deliver(services: Services, *mails: bytes) -> None:
    """Put mails into the mailbox, as a server does."""
    with open_mailbox(services) as mailbox:
        for raw in mails:
            mailbox.append("INBOX", raw)


@dataclass
class World(Records):
    """The services on one database, and what a test does with them."""

    clock: SettableClock
    customer: Customer
    summary: Summary = field(default_factory=Summary)
    _seen: set[str] = field(default_factory=set)

    @property
    def home(self) -> Path:
        """The folder with the state."""
        return self.services.settings.home()

    # what happens

    def deliver(self, raw: bytes) -> bytes:
        """Put a mail into the mailbox; return its bytes."""
        deliver(self.services, raw)
        return raw

    def deliver_forms(self, *positions: int) -> None:
        """Put mails of the crowd into the mailbox."""
        deliver(self.services, *(form_mail(place, self.clock.now()) for place in positions))

    def mail(self, sender: str, *files: File, **wording: Unpack[Wording]) -> list[Sent]:
        """Deliver a mail of ``sender``, run a batch, and return what we sent."""
        self.deliver(self.customer.write(sender, *files, **wording))
        return self.run()

    def reply(
        self,
        record: RequestRecord,
        text: str = "",
        *files: File,
        sender: str = "",
        proof: str = "pass",
    ) -> list[Sent]:
        """Answer our last mail on ``record`` (from its address of record), run a batch."""
        ours = self.mails_of(record)[-1]
        seen = parsed(ours.content)
        quoted = "\n".join(f"> {line}" for line in plain_text(seen).splitlines())
        return self.mail(
            sender or record.address_of_record,
            *files,
            text=f"{text}\n\n{quoted}\n",
            subject=f"Re: {ours.subject}",
            to=str(seen["Reply-To"]),
            proof=proof,
            headers={"In-Reply-To": ours.message_id},
        )

    def batch(self, after: timedelta = timedelta()) -> Summary:
        """Let time pass, run one batch, and return what it did."""
        self.clock.advance(after)
        self.summary = run_batch(self.services)
        return self.summary

    def run(self, after: timedelta = timedelta()) -> list[Sent]:
        """Let time pass, run one batch, and return the mails to customers that went out."""
        failures = self.batch(after).failures
        assert all(failure.error for failure in failures), failures
        return [mail for mail in self.new_mails() if mail.to != STAFF]

    def later(self, **distance: float) -> list[Sent]:
        """Let time pass and run one batch, as ``later(days=3)``."""
        return self.run(timedelta(**distance))

    def change(self, **sections: Section) -> None:
        """Replace sections of the settings, as an operator does between two runs."""
        self.services.settings = self.services.settings.model_copy(update=sections)

    def set_number(self, e164: str, state: NumberState, organisation: str) -> None:
        """Write the table of numbers, as staff do."""
        set_number(self.services, NumberRecord(e164, state, organisation, None), "staff")

    def know(self, *domains: str) -> None:
        """Say that each of ``domains`` is one organisation, as staff do."""
        for domain in domains:
            add_organisation(self.services, domain, "staff")

    def staff_mails(self) -> list[Sent]:
        """Run one batch after the undo window and return what went out."""
        return self.run(timedelta(seconds=121))

    def reply_after_undo(self, record: RequestRecord, *files: File) -> list[Sent]:
        """Let our mails to the customer go out, then answer the last one with ``files``."""
        self.staff_mails()
        return self.reply(record, "", *files)

    # what came of it

    def new_mails(self) -> list[Sent]:
        """Return the mails in the outgoing Maildir that were not returned before, oldest first."""
        found = []
        for path in mails_in(self._folder(self.services.settings.courier.path)):
            if path.name not in self._seen:
                self._seen.add(path.name)
                found.append(self._read(path.read_bytes()))
        return [mail for _, mail in sorted(found, key=lambda item: item[0])]

    def all_mails(self) -> list[Sent]:
        """Return all mails that ever went out, the oldest first."""
        self._seen.clear()
        return self.new_mails()

    def folders(self) -> dict[str, int]:
        """Return how many mails lie in each folder of the mailbox; empty ones are left out."""
        return counted(self._folder(self.services.settings.mailbox.path))

    def _folder(self, path: Path) -> Path:
        return self.services.settings.below_home(path)

    def _read(self, raw: bytes) -> tuple[str, Sent]:
        with self.services.store.read() as tx:
            row = tx.outbox.by_message_id(str(parsed(raw)["Message-ID"]))
        assert row is not None
        return row.id, as_sent(raw, row)
