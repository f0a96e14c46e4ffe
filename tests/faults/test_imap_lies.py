"""A real Dovecot behind a go-between that cuts and lies: nothing is lost, nothing is doubled."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.clock import SettableClock
from pipeline.errors import ExitCode
from pipeline.flow.services import Services
from pipeline.mailbox.imap import mailbox as imap
from pipeline.store.records import MessageState
from tests.faults.imap_box import ImapBox, opened_box, opened_state
from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.liar import Kind, Lie
from tests.servers.needed import skip_without

pytestmark = pytest.mark.dovecot

_SOON = timedelta(minutes=6)
State = tuple[Services, SettableClock]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    with opened_state(tmp_path_factory.mktemp("state")) as opened:
        yield opened


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Dovecot]]:
    """A server of today, and one that knows no MOVE."""
    skip_without(dovecot_program(), "Dovecot")
    users = {f"user{number}": "secret" for number in range(200)}
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                running_dovecot(tmp_path_factory.mktemp(name), users, capability=said)
            )
            for name, said in (("new", ""), ("old", "IMAP4rev1 UIDPLUS"))
        }


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(200))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


OpenBox = Callable[[str], ImapBox]


@pytest.fixture
def open_box(
    state: State,
    servers: dict[str, Dovecot],
    numbers: Iterator[int],
    stack: ExitStack,
    request: pytest.FixtureRequest,
) -> OpenBox:
    # a server that says nothing is waited for; else a busy machine must not look like one
    kind = request.node.callspec.params.get("kind") if hasattr(request.node, "callspec") else None
    seconds = 0.7 if kind is Kind.HANG else 30.0

    def make(name: str) -> ImapBox:
        user = f"user{next(numbers)}"
        return stack.enter_context(opened_box(state, servers[name], user, timeout_seconds=seconds))

    return make


@pytest.fixture
def box(open_box: OpenBox) -> ImapBox:
    return open_box("new")


@pytest.fixture
def old_box(open_box: OpenBox) -> ImapBox:
    return open_box("old")


@pytest.fixture(autouse=True)
def _quick_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no real seconds before a connection is made again."""
    again = replace(imap._AGAIN, waits=(timedelta(milliseconds=1),))
    monkeypatch.setattr(imap, "_AGAIN", again)


_OF_OLD = frozenset({"COPY", "STORE", "EXPUNGE"})
_KINDS = (Kind.RST, Kind.FIN, Kind.CUT, Kind.HANG, Kind.GARBAGE, Kind.NO, Kind.BAD, Kind.MISSING)


def _matrix(often: dict[str, str], *commands: str) -> list[object]:
    """Return every command with every kind of lie; what is not ``often`` is for the long runs."""
    return [
        pytest.param(
            command,
            kind,
            marks=() if kind.value in often.get(command, "").split() else pytest.mark.long,
            id=f"{command}-{kind}",
        )
        for command in commands
        for kind in _KINDS
    ]


@pytest.mark.parametrize(
    ("command", "kind"),
    _matrix(
        {
            "LOGIN": "rst no",
            "SELECT": "fin garbage",
            "SEARCH": "garbage",
            "FETCH": "rst hang cut missing",
            "MOVE": "rst no missing",
            "COPY": "cut missing",
            "STORE": "rst",
            "EXPUNGE": "no",
        },
        *("LOGIN", "SELECT", "SEARCH", "FETCH", "MOVE", "COPY", "STORE", "EXPUNGE"),
    ),
)
def test_lie_told_once_costs_no_mail(open_box: OpenBox, command: str, kind: Kind) -> None:
    it = open_box("old" if command in _OF_OLD else "new")
    it.deliver_forms(2)
    it.liar.lies = [Lie(command, kind)]
    first = it.run()
    # a log-in that is refused with no code for "later" may be a wrong password
    refused = command == "LOGIN" and kind is Kind.BAD
    allowed = {ExitCode.CONFIGURATION} if refused else {ExitCode.DONE, ExitCode.TRY_LATER}
    assert first.exit_code in allowed
    assert it.run(after=_SOON).exit_code == ExitCode.DONE
    it.nothing_lost_nothing_doubled()


@pytest.mark.parametrize(
    ("command", "kind"),
    _matrix(
        {"LOGIN": "fin", "SELECT": "no", "FETCH": "rst no missing", "MOVE": "no missing"},
        *("LOGIN", "SELECT", "SEARCH", "FETCH", "MOVE"),
    ),
)
def test_server_that_always_lies_is_told_and_burns_no_mail(
    box: ImapBox, command: str, kind: Kind
) -> None:
    box.deliver_forms(4)
    box.liar.lies = [Lie(command, kind, times=None)]
    for _ in range(4):
        summary = box.run(after=_SOON)
        code = ExitCode.TRY_LATER
        if (command, kind) == ("LOGIN", Kind.BAD):
            code = ExitCode.CONFIGURATION
        elif (command, kind) == ("SEARCH", Kind.MISSING):
            code = ExitCode.DONE  # as if the folder were empty: nobody can know better
        assert (summary.exit_code, summary.quarantined, summary.withheld) == (code, 0, 0)
    rows = box.messages()
    assert {row.attempts for row in rows} <= {0}
    if command != "MOVE":
        assert rows == []
    box.liar.lies = []
    assert box.run(after=_SOON).exit_code == ExitCode.DONE
    box.nothing_lost_nothing_doubled()


@pytest.mark.parametrize("kind", [*_KINDS, Kind.NIL])
def test_one_mail_that_cannot_be_delivered_stops_no_other(box: ImapBox, kind: Kind) -> None:
    box.deliver_forms(3)
    (bad,) = [uid for uid in _uids(box) if uid == 2]
    box.liar.lies = [Lie("FETCH", kind, times=None, only=lambda line: _names(line, bad))]
    first = box.run()
    assert (first.processed, first.withheld, first.exit_code) == (2, 1, ExitCode.UNFINISHED)
    (row,) = [row for row in box.messages() if row.withheld]
    assert (row.state, row.place.uid, row.attempts) == (MessageState.WITHHELD, bad, 1)
    assert row.next_at is not None
    assert box.run().processed == 0
    for _ in range(3):
        last = box.run(after=timedelta(hours=4))
    assert (last.exit_code, last.withheld) == (ExitCode.DONE, 0)
    (row,) = [row for row in box.messages() if row.withheld]
    assert (row.state, row.attempts) == (MessageState.QUARANTINED, 3)
    about_it = [code for code in _alerts(box) if code in {"mail_withheld", "quarantined"}]
    assert about_it[-2:] == ["mail_withheld", "quarantined"]


def test_mail_that_becomes_deliverable_is_processed_as_usual(box: ImapBox) -> None:
    box.deliver_forms(3)
    box.liar.lies = [Lie("FETCH", Kind.NO, times=None, only=lambda line: _names(line, 2))]
    assert box.run().withheld == 1
    box.liar.lies = []
    summary = box.run(after=_SOON)
    assert (summary.processed, summary.withheld, summary.exit_code) == (1, 0, ExitCode.DONE)
    box.nothing_lost_nothing_doubled()


def test_released_mail_is_fetched_anew(box: ImapBox) -> None:
    from pipeline.flow.staff.quarantine import release  # noqa: PLC0415 - only here

    box.deliver_forms(2)
    box.liar.lies = [Lie("FETCH", Kind.NO, times=None, only=lambda line: _names(line, 1))]
    for _ in range(4):
        box.run(after=timedelta(hours=4))
    with box.services.store.read() as tx:
        entry = tx.quarantine.list()[-1]
    assert entry.reason == "mail_withheld"
    box.liar.lies = []
    release(box.services, entry.id, "sato")
    summary = box.run()
    assert (summary.processed, summary.exit_code) == (1, ExitCode.DONE)
    box.nothing_lost_nothing_doubled()


def test_fifty_five_mails_without_a_body_hide_none_behind_them(box: ImapBox) -> None:
    box.deliver_forms(58)
    box.liar.nil = set(range(1, 56))
    summary = box.run()
    assert (summary.fetched, summary.processed, summary.withheld) == (58, 3, 55)
    assert summary.exit_code == ExitCode.UNFINISHED
    assert _alerts(box).count("mail_withheld") >= 55
    box.liar.nil = set()
    assert box.run(after=_SOON).processed == 55
    box.nothing_lost_nothing_doubled()


def test_withheld_mail_alone_in_the_inbox_is_still_told_from_a_dead_server(box: ImapBox) -> None:
    box.deliver_forms(1)
    box.run()
    box.deliver_forms(1)
    box.liar.lies = [Lie("FETCH", Kind.NO, times=None, only=lambda line: _names(line, 2))]
    assert (box.run().withheld, [row.attempts for row in box.messages()]) == (1, [0, 1])
    # now the server delivers nothing at all: no attempt is counted
    box.liar.lies = [Lie("FETCH", Kind.NO, times=None)]
    summary = box.run(after=_SOON)
    assert summary.exit_code == ExitCode.TRY_LATER
    assert [row.attempts for row in box.messages()] == [0, 1]


def test_mail_taken_away_while_it_is_withheld_is_not_waited_for(box: ImapBox) -> None:
    box.deliver_forms(2)
    box.liar.lies = [Lie("FETCH", Kind.NO, times=None, only=lambda line: _names(line, 1))]
    assert box.run().withheld == 1
    with box.person("INBOX") as person:
        person.delete_messages([1])
        person.expunge()
    summary = box.run(after=_SOON)
    assert (summary.withheld, summary.exit_code) == (0, ExitCode.DONE)
    assert [row.why for row in box.messages() if row.withheld] == ["mail_gone"]


@pytest.mark.parametrize(
    ("code", "exit_code", "error"),
    [
        ("OVERQUOTA", ExitCode.CONFIGURATION, "mailbox_full"),
        ("NOPERM", ExitCode.CONFIGURATION, "mailbox_no_right"),
        ("READ-ONLY", ExitCode.CONFIGURATION, "mailbox_no_right"),
        ("CANNOT", ExitCode.CONFIGURATION, "mailbox_folder_refused"),
        ("NONEXISTENT", ExitCode.CONFIGURATION, "mailbox_folder_refused"),
        ("TRYCREATE", ExitCode.CONFIGURATION, "mailbox_folder_refused"),
        ("CONTACTADMIN", ExitCode.CONFIGURATION, "mailbox_administrator"),
        ("CORRUPTION", ExitCode.CONFIGURATION, "mailbox_administrator"),
        ("UNAVAILABLE", ExitCode.TRY_LATER, "mailbox_unreachable"),
        ("INUSE", ExitCode.TRY_LATER, "mailbox_unreachable"),
        ("LIMIT", ExitCode.TRY_LATER, "mailbox_unreachable"),
        ("SERVERBUG", ExitCode.TRY_LATER, "mailbox_move_refused"),
    ],
)
def test_refused_move_is_told_by_its_code(
    box: ImapBox, code: str, exit_code: ExitCode, error: str
) -> None:
    box.deliver_forms(3)
    box.liar.lies = [Lie("MOVE", Kind.NO, times=None, code=code)]
    summary = box.run()
    assert (summary.processed, summary.sent, summary.exit_code) == (3, 3, exit_code)
    (failure,) = summary.failures
    assert failure.error is not None
    assert failure.error.code == error
    if exit_code is ExitCode.CONFIGURATION:
        of = "INBOX" if code == "READ-ONLY" else "Requests"
        assert failure.error.params["folder"] == of
    box.liar.lies = []
    assert box.run().exit_code == ExitCode.DONE
    box.nothing_lost_nothing_doubled()


def test_one_mail_that_may_not_be_moved_holds_up_no_other(box: ImapBox) -> None:
    box.deliver_forms(3)
    box.liar.lies = [Lie("MOVE", Kind.NO, times=None, only=lambda line: _names(line, 2))]
    assert box.run().moved == 2
    assert box.folders() == {"INBOX": 1, "Requests": 2}
    box.liar.lies = []
    box.run()
    box.nothing_lost_nothing_doubled()


def test_many_mails_are_moved_by_one_command(box: ImapBox) -> None:
    box.deliver_forms(30)
    assert box.run().moved == 30
    assert box.liar.commands.count("MOVE") == 1
    assert box.liar.commands.count("SELECT") == 1
    box.nothing_lost_nothing_doubled()


def test_copy_that_was_cut_short_is_not_made_twice(old_box: ImapBox) -> None:
    old_box.deliver_forms(3)
    # the copies are made, and every line breaks before the originals are marked
    old_box.liar.lies = [Lie("STORE", Kind.RST, times=None)]
    assert old_box.run().exit_code == ExitCode.TRY_LATER
    assert old_box.folders() == {"INBOX": 3, "Requests": 3}
    old_box.liar.lies = []
    assert old_box.run().exit_code == ExitCode.DONE
    assert old_box.folders() == {"Requests": 3}
    old_box.nothing_lost_nothing_doubled()


def _uids(box: ImapBox) -> list[int]:
    with box.person("INBOX") as person:
        return list(person.search("ALL"))


def _names(line: bytes, uid: int) -> bool:
    """Whether a command names the mail with ``uid``."""
    found = next((word for word in line.split()[2:] if word[:1].isdigit()), b"")
    return any(
        int(part.partition(b":")[0]) <= uid <= int(part.rpartition(b":")[2])
        for part in found.split(b",")
    )


def _alerts(box: ImapBox) -> list[str]:
    with box.services.store.read() as tx:
        return [line.code for line in tx.alerts.list(1000)][::-1]
