"""What we sent on a thread, as digests: kept with the request, beside mails that have none."""

from typing import TYPE_CHECKING

from pipeline.store import Store, Transaction

if TYPE_CHECKING:
    from tests.unit.store.conftest import Make


def test_digests_are_of_one_request_and_in_their_order(store: Store, make: "Make") -> None:
    first, second = make.request(), make.request()
    mails = [make.mail(request_id=first.id, content=b"mail %d" % number) for number in range(3)]

    def fill(transaction: Transaction) -> None:
        for record in (first, second):
            transaction.requests.insert(record)
        for mail in mails:
            transaction.outbox.enqueue(mail, [second.id])
        for mail in reversed(mails[1:]):
            transaction.sent_texts.insert(first.id, mail.id, mail.id.encode())

    store.run(fill)
    with store.read() as transaction:
        kept = transaction.sent_texts.kept(first.id)
        assert kept.digests == tuple(mail.id.encode() for mail in mails[1:])
        assert kept.mails == (b"mail 0",)
        kept = transaction.sent_texts.kept(second.id)
        assert (kept.digests, kept.mails) == ((), (b"mail 0", b"mail 1", b"mail 2"))
    store.run(lambda t: t.privacy.erase_request(first.id))
    with store.read() as transaction:
        kept = transaction.sent_texts.kept(first.id)
        assert (kept.digests, kept.mails) == ((), ())
        assert len(transaction.sent_texts.kept(second.id).mails) == 3


def test_only_the_newest_mails_are_compared_with(store: Store, make: "Make") -> None:
    request = make.request()
    mails = [make.mail(request_id=request.id) for _ in range(70)]

    def fill(transaction: Transaction) -> None:
        transaction.requests.insert(request)
        for mail in mails:
            transaction.outbox.enqueue(mail)
            transaction.sent_texts.insert(request.id, mail.id, mail.id.encode())

    store.run(fill)
    with store.read() as transaction:
        found = transaction.sent_texts.kept(request.id).digests
    assert found == tuple(mail.id.encode() for mail in mails[-60:])
