"""What comes back as we sent it is passed over: marked copies, blanks, filled-in forms."""

import io
import itertools
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
from openpyxl import load_workbook

from pipeline.flow.staff import review
from pipeline.flow.staff.numbers import import_numbers
from pipeline.flow.staff.send_form import send_form
from pipeline.forms.blanks import published
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.request import NumberState, Status
from pipeline.store.records import NumberRecord, RequestRecord
from tests.world.customers import HANAKO, OLIVER, File, form
from tests.world.outbox import Sent, notices
from tests.world.world import World

WRONG = {"meta_business_id": "12", "use_case": ""}
NUMBER = "+819012345678"

Change = Callable[[File], File]


def _wrong(suffix: str = "xlsx") -> File:
    return form(FormKind.ONBOARDING, "ja", suffix, **WRONG)


def _as_sent(file: File) -> File:
    return file


def _renamed(file: File) -> File:
    return f"コピー - {file[0].replace('.xlsx', ' (1).xlsx')}", file[1]


def _zipped_again(file: File) -> File:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file[1])) as old, zipfile.ZipFile(out, "w") as new:
        for name in reversed(old.namelist()):
            new.writestr(name, old.read(name))
    return file[0], out.getvalue()


def _saved_again(file: File) -> File:
    book = load_workbook(io.BytesIO(file[1]))
    out = io.BytesIO()
    book.save(out)
    return file[0], out.getvalue()


def _in_a_zip(file: File) -> File:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(file[0], file[1])
    return "forms.zip", out.getvalue()


CHANGES: list[Change] = [_as_sent, _renamed, _zipped_again, _saved_again, _in_a_zip]


def _asked(world: World, suffix: str = "xlsx") -> tuple[RequestRecord, File]:
    """Let a wrong form come in; return its request and the marked copy that was sent back."""
    (mail,) = world.mail(HANAKO, _wrong(suffix))
    assert mail.notice == "needs_correction"
    return world.request(), _file(mail)


def _file(mail: Sent) -> File:
    ((name, content),) = mail.files.items()
    return name, content


@pytest.mark.parametrize("first", [True, False], ids=["correction first", "copy first"])
@pytest.mark.parametrize("change", CHANGES)
def test_correction_counts_and_our_marked_copy_does_not(
    world: World, change: Change, first: bool
) -> None:
    record, copy = _asked(world)
    files = [form(), change(copy)]
    mails = world.reply(record, "", *(files if first else files[::-1]))
    after = world.again(record)
    assert after.status is Status.POLICY_REVIEW
    assert notices(mails) == ["revision_received"]
    assert len(world.requests_of(HANAKO)) == 1


@pytest.mark.parametrize("first", [True, False], ids=["correction first", "copy first"])
def test_so_it_is_in_a_new_mail_without_our_token(world: World, first: bool) -> None:
    record, copy = _asked(world)
    files = [form(), copy]
    mails = world.mail(HANAKO, *(files if first else files[::-1]))
    assert world.again(record).status is Status.POLICY_REVIEW
    assert notices(mails) == ["revision_received"]
    assert len(world.requests_of(HANAKO)) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_first_form_and_our_copy_beside_the_correction(
    world: World, order: tuple[int, ...]
) -> None:
    record, copy = _asked(world)
    files = [_wrong(), copy, form()]
    mails = world.reply(record, "", *(files[at] for at in order))
    assert world.again(record).status is Status.POLICY_REVIEW
    assert notices(mails) == ["revision_received"]


def test_marked_copy_with_corrections_filled_in_is_the_corrected_form(world: World) -> None:
    record, (name, content) = _asked(world)
    book = load_workbook(io.BytesIO(content))
    for field, answer in (
        ("meta_business_id", "204857316940213"),
        ("use_case", "配送の案内を行います。お客様からの質問に回答します。"),
    ):
        (place,) = book.defined_names[f"fld_{field}"].destinations
        book[place[0]][place[1].replace("$", "")].value = answer
    out = io.BytesIO()
    book.save(out)
    mails = world.reply(record, "", (name, out.getvalue()), (f"old_{name}", content))
    assert world.again(record).status is Status.POLICY_REVIEW
    assert notices(mails) == ["revision_received"]


def test_copy_of_a_pdf_is_known_too(world: World) -> None:
    record, copy = _asked(world, "pdf")
    assert copy[0].endswith(".pdf")
    mails = world.reply(record, "", copy, form(suffix="pdf"))
    assert world.again(record).status is Status.POLICY_REVIEW
    assert notices(mails) == ["revision_received"]


@pytest.mark.parametrize("change", CHANGES)
def test_our_copy_alone_is_told_to_say_the_same(world: World, change: Change) -> None:
    record, copy = _asked(world)
    mails = world.reply(record, "", change(copy))
    assert world.again(record).status is Status.NEEDS_CORRECTION
    assert notices(mails) == ["duplicate"]


def test_copy_that_only_has_to_be_checked_confirms_when_it_comes_alone(world: World) -> None:
    (mail,) = world.mail(HANAKO, form(display_name="X" * 80))
    record = world.request()
    assert mail.notice == "needs_correction"
    world.reply(record, "", _file(mail))
    assert world.again(record).status is Status.POLICY_REVIEW


def test_the_newest_of_several_earlier_forms_stays(world: World) -> None:
    record, copy = _asked(world)
    world.reply(record, "", form())
    before = world.again(record)
    mails = world.reply(before, "", copy, form())
    after = world.again(record)
    assert after.status is Status.POLICY_REVIEW
    assert notices(mails) == ["duplicate"]
    assert len(world.requests_of(HANAKO)) == 1


# --- blanks -----------------------------------------------------------------------------------


def _blank(kind: FormKind, language: str = "en") -> File:
    content = published(kind, language, FileFormat.XLSX)
    assert content is not None
    return f"{kind.value}_{language}.xlsx", content


def test_blank_beside_a_form_is_not_spoken_of(world: World) -> None:
    (alone,) = world.mail(HANAKO, form())
    (mail,) = world.mail(OLIVER, form(language="en"), _blank(FormKind.ONBOARDING))
    assert (mail.notice, alone.notice) == ("acknowledged", "acknowledged")
    assert "no answers" not in mail.text


def test_words_count_when_all_our_blanks_came_back_with_them(world: World) -> None:
    world.mail(OLIVER, text="Which form do we need?")
    record = world.request(OLIVER)
    mails = world.reply(
        record, "It is +44 20 7123 4567, with Twilio.", *(_blank(kind) for kind in FormKind)
    )
    after = world.again(record)
    assert mails == []
    assert {item.value for item in after.proposals} >= {"+442071234567", "Twilio"}
    assert after.status is Status.TRIAGE


def test_three_blanks_in_a_first_mail_leave_its_words(world: World) -> None:
    (mail,) = world.mail(
        OLIVER, *(_blank(kind) for kind in FormKind), text="Which of these? +44 20 7123 4567"
    )
    assert mail.notice == "help_choose_form"
    assert "+44 20 7123 4567" in mail.text


def test_one_blank_where_a_form_is_awaited_is_told_to_be_empty(world: World) -> None:
    record, _ = _asked(world)
    (mail,) = world.reply(record, "Here is the corrected form.", _blank(FormKind.ONBOARDING, "ja"))
    assert mail.notice == "unreadable"
    assert world.again(record).status is Status.NEEDS_CORRECTION
    assert len(world.revisions(record)) == 1


# --- what we filled in ------------------------------------------------------------------------


def test_prefilled_form_below_a_question_is_passed_over(world: World) -> None:
    world.mail(OLIVER, text="We use +44 20 7123 4567 with Twilio. Which form do we need?")
    record = world.request(OLIVER)
    send_form(world.services, record, "saki", form=FormKind.MIGRATION)
    (mail,) = world.staff_mails()
    mails = world.reply(world.again(record), "Where do I find the WABA ID?", _file(mail))
    after = world.again(record)
    assert mails == []
    assert (after.status, after.form) == (Status.TRIAGE, None)


def test_prefilled_form_alone_is_told_what_is_missing(world: World) -> None:
    world.mail(OLIVER, text="We use +44 20 7123 4567 with Twilio. Which form do we need?")
    record = world.request(OLIVER)
    send_form(world.services, record, "saki", form=FormKind.MIGRATION)
    (mail,) = world.staff_mails()
    (answer,) = world.reply(world.again(record), "", _file(mail))
    assert answer.notice == "needs_correction"


# --- other files of ours ----------------------------------------------------------------------


def test_our_qr_image_beside_words_is_passed_over(world: World) -> None:
    known = NumberRecord(NUMBER, NumberState.ACTIVE, "sakura-denki.example", date(2025, 4, 1))
    import_numbers(world.services, [known], "staff")
    world.mail(HANAKO, form(FormKind.QR))
    review.approve(world.services, world.request(), "saki", ticked="all")
    (delivered,) = world.staff_mails()
    files = list(delivered.files.items())
    (mail,) = world.mail(HANAKO, *files, text="別の番号でもWhatsAppを使いたいです。")
    assert mail.notice == "help_choose_form"


def test_a_picture_of_somebody_else_is_still_told_of(world: World) -> None:
    known = NumberRecord(NUMBER, NumberState.ACTIVE, "sakura-denki.example", date(2025, 4, 1))
    import_numbers(world.services, [known], "staff")
    world.mail(HANAKO, form(FormKind.QR))
    review.approve(world.services, world.request(), "saki", ticked="all")
    (delivered,) = world.staff_mails()
    (name, content) = next(item for item in delivered.files.items() if item[0].endswith(".svg"))
    (mail,) = world.mail(HANAKO, (name, content + b" "), text="別の番号でも使いたいです。")
    assert mail.notice == "unreadable"


# --- two forms, one mail ----------------------------------------------------------------------


def test_two_corrections_with_both_copies_reach_both_requests(world: World) -> None:
    other = {"phone_number": "+81 90 1234 5679", "phone_number_again": "+81 90 1234 5679"}
    (mail,) = world.mail(
        HANAKO,
        _wrong(),
        form(FormKind.MIGRATION, "ja", "xlsx", **other, use_case="", meta_business_id="1"),
    )
    copies = list(mail.files.items())
    assert len(copies) == 2
    records = world.requests_of(HANAKO)
    assert {record.status for record in records} == {Status.NEEDS_CORRECTION}
    mails = world.reply(
        next(record for record in records if world.mails_of(record)),
        "",
        *copies,
        form(),
        form(FormKind.MIGRATION, "ja", "xlsx", **other),
    )
    assert {world.again(record).status for record in records} == {
        Status.POLICY_REVIEW,
        Status.ELIGIBILITY_REVIEW,
    }
    assert len(mails) == 1
    assert all(record.reference in mails[0].text for record in records)
