"""A reply is what the customer wrote now: our own words in it do nothing, whatever quotes them."""

import pytest
import sqlalchemy as sa

from pipeline.flow.staff import review as decisions
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, Status
from pipeline.store.records import RequestRecord
from pipeline.store.schema.mail_and_requests import sent_texts
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import Sent, notices
from tests.world.quoting import STYLES, Original
from tests.world.world import World

Waiting = tuple[RequestRecord, Sent]
#: Without marks and without words that the programme knows.
UNMARKED = ("outlook desktop cs", "outlook mobile el", "no marks, one paragraph at 60", "yahoo web")
_SHOWN = "Děkuji, zeptám se kolegů."


@pytest.fixture(params=["en", "ja"])
def waiting(request: pytest.FixtureRequest, world: World) -> Waiting:
    """A request whose customer was asked whether he is ready, and the mail that asked."""
    sender = OLIVER if request.param == "en" else HANAKO
    world.mail(sender, form(FormKind.ONBOARDING, request.param, ready_date="2027-02-01"))
    record = decisions.approve(
        world.services, world.request(sender), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    mails = world.staff_mails()
    assert record.status is Status.AWAITING_READINESS
    return record, mails[-1]


def _answer(world: World, asked: Sent, text: str) -> list[Sent]:
    """Answer a mail of ours with ``text``, which quotes it or not."""
    headers = {"In-Reply-To": asked.message_id}
    subject = f"Re: {asked.subject}"
    return world.mail(asked.to, text=text, subject=subject, to=asked.reply_to, headers=headers)


def _quoted(asked: Sent, words: str, style: str) -> str:
    return STYLES[style](Original(asked.text, asked.html, asked.subject), words)


def _note(world: World, record: RequestRecord) -> str:
    with world.services.store.read() as tx:
        return tx.notes.list(record.id)[-1].text


@pytest.mark.parametrize("style", UNMARKED)
def test_our_words_in_a_reply_do_nothing(world: World, waiting: Waiting, style: str) -> None:
    record, asked = waiting
    assert _answer(world, asked, _quoted(asked, _SHOWN, style)) == []
    assert world.again(record).status is Status.AWAITING_READINESS
    assert _note(world, record) == _SHOWN
    assert world.last_message().why == "note"


@pytest.mark.parametrize(
    ("style", "word"), [(UNMARKED[0], "READY"), (UNMARKED[2], "準備完了しました")]
)
def test_word_above_a_quote_acts(world: World, waiting: Waiting, style: str, word: str) -> None:
    record, asked = waiting
    assert notices(_answer(world, asked, _quoted(asked, word, style))) == ["certificate_issued"]
    assert _note(world, record) == word


def test_nothing_but_a_quote_is_kept_whole_and_does_nothing(world: World, waiting: Waiting) -> None:
    record, asked = waiting
    text = _quoted(asked, "", "no marks, unwrapped").strip()
    assert _answer(world, asked, text) == []
    assert world.again(record).status is Status.AWAITING_READINESS
    assert _note(world, record) == text


def test_forwarded_words_are_shown_and_do_nothing(world: World, waiting: Waiting) -> None:
    record, asked = waiting
    text = (
        "Nuestro proveedor escribe:\n\n---------- Mensaje reenviado ----------\nDe: Ana "
        "<ana@proveedor.example>\nFecha: 20/11/2026 10:00\nAsunto: WhatsApp\n\nREADY"
    )
    assert _answer(world, asked, text) == []
    assert world.again(record).status is Status.AWAITING_READINESS
    assert _note(world, record).endswith("Asunto: WhatsApp\n\nREADY")


def test_our_words_are_known_long_after_their_mail_was_purged(
    world: World, waiting: Waiting
) -> None:
    record, asked = waiting
    text = _quoted(asked, _SHOWN, "no marks, unwrapped")
    world.later(days=20)
    world.later(minutes=1)
    assert all(mail.content == b"" for mail in world.mails_of(record))
    _answer(world, asked, text)
    assert _note(world, record) == _SHOWN


def test_mail_from_before_digests_were_kept_is_read_itself(world: World, waiting: Waiting) -> None:
    record, asked = waiting
    delete = sa.delete(sent_texts)
    world.services.store.run(lambda tx: tx.context.connection.execute(delete).rowcount)
    _answer(world, asked, _quoted(asked, _SHOWN, "no marks, unwrapped"))
    assert _note(world, record) == _SHOWN


def test_digests_go_with_their_request(world: World, waiting: Waiting) -> None:
    record, _ = waiting
    store = world.services.store
    with store.read() as tx:
        assert len(tx.sent_texts.kept(record.id).digests) == len(world.mails_of(record))
    store.run(lambda tx: tx.privacy.erase_request(record.id))
    with store.read() as tx:
        assert tx.sent_texts.kept(record.id).digests == ()
