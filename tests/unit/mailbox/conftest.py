"""Mailboxes to test against: a real Dovecot and a Maildir, behind the same protocol."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.mailbox.imap.mailbox import ImapAccess, ImapMailbox
from pipeline.mailbox.maildir import MaildirMailbox
from pipeline.mailbox.protocol import Mailbox
from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.needed import skip_without


@dataclass
class Bench:
    """A mailbox and what a test needs around it."""

    mailbox: Mailbox
    open_another: Callable[[], Mailbox]
    forget_numbers: Callable[[], None]


@pytest.fixture(scope="session")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    skip_without(dovecot_program(), "Dovecot")
    users = {f"user{number}": "secret" for number in range(200)}
    tokens = {"good-token": "user0"}
    with running_dovecot(tmp_path_factory.mktemp("dovecot"), users, tokens=tokens) as server:
        yield server


@pytest.fixture(scope="session")
def old_dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    """A server that says it knows neither MOVE nor IDLE nor NAMESPACE."""
    skip_without(dovecot_program(), "Dovecot")
    users = {f"user{number}": "secret" for number in range(200)}
    folder = tmp_path_factory.mktemp("old")
    with running_dovecot(folder, users, capability="IMAP4rev1 UIDPLUS") as server:
        yield server


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return iter(range(200))


def _imap_bench(server: Dovecot, user: str, stack: ExitStack) -> Bench:
    def connect() -> Mailbox:
        return stack.enter_context(ImapMailbox(access(server, user)))

    return Bench(connect(), connect, lambda: server.forget_numbers(user))


def access(server: Dovecot, user: str) -> ImapAccess:
    return ImapAccess(
        "requests", server.host, server.port, user, "plain", password=lambda: "secret"
    )


@pytest.fixture(
    params=[
        pytest.param("dovecot", marks=pytest.mark.dovecot),
        pytest.param("old_dovecot", marks=pytest.mark.dovecot),
        "maildir",
    ]
)
def bench(
    request: pytest.FixtureRequest, tmp_path: Path, numbers: Iterator[int]
) -> Iterator[Bench]:
    with ExitStack() as stack:
        if request.param == "maildir":
            root = tmp_path / "Maildir"

            def connect() -> Mailbox:
                return stack.enter_context(MaildirMailbox("requests", root))

            def forget() -> None:
                (root / "pipeline-uids").unlink()

            yield Bench(connect(), connect, forget)
        else:
            server = request.getfixturevalue(request.param)
            yield _imap_bench(server, f"user{next(numbers)}", stack)
