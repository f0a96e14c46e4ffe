"""Why a message failed is told as it is; only what a message is to blame for is charged to it."""

import errno
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipeline.flow.connections import open_mailbox
from pipeline.flow.context import ReadMessage
from pipeline.flow.inbound.child import read_message
from pipeline.flow.inbound.fetch import fetch, inject
from pipeline.flow.services import waits
from pipeline.flow.staff import quarantine
from pipeline.store.records import MessageState
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import notices
from tests.world.world import World

_MARK = b"X-Marked: yes"


def stumbles(raw: bytes) -> ReadMessage:
    """Meet a bug of the reader in the marked mail."""
    if _MARK in raw:
        raise ValueError("with words of a customer")
    return read_message(raw)


def lacks_handles(raw: bytes) -> ReadMessage:
    """Have no file handle left for the marked mail."""
    if _MARK in raw:
        raise OSError(errno.EMFILE, "Too many open files")
    return read_message(raw)


def lacks_a_library(raw: bytes) -> ReadMessage:
    """Miss a library for the marked mail, as while a package is upgraded."""
    if _MARK in raw:
        raise ModuleNotFoundError("No module named 'pypdfium2'")
    return read_message(raw)


def denied(raw: bytes) -> ReadMessage:
    """Be refused what a sandbox refuses: the bytes of the marked mail ask for it each time."""
    if _MARK in raw:
        raise PermissionError(errno.EPERM, "Operation not permitted")
    return read_message(raw)


@dataclass
class Marked:
    """A world with a marked mail and another one in its mailbox."""

    world: World
    monkeypatch: pytest.MonkeyPatch

    def read_by(self, reader: Callable[[bytes], ReadMessage]) -> None:
        """Let the real child run ``reader``."""
        self.monkeypatch.setattr("pipeline.flow.inbound.read.read_message", reader)


@pytest.fixture
def marked(world: World, monkeypatch: pytest.MonkeyPatch) -> Marked:
    world.deliver(_MARK + b"\r\n" + world.customer.write(HANAKO, form()))
    world.deliver(world.customer.write(OLIVER, form(language="en")))
    return Marked(world, monkeypatch)


def _entry(world: World) -> tuple[str, int, str]:
    """Return reason, attempts and trace of the one message in quarantine."""
    with world.services.store.read() as tx:
        (entry,) = tx.quarantine.list()
        row = tx.messages.get(entry.message_row)
    assert row is not None
    assert row.last_error == entry.reason
    return entry.reason, entry.attempts, row.trace


# --- the bytes -----------------------------------------------------------------------------------


def test_mail_that_our_reader_refuses_is_quarantined_at_once_with_the_reason(world: World) -> None:
    parts = b"".join(b"--x\r\n\r\n.\r\n" for _ in range(20_000))
    world.deliver(b"From: a@a.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + parts)
    world.run()
    reason, attempts, trace = _entry(world)
    assert (reason, attempts) == ("mail_refused_parts", 1)
    assert trace.startswith("RefusedError mail_refused parts at parts.py:")


@pytest.mark.parametrize(
    ("reader", "kind"), [(stumbles, "ValueError"), (denied, "PermissionError EPERM")]
)
def test_exception_that_the_same_bytes_cause_again_is_confirmed_once(
    marked: Marked, reader: Callable[[bytes], ReadMessage], kind: str
) -> None:
    world = marked.world
    marked.read_by(reader)
    assert [mail.to for mail in world.run()] == [OLIVER]
    assert (world.summary.deferred, world.quarantined()) == (1, [])
    world.later(minutes=6)
    reason, attempts, trace = _entry(world)
    assert (reason, attempts) == ("guard_exception", 2)
    assert trace.startswith(f"{kind} at test_faults.py:")
    assert "customer" not in trace


# --- the machine ---------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", [lacks_handles, lacks_a_library])
def test_what_the_machine_lacks_costs_no_attempt_and_stops_no_other(
    marked: Marked, reader: Callable[[bytes], ReadMessage]
) -> None:
    world = marked.world
    marked.read_by(reader)
    assert [mail.to for mail in world.run()] == [OLIVER]
    for _ in range(4):
        assert int(world.summary.exit_code) == 75
        assert [str(failure.error)[:12] for failure in world.summary.failures] == ["reader_lacks"]
        assert world.summary.deferred == 1
        world.later(hours=4)
    row = world.messages()[0]
    assert (row.state, row.attempts, row.stumbles) == (MessageState.FETCHED, 0, 5)
    marked.monkeypatch.undo()
    assert notices(world.later(hours=4)) == ["acknowledged"]


def test_machine_that_never_has_it_does_not_keep_a_mail_for_ever(marked: Marked) -> None:
    world = marked.world
    marked.read_by(lacks_handles)
    world.run()
    (row,) = (row for row in world.messages() if row.state is MessageState.FETCHED)
    often = (waits.MACHINE.attempts or 0) - 2
    world.services.store.run(lambda tx: tx.messages.save(replace(row, stumbles=often)))
    world.later(hours=1)
    assert world.quarantined() == []
    world.later(hours=1)
    reason, attempts, trace = _entry(world)
    assert (reason, attempts) == ("reader_lacks", 0)
    assert trace.startswith("OSError EMFILE at test_faults.py:")


# --- the stored bytes ----------------------------------------------------------------------------


def _blob(world: World, sender: str) -> Path:
    """Return where the bytes of the mail of ``sender`` are kept."""
    for row in world.messages():
        path = world.services.blobs.path(row.sha256)
        if sender.encode() in path.read_bytes():
            return path
    raise AssertionError(sender)


def _damage(path: Path) -> None:
    """Change a byte; the size stays."""
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(raw)


def _remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("hurt", [_damage, _remove])
def test_lost_bytes_are_fetched_anew_while_the_server_has_them(
    any_world: World, hurt: Callable[[Path], None]
) -> None:
    world = any_world
    world.deliver(world.customer.write(HANAKO, form()))
    world.deliver(world.customer.write(OLIVER, form(language="en")))
    with open_mailbox(world.services) as mailbox:
        fetch(world.services, mailbox)
    hurt(_blob(world, HANAKO))
    assert [mail.to for mail in world.run()] == [OLIVER]
    assert [mail.to for mail in world.run()] == [HANAKO]
    assert [row.state for row in world.messages()] == [MessageState.PROCESSED] * 2
    assert world.folders() == {"Requests": 2}
    assert [row.attempts for row in world.messages()] == [0, 0]


@pytest.mark.parametrize(("hurt", "reason"), [(_damage, "blob_damaged"), (_remove, "blob_missing")])
def test_lost_bytes_that_the_server_no_longer_has_are_told(
    world: World, hurt: Callable[[Path], None], reason: str
) -> None:
    world.deliver(world.customer.write(HANAKO, form()))
    with open_mailbox(world.services) as mailbox:
        fetch(world.services, mailbox)
        mailbox.file("INBOX", world.messages()[0].place.uidvalidity, 1, "Elsewhere")
    hurt(_blob(world, HANAKO))
    world.run()
    world.run()
    assert _entry(world)[:2] == (reason, 0)
    assert int(world.summary.exit_code) == 3
    assert world.alerts() == ["quarantined"]


def test_mail_put_in_by_hand_whose_bytes_are_lost_goes_to_the_quarantine(world: World) -> None:
    raw = world.customer.write(HANAKO, form())
    inject(world.services, [raw])
    _damage(_blob(world, HANAKO))
    world.run()
    world.run()
    assert _entry(world)[0] == "blob_damaged"
    # the good bytes again: the damaged file is replaced, and a release finds them
    world.services.blobs.put(raw)
    quarantine.release(world.services, world.quarantined()[0], "sato")
    assert notices(world.run()) == ["acknowledged"]
