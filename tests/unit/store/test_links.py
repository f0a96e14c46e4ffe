"""Mails and requests are many-to-many: links, what is read by them, and what erasure does."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pipeline.model.request import Status
from pipeline.store import Store, Transaction, queries
from pipeline.store.erasing.person import held_of
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.records import MessageRecord, RequestRecord

if TYPE_CHECKING:
    from tests.unit.store.conftest import Database, Make


@pytest.fixture
def shared(
    store: Store, make: "Make"
) -> tuple[RequestRecord, RequestRecord, MessageRecord, OutboxRecord]:
    """Two ended requests of one mail, which one mail of ours answers."""
    state = make.state(Status.REJECTED, ended_at=make.now)
    first, second = make.request(state), make.request(state)
    came = make.message(request_id=first.id, sender="hanako@example.co.jp", next_at=None)
    went = make.mail(request_id=first.id)

    def fill(transaction: Transaction) -> None:
        for record in (first, second):
            transaction.requests.insert(record)
        transaction.messages.insert_fetched([came])
        transaction.messages.link(came.id, second.id)
        assert transaction.outbox.enqueue(went, [second.id, first.id])

    store.run(fill)
    return first, second, came, went


_Shared = tuple[RequestRecord, RequestRecord, MessageRecord, OutboxRecord]


def test_each_request_of_a_mail_shows_it_and_its_answer(store: Store, shared: _Shared) -> None:
    first, second, came, went = shared
    with store.read() as transaction:
        for record in (first, second):
            found = queries.overview(transaction, record.id)
            assert found is not None
            assert (list(found.messages), list(found.outbox)) == ([came], [went])
        assert transaction.messages.requests_of(came.id) == [first.id, second.id]
        assert transaction.outbox.requests_of(went.id) == [first.id, second.id]
        assert transaction.messages.references([came.id, "none"]) == {
            came.id: (first.reference, second.reference)
        }


def test_linking_again_and_saving_keep_the_links(store: Store, shared: _Shared) -> None:
    first, second, came, _ = shared

    def again(transaction: Transaction) -> None:
        transaction.messages.link(came.id, second.id)
        transaction.messages.save(replace(came, attempts=1))

    store.run(again)
    with store.read() as transaction:
        assert transaction.messages.requests_of(came.id) == [first.id, second.id]


def test_a_mail_that_is_there_already_gets_no_links(store: Store, shared: _Shared) -> None:
    first, second, _, went = shared
    again = replace(went, id="again", request_id=second.id)
    assert store.run(lambda t: t.outbox.enqueue(again, [first.id])) is False
    with store.read() as transaction:
        assert transaction.outbox.requests_of("again") == []


def test_erasing_one_request_keeps_the_other_s_mails(store: Store, shared: _Shared) -> None:
    first, second, came, went = shared
    assert store.run(lambda t: t.privacy.erase_request(first.id)) == []
    with store.read() as transaction:
        erased = queries.overview(transaction, first.id)
        kept = queries.overview(transaction, second.id)
    assert erased is not None
    assert kept is not None
    assert (list(erased.messages), list(erased.outbox)) == ([], [])
    assert list(kept.messages) == [replace(came, request_id=second.id)]
    assert list(kept.outbox) == [went]
    with store.read() as transaction:
        held = held_of(transaction.context, "HANAKO@example.co.jp")
    assert held.mails == (came.id,)


def test_erasing_the_last_request_of_a_mail_empties_it(store: Store, shared: _Shared) -> None:
    first, second, came, went = shared
    store.run(lambda t: t.privacy.erase_request(second.id))
    assert store.run(lambda t: t.privacy.erase_request(first.id)) == [came.sha256]
    with store.read() as transaction:
        row, mail = transaction.messages.get(came.id), transaction.outbox.get(went.id)
        assert transaction.messages.requests_of(came.id) == [first.id]
    assert row is not None
    assert mail is not None
    assert (row.sender, row.subject, row.sha256) == ("", "", "")
    assert (mail.recipient, mail.content) == ("", b"")


def test_links_of_another_mailbox_are_not_seen(database: "Database", make: "Make") -> None:
    one, two = database.open("one@example.com"), database.open("two@example.com")
    request, mail = make.request(), make.message()
    for store in (one, two):
        store.run(lambda t: t.requests.insert(request))
        store.run(lambda t: t.messages.insert_fetched([mail]))
    one.run(lambda t: t.messages.link(mail.id, request.id))
    with two.read() as transaction:
        assert transaction.messages.requests_of(mail.id) == []
        assert transaction.messages.of_request(request.id) == []
        assert transaction.messages.references([mail.id]) == {}
