"""What happens to a real server's mailbox: damage, new numbers, rights, quota, people, restarts."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.batch import Stage
from pipeline.clock import SettableClock
from pipeline.errors import ExitCode
from pipeline.flow.services import Services
from pipeline.store.records import MessageState
from pipeline.terms import Outcome
from tests.faults.imap_box import ImapBox, forms, opened_box, opened_state
from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.liar import Kind, Lie
from tests.servers.needed import skip_without

pytestmark = pytest.mark.dovecot

State = tuple[Services, SettableClock]
OpenBox = Callable[..., ImapBox]
_USERS = {f"user{number}": "secret" for number in range(40)}
_QUOTA = """
mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_grace = 0
  quota_rule = *:storage=200K
}
"""
_ACL = """
mail_plugins = acl
protocol imap {
  mail_plugins = acl imap_acl
}
plugin {
  acl = vfile
}
"""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    with opened_state(tmp_path_factory.mktemp("state")) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    skip_without(dovecot_program(), "Dovecot")
    with running_dovecot(tmp_path_factory.mktemp("server"), _USERS) as running:
        yield running


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(len(_USERS)))


@pytest.fixture
def open_box(state: State, numbers: Iterator[int]) -> Iterator[OpenBox]:
    with ExitStack() as stack:

        def make(server: Dovecot, **more: object) -> ImapBox:
            user = f"user{next(numbers)}"
            more = {"timeout_seconds": 30.0, **more}
            return stack.enter_context(opened_box(state, server, user, **more))

        yield make


@pytest.fixture
def box(open_box: OpenBox, server: Dovecot) -> ImapBox:
    return open_box(server)


def _dovecot(box: ImapBox) -> Dovecot:
    assert isinstance(box.server, Dovecot)
    return box.server


# --- mails that the server has damaged -----------------------------------------------------------


def _wrong_size(path: Path) -> None:
    base, _, flags = path.name.partition(":")
    parts = [part for part in base.split(",") if not part.startswith("W=")]
    sizes = [f"S={int(part[2:]) + 500}" if part.startswith("S=") else part for part in parts]
    path.rename(path.with_name(f"{','.join(sizes)}:{flags}"))


def _unreadable(path: Path) -> None:
    path.chmod(0)


@pytest.mark.parametrize("damage", [_wrong_size, _unreadable])
def test_damaged_mail_is_named_to_staff_and_stops_no_other(
    box: ImapBox, damage: Callable[[Path], None]
) -> None:
    _, bad, _ = box.deliver_forms(3)
    mark = _message_id(bad)
    (path,) = (path for path in _files(box, "INBOX") if mark in path.read_bytes())
    damage(path)
    _dovecot(box).forget_numbers(box.user)
    for run in range(3):
        summary = box.run()
        assert summary.exit_code == ExitCode.UNFINISHED
        assert (summary.processed, summary.withheld) == (2 if run == 0 else 0, 1)
    (row,) = [row for row in box.messages() if row.withheld]
    assert (row.state, row.attempts, row.place.uid) == (MessageState.WITHHELD, 1, 2)
    with box.services.store.read() as tx:
        (told,) = [line for line in tx.alerts.list(100) if row.id in line.detail]
    assert (told.code, told.detail) == ("mail_withheld", f"INBOX UID 2 ({row.id})")


def _message_id(raw: bytes) -> bytes:
    return next(line for line in raw.splitlines() if line.startswith(b"Message-ID"))


def _files(box: ImapBox, folder: str) -> list[Path]:
    place = _dovecot(box).mail(box.user)
    place = place if folder == "INBOX" else place / f".{folder}"
    return [path for name in ("new", "cur") for path in (place / name).iterdir()]


# --- new numbers ---------------------------------------------------------------------------------


def test_mails_with_pending_moves_go_where_they_belong_under_new_numbers(box: ImapBox) -> None:
    box.deliver_forms(2)
    box.deliver([_from_a_machine()])
    box.liar.lies = [Lie("MOVE", Kind.NO, times=None)]
    assert box.run().processed == 3
    assert box.folders() == {"INBOX": 3}
    answers = box.answers()
    _renumber(box)
    box.liar.lies = []
    summary = box.run()
    assert (summary.fetched, summary.moved, summary.exit_code) == (3, 3, ExitCode.DONE)
    assert box.folders() == {"Ignored": 1, "Requests": 2}
    assert box.answers() == answers
    again = [row for row in box.messages() if row.why == "renumbered"]
    assert sorted(row.outcome or "" for row in again) == [Outcome.IGNORED, *[Outcome.REQUEST] * 2]
    assert box.run().moved == 0


def test_folder_that_is_numbered_anew_between_commit_and_move_loses_nothing(box: ImapBox) -> None:
    box.deliver_forms(3)
    renumbered: list[str] = []

    def before(command: str) -> None:
        if command == "SELECT" and not renumbered:
            renumbered.append(command)
            _renumber(box)

    box.liar.before = before
    box.run()
    assert renumbered
    assert box.run().exit_code == ExitCode.DONE
    box.nothing_lost_nothing_doubled()


def test_mail_that_came_again_twice_is_still_answered_once(box: ImapBox) -> None:
    box.deliver_forms(2)
    box.liar.lies = [Lie("MOVE", Kind.NO, times=None)]
    box.run()
    for _ in range(2):
        _renumber(box)
        box.run()
    box.liar.lies = []
    assert box.run().exit_code == ExitCode.DONE
    box.nothing_lost_nothing_doubled()


def _renumber(box: ImapBox) -> None:
    time.sleep(1.1)  # a server takes the second for its new UIDVALIDITY
    _dovecot(box).forget_numbers(box.user)


def _from_a_machine() -> bytes:
    return (
        b"From: robot@machines.example\r\nTo: requests@genesys.example\r\n"
        b"Message-ID: <auto@machines.example>\r\nAuto-Submitted: auto-replied\r\n"
        b"Subject: Out of office\r\n\r\nI am away.\r\n"
    )


# --- folders, rights, space ----------------------------------------------------------------------


def test_folder_that_is_deleted_while_we_move_is_made_again(box: ImapBox) -> None:
    box.deliver_forms(1)
    box.run()
    box.deliver_forms(2)
    deleted: list[str] = []

    def before(command: str) -> None:
        if command == "MOVE" and not deleted:
            deleted.append(command)
            with box.person() as person:
                person.delete_folder("Requests")

    box.liar.before = before
    summary = box.run()
    assert (summary.moved, summary.exit_code) == (2, ExitCode.DONE)
    assert deleted
    assert box.folders() == {"Requests": 2}


def test_missing_folder_of_new_mail_is_a_setting_that_is_named(
    open_box: OpenBox, server: Dovecot
) -> None:
    box = open_box(server, folder="Anfragen")
    summary = box.run()
    (failure,) = summary.failures
    assert summary.exit_code == ExitCode.CONFIGURATION
    assert failure.error is not None
    assert failure.error.code == "mailbox_folder_missing"


def test_folder_that_mail_came_in_once_may_be_deleted(open_box: OpenBox, server: Dovecot) -> None:
    box = open_box(server, folder="Anfragen")
    raws = forms(3)
    with box.person() as person:
        person.create_folder("Anfragen")
        for raw in raws:
            person.append("Anfragen", raw)
    box.liar.lies = [
        Lie("FETCH", Kind.NO, times=None, only=lambda line: b" 2 " in line or b",2" in line),
        Lie("MOVE", Kind.NO, times=None),
    ]
    assert (box.run().withheld, box.folders()) == (1, {"Anfragen": 3})
    with box.person() as person:
        person.delete_folder("Anfragen")
    box.liar.lies = []
    mailbox = box.services.settings.mailbox.model_copy(update={"folder": "INBOX"})
    settings = box.services.settings.model_copy(update={"mailbox": mailbox})
    box.services = replace(box.services, settings=settings)
    summary = box.run(after=timedelta(minutes=6))
    assert (summary.exit_code, summary.withheld, summary.failures) == (ExitCode.DONE, 0, ())
    assert {row.why for row in box.messages() if row.withheld} == {"mail_gone"}


def test_folder_that_may_not_be_written_is_told_and_others_are_served(box: ImapBox) -> None:
    box.deliver_forms(1)
    box.run()
    places = [_dovecot(box).mail(box.user) / ".Requests" / name for name in ("cur", "new", "tmp")]
    box.deliver_forms(3)
    box.deliver([_from_a_machine()])
    for place in places:
        place.chmod(0o500)
    try:
        summary = box.run()
    finally:
        for place in places:
            place.chmod(0o700)
    assert (summary.processed, summary.sent, summary.moved) == (4, 3, 1)
    # Dovecot says no more than that it has a fault
    assert (summary.exit_code, *_told(box, summary.failures)) == (
        ExitCode.TRY_LATER,
        "mailbox_move_refused",
        "Requests",
    )
    assert box.folders() == {"INBOX": 3, "Ignored": 1, "Requests": 1}
    assert (box.run().exit_code, box.folders()) == (ExitCode.DONE, {"Ignored": 1, "Requests": 4})


def test_folder_that_the_access_list_closes_is_told(
    open_box: OpenBox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running_dovecot(tmp_path_factory.mktemp("acl"), _USERS, more=_ACL) as server:
        box = open_box(server)
        box.deliver_forms(1)
        box.run()
        rights = _dovecot(box).mail(box.user) / ".Requests" / "dovecot-acl"
        control = _dovecot(box).folder / "index" / box.user / ".Requests" / "dovecot-acl"
        box.deliver_forms(2)
        for path in (rights, control):
            path.write_text("owner lr\n")
            path.chmod(0o644)
        summary = box.run()
        assert (summary.exit_code, *_told(box, summary.failures)) == (
            ExitCode.CONFIGURATION,
            "mailbox_no_right",
            "Requests",
        )
        for path in (rights, control):
            path.unlink()
        assert box.run().exit_code == ExitCode.DONE
        box.nothing_lost_nothing_doubled()


def test_full_mailbox_is_told_and_goes_on_when_there_is_room(
    open_box: OpenBox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("quota")
    with running_dovecot(folder, _USERS, capability="IMAP4rev1 UIDPLUS", more=_QUOTA) as server:
        box = open_box(server)
        box.deliver_forms(3)
        with box.person() as person:
            person.create_folder("Old")
            # so much that there is room for no copy
            left = 200 * 1024 - sum(map(len, box.delivered))
            person.append("Old", b"x" * (left - 5000))
        summary = box.run()
        assert (summary.processed, summary.sent) == (3, 3)
        assert (summary.exit_code, *_told(box, summary.failures)) == (
            ExitCode.CONFIGURATION,
            "mailbox_full",
            "Requests",
        )
        with box.person("Old") as person:
            person.delete_messages(person.search("ALL"))
            person.expunge()
        assert box.run().exit_code == ExitCode.DONE
        box.nothing_lost_nothing_doubled()


def _told(box: ImapBox, failures: tuple[object, ...]) -> tuple[str, object]:
    (failure,) = failures
    error = failure.error  # type: ignore[attr-defined]  # batch.Failure
    return error.code, error.params["folder"]


# --- a person, a restart -------------------------------------------------------------------------


def test_person_who_moves_reads_and_deletes_meanwhile_doubles_nothing(
    open_box: OpenBox, server: Dovecot
) -> None:
    box = open_box(server, fetch_count=4)
    raws = box.deliver_forms(12)
    done: set[str] = set()

    def before(command: str) -> None:
        if command in done or command not in {"FETCH", "MOVE"}:
            return
        done.add(command)
        with box.person("INBOX") as person:
            uids = person.search("ALL")
            person.add_flags(uids, [rb"\Seen"])
            if command == "FETCH":  # listed, and not fetched yet
                person.move(uids[:1], _made(person, "Private"))
                person.delete_messages(uids[5:6])
                person.expunge()
            else:  # decided, and not moved yet
                person.move(uids[:2], _made(person, "Private"))

    box.liar.before = before
    summary = box.run()
    assert done == {"FETCH", "MOVE"}
    assert (summary.exit_code, summary.processed, summary.withheld) == (ExitCode.DONE, 10, 0)
    assert box.run().exit_code == ExitCode.DONE
    assert box.folders() == {"Private": 3, "Requests": 8}
    answers = box.answers()
    assert len(answers) == len(set(answers)) == len(raws) - 2


def _made(person: object, folder: str) -> str:
    if not person.folder_exists(folder):  # type: ignore[attr-defined]  # an IMAPClient
        person.create_folder(folder)  # type: ignore[attr-defined]  # an IMAPClient
    return folder


def test_server_that_is_restarted_in_mid_run_costs_nothing(
    open_box: OpenBox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running_dovecot(tmp_path_factory.mktemp("restarted"), _USERS) as server:
        box = open_box(server, fetch_count=3)
        box.deliver_forms(9)
        fetched: list[str] = []

        def before(command: str) -> None:
            fetched.append(command)
            if fetched.count("FETCH") == 3 and command == "FETCH":
                server.restart()

        box.liar.before = before
        assert box.run().exit_code in {ExitCode.DONE, ExitCode.TRY_LATER}
        assert box.run().exit_code == ExitCode.DONE
        box.nothing_lost_nothing_doubled()


# --- many mails ----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [120, pytest.param(20_000, marks=pytest.mark.long)])
def test_first_answer_leaves_while_the_rest_is_still_coming_in(
    open_box: OpenBox, server: Dovecot, count: int
) -> None:
    box = open_box(server, fetch_count=50 if count > 1000 else 20)
    box.deliver_forms(1)  # so that the server makes the folders
    box.run()
    _put_many(box, forms(count))
    waiting_at_first: list[int] = []

    def progress(stage: Stage, done: int) -> None:
        if stage is Stage.SENDING and done and not waiting_at_first:
            waiting_at_first.append(box.folders().get("INBOX", 0))

    started = time.monotonic()
    summary = box.run(progress=progress)
    minutes = (time.monotonic() - started) / 60
    assert (summary.processed, summary.moved, summary.exit_code) == (count, count, ExitCode.DONE)
    assert waiting_at_first[0] >= count / 2
    if count > 1000:  # the sample must not fail on a busy machine
        assert summary.moved / minutes >= 500
    assert box.liar.commands.count("SEARCH") <= 4 + 2 * (count // 20)
    assert box.folders() == {"Requests": count + 1}
    assert len(set(box.answers())) == count + 1
    assert box.run(after=timedelta(minutes=1)).fetched == 0


def _put_many(box: ImapBox, raws: list[bytes]) -> None:
    """Put mails into the Maildir of the server by hand, which is quicker than by IMAP."""
    place = _dovecot(box).mail(box.user) / "new"
    owner = place.stat()
    for number, raw in enumerate(raws):
        path = place / f"{1_700_000_000 + number}.M{number}P1.host"
        path.write_bytes(raw)
        os.chown(path, owner.st_uid, owner.st_gid)
    box.delivered += [b""] * len(raws)
