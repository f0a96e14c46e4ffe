"""What a transaction writes is sent late, together and once; nobody can tell, inside or after it."""

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from pipeline.errors import RefusedError
from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import NumberState
from pipeline.store import Store
from pipeline.store.records import MessageState, NumberRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction

from tests.unit.store.conftest import Make

if TYPE_CHECKING:
    from tests.unit.store.conftest import Database

_NUMBERS = ("+819012345678", "+819012345679", "")
#: So many scripts of some dozen steps are played.
_DRAWN = 20
_ADDRESSES = ("a@example.com", "B@example.com", "c@example.org")


@pytest.fixture
def sent(store: Store) -> list[str]:
    """The statements that went to the database, by their first words."""
    found: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SET")):
            found.append(" ".join(statement.split()[:3]))

    event.listen(store._engine, "before_cursor_execute", heard)
    return found


def test_a_request_that_is_written_five_times_goes_out_once(
    store: Store, make: Make, sent: list[str]
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


def test_only_who_could_see_a_row_has_it_sent(store: Store, make: Make, sent: list[str]) -> None:
    record = make.request(number=_NUMBERS[0])

    def work(tx: Transaction) -> None:
        tx.requests.insert(record)
        assert tx.requests.of_number(_NUMBERS[1]) == []
        assert sent == ["SELECT requests.id, requests.reference,"]
        assert tx.requests.of_number(_NUMBERS[0]) == [record]
        assert sent[1:] == ["INSERT INTO requests", "SELECT requests.id, requests.reference,"]

    store.run(work)


def test_a_row_that_leaves_a_selection_is_seen_to(store: Store, make: Make) -> None:
    record = make.request(number=_NUMBERS[0])
    store.run(lambda tx: tx.requests.insert(record))

    def work(tx: Transaction) -> None:
        assert tx.requests.lock(record.id) == record
        moved = replace(record, state=make.state(version=2), number=_NUMBERS[1])
        tx.requests.save(moved, expected_version=1)
        assert tx.requests.of_number(_NUMBERS[0]) == []
        assert tx.requests.of_number(_NUMBERS[1]) == [moved]

    store.run(work)


def test_what_is_not_sent_yet_reads_as_it_will_be_stored(store: Store, make: Make) -> None:
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


def test_a_version_that_is_known_is_compared_at_once(store: Store, make: Make) -> None:
    record = make.request()

    def work(tx: Transaction) -> None:
        tx.requests.insert(record)
        tx.requests.save(replace(record, state=make.state(version=3)), expected_version=1)
        with pytest.raises(RefusedError, match="stale_request"):
            tx.requests.save(replace(record, state=make.state(version=2)), expected_version=1)

    store.run(work)


def test_a_savepoint_that_nothing_is_sent_in_is_not_sent(
    store: Store, make: Make, sent: list[str]
) -> None:
    kept, undone = make.request(), make.request()

    def work(tx: Transaction) -> None:
        tx.requests.insert(kept)
        with tx.savepoint(sends=False):
            tx.requests.reschedule(kept.id, None)
        with pytest.raises(RuntimeError), tx.savepoint():
            tx.requests.insert(undone)
            raise RuntimeError

    store.run(work)
    assert sent == ["INSERT INTO requests"]
    with store.read() as tx:
        assert tx.requests.get(kept.id) == replace(kept, next_at=None)
        assert tx.requests.get(undone.id) is None


def test_what_was_sent_in_a_savepoint_is_sent_again_after_it(store: Store, make: Make) -> None:
    kept, undone = make.request(), make.request()

    def work(tx: Transaction) -> None:
        tx.requests.insert(kept)
        with pytest.raises(RuntimeError), tx.savepoint():
            tx.requests.insert(undone)
            tx.requests.reschedule(kept.id, None)
            assert len(tx.requests.of_number(kept.number)) == 2
            raise RuntimeError
        assert tx.requests.of_number(kept.number) == [kept]

    store.run(work)
    with store.read() as tx:
        assert tx.requests.of_number(kept.number) == [kept]


def test_a_reference_that_is_taken_is_drawn_again(store: Store, make: Make) -> None:
    taken = make.request()
    store.run(lambda tx: tx.requests.insert(taken))
    drawn = [taken.reference, "WA-0000000A"]

    def work(tx: Transaction) -> str:
        record = make.request(reference=drawn.pop(0))
        tx.requests.insert(record)
        return record.reference

    assert store.run(work) == "WA-0000000A"


def test_another_key_that_is_taken_is_no_reason_to_try_again(store: Store, make: Make) -> None:
    record = make.request()
    store.run(lambda tx: tx.requests.insert(record))
    tries: list[int] = []

    def work(tx: Transaction) -> None:
        tries.append(1)
        tx.requests.insert(replace(record, reference="WA-0000000B"))

    with pytest.raises(Exception, match=r"(?i)unique"):
        store.run(work)
    assert len(tries) == 1


def test_what_was_foreseen_is_known_no_longer_once_it_is_written(store: Store, make: Make) -> None:
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


def test_any_order_of_steps_gives_what_it_gives_without_delay(database: "Database") -> None:
    """Steps that are drawn at random, once as they are and once with each of them sent at once."""
    for seed in range(_DRAWN):
        late, early = (
            _played(database.open(f"{seed} {sends}"), random.Random(seed), sends=sends)  # noqa: S311 - a test
            for sends in (False, True)
        )
        assert late == early, seed


def _played(store: Store, draw: random.Random, *, sends: bool) -> list[object]:
    make, references, ids = Make(), iter(range(1000)), iter(range(1000))
    make.id = lambda: f"{next(ids):05}"  # type: ignore[method-assign] # on both sides the same
    seen: list[object] = []
    made: list[RequestRecord] = []

    def step(tx: Transaction) -> None:
        match draw.randrange(9):
            case 0 | 1:
                made.append(_drawn_request(make, draw, f"WA-{next(references):08}"))
                tx.requests.insert(made[-1])
            case 2 if made:
                one = draw.choice(made)
                stored = tx.requests.get(one.id)
                if stored is not None:
                    state = make.state(version=stored.state.version + 1)
                    changed = replace(stored, state=state, number=draw.choice(_NUMBERS))
                    tx.requests.save(changed, stored.state.version)
            case 3 if made:
                tx.requests.set_thread(draw.choice(made).id, (str(draw.random()),))
            case 4 if made and tx.requests.get((one := draw.choice(made)).id):
                tx.events.append(make.event(one))
            case 5 if made and tx.requests.get((one := draw.choice(made)).id):
                mail = make.mail(request_id=one.id, message_id=f"<{one.id}:{draw.randrange(2)}>")
                seen.append(tx.outbox.enqueue(mail))
            case 6:
                number = draw.choice(_NUMBERS[:2])
                tx.numbers.lock(number)
                state = draw.choice([NumberState.ACTIVE, NumberState.UNKNOWN])
                tx.numbers.set(NumberRecord(number, state, draw.choice(_ADDRESSES), None))
            case 7 if made and tx.requests.get((one := draw.choice(made)).id):
                seq = tx.revisions.next_seq(one.id)
                tx.revisions.insert(make.revision(one, seq=seq))
            case _:
                seen.append(_looked(tx, draw, made))
        if sends:
            tx.context.send()
            tx.context.seen.clear()

    def steps(tx: Transaction, depth: int = 0) -> None:
        for _ in range(draw.randrange(2, 9)):
            if depth < 2 and draw.random() < 0.15:  # noqa: PLR2004 - two savepoints deep
                _savepoint(tx, depth)
            step(tx)

    def _savepoint(tx: Transaction, depth: int) -> None:
        fails, before = draw.random() < 0.5, list(made)  # noqa: PLR2004 - one of two
        try:
            with tx.savepoint(sends=draw.random() < 0.5):  # noqa: PLR2004 - one of two
                steps(tx, depth + 1)
                if fails:
                    raise RuntimeError
        except RuntimeError:
            made[:] = before

    for _ in range(3):
        store.run(steps)
        with store.read() as tx:
            seen += [
                (tx.requests.get(one.id), tx.events.list(one.id), tx.events.verify(one.id))
                for one in made
            ]
            seen += [tx.outbox.of_request(one.id) for one in made]
            seen += [tx.revisions.all(one.id) for one in made]
            seen += [tx.numbers.get(number) for number in _NUMBERS]
    return seen


def _drawn_request(make: Make, draw: random.Random, reference: str) -> RequestRecord:
    return make.request(
        reference=reference,
        number=draw.choice(_NUMBERS),
        address_of_record=draw.choice(_ADDRESSES),
        sender_verdict=draw.choice([SenderVerdict.PASS, SenderVerdict.NONE]),
        form=draw.choice([None, *FormKind]),
    )


def _looked(tx: Transaction, draw: random.Random, made: list[RequestRecord]) -> object:
    number, address = draw.choice(_NUMBERS), draw.choice(_ADDRESSES)
    one = draw.choice(made) if made else None
    match draw.randrange(6):
        case 0:
            return tx.requests.of_number(number, proven=draw.random() < 0.5)  # noqa: PLR2004
        case 1:
            return tx.requests.of_sender(address)
        case 2:
            tx.requests.foresee([address])
            return None
        case 3 if one:
            return tx.requests.lock(one.id), tx.events.list(one.id)
        case 4 if one:
            return tx.revisions.latest(one.id), tx.revisions.next_seq(one.id)
        case _:
            return tx.numbers.get(number)
