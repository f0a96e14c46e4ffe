"""The mail server of the mailbox is down: only receiving waits."""

from datetime import timedelta

from pipeline.config import MailboxSettings
from pipeline.errors import ExitCode
from pipeline.flow.inbound.fetch import inject
from pipeline.store.outbox_records import OutboxState
from tests.faults.conftest import OpenBox
from tests.world.crowd import form_mail


def test_work_and_mail_go_on_while_the_mailbox_is_down(
    open_box: OpenBox, mailbox_down: MailboxSettings
) -> None:
    box = open_box(mailbox=mailbox_down)
    inject(box.services, [form_mail(0, box.clock.now())])
    summary = box.batch()
    assert (summary.unreachable, summary.exit_code) == ("mailbox", ExitCode.TRY_LATER)
    assert (summary.processed, summary.sent) == (1, 1)
    later = box.batch(after=timedelta(days=1))
    assert later.exit_code == ExitCode.TRY_LATER
    assert [mail.state for mail in box.outbox()] == [OutboxState.SENT]
