"""Problems, the marked copy, the corrected form: by reply, or in a new mail."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

import pytest

from pipeline.forms.xlsx.read.reader import read_xlsx
from pipeline.model.form import FileFormat, FormFile, FormKind
from pipeline.model.request import HoldReason, Status, Track
from pipeline.model.submission import Submission
from pipeline.resources import languages
from tests.world.customers import HANAKO, OLIVER, SENDERS, TARO, File, form
from tests.world.outbox import Sent, notices
from tests.world.world import World

_DAY = timedelta(days=1)
_WRONG = {"genesys_org_id": "3f2a9c1e-7b4d", "use_case": "", "phone_number_again": "090-1234-5679"}


def wrong(language: str = "ja", **more: str) -> File:
    return form(FormKind.ONBOARDING, language, **(_WRONG | more))


def answers_of(mail: Sent) -> Mapping[str, str]:
    """Read the one form that a mail of ours carries."""
    ((name, content),) = mail.files.items()
    digest = hashlib.sha256(content).hexdigest()
    read = read_xlsx(FormFile(name, content, FileFormat.XLSX, digest, 0))
    assert isinstance(read, Submission)
    return {answer.field: answer.raw for answer in read.answers}


def test_problems_are_asked_about_with_a_marked_copy_that_reads_back(any_world: World) -> None:
    world = any_world
    mails = world.mail(HANAKO, wrong())
    record = world.request()
    assert record.status is Status.NEEDS_CORRECTION
    assert [(mail.named, mail.variant) for mail in mails] == [(("needs_correction", HANAKO), "")]
    copy = answers_of(mails[0])
    assert copy["genesys_org_id"] == "3f2a9c1e-7b4d"
    assert copy["phone_number_again"] == "090-1234-5679"
    assert copy["company_legal_name"] == "株式会社さくら電機"
    text = "".join(mails[0].text.split())
    assert "組織IDは、数字、英字（a～f）、ハイフンの36文字で入力してください" in text
    (revision,) = world.revisions(record)
    asked = {item.field for item in revision.problems if item.audience == "customer"}
    assert asked == {"genesys_org_id", "use_case", "phone_number_again"}


def test_corrected_marked_copy_by_reply_tells_old_and_new(any_world: World) -> None:
    world = any_world
    world.mail(OLIVER, form(language="en", genesys_org_id="8c1d4f70"))
    record = world.request(OLIVER)
    mails = world.reply(record, "Here is the corrected form.", form(language="en"))
    after = world.again(record)
    assert after.status is Status.POLICY_REVIEW
    assert notices(mails) == ["revision_received"]
    assert "8c1d4f70" in mails[0].text
    assert "8c1d4f70-2e95-4b6a-a3d8-9f0e7c5b2a16" in mails[0].text
    assert mails[0].to == OLIVER
    assert len(world.revisions(record)) == 2
    assert world.steps(record) == ["problems_found", "corrected"]
    assert [note.text for note in world.notes(record)][-1] == "Here is the corrected form."
    assert world.folders() == {"Requests": 1, "Replies": 1}


def test_corrected_form_without_token_from_the_same_sender_replaces(world: World) -> None:
    world.mail(HANAKO, wrong())
    mails = world.mail(HANAKO, form())
    record = world.request()
    assert record.status is Status.POLICY_REVIEW
    assert notices(mails) == ["revision_received"]
    assert "3f2a9c1e-7b4d" in mails[0].text


def test_changed_form_before_staff_looked_replaces_the_first(world: World) -> None:
    world.mail(HANAKO, form())
    mails = world.mail(HANAKO, form(company_trading_name="さくら"))
    record = world.request()
    assert (record.status, notices(mails)) == (Status.POLICY_REVIEW, ["revision_received"])
    assert len(world.revisions(record)) == 2


def test_fourth_wrong_form_is_held_for_a_person(world: World) -> None:
    world.mail(HANAKO, wrong())
    record = world.request()
    for attempt in range(2):
        world.clock.advance(_DAY)
        mails = world.reply(record, "", wrong(website="", use_case=f"短い{attempt}"))
        assert notices(mails) == ["needs_correction"]
    world.clock.advance(_DAY)
    mails = world.reply(record, "", wrong(website="", use_case="短い"))
    after = world.again(record)
    assert (after.status, after.state.hold_reason) == (Status.HELD, HoldReason.CORRECTIONS)
    assert notices(mails) in ([], ["held:corrections"])
    assert "corrections_exhausted" in world.alerts()


def test_same_form_again_is_answered_as_duplicate(world: World) -> None:
    world.mail(HANAKO, form())
    mails = world.mail(HANAKO, form(), text="念のため再送します。")
    record = world.request()
    assert [mail.notice for mail in mails] == ["duplicate"]
    assert record.reference in mails[0].text
    assert len(world.revisions(record)) == 1
    assert record.status is Status.POLICY_REVIEW


def test_same_content_in_another_program_s_file_is_a_duplicate(world: World) -> None:
    world.mail(HANAKO, form())
    mails = world.mail(HANAKO, form(phone_number="+81 90-1234-5678", country="Japan"))
    assert [mail.notice for mail in mails] == ["duplicate"]
    assert len(world.requests_of(HANAKO)) == 1


def test_same_bytes_delivered_again_are_ignored_in_silence(any_world: World) -> None:
    world = any_world
    raw = world.deliver(world.customer.write(HANAKO, form()))
    world.run()
    world.deliver(raw)
    assert world.run() == []
    assert [(row.outcome, row.why) for row in world.messages()][1:] == [("ignored", "redelivery")]
    assert len(world.requests_of(HANAKO)) == 1
    assert world.folders() == {"Requests": 1, "Ignored": 1}


def test_same_bytes_twice_in_one_batch_make_one_request(any_world: World) -> None:
    world = any_world
    raw = world.customer.write(HANAKO, form())
    world.deliver(raw)
    world.deliver(raw)
    assert notices(world.run()) == ["acknowledged"]
    assert len(world.requests_of(HANAKO)) == 1


@pytest.mark.parametrize("language", languages())
def test_unanswered_correction_is_reminded_twice_and_closed(world: World, language: str) -> None:
    sender = SENDERS[language]
    world.mail(sender, wrong(language))
    seen = [notices(world.later(days=1)) for _ in range(18)]
    assert [name for names in seen for name in names] == [
        "correction_reminder",
        "correction_reminder",
        "closed_no_response",
    ]
    record = world.request(sender)
    assert record.status is Status.CLOSED_NO_RESPONSE
    number = world.number(record.number)
    assert number is None or number.state == "unknown"


def test_colleague_with_the_same_content_gets_the_reference_only(world: World) -> None:
    world.know("sakura-denki.example")
    world.mail(HANAKO, form())
    mails = world.mail(TARO, form())
    record = world.request()
    assert [(mail.named, mail.variant) for mail in mails] == [(("question", TARO), "colleague")]
    assert record.reference in mails[0].text
    assert [name for name in ("山田", "花子", HANAKO) if name in mails[0].text] == []
    assert world.requests_of(TARO) == []


def test_colleague_with_other_content_is_asked_who_decides(world: World) -> None:
    world.know("sakura-denki.example")
    world.mail(HANAKO, form())
    mails = world.mail(TARO, form(display_name="さくら"))
    record = world.request(TARO)
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.SECOND_OF_TWO)
    assert [(mail.named, mail.variant) for mail in mails] == [
        (("question", HANAKO), "differs_first"),
        (("question", TARO), "differs"),
    ]
    assert len(world.revisions(world.request(HANAKO))) == 1


def test_form_with_another_number_by_reply_changes_the_number(world: World) -> None:
    world.mail(HANAKO, wrong())
    record = world.request()
    number = "+81 90 8765 4321"
    mails = world.reply(record, "", form(phone_number=number, phone_number_again=number))
    after = world.again(record)
    assert (after.number, after.status) == ("+819087654321", Status.POLICY_REVIEW)
    assert notices(mails) == ["revision_received"]
    assert "number_changed" in world.alerts()


def test_corrected_form_with_a_machine_s_number_is_rejected(world: World) -> None:
    world.mail(HANAKO, wrong())
    number = "+81 20 1234 5678"
    mails = world.mail(HANAKO, form(phone_number=number, phone_number_again=number))
    assert notices(mails) == ["rejected"]
    mails = world.mail(TARO, wrong(phone_number="090-8765-4321"))
    record = world.request(TARO)
    mails = world.reply(record, "", form(phone_number=number, phone_number_again=number))
    assert (world.again(record).status, notices(mails)) == (Status.REJECTED, ["rejected"])


def test_corrected_form_said_to_be_a_machine_s_is_held(world: World) -> None:
    world.mail(HANAKO, wrong())
    record = world.request()
    mails = world.reply(record, "", form(is_m2m="yes"))
    after = world.again(record)
    assert (after.status, after.state.hold_reason) == (Status.HELD, HoldReason.M2M)
    assert [mail.notice for mail in mails] == ["question"]


def test_corrected_form_that_is_the_wrong_form_goes_to_help(world: World) -> None:
    world.mail(HANAKO, wrong())
    record = world.request()
    mails = world.reply(record, "", form(number_use="business_platform"))
    after = world.again(record)
    assert (after.state.track, after.status) == (Track.HELP, Status.TRIAGE)
    assert after.suggestion is FormKind.MIGRATION
    assert [mail.notice for mail in mails] == ["help_choose_form"]


def test_changed_form_in_review_said_to_be_a_machine_s_is_held(world: World) -> None:
    world.mail(HANAKO, form())
    world.mail(HANAKO, form(is_m2m="yes"))
    record = world.request()
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.M2M)


def test_corrected_number_of_another_organisation_is_held_and_tells_nothing(world: World) -> None:
    world.mail(OLIVER, form(language="en"))
    world.mail(HANAKO, wrong())
    record = world.request()
    number = "+44 7400 123456"
    world.reply(record, "", form(phone_number=number, phone_number_again=number))
    after = world.again(record)
    assert after.status is Status.HELD
    assert world.request(OLIVER).reference not in world.mails_of(record)[-1].content.decode()


def test_two_wrong_forms_in_one_mail_come_back_marked_and_each_finds_its_request(
    world: World,
) -> None:
    other = "090-8765-4321"
    second = wrong(phone_number=other, phone_number_again=other)
    (mail,) = world.mail(HANAKO, wrong(), ("second.xlsx", second[1]))
    first_record, second_record = world.requests_of(HANAKO)
    assert len(mail.files) == 2
    corrected = form(phone_number=other, phone_number_again=other)
    world.reply(first_record, "", corrected)
    assert world.again(first_record).status is Status.NEEDS_CORRECTION
    assert world.again(second_record).status is Status.POLICY_REVIEW
    world.reply(first_record, "", form())
    assert world.again(first_record).status is Status.POLICY_REVIEW
