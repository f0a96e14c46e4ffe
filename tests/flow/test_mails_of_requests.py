"""Mails and requests are many-to-many: each request shows every mail that it is in."""

from datetime import timedelta

from pipeline.flow.staff import corrections, outbox
from pipeline.flow.views.messages import shown_messages, told_why
from pipeline.flow.views.request import request_view
from pipeline.model.form import FormKind
from pipeline.model.request import Status
from pipeline.store.records import RequestRecord
from tests.world.customers import HANAKO, form
from tests.world.outbox import notices
from tests.world.world import World

_SECOND = {"phone_number": "+81 90 8765 4321", "phone_number_again": "090-8765-4321"}


def _second(**changes: str) -> tuple[str, bytes]:
    return ("second.xlsx", form(FormKind.ONBOARDING, "ja", **{**_SECOND, **changes})[1])


def _shown(world: World, record: RequestRecord) -> list[tuple[str, str]]:
    """Return direction and notice of the mails that ``request show`` prints."""
    with world.services.store.read() as tx:
        found = request_view(world.services.work(tx), record)
    return [(mail.direction, mail.notice) for mail in found.mails]


def test_two_forms_in_one_mail_both_show_it_and_the_one_answer(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form(), _second())
    records = world.requests_of(HANAKO)
    assert len(records) == 2
    for record in records:
        assert _shown(world, record) == [("in", ""), ("out", "acknowledged")]
    row = world.last_message()
    with world.services.store.read() as tx:
        (shown,) = shown_messages(tx, [row])
        (mail,) = tx.outbox.list("all")
        assert tx.outbox.requests_of(mail.id) == [record.id for record in records]
    assert row.request_id == mail.request_id == records[0].id
    assert shown.requests == tuple(record.reference for record in records)
    assert (told_why(row), shown.why) == ("", ",".join(shown.requests))


def test_a_correction_with_copies_of_two_forms_belongs_to_both(world: World) -> None:
    mails = world.mail(HANAKO, form(website=""), _second(genesys_org_id="abc"))
    records = world.requests_of(HANAKO)
    assert [record.status for record in records] == [Status.NEEDS_CORRECTION] * 2
    assert notices(mails) == ["needs_correction"]
    assert len(mails[0].files) == 2
    for record in records:
        assert _shown(world, record) == [("in", ""), ("out", "needs_correction")]


def test_a_reply_that_confirms_several_requests_belongs_to_all(world: World) -> None:
    world.mail(HANAKO, form(), _second(), proof="none")
    first, second = world.requests_of(HANAKO)
    for record in (first, second):
        assert _shown(world, record) == [("in", ""), ("out", "receipt_unverified")]
    world.reply(first, "はい", proof="none")
    records = world.requests_of(HANAKO)
    assert [record.status for record in records] == [Status.POLICY_REVIEW] * 2
    came = [("in", ""), ("in", "")]
    assert _shown(world, first) == [*came, ("out", "receipt_unverified"), ("out", "acknowledged")]
    assert _shown(world, second) == _shown(world, first)


def test_words_that_change_nothing_belong_to_their_request_alone(world: World) -> None:
    world.mail(HANAKO, form(), _second())
    first, second = world.requests_of(HANAKO)
    world.reply(first, "よろしくお願いします。")
    assert _shown(world, first) == [("in", ""), ("in", ""), ("out", "acknowledged")]
    assert _shown(world, second) == [("in", ""), ("out", "acknowledged")]
    assert world.last_message().why == "note"


def test_a_refused_command_leaves_no_other_link_behind(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    world.reply(record, "WITHDRAW")
    world.clock.advance(timedelta(days=2))
    world.reply(record, "UNDO")
    row = world.last_message()
    assert (row.why, row.event, row.refused) == ("", None, "undo_too_late")
    with world.services.store.read() as tx:
        assert tx.messages.requests_of(row.id) == [record.id]


def test_a_mail_about_two_that_comes_back_is_told_for_both(world: World) -> None:
    world.mail(HANAKO, form(), _second())
    records = world.requests_of(HANAKO)
    (ours,) = world.mails_of(records[0])
    world.deliver(
        (
            "From: MAILER-DAEMON@mx.example\r\nTo: requests@example.com\r\n"
            "Subject: Undelivered Mail\r\nMessage-ID: <bounce@mx.example>\r\n"
            "X-Failed-Recipients: hanako@example.co.jp\r\n"
            f"In-Reply-To: {ours.message_id}\r\n\r\nStatus: 5.1.1\r\n"
        ).encode()
    )
    world.run()
    row = world.last_message()
    assert (row.outcome, row.automation) == ("bounce", "failed_recipients")
    with world.services.store.read() as tx:
        told = [line.reference for line in tx.alerts.list() if line.code == "notice_bounced"]
        assert tx.messages.requests_of(row.id) == [record.id for record in records]
    assert sorted(told) == sorted(record.reference for record in records)


def test_taking_back_a_mail_about_two_stands_in_both_histories(world: World) -> None:
    world.mail(HANAKO, form(), _second())
    records = world.requests_of(HANAKO)
    with world.services.store.read() as tx:
        (sent,) = tx.outbox.list("all")
    world.services.store.run(lambda tx: tx.outbox.bounced(sent.message_id, "x"))
    outbox.retry(world.services, sent.id, "saki")
    for record in records:
        assert dict(world.history(record)[-1].detail) == {"mail_queued_again": sent.id}
    done = outbox.cancel(world.services, sent.id, "saki")
    assert done.waiting == ()
    corrections.ask(world.services, world.again(records[0]), "saki", text="もう少し詳しく")
    asked = world.mails_of(records[0])[-1]
    waiting = outbox.cancel(world.services, asked.id, "saki").waiting
    assert [record.id for record in waiting] == [records[0].id]


def test_erasing_one_request_leaves_the_other_its_mails(world: World) -> None:
    world.mail(HANAKO, form(), _second())
    first, second = world.requests_of(HANAKO)
    world.services.store.run(lambda tx: tx.privacy.erase_request(first.id))
    assert _shown(world, second) == [("in", ""), ("out", "acknowledged")]
    assert world.last_message().sender == HANAKO
