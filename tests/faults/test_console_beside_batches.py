"""The console, a watch and runs at once on one state: nothing is lost, nothing is locked."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.clock import SystemClock
from pipeline.flow.services import Services, open_services
from pipeline.flow.staff.people import passwords, users
from pipeline.model.request import EventName
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import MessageState
from pipeline.store.staff_records import Role
from tests.faults.serving import Place, place
from tests.world.console import PASSWORD, Browser
from tests.world.crowd import form_mail, number_of
from tests.world.maildirs import mails_in
from tests.world.outbox import parsed
from tests.world.records import Records
from tests.world.settings import settings_of, write_settings
from tests.world.world import deliver

_DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
_PEOPLE = {"sato": Role.APPROVER, "mori": Role.REVIEWER, "abe": Role.ADMIN, "ito": Role.VIEWER}
_COURIER = {"undo_seconds": 0, "hourly_cap": 1_000_000}
_EVENTS = {"hold": EventName.HOLD, "release": EventName.RELEASE, "ask": EventName.ASK}
_LONGEST_SECONDS = 1_800.0


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no good hash."""
    monkeypatch.setattr(passwords, "COST", passwords.Cost(memory_kib=8, rounds=1, lanes=1))


@pytest.fixture(params=_DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database: none for the file in the state folder."""
    if request.param == "sqlite":
        return ""
    new: Callable[[], str] = request.getfixturevalue("new_postgresql")
    return new()


def test_all_at_once(tmp_path: Path, database: str) -> None:
    _all_at_once(tmp_path, database, mails=8, decisions=6)


@pytest.mark.long
def test_all_at_once_long(tmp_path: Path, database: str) -> None:
    _all_at_once(tmp_path, database, mails=2_000, decisions=500)


@dataclass
class _Answers:
    """What the console answered to decisions; safe between threads."""

    wanted: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    done: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def is_enough(self) -> bool:
        """Whether so many decisions were taken as were wanted."""
        with self.lock:
            return self.done.total() >= self.wanted or bool(self.errors)

    def add(self, name: str, reference: str, decision: str, status: int, *, went: bool) -> None:
        """Note an answer; ``went`` when it led on to the request (303)."""
        with self.lock:
            self.statuses[status] += 1
            if went:
                self.done[reference, _EVENTS[decision].value, name] += 1


def _all_at_once(folder: Path, database: str, *, mails: int, decisions: int) -> None:
    sections: dict[str, Mapping[str, object]] = {
        "courier": _COURIER,
        "watch": {"poll_seconds": 1},
        "store": {"url": database},
    }
    write_settings(folder / "pipeline.toml", **sections)
    settings = settings_of(folder / "state", **sections)
    with open_services(settings, SystemClock(), make=True) as services, place(folder) as here:
        for name, role in _PEOPLE.items():
            users.add(services, name, role, "test", password=PASSWORD)
        written = [*map(form_mail, range(mails))]
        first = mails // 4
        deliver(services, *written[:first])
        answers = _Answers(decisions)
        here.serve()
        here.start("watch", "watch")
        with _runs(here), _people(here, services, answers):
            deliver(services, *written[first:])
            _until(lambda: _is_worked(services, mails) and answers.is_enough())
        assert answers.errors == []
        assert set(answers.statuses) <= {200, 403, 404, 409}, answers.statuses
        _until(lambda: _is_sent(services))
        _nothing_is_lost(services, folder, answers, mails)
        said = here.logs().lower()
        assert "locked" not in said
        assert "traceback" not in said


@contextmanager
def _runs(here: Place) -> Iterator[None]:
    """Run one batch after another beside the watch."""
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            here.start("run", "run").wait()
            ended.wait(1)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _people(here: Place, services: Services, answers: _Answers) -> Iterator[None]:
    """Have each of the people decide, until it is enough."""
    ended = threading.Event()

    def decide(name: str) -> None:
        try:
            browser = here.browser(name)
            while not (ended.is_set() or answers.is_enough()):
                for record in random.sample(found := Records(services).requests(), len(found))[:20]:
                    _decide(browser, name, record.reference, answers)
                time.sleep(0.05)
        except Exception as error:
            answers.errors.append(repr(error))
            raise

    threads = [threading.Thread(target=decide, args=[name]) for name in _PEOPLE]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _decide(browser: Browser, name: str, reference: str, answers: _Answers) -> None:
    """Take a decision about a request, where it is possible now."""
    if answers.is_enough():
        return
    decision = random.choice(list(_EVENTS))
    path = f"/r/{reference}/d/{decision}"
    page = browser.get(path)
    if page.status_code != 200:  # not possible now, or not for this person
        answers.add(name, reference, decision, page.status_code, went=False)
        return
    answer = browser.send(path, {"fields": "company_legal_name", "text": "Is it so?"})
    went = bool(answer.history) and answer.history[0].status_code == 303
    answers.add(name, reference, decision, answer.status_code, went=went)


def _is_worked(services: Services, mails: int) -> bool:
    with services.store.read() as tx:
        rows = tx.messages.list("all", 10_000)
    return len(rows) >= mails and all(
        row.state is MessageState.PROCESSED and row.moved_at is not None for row in rows
    )


def _is_sent(services: Services) -> bool:
    with services.store.read() as tx:
        outbox = [
            mail
            for record in Records(services).requests()
            for mail in tx.outbox.of_request(record.id)
        ]
    return all(mail.state is not OutboxState.QUEUED for mail in outbox)


def _nothing_is_lost(services: Services, folder: Path, answers: _Answers, mails: int) -> None:
    requests = Records(services).requests()
    with services.store.read() as tx:
        rows = tx.messages.list("all", 10_000)
        history = [
            (record.reference, line) for record in requests for line in tx.events.list(record.id)
        ]
        outbox = [mail for record in requests for mail in tx.outbox.of_request(record.id)]
    assert len({row.sha256 for row in rows}) == len(rows) == mails
    assert Counter(record.number for record in requests) == {
        number_of(position): 1 for position in range(mails)
    }
    taken = Counter(
        (reference, line.event.value, line.actor_name)
        for reference, line in history
        if line.event and line.event in _EVENTS.values() and line.actor_name in _PEOPLE
    )
    assert taken == answers.done
    assert "ito" not in {name for _, _, name in taken}, "who may only look decides nothing"
    went = Counter(
        str(parsed(path.read_bytes())["Message-ID"]) for path in mails_in(folder / "state" / "sent")
    )
    assert set(went.values()) == {1}
    sent = {mail.message_id for mail in outbox if mail.state is OutboxState.SENT}
    assert sent <= set(went)


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + _LONGEST_SECONDS
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.2)
