"""A state folder with services and a clock that the test moves, for faults inside one process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.batch import Summary, run_batch
from pipeline.clock import SettableClock
from pipeline.config import (
    CourierSettings,
    MailboxSettings,
    SenderSettings,
    Settings,
    StoreSettings,
)
from pipeline.flow.services import Services, open_services
from pipeline.mailbox.maildir import MaildirMailbox
from pipeline.store.records import MessageRecord, OutboxRecord
from tests.filled.mails import ADDRESS, AUTHSERV_ID, form_mail

_NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@dataclass
class Box:
    """One mailbox with its state."""

    services: Services
    clock: SettableClock
    home: Path

    def deliver(self, *mails: bytes) -> None:
        """Put mails into the mailbox."""
        mailbox = MaildirMailbox(ADDRESS, self.home / "inbox")
        for mail in mails:
            mailbox.append("INBOX", mail)

    def deliver_forms(self, *positions: int) -> None:
        """Put good onboarding forms into the mailbox."""
        self.deliver(*(form_mail(position, self.clock.now()) for position in positions))

    def run(self, *, after: timedelta = timedelta()) -> Summary:
        """Run one batch, ``after`` the last moment."""
        self.clock.advance(after)
        return run_batch(self.services)

    def messages(self) -> list[MessageRecord]:
        """Return the ledger, oldest first."""
        with self.services.store.read() as tx:
            return tx.messages.list("all", 1000)[::-1]

    def outbox(self) -> list[OutboxRecord]:
        """Return all mails of the outbox, oldest first."""
        with self.services.store.read() as tx:
            return tx.outbox.list("all", 1000)[::-1]


OpenBox = Callable[..., Box]


@pytest.fixture
def open_box(tmp_path: Path) -> Iterator[OpenBox]:
    """Open a box; ``courier`` and ``mailbox`` replace settings."""
    with ExitStack() as stack:

        def make(
            courier: CourierSettings | None = None, mailbox: MailboxSettings | None = None
        ) -> Box:
            settings = Settings(
                store=StoreSettings(home=tmp_path),
                mailbox=mailbox or MailboxSettings(address=ADDRESS),
                courier=courier or CourierSettings(),
                sender=SenderSettings(authserv_ids=(AUTHSERV_ID,)),
            )
            clock = SettableClock(_NOW)
            services = stack.enter_context(open_services(settings, clock, make=True))
            return Box(services, clock, tmp_path)

        yield make


@pytest.fixture
def box(open_box: OpenBox) -> Box:
    """Return a box with a Maildir on both sides."""
    return open_box()
