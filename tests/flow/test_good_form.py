"""A form that nothing is wrong with: acknowledged once, put on its track, the mail put away."""

import pytest

from pipeline.model.form import FormKind
from pipeline.model.request import NumberState, Status, Track
from pipeline.resources import languages
from tests.world.customers import HANAKO, OLIVER, SENDERS, form
from tests.world.outbox import notices
from tests.world.world import World

_FIRST = {
    FormKind.ONBOARDING: (Track.ONBOARDING, Status.POLICY_REVIEW),
    FormKind.MIGRATION: (Track.MIGRATION, Status.ELIGIBILITY_REVIEW),
}


def test_good_form_is_acknowledged_and_waits_for_staff(any_world: World) -> None:
    world = any_world
    mails = world.mail(HANAKO, form(), text="お世話になっております。山田です。")
    record = world.request()
    assert (record.state.track, record.status) == (Track.ONBOARDING, Status.POLICY_REVIEW)
    assert [(mail.named, mail.variant) for mail in mails] == [(("acknowledged", HANAKO), "")]
    assert record.reference in mails[0].subject
    assert record.number == "+819012345678"
    assert world.number("+819012345678") is not None
    assert world.folders() == {"Requests": 1}
    assert world.steps(record) == ["clean"]
    assert [note.text for note in world.notes(record)] == ["お世話になっております。山田です。"]
    assert int(world.summary.exit_code) == 0


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", list(_FIRST))
def test_good_form_of_each_kind_and_language(world: World, kind: FormKind, language: str) -> None:
    sender = SENDERS[language]
    mails = world.mail(sender, form(kind, language))
    record = world.request(sender)
    assert (record.state.track, record.status) == _FIRST[kind]
    assert record.language == language
    assert notices(mails) == ["acknowledged"]
    number = world.number(record.number)
    assert number is not None
    assert number.state is NumberState.REQUESTED


def test_good_pdf_form_reads_like_a_workbook(world: World) -> None:
    world.mail(HANAKO, form(suffix="pdf"))
    world.mail(OLIVER, form(language="en"))
    pdf, workbook = world.request(HANAKO), world.request(OLIVER)
    assert (pdf.status, workbook.status) == (Status.POLICY_REVIEW, Status.POLICY_REVIEW)
    assert [item.problems for item in world.revisions(pdf)] == [()]


def test_second_batch_without_new_mail_does_nothing(world: World) -> None:
    world.mail(HANAKO, form())
    assert world.run() == []
    assert dict(world.summary.counts) == dict.fromkeys(dict(world.summary.counts), 0)


def test_two_forms_in_one_mail_are_answered_with_one_mail(world: World) -> None:
    second = form(phone_number="+81 90 8765 4321", phone_number_again="090-8765-4321")
    mails = world.mail(HANAKO, form(), ("second.xlsx", second[1]))
    first, other = world.requests_of(HANAKO)
    assert [first.status, other.status] == [Status.POLICY_REVIEW, Status.POLICY_REVIEW]
    assert notices(mails) == ["acknowledged"]
    assert [ref for ref in (first.reference, other.reference) if ref not in mails[0].text] == []


def test_good_and_wrong_form_in_one_mail_are_answered_with_one_correction(world: World) -> None:
    wrong = form(phone_number="+81 90 8765 4321", phone_number_again="", genesys_org_id="abc")
    mails = world.mail(HANAKO, form(), ("second.xlsx", wrong[1]))
    good, bad = world.requests_of(HANAKO)
    assert [good.status, bad.status] == [Status.POLICY_REVIEW, Status.NEEDS_CORRECTION]
    assert notices(mails) == ["needs_correction"]
    assert [ref for ref in (good.reference, bad.reference) if ref not in mails[0].text] == []


def test_form_in_a_reply_of_two_opens_the_second_as_its_own_request(world: World) -> None:
    world.mail(HANAKO, form(website=""))
    record = world.request()
    second = form(phone_number="+81 90 8765 4321", phone_number_again="090-8765-4321")
    mails = world.reply(record, "", form(), ("second.xlsx", second[1]))
    first, other = world.requests_of(HANAKO)
    assert (first.id, first.status) == (record.id, Status.POLICY_REVIEW)
    assert (other.status, other.linked_to) == (Status.POLICY_REVIEW, first.reference)
    assert len(mails) == 1
