"""What a transaction writes is sent late, together and once."""

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from pipeline.errors import RefusedError
from pipeline.store import Store
from pipeline.store.records import MessageState
from pipeline.store.unit_of_work import Transaction

if TYPE_CHECKING:
    from tests.unit.store.conftest import Make

_NUMBERS = ("+819012345678", "+819012345679")


class _StoppedError(Exception):
    """Ends a savepoint."""


@pytest.fixture
def sent(store: Store) -> list[str]:
    """The statements that went to the database, by their first words."""
    found: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        # the mark that a request is to be searched anew goes with it, whatever is written
        is_of_search = "INTO searched" in statement
        if not statement.startswith(("BEGIN", "PRAGMA", "SET")) and not is_of_search:
            found.append(" ".join(statement.split()[:3]))

    event.listen(store._engine, "before_cursor_execute", heard)
    return found


def test_a_request_that_is_written_five_times_goes_out_once(
    store: Store, make: "Make", sent: list[str]
) -> None:
    record = make.request()
    later = replace(record, state=make.state(version=2), company="Later")

    def work(tx: Transaction) -> None:
        tx.requests.insert(record)
        tx.requests.save(later, expected_version=1)
        tx.events.append(make.event(record))
        tx.requests.set_thread(record.id, ("<a@b>",))
        tx.requests.reschedule(record.id, None)
        assert sent == []

    store.run(work)
    assert sent == ["INSERT INTO requests", "INSERT INTO events"]
    with store.read() as tx:
        assert tx.requests.get(record.id) == replace(later, thread=("<a@b>",), next_at=None)
        assert tx.events.verify(record.id)


def test_only_who_could_see_a_row_has_it_sent(store: Store, make: "Make", sent: list[str]) -> None:
    record = make.request(number=_NUMBERS[0])

    def work(tx: Transaction) -> None:
        tx.requests.insert(record)
        assert tx.requests.of_number(_NUMBERS[1]) == []
        assert sent == ["SELECT requests.id, requests.reference,"]
        assert tx.requests.of_number(_NUMBERS[0]) == [record]
        assert sent[1:] == ["INSERT INTO requests", "SELECT requests.id, requests.reference,"]

    store.run(work)


def test_a_row_that_leaves_a_selection_is_seen_to(store: Store, make: "Make") -> None:
    record = make.request(number=_NUMBERS[0])
    store.run(lambda tx: tx.requests.insert(record))

    def work(tx: Transaction) -> None:
        assert tx.requests.lock(record.id) == record
        moved = replace(record, state=make.state(version=2), number=_NUMBERS[1])
        tx.requests.save(moved, expected_version=1)
        assert tx.requests.of_number(_NUMBERS[0]) == []
        assert tx.requests.of_number(_NUMBERS[1]) == [moved]

    store.run(work)


def test_what_is_not_sent_yet_reads_as_it_will_be_stored(store: Store, make: "Make") -> None:
    record = make.request(company="A\0B", subject="\ud800", address_of_record="x" * 600)
    revision = make.revision(record, file_name="C\0D")

    def work(tx: Transaction) -> tuple[object, ...]:
        tx.requests.insert(record)
        tx.revisions.insert(revision)
        return _read(tx)

    def _read(tx: Transaction) -> tuple[object, ...]:
        latest = tx.revisions.latest(record.id)
        return tx.requests.get(record.id), latest, tx.revisions.latest_answers(record.id)

    inside = store.run(work)
    with store.read() as tx:
        assert _read(tx) == inside


def test_a_version_that_is_known_is_compared_at_once(store: Store, make: "Make") -> None:
    record = make.request()

    def work(tx: Transaction) -> None:
        tx.requests.insert(record)
        tx.requests.save(replace(record, state=make.state(version=3)), expected_version=1)
        with pytest.raises(RefusedError, match="stale_request"):
            tx.requests.save(replace(record, state=make.state(version=2)), expected_version=1)

    store.run(work)


def test_a_savepoint_that_nothing_is_sent_in_is_not_sent(
    store: Store, make: "Make", sent: list[str]
) -> None:
    kept, undone = make.request(), make.request()

    def work(tx: Transaction) -> None:
        tx.requests.insert(kept)
        with tx.savepoint(sends=False):
            tx.requests.reschedule(kept.id, None)
        with suppress(_StoppedError), tx.savepoint():
            tx.requests.insert(undone)
            raise _StoppedError

    store.run(work)
    assert sent == ["INSERT INTO requests"]
    with store.read() as tx:
        assert tx.requests.get(kept.id) == replace(kept, next_at=None)
        assert tx.requests.get(undone.id) is None


def test_what_was_sent_in_a_savepoint_is_sent_again_after_it(store: Store, make: "Make") -> None:
    kept, undone = make.request(), make.request()

    def work(tx: Transaction) -> None:
        tx.requests.insert(kept)
        with suppress(_StoppedError), tx.savepoint():
            tx.requests.insert(undone)
            tx.requests.reschedule(kept.id, None)
            assert len(tx.requests.of_number(kept.number)) == 2
            raise _StoppedError
        assert tx.requests.of_number(kept.number) == [kept]

    store.run(work)
    with store.read() as tx:
        assert tx.requests.of_number(kept.number) == [kept]


def test_a_reference_that_is_taken_is_drawn_again(store: Store, make: "Make") -> None:
    taken = make.request()
    store.run(lambda tx: tx.requests.insert(taken))
    drawn = [taken.reference, "WA-0000000A"]

    def work(tx: Transaction) -> str:
        record = make.request(reference=drawn.pop(0))
        tx.requests.insert(record)
        return record.reference

    assert store.run(work) == "WA-0000000A"


def test_another_key_that_is_taken_is_no_reason_to_try_again(store: Store, make: "Make") -> None:
    record = make.request()
    store.run(lambda tx: tx.requests.insert(record))
    tries: list[int] = []

    def work(tx: Transaction) -> None:
        tries.append(1)
        tx.requests.insert(replace(record, reference="WA-0000000B"))

    with pytest.raises(Exception, match=r"(?i)unique"):
        store.run(work)
    assert len(tries) == 1


def test_what_was_foreseen_is_known_no_longer_once_written(store: Store, make: "Make") -> None:
    old = make.message(state=MessageState.PROCESSED, processed_at=make.now, next_at=None)
    one = make.message(message_id="<1@x>", sender="a@example.com")
    same = replace(make.message(), sha256=one.sha256, message_id="<1@x>", sender="a@example.com")
    again = replace(make.message(), sha256=old.sha256)
    store.run(lambda tx: tx.messages.insert_fetched([old, one, same, again]))
    store.run(lambda tx: tx.messages.save(old))

    def work(tx: Transaction) -> None:
        rows = tx.messages.waiting([one.id, same.id, again.id], make.now, locked=True)
        tx.messages.foresee(rows, [row.message_id for row in rows])
        tx.requests.foresee(["a@example.com"])
        assert tx.messages.earlier_with_sha256(again) == old
        assert tx.messages.earlier_with_sha256(one) is None
        assert tx.messages.earlier_with_message_id(one) is None
        done = replace(one, state=MessageState.PROCESSED, processed_at=make.now, next_at=None)
        tx.messages.save(done)
        assert tx.messages.earlier_with_sha256(same) == done
        assert tx.messages.earlier_with_message_id(same) == done
        request = make.request(address_of_record="A@example.com", form=None)
        assert tx.requests.formless_of_sender("a@example.com", make.now) == []
        tx.requests.insert(request)
        assert tx.requests.of_sender("a@example.com") == [request]
        assert tx.requests.formless_of_sender("a@example.com", make.now) == [request]

    store.run(work)
