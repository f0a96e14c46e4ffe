"""The log of staff is a chain: what is changed, taken out or cut off is told by its line."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from pipeline.store import Store
from pipeline.store.audit.chains import histories, staff_chain, staff_lines
from pipeline.store.staff_records import StaffAct, StaffLogRecord
from tests.unit.store.conftest import NOW

if TYPE_CHECKING:
    from tests.unit.store.conftest import Database, Make

NUMBER = "+819012345678"


def _line(make: "Make", subject: str = "sato", detail: str = "") -> StaffLogRecord:
    return StaffLogRecord(make.id(), NOW, "田中\0", StaffAct.NUMBER_SET, subject, detail)


@pytest.fixture
def logged(store: Store, make: "Make") -> Store:
    for subject in ("mori", NUMBER, "ito"):
        line = _line(make, subject, f"about {subject}")
        store.run(lambda tx, line=line: tx.staff_log.append(line))  # type: ignore[misc]
    return store


def _tamper(store: Store, statement: str) -> None:
    with store._engine.begin() as connection:
        connection.execute(sa.text(statement))


def test_lines_are_numbered_and_chained(logged: Store) -> None:
    found = staff_chain(logged)
    assert (found.lines, found.emptied, found.broken) == (3, 0, 0)
    lines = list(staff_lines(logged))
    assert [line.seq for line in lines] == [1, 2, 3]
    assert [line.previous_hash for line in lines] == ["", lines[0].hash, lines[1].hash]


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("UPDATE staff_log SET who = 'nobody' WHERE seq = 2", 2),
        ("UPDATE staff_log SET subject = 'nobody' WHERE seq = 1", 1),
        ("UPDATE staff_log SET detail = '' WHERE seq = 3", 3),
        ("UPDATE staff_log SET salt = '' WHERE seq = 3", 3),
        ("UPDATE staff_log SET what = 'never heard of' WHERE seq = 2", 2),
        ("UPDATE staff_log SET hash = 'x' WHERE seq = 3", 3),
        ("DELETE FROM staff_log WHERE seq = 1", 1),
        ("DELETE FROM staff_log WHERE seq = 2", 2),
        ("DELETE FROM staff_log WHERE seq = 3", 3),
        ("DELETE FROM staff_log", 1),
    ],
)
def test_first_line_that_is_not_as_written_is_told(
    logged: Store, statement: str, line: int
) -> None:
    _tamper(logged, statement)
    assert staff_chain(logged).broken == line


def test_a_line_is_emptied_of_a_person_and_stays_in_the_chain(logged: Store) -> None:
    with logged.read() as tx:
        assert [line.subject for line in tx.staff_log.about([NUMBER])] == [NUMBER]
    assert logged.run(lambda tx: tx.staff_log.empty([NUMBER])) == 1
    found = staff_chain(logged)
    assert (found.lines, found.emptied, found.broken) == (3, 1, 0)
    line = list(staff_lines(logged))[1]
    assert (line.subject, line.detail, line.salt) == ("", "", "")


def test_workers_at_the_same_time_make_one_chain(database: "Database", make: "Make") -> None:
    stores = [database.open() for _ in range(2)]
    lines = [_line(make) for _ in range(16)]
    with ThreadPoolExecutor(4) as threads:
        list(
            threads.map(
                lambda item: stores[item[0] % 2].run(lambda tx: tx.staff_log.append(item[1])),
                enumerate(lines),
            )
        )
    found = staff_chain(stores[0])
    assert (found.lines, found.broken) == (16, 0)


def test_histories_are_told_portion_by_portion(
    store: Store, make: "Make", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.store.audit.chains._REQUESTS_AT_ONCE", 2)
    requests = [make.request() for _ in range(5)]
    for request in requests:
        store.run(lambda tx, request=request: tx.requests.insert(request))  # type: ignore[misc]
        for _ in range(3):
            line = make.event(request)
            store.run(lambda tx, line=line: tx.events.append(line))  # type: ignore[misc]
    told = list(histories(store))
    assert [history.reference for history in told] == [one.reference for one in requests]
    assert [(len(history.lines), history.broken) for history in told] == [(3, 0)] * 5
    _tamper(
        store,
        f"UPDATE events SET after = 'nonsense' WHERE request_id = '{requests[2].id}' AND seq = 2",
    )
    assert [history.broken for history in histories(store)] == [0, 0, 2, 0, 0]
