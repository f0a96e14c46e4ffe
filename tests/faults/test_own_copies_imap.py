"""Our own copies on a real IMAP server: filed, deleted, found wherever they stand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import ExitCode, TryLaterError
from pipeline.flow.connections import DeliveredCopies, open_mailbox
from pipeline.model.notice import NoticeName
from pipeline.store.outbox_records import OutboxRecord
from tests.faults.imap_box import ImapBox, opened_box, opened_state
from tests.servers.dovecot import dovecot_program, running_dovecot
from tests.servers.liar import Kind, Lie
from tests.servers.needed import skip_without
from tests.world.queued import queue_mails

pytestmark = pytest.mark.dovecot

_USERS = {"requests": "secret", "other": "secret"}


@pytest.fixture(params=["", "IMAP4rev1"], ids=["all", "bare"])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ImapBox]:
    """A mailbox on a server that says all that it can do, or that says it can do the least."""
    skip_without(dovecot_program(), "Dovecot")
    with (
        running_dovecot(tmp_path, _USERS, capability=request.param) as server,
        opened_state(tmp_path / "state") as state,
        opened_box(state, server, "requests", timeout_seconds=30.0) as opened,
    ):
        yield opened


def _sent(box: ImapBox, count: int, notice: NoticeName, first: int = 0) -> list[OutboxRecord]:
    """Send mails; their copies come in."""
    mails = queue_mails(box.services, count, notice, first)
    assert box.run().sent == count
    box.deliver([b"Received: from us by us\r\n" + mail.content for mail in mails])
    return mails


def test_copies_are_filed_and_those_with_a_certificate_deleted(box: ImapBox) -> None:
    _sent(box, 3, NoticeName.ACKNOWLEDGED)
    _sent(box, 2, NoticeName.CERTIFICATE_ISSUED, 3)
    box.deliver_forms(1)
    summary = box.run()
    assert (summary.fetched, summary.exit_code) == (1, ExitCode.DONE)
    with box.person("INBOX") as client:
        assert client.search("UNDELETED") == []
    folders = box.folders()
    folders.pop("INBOX", 0)  # without MOVE and UIDPLUS what was moved stays, marked as deleted
    assert folders == {"Copies": 3, "Requests": 1}
    assert len(box.messages()) == 1


def test_certificates_leave_nothing_behind_on_a_server_without_uidplus(box: ImapBox) -> None:
    _sent(box, 2, NoticeName.CERTIFICATE_REISSUED)
    box.run()
    assert box.folders() == {}


def test_copies_are_found_beside_folders_that_nobody_can_open(box: ImapBox) -> None:
    (mail, other) = queue_mails(box.services, 2)
    with box.person() as client:
        for name in ("Junk", "Odd", "Parent.Child"):
            client.create_folder(name)
        client.append("Junk", mail.content)
    lie = Lie("SELECT", Kind.NO, times=None, code="NOPERM", only=lambda line: b"Odd" in line)
    box.liar.lies.append(lie)
    with open_mailbox(box.services) as mailbox:
        copies = DeliveredCopies(mailbox)
        assert copies.holds(mail.message_id)
        assert not copies.holds(other.message_id)
        # what cannot be opened now may hold it
        lie.code = "UNAVAILABLE"
        assert copies.holds(mail.message_id)
        with pytest.raises(TryLaterError):
            copies.holds(other.message_id)
