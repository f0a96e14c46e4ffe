"""Waiting for new mail on a line that is cut, lies or falls silent: an end, and a new beginning."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace

import pytest

from pipeline.errors import TryLaterError
from pipeline.mailbox.imap.mailbox import ImapMailbox
from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.liar import Kind, Lie, lying_before
from tests.servers.needed import skip_without
from tests.unit.mailbox.conftest import access

pytestmark = pytest.mark.dovecot
_KINDS = (Kind.RST, Kind.FIN, Kind.CUT, Kind.HANG, Kind.GARBAGE, Kind.NO, Kind.BAD, Kind.MISSING)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    skip_without(dovecot_program(), "Dovecot")
    users = {str(kind): "secret" for kind in _KINDS}
    with running_dovecot(tmp_path_factory.mktemp("server"), users) as running:
        yield running


@pytest.fixture
def wake() -> Iterator[int]:
    """A descriptor that nobody writes to."""
    reading, writing = os.pipe()
    yield reading
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("kind", _KINDS)
def test_wait_on_a_lying_line_ends_and_the_next_look_finds_the_mail(
    server: Dovecot, kind: Kind, wake: int
) -> None:
    with lying_before(server.port) as liar:
        settings = replace(access(server, str(kind)), port=liar.port, timeout_seconds=0.7)
        with ImapMailbox(settings) as mailbox, closing(mailbox.arrivals()) as arrivals:
            liar.lies = [Lie("IDLE", kind)]
            with suppress(TryLaterError):
                arrivals.wait(0.5, wake)
            mailbox.append("INBOX", b"Subject: x\r\n\r\n")
            assert len(mailbox.new_messages(_nothing_known)) == 1
            liar.lies = []
            while arrivals.wait(0.1, wake):  # a new line tells once that something may have come
                pass


def _nothing_known(_uidvalidity: int, _uids: Sequence[int]) -> set[int]:
    return set()
