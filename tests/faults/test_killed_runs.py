"""kill -9 of ``pipeline run`` and of a decision that issues a certificate, at random moments."""

from collections import Counter
from pathlib import Path

import pytest

from pipeline.flow.connections import open_mailbox
from pipeline.model.certificate import CertificateState
from pipeline.model.notice import NoticeName
from pipeline.model.request import Status
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import MessageState
from tests.faults.killing import Killing, killing
from tests.world.crowd import number_of, sender_of
from tests.world.maildirs import counted

_SEED = 20261122


def test_killed_runs_lose_and_double_nothing(tmp_path: Path) -> None:
    _kill_and_look(tmp_path, kills=8, mails=12)


@pytest.mark.long
def test_killed_runs_lose_and_double_nothing_long(tmp_path: Path) -> None:
    _kill_and_look(tmp_path, kills=200, mails=500)


def _kill_and_look(folder: Path, *, kills: int, mails: int) -> None:
    with killing(folder, _SEED) as state:
        state.measure()
        while state.kills < kills:
            state.deliver(min(mails - state.delivered, -(-mails // kills)))
            waiting = state.review()
            if waiting and state.dice.random() < 0.4:
                state.approve_name(state.dice.choice(waiting), kill=True)
            else:
                state.call("run", kill=True)
        state.deliver(mails - state.delivered)
        state.finish()
        assert not set(state.codes) - {0, 6}, state.codes
        _nothing_lost(state, mails)
        _nothing_doubled(state, mails)


def _nothing_lost(state: Killing, mails: int) -> None:
    states = Counter(row.state for row in state.messages())
    assert states == {MessageState.PROCESSED: mails}
    with open_mailbox(state.services) as mailbox:
        assert mailbox.new_messages(lambda _validity, _uids: set()) == []
    assert counted(state.folder / "state" / "inbox") == {"Requests": mails}


def _nothing_doubled(state: Killing, mails: int) -> None:
    requests = state.requests()
    assert Counter(record.number for record in requests) == {
        number_of(position): 1 for position in range(mails)
    }
    assert {record.status for record in requests} == {Status.CERTIFICATE_ISSUED}
    every = [mail for record in requests for mail in state.mails_of(record)]
    # that Meta has begun is not told when Meta has ended before the mail left
    late = [one for one in every if one.state is OutboxState.CANCELLED]
    assert {mail.variant for mail in late} <= {"meta_began"}
    outbox = [mail for mail in every if mail not in late]
    for record in requests:
        (certificate,) = state.certificates(record)
        assert certificate.state is CertificateState.LIVE
        with state.services.store.read() as tx:
            assert tx.events.verify(record.id)
    assert {mail.state for mail in outbox} == {OutboxState.SENT}
    once = Counter((mail.request_id, mail.notice) for mail in outbox)
    for record in requests:
        assert once[record.id, NoticeName.ACKNOWLEDGED] == 1
        assert once[record.id, NoticeName.CERTIFICATE_ISSUED] == 1
    # who was killed right after handing such a mail over has sent it all the same
    untold = {mail.message_id for mail in late}
    sent = [(name, address) for name, address in state.sent() if name not in untold]
    assert len(state.sent()) == len({name for name, _ in state.sent()})
    assert Counter(name for name, _ in sent) == {mail.message_id: 1 for mail in outbox}
    assert {address for _, address in sent} == {sender_of(position) for position in range(mails)}
