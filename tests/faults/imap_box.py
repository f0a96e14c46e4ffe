"""A mailbox on a real Dovecot behind a go-between that lies, for whole batches."""

import io
import itertools
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from imapclient import IMAPClient

from pipeline.batch import Progress, Summary, run_batch
from pipeline.clock import SettableClock
from pipeline.config import (
    CourierSettings,
    MailboxSettings,
    SenderSettings,
    Settings,
    StoreSettings,
)
from pipeline.config.secret import Secret
from pipeline.flow.services import Services, open_services
from pipeline.model.form import FormKind
from pipeline.store.records import MessageRecord, MessageState
from tests.servers.liar import Liar, lying_before
from tests.servers.processes import ImapServer
from tests.world.crowd import answers, sender_of
from tests.world.customers import form
from tests.world.mails import stored
from tests.world.settings import ADDRESS, AUTHSERV

_positions = itertools.count()
_PATTERN = 9999
_NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@dataclass
class ImapBox:
    """One user of the server, with services that read him through a liar."""

    services: Services
    clock: SettableClock
    server: ImapServer
    user: str
    liar: Liar
    delivered: list[bytes] = field(default_factory=list)

    def deliver_forms(self, count: int) -> list[bytes]:
        """Put good forms into the INBOX, each from another company."""
        raws = forms(count)
        self.deliver(raws)
        return raws

    def deliver(self, raws: Sequence[bytes]) -> None:
        """Put mails into the INBOX."""
        self.delivered += raws
        with self.person() as client:
            for raw in raws:
                client.append("INBOX", raw)

    @contextmanager
    def person(self, folder: str = "") -> Iterator[IMAPClient]:
        """Be another client of the mailbox, past the liar."""
        with IMAPClient(self.server.host, self.server.port, ssl=False) as client:
            client.login(self.user, "secret")
            if folder:
                client.select_folder(folder)
            yield client

    def run(self, *, after: timedelta = timedelta(), progress: Progress | None = None) -> Summary:
        """Run one batch, ``after`` the last moment."""
        self.clock.advance(after)
        return run_batch(self.services, *([progress] if progress else []))

    def messages(self) -> list[MessageRecord]:
        """Return this user's rows of the ledger, oldest first."""
        with self.services.store.read() as tx:
            rows = tx.messages.list("all", 100_000)[::-1]
        return [row for row in rows if row.place.account == f"{self.user}@127.0.0.1"]

    def folders(self) -> dict[str, int]:
        """Return how many mails stand in each folder that has some."""
        with self.person() as client:
            names = [
                str(name) for flags, _, name in client.list_folders() if rb"\Noselect" not in flags
            ]
            counts = {name: client.folder_status(name, ["MESSAGES"]) for name in names}
        found = {name: int(count[b"MESSAGES"]) for name, count in counts.items()}
        return {name: count for name, count in found.items() if count}

    def answers(self) -> list[str]:
        """Return the recipients of all acknowledgements that the mails of this user brought."""
        requests = {row.request_id for row in self.messages() if row.request_id}
        with self.services.store.read() as tx:
            mails = tx.outbox.list("all", 100_000)
        return [mail.recipient for mail in mails if mail.request_id in requests]

    def nothing_lost_nothing_doubled(self) -> None:
        """Each delivered mail was decided once, answered once, and stands in one folder."""
        rows = self.messages()
        decided = [row for row in rows if row.state is MessageState.PROCESSED]
        again = [row for row in decided if row.why == "renumbered"]
        assert len(decided) - len(again) == len(self.delivered)
        assert [row.why for row in decided].count("redelivery") == 0
        answers = self.answers()
        assert len(answers) == len(set(answers)) == len(self.delivered)
        folders = self.folders()
        assert sum(folders.values()) == len(self.delivered)
        assert "INBOX" not in folders
        assert "Ignored" not in folders


def forms(count: int) -> list[bytes]:
    """Return mails with good forms, no two of one company."""
    return [_form(next(_positions)) for _ in range(count)]


@cache
def _pattern() -> tuple[dict[str, str], bytes]:
    """Return the answers of a form and its workbook, in which others' answers are put."""
    given = answers(_PATTERN, _NOW)
    return given, form(FormKind.ONBOARDING, "en", **given)[1]


def _form(position: int) -> bytes:
    """Return a mail with the form at ``position``, whose workbook is not built anew."""
    old, book = _pattern()
    new = answers(position, _NOW)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(made, "w") as goal:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith(".xml"):
                for key, value in old.items():
                    if value != new[key]:
                        content = content.replace(f">{value}<".encode(), f">{new[key]}<".encode())
            goal.writestr(name, content, zipfile.ZIP_DEFLATED)
    file = ("onboarding.xlsx", made.getvalue())
    return stored(sender_of(position), f"form-{position}", _NOW, file)


@contextmanager
def opened_state(home: Path) -> Iterator[tuple[Services, SettableClock]]:
    """Open the state that the mailboxes of a module share, one user after another."""
    settings = Settings(
        store=StoreSettings(home=home),
        mailbox=MailboxSettings(address=ADDRESS),
        courier=CourierSettings(hourly_cap=1_000_000),
        sender=SenderSettings(authserv_ids=(AUTHSERV,)),
    )
    clock = SettableClock(_NOW)
    with open_services(settings, clock, make=True) as services:
        yield services, clock


@contextmanager
def opened_box(
    state: tuple[Services, SettableClock], server: ImapServer, user: str, **more: object
) -> Iterator[ImapBox]:
    """Open a user's mailbox behind a liar; ``more`` are settings of the mailbox."""
    services, clock = state
    password = services.settings.home() / "password"
    password.touch(mode=0o600)
    password.write_text("secret")
    with lying_before(server.port) as liar:
        mailbox = MailboxSettings(
            kind="imap",
            address=ADDRESS,
            host=server.host,
            port=liar.port,
            encryption="none",
            user=user,
            password=Secret(file=password),
            timeout_seconds=1,
        ).model_copy(update=more)
        settings = services.settings.model_copy(update={"mailbox": mailbox})
        yield ImapBox(replace(services, settings=settings), clock, server, user, liar)
