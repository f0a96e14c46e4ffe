"""What is sent instead of a form: each is answered with its sentence, and the batch goes on."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.model.request import Status
from tests.world import bad_files
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import notices
from tests.world.world import World

#: The file, and the code whose sentence answers it.
_FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "cut off": ("form.xlsx", lambda: form()[1][:4000], "file_damaged"),
    "nothing in it": ("form.xlsx", lambda: b"", "file_damaged"),
    "foreign workbook": ("invoice.xlsx", bad_files.foreign_workbook, "file_template"),
    "empty form": ("form.xlsx", lambda: bad_files.empty_form("ja"), "file_empty"),
    "workbook with password": ("form.xlsx", bad_files.encrypted_workbook, "file_password"),
    "PDF with password": ("form.pdf", bad_files.encrypted_pdf, "file_password"),
    "zip with password": ("form.zip", bad_files.encrypted_zip, "file_password"),
    "picture": ("photo.png", bad_files.picture, "file_scanned"),
    "csv": ("form.csv", lambda: b"name,number\nOliver,1\n", "file_other"),
    "macros": ("form.xlsm", bad_files.workbook_with_macros, "file_macro"),
    "bomb": ("form.xlsx", bad_files.bomb, "file_refused"),
}
_SENTENCES = Path(__file__).parents[2].parent / "shared" / "problem-sentences.md"


def _sentence(code: str, language: str) -> str:
    """Return the beginning of the standard's sentence: what stands before its first parameter."""
    if not _SENTENCES.is_file():
        pytest.skip("the standard does not lie beside this checkout")
    for line in _SENTENCES.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if cells[1:2] == [f"`{code}`"]:
            return re.split(r"[{（]", cells[3] if language == "en" else cells[4])[0].strip()
    raise AssertionError(code)


def _joined(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("case", list(_FILES))
def test_bad_file_is_answered_with_its_sentence(world: World, case: str, language: str) -> None:
    name, make, code = _FILES[case]
    sender = OLIVER if language == "en" else HANAKO
    words = "Please find our form attached." if language == "en" else "申請書をお送りします。"
    (mail,) = world.mail(sender, (name, make()), text=words)
    assert mail.to == sender
    assert _joined(_sentence(code, language)) in _joined(mail.text)
    assert world.request(sender).status is Status.NEEDS_CORRECTION
    assert (world.quarantined(), int(world.summary.exit_code)) == ([], 0)


def test_bad_files_do_not_stop_the_good_forms_of_a_batch(any_world: World) -> None:
    world = any_world
    world.deliver(world.customer.write(HANAKO, form()))
    for number, (name, make, _) in enumerate(_FILES.values()):
        sender = f"a{number}@firma{number}.example"
        world.deliver(world.customer.write(sender, (name, make()), text="Our form."))
    world.deliver(world.customer.write(OLIVER, form(language="en")))
    mails = world.run()
    assert len(mails) == len(_FILES) + 2
    assert world.request(HANAKO).status is Status.POLICY_REVIEW
    assert world.request(OLIVER).status is Status.POLICY_REVIEW
    assert (world.quarantined(), int(world.summary.exit_code)) == ([], 0)
    assert world.folders() == {"Requests": len(_FILES) + 2}


def test_good_form_by_reply_to_an_unreadable_one_keeps_the_reference(world: World) -> None:
    (mail,) = world.mail(HANAKO, ("form.xlsx", form()[1][:4000]), text="申請書です。")
    record = world.request()
    assert mail.notice == "unreadable"
    assert [name for name in mail.files if name.endswith(".xlsx")] != []
    assert notices(world.reply(record, "", form())) == ["acknowledged"]
    after = world.again(record)
    assert (after.reference, after.status) == (record.reference, Status.POLICY_REVIEW)


def test_good_form_in_a_new_mail_ends_the_wait_for_a_readable_one(world: World) -> None:
    world.mail(HANAKO, ("form.xlsx", form()[1][:4000]), text="申請書です。")
    assert notices(world.mail(HANAKO, form())) == ["acknowledged"]
    waiting, opened = world.requests_of(HANAKO)
    assert [waiting.status, opened.status] == [Status.SUPERSEDED, Status.POLICY_REVIEW]
    later = [mail for _ in range(16) for mail in world.later(days=1)]
    assert notices(later) == ["delayed", "delayed"]  # nobody looks at the second one
    assert all(opened.reference in mail.text for mail in later)


def test_unreadable_file_by_reply_is_answered_with_its_sentence(world: World) -> None:
    world.mail(HANAKO, form(website=""))
    record = world.request()
    (mail,) = world.reply(record, "", ("form.pdf", bad_files.encrypted_pdf()))
    assert mail.notice == "unreadable"
    assert "ファイルにパスワードが設定されています" in mail.text
    assert world.again(record).status is Status.NEEDS_CORRECTION


def test_unreadable_file_beside_a_good_form_is_told_too(world: World) -> None:
    mails = world.mail(HANAKO, form(), ("second.pdf", bad_files.encrypted_pdf()))
    assert len(mails) == 1
    assert world.request().status is Status.POLICY_REVIEW
    assert "ファイルにパスワードが設定されています" in mails[0].text


def test_logo_of_a_signature_is_no_scan(world: World) -> None:
    mails = world.mail(HANAKO, form(), ("image001.png", b"\x89PNG\r\n\x1a\n" + bytes(900)))
    assert notices(mails) == ["acknowledged"]


def test_password_in_a_second_mail_joins_the_first(world: World) -> None:
    (first,) = world.mail(HANAKO, ("申請書.zip", bad_files.encrypted_zip()), text="添付します。")
    assert (first.notice, "パスワード" in first.text) == ("unreadable", True)
    record = world.request()
    mails = world.mail(HANAKO, text="パスワードは 1234 です。")
    assert world.last_message().why == "joined"
    assert [request.id for request in world.requests_of(HANAKO)] == [record.id]
    assert world.notes(record)[-1].text == "パスワードは 1234 です。"
    assert [mail for mail in mails if "1234" in mail.text] == []
    assert world.again(record).status is Status.NEEDS_CORRECTION
