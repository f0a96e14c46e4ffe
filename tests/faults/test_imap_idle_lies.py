"""Waiting for new mail on a line that is cut, lies or falls silent: an end, and a new beginning."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from pipeline.errors import TryLaterError
from pipeline.mailbox.imap import ImapMailbox
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.liar import Kind, Lie, lying_before
from tests.unit.mailbox.conftest import access, skip_without_dovecot

pytestmark = pytest.mark.dovecot
_KINDS = (Kind.RST, Kind.FIN, Kind.CUT, Kind.HANG, Kind.GARBAGE, Kind.NO, Kind.BAD, Kind.MISSING)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    skip_without_dovecot()
    users = {str(kind): "secret" for kind in _KINDS}
    with running_dovecot(tmp_path_factory.mktemp("server"), users) as running:
        yield running


@pytest.mark.parametrize("kind", _KINDS)
def test_wait_on_a_lying_line_ends_and_the_next_look_finds_the_mail(
    server: Dovecot, kind: Kind
) -> None:
    with lying_before(server.port) as liar:
        settings = replace(access(server, str(kind)), port=liar.port, timeout_seconds=0.7)
        with ImapMailbox(settings) as mailbox:
            liar.lies = [Lie("IDLE", kind)]
            with suppress(TryLaterError):
                mailbox.wait(0.5)
            mailbox.append("INBOX", b"Subject: x\r\n\r\n")
            assert len(mailbox.new_messages(_nothing_known)) == 1
            assert mailbox.wait(0.1) is False


def _nothing_known(_uidvalidity: int, _uids: Sequence[int]) -> set[int]:
    return set()
