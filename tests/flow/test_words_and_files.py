"""Words act also when another file hangs on the mail; staff accept, tick off, and see why."""

import csv
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from pipeline.cli.pages.possible import commands_now
from pipeline.cli.pages.request_page import print_request
from pipeline.cli.pages.unread import unread_lines, unread_replies
from pipeline.errors import RefusedError
from pipeline.flow.staff import replies
from pipeline.flow.staff import review as decisions
from pipeline.flow.views.request import request_view
from pipeline.model.form import FormKind
from pipeline.model.message import ReplyKind
from pipeline.model.request import EventName, NumberState, Status
from pipeline.store import queries, queues
from pipeline.store.queues import QueueView
from pipeline.store.records import RequestRecord
from tests.flow.test_commands import _SLOTS
from tests.world.customers import OLIVER, form
from tests.world.mails import trace_of
from tests.world.outbox import notices, parsed
from tests.world.world import World

_CASES = Path(__file__).parents[2].parent / "shared" / "cases" / "replies" / "attachments.csv"
#: A form beside its marked copy is a matter of the files alone.
_OF_FORMS = {"HF10"}
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]"
_PDF += b"/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
_PDF += b"trailer<</Root 1 0 R>>\n%%EOF\n"


def _rows() -> list[dict[str, str]]:
    if not _CASES.is_file():
        return []
    with _CASES.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["id"] not in _OF_FORMS]


def _in_status(world: World, status: Status) -> RequestRecord:
    """Bring a request of Oliver to ``status``."""
    if status is Status.SLOT_PROPOSED:
        world.mail(OLIVER, form(FormKind.MIGRATION, "en"))
    else:
        later = "2027-02-01" if status is Status.AWAITING_READINESS else "2026-11-23"
        world.mail(OLIVER, form(FormKind.ONBOARDING, "en", ready_date=later))
    if status is not Status.POLICY_REVIEW:
        record = decisions.approve(
            world.services, world.request(OLIVER), "saki", ticked="all", business_verified=True
        )
        slots = _SLOTS if status is Status.SLOT_PROPOSED else ()
        event = None if slots else EventName.NAME_APPROVED
        decisions.advance(world.services, record, "saki", event=event, slots=slots)
    world.staff_mails()
    record = world.request(OLIVER)
    assert record.status is status
    return record


def _answer(world: World, record: RequestRecord, row: dict[str, str]) -> list[str]:
    """Send the mail of a row and return the notices that go out."""
    ours = world.mails_of(record)[-1]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = OLIVER
    mail["To"] = str(parsed(ours.content)["Reply-To"])
    mail["Subject"] = f"Re: {ours.subject}"
    mail["In-Reply-To"] = ours.message_id
    mail["Message-ID"] = f"<{row['id']}@customers.example>"
    mail.set_content(row["text"].replace("\\n", "\n"))
    content = _content(row)
    kind, _, sub = row["part_type"].partition("/")
    if row["structure"] == "alternative":
        mail.make_alternative()
        part = EmailMessage(policy=SMTP)
        part.set_content(content, maintype=kind, subtype=sub)
        mail.attach(part)
    else:
        mail.add_attachment(content, maintype=kind, subtype=sub, filename=row["part_name"])
    domain = OLIVER.rpartition("@")[2]
    trace = trace_of("pass", OLIVER, domain, world.clock.now())
    world.deliver(trace + mail.as_bytes())
    return notices(world.run())


def _content(row: dict[str, str]) -> bytes:
    if row["part_name"].endswith(".pdf"):
        return _PDF
    begun = row["content"].replace("\\r", "\r").replace("\\n", "\n").replace("\\x89", "\x89")
    raw = begun.encode("latin-1", "ignore") if "\x89" in begun else begun.encode()
    return raw + b"\0" * max(0, int(row["size"] or 0) - len(raw))


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["id"])
def test_words_beside_a_file_of_the_shared_cases(world: World, row: dict[str, str]) -> None:
    record = _in_status(world, Status(row["status"]))
    sent = _answer(world, record, row)
    after = world.again(record)
    note = world.notes(record)[-1]
    right = row["right"].split(";")[0].strip()
    assert "unreadable" not in sent
    assert note.reading is not None
    if right == "note":
        assert (after.status, sent) == (record.status, [])
        assert note.waits_since is not None
    else:
        event, _, letter = right.partition(" ")
        assert note.reading.event is EventName(event)
        assert note.reading.kind is ReplyKind.EVENT
        assert not letter or after.state.slot == _SLOTS["ABC".index(letter)]
    if row["structure"] == "mixed":
        with world.services.store.read() as tx:
            names = [file.name for file in tx.attachments.list(record.id)]
        assert row["part_name"] in names


def test_picture_of_the_form_is_answered_where_a_form_is_awaited(world: World) -> None:
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en", contact_email="broken@"))
    record = world.request(OLIVER)
    assert record.status is Status.NEEDS_CORRECTION
    row = {"id": "scan", "text": "Here it is again.", "structure": "mixed", "size": "90000"}
    row |= {"part_type": "image/png", "part_name": "form.png", "content": "\\x89PNG\\r\\n\x1a\\n"}
    assert _answer(world, record, row) == ["unreadable"]


def test_calendar_file_is_no_attempt_at_a_form(world: World) -> None:
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en", contact_email="broken@"))
    record = world.request(OLIVER)
    row = {"id": "ics", "text": "We will send it on Monday.", "structure": "mixed", "size": "600"}
    row |= {"part_type": "application/octet-stream", "part_name": "x.ics"}
    assert _answer(world, record, row | {"content": "BEGIN:VCALENDAR"}) == []
    assert world.notes(record)[-1].waits_since is not None


# notes that wait


def _queue(world: World) -> list[str]:
    with world.services.store.read() as tx:
        return [row.reference for row in queues.queue(tx, QueueView.NEEDS_ME) if row.unread]


def test_near_miss_is_done_with_one_key(world: World) -> None:
    record = _in_status(world, Status.AWAITING_READINESS)
    assert world.reply(record, "We are ready, all the phones are charged.") == []
    assert _queue(world) == [record.reference]
    after = replies.accept(world.services, world.again(record), "saki")
    assert after.status is Status.CERTIFICATE_ISSUED
    assert _queue(world) == []
    names = {(line.actor_name, line.event) for line in world.history(record)}
    assert ("saki", EventName.READY) in names
    with pytest.raises(RefusedError, match="nothing_suggested"):
        replies.accept(world.services, after, "saki")


def test_suggested_slot_is_the_one_of_the_words(world: World) -> None:
    record = _in_status(world, Status.SLOT_PROPOSED)
    world.reply(record, "B please.\n\nIs that slot free?")
    after = replies.accept(world.services, world.again(record), "saki")
    assert (after.status, after.state.slot) == (Status.SLOT_AGREED, _SLOTS[1])


def test_words_wait_until_they_are_ticked_off(world: World) -> None:
    record = _in_status(world, Status.CERTIFICATE_ISSUED)
    world.reply(record, "Which code do we enter?")
    with world.services.store.read() as tx:
        before = queries.counts(tx, world.clock.now()).needs_me
    assert _queue(world) == [record.reference]
    after = replies.tick(world.services, world.again(record), "saki")
    assert after.status is record.status
    with world.services.store.read() as tx:
        assert queries.counts(tx, world.clock.now()).needs_me == before - 1
    assert _queue(world) == []
    with pytest.raises(RefusedError, match="nothing_to_tick"):
        replies.tick(world.services, after, "saki")


def test_words_that_a_rule_acted_on_wait_for_nobody(world: World) -> None:
    record = _in_status(world, Status.CERTIFICATE_ISSUED)
    world.reply(record, "ACTIVE")
    assert world.notes(record)[-1].waits_since is None


def test_question_beside_a_command_waits_on_the_ended_request(world: World) -> None:
    record = _in_status(world, Status.CERTIFICATE_ISSUED)
    world.reply(record, "ACTIVE\n\nCan we change the picture later?")
    assert world.again(record).status is Status.ACTIVE
    assert _queue(world) == [record.reference]


def test_view_says_why_a_reply_acted_or_did_not(world: World) -> None:
    record = _in_status(world, Status.CERTIFICATE_ISSUED)
    world.reply(record, "ACTIVE?")
    with world.services.store.read() as tx:
        view = request_view(world.services.work(tx), world.again(record))
    reading = view.notes[-1].reading
    assert reading is not None
    assert (reading.kind, reading.reasons) == (ReplyKind.SUGGESTION, ("question",))


def _page(world: World, record: RequestRecord, capsys: pytest.CaptureFixture[str]) -> str:
    with world.services.store.read() as tx:
        view = request_view(world.services.work(tx), world.again(record))
    print_request(view, "UTC", commands_now(world.services, world.again(record)))
    return " ".join(capsys.readouterr().out.split())


def test_page_says_why_and_names_the_one_key(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_LANG", "en")
    record = _in_status(world, Status.CERTIFICATE_ISSUED)
    world.reply(record, "Status is active?")
    world.reply(record, "ACTIVE?")
    world.reply(record, "STATUS")
    page = _page(world, record, capsys)
    assert page.count(f"request accept {record.reference}") == 2
    world.reply(record, "ACTIVE")
    page = _page(world, record, capsys)
    assert "Did not act: it asks" in page
    assert "request accept" not in page
    assert f"request tick {record.reference}" in page
    assert "Answered: it asks for the status." in page
    assert "Acted – " in page


# undo


def test_withdrawal_is_undone_by_reply_within_a_day(world: World) -> None:
    record = _in_status(world, Status.POLICY_REVIEW)
    world.reply(record, "WITHDRAW")
    assert notices(world.reply(record, "UNDO")) == ["status_changed"]
    assert world.again(record).status is Status.POLICY_REVIEW


def test_certificate_is_made_anew_when_the_withdrawal_is_undone(world: World) -> None:
    record = _in_status(world, Status.CERTIFICATE_ISSUED)
    world.reply(record, "WITHDRAW")
    sent = notices(world.reply(record, "UNDO"))
    after = world.again(record)
    assert (after.status, after.state.has_live_certificate) == (Status.CERTIFICATE_ISSUED, True)
    assert after.state.certificates == 1
    assert "certificate_issued" in sent


def test_withdrawal_stays_after_a_day(world: World) -> None:
    record = _in_status(world, Status.POLICY_REVIEW)
    world.reply(record, "WITHDRAW")
    world.clock.advance(timedelta(hours=25))
    (mail,) = world.reply(record, "UNDO")
    assert (mail.notice, mail.variant) == ("question", "undo_late")
    assert [name.rpartition(".")[2] for name in mail.files] == ["xlsx"]
    assert "your answers are already in it" in " ".join(mail.text.split())
    assert world.again(record).status is Status.WITHDRAWN
    assert world.last_message().refused == "undo_too_late"


def test_reported_activation_is_undone_by_reply(world: World) -> None:
    record = _in_status(world, Status.CERTIFICATE_ISSUED)
    world.reply(record, "ACTIVE")
    assert notices(world.reply(record, "Undo, please.")) == ["status_changed"]
    after = world.again(record)
    assert (after.status, after.state.has_live_certificate) == (Status.CERTIFICATE_ISSUED, True)
    with world.services.store.read() as tx:
        number = tx.numbers.get(record.number)
    assert number is not None
    assert number.state is NumberState.REQUESTED


def test_queue_shows_each_unread_reply_with_its_commands(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_LANG", "en")
    record = _in_status(world, Status.CERTIFICATE_ISSUED)
    world.reply(record, "Which code do we enter?\n\n\x1b[31mThanks")
    world.reply(record, "ACTIVE?")
    found = unread_replies(world.services, record.id)
    assert [reply.event for reply in found] == [None, EventName.ACTIVATED]
    lines = unread_lines(found, "Asia/Tokyo")
    tick = f"request tick {record.reference}"
    assert len(lines) == 5
    assert "“Which code do we enter? �[31mThanks”" in lines[0]
    assert "JST" in lines[0]
    assert lines[1].endswith(tick)
    assert "“Integration is active”" in lines[3]
    assert lines[3].endswith(f"request accept {record.reference}")
    replies.tick(world.services, world.again(record), "saki")
    assert unread_replies(world.services, record.id) == []
