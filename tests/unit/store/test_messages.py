from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from pipeline.model.message import MessageKind, SenderVerdict
from pipeline.store import Store, Transaction
from pipeline.store.records import MessageState

if TYPE_CHECKING:
    from tests.unit.store.conftest import Database, Make


def test_fetched_mail_comes_back_equal(store: Store, make: "Make") -> None:
    record = make.message(subject="件名\0 \ud83d", sender="A@example.com")
    store.run(lambda t: t.messages.insert_fetched([record]))
    with store.read() as transaction:
        found = transaction.messages.get(record.id)
    assert found == replace(record, subject="件名\ufffd \ufffd")


def test_insert_fetched_again_adds_nothing(store: Store, make: "Make") -> None:
    first, second = make.message(), make.message()
    assert store.run(lambda t: t.messages.insert_fetched([first])) == 1
    again = replace(first, id=make.id())
    assert store.run(lambda t: t.messages.insert_fetched([again, second])) == 1


def test_known_gives_the_uids_of_this_folder_only(store: Store, make: "Make") -> None:
    records = [make.message() for _ in range(3)]
    elsewhere = make.message()
    elsewhere = replace(elsewhere, place=replace(elsewhere.place, uidvalidity=8))
    store.run(lambda t: t.messages.insert_fetched([*records, elsewhere]))
    with store.read() as transaction:
        assert transaction.messages.known("inbox", "INBOX", 7, range(2500)) == {1, 2, 3}


def test_claim_gives_due_mail_in_order(
    store: Store, make: "Make", later: Callable[[float], datetime]
) -> None:
    second, first = make.message(next_at=later(2)), make.message(next_at=later(1))
    done = make.message(next_at=None, state=MessageState.PROCESSED)
    future = make.message(next_at=later(60))
    store.run(lambda t: t.messages.insert_fetched([second, first, done, future]))
    claimed = store.run(lambda t: t.messages.claim(later(10), 10))
    assert claimed == [first, second]


@pytest.mark.postgresql
def test_claim_by_two_workers_never_gives_the_same_mail(
    postgresql_database: "Database", make: "Make"
) -> None:
    one, two = postgresql_database.open(), postgresql_database.open()
    records = [make.message() for _ in range(6)]
    one.run(lambda t: t.messages.insert_fetched(records))

    def work(transaction: Transaction) -> tuple[set[str], set[str]]:
        first = {row.id for row in transaction.messages.claim(make.now, 4)}
        with ThreadPoolExecutor(1) as other:
            second = other.submit(
                two.run, lambda t: {row.id for row in t.messages.claim(make.now, 4)}
            ).result()
        return first, second

    first, second = one.run(work)
    assert len(first) == 4
    assert len(second) == 2
    assert first | second == {record.id for record in records}


def test_earlier_mail_is_found_by_bytes_and_by_message_id(store: Store, make: "Make") -> None:
    earlier = make.message()
    same = make.message(sha256=earlier.sha256, message_id="<x@example.com>")
    store.run(lambda t: t.messages.insert_fetched([earlier, same]))
    with store.read() as transaction:
        assert transaction.messages.earlier_with_sha256(same) is None
    processed = replace(
        earlier,
        state=MessageState.PROCESSED,
        next_at=None,
        processed_at=make.now,
        message_id="<x@example.com>",
    )
    store.run(lambda t: t.messages.save(processed))
    with store.read() as transaction:
        assert transaction.messages.earlier_with_sha256(same) == processed
        assert transaction.messages.earlier_with_message_id(same) == processed
        assert transaction.messages.earlier_with_message_id(processed) is None


def test_message_id_of_any_length_is_found_again(store: Store, make: "Make") -> None:
    long = "<" + "é" * 20_000 + "@example.com>"
    earlier = make.message(message_id=long, state=MessageState.PROCESSED, processed_at=make.now)
    other = make.message(message_id=long[:-1] + "x>")
    store.run(lambda t: t.messages.insert_fetched([earlier, other]))
    with store.read() as transaction:
        same = replace(other, message_id=long)
        found = transaction.messages.earlier_with_message_id(same)
        assert found is not None
        assert found.id == earlier.id
        assert transaction.messages.earlier_with_message_id(other) is None


def test_unmoved_lists_mail_until_it_is_moved(store: Store, make: "Make") -> None:
    record = make.message()
    store.run(lambda t: t.messages.insert_fetched([record, make.message()]))
    processed = replace(record, processed_at=make.now, move_to="Requests/Done", next_at=None)
    store.run(lambda t: t.messages.save(processed))
    with store.read() as transaction:
        assert transaction.messages.unmoved(10) == [processed]
    assert store.run(lambda t: t.messages.moved(record.id, make.now))
    assert not store.run(lambda t: t.messages.moved(record.id, make.now))
    with store.read() as transaction:
        assert transaction.messages.unmoved(10) == []


def test_recent_human_verdicts_leaves_out_automatic_mail_and_malformed_senders(
    store: Store, make: "Make", later: Callable[[float], datetime]
) -> None:
    rows = [
        make.message(kind=kind, sender=sender, sender_verdict=verdict, processed_at=later(minutes))
        for minutes, (kind, sender, verdict) in enumerate(
            (
                (MessageKind.HUMAN, "a@heath.example", SenderVerdict.PASS),
                (MessageKind.BOUNCE, "b@heath.example", SenderVerdict.FAIL),
                (MessageKind.HUMAN, "c@heath.example", SenderVerdict.UNKNOWN),
                (MessageKind.HUMAN, "", SenderVerdict.UNKNOWN),
            )
        )
    ]
    store.run(lambda t: t.messages.insert_fetched(rows))
    with store.read() as transaction:
        assert transaction.messages.recent_human_verdicts() == [
            SenderVerdict.UNKNOWN,
            SenderVerdict.PASS,
        ]


def test_list_pages_from_the_newest(store: Store, make: "Make") -> None:
    records = [make.message() for _ in range(3)]
    store.run(lambda t: t.messages.insert_fetched(records))
    with store.read() as transaction:
        assert transaction.messages.list(limit=2) == [records[2], records[1]]
        assert transaction.messages.list(limit=2, after=records[1].id) == [records[0]]


def test_withheld_mail_is_claimed_by_one_worker_of_its_account(
    store: Store, make: "Make", later: Callable[[float], datetime]
) -> None:
    mine = make.message(state=MessageState.WITHHELD, withheld="BODY[] NIL")
    fetched = make.message()
    other = make.message(state=MessageState.WITHHELD, withheld="NO")
    other = replace(other, place=replace(other.place, account="another"))
    store.run(lambda t: t.messages.insert_fetched([mine, fetched, other]))
    now, until = later(1), later(60)
    assert store.run(lambda t: t.messages.claim_withheld("inbox", now, until, 10)) == [mine]
    assert store.run(lambda t: t.messages.claim_withheld("inbox", now, until, 10)) == []
    assert store.run(lambda t: t.messages.claim(now, 10)) == [fetched]
    with store.read() as transaction:
        assert transaction.messages.withheld("inbox") == 1
    come = replace(mine, state=MessageState.FETCHED, next_at=now, withheld="", sha256="f" * 64)
    store.run(lambda t: t.messages.delivered(come))
    assert come in store.run(lambda t: t.messages.claim(now, 10))
    # its bytes are given up like those of any other mail
    store.run(lambda t: t.messages.save(replace(come, next_at=None)))
    assert store.run(lambda t: t.privacy.forget_raw_mail(later(1), 10)) == ["f" * 64]


def test_twin_of_a_renumbered_mail_is_the_row_that_was_not_moved(
    store: Store, make: "Make"
) -> None:
    done = {"state": MessageState.PROCESSED, "processed_at": make.now, "next_at": None}
    place = make.message().place
    same = {"sha256": "a" * 64}
    moved = make.message(**done, **same, move_to="Requests", moved_at=make.now)
    pending = make.message(**done, **same, move_to="Requests")
    elsewhere = make.message(**done, **same, move_to="Requests")
    elsewhere = replace(elsewhere, place=replace(elsewhere.place, folder="Other"))
    again = replace(make.message(**same), place=replace(place, uidvalidity=8, uid=1))
    store.run(lambda t: t.messages.insert_fetched([moved, elsewhere, again]))

    def twin() -> object:
        return store.run(lambda t: t.messages.renumbered_twin(again))

    assert twin() is None
    store.run(lambda t: t.messages.insert_fetched([pending]))
    assert twin() == pending
    assert store.run(lambda t: t.messages.moved(pending.id, make.now, renumbered=True))
    flagged = replace(pending, moved_at=make.now, renumbered=True)
    assert twin() == flagged
    assert not store.run(lambda t: t.messages.moved(pending.id, make.now, renumbered=True))
    # a mail under the same numbers is a copy, and no twin
    store.run(lambda t: t.messages.save(replace(flagged, renumbered=False)))
    assert twin() is None
