"""Reads for people, erasure, and the plans of the statements that must stay flat."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from pipeline.model.certificate import CertificateState
from pipeline.model.notice import MailPriority
from pipeline.model.request import HoldReason, Move, Status
from pipeline.store import Store, Transaction, queries, queues
from pipeline.store.erasing.person import held_of
from pipeline.store.lists.certificates import CertificateKind, list_certificates
from pipeline.store.outbox_records import OutboxState
from pipeline.store.queries import Counts
from pipeline.store.queues import QueueView
from pipeline.store.records import (
    AlertRecord,
    AttachmentRecord,
    FetchedMail,
    MessageRecord,
    MessageState,
    NoteRecord,
    QuarantineRecord,
    RequestRecord,
)
from pipeline.store.search.find import Asking, find
from pipeline.store.search.query import parse_query
from pipeline.store.short_link_records import LinkAction, LinkOrder, LinkState
from tests.world.queued import claim_mails

if TYPE_CHECKING:
    from tests.unit.store.conftest import Database, Make

Later = Callable[[float], datetime]


def _insert(store: Store, *records: RequestRecord) -> None:
    def work(transaction: Transaction) -> None:
        for record in records:
            transaction.requests.insert(record)

    store.run(work)


def _queue(store: Store, view: QueueView, limit: int = 50, offset: int = 0) -> list[str]:
    with store.read() as transaction:
        return [row.id for row in queues.queue(transaction, view, limit=limit, offset=offset)]


def test_queues_show_open_work_and_who_waits_longest_first(
    store: Store, make: "Make", later: Later
) -> None:
    staff_late = make.request(make.state(entered_at=later(5)))
    staff_early = make.request(make.state(entered_at=later(1)))
    customer = make.request(make.state(Status.NEEDS_CORRECTION), move=Move.CUSTOMER)
    meta = make.request(make.state(Status.NAME_REVIEW, entered_at=later(1)), move=Move.META)
    held = make.request(make.state(Status.HELD, entered_at=later(9)))
    ended = make.request(make.state(Status.REJECTED, ended_at=make.now), move=Move.NOBODY)
    _insert(store, staff_late, staff_early, customer, meta, held, ended)
    assert _queue(store, QueueView.NEEDS_ME) == [staff_early.id, staff_late.id, held.id]
    assert _queue(store, QueueView.NEEDS_ME, limit=1, offset=1) == [staff_late.id]
    assert _queue(store, QueueView.WAITING) == [customer.id, meta.id]
    assert _queue(store, QueueView.HELD) == [held.id]
    assert len(_queue(store, QueueView.OPEN)) == 5
    assert _queue(store, QueueView.ALL, limit=2) == [ended.id, held.id]
    with store.read() as transaction:
        [row] = queues.queue(transaction, QueueView.HELD)
    assert (row.reference, row.status, row.since) == (held.reference, Status.HELD, later(9))


def test_expiring_queue_is_in_the_order_of_expiry(store: Store, make: "Make", later: Later) -> None:
    requests = [make.request(number=f"+1555010{place}") for place in range(4)]
    _insert(store, *requests)
    three_days = 3 * 24 * 3600
    for request, seconds in zip(requests, (three_days, 100, 200, three_days + 1), strict=True):
        record = make.certificate(request, expires_at=later(seconds))
        live = replace(record, state=CertificateState.LIVE)
        store.run(lambda t, record=record: t.certificates.reserve(record))  # type: ignore[misc]
        store.run(lambda t, live=live: t.certificates.save(live))  # type: ignore[misc]
    soon = [requests[1].id, requests[2].id, requests[0].id]
    assert _queue(store, QueueView.EXPIRING) == [*soon, requests[3].id]
    with store.read() as transaction:
        rows = queues.queue(transaction, QueueView.EXPIRING, now=later(0))
        assert [row.id for row in rows] == soon
        assert queues.count(transaction, QueueView.EXPIRING, later(0)) == len(soon)
        assert queries.counts(transaction, later(0)).expiring == len(soon)
        shown = list_certificates(transaction, later(0), CertificateKind.EXPIRING, limit=9)
        assert [row.request_id for row in shown] == soon
        assert len(_search(transaction, "+1555010", QueueView.EXPIRING, later(0))) == len(soon)


def _search(
    transaction: Transaction,
    text: str,
    view: QueueView = QueueView.ALL,
    now: datetime | None = None,
) -> list[queues.QueueRow]:
    query = parse_query(text, today=date(2026, 11, 23))
    return find(transaction, query, view, Asking(now or datetime.now(UTC)))


def _today(ends: datetime) -> queues.Narrowing:
    return queues.Narrowing(ends, day_ends=ends)


def test_search_finds_by_reference_number_address_and_company(store: Store, make: "Make") -> None:
    wanted = make.request(reference="WA-7K3M9Q4M", company="㈱テスト 100%", number="+15550100")
    other = make.request(address_of_record="b@example.com")
    _insert(store, wanted, other)
    with store.read() as transaction:
        for text in (
            *(
                "wa-7k3",
                "wa 7k3m",
                "７ｋ３ｍ９ｑ４ｍ",
                "5550\u30fc100",
                "7k3m9q4m",
                "ＷＡ－７Ｋ３Ｍ９Ｑ４Ｍ",
                "WA-7K3M9Q4M",
            ),
            *("+15550100", "+1 (555) 0100", "00 1 5550100", "555-0100", "０１５５５０１００"),
            *("5550", "555-01", "(0155) 501"),
            *("HANAKO@example.co.jp", "@example.co.jp", "example.co.jp"),
            *("テスト", "㈱テスト", "100%"),
        ):
            assert [row.id for row in _search(transaction, text)] == [wanted.id], text
        for text in ("nothing", "550", "5550 Ltd", "000", "%"):
            assert _search(transaction, text) == [], text


def test_counts_tell_what_waits_is_due_and_expires(
    store: Store, make: "Make", later: Later
) -> None:
    staff = make.request(next_at=None)
    customer = make.request(move=Move.CUSTOMER, next_at=later(-1))
    held = make.request(make.state(Status.HELD), next_at=later(1))
    ended = make.request(make.state(Status.REJECTED, ended_at=make.now), next_at=None)
    _insert(store, staff, customer, held, ended)
    certificate = make.certificate(staff, expires_at=later(60))
    waiting, unmoved = make.message(), make.message(next_at=None, move_to="Done")
    bounced = make.mail(state=OutboxState.BOUNCED, next_at=None)
    overdue = make.mail(next_at=later(-3600))

    def work(transaction: Transaction) -> None:
        transaction.certificates.reserve(certificate)
        transaction.certificates.save(replace(certificate, state=CertificateState.LIVE))
        transaction.messages.insert_fetched([waiting, unmoved])
        for mail in (bounced, overdue, make.mail()):
            transaction.outbox.enqueue(mail)
        transaction.quarantine.put(QuarantineRecord(make.id(), waiting.id, make.now, "x", 3))

    store.run(work)
    with store.read() as transaction:
        assert transaction.outbox.waiting(make.now) == 2
        assert queries.counts(transaction, make.now) == Counts(
            needs_me=2,
            waiting=1,
            held=1,
            due=1,
            live_certificates=1,
            expiring=1,
            messages=1,
            unmoved=1,
            queued=2,
            overdue=1,
            attention=1,
            quarantined=1,
        )


def test_overview_joins_everything_of_a_request(store: Store, make: "Make") -> None:
    request = make.request()
    revision = make.revision(request)
    mail, incoming = make.mail(request_id=request.id), make.message(request_id=request.id)
    _insert(store, request)

    def work(transaction: Transaction) -> None:
        transaction.revisions.insert(revision)
        transaction.events.append(make.event(request))
        transaction.outbox.enqueue(mail)
        transaction.messages.insert_fetched([incoming])

    store.run(work)
    with store.read() as transaction:
        found = queries.overview(transaction, request.id)
        assert queries.overview(transaction, "nowhere") is None
    assert found is not None
    assert (found.request, found.revision) == (request, revision)
    assert (list(found.outbox), list(found.messages)) == ([mail], [incoming])
    assert [line.seq for line in found.events] == [1]


def test_alerts_are_told_once(store: Store, make: "Make", later: Later) -> None:
    first, second = (AlertRecord(make.id(), later(at), "held", "WA-1") for at in (0, 1))
    store.run(lambda t: t.alerts.add(second))
    store.run(lambda t: t.alerts.add(first))
    assert store.run(lambda t: t.alerts.untold(10)) == [first, second]
    store.run(lambda t: t.alerts.told([first.id], later(2)))
    with store.read() as transaction:
        assert transaction.alerts.untold(10) == [second]
        assert transaction.alerts.list() == [second, replace(first, told_at=later(2))]


def test_erased_request_keeps_its_history_and_nothing_personal(
    store: Store, make: "Make", later: Later
) -> None:
    ended = make.state(Status.REJECTED, ended_at=make.now)
    request = make.request(ended, company="㈱例", contact="花子", thread=("<a@b>",))
    shared, own = "5" * 64, "6" * 64
    mine = make.message(request_id=request.id, sha256=own, sender="hanako@example.co.jp")
    others = make.message(sha256=shared)
    file = AttachmentRecord(make.id(), request.id, mine.id, "f.xlsx", "x/y", shared, 1)
    mail = make.mail(request_id=request.id, state=OutboxState.SENT, next_at=None)
    wanted = (LinkAction.NEW, LinkState.WANTED)
    instants = (make.now, make.now)
    order = LinkOrder(make.id(), request.id, request.number, *wanted, *instants, "8" * 64)
    _insert(store, request)

    def fill(transaction: Transaction) -> None:
        transaction.messages.insert_fetched([mine, others])
        transaction.attachments.insert(file)
        transaction.revisions.insert(make.revision(request, sha256="7" * 64))
        note = NoteRecord(make.id(), request.id, make.now, "hanako", True, "秘密")
        transaction.notes.insert(note)
        transaction.events.append(make.event(request))
        transaction.outbox.enqueue(mail)
        transaction.short_links.order(order)

    store.run(fill)
    with store.read() as transaction:
        assert transaction.privacy.requests_to_erase(later(1), 10) == [request.id]
    assert store.run(lambda t: t.privacy.erase_request(request.id)) == [own, "7" * 64]
    with store.read() as transaction:
        found = queries.overview(transaction, request.id)
        assert transaction.privacy.requests_to_erase(later(1), 10) == []
        assert transaction.events.verify(request.id)
    assert found is not None
    left = found.request
    texts = (left.company, left.contact, left.address_of_record, left.number, left.organisation)
    assert texts == ("",) * 5
    assert left.thread == ()
    assert (found.revision, list(found.notes), list(found.attachments)) == (None, [], [])
    assert [(row.sender, row.subject, row.sha256) for row in found.messages] == [("", "", "")]
    assert [(row.recipient, row.content) for row in found.outbox] == [("", b"")]
    with store.read() as transaction:
        (kept,) = transaction.short_links.of_request(request.id)
    assert (kept.number, kept.sha256, kept.next_at) == ("", "", None)


def test_raw_mail_is_given_up_after_its_time(store: Store, make: "Make", later: Later) -> None:
    old = make.message(next_at=None, fetched_at=later(-100))
    again = make.message(next_at=None, sha256=old.sha256)
    lone = make.message(next_at=None, fetched_at=later(-100))
    busy = make.message(fetched_at=later(-100))
    store.run(lambda t: t.messages.insert_fetched([old, again, lone, busy]))
    assert store.run(lambda t: t.privacy.forget_raw_mail(later(-50), 10)) == [lone.sha256]
    assert store.run(lambda t: t.privacy.forget_raw_mail(later(-50), 10)) == []
    assert store.run(lambda t: t.privacy.forget_raw_mail(later(1), 10)) == [old.sha256]


def test_sender_without_a_request_can_be_erased(store: Store, make: "Make") -> None:
    mail = make.message(sender="A@example.com", next_at=None)
    store.run(lambda t: t.messages.insert_fetched([mail]))
    with store.read() as transaction:
        held = held_of(transaction.context, "a@EXAMPLE.com")
    assert (held.requests, held.mails, held.unread) == ((), (mail.id,), ())
    assert store.run(lambda t: t.privacy.erase_mails(held.mails, make.now)) == [mail.sha256]
    with store.read() as transaction:
        assert held_of(transaction.context, "a@example.com").nothing
        assert transaction.messages.of_sender("a@example.com") == []


_MESSAGE = MessageRecord(
    id="x",
    place=FetchedMail("a", "b", 1, 1),
    sha256="x",
    size=1,
    fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
    state=MessageState.FETCHED,
    next_at=None,
    message_id="<x@y>",
)

_FLAT: dict[str, tuple[Callable[[Transaction, datetime], object], str]] = {
    "messages": (lambda t, now: t.messages.claim(now, 50), "ix_messages_next_at"),
    "requests": (lambda t, now: t.requests.due(now, 50), "ix_requests_next_at"),
    "outbox": (
        lambda t, now: claim_mails(t, now, 50, "one", now + timedelta(seconds=1)),
        "ix_outbox_next_at",
    ),
    "receipts": (
        lambda t, now: claim_mails(
            t, now, 50, "one", now + timedelta(seconds=1), (MailPriority.RECEIPT,)
        ),
        "ix_outbox_next_at_by_priority",
    ),
    "held for": (lambda t, _: t.requests.held(HoldReason.SENDER), "ix_requests_status"),
    "unmoved": (lambda t, _: t.messages.unmoved(50), "ix_messages_unmoved_since"),
    "purge": (lambda t, now: t.outbox.has_purgeable(now), "ix_outbox_kept_since"),
    "alerts": (lambda t, _: t.alerts.untold(50), "ix_alerts_untold_since"),
    "live": (lambda t, now: t.certificates.live_until(now, 50), "ix_certificates_expires_at_id"),
    "unfinished": (lambda t, _: t.certificates.unfinished(5), "ix_certificates_unfinished_since"),
    "verdicts": (lambda t, _: t.messages.recent_human_verdicts(), "ix_messages_processed_at_id"),
    "number": (lambda t, _: t.requests.of_number("+15550100"), "ix_requests_number_id"),
    "print": (lambda t, _: t.certificates.by_fingerprint("x"), "ix_certificates_fingerprint_id"),
    "revoked": (lambda t, now: t.certificates.revoked(now), "ix_certificates_ended_at"),
    "sender": (lambda t, _: t.requests.of_sender("a"), "ix_requests_address_key_id"),
    "open": (lambda t, now: t.requests.open_of_sender("a", now), "ix_requests_address_key_id"),
    "mail": (lambda t, _: t.messages.of_sender("a"), "ix_messages_sender_key_fetched_at_id"),
    "bytes": (
        lambda t, _: t.messages.earlier_with_sha256(_MESSAGE),
        "ix_messages_sha256_processed_at_id",
    ),
    "message-id": (
        lambda t, _: t.messages.earlier_with_message_id(_MESSAGE),
        "ix_messages_message_id_processed_at_id",
    ),
    "thread": (
        lambda t, _: t.messages.of_request("x"),
        "ix_message_requests_request_id_message_row",
    ),
    "notices": (lambda t, _: t.outbox.of_request("x"), "ix_outbox_requests_request_id_outbox_id"),
    "erase": (lambda t, now: t.privacy.requests_to_erase(now, 5), "ix_requests_erasable_since"),
    "has raw": (lambda t, now: t.privacy.has_raw_mail(now), "ix_messages_raw_since"),
    "raw": (lambda t, now: t.privacy.forget_raw_mail(now, 5), "ix_messages_raw_since"),
    **{
        f"{name} of what expires": (work, "ix_certificates_expires_at")
        for name, work in {
            "list": lambda t, now: queues.queue(t, QueueView.EXPIRING, now=now),
            "count": lambda t, now: queues.count(t, QueueView.EXPIRING, now),
        }.items()
    },
    **{
        f"{name} of what is decided today": (work, "ix_requests_due_at")
        for name, work in {
            "list": lambda t, now: queues.narrowed(t, QueueView.APPROVE, _today(now)),
            "count": lambda t, now: queues.count(t, QueueView.APPROVE, now, now),
        }.items()
    },
    "waiting": (lambda t, _: t.messages.list("waiting"), "ix_messages_next_at"),
    "to move": (lambda t, _: t.messages.list("unmoved"), "ix_messages_unmoved_since"),
    "list": (lambda t, _: t.certificates.list("revoked"), "ix_certificates_ended_at"),
    "all open": (lambda t, _: queues.queue(t, QueueView.OPEN), "ix_requests_open_since"),
    "needs-me": (lambda t, _: queues.queue(t, QueueView.NEEDS_ME), "ix_requests_due_at"),
    "held": (lambda t, _: queues.queue(t, QueueView.HELD), "ix_requests_status"),
    **{
        f"next due by {index}": (queries.next_due, index)
        for index in (
            "ix_requests_next_at",
            "ix_outbox_next_at",
            "ix_messages_next_at",
            "ix_certificates_unfinished_since",
            "ix_alerts_untold_since",
        )
    },
}


@pytest.mark.parametrize("case", list(_FLAT))
def test_poll_reads_its_own_index(store: Store, make: "Make", case: str) -> None:
    work, index = _FLAT[case]
    explain = "EXPLAIN QUERY PLAN " if store._engine.dialect.name == "sqlite" else "EXPLAIN "
    plans: list[str] = []

    def plan(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(explain + statement, parameters)
            plans.extend(str(row) for row in cursor.fetchall())

    def run(transaction: Transaction) -> None:
        connection = transaction.context.connection
        if connection.dialect.name == "postgresql":
            # in an empty table every plan costs the same; ask whether the index can serve at all
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        event.listen(connection, "before_cursor_execute", plan)
        work(transaction, make.now)

    store.run(run)
    served = [index]
    if store._engine.dialect.name == "postgresql":
        # all open work costs as much as a part of it as long as there is none, as do all live ones
        served += ["ix_requests_open_since", "uq_certificates_number"]
    assert [line for line in plans if any(name in line for name in served)], plans


def test_counts_and_searches_never_walk_through_history(
    sqlite_database: "Database", make: "Make"
) -> None:
    store = sqlite_database.open()
    plans: list[str] = []

    def plan(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        cursor.execute("EXPLAIN QUERY PLAN " + statement, parameters)
        plans.extend(row[3] for row in cursor.fetchall())

    with store.read() as transaction:
        event.listen(transaction.context.connection, "before_cursor_execute", plan)
        queries.counts(transaction, make.now)
        _search(transaction, "+15550100")
    walks = [line for line in plans if line.endswith("(mailbox_id=?)") or "SCAN" in line]
    # what waits for the index has a partial index of its own, and the words are found by FTS5
    assert [line for line in walks if line.split()[1] == "requests"] == []


@pytest.mark.postgresql
def test_poll_of_postgresql_stays_on_its_index_when_history_is_long(
    postgresql_database: "Database", make: "Make"
) -> None:
    store = postgresql_database.open()
    ended = make.state(Status.REJECTED, ended_at=make.now)
    record = make.request(ended, next_at=None, move=Move.NOBODY)
    _insert(store, record, *[make.request() for _ in range(5)])
    with store._engine.begin() as connection:
        columns = sa.inspect(connection).get_columns("requests")
        names = ", ".join(str(row["name"]) for row in columns)
        copied = names.replace(" id,", " 'x' || n,").replace(" reference,", " 'WA-' || n,")
        connection.exec_driver_sql(
            f"INSERT INTO requests ({names}) SELECT {copied}"
            f" FROM requests, generate_series(1, 5000) n WHERE id = '{record.id}'"
        )
        connection.exec_driver_sql("ANALYZE requests")
        plan = connection.exec_driver_sql(
            "EXPLAIN SELECT * FROM requests WHERE mailbox_id = 'requests@example.com'"
            " AND next_at IS NOT NULL AND next_at <= now() ORDER BY next_at, id LIMIT 50"
        ).scalars()
        assert "ix_requests_next_at" in " ".join(plan)
