"""The mail server is down, refuses, or vanishes in the middle of a mail."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipeline.config import CourierSettings, MailboxSettings
from pipeline.errors import ExitCode
from pipeline.flow.inbound.fetch import inject
from pipeline.flow.services import waits
from pipeline.store.outbox_records import OutboxState
from tests.faults.conftest import OpenBox
from tests.servers.lines import closed_port
from tests.servers.smtp import SmtpSink, smtp_sink
from tests.world.crowd import form_mail
from tests.world.outbox import queue_to
from tests.world.queued import claim_mails, queue_mails
from tests.world.world import World

_WAIT = timedelta(minutes=10)


def _courier(port: int) -> CourierSettings:
    return CourierSettings(kind="smtp", host="127.0.0.1", port=port, encryption="none")


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with smtp_sink() as running:
        yield running


def _state(box: World) -> list[tuple[OutboxState, int]]:
    return [(mail.state, mail.attempt) for mail in box.outbox()]


def test_mail_waits_while_the_server_is_down_and_goes_out_afterwards(
    open_box: OpenBox, sink: SmtpSink
) -> None:
    with closed_port() as port:
        box = open_box(courier=_courier(port))
        box.deliver_forms(0, 1, 2)
        summary = box.batch()
    assert summary.exit_code == ExitCode.TRY_LATER
    assert (summary.processed, summary.sent, summary.put_off) == (3, 0, 3)
    assert {state for state, _ in _state(box)} == {OutboxState.QUEUED}

    box.change(courier=_courier(sink.port))
    summary = box.batch(after=_WAIT)
    assert (summary.exit_code, summary.sent) == (ExitCode.DONE, 3)
    assert len(sink.messages) == 3
    assert {state for state, _ in _state(box)} == {OutboxState.SENT}
    assert box.batch(after=_WAIT).sent == 0


def test_a_server_that_stays_down_never_makes_a_mail_fail(open_box: OpenBox) -> None:
    with closed_port() as port:
        box = open_box(courier=_courier(port))
        queue_to(box.services, "aiko@shrub.example")
        for _ in range(30):
            assert box.batch(after=timedelta(hours=5)).exit_code == ExitCode.TRY_LATER
        first = box.outbox()[0]
    assert (first.state, first.attempt) == (OutboxState.QUEUED, 0)


def test_a_wrong_setting_stops_sending_and_costs_no_attempt(
    open_box: OpenBox, sink: SmtpSink
) -> None:
    box = open_box(courier=_courier(sink.port).model_copy(update={"encryption": "starttls"}))
    queue_to(box.services, "aiko@shrub.example", "ben@tree.example")
    for _ in range(15):
        summary = box.batch(after=timedelta(hours=5))
        assert summary.exit_code == ExitCode.CONFIGURATION
        told = [failure.error.code for failure in summary.failures if failure.error]
        assert told == ["courier_no_tls"]
    assert {(mail.state, mail.attempt) for mail in box.outbox()} == {(OutboxState.QUEUED, 0)}
    assert sink.messages == []

    box.change(courier=_courier(sink.port))
    assert box.batch(after=_WAIT).exit_code == ExitCode.DONE
    assert len(sink.messages) >= 2


def test_our_own_address_refused_fails_no_mail(open_box: OpenBox, sink: SmtpSink) -> None:
    box = open_box(courier=_courier(sink.port))
    sink.fail("mail", "550 5.7.1 this user may not send as that address")
    box.deliver_forms(0, 1)
    summary = box.batch()
    assert (summary.sent, summary.failed, summary.put_off) == (0, 0, 2)
    assert summary.exit_code == ExitCode.CONFIGURATION
    assert box.batch(after=_WAIT).sent == 2


def test_a_server_that_closes_stops_sending_for_the_run(open_box: OpenBox, sink: SmtpSink) -> None:
    box = open_box(courier=_courier(sink.port))
    sink.fail("mail", "421 4.7.0 too many connections")
    box.deliver_forms(0, 1, 2)
    summary = box.batch()
    assert (summary.put_off, summary.exit_code) == (3, ExitCode.TRY_LATER)
    assert {mail.attempt for mail in box.outbox()} == {0}
    assert box.batch(after=_WAIT).sent == 3


def test_a_setting_comes_before_a_server_that_is_down(
    open_box: OpenBox, mailbox_down: MailboxSettings, sink: SmtpSink
) -> None:
    courier = _courier(sink.port).model_copy(update={"encryption": "starttls"})
    box = open_box(courier=courier, mailbox=mailbox_down)
    inject(box.services, [form_mail(0, box.clock.now())])
    summary = box.batch()
    codes = [failure.error.code for failure in summary.failures if failure.error]
    assert codes == ["mailbox_unreachable", "courier_no_tls"]
    assert (summary.exit_code, summary.unreachable) == (ExitCode.CONFIGURATION, "mailbox")


@pytest.mark.parametrize("moment", ["mail", "rcpt", "data"])
def test_a_passing_refusal_puts_the_mail_off(
    open_box: OpenBox, sink: SmtpSink, moment: str
) -> None:
    box = open_box(courier=_courier(sink.port))
    sink.fail(moment, "451 4.3.0 try again later")
    box.deliver_forms(0)
    summary = box.batch()
    assert (summary.sent, summary.put_off, summary.exit_code) == (0, 1, ExitCode.DONE)
    assert box.batch(after=timedelta(minutes=1)).sent == 0
    assert box.batch(after=_WAIT).sent == 1
    assert len(sink.messages) == 1


@pytest.mark.parametrize("moment", ["rcpt", "data"])
def test_a_final_refusal_fails_the_mail_and_is_shown(
    open_box: OpenBox, sink: SmtpSink, moment: str
) -> None:
    box = open_box(courier=_courier(sink.port))
    sink.fail(moment, "550 5.1.1 no such mailbox")
    box.deliver_forms(0, 1)
    summary = box.batch()
    assert (summary.sent, summary.failed, summary.exit_code) == (1, 1, ExitCode.UNFINISHED)
    with box.services.store.read() as tx:
        (shown,) = tx.outbox.list("attention")
    assert shown.state is OutboxState.FAILED
    assert "550" in shown.last_error
    assert box.batch(after=_WAIT).sent == 0


@pytest.mark.parametrize("setting", ["auto", "resend"])
def test_a_line_that_breaks_after_the_final_dot_sends_the_mail_again_under_its_id(
    open_box: OpenBox, sink: SmtpSink, setting: str
) -> None:
    box = open_box(courier=_courier(sink.port).model_copy(update={"in_doubt": setting}))
    sink.fail("data", None)
    box.deliver_forms(0)
    summary = box.batch()
    assert (summary.in_doubt, summary.exit_code) == (1, ExitCode.UNFINISHED)
    assert box.batch(after=timedelta(minutes=1)).sent == 0
    assert box.batch(after=_WAIT).sent == 1
    (mail,) = box.outbox()
    assert f"Message-ID: {mail.message_id}".encode() in sink.messages[0][2]


def test_a_line_that_always_breaks_after_the_final_dot_comes_to_staff(
    open_box: OpenBox, sink: SmtpSink
) -> None:
    box = open_box(courier=_courier(sink.port))
    sink.fail("data", *[None] * 50)
    (mail,) = queue_mails(box.services, 1)
    for _ in range(50):
        box.batch(after=timedelta(hours=6))
    with box.services.store.read() as tx:
        found = tx.outbox.get(mail.id)
    assert found is not None
    assert (found.state, found.attempt) == (OutboxState.IN_DOUBT, waits.DOUBTS)


@pytest.mark.parametrize("setting", ["hold", "verify"])
def test_a_line_that_breaks_after_the_final_dot_leaves_the_mail_in_doubt(
    open_box: OpenBox, sink: SmtpSink, setting: str
) -> None:
    box = open_box(courier=_courier(sink.port).model_copy(update={"in_doubt": setting}))
    sink.fail("data", None)
    box.deliver_forms(0)
    summary = box.batch()
    assert (summary.in_doubt, summary.exit_code) == (1, ExitCode.UNFINISHED)
    with box.services.store.read() as tx:
        (shown,) = tx.outbox.list("attention")
    assert shown.state is OutboxState.IN_DOUBT
    for _ in range(3):
        assert box.batch(after=timedelta(hours=6)).sent == 0
    assert sink.messages == []

    now = box.clock.now()
    assert box.services.store.run(lambda tx: tx.outbox.retry(shown.id, now))
    assert box.batch().sent == 1
    assert len(sink.messages) == 1


@pytest.mark.parametrize(("setting", "sent"), [("resend", 1), ("hold", 0)])
def test_a_worker_that_vanished_while_sending_leaves_it_to_the_setting(
    open_box: OpenBox, sink: SmtpSink, setting: str, sent: int
) -> None:
    with closed_port() as port:
        box = open_box(courier=_courier(port))
        box.deliver_forms(0)
        box.batch()
    # what a worker leaves behind that was killed between its intent and the server's answer
    box.clock.advance(_WAIT)
    now = box.clock.now()
    (mail,) = box.services.store.run(
        lambda tx: claim_mails(tx, now, 1, "gone", now + timedelta(minutes=1))
    )
    intent = ([(mail.id, mail.attempt)], now, now + timedelta(minutes=1))
    assert box.services.store.run(lambda tx: tx.outbox.intend(*intent))
    courier = _courier(sink.port).model_copy(update={"in_doubt": setting})
    box.change(courier=courier)
    assert box.batch().sent == 0
    summary = box.batch(after=timedelta(minutes=2))
    assert (summary.sent, summary.in_doubt) == (sent, 1 - sent)
    assert len(sink.messages) == sent
    if sent:
        assert f"Message-ID: {mail.message_id}".encode() in sink.messages[0][2]


def test_an_outage_does_not_make_a_doubtful_mail_certain(open_box: OpenBox, sink: SmtpSink) -> None:
    with closed_port() as port:
        courier = _courier(port).model_copy(update={"in_doubt": "hold"})
        box = open_box(courier=courier)
        box.deliver_forms(0, 1)
        box.batch()
        box.clock.advance(_WAIT)
        now = box.clock.now()
        mails = box.services.store.run(
            lambda tx: claim_mails(tx, now, 2, "gone", now + timedelta(minutes=1))
        )
        doubtful = mails[-1]
        intent = ([(doubtful.id, doubtful.attempt)], now, now + timedelta(minutes=1))
        box.services.store.run(lambda tx: tx.outbox.intend(*intent))
        box.batch(after=timedelta(minutes=2))
    again = _courier(sink.port).model_copy(update={"in_doubt": "hold"})
    box.change(courier=again)
    box.batch(after=timedelta(hours=1))
    assert {mail.id: mail.state for mail in box.outbox()} == {
        mails[0].id: OutboxState.SENT,
        doubtful.id: OutboxState.IN_DOUBT,
    }
