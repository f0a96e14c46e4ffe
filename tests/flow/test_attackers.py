"""Who is not the customer: roles of attackers by what they try; nothing discloses, nothing acts."""

from dataclasses import dataclass

import pytest

from pipeline.flow.staff import review as decisions
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, HoldReason, Status
from pipeline.store.records import RequestRecord
from tests.world.customers import EVE, HANAKO, TARO, File, form
from tests.world.outbox import Sent, as_words
from tests.world.world import World

CAROL, MALLORY = "carol@gmail.com", "mallory@gmail.com"
MACHINE = "I am out of the office until Monday. Yes, I will read your mail then.\nYes? No."


@dataclass(frozen=True)
class Role:
    """Whom the mail says it is from (empty: the customer), how that is proven, what it knows."""

    sender: str = ""
    proof: str = "pass"
    token: bool = True


ROLES = {
    "stranger": Role(EVE, token=False),
    "stranger who is not proven": Role(EVE, "nothing", token=False),
    "cc of the thread": Role(EVE),
    "forwarded token, not proven": Role(EVE, "nothing"),
    "same provider": Role(MALLORY),
    "same provider, no token": Role(MALLORY, token=False),
    "forged, p=none": Role(proof="forwarded", token=False),
    "forged, p=none, with a seen token": Role(proof="forwarded"),
    "forged, p=reject, with a seen token": Role(proof="fail"),
    "forged, not judged, with a seen token": Role(proof="unknown"),
    "forged, no policy at all": Role(proof="nothing", token=False),
    "forged, no policy at all, with a seen token": Role(proof="nothing"),
}
#: What each tries: the words, and the files that go with them.
CHANGED = form(FormKind.ONBOARDING, "en", display_name="Evil Books")
TRIES: dict[str, tuple[str, list[File]]] = {
    "read": ("STATUS", []),
    "learn": ("Which numbers does this company have?", []),
    "change": ("Please use this form.", [CHANGED]),
    "send a file": ("See the file.", [("form.xlsx", b"PK\x03\x04 no form")]),
    "withdraw": ("WITHDRAW", []),
    "get a certificate": ("NEW CERTIFICATE", []),
    "activate": ("ACTIVE", []),
}


def try_it(
    world: World, record: RequestRecord, role: Role, text: str, files: list[File]
) -> list[Sent]:
    sender = role.sender or record.address_of_record
    if role.token:
        return world.reply(record, text, *files, sender=sender, proof=role.proof)
    subject = f"Re: [{record.reference}]"
    return world.mail(sender, *files, text=text, subject=subject, proof=role.proof)


def with_certificate(world: World, customer: str) -> RequestRecord:
    world.mail(customer, form(FormKind.ONBOARDING, "en"))
    record = world.request(customer)
    record = decisions.approve(world.services, record, "saki", ticked="all", business_verified=True)
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    world.staff_mails()
    assert record.status is Status.CERTIFICATE_ISSUED
    return world.again(record)


def as_it_is(world: World, record: RequestRecord) -> tuple[object, ...]:
    """Return all of a request that an attacker must not change."""
    now = world.again(record)
    revisions = [item.digest for item in world.revisions(record) if item.accepted]
    certificates = [(row.serial, row.state) for row in world.certificates(record)]
    return (now.state, now.address_of_record, now.number, revisions, certificates)


@pytest.mark.parametrize("name", list(ROLES))
def test_nothing_discloses_and_nothing_acts(world: World, name: str) -> None:
    role = ROLES[name]
    customer = CAROL if role.sender == MALLORY else HANAKO
    record = with_certificate(world, customer)
    before = as_it_is(world, record)
    for tried, (text, files) in TRIES.items():
        mails = try_it(world, record, role, text, files)
        assert as_it_is(world, record) == before, tried
        for mail in mails:
            shown = mail.subject + mail.text + mail.html + mail.reply_to
            if mail.to == customer:
                # the owner may be asked whether it was them, and be told how their own request is
                own = mail.notice == "receipt_unverified" or (mail.notice, mail.variant) == (
                    "duplicate",
                    "status",
                )
                assert own, (tried, mail.named)
            else:
                assert mail.to == role.sender
                assert record.reference not in shown, tried
                assert "certificate" not in mail.notice, tried
                assert mail.files.keys().isdisjoint({"whatsapp-certificate"}), tried
    if role.proof in {"fail", "unknown", "forwarded"} and role.token:
        assert [row for row in world.outbox() if row.notice.value == "duplicate"] == []


@pytest.mark.parametrize("proof", ["fail", "unknown"])
@pytest.mark.parametrize("token", [True, False])
def test_a_doubtful_sender_is_mailed_nothing(world: World, proof: str, token: bool) -> None:
    record = with_certificate(world, HANAKO)
    role = Role(proof=proof, token=token)
    for text, files in TRIES.values():
        assert try_it(world, record, role, text, files) == []


def test_an_address_that_is_the_customer_s_in_small_letters_alone_is_another(world: World) -> None:
    """The Kelvin sign becomes a k when addresses are compared without case (RFC 6532)."""
    record = with_certificate(world, HANAKO)
    before = as_it_is(world, record)
    for files in ((), (CHANGED,)):
        raw = world.customer.write(HANAKO, *files, text="WITHDRAW", subject=record.reference)
        world.deliver(raw.replace(b"From: hanako@", "From: hana\u212ao@".encode()))
        assert world.run() == []
        assert as_it_is(world, record) == before
    assert world.alerts()


ANSWERS = {
    "cc of the thread": (Role(EVE), "yes"),
    "colleague": (Role(TARO), "yes"),
    "forged, fails": (Role(proof="fail"), "yes"),
    "forged, not judged": (Role(proof="unknown"), "yes"),
    "without the token": (Role(proof="nothing", token=False), "yes"),
    "without the token, proven": (Role(token=False), "yes"),
    "machine": (Role(proof="nothing"), MACHINE),
    "machine that quotes us": (Role(proof="nothing"), 'You wrote: reply "yes" to this e-mail'),
    "question": (Role(proof="nothing"), "Yes?"),
    "not us": (Role(proof="nothing"), "That was not us, please look into it."),
    "empty": (Role(proof="nothing"), " "),
}


@pytest.mark.parametrize("name", list(ANSWERS))
def test_nothing_but_a_yes_with_the_token_answers_a_receipt(world: World, name: str) -> None:
    role, text = ANSWERS[name]
    world.mail(HANAKO, form(FormKind.ONBOARDING, "en"), proof="nothing")
    record = world.request()
    assert try_it(world, record, role, text, []) == []
    after = world.again(record)
    assert after.held_for(HoldReason.SENDER), name
    assert after.sender_verdict == record.sender_verdict
    assert set(world.steps(record)) == {"sender_unproven"}


def test_the_receipt_is_the_same_whatever_the_number(world: World) -> None:
    """A stranger must not find out which numbers are our customers'."""
    with_certificate(world, HANAKO)
    (known,) = world.mail(EVE, form(FormKind.ONBOARDING, "en"), proof="nothing")
    other = form(
        FormKind.ONBOARDING, "en", phone_number="+447400123999", phone_number_again="+447400123999"
    )
    (free,) = world.mail("adam@other-company.example", other, proof="nothing")
    wrong = form(FormKind.ONBOARDING, "en", website="", phone_number="+44 1")
    (bad,) = world.mail("abel@other-company.example", wrong, proof="nothing")
    texts = set()
    for mail in (known, free, bad):
        record = world.request(mail.to)
        shown = mail.subject + mail.text + as_words(mail.html)
        texts.add(shown.replace(record.reference, "REF"))
        assert [
            word for word in ("Harbour", "7400", "onboarding_en", mail.to) if word in shown
        ] == []
        assert mail.files == {}
    assert len(texts) == 1
