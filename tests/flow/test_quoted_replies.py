"""Quoted replies of the shared cases through the whole programme: what is new, and what acts."""

import csv
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.flow.staff import review as decisions
from pipeline.intake.reply.vocabulary import is_reply
from pipeline.mailbox.reply.digests import digests_of
from pipeline.model.form import FormKind
from pipeline.model.message import ReplyKind
from pipeline.model.request import EventName, Status
from pipeline.store.records import RequestRecord
from pipeline.store.schema.mail_and_requests import sent_texts
from tests.flow.test_commands import _SLOTS
from tests.world.customers import OLIVER, form
from tests.world.mails import trace_of
from tests.world.outbox import parsed
from tests.world.world import World

_CASES = Path(__file__).parents[2].parent / "shared" / "cases" / "replies"
#: A row that names no status is good on any thread.
_ANY = Status.AWAITING_READINESS


def _rows() -> list[dict[str, str]]:
    if not _CASES.exists():
        return []
    with (_CASES / "expected.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _begin(world: World, status: Status) -> RequestRecord:
    """Bring a request of Oliver to ``status``."""
    if status is Status.SLOT_PROPOSED:
        world.mail(OLIVER, form(FormKind.MIGRATION, "en"))
    elif status is Status.AWAITING_TWO_STEP_OFF:
        world.mail(OLIVER, form(FormKind.MIGRATION, "en", two_step_disabled="no"))
    else:
        later = "2027-02-01" if status is Status.AWAITING_READINESS else "2026-11-23"
        world.mail(OLIVER, form(FormKind.ONBOARDING, "en", ready_date=later))
    record = decisions.approve(
        world.services, world.request(OLIVER), "saki", ticked="all", business_verified=True
    )
    if record.status is not status:
        slots = _SLOTS if status is Status.SLOT_PROPOSED else ()
        event = None if slots else EventName.NAME_APPROVED
        decisions.advance(world.services, record, "saki", event=event, slots=slots)
    world.staff_mails()
    record = world.request(OLIVER)
    assert record.status is status
    return record


def _send(world: World, record: RequestRecord, row: dict[str, str]) -> None:
    """Send the reply of a row; its notice is the last mail that we sent on the thread."""
    ours = world.mails_of(record)[-1]
    if row["notice_sent"]:
        notice = (_CASES / row["notice_sent"]).read_text(encoding="utf-8")
        update = sa.update(sent_texts).where(sent_texts.c.outbox_id == ours.id)
        values = {"digests": digests_of(notice, notice, record.id, is_reply)}
        changed = world.services.store.run(
            lambda tx: tx.context.connection.execute(update.values(values)).rowcount
        )
        assert changed == 1
    path = _CASES / row["file"]
    mail = EmailMessage(policy=SMTP)
    if path.suffix == ".eml":
        body = message_from_bytes(path.read_bytes(), policy=SMTP)
        mail.set_content(body.get_content(), subtype=body.get_content_subtype())
    else:
        mail.set_content(path.read_text(encoding="utf-8"))
    mail["From"] = OLIVER
    mail["To"] = str(parsed(ours.content)["Reply-To"])
    mail["Subject"] = f"Re: {ours.subject}"
    mail["In-Reply-To"] = ours.message_id
    mail["Message-ID"] = f"<{path.stem}@customers.example>"
    trace = trace_of("pass", OLIVER, OLIVER.rpartition("@")[2], world.clock.now())
    world.deliver(trace + mail.as_bytes())
    world.run()


def _blanks(text: str) -> str:
    return re.sub(r"\s*\n\s*", "\n", text.replace("\\n", "\n")).strip()


@pytest.mark.skipif(not _CASES.exists(), reason="the shared cases are not beside the checkout")
@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["file"])
def test_quoted_reply_of_the_shared_cases(world: World, row: dict[str, str]) -> None:
    record = _begin(world, Status(row["status"]) if row["status"] else _ANY)
    _send(world, record, row)
    note = world.notes(record)[-1]
    after = world.again(record)
    if row["new_text"].startswith("contains: "):
        assert row["new_text"].removeprefix("contains: ") in note.text
    else:
        assert _blanks(note.text) == _blanks(row["new_text"])
    event, _, letter = row["right"].partition(" ")
    assert note.reading is not None
    if event == "note":
        assert note.reading.kind in {ReplyKind.NOTE, ReplyKind.SUGGESTION}
        assert after.status is record.status
        assert note.waits_since is not None
    else:
        assert note.reading.kind is ReplyKind.EVENT
        assert note.reading.event is not None
        assert note.reading.event.value == event
        assert after.status is not record.status
        assert not letter or after.state.slot == _SLOTS["ABC".index(letter)]
