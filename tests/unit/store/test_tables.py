"""The small tables: numbers, certificates, counters, quarantine, leases, memory, notes, users."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import RefusedError
from pipeline.model.certificate import CertificateState
from pipeline.model.request import NumberState
from pipeline.store import Store, Transaction
from pipeline.store.process_records import LeaseRecord, TokenRecord
from pipeline.store.records import (
    AttachmentRecord,
    NoteRecord,
    NumberRecord,
    QuarantineRecord,
    RequestRecord,
)
from pipeline.store.staff_records import Role, SessionRecord, UserRecord

if TYPE_CHECKING:
    from tests.unit.store.conftest import Database, Make

Later = Callable[[float], datetime]


@pytest.fixture
def request_record(store: Store, make: "Make") -> RequestRecord:
    record = make.request()
    store.run(lambda t: t.requests.insert(record))
    return record


def test_number_is_made_unknown_when_it_is_locked_first(store: Store) -> None:
    unknown = NumberRecord("+819012345678", NumberState.UNKNOWN, "", None)
    active = NumberRecord("+819012345678", NumberState.ACTIVE, "example.co.jp", date(2026, 1, 2))
    with store.read() as transaction:
        assert transaction.numbers.get("+819012345678") is None
    assert store.run(lambda t: t.numbers.lock("+819012345678")) == unknown
    store.run(lambda t: t.numbers.set(active))
    assert store.run(lambda t: t.numbers.lock("+819012345678")) == active
    other = NumberRecord("+15550100", NumberState.REQUESTED, "", None)
    store.run(lambda t: t.numbers.set(other))
    with store.read() as transaction:
        assert transaction.numbers.list() == [other, active]
        assert transaction.numbers.list(state=NumberState.ACTIVE) == [active]
        assert transaction.numbers.list(after="+15550100") == [active]


@pytest.mark.postgresql
def test_decisions_on_one_number_wait_for_each_other(postgresql_database: "Database") -> None:
    one, two = postgresql_database.open(), postgresql_database.open()
    active = NumberRecord("+15550100", NumberState.ACTIVE, "one", None)

    def work(transaction: Transaction) -> "Future[NumberRecord]":
        transaction.numbers.lock("+15550100")
        waiting = pool.submit(two.run, lambda t: t.numbers.lock("+15550100"))
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        transaction.numbers.set(active)
        return waiting

    with ThreadPoolExecutor(1) as pool:
        waiting = one.run(work)
        assert waiting.result(timeout=10) == active


def test_certificate_goes_through_the_order_of_its_writes(
    store: Store, make: "Make", request_record: RequestRecord, later: Later
) -> None:
    reserved = make.certificate(request_record)
    prepared = replace(reserved, state=CertificateState.PREPARED, to_be_signed=b"\0\xff")
    live = replace(
        prepared,
        state=CertificateState.LIVE,
        created_at=make.now,
        issued_at=make.now,
        expires_at=later(604800),
        fingerprint="ab" * 32,
        text="secret",
    )
    assert store.run(lambda t: t.certificates.reserve(reserved)) == reserved
    store.run(lambda t: t.certificates.save(prepared))
    with store.read() as transaction:
        assert transaction.certificates.unfinished(10) == [prepared]
    store.run(lambda t: t.certificates.save(live))
    with store.read() as transaction:
        certificates = transaction.certificates
        assert certificates.unfinished(10) == []
        assert certificates.lock(live.id) == live
        assert certificates.live_of_request(request_record.id) == live
        assert certificates.of_request(request_record.id) == [live]
        assert certificates.by_fingerprint("ab" * 32) == live
        assert certificates.by_fingerprint("") is None
        assert certificates.list() == [live]
        assert certificates.list("unfinished") == []
        assert certificates.list("all") == [live]
        assert certificates.live_until(later(604801), 10) == [live]
        assert certificates.live_until(later(604800), 10) == []
        assert certificates.revoked(make.now) == []


def test_request_has_one_unfinished_certificate(
    store: Store, make: "Make", request_record: RequestRecord
) -> None:
    first, second = make.certificate(request_record), make.certificate(request_record)
    store.run(lambda t: t.certificates.reserve(first))
    assert store.run(lambda t: t.certificates.reserve(second)) == first


def test_serial_is_never_used_twice(
    store: Store, make: "Make", request_record: RequestRecord
) -> None:
    first = make.certificate(request_record)
    other = make.request()
    store.run(lambda t: t.requests.insert(other))
    store.run(lambda t: t.certificates.reserve(first))
    with pytest.raises(RefusedError) as refused:
        store.run(lambda t: t.certificates.reserve(make.certificate(other, serial=first.serial)))
    assert refused.value.code == "certificate_serial_taken"


def test_number_has_one_live_certificate(
    store: Store, make: "Make", request_record: RequestRecord, later: Later
) -> None:
    first = make.certificate(request_record, expires_at=later(100))
    second = make.certificate(request_record, expires_at=later(100))
    live = replace(first, state=CertificateState.LIVE)

    def issue(transaction: Transaction) -> None:
        transaction.certificates.reserve(first)
        transaction.certificates.save(live)
        transaction.certificates.reserve(second)

    store.run(issue)
    with pytest.raises(RefusedError) as refused:
        store.run(lambda t: t.certificates.save(replace(second, state=CertificateState.LIVE)))
    assert refused.value.code == "certificate_live"
    superseded = replace(live, state=CertificateState.SUPERSEDED, ended_at=make.now)

    def reissue(transaction: Transaction) -> None:
        transaction.certificates.save(superseded)
        transaction.certificates.save(replace(second, state=CertificateState.LIVE))

    store.run(reissue)
    with store.read() as transaction:
        found = transaction.certificates.live_of_request(request_record.id)
        assert found == replace(second, state=CertificateState.LIVE)
        assert transaction.certificates.revoked(later(99)) == [superseded]
        assert transaction.certificates.revoked(later(100)) == []


def test_counter_counts_within_its_window(store: Store, later: Later) -> None:
    assert store.run(lambda t: t.counters.add("sender:a", later(0))) == 1
    assert store.run(lambda t: t.counters.add("sender:a", later(0), 4)) == 5
    assert store.run(lambda t: t.counters.add("sender:a", later(60))) == 1
    with store.read() as transaction:
        assert transaction.counters.value("sender:a", later(0)) == 5
        assert transaction.counters.value("sender:b", later(0)) == 0
    assert store.run(lambda t: t.counters.purge(later(60))) == 1


def test_quarantine_is_open_until_released_or_dropped(
    store: Store, make: "Make", later: Later
) -> None:
    mails = [make.message(), make.message()]
    store.run(lambda t: t.messages.insert_fetched(mails))
    first, second = (
        QuarantineRecord(make.id(), mail.id, make.now, "guard_memory", 3) for mail in mails
    )
    store.run(lambda t: t.quarantine.put(first))
    store.run(lambda t: t.quarantine.put(second))
    with store.read() as transaction:
        assert transaction.quarantine.list() == [first, second]
    assert store.run(lambda t: t.quarantine.release(first.id, later(1)))
    assert not store.run(lambda t: t.quarantine.drop(first.id, later(2)))
    assert store.run(lambda t: t.quarantine.drop(second.id, later(3)))
    with store.read() as transaction:
        assert transaction.quarantine.list() == []
        assert transaction.quarantine.list(closed=True) == [
            replace(second, dropped_at=later(3)),
            replace(first, released_at=later(1)),
        ]
        assert transaction.quarantine.get(first.id) == replace(first, released_at=later(1))


def test_lease_is_held_by_one_until_it_is_over(store: Store, later: Later) -> None:
    def acquire(owner: str, at: float) -> bool:
        return store.run(lambda t: t.leases.acquire("batch", owner, later(at), later(at + 60)))

    assert acquire("one", 0)
    assert not acquire("two", 59)
    assert acquire("one", 59)
    assert store.run(lambda t: t.leases.renew("batch", "one", later(60), later(120)))
    assert not store.run(lambda t: t.leases.renew("batch", "two", later(60), later(120)))
    assert acquire("two", 120)
    assert not store.run(lambda t: t.leases.renew("batch", "one", later(121), later(200)))
    assert not store.run(lambda t: t.leases.release("batch", "one"))
    with store.read() as transaction:
        assert transaction.leases.list() == [LeaseRecord("batch", "two", later(120), later(180))]
    assert store.run(lambda t: t.leases.release("batch", "two"))


def test_leases_that_are_over_are_swept(store: Store, later: Later) -> None:
    for owner, at in (("gone", 0), ("alive", 30)):
        store.run(lambda t, o=owner, s=at: t.leases.acquire(o, o, later(s), later(s + 60)))  # type: ignore[misc]
    assert store.run(lambda t: t.leases.sweep(later(59))) == 0
    with store.read() as transaction:
        assert not transaction.leases.has_over(later(59))
        assert transaction.leases.has_over(later(60))
    assert store.run(lambda t: t.leases.sweep(later(60))) == 1
    with store.read() as transaction:
        assert [lease.owner for lease in transaction.leases.list()] == ["alive"]


def test_lease_of_a_clock_that_ran_ahead_blocks_no_longer_than_its_time(
    store: Store, later: Later
) -> None:
    def acquire(owner: str, at: float) -> bool:
        return store.run(lambda t: t.leases.acquire("moving", owner, later(at), later(at + 60)))

    year = 365 * 86_400
    assert acquire("ahead", year)
    assert acquire("right", 0)
    # a clock that is ahead by less than a lease is left alone
    assert acquire("right", 59)
    assert not acquire("other", 0)
    assert acquire("other", 119)


def test_memory_keeps_plain_values(store: Store) -> None:
    value: dict[str, object] = {"id": "mx.例.jp", "seen": [1, None, True]}
    store.run(lambda t: t.memory.put("authserv", "old"))
    store.run(lambda t: t.memory.put("authserv", value))  # type: ignore[arg-type]
    with store.read() as transaction:
        assert transaction.memory.get("authserv") == value
        assert transaction.memory.get("nothing") is None
    store.run(lambda t: t.memory.forget("authserv"))
    with store.read() as transaction:
        assert transaction.memory.get("authserv") is None


def test_notes_and_attachments_are_kept_with_the_request(
    store: Store, make: "Make", request_record: RequestRecord
) -> None:
    note = NoteRecord(make.id(), request_record.id, make.now, "hanako", True, "本文 😀")
    file = AttachmentRecord(
        make.id(), request_record.id, None, "../申請.xlsx", "x/y", "ab" * 32, 10
    )
    store.run(lambda t: t.notes.insert(note))
    store.run(lambda t: t.attachments.insert(file))
    with store.read() as transaction:
        assert transaction.notes.list(request_record.id) == [note]
        assert transaction.attachments.list(request_record.id) == [file]
        assert transaction.attachments.get(file.id) == file


def test_users_sessions_and_tokens(store: Store, make: "Make", later: Later) -> None:
    user = UserRecord(make.id(), "tanaka", Role.APPROVER, "hash", make.now)
    session = SessionRecord("hash-of-cookie", user.id, "csrf", make.now, make.now, later(60))
    token = TokenRecord("inbox", "a", "r1", later(3600), make.now)
    rotated = replace(token, refresh_token="r2")
    assert store.run(lambda t: t.users.insert(user))
    assert not store.run(lambda t: t.users.insert(replace(user, id=make.id())))
    disabled = replace(user, disabled_at=later(1))
    store.run(lambda t: t.users.save(disabled))
    store.run(lambda t: t.sessions.insert(session))
    store.run(lambda t: t.tokens.put(token))
    store.run(lambda t: t.tokens.put(rotated))
    with store.read() as transaction:
        assert transaction.users.by_name("tanaka") == disabled
        assert transaction.users.get(user.id) == disabled
        assert transaction.users.list() == [disabled]
        assert transaction.sessions.get("hash-of-cookie", later(59)) == session
        assert transaction.sessions.get("hash-of-cookie", later(60)) is None
        assert transaction.tokens.get("inbox") == rotated
    store.run(lambda t: t.sessions.seen("hash-of-cookie", later(30), later(90)))
    assert store.run(lambda t: t.sessions.purge(later(89))) == 0
    assert store.run(lambda t: t.sessions.purge(later(90))) == 1
    store.run(lambda t: t.sessions.insert(session))
    store.run(lambda t: t.sessions.insert(replace(session, id="second")))
    store.run(lambda t: t.sessions.end("second"))
    assert store.run(lambda t: t.sessions.end_of_user(user.id)) == 1
