"""The mail server of the mailbox is down: only receiving waits."""

import socket
from datetime import timedelta

from pipeline.config import MailboxSettings
from pipeline.errors import ExitCode
from pipeline.flow.inbound.fetch import inject
from pipeline.store.records import OutboxState
from tests.faults.conftest import OpenBox
from tests.filled.mails import ADDRESS, form_mail


def test_work_and_mail_go_on_while_the_mailbox_is_down(open_box: OpenBox) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        down = MailboxSettings(
            kind="imap",
            address=ADDRESS,
            host="127.0.0.1",
            port=held.getsockname()[1],
            encryption="none",
            user="box",
        )
        box = open_box(mailbox=down)
        inject(box.services, [form_mail(0, box.clock.now())])
        summary = box.run()
        assert (summary.unreachable, summary.exit_code) == ("mailbox", ExitCode.TRY_LATER)
        assert (summary.processed, summary.sent) == (1, 1)
        later = box.run(after=timedelta(days=1))
    assert later.exit_code == ExitCode.TRY_LATER
    assert [mail.state for mail in box.outbox()] == [OutboxState.SENT]
