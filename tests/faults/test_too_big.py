"""Mails over the size limit on a real server: their headers come, their bodies do not."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Unpack

import pytest

from pipeline.batch import run_batch
from pipeline.clock import SettableClock
from pipeline.errors import ExitCode
from pipeline.flow.services import Services
from pipeline.mailbox.header_block import HEADER_BYTES
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.records import MessageState
from tests.faults.imap_box import ImapBox, opened_box, opened_state
from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.liar import Kind, Lie
from tests.servers.needed import skip_without
from tests.world.mails import Wording, stored

pytestmark = pytest.mark.dovecot

State = tuple[Services, SettableClock]
_USERS = {f"user{number}": "secret" for number in range(20)}
_LIMIT = 1_000_000
_HOUR = timedelta(hours=1)


@dataclass
class Watched:
    """A mailbox, and what of its mails was asked for."""

    box: ImapBox
    asked: list[str] = field(default_factory=list)
    _count: int = 0

    def big(self, *, size: int = _LIMIT, **wording: Unpack[Wording]) -> bytes:
        """Return a mail over the limit, of another firm each time."""
        self._count += 1
        sender = f"oliver@{self.box.user}-{self._count}.example"
        name = f"big-{self.box.user}-{self._count}"
        file = ("brochure.pdf", b"\x00" * size)
        return stored(sender, name, self.box.clock.now(), file, **wording)

    def mails(self) -> list[OutboxRecord]:
        """Return what was sent to the senders of this mailbox."""
        with self.box.services.store.read() as tx:
            found = tx.outbox.list("all", 100_000)
        return [mail for mail in found if f"@{self.box.user}-" in mail.recipient]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    with opened_state(tmp_path_factory.mktemp("state")) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    skip_without(dovecot_program(), "Dovecot")
    with running_dovecot(tmp_path_factory.mktemp("server"), _USERS) as running:
        yield running


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(len(_USERS)))


@pytest.fixture
def watched(state: State, server: Dovecot, numbers: Iterator[int]) -> Iterator[Watched]:
    with ExitStack() as stack:
        user = f"user{next(numbers)}"
        more = {"timeout_seconds": 30.0, "message_bytes": _LIMIT}
        found = Watched(stack.enter_context(opened_box(state, server, user, **more)))

        def listen(line: bytes) -> bool:
            found.asked += re.findall(r"BODY\.PEEK\[[^\]]*\]\S*", line.decode())
            return False

        found.box.liar.lies.append(Lie("FETCH", Kind.NO, times=None, only=listen))
        yield found


def _headers_alone(watched: Watched) -> None:
    assert {item.rstrip(")") for item in watched.asked} == {f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>"}


def test_header_alone_is_fetched_and_the_sender_is_told_once(watched: Watched) -> None:
    raw = watched.big()
    watched.box.deliver([raw])
    assert watched.box.run().exit_code is ExitCode.DONE
    assert watched.box.run().exit_code is ExitCode.DONE
    (mail,) = watched.mails()
    assert mail.notice.value == "unreadable"
    _headers_alone(watched)
    (row,) = watched.box.messages()
    kept = watched.box.services.blobs.get(row.sha256)
    assert (row.why, row.oversized, row.size) == ("file_big", True, len(raw))
    assert kept == raw[: raw.index(b"\r\n\r\n") + 4]
    assert watched.box.folders() == {"Held": 1}


@pytest.mark.parametrize(
    "wording",
    [
        {"proof": "fail"},
        {"proof": "none"},
        {"headers": {"Auto-Submitted": "auto-replied"}},
        {"headers": {"List-Id": "News <news.example>"}},
    ],
    ids=str,
)
def test_machine_and_unproven_sender_are_not_answered(watched: Watched, wording: Wording) -> None:
    watched.box.deliver([watched.big(**wording)])
    watched.box.run()
    assert watched.mails() == []
    _headers_alone(watched)
    assert watched.box.folders() == {"Held": 1}


def test_huge_header_is_cut_and_not_answered(watched: Watched) -> None:
    head, _, body = watched.big().partition(b"\r\n\r\n")
    padding = (b"X-Padding: " + b"x" * 900 + b"\r\n") * 11_000
    watched.box.deliver([head + b"\r\n" + padding + b"Precedence: bulk\r\n\r\n" + body])
    watched.box.run()
    assert watched.mails() == []
    (row,) = watched.box.messages()
    assert row.size > 10_000_000
    assert len(watched.box.services.blobs.get(row.sha256)) <= HEADER_BYTES
    assert watched.box.folders() == {"Held": 1}


def test_mails_of_all_sizes_come_in_one_portion(watched: Watched) -> None:
    small = [watched.big(size=10) for _ in range(3)]
    watched.box.deliver([small[0], watched.big(), small[1], watched.big(), small[2]])
    watched.box.run()
    assert sorted(row.oversized for row in watched.box.messages()) == [False] * 3 + [True] * 2
    assert [row.state for row in watched.box.messages()] == [MessageState.PROCESSED] * 5
    assert len(watched.mails()) == 5


def test_two_workers_answer_once(watched: Watched) -> None:
    watched.box.deliver([watched.big() for _ in range(4)])
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lambda _: run_batch(watched.box.services), range(2)))
    watched.box.run()
    assert len(watched.mails()) == len({mail.recipient for mail in watched.mails()}) == 4
    assert watched.box.folders() == {"Held": 4}


def test_folder_numbered_anew_brings_no_second_answer(watched: Watched, server: Dovecot) -> None:
    box = watched.box
    box.deliver([watched.big()])
    box.liar.lies.append(Lie("UID", Kind.NO, times=None, only=lambda line: b"MOVE" in line))
    box.liar.lies.append(Lie("MOVE", Kind.NO, times=None))
    box.run()
    assert box.folders() == {"INBOX": 1}
    del box.liar.lies[1:]
    server.forget_numbers(box.user)
    box.run()
    box.run()
    assert len(watched.mails()) == 1
    assert box.folders() == {"Held": 1}


def test_header_that_is_not_delivered_is_asked_for_again(watched: Watched) -> None:
    box = watched.box
    box.deliver([watched.big(), watched.big(size=10)])
    box.liar.lies.append(Lie("FETCH", Kind.NO, times=2, only=lambda line: b"HEADER" in line))
    box.run()
    for _ in range(5):
        box.run(after=_HOUR)
    assert len(watched.mails()) == 2
    assert box.folders() == {"Held": 1, "Requests": 1}


def test_server_that_tells_too_large_a_size_gives_the_header(watched: Watched) -> None:
    watched.box.liar.size = 2 * _LIMIT
    watched.box.deliver([watched.big(size=10)])
    watched.box.run()
    (row,) = watched.box.messages()
    assert (row.oversized, row.why, row.size) == (True, "file_big", 2 * _LIMIT)
    _headers_alone(watched)
    assert len(watched.mails()) == 1


@pytest.mark.parametrize("told", [0, 1000, _LIMIT])
def test_mail_that_is_larger_than_its_server_told_is_too_big(watched: Watched, told: int) -> None:
    watched.box.liar.size = told
    raw = watched.big()
    watched.box.deliver([raw])
    watched.box.run()
    (row,) = watched.box.messages()
    assert (row.oversized, row.why, row.size) == (True, "file_big", len(raw))
    assert watched.box.services.blobs.get(row.sha256) == raw[: raw.index(b"\r\n\r\n") + 4]
    assert len(watched.mails()) == 1
