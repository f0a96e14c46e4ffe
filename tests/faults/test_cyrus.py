"""What happens to a mailbox on Cyrus, whose folders hang below INBOX and are parted by dots."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from imapclient.imapclient import Quota

from pipeline.errors import ExitCode
from pipeline.store.records import MessageState
from tests.faults.imap_box import ImapBox, opened_box, opened_state
from tests.faults.watching import until, watching
from tests.servers.cyrus import Cyrus, cyrus_program, running_cyrus
from tests.servers.liar import Kind, Lie
from tests.servers.smtp import smtp_sink

pytestmark = pytest.mark.cyrus

OpenBox = Callable[..., ImapBox]
_FROM_A_MACHINE = (
    b"From: robot@machines.example\r\nMessage-ID: <auto@machines.example>\r\n"
    b"Auto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nI am away.\r\n"
)
_USERS = [f"user{number}" for number in range(45)]


@pytest.fixture(scope="module")
def cyrus() -> Iterator[Cyrus]:
    if cyrus_program() is None:  # Debian alone has it in packages that go beside Dovecot
        pytest.skip("Cyrus cannot be had here")
    with running_cyrus(_USERS) as running:
        yield running


@pytest.fixture(scope="module")
def users() -> Iterator[str]:
    return iter(_USERS)


@pytest.fixture(scope="module")
def open_box(
    cyrus: Cyrus, users: Iterator[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenBox]:
    with ExitStack() as stack:
        state = stack.enter_context(opened_state(tmp_path_factory.mktemp("state")))

        def make(**more: object) -> ImapBox:
            more = {"timeout_seconds": 30.0, **more}
            return stack.enter_context(opened_box(state, cyrus, next(users), **more))

        yield make


@pytest.fixture
def box(open_box: OpenBox) -> ImapBox:
    return open_box()


def test_folders_are_made_below_inbox(box: ImapBox) -> None:
    box.deliver_forms(7)
    box.deliver([_FROM_A_MACHINE])
    summary = box.run()
    assert (summary.processed, summary.sent, summary.moved, summary.exit_code) == (8, 7, 8, 0)
    assert box.folders() == {"INBOX.Ignored": 1, "INBOX.Requests": 7}
    assert (box.run().fetched, len(set(box.answers()))) == (0, 7)


def _unreadable(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [_unreadable, Path.unlink])
def test_damaged_mail_is_named_to_staff_and_stops_no_other(
    box: ImapBox, cyrus: Cyrus, damage: Callable[[Path], None]
) -> None:
    box.deliver_forms(3)
    damage(cyrus.files(box.user)[1])
    for run in range(3):
        summary = box.run()
        assert summary.exit_code == ExitCode.UNFINISHED
        assert (summary.processed, summary.withheld) == (2 if run == 0 else 0, 1)
    (row,) = [row for row in box.messages() if row.withheld]
    assert (row.state, row.place.uid) == (MessageState.WITHHELD, 2)


def test_mails_with_pending_moves_go_where_they_belong_under_new_numbers(
    open_box: OpenBox,
) -> None:
    box = open_box(folder="INBOX.Work")
    with box.person() as person:
        person.create_folder("INBOX.Work")
        person.create_folder("INBOX.Aside")
    box.deliver_forms(3)
    with box.person("INBOX") as person:
        person.move(person.search("ALL"), "INBOX.Work")
    box.liar.lies = [Lie("MOVE", Kind.NO, times=None)]
    assert box.run().processed == 3
    _move_all(box, "INBOX.Work", "INBOX.Aside")
    with box.person() as person:
        person.delete_folder("INBOX.Work")
        person.create_folder("INBOX.Work")
    _move_all(box, "INBOX.Aside", "INBOX.Work")
    box.liar.lies = []
    summary = box.run()
    assert (summary.moved, summary.exit_code) == (3, ExitCode.DONE)
    assert box.folders() == {"INBOX.Requests": 3}
    assert len(box.answers()) == 3


def _move_all(box: ImapBox, source: str, goal: str) -> None:
    with box.person(source) as person:
        person.move(person.search("ALL"), goal)


def test_folder_that_is_deleted_while_we_move_is_made_again(box: ImapBox) -> None:
    box.deliver_forms(1)
    box.run()
    box.deliver_forms(2)
    deleted: list[str] = []

    def before(command: str) -> None:
        if command == "MOVE" and not deleted:
            deleted.append(command)
            with box.person() as person:
                person.delete_folder("INBOX.Requests")

    box.liar.before = before
    summary = box.run()
    assert (summary.moved, summary.exit_code) == (2, ExitCode.DONE)
    assert deleted
    assert box.folders() == {"INBOX.Requests": 2}


def test_missing_folder_of_new_mail_is_a_setting_that_is_named(open_box: OpenBox) -> None:
    (failure,) = open_box(folder="Anfragen").run().failures
    assert failure.error is not None
    assert failure.error.code == "mailbox_folder_missing"


def test_folder_that_the_access_list_closes_is_told(box: ImapBox, cyrus: Cyrus) -> None:
    box.deliver_forms(1)
    box.run()
    box.deliver_forms(2)
    place = f"user.{box.user}.Requests"
    with cyrus.admin() as admin:
        admin.setacl(place, box.user, "lr")
    summary = box.run()
    assert (summary.processed, summary.exit_code) == (2, ExitCode.CONFIGURATION)
    assert _told(summary.failures) == "mailbox_no_right"
    with cyrus.admin() as admin:
        admin.setacl(place, box.user, "lrswipkxtecda")
    assert box.run().exit_code == ExitCode.DONE
    assert box.folders() == {"INBOX.Requests": 3}


def test_full_mailbox_keeps_no_mail_from_its_folder(box: ImapBox, cyrus: Cyrus) -> None:
    box.deliver_forms(2)
    with cyrus.admin() as admin:
        admin.set_quota([Quota(f"user.{box.user}", "STORAGE", 0, 1)])
    summary = box.run()
    assert summary.exit_code == ExitCode.DONE
    assert box.folders() == {"INBOX.Requests": 2}


def _told(failures: tuple[object, ...]) -> str:
    (failure,) = failures
    code: str = failure.error.code  # type: ignore[attr-defined]  # batch.Failure
    return code


def test_person_who_moves_and_reads_meanwhile_doubles_nothing(open_box: OpenBox) -> None:
    box = open_box(fetch_count=4)
    box.deliver_forms(9)
    done: set[str] = set()

    def before(command: str) -> None:
        if command in done or command not in {"FETCH", "MOVE"}:
            return
        done.add(command)
        with box.person("INBOX") as person:
            if not person.folder_exists("INBOX.Private"):
                person.create_folder("INBOX.Private")
            uids = person.search("ALL")
            person.add_flags(uids, [rb"\Seen"])
            person.move(uids[:1], "INBOX.Private")

    box.liar.before = before
    assert box.run().exit_code == ExitCode.DONE
    assert done == {"FETCH", "MOVE"}
    assert box.run().exit_code == ExitCode.DONE
    assert box.folders() == {"INBOX.Private": 2, "INBOX.Requests": 7}
    assert len(box.answers()) == len(set(box.answers())) == 8


_SAMPLE = {("LOGIN", Kind.NO), ("SELECT", Kind.FIN), ("FETCH", Kind.GARBAGE), ("MOVE", Kind.CUT)}


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        pytest.param(command, kind, marks=() if (command, kind) in _SAMPLE else pytest.mark.long)
        for command in ("LOGIN", "SELECT", "FETCH", "MOVE")
        for kind in (Kind.RST, Kind.FIN, Kind.GARBAGE, Kind.NO, Kind.BAD, Kind.CUT)
    ],
)
def test_next_run_goes_on_after_a_lie(box: ImapBox, command: str, kind: Kind) -> None:
    box.deliver_forms(2)
    box.liar.lies = [Lie(command, kind)]
    box.run()
    box.liar.lies = []
    for _ in range(2):
        box.run()
    assert box.folders() == {"INBOX.Requests": 2}
    assert len(box.answers()) == len(set(box.answers())) == 2


def test_restarted_server_costs_nothing(open_box: OpenBox, cyrus: Cyrus) -> None:
    box = open_box(fetch_count=3)
    box.deliver_forms(7)
    fetched: list[str] = []

    def before(command: str) -> None:
        fetched.append(command)
        if command == "FETCH" and fetched.count("FETCH") == 2:
            cyrus.restart()

    box.liar.before = before
    assert box.run().exit_code in {ExitCode.DONE, ExitCode.TRY_LATER}
    box.liar.before = lambda _command: None
    assert box.run().exit_code == ExitCode.DONE
    assert box.folders() == {"INBOX.Requests": 7}
    assert len(box.answers()) == len(set(box.answers())) == 7


def test_watch_decides_within_five_seconds_of_arrival(
    cyrus: Cyrus, users: Iterator[str], tmp_path: Path
) -> None:
    with watching(tmp_path, cyrus, next(users)) as watch, smtp_sink() as sink:
        watch.configure(sink.port)
        watch.ready()
        watch.deliver(0)
        assert until(lambda: len(sink.messages) == 1, 10) < 10
        watch.deliver(1)
        assert until(lambda: len(sink.messages) == 2, 10) < 10
        assert watch.end()[0] == 0
