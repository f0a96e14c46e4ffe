"""What a part of a transaction changes is known by its statements, on both engines."""

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from pipeline.model.request import Move, NumberState
from pipeline.store import Store
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import NumberRecord, RequestRecord
from pipeline.store.schema.mail_and_requests import notes
from pipeline.store.staff_records import DeskRecord, UndoRecord
from pipeline.store.transaction import Transaction
from pipeline.store.undoing.rewind import kept_rows
from tests.world.rows import all_rows

from .conftest import NOW, Make


def _change(tx: Transaction, record: RequestRecord, make: Make) -> list[str]:
    """Change rows in each way in which the tables do; return the mails that are queued."""
    mine = tx.requests.lock(record.id)
    assert mine is not None
    changed = replace(mine, company="B", state=replace(mine.state, version=2))
    tx.requests.save(changed, expected_version=1)
    tx.requests.set_move(record.id, Move.CUSTOMER)
    tx.events.append(make.event(record))
    tx.numbers.set(NumberRecord("+819012345678", NumberState.ACTIVE, "b.example", None))
    tx.numbers.set(NumberRecord("+819099999999", NumberState.REQUESTED, "b.example", None))
    tx.desk.set(DeskRecord(record.id, "ken", NOW))
    tx.memory.put("word", {"of": ["staff"]})
    tx.counters.add("mails", NOW)
    tx.revisions.insert(make.revision(record))
    tx.context.connection.execute(sa.delete(notes).where(notes.c.request_id == record.id))
    mail = make.mail(request_id=record.id)
    tx.outbox.enqueue(mail)
    return [mail.id]


def _begin(store: Store, make: Make) -> RequestRecord:
    record = make.request()

    def begin(tx: Transaction) -> None:
        tx.requests.insert(record)
        tx.numbers.set(NumberRecord("+819012345678", NumberState.REQUESTED, "a.example", None))
        tx.desk.set(DeskRecord(record.id, "saki", NOW))
        tx.memory.put("word", 1)
        row = {"mailbox_id": tx.context.mailbox_id, "id": "n", "request_id": record.id, "at": NOW}
        row |= {"author": "saki", "from_customer": False, "text": "\0 ё", "message_id": None}
        tx.context.connection.execute(sa.insert(notes).values(**row, waits_since=None))

    store.run(begin)
    return record


def _decided(store: Store, record: RequestRecord, make: Make) -> UndoRecord:
    def decide(tx: Transaction) -> UndoRecord:
        with tx.context.watching() as watch:
            mails = _change(tx, record, make)
        assert watch.complete
        kept = UndoRecord(
            request_id=record.id,
            at=NOW,
            until=NOW + timedelta(seconds=60),
            who="ken",
            event=None,
            what="",
            lasting="",
            mails=tuple(mails),
            told=tx.undo.told({record.id}),
            lines=((record.id, 1, 1),),
            rows=kept_rows(watch.changes()),
        )
        tx.undo.set(kept)
        return kept

    kept = store.run(decide)
    with store.read() as tx:
        assert tx.undo.get(record.id) == kept
    return kept


def test_every_row_is_put_back(store: Store, make: Make) -> None:
    record = _begin(store, make)
    before = all_rows(store)
    kept = _decided(store, record, make)
    tables = {row.table for row in kept.rows}
    assert tables >= {"requests", "numbers", "desk", "memory", "counters", "revisions", "notes"}

    def undo(tx: Transaction) -> bool:
        rewind = tx.undo.rewind(kept)
        assert rewind.mails_wait(lock=True)
        assert rewind.is_as_left(lock=True)
        return rewind.put_back()

    assert store.run(undo)
    after = all_rows(store)
    for name in ("numbers", "desk", "memory", "counters", "revisions", "notes"):
        assert after[name] == before[name], name
    (row,), (old,) = after["requests"].values(), before["requests"].values()
    assert {**row, "version": 0, "event_seq": 0, "event_hash": ""} == {**old, "version": 0}
    assert row["version"] == 3
    assert [mail["state"] for mail in after["outbox"].values()] == [OutboxState.CANCELLED]


def test_a_row_that_somebody_changed_since_is_noticed(store: Store, make: Make) -> None:
    record = _begin(store, make)
    kept = _decided(store, record, make)
    store.run(lambda tx: tx.memory.put("word", 3))
    with store.read() as tx:
        assert not tx.undo.rewind(kept).is_as_left()
        assert tx.undo.rewind(kept).mails_wait()


def test_a_transaction_after_it_is_watched_no_more(store: Store, make: Make) -> None:
    record = _begin(store, make)

    def work(tx: Transaction) -> int:
        with tx.context.watching() as watch:
            pass
        _change(tx, record, make)
        tx.context.send()
        return len(watch.changes())

    assert store.run(work) == 0
