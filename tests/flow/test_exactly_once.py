"""One mail is processed once, one certificate is issued once, and no news goes out too late."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from pipeline.errors import ConfigurationError, RefusedError, TryLaterError
from pipeline.flow.connections import open_mailbox
from pipeline.flow.context import ReadMessage
from pipeline.flow.inbound.fetch import fetch, inject
from pipeline.flow.inbound.process import process
from pipeline.flow.lifecycle import issuance as issue
from pipeline.flow.staff import certificates, quarantine
from pipeline.flow.staff import command as deciding
from pipeline.flow.staff import review as decisions
from pipeline.guard import Guard, GuardError, GuardStartError, GuardStarvedError, Reason
from pipeline.mailbox.protocol import Filed
from pipeline.model.certificate import CertificateState
from pipeline.model.request import EventName, Status
from pipeline.notifications.courier import Delivery, DeliveryKind
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import MessageState, RequestRecord
from pipeline.terms import Outcome
from tests.world.customers import HANAKO, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices
from tests.world.world import World

_RELAY = b"Received: from relay.example by mx2.genesys.example with ESMTP; Mon, 23 Nov 2026\r\n"


class _Failing:
    """A guard whose child ends badly, or never starts."""

    def __init__(self, error: GuardError) -> None:
        self.error = error

    def warm(self) -> None:
        """Start nothing."""

    def call(self, *_: object) -> ReadMessage:
        """Raise the error."""
        raise self.error


def _break_guard(
    world: World, monkeypatch: pytest.MonkeyPatch, error: GuardError
) -> pytest.MonkeyPatch:
    monkeypatch.setattr(world.services, "guard", _Failing(error))
    return monkeypatch


def _named(record: RequestRecord, world: World) -> RequestRecord:
    return decisions.approve(world.services, record, "saki", ticked="all", business_verified=True)


def _issued(world: World) -> RequestRecord:
    world.mail(HANAKO, form())
    return decisions.advance(
        world.services, _named(world.request(), world), "saki", event=EventName.NAME_APPROVED
    )


# --- the quarantine ------------------------------------------------------------------------------


def _quarantined(world: World, monkeypatch: pytest.MonkeyPatch) -> bytes:
    raw = world.deliver(world.customer.write(HANAKO, form()))
    with monkeypatch.context() as patched:
        _break_guard(world, patched, GuardError("memory"))
        world.run()
    assert world.folders() == {"Quarantine": 1}
    return raw


def test_released_mail_is_processed_once_and_leaves_the_folder_of_the_quarantine(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = any_world
    _quarantined(world, monkeypatch)
    (entry,) = world.quarantined()
    quarantine.release(world.services, entry, "sato")
    with pytest.raises(RefusedError) as refused:
        quarantine.release(world.services, entry, "sato")
    assert refused.value.code == "quarantine_released"
    assert notices(world.run()) == ["acknowledged"]
    assert world.folders() == {"Requests": 1}
    for late in (quarantine.release, quarantine.drop):
        with pytest.raises(RefusedError):
            late(world.services, entry, "sato")
    assert world.later(days=1) == []
    assert len(world.requests_of(HANAKO)) == 1


def test_bytes_of_a_quarantined_mail_can_be_put_in_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = _quarantined(world, monkeypatch)
    assert inject(world.services, [raw]) == 1
    assert notices(world.run()) == ["acknowledged"]
    (entry,) = world.quarantined()
    quarantine.release(world.services, entry, "sato")
    assert world.run() == []
    assert [row.why for row in world.messages()].count("redelivery") == 1
    assert world.folders() == {"Ignored": 1}


# --- the same mail by another way ----------------------------------------------------------------


def test_mail_that_comes_again_by_another_relay_is_processed_once(any_world: World) -> None:
    world = any_world
    raw = world.customer.write(HANAKO, form())
    world.deliver(raw)
    assert notices(world.run()) == ["acknowledged"]
    for number in range(3):
        head, middle, tail = raw.partition(b"Received:")
        world.deliver(head + _RELAY * (number + 1) + middle + tail)
        assert world.run() == []
        last = world.last_message()
        assert (last.outcome, last.why) == (Outcome.IGNORED, "redelivery")
    assert len(world.requests_of(HANAKO)) == 1


def test_message_id_that_a_sender_uses_again_loses_no_mail(world: World) -> None:
    same = {"Message-ID": "<always-the-same@sakura-denki.example>"}
    world.mail(HANAKO, form(contact_phone=""), headers=same)
    mails = world.mail(HANAKO, form(), headers=same)
    assert world.last_message().why != "redelivery"
    assert len(mails) == 1


def test_unproven_copy_that_came_first_does_not_shut_out_the_proven_one(world: World) -> None:
    proven = world.customer.write(HANAKO, form())
    forged = proven.replace(b"dmarc=pass (p=reject)", b"dmarc=fail (p=reject)").replace(
        b"; dkim=pass header.d=sakura-denki.example", b""
    )
    assert forged != proven
    world.deliver(forged)
    assert world.run() == []
    world.deliver(proven)
    world.run()
    assert world.last_message().why != "redelivery"


# --- what is not the fault of a message ----------------------------------------------------------


def test_reader_that_does_not_start_is_charged_to_no_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver(world.customer.write(HANAKO, form()))
    with monkeypatch.context() as patched:
        _break_guard(world, patched, GuardStartError("crash", "OSError"))
        for _ in range(5):
            assert world.later(hours=1) == []
            assert int(world.summary.exit_code) == 75
    (row,) = world.messages()
    assert (row.state, row.attempts) == (MessageState.FETCHED, 0)
    assert notices(world.run()) == ["acknowledged"]


@pytest.mark.parametrize("reason", ["time", "crash", "exception"])
def test_failure_that_a_busy_machine_can_cause_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, reason: Reason
) -> None:
    world.deliver(world.customer.write(HANAKO, form()))
    with monkeypatch.context() as patched:
        _break_guard(world, patched, GuardError(reason))
        world.run()
        assert (world.summary.deferred, world.quarantined()) == (1, [])
    assert notices(world.later(minutes=6)) == ["acknowledged"]


def test_machine_that_gives_no_processor_is_charged_to_no_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver(world.customer.write(HANAKO, form()))
    with monkeypatch.context() as patched:
        _break_guard(world, patched, GuardStarvedError("time", "100 s without its turn"))
        for _ in range(5):
            assert world.later(hours=1) == []
            assert world.summary.deferred == 1
    (row,) = world.messages()
    assert (row.state, row.attempts) == (MessageState.FETCHED, 0)
    assert notices(world.later(hours=1)) == ["acknowledged"]


def test_wrong_setting_is_charged_to_no_message_and_the_others_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.flow.requests import open as opening  # noqa: PLC0415 - to wrap what it does

    real = opening.open_forms
    world.deliver(world.customer.write(HANAKO, form()))
    world.deliver(world.customer.write("a@a.example", form(language="en")))

    def fails_for_one(work: object, context: object) -> object:
        if context.sender.address == HANAKO:  # type: ignore[attr-defined]  # the flow's own context
            raise ConfigurationError("pango_missing", detail="")
        return real(work, context)  # type: ignore[arg-type]  # handed on as it came

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.flow.inbound.receive.open_forms", fails_for_one)
        for _ in range(5):
            world.later(minutes=6)
            assert int(world.summary.exit_code) == 4
    states = {row.state for row in world.messages()}
    assert states == {MessageState.FETCHED, MessageState.PROCESSED}
    assert [row.attempts for row in world.messages()] == [0, 0]
    assert [mail.to for mail in world.later(minutes=6)] == [HANAKO]


def test_files_are_read_before_the_write_transaction_begins(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver(world.customer.write(HANAKO, form()))
    with open_mailbox(world.services) as mailbox:
        fetch(world.services, mailbox)
    call = Guard.call
    wrote: list[int] = []

    def writing_beside(guard: Guard, *arguments: object) -> object:
        # would wait for itself inside the transaction of the messages
        now = world.clock.now()
        wrote.append(world.services.store.run(lambda tx: tx.counters.add("beside", now)))
        return call(guard, *arguments)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(Guard, "call", writing_beside)
    assert process(world.services).processed == 1
    assert wrote == [1]


# --- certificates --------------------------------------------------------------------------------


@pytest.mark.postgresql
def test_two_hosts_that_sign_at_once_leave_the_one_certificate_live(
    make_world: MakeWorld, postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(postgresql())
    world.mail(HANAKO, form())
    record = _named(world.request(), world)
    with monkeypatch.context() as patched:
        patched.setattr(deciding, "issue", lambda _services, _waiting: [])
        decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    (row,) = world.certificates(record)
    assert row.state is CertificateState.RESERVED
    services = world.services
    services.run(lambda work: issue._prepare(work, row))
    with ThreadPoolExecutor(4) as hosts:
        done = list(hosts.map(lambda _: issue.issue_pending(services), range(4)))
    assert sum(done) == 1
    (row,) = world.certificates(record)
    assert (row.state, row.end_reason) == (CertificateState.LIVE, "")
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    assert notices(world.staff_mails()) == ["certificate_issued"]


def test_certificate_that_another_host_issued_is_not_given_up(any_world: World) -> None:
    world = any_world
    record = _issued(world)
    (row,) = world.certificates(record)
    give_up = partial(issue._not_issued, row, "certificate_lint_failed")
    world.services.run(give_up)
    assert world.certificates(record) == [row]


def test_certificate_waits_when_its_request_changed_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.mail(HANAKO, form())
    record = _named(world.request(), world)

    def stale(*_: object) -> list[RequestRecord]:
        raise RefusedError("stale_request", reference=record.reference)

    with monkeypatch.context() as patched:
        patched.setattr(issue, "_sign", stale)
        decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    (row,) = world.certificates(record)
    assert row.state is CertificateState.PREPARED
    world.run()
    (row,) = world.certificates(record)
    assert row.state is CertificateState.LIVE
    assert world.alerts() == []


def test_revoked_while_its_mail_was_noted_as_sent_stays_revoked(world: World) -> None:
    record = _issued(world)
    certificates.revoke_certificate(world.services, world.again(record), "saki", "lost")
    (row,) = world.certificates(record)
    assert row.state is CertificateState.REVOKED
    mails = world.staff_mails()
    assert notices(mails) == ["certificate_revoked"]
    states = {mail.notice.value: mail.state for mail in world.mails_of(record)}
    assert states["certificate_issued"] is OutboxState.CANCELLED


# --- news that facts have overtaken --------------------------------------------------------------


class _Down:
    """A courier whose server cannot be reached."""

    def deliver(self, *_: object) -> Delivery:
        """Say that nobody could be asked."""
        fault = TryLaterError("courier_unreachable", place="mail:587", reason="down")
        return Delivery(DeliveryKind.DEFERRED, "down", fault=fault)


def test_certificate_of_a_withdrawn_request_does_not_go_out_when_the_server_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.notifications.maildir import MaildirCourier  # noqa: PLC0415 - to be broken

    record = _issued(world)
    with monkeypatch.context() as patched:
        patched.setattr(MaildirCourier, "deliver", _Down.deliver)
        assert world.staff_mails() == []
        assert int(world.summary.exit_code) == 75
        decisions.withdraw(world.services, world.again(record), "saki")
    assert notices(world.later(hours=1)) == ["withdrawn"]
    (mail,) = [m for m in world.mails_of(record) if m.notice.value == "certificate_issued"]
    assert (mail.state, mail.last_error) == (OutboxState.CANCELLED, "overtaken")


def test_reminder_overtakes_the_one_before_it_that_did_not_go_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.notifications.maildir import MaildirCourier  # noqa: PLC0415 - to be broken

    record = _issued(world)
    assert notices(world.staff_mails()) == ["certificate_issued"]
    with monkeypatch.context() as patched:
        patched.setattr(MaildirCourier, "deliver", _Down.deliver)
        for days in (4, 2):
            assert world.later(days=days, hours=1) == []
    assert notices(world.later(hours=1)) == ["certificate_reminder"]
    reminders = [m for m in world.mails_of(record) if m.notice.value == "certificate_reminder"]
    assert [mail.state for mail in reminders] == [OutboxState.CANCELLED, OutboxState.SENT]
    assert world.later(days=0, hours=1) == []


def test_reissue_while_the_server_is_down_sends_the_new_certificate_with_the_first_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.notifications.maildir import MaildirCourier  # noqa: PLC0415 - to be broken

    record = _issued(world)
    with monkeypatch.context() as patched:
        patched.setattr(MaildirCourier, "deliver", _Down.deliver)
        world.staff_mails()
        certificates.reissue_certificate(world.services, world.again(record), "saki")
        world.staff_mails()
    (mail,) = world.later(hours=1)
    live = world.certificates(record)[-1]
    assert mail.notice == "certificate_issued"  # that it is approved was never told
    assert next(iter(mail.files.values())).decode().split() == live.text.split()


def test_reminders_do_not_go_out_after_the_expiry(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.notifications.maildir import MaildirCourier  # noqa: PLC0415 - to be broken

    record = _issued(world)
    world.staff_mails()
    with monkeypatch.context() as patched:
        patched.setattr(MaildirCourier, "deliver", _Down.deliver)
        for _ in range(8):
            world.later(days=1)
    assert notices(world.later(hours=5)) == ["certificate_expired"]
    reminders = [m for m in world.mails_of(record) if m.notice.value == "certificate_reminder"]
    assert {mail.state for mail in reminders} == {OutboxState.CANCELLED}
    assert len(reminders) == 2


def test_reminder_of_a_correction_that_came_stays_here(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.notifications.maildir import MaildirCourier  # noqa: PLC0415 - to be broken

    world.mail(HANAKO, form(display_name=""))
    record = world.request()
    assert record.status is Status.NEEDS_CORRECTION
    with monkeypatch.context() as patched:
        patched.setattr(MaildirCourier, "deliver", _Down.deliver)
        world.later(days=4)
    assert "correction_reminder" in {mail.notice.value for mail in world.mails_of(record)}
    mails = world.reply(record, "", form())
    assert "correction_reminder" not in notices(mails)
    assert EventName.REMIND.value in world.steps(record)


# --- moving --------------------------------------------------------------------------------------


def test_one_mail_that_cannot_be_moved_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.mailbox.maildir import MaildirMailbox  # noqa: PLC0415 - to be broken

    for number in range(4):
        world.deliver(world.customer.write(f"a{number}@a{number}.example", form(language="en")))
    real = MaildirMailbox.file_many

    def stuck(
        mailbox: MaildirMailbox, folder: str, validity: int, uids: Sequence[int], target: str
    ) -> Filed:
        rest = [uid for uid in uids if uid != 1]
        assert real(mailbox, folder, validity, rest, target) == Filed()
        no = TryLaterError("mailbox_unreachable", account="", reason="NO")
        return Filed({uid: no for uid in uids if uid == 1})

    with monkeypatch.context() as patched:
        patched.setattr(MaildirMailbox, "file_many", stuck)
        for batch in range(4):
            world.run(timedelta(minutes=10))
            assert world.folders()["INBOX"] == 1
            assert world.alerts().count("mail_not_moved") == (batch >= 2)
    world.run()
    assert "INBOX" not in world.folders()
    assert replace(world.messages()[0], move_tried_at=None).move_failures == 4
