"""Floods: thousands of mails in one batch are bounded by budgets, and a good customer is answered.

The receipts of unproven senders have a budget of their own, and so have the new requests of one
sender; both are tested beside their rules.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.budgets import mailbox_of
from pipeline.flow.services import Work
from pipeline.terms import Outcome
from tests.world.crowd import answers
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.mails import stored
from tests.world.settings import STAFF
from tests.world.world import World, deliver

#: As many in the ordinary suite, and as many as the issue names.
COUNTS = [100, pytest.param(5000, marks=pytest.mark.long)]
_SHARE = 20


def _forged(world: World, count: int) -> Iterator[bytes]:
    """Yield mails whose senders are forged, each another one: forms and words in turn."""
    filled, now = form(language="en"), world.clock.now()
    for number in range(count):
        files = [filled] if number % 2 else []
        sender = f"anna@victim-{number}.example"
        text = f"Please answer, number {number}."
        yield stored(sender, f"forged-{number}", now, *files, text=text, proof="fail")


def _words(world: World, count: int) -> Iterator[bytes]:
    """Yield words of one proven sender, no two alike."""
    for number in range(count):
        now = world.clock.now()
        yield stored(OLIVER, f"words-{number}", now, text=f"Question {number}: what now?")


def _broken_files(world: World, count: int) -> Iterator[bytes]:
    """Yield files that cannot be read, each from another sub-address of one mailbox."""
    for number in range(count):
        sender = OLIVER.replace("@", f"+{number}@")
        file = ("form.pdf", b"%PDF-1.4 broken")
        yield stored(sender, f"broken-{number}", world.clock.now(), file, text=f"Form {number}")


def _forms(world: World, count: int) -> Iterator[bytes]:
    """Yield good forms of one proven sender, each for a number of its own."""
    now = world.clock.now()
    for number in range(count // 4):
        filled = form(language="en", suffix="xlsx", **answers(number, now))  # type: ignore[arg-type]
        yield stored(OLIVER, f"forms-{number}", now, filled, text="Our form.")


def _marked(world: World, count: int) -> Iterator[bytes]:
    """Yield what a newsletter, a responder and a list send, a form in every tenth."""
    marks = (
        {"List-Id": "<news.example>"},
        {"Auto-Submitted": "auto-replied"},
        {"Subject": "Automatic reply: WhatsApp"},
        {"Return-Path": "<>", "Subject": "Undelivered Mail Returned to Sender"},
    )
    filled, now = form(language="en"), world.clock.now()
    for number in range(count):
        files = [filled] if number % 10 == 0 else []
        sender = f"robot@machine-{number}.example"
        headers = marks[number % len(marks)]
        yield stored(sender, f"marked-{number}", now, *files, text="Away.", headers=headers)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("flood", [_forged, _words, _broken_files, _forms, _marked])
def test_flood_is_bounded_and_a_good_customer_is_answered_in_the_same_batch(
    world: World, flood: object, count: int
) -> None:
    assert callable(flood)
    deliver(world.services, *flood(world, count))
    deliver(world.services, stored(HANAKO, "good", world.clock.now(), form(), text="申請します。"))
    world.batch()
    sent = world.all_mails()
    to = Counter(mailbox_of(mail.to) for mail in sent)
    assert to.pop(HANAKO) == 1
    assert to.pop(STAFF, 0) <= 1  # one digest a batch, that a person can read
    assert all(mail.text.count("\n- ") <= 60 for mail in sent if mail.to == STAFF)
    assert set(to) <= {OLIVER}
    assert to[OLIVER] <= (_SHARE if flood is _forms else 4)
    assert not {Outcome.QUARANTINE} & {row.outcome for row in world.messages()}
    assert world.requests_of(HANAKO)[0].status.value == "policy_review"


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Anna@Firma.Example", "anna@firma.example"),
        ("anna+tag@firma.example", "anna@firma.example"),
        ("anna+a+b@firma.example", "anna@firma.example"),
        ("prvs=0123abcdef=anna@firma.example", "anna@firma.example"),
        ("+@firma.example", "+@firma.example"),
        ("+tag@firma.example", "+tag@firma.example"),
        ("prvs=@firma.example", "prvs=@firma.example"),
        ("", "@"),
    ],
)
def test_names_of_one_mailbox_are_one(address: str, mailbox: str) -> None:
    assert mailbox_of(address) == mailbox


def test_digest_tells_the_first_of_each_kind_and_how_many_more_there_are(world: World) -> None:
    def change(work: Work) -> None:
        for number in range(30):
            alert(work, "sender_doubtful", "", f"mail-{number}")
        alert(work, "notice_bounced", "WA-7K3M9Q4M")

    world.services.run(change)
    world.batch()
    (told,) = world.all_mails()
    assert "(mail-19)" in told.text
    assert "(mail-20)" not in told.text
    assert "(and 10 more)" in " ".join(told.text.split())
    assert "WA-7K3M9Q4M" in told.text
    world.batch()
    assert len(world.all_mails()) == 1
