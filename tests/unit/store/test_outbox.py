from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from pipeline.store import Store, Transaction
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from tests.world.queued import claim_mails

if TYPE_CHECKING:
    from tests.unit.store.conftest import Database, Make

Later = Callable[[float], datetime]


def _get(store: Store, record: OutboxRecord) -> OutboxRecord:
    with store.read() as transaction:
        found = transaction.outbox.get(record.id)
    assert found is not None
    return found


@pytest.fixture
def mail(store: Store, make: "Make") -> OutboxRecord:
    record = make.mail()
    assert store.run(lambda t: t.outbox.enqueue(record))
    return record


def _claim(store: Store, now: datetime, until: datetime, owner: str = "one") -> list[OutboxRecord]:
    return store.run(lambda t: claim_mails(t, now, 10, owner, until))


def test_same_message_id_is_queued_once(store: Store, make: "Make", mail: OutboxRecord) -> None:
    again = make.mail(message_id=mail.message_id, content=b"other")
    assert not store.run(lambda t: t.outbox.enqueue(again))
    with store.read() as transaction:
        assert transaction.outbox.by_message_id(mail.message_id) == mail
        assert transaction.outbox.list() == [mail]


def test_claimed_mail_is_sent_once(store: Store, mail: OutboxRecord, later: Later) -> None:
    [claimed] = _claim(store, later(0), later(600))
    assert claimed == replace(
        mail,
        state=OutboxState.SENDING,
        attempt=1,
        claimed_by="one",
        claimed_until=later(600),
        next_at=later(600),
    )
    assert _claim(store, later(1), later(601)) == []
    claims = [(mail.id, 1)]
    assert store.run(lambda t: t.outbox.intend(claims, later(2), later(600))) == {mail.id}
    assert store.run(lambda t: t.outbox.sent(claims, later(3))) == {mail.id}
    assert store.run(lambda t: t.outbox.sent(claims, later(3))) == set()
    sent = _get(store, mail)
    assert (sent.state, sent.sent_at, sent.next_at) == (OutboxState.SENT, later(3), None)
    assert _claim(store, later(9999), later(99999)) == []


def test_worker_that_lost_its_claim_changes_nothing(
    store: Store, mail: OutboxRecord, later: Later
) -> None:
    _claim(store, later(0), later(600), "one")
    [claimed] = _claim(store, later(600), later(1200), "two")
    assert (claimed.attempt, claimed.claimed_by, claimed.intended_at) == (2, "two", None)
    before = _get(store, mail)
    lost = [(mail.id, 1)]
    assert store.run(lambda t: t.outbox.intend(lost, later(601), later(1201))) == set()
    assert store.run(lambda t: t.outbox.sent(lost, later(601))) == set()
    assert not store.run(lambda t: t.outbox.deferred(mail.id, 1, later(700), "451"))
    assert not store.run(lambda t: t.outbox.failed(mail.id, 1, "550"))
    assert not store.run(lambda t: t.outbox.in_doubt(mail.id, 1, "?"))
    assert _get(store, mail) == before
    assert store.run(lambda t: t.outbox.sent([(mail.id, 2)], later(602))) == {mail.id}


def test_mail_of_a_vanished_worker_comes_back_as_doubtful(
    store: Store, mail: OutboxRecord, later: Later
) -> None:
    _claim(store, later(0), later(600), "one")
    store.run(lambda t: t.outbox.intend([(mail.id, 1)], later(5), later(600)))
    [claimed] = _claim(store, later(600), later(1200), "two")
    assert claimed.intended_at == later(5)
    assert store.run(lambda t: t.outbox.in_doubt(mail.id, 2, "unknown"))
    with store.read() as transaction:
        assert [row.id for row in transaction.outbox.list("attention")] == [mail.id]
        assert transaction.outbox.list("open") == []
    assert store.run(lambda t: t.outbox.settle(mail.id, sent_at=later(6)))
    assert _get(store, mail).state is OutboxState.SENT


def test_deferred_mail_waits_for_its_time(store: Store, mail: OutboxRecord, later: Later) -> None:
    _claim(store, later(0), later(600))
    assert store.run(lambda t: t.outbox.deferred(mail.id, 1, later(300), "451 later"))
    assert _claim(store, later(299), later(900)) == []
    [again] = _claim(store, later(300), later(900))
    assert (again.attempt, again.last_error, again.intended_at) == (2, "451 later", None)


def test_failed_mail_can_be_queued_again(store: Store, mail: OutboxRecord, later: Later) -> None:
    _claim(store, later(0), later(600))
    assert store.run(lambda t: t.outbox.failed(mail.id, 1, "550 no"))
    assert _claim(store, later(9999), later(99999)) == []
    assert store.run(lambda t: t.outbox.retry(mail.id, later(10)))
    with store.read() as transaction:
        assert transaction.outbox.list("attention") == []
    [again] = _claim(store, later(10), later(600))
    assert again.attempt == 2


def test_only_queued_mail_can_be_cancelled(store: Store, make: "Make", later: Later) -> None:
    undo, gone = make.mail(next_at=later(120)), make.mail()
    for record in (undo, gone):
        store.run(lambda t, record=record: t.outbox.enqueue(record))  # type: ignore[misc]
    _claim(store, later(0), later(600))
    assert store.run(lambda t: t.outbox.cancel(undo.id))
    assert not store.run(lambda t: t.outbox.cancel(gone.id))
    assert _claim(store, later(120), later(600)) == []


def test_bounce_marks_our_mail_once(store: Store, mail: OutboxRecord, later: Later) -> None:
    assert store.run(lambda t: t.outbox.bounced(mail.message_id, "550")) is None
    _claim(store, later(0), later(600))
    store.run(lambda t: t.outbox.sent([(mail.id, 1)], later(1)))
    bounced = store.run(lambda t: t.outbox.bounced(mail.message_id, "550 unknown"))
    assert bounced is not None
    assert (bounced.state, bounced.last_error) == (OutboxState.BOUNCED, "550 unknown")
    assert store.run(lambda t: t.outbox.bounced(mail.message_id, "550 unknown")) is None
    assert store.run(lambda t: t.outbox.bounced("<forged@example.com>", "550")) is None


def test_purge_empties_the_bytes_of_old_finished_mail(
    store: Store, make: "Make", later: Later
) -> None:
    old, young, waiting = make.mail(), make.mail(), make.mail(next_at=later(9999))
    for record in (old, young, waiting):
        store.run(lambda t, record=record: t.outbox.enqueue(record))  # type: ignore[misc]
    _claim(store, later(0), later(600))
    store.run(lambda t: t.outbox.sent([(old.id, 1)], later(1)))
    store.run(lambda t: t.outbox.sent([(young.id, 1)], later(100)))
    assert store.run(lambda t: t.outbox.purge_sent(later(50), 10)) == 1
    assert store.run(lambda t: t.outbox.purge_sent(later(50), 10)) == 0
    assert _get(store, old).content == b""
    assert _get(store, young).content == young.content
    assert _get(store, waiting).content == waiting.content
    assert not store.run(lambda t: t.outbox.retry(old.id, later(60)))


@pytest.mark.postgresql
def test_claim_by_two_workers_never_gives_the_same_mail(
    postgresql_database: "Database", make: "Make", later: Later
) -> None:
    one, two = postgresql_database.open(), postgresql_database.open()
    for _ in range(5):
        one.run(lambda t: t.outbox.enqueue(make.mail()))

    def claim(transaction: Transaction, limit: int, owner: str) -> set[str]:
        return {row.id for row in claim_mails(transaction, later(0), limit, owner, later(600))}

    def work(transaction: Transaction) -> tuple[set[str], set[str]]:
        mine = claim(transaction, 3, "one")
        with ThreadPoolExecutor(1) as other:
            return mine, other.submit(two.run, lambda t: claim(t, 9, "two")).result()

    mine, theirs = one.run(work)
    assert (len(mine), len(theirs), len(mine | theirs)) == (3, 2, 5)


def test_mail_of_a_request_is_listed(store: Store, make: "Make") -> None:
    request = make.request()
    store.run(lambda t: t.requests.insert(request))
    first, second = make.mail(request_id=request.id), make.mail(request_id=request.id)
    for record in (first, second, make.mail()):
        store.run(lambda t, record=record: t.outbox.enqueue(record))  # type: ignore[misc]
    with store.read() as transaction:
        assert transaction.outbox.of_request(request.id) == [first, second]
        assert len(transaction.outbox.list("all")) == 3
        assert transaction.outbox.list("sent") == []
        assert transaction.outbox.list("all", limit=1, after=second.id) == [first]
