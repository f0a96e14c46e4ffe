"""``courier.archive = "bcc"``: our own mailbox gets each mail, which tells what became of it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.batch import inject, plan_batch
from pipeline.config import CourierSettings, LimitSettings, Settings
from pipeline.errors import ExitCode, PipelineError, TryLaterError
from pipeline.flow.connections import DeliveredCopies, open_courier
from pipeline.flow.outgoing.claims import ClaimKeeper
from pipeline.flow.views.doctor.servers import of_doubt
from pipeline.flow.views.plan import Fate, PlannedMail
from pipeline.mailbox.maildir import MaildirMailbox
from pipeline.model.notice import NoticeName
from pipeline.notifications.courier import DeliveryKind
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.wording import console
from tests.faults.conftest import OpenBox
from tests.servers.delivering import Deliveries, delivering
from tests.world.maildirs import counted, mails_in
from tests.world.outbox import parsed
from tests.world.queued import claim_mails, queue_mails
from tests.world.settings import ADDRESS
from tests.world.world import World

_MINUTE = timedelta(minutes=1)
_A_QUARTER = timedelta(minutes=16)

Copied = Callable[..., tuple[World, Deliveries]]


@pytest.fixture
def copied(open_box: OpenBox, tmp_path: Path) -> Iterator[Copied]:
    """Give what opens a world whose mail goes out to a server that delivers our copies to us."""
    with delivering(ADDRESS, tmp_path / "nowhere", tmp_path / "customers") as server:

        def make(**courier: object) -> tuple[World, Deliveries]:
            settings = {"archive": "bcc", "hourly_cap": 10_000, **courier}
            box = open_box(
                courier=CourierSettings.model_validate(
                    {
                        "kind": "smtp",
                        "host": "127.0.0.1",
                        "port": server.port,
                        "encryption": "none",
                        **settings,
                    }
                )
            )
            server.ours = box.home / "inbox"
            return box, server

        yield make


def _row(box: World, mail: OutboxRecord) -> OutboxRecord:
    with box.services.store.read() as tx:
        found = tx.outbox.get(mail.id)
    assert found is not None
    return found


def _blobs(box: World) -> list[str]:
    return list(box.services.blobs.names())


def _ledger(box: World) -> int:
    with box.services.store.read() as tx:
        return len(tx.messages.list("all"))


def _states(box: World, mails: list[OutboxRecord]) -> set[OutboxState]:
    return {_row(box, mail).state for mail in mails}


# --- the second recipient ------------------------------------------------------------------------


def test_each_mail_has_our_mailbox_as_a_second_recipient_of_the_envelope(copied: Copied) -> None:
    box, server = copied()
    (mail,) = queue_mails(box.services, 1)
    assert box.batch().sent == 1
    assert server.envelopes == [(mail.recipient, ADDRESS)]
    ((_, raw),) = server.taken()
    assert parsed(raw)["Bcc"] is None
    assert raw.endswith(mail.content.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize(
    ("answer", "code", "exit_code"),
    [
        ("550 5.1.1 no such user", "courier_copy_refused", ExitCode.CONFIGURATION),
        ("451 4.7.1 greylisted", "courier_copy_deferred", ExitCode.TRY_LATER),
    ],
)
def test_nothing_goes_out_when_our_own_mailbox_is_refused(
    copied: Copied, answer: str, code: str, exit_code: ExitCode
) -> None:
    box, server = copied()
    server.refusals[ADDRESS] = answer
    mails = queue_mails(box.services, 3)
    summary = box.batch()
    assert (summary.sent, summary.exit_code) == (0, exit_code)
    assert [failure.error.code for failure in summary.failures if failure.error] == [code]
    assert server.taken() == []
    assert {(row.state, row.attempt) for row in (_row(box, mail) for mail in mails)} == {
        (OutboxState.QUEUED, 0)
    }
    server.refusals.clear()
    assert box.batch(after=timedelta(hours=1)).sent == 3


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "451 4.7.1 later"])
def test_a_look_at_the_server_asks_for_our_own_mailbox(copied: Copied, answer: str) -> None:
    box, server = copied()
    with open_courier(box.services) as (courier, _):
        assert courier.check().kind is DeliveryKind.SENT
        server.refusals[ADDRESS] = answer
        found = courier.check()
    assert found.kind is not DeliveryKind.SENT
    assert found.fault is not None
    assert (found.fault.code, found.fault.params["address"]) == ("courier_copy_refused", ADDRESS)
    assert server.envelopes == []


@pytest.mark.parametrize(
    ("settings", "state", "word"),
    [
        ({}, "good", "doubt_bcc"),
        ({"in_doubt": "verify"}, "good", "doubt_bcc"),
        ({"in_doubt": "hold"}, "good", "doubt_hold"),
        ({"in_doubt": "resend"}, "warn", "doubt_resend"),
        ({"archive": "folder"}, "warn", "no_archive"),
        ({"archive": "folder", "in_doubt": "verify"}, "good", "doubt_hold"),
        ({"archive": "folder", "archive_folder": "Sent"}, "good", "doubt_folder"),
        (
            {"archive": "folder", "archive_folder": "Sent", "in_doubt": "verify"},
            "good",
            "doubt_folder_hold",
        ),
    ],
)
def test_doctor_says_what_becomes_of_a_mail_in_doubt(
    settings: dict[str, str], state: str, word: str
) -> None:
    courier = CourierSettings.model_validate({"archive": "bcc", **settings})
    found = of_doubt(Settings(courier=courier))
    assert (found.state, found.word) == (state, word)
    assert "{" not in console.word(found.word, **dict(found.values))


def test_a_customer_who_is_refused_leaves_no_copy(copied: Copied) -> None:
    box, server = copied()
    mails = queue_mails(box.services, 2)
    server.refusals[mails[0].recipient] = "550 5.1.1 no such user"
    summary = box.batch()
    assert (summary.sent, summary.failed) == (1, 1)
    assert len(mails_in(server.ours)) == 1


# --- the copies come in --------------------------------------------------------------------------


def test_copies_are_filed_and_are_no_messages(copied: Copied) -> None:
    box, server = copied()
    queue_mails(box.services, 3)
    assert box.batch().sent == 3
    assert counted(server.ours) == {"INBOX": 3}
    summary = box.batch()
    assert (summary.fetched, summary.did_something, summary.exit_code) == (0, False, ExitCode.DONE)
    assert counted(server.ours) == {"Copies": 3}
    assert (_ledger(box), _blobs(box)) == (0, [])


def test_copies_go_to_the_folder_of_the_setting(copied: Copied) -> None:
    box, server = copied(archive_folder="Sent by us")
    queue_mails(box.services, 1)
    box.batch()
    box.batch()
    assert counted(server.ours) == {"Sent by us": 1}


def test_a_copy_of_a_certificate_mail_is_deleted(copied: Copied) -> None:
    box, server = copied()
    queue_mails(box.services, 2, NoticeName.CERTIFICATE_ISSUED)
    queue_mails(box.services, 1, NoticeName.CERTIFICATE_REISSUED)
    queue_mails(box.services, 1, NoticeName.ACKNOWLEDGED)
    assert box.batch().sent == 4
    box.batch()
    assert counted(server.ours) == {"Copies": 1}
    assert _blobs(box) == []


def test_copies_among_the_mails_of_customers(copied: Copied) -> None:
    box, server = copied()
    queue_mails(box.services, 2)
    box.batch()
    box.deliver_forms(0, 1)
    summary = box.batch()
    assert (summary.fetched, summary.sent) == (2, 2)
    assert counted(server.ours) == {"Requests": 2, "Copies": 2, "INBOX": 2}


def test_a_copy_is_known_when_the_bytes_of_its_mail_are_purged(copied: Copied) -> None:
    box, server = copied()
    (mail,) = queue_mails(box.services, 1)
    box.batch()
    later = box.clock.now() + timedelta(days=30)
    assert box.services.store.run(lambda tx: tx.outbox.purge_sent(later, 10)) == 1
    assert _row(box, mail).content == b""
    box.batch()
    assert counted(server.ours) == {"Copies": 1}


_FORGED: dict[str, Callable[[bytes], bytes]] = {
    "other words": lambda raw: raw.replace(b"Dear customer", b"Dear operator"),
    "words below": lambda raw: raw + b"P.S. Please cancel.\n",
    "words above": lambda raw: raw.replace(b"\n\n", b"\n\nPlease cancel.\n", 1),
    "no words": lambda raw: raw.partition(b"\n\n")[0] + b"\n\n",
}


@pytest.mark.parametrize("change", _FORGED.values(), ids=_FORGED)
def test_another_mail_under_our_message_id_is_a_message(
    copied: Copied, change: Callable[[bytes], bytes]
) -> None:
    box, server = copied()
    queue_mails(box.services, 1, NoticeName.CERTIFICATE_ISSUED)
    box.batch()
    (path,) = mails_in(server.ours)
    path.write_bytes(change(path.read_bytes()))
    box.batch()
    assert _ledger(box) == 1
    assert "Copies" not in counted(server.ours)


def test_a_copy_under_a_forged_message_id_is_a_message(copied: Copied) -> None:
    box, server = copied()
    (mail,) = queue_mails(box.services, 1)
    box.batch()
    (path,) = mails_in(server.ours)
    forged = mail.message_id.replace("<staff.", "<staff.aaaa")[:-1] + ">"
    path.write_bytes(path.read_bytes().replace(mail.message_id.encode(), forged.encode()))
    box.batch()
    assert (_ledger(box), "Copies" in counted(server.ours)) == (1, False)


def test_a_copy_that_is_put_in_by_hand_is_no_message(copied: Copied) -> None:
    box, server = copied()
    queue_mails(box.services, 1)
    box.batch()
    (path,) = mails_in(server.ours)
    raw = path.read_bytes()
    path.unlink()
    assert inject(box.services, [raw, raw.replace(b"\n", b"\r\n")]) == 0
    assert (_ledger(box), _blobs(box)) == (0, [])


def test_the_plan_names_a_copy(copied: Copied) -> None:
    box, _ = copied()
    queue_mails(box.services, 1)
    box.batch()
    (planned,) = plan_batch(box.services).mailbox.first
    assert isinstance(planned, PlannedMail)
    assert planned.fate is Fate.OWN_COPY


def test_copies_that_cannot_be_filed_hold_up_no_mail(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, server = copied()
    queue_mails(box.services, 1)
    box.batch()
    box.deliver_forms(0)

    def refused(*_: object) -> None:
        raise TryLaterError("mailbox_move_refused", account="", folder="Copies", reason="no")

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.flow.inbound.fetch.put_away", refused)
        summary = box.batch()
    assert (summary.fetched, summary.processed, summary.exit_code) == (1, 1, ExitCode.TRY_LATER)
    box.batch()
    assert counted(server.ours) == {"Requests": 1, "Copies": 2}


# --- mails in doubt ------------------------------------------------------------------------------


def _hang_up(server: Deliveries, *how: str) -> None:
    waiting = list(how)
    server.hang_up = lambda: waiting.pop(0) if waiting else ""


@pytest.mark.parametrize("setting", ["auto", "verify"])
def test_a_mail_that_was_taken_before_the_line_broke_is_not_sent_again(
    copied: Copied, setting: str
) -> None:
    box, server = copied(in_doubt=setting)
    _hang_up(server, "after")
    mails = queue_mails(box.services, 2)
    summary = box.batch()
    assert (summary.sent, summary.in_doubt, summary.exit_code) == (1, 1, ExitCode.UNFINISHED)
    summary = box.batch(after=_MINUTE)
    assert (summary.sent, summary.in_doubt, summary.exit_code) == (1, 0, ExitCode.DONE)
    assert _states(box, mails) == {OutboxState.SENT}
    assert len(server.taken()) == 2


@pytest.mark.parametrize("setting", ["auto", "verify"])
def test_a_mail_that_was_not_taken_is_sent_again_after_a_while(
    copied: Copied, setting: str
) -> None:
    box, server = copied(in_doubt=setting)
    _hang_up(server, "before")
    (mail,) = queue_mails(box.services, 1)
    box.batch()
    for _ in range(14):
        summary = box.batch(after=_MINUTE)
        assert (summary.sent, summary.in_doubt) == (0, 1)
    assert (_row(box, mail).state, server.taken()) == (OutboxState.SENDING, [])
    assert box.batch(after=2 * _MINUTE).sent == 1
    ((sent, _),) = server.taken()
    assert (sent, _row(box, mail).attempt) == (mail.message_id, 2)


def test_a_copy_that_is_late_is_waited_for(copied: Copied) -> None:
    box, server = copied()
    _hang_up(server, "after")
    (mail,) = queue_mails(box.services, 1)
    box.batch()
    (path,) = mails_in(server.ours)
    late = path.rename(path.parents[2] / "late")
    for _ in range(10):
        assert box.batch(after=_MINUTE).in_doubt == 1
    late.rename(path)
    assert box.batch(after=_MINUTE).sent == 1
    assert len(server.taken()) == 1
    assert _row(box, mail).state is OutboxState.SENT


@pytest.mark.parametrize("folder", [".Junk", ".Copies", ".Held", ".Projects.Old"])
def test_a_copy_is_found_in_any_folder(copied: Copied, folder: str) -> None:
    box, server = copied()
    _hang_up(server, "after")
    (mail,) = queue_mails(box.services, 1)
    box.batch()
    (path,) = mails_in(server.ours)
    for name in ("new", "cur", "tmp"):
        (server.ours / folder / name).mkdir(parents=True, exist_ok=True)
    path.rename(server.ours / folder / "cur" / f"{path.name}:2,S")
    assert box.batch(after=_MINUTE).sent == 1
    assert (_row(box, mail).state, len(server.taken())) == (OutboxState.SENT, 1)


def test_a_mail_in_doubt_waits_as_long_as_our_mailbox_cannot_be_read(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, server = copied()
    _hang_up(server, "before")
    (mail,) = queue_mails(box.services, 1)
    box.batch()

    def down(*_: object) -> bool:
        raise TryLaterError("mailbox_unreachable", account="", reason="")

    with monkeypatch.context() as patched:
        patched.setattr(MaildirMailbox, "holds_anywhere", down)
        for _ in range(5):
            summary = box.batch(after=_A_QUARTER)
            assert (summary.sent, summary.in_doubt) == (0, 1)
            assert summary.exit_code is ExitCode.TRY_LATER
    with box.services.store.read() as tx:
        assert [line.code for line in tx.alerts.list()] == ["archive_unread"]
    # what was on its way meanwhile has time to arrive
    assert box.batch(after=_MINUTE).sent == 0
    assert box.batch(after=_A_QUARTER).sent == 1
    assert _row(box, mail).attempt == 2


def test_a_copy_of_a_certificate_that_is_deleted_has_settled_its_mail(copied: Copied) -> None:
    box, server = copied()
    _hang_up(server, "after")
    (mail,) = queue_mails(box.services, 1, NoticeName.CERTIFICATE_ISSUED)
    box.batch()
    box.batch()  # the copy comes in before the mail is looked for
    assert counted(server.ours) == {}
    assert _row(box, mail).copied_at is not None
    assert box.batch(after=_MINUTE).sent == 1
    assert len(server.taken()) == 1


def test_hold_leaves_exactly_the_mails_in_doubt_to_staff_until_their_copy_comes(
    copied: Copied,
) -> None:
    box, server = copied(in_doubt="hold")
    _hang_up(server, "", "after", "before")
    mails = queue_mails(box.services, 4)
    summary = box.batch()
    assert (summary.sent, summary.in_doubt) == (2, 2)
    # the copy tells of one that it was taken; the other stays with staff
    box.batch()
    states = sorted(_row(box, mail).state for mail in mails)
    assert states == sorted([OutboxState.IN_DOUBT, *[OutboxState.SENT] * 3])
    for _ in range(3):
        assert box.batch(after=timedelta(hours=5)).sent == 0
    assert len(server.taken()) == 3


def test_resend_doubles_under_the_same_message_id_alone(copied: Copied) -> None:
    box, server = copied(in_doubt="resend", archive="folder")
    _hang_up(server, "after")
    (mail,) = queue_mails(box.services, 1)
    box.batch()
    assert box.batch(after=timedelta(minutes=3)).sent == 1
    assert [name for name, _ in server.taken()] == [mail.message_id] * 2


def test_a_bounced_mail_that_is_sent_again_is_not_settled_by_its_first_copy(
    copied: Copied,
) -> None:
    box, server = copied()
    (mail,) = queue_mails(box.services, 1)
    box.batch()
    box.batch()
    store, now = box.services.store, box.clock.now()
    assert store.run(lambda tx: tx.outbox.bounced(mail.message_id, "full", now))
    assert store.run(lambda tx: tx.outbox.retry(mail.id, now))
    _hang_up(server, "before")
    box.batch()
    box.batch(after=_MINUTE)
    assert _row(box, mail).state is OutboxState.IN_DOUBT
    assert len(server.taken()) == 1


def test_a_copy_that_comes_after_a_refusal_spares_the_second_sending(copied: Copied) -> None:
    box, server = copied()
    (mail,) = queue_mails(box.services, 1)
    server.refusals[mail.recipient] = "451 4.3.0 later"
    box.batch()
    # a server that says no and delivers all the same
    server.put(ADDRESS, mail.content)
    server.refusals.clear()
    assert box.batch(after=timedelta(minutes=3)).sent == 1
    assert (server.taken(), _row(box, mail).state) == ([], OutboxState.SENT)


def test_the_copies_are_asked_for_once_a_look(copied: Copied) -> None:
    box, server = copied()
    asked: list[str] = []

    class Counting(DeliveredCopies):
        def holds(self, message_id: str) -> bool:
            asked.append(message_id)
            return False

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipeline.flow.connections.DeliveredCopies", Counting)
        _hang_up(server, "before")
        (mail,) = queue_mails(box.services, 1)
        box.batch()
        box.batch(after=_MINUTE)
        box.batch()
    assert asked == [mail.message_id]


# --- claims --------------------------------------------------------------------------------------


def test_a_claim_outlives_its_lease_while_the_server_is_waited_for(box: World) -> None:
    services = box.services
    limits = LimitSettings().model_copy(update={"lease_seconds": 0.3})
    services.settings = services.settings.model_copy(update={"limits": limits})
    (mail,) = queue_mails(services, 1)

    def claim(owner: str) -> list[OutboxRecord]:
        now = services.clock.now()
        until = now + timedelta(seconds=0.3)
        return services.store.run(lambda tx: claim_mails(tx, now, 1, owner, until))

    (mine,) = claim("one")
    keeper = ClaimKeeper(services)
    with keeper.holding([mine]):
        for _ in range(4):
            box.clock.advance(timedelta(seconds=0.25))
            time.sleep(0.25)
            assert claim("two") == []
    # its worker vanished: taken over after its lease
    keeper.close()
    box.clock.advance(timedelta(seconds=0.5))
    assert [found.id for found in claim("two")] == [mail.id]


def test_a_renewal_that_fails_is_tried_again(box: World, monkeypatch: pytest.MonkeyPatch) -> None:
    services = box.services
    limits = LimitSettings().model_copy(update={"lease_seconds": 0.15})
    services.settings = services.settings.model_copy(update={"limits": limits})
    (mail,) = queue_mails(services, 1)
    now = services.clock.now()
    (mine,) = services.store.run(lambda tx: claim_mails(tx, now, 1, "one", now + _MINUTE))
    errors: list[PipelineError | ValueError] = [TryLaterError("database_busy"), ValueError("odd")]
    real = services.store.run

    def run(change: Callable[..., object]) -> object:
        if errors:
            raise errors.pop()
        return real(change)

    keeper = ClaimKeeper(services)
    monkeypatch.setattr(services.store, "run", run)
    with keeper.holding([mine]):
        end = time.monotonic() + 5
        while _row(box, mail).claimed_until == now + _MINUTE and time.monotonic() < end:
            time.sleep(0.02)
    keeper.close()
    assert errors == []
    assert _row(box, mail) == replace(
        _row(box, mail), claimed_until=now + timedelta(seconds=0.15), claimed_by="one"
    )
