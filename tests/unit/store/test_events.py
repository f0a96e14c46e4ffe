from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from pipeline.errors import NotFoundError
from pipeline.store import Store
from pipeline.store.records import EventRecord, RequestRecord

if TYPE_CHECKING:
    from tests.unit.store.conftest import Make


@pytest.fixture
def history(
    store: Store, make: "Make", later: Callable[[float], "object"]
) -> tuple[RequestRecord, list[EventRecord]]:
    request = make.request()
    store.run(lambda t: t.requests.insert(request))
    lines = [
        store.run(
            lambda t, place=place: t.events.append(  # type: ignore[misc]
                make.event(request, at=later(place), actor_name=f"田中\0{place}")
            )
        )
        for place in range(3)
    ]
    return request, lines


def _tamper(store: Store, statement: str) -> None:
    with store._engine.begin() as connection:
        assert connection.execute(sa.text(statement)).rowcount == 1


def test_events_are_numbered_and_chained(
    store: Store, history: tuple[RequestRecord, list[EventRecord]]
) -> None:
    request, lines = history
    assert [line.seq for line in lines] == [1, 2, 3]
    assert [line.previous_hash for line in lines] == ["", lines[0].hash, lines[1].hash]
    with store.read() as transaction:
        assert transaction.events.list(request.id) == lines
        assert transaction.events.verify(request.id)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET actor_name = 'nobody' WHERE seq = 2",
        'UPDATE events SET detail = \'[["reason","other"]]\' WHERE seq = 1',
        "UPDATE events SET hash = 'x' WHERE seq = 3",
        "DELETE FROM events WHERE seq = 1",
        "DELETE FROM events WHERE seq = 2",
        "DELETE FROM events WHERE seq = 3",
        "UPDATE events SET seq = 9 WHERE seq = 3",
    ],
)
def test_verify_detects_tampering(
    store: Store, history: tuple[RequestRecord, list[EventRecord]], statement: str
) -> None:
    request, _ = history
    _tamper(store, statement)
    with store.read() as transaction:
        assert not transaction.events.verify(request.id)


def test_saving_a_request_keeps_the_end_of_its_chain(
    store: Store, make: "Make", history: tuple[RequestRecord, list[EventRecord]]
) -> None:
    request, _ = history
    changed = replace(request, state=make.state(version=2))
    store.run(lambda t: t.requests.save(changed, expected_version=1))
    store.run(lambda t: t.events.append(make.event(request)))
    with store.read() as transaction:
        assert transaction.events.verify(request.id)
        assert len(transaction.events.list(request.id)) == 4


def test_event_of_an_unknown_request_is_refused(store: Store, make: "Make") -> None:
    with pytest.raises(NotFoundError) as refused:
        store.run(lambda t: t.events.append(make.event(make.request())))
    assert refused.value.code == "request_not_found"
    with store.read() as transaction:
        assert not transaction.events.verify("nowhere")
