"""A stage that fails stops no other; mail that a worker left behind goes out once."""

import logging
from datetime import timedelta

import pytest

from pipeline import batch, cli
from pipeline.config import CourierSettings
from pipeline.errors import ConfigurationError, ExitCode, TryLaterError
from pipeline.flow.connections import ArchiveFolder, open_mailbox
from pipeline.flow.outgoing.deliver import Delivered, deliver
from pipeline.flow.services import Services
from pipeline.mailbox.maildir import MaildirMailbox
from pipeline.notifications.courier import Delivery, DeliveryKind
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from tests.faults.conftest import OpenBox
from tests.world.queued import claim_mails
from tests.world.settings import ADDRESS
from tests.world.world import World

_HOUR = timedelta(hours=1)
_ARCHIVED = CourierSettings(archive_folder="Sent")


class _Courier:
    """Takes every mail, ``seconds`` each."""

    def __init__(self, box: World, seconds: float = 0, answer: Delivery | None = None) -> None:
        self.box = box
        self.seconds = timedelta(seconds=seconds)
        self.answer = answer or Delivery(DeliveryKind.SENT)
        self.taken: list[str] = []

    def deliver(self, message_bytes: bytes, envelope_sender: str, recipient: str) -> Delivery:
        """Take the mail."""
        self.box.clock.advance(self.seconds)
        self.taken.append(recipient)
        return self.answer

    def check(self) -> Delivery:
        """Say yes."""
        return Delivery(DeliveryKind.SENT)

    def close(self) -> None:
        """Hold nothing."""


def _queue(box: World, count: int) -> None:
    """Leave ``count`` answers in the outbox."""
    box.deliver_forms(*range(count))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(batch, "_send", lambda _services: Delivered())
        assert box.batch().processed == count


def _other(box: World) -> Services:
    mine = box.services
    return Services(mine.settings, mine.clock, mine.store, mine.blobs, mine.guard, worker="two:1")


# --- the batch -----------------------------------------------------------------------------------


def test_leases_of_workers_that_are_gone_are_swept(box: World) -> None:
    store, now = box.services.store, box.clock.now()
    for name, seconds in (("batch:killed", -1), ("batch:other", 600)):
        until = now + timedelta(seconds=seconds)
        store.run(lambda tx, n=name, u=until: tx.leases.acquire(n, n, now, u))  # type: ignore[misc]
    box.batch()
    with store.read() as tx:
        assert [lease.name for lease in tx.leases.list()] == ["batch:other"]


def test_workers_of_one_process_number_on_hosts_of_one_name_are_two(box: World) -> None:
    mine = box.services
    others = [
        Services(mine.settings, mine.clock, mine.store, mine.blobs, mine.guard) for _ in range(2)
    ]
    assert len({mine.worker, *(other.worker for other in others)}) == 3
    now = box.clock.now()
    until = now + timedelta(minutes=10)
    taken = [
        other.store.run(lambda tx, w=other.worker: tx.leases.acquire("moving", w, now, until))  # type: ignore[misc]
        for other in others
    ]
    assert taken == [True, False]


def test_refused_login_stops_neither_the_work_nor_the_sending(
    box: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _queue(box, 2)

    def refused(*_: object, **__: object) -> None:
        raise ConfigurationError("mailbox_refused_login", account=ADDRESS, user="box", reason="no")

    monkeypatch.setattr(MaildirMailbox, "list_new", refused)
    summary = box.batch()
    assert (summary.sent, summary.exit_code) == (2, ExitCode.CONFIGURATION)
    (failure,) = summary.failures
    assert failure.error is not None
    assert (failure.stage, failure.error.code) == ("receive", "mailbox_refused_login")


def test_unforeseen_error_of_one_stage_is_told_when_the_others_have_run(
    box: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.deliver_forms(0)

    def broken(_services: Services) -> int:
        raise KeyError("+44 7400 123456")

    monkeypatch.setattr(batch, "run_due", broken)
    summary = box.batch()
    assert (summary.sent, summary.exit_code) == (1, ExitCode.BUG)
    (failure,) = summary.failures
    assert (failure.stage, failure.kind, failure.error) == ("due", "KeyError", None)
    assert "7400" not in repr(summary)


def test_database_that_does_not_answer_ends_the_batch_at_once(
    box: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.deliver_forms(0)

    def busy(_services: Services) -> int:
        raise TryLaterError("database_busy", where="x")

    monkeypatch.setattr(batch, "run_due", busy)
    summary = box.batch()
    assert (summary.processed, summary.sent, summary.exit_code) == (1, 0, ExitCode.TRY_LATER)


def test_loose_authority_folder_stops_nothing_when_no_certificate_is_wanted(box: World) -> None:
    (box.services.settings.home() / "authority").chmod(0o755)
    box.deliver_forms(0)
    summary = box.batch()
    assert (summary.sent, summary.exit_code) == (1, ExitCode.DONE)


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ({"a": "configuration", "b": "later"}, ExitCode.CONFIGURATION),
        ({"a": "later"}, ExitCode.TRY_LATER),
        ({"a": "configuration", "b": "bug"}, ExitCode.BUG),
        ({}, ExitCode.UNFINISHED),
    ],
)
def test_worst_exit_code_wins(codes: dict[str, str], worst: ExitCode) -> None:
    errors = {
        "configuration": ConfigurationError("token_key_damaged"),
        "later": TryLaterError("mailbox_unreachable"),
        "bug": None,
    }
    failures = tuple(batch.Failure(name, errors[kind], kind) for name, kind in codes.items())
    assert batch.Summary(quarantined=1, failures=failures).exit_code == worst


def test_unforeseen_error_of_a_command_is_told_without_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise LookupError("山田 花子 hanako@sakura-denki.example")

    monkeypatch.setattr(cli, "_root", broken)
    monkeypatch.setattr(logging.getLogger("pipeline"), "propagate", False)
    assert cli.run(["status"]) == ExitCode.BUG
    told = capsys.readouterr()
    assert told.out == ""
    assert "LookupError" in told.err
    assert "hanako" not in told.err


def test_failing_statement_tells_no_parameters(box: World) -> None:
    assert box.services.store._engine.hide_parameters


# --- the outbox ----------------------------------------------------------------------------------


def test_mail_is_sent_once_when_a_portion_outlives_its_lease(box: World) -> None:
    _queue(box, 8)
    start = box.clock.now()
    second = _Courier(box)

    class Slow(_Courier):
        """While it is in its fifth mail, after 600 s, another worker comes by."""

        def deliver(self, message_bytes: bytes, envelope_sender: str, recipient: str) -> Delivery:
            taken = super().deliver(message_bytes, envelope_sender, recipient)
            if not second.taken and box.clock.now() - start > timedelta(seconds=600):
                deliver(_other(box), second)
            return taken

    first = Slow(box, seconds=125)
    deliver(box.services, first)
    everybody = first.taken + second.taken
    assert (len(everybody), len(set(everybody))) == (8, 8)
    assert {mail.state for mail in box.outbox()} == {OutboxState.SENT}


def test_unasked_mail_is_given_back_and_costs_no_attempt(box: World) -> None:
    _queue(box, 3)
    fault = TryLaterError("courier_unreachable", place="mail:587", reason="down")
    down = _Courier(box, answer=Delivery(DeliveryKind.DEFERRED, "down", fault=fault))
    assert deliver(box.services, down).deferred == 3
    assert len(down.taken) == 1
    assert sorted(mail.attempt for mail in box.outbox()) == [0, 0, 0]
    assert {mail.state for mail in box.outbox()} == {OutboxState.QUEUED}


def test_hourly_cap_counts_what_went_out(open_box: OpenBox) -> None:
    box = open_box(courier=CourierSettings(hourly_cap=3))
    _queue(box, 5)
    down = _Courier(box, answer=Delivery(DeliveryKind.DEFERRED, "busy"))
    for _ in range(4):
        deliver(box.services, down)
    box.clock.advance(timedelta(minutes=20))
    taken = _Courier(box)
    assert deliver(box.services, taken).sent == 3
    assert deliver(box.services, taken).sent == 0
    box.clock.advance(_HOUR)
    assert deliver(box.services, taken).sent == 2


def test_archive_that_fails_is_told_once_and_stops_no_mail(
    open_box: OpenBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = open_box(courier=_ARCHIVED)
    box.deliver_forms(0, 1, 2)

    def refused(*_: object, **__: object) -> None:
        raise ConfigurationError("mailbox_refused_login", account="", user="", reason="")

    monkeypatch.setattr(ArchiveFolder, "__call__", refused)
    summary = box.batch()
    assert (summary.sent, summary.exit_code) == (3, ExitCode.CONFIGURATION)
    box.deliver_forms(3)
    assert box.batch(after=_HOUR).sent == 1
    with box.services.store.read() as tx:
        assert [line.code for line in tx.alerts.list()].count("archive_failed") == 1


def _left_behind(box: World, *, archived: bool) -> OutboxRecord:
    """Leave what a worker leaves that was killed while it sent a mail; its claim has run out."""
    _queue(box, 1)
    now = box.clock.now()
    until = now + timedelta(minutes=1)
    store = box.services.store
    (mail,) = store.run(lambda tx: claim_mails(tx, now, 1, "gone", until))
    assert store.run(lambda tx: tx.outbox.intend([(mail.id, mail.attempt)], now, until))
    if archived:
        with open_mailbox(box.services) as mailbox:
            mailbox.append("Sent", mail.content)
    box.clock.advance(timedelta(minutes=2))
    return mail


@pytest.mark.parametrize(
    ("setting", "archived", "taken", "state"),
    [
        ("auto", True, 0, OutboxState.SENT),
        ("auto", False, 1, OutboxState.SENT),
        ("verify", True, 0, OutboxState.SENT),
        # the copy is made after the server's yes: without one, nothing is proven
        ("verify", False, 0, OutboxState.IN_DOUBT),
    ],
)
def test_mail_in_doubt_goes_out_again_only_when_the_archive_lacks_it(
    open_box: OpenBox, setting: str, taken: int, state: OutboxState, *, archived: bool
) -> None:
    box = open_box(courier=_ARCHIVED.model_copy(update={"in_doubt": setting}))
    mail = _left_behind(box, archived=archived)
    courier = _Courier(box)
    with open_mailbox(box.services) as mailbox:
        deliver(box.services, courier, ArchiveFolder(mailbox, "Sent"))
        assert mailbox.holds("Sent", mail.message_id) == (state is OutboxState.SENT)
    assert len(courier.taken) == taken
    assert [mail.state for mail in box.outbox()] == [state]


def test_mail_in_doubt_waits_while_the_archive_cannot_be_asked(
    open_box: OpenBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = open_box(courier=_ARCHIVED)
    _left_behind(box, archived=True)

    def down(*_: object) -> bool:
        raise TryLaterError("mailbox_unreachable", account="", reason="")

    with monkeypatch.context() as patched:
        patched.setattr(ArchiveFolder, "holds", down)
        assert box.batch().sent == 0
    assert [mail.state for mail in box.outbox() if mail.request_id] == [OutboxState.SENDING]
    summary = box.batch(after=_HOUR)
    assert summary.sent == 1
    assert [mail.state for mail in box.outbox()] == [OutboxState.SENT]


def test_courier_that_breaks_at_one_mail_leaves_it_in_doubt_and_sends_the_others(
    box: World,
) -> None:
    _queue(box, 3)

    class Broken(_Courier):
        """Has a bug that the first mail meets."""

        def deliver(self, message_bytes: bytes, envelope_sender: str, recipient: str) -> Delivery:
            super().deliver(message_bytes, envelope_sender, recipient)
            if len(self.taken) == 1:
                raise UnicodeEncodeError("ascii", recipient, 0, 1, "no")
            return self.answer

    done = deliver(box.services, Broken(box))
    assert (done.sent, done.in_doubt) == (2, 1)
