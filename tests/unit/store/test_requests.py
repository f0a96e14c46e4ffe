from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import RefusedError
from pipeline.model.form import FormKind
from pipeline.model.request import HoldReason, RequestState, Slot, Status
from pipeline.store import Store, Transaction

if TYPE_CHECKING:
    from tests.unit.store.conftest import Database, Make


def test_request_with_every_field_comes_back_equal(store: Store, make: "Make") -> None:
    slot = Slot(make.now, make.now + timedelta(hours=1))
    state = make.state(
        came_from=Status.NAME_REVIEW,
        asked_by=Status.POLICY_REVIEW,
        hold_reason=HoldReason.OWNERSHIP,
        corrections=2,
        approved_at=make.now,
        certificates=3,
        certificate_expires_at=make.now,
        ownership_verified_at=make.now,
        ready_date=date(2026, 12, 1),
        two_step_disabled=True,
        business_verified=True,
        slots=(slot, slot),
        slot=slot,
        integration_created_at=make.now,
        ended_at=make.now,
    )
    record = make.request(
        state,
        company="㈱例",
        department="部",
        contact="花子",
        country="JP",
        done_deadlines=("remind-1",),
        thread=("<a@b>", "<c@d>"),
        subject="\ud83d",
        route_rule="clean",
        route_misses=("a", "b"),
        suggestion=FormKind.MIGRATION,
        linked_to="x",
        acknowledged_warnings=("w",),
    )
    store.run(lambda t: t.requests.insert(record))
    with store.read() as transaction:
        assert transaction.requests.get(record.id) == replace(record, subject="\ufffd")


def test_every_field_of_the_state_survives(store: Store, make: "Make") -> None:
    """A field that the machine gets later is kept without a migration."""
    record = make.request()
    store.run(lambda t: t.requests.insert(record))
    with store.read() as transaction:
        found = transaction.requests.get(record.id)
    assert found is not None
    for field in fields(RequestState):
        assert getattr(found.state, field.name) == getattr(record.state, field.name)


def test_request_is_found_by_reference_and_prefix(store: Store, make: "Make") -> None:
    records = [
        make.request(reference=reference)
        for reference in ("WA-7K3M9Q4M", "WA-7K3A0000", "WA-8ZZZZZZZ")
    ]
    for record in records:
        store.run(lambda t, record=record: t.requests.insert(record))  # type: ignore[misc]
    with store.read() as transaction:
        requests = transaction.requests
        assert requests.by_reference("WA-8ZZZZZZZ") == records[2]
        assert requests.by_reference("WA-00000000") is None
        assert requests.by_prefix("WA-7K3") == [records[1], records[0]]
        assert requests.by_prefix("WA-9") == []
        assert requests.by_prefix("WA-") == [records[1], records[0], records[2]]
        assert requests.reference_exists("WA-7K3A0000")
        assert not requests.reference_exists("WA-7K3A")


def test_save_with_the_expected_version_changes_the_request(store: Store, make: "Make") -> None:
    record = make.request()
    store.run(lambda t: t.requests.insert(record))
    changed = replace(record, state=make.state(Status.NAME_REVIEW, version=2), company="新")
    store.run(lambda t: t.requests.save(changed, expected_version=1))
    with store.read() as transaction:
        assert transaction.requests.get(record.id) == changed


def test_save_with_a_stale_version_is_refused_and_changes_nothing(
    store: Store, make: "Make"
) -> None:
    record = make.request()
    store.run(lambda t: t.requests.insert(record))
    changed = replace(record, state=make.state(Status.NAME_REVIEW, version=2))
    store.run(lambda t: t.requests.save(changed, expected_version=1))
    stale = replace(record, state=make.state(Status.REJECTED, version=2))
    with pytest.raises(RefusedError) as refused:
        store.run(lambda t: t.requests.save(stale, expected_version=1))
    assert refused.value.code == "stale_request"
    assert refused.value.params == {"reference": record.reference}
    with store.read() as transaction:
        assert transaction.requests.get(record.id) == changed


def test_save_without_a_new_version_is_a_bug(store: Store, make: "Make") -> None:
    record = make.request()
    store.run(lambda t: t.requests.insert(record))
    with pytest.raises(ValueError, match="version above"):
        store.run(lambda t: t.requests.save(record, expected_version=1))


def test_due_gives_requests_whose_time_has_come(
    store: Store, make: "Make", later: Callable[[float], datetime]
) -> None:
    second = make.request(next_at=later(0))
    first = make.request(next_at=later(-5))
    for record in (second, first, make.request(next_at=None), make.request(next_at=later(1))):
        store.run(lambda t, record=record: t.requests.insert(record))  # type: ignore[misc]
    assert store.run(lambda t: t.requests.due(make.now, 10)) == [first, second]
    assert store.run(lambda t: t.requests.due(make.now, 1)) == [first]


@pytest.mark.postgresql
def test_due_by_two_workers_never_gives_the_same_request(
    postgresql_database: "Database", make: "Make"
) -> None:
    one, two = postgresql_database.open(), postgresql_database.open()
    records = [make.request() for _ in range(5)]
    for record in records:
        one.run(lambda t, record=record: t.requests.insert(record))  # type: ignore[misc]

    def work(transaction: Transaction) -> tuple[set[str], set[str]]:
        mine = {row.id for row in transaction.requests.due(make.now, 3)}
        with ThreadPoolExecutor(1) as other:
            claim = other.submit(two.run, lambda t: {row.id for row in t.requests.due(make.now, 9)})
            return mine, claim.result()

    mine, theirs = one.run(work)
    assert (len(mine), len(theirs)) == (3, 2)
    assert mine | theirs == {record.id for record in records}


def test_requests_of_a_number_come_newest_first(store: Store, make: "Make") -> None:
    records = [make.request(), make.request(), make.request(number=""), make.request(number="+81")]
    for record in records:
        store.run(lambda t, record=record: t.requests.insert(record))  # type: ignore[misc]
    with store.read() as transaction:
        assert transaction.requests.of_number("+819012345678") == [records[1], records[0]]
        assert transaction.requests.of_number("") == []


def test_open_of_sender_knows_the_address_in_any_case(
    store: Store, make: "Make", later: Callable[[float], datetime]
) -> None:
    open_one = make.request()
    ended = make.request(make.state(Status.WITHDRAWN, ended_at=make.now))
    for record in (open_one, ended, make.request(address_of_record="other@example.com")):
        store.run(lambda t, record=record: t.requests.insert(record))  # type: ignore[misc]
    with store.read() as transaction:
        requests = transaction.requests
        assert requests.open_of_sender("hanako@EXAMPLE.co.jp", make.now) == [open_one]
        assert requests.open_of_sender("hanako@example.co.jp", later(1)) == []
        assert requests.of_sender("hanako@example.co.jp") == [ended, open_one]


def test_waiting_for_gives_open_requests_only(store: Store, make: "Make") -> None:
    waiting = make.request(make.state(Status.AWAITING_ACTIVE), waits_for="the-other")
    ended = make.request(make.state(Status.WITHDRAWN, ended_at=make.now), waits_for="the-other")
    for record in (waiting, ended, make.request()):
        store.run(lambda t, record=record: t.requests.insert(record))  # type: ignore[misc]
    with store.read() as transaction:
        assert transaction.requests.waiting_for("the-other") == [waiting]
        assert transaction.requests.waiting_for_number("+819012345678") == [waiting]


def test_mailboxes_in_one_database_do_not_see_each_other(
    database: "Database", make: "Make"
) -> None:
    one, two = database.open("one@example.com"), database.open("two@example.com")
    record = make.request()
    one.run(lambda t: t.requests.insert(record))
    two.run(lambda t: t.requests.insert(record))
    changed = replace(record, state=make.state(version=2), company="one")
    one.run(lambda t: t.requests.save(changed, expected_version=1))
    with two.read() as transaction:
        assert transaction.requests.get(record.id) == record


def test_revisions_come_back_equal_with_hostile_answers(store: Store, make: "Make") -> None:
    request = make.request()
    first = make.revision(request)
    second = make.revision(request, seq=2, digest="ee" * 32, format=None)
    store.run(lambda t: t.requests.insert(request))

    def work(transaction: Transaction) -> int:
        transaction.revisions.insert(first)
        transaction.revisions.insert(second)
        return transaction.revisions.next_seq(request.id)

    assert store.run(work) == 3
    with store.read() as transaction:
        assert transaction.revisions.latest(request.id) == second
        assert transaction.revisions.all(request.id) == [first, second]
        assert transaction.revisions.with_digest("cd" * 32) == [first]
        assert transaction.revisions.with_digest("cd" * 32, "another") == []
        assert transaction.revisions.with_sha256("ab" * 32) == [first, second]
        assert transaction.revisions.next_seq("another") == 1
