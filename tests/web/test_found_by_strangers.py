"""What strangers found at the command line: each story by the console, to the same right end."""

import re
from datetime import timedelta

import pytest

from pipeline.flow.views.request import request_view
from pipeline.model.form import FormKind
from pipeline.model.request import NumberState, Status
from pipeline.store.staff_records import Role
from tests.world.console import Staff
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import notices
from tests.world.pages import AtConsole, at_console, read
from tests.world.world import World

_NUMBER = "+819012345678"
_UK = "+447400123456"
_TICKED = {"business_verified": "1"}


@pytest.fixture
def sato(world: World, staff: Staff) -> AtConsole:
    """Somebody who may decide about certificates."""
    return at_console(world, staff)


def _open(world: World, sender: str = HANAKO, *files: tuple[str, bytes], text: str = "") -> str:
    """Let a customer write; return the reference of the request."""
    world.mail(sender, *files, text=text)
    return world.requests_of(sender)[-1].reference


def _ticked(sato: AtConsole, reference: str) -> dict[str, list[str]]:
    """Return the box of every warning that an approval asks about."""
    boxes = [had for tag, had in sato.page(f"/r/{reference}/d/approve").tags if tag == "input"]
    return {"ticked": [had["value"] for had in boxes if had.get("name") == "ticked"]}


def _approve(sato: AtConsole, reference: str) -> None:
    sato.take(reference, "approve", **_TICKED, **_ticked(sato, reference))


def _approved(world: World, sato: AtConsole) -> str:
    """Return a request that waits for Meta's word about its display name."""
    reference = _open(world, HANAKO, form())
    _approve(sato, reference)
    assert world.request().status is Status.NAME_REVIEW
    return reference


def _issued(world: World, sato: AtConsole) -> str:
    """Return a request whose certificate has been mailed."""
    reference = _approved(world, sato)
    sato.take(reference, "record-name_approved")
    world.staff_mails()
    return reference


def _slot_proposed(world: World, sato: AtConsole) -> str:
    """Return a migration whose customer was offered one hour."""
    reference = _open(world, HANAKO, form(FormKind.MIGRATION))
    _approve(sato, reference)
    sato.take(reference, "record-offer_slots", slots=["2026-11-30T10:00"])
    world.staff_mails()
    return reference


def _certificates(world: World) -> list[str]:
    return [mail.recipient for mail in world.outbox() if "certificate_" in mail.notice.value]


def test_answers_made_wrong_by_staff_bring_no_certificate_for_the_old_number(
    world: World, sato: AtConsole
) -> None:
    reference = _approved(world, sato)
    wrong = {"answers-to-phone_number": "garbage", "answers-to-ack_charges": ""}
    page = sato.take(reference, "edit", **wrong)
    assert "Enter the WhatsApp phone number." in page.text
    for decision in ("approve", "record-name_approved"):
        assert "cannot be decided" in sato.not_offered(reference, decision)
    world.staff_mails()
    assert _certificates(world) == []
    right = {"answers-to-phone_number": _NUMBER, "answers-to-ack_charges": "yes"}
    sato.take(reference, "edit", **right)
    sato.take(reference, "record-name_approved")
    assert _certificates(world) == [HANAKO]


def test_release_over_an_owner_mails_another_organisation_no_certificate(
    world: World, sato: AtConsole
) -> None:
    world.set_number(_NUMBER, NumberState.ACTIVE, "other.example")
    reference = _open(world, HANAKO, form())
    sato.not_offered(reference, "release")
    said = sato.refused(reference, "settle-owner", owner="")
    assert "pipeline" not in said
    world.staff_mails()
    assert _certificates(world) == []
    assert world.request().status is Status.HELD


def test_yes_of_meta_is_not_recorded_before_its_call(world: World, sato: AtConsole) -> None:
    reference = _slot_proposed(world, sato)
    world.reply(world.request(), "承知しました")
    assert world.request().status is Status.SLOT_AGREED
    sato.not_offered(reference, "record-code_verified")
    path = f"/r/{reference}/d/early-code_verified"
    once = sato.browser.send(path, sato.page(path).form(path).values)
    assert once.status_code == 200
    assert world.request().status is Status.SLOT_AGREED
    assert _certificates(world) == []


def test_mistyped_reference_issues_nothing(world: World, sato: AtConsole) -> None:
    reference = _approved(world, sato)
    path = f"/r/{reference}/d/record-name_approved"
    values = sato.page(path).form(path).values
    slip = reference[:-1] + ("2" if reference[-1] != "2" else "3")
    for typed in (slip, reference[:-1]):
        wrong = f"/r/{typed}/d/record-name_approved"
        assert sato.browser.client.get(wrong).status_code == 404
        answer = sato.browser.client.post(
            wrong, data=values, headers={"origin": sato.browser.origin}
        )
        assert answer.status_code == 404
    world.staff_mails()
    assert _certificates(world) == []


def test_help_mail_that_is_routed_gets_one_mail_with_its_form(
    world: World, sato: AtConsole
) -> None:
    world.mail(f"Oliver Whitcombe <{OLIVER}>", text=f"Our number is {_UK}, at Acme.")
    reference = world.request(OLIVER).reference
    sato.take(reference, "route", track="migration")
    (mail,) = world.staff_mails()
    assert list(mail.files) == ["migration_en.xlsx"]
    assert "Your answers" not in mail.text
    assert "We have filled in what we know: please check it." in mail.text
    world.reply(world.request(OLIVER), "Our provider is Twilio, I am not sure of the id.")
    queue = sato.page("/q/needs-me")
    assert f"/r/{reference}" in " ".join(queue.links)
    assert "Twilio" in sato.request(reference).text


def test_the_decisions_are_named(world: World, sato: AtConsole) -> None:
    """A decision says what it is and what comes of it, in words and never by its code."""
    for reference in (
        _slot_proposed(world, sato),
        _open(world, OLIVER, text="We want WhatsApp, please."),
    ):
        for decision in sato.offered(reference):
            page = sato.page(f"/r/{reference}/d/{decision}")
            title = page.words[0].partition(" – ")[0]
            assert title, decision
            assert not re.search(r"\w_\w|^(record|early)-", title), (decision, title)
            assert "What it will do" in page.words, decision


@pytest.mark.parametrize(("language", "label"), [("de", "Abteilung"), ("en", "Department")])
def test_japanese_form_is_shown_in_the_language_of_staff(
    world: World, sato: AtConsole, language: str, label: str
) -> None:
    reference = _open(world, HANAKO, form(number_use="unknown", website=""))
    sato.browser.client.headers["accept-language"] = language
    page = sato.request(reference)
    assert any(label in words for words in page.words)
    asked = sato.page(f"/r/{reference}/d/ask")
    labels = [words for words in asked.words if re.search(r"[ぁ-んァ-ヶ]", words)]
    # the mail that would go out is in the language of the customer, and so is what they wrote
    with world.services.store.read() as tx:
        answers = request_view(world.services.work(tx), world.request()).fields
    wrote = [answer.raw for answer in answers if answer.value == answer.raw]
    own = "\n".join([*(letter.text + letter.subject for letter in asked.letters), *wrote])
    assert [words for words in labels if words not in own] in ([], ["株式会社さくら電機"])


def test_look_at_a_certificate_is_no_certificate_issued(world: World, sato: AtConsole) -> None:
    reference = _issued(world, sato)
    page = sato.page(f"/r/{reference}/certificate")
    (action,) = (one.action for one in page.forms if one.action.endswith("/text"))
    assert "-----BEGIN" not in page.text
    assert sato.browser.send(action, page.form(action).values).status_code == 200
    shown = sato.page(f"/r/{reference}?all=1").text
    assert "Text of the certificate looked at" in shown
    assert world.steps(world.request()).count("issued") == 1
    last = world.history(world.request())[-1]
    assert (last.actor_name, last.event) == ("sato", None)


def test_edit_by_staff_is_not_mailed_as_a_form_of_the_customer(
    world: World, sato: AtConsole
) -> None:
    reference = _open(world, OLIVER, form(FormKind.ONBOARDING, "en", contact_email="nobody"))
    sato.take(reference, "edit", **{"answers-to-contact_email": OLIVER})
    (mail,) = world.staff_mails()
    assert mail.subject.startswith("Our team changed your form")
    assert "corrected form" not in mail.subject


def test_question_of_staff_stands_once_in_its_mail(world: World, sato: AtConsole) -> None:
    reference = _open(world, HANAKO, form())
    text = "会社名を登記のとおりにご記入ください。"
    sato.take(reference, "ask", fields=["company_legal_name"], text=text)
    (mail,) = world.staff_mails()
    assert mail.text.replace("\n", "").count(text) == 1


def test_reject_in_triage_is_not_offered_and_an_answer_closes_it(
    world: World, sato: AtConsole
) -> None:
    reference = _open(world, OLIVER, text="Can you do WhatsApp calls?")
    said = sato.not_offered(reference, "reject")
    assert "names what can be decided" in said
    page = read(sato.browser.get(f"/r/{reference}/d/reject"))
    assert f"/r/{reference}/d/answer" in page.links
    assert f"/r/{reference}/d/reject" not in page.links
    sato.take(reference, "answer", text="We cannot, I am afraid.")
    assert world.request(OLIVER).status is Status.ANSWERED


def test_queue_of_what_expires_shows_its_end_and_nothing_active(
    world: World, sato: AtConsole
) -> None:
    reference = _issued(world, sato)
    assert not any(link.startswith(f"/r/{reference}") for link in sato.page("/q/expiring").links)
    world.later(days=4)
    sato.browser.get("/login")
    sato.browser.log_in("sato")
    listed = sato.page("/q/expiring")
    assert any(link.startswith(f"/r/{reference}") for link in listed.links)
    assert "2026-11-30" in listed.text
    sato.take(reference, "mark-active")
    after = sato.page("/q/expiring").links
    assert not any(link.startswith(f"/r/{reference}") for link in after)


@pytest.mark.parametrize("asked", ["slot", "receipt", "ready"])
def test_customer_who_says_yes_as_asked_alerts_nobody(
    world: World, sato: AtConsole, asked: str
) -> None:
    if asked == "slot":
        _slot_proposed(world, sato)
        world.reply(world.request(), "承知しました")
    elif asked == "receipt":
        world.mail(HANAKO, form(), proof="none")
        world.reply(world.request(), "はい", proof="none")
        assert world.request().status is Status.POLICY_REVIEW
    else:
        reference = _open(world, HANAKO, form(ready_date="2026-11-30"))
        _approve(sato, reference)
        sato.take(reference, "record-name_approved")
        world.staff_mails()
        world.run(timedelta(days=7))
        world.reply(world.request(), "準備完了")
        assert world.request().status is Status.CERTIFICATE_ISSUED
    assert world.alerts() == []


def test_revoked_certificate_is_replaced_as_is_offered(world: World, sato: AtConsole) -> None:
    reference = _issued(world, sato)
    sato.take(reference, "revoke", revoked="exposed")
    assert "reissue" in sato.offered(reference)
    sato.not_offered(reference, "issue")
    sato.take(reference, "reissue")
    states = [row.state.value for row in world.certificates(world.request())]
    assert states == ["revoked", "live"]
    assert notices(world.staff_mails()) == ["certificate_revoked", "certificate_reissued"]


def test_reviewer_brings_about_no_certificate(world: World, staff: Staff, sato: AtConsole) -> None:
    reference = _approved(world, sato)
    mori = at_console(world, staff, "mori", Role.REVIEWER)
    said = mori.refused(reference, "record-name_approved")
    assert "role" in said
    assert world.request().status is Status.NAME_REVIEW
    assert _certificates(world) == []
