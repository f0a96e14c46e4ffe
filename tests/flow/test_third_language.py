"""German, which has text files alone: forms, answers as Germans write them, mails, commands."""

import hashlib
import re
from io import BytesIO

import pytest
from openpyxl import load_workbook

from pipeline.flow.staff import review as decisions
from pipeline.forms.pdf.reader import read_pdf_forms
from pipeline.forms.texts import form_texts
from pipeline.forms.xlsx.read.reader import read_xlsx
from pipeline.model.form import FileFormat, FormFile, FormKind
from pipeline.model.request import EventName, Status
from pipeline.model.submission import Submission
from pipeline.resources import languages
from tests.world.customers import HANAKO, JULIA, OLIVER, form
from tests.world.outbox import Sent, notices
from tests.world.world import World

_READERS = {
    "xlsx": (FileFormat.XLSX, read_xlsx),
    "pdf": (FileFormat.PDF, lambda file: read_pdf_forms(file)[0]),
}
_GERMAN = {
    "reply_language": "Deutsch",
    "time_zone": "MEZ (UTC+1)",
    "country": "Bundesrepublik Deutschland",
    "genesys_region": "Frankfurt",
    "phone_number": "0049 (0)1512 / 345 67 89",
    "phone_number_again": "01512 3456789",
    "meta_business_id": "unbekannt",
    "meta_business_verified": "weiß ich nicht",
    "has_messaging_permission": "ja",
    "has_whatsapp_account": "Ja.",
    "is_m2m": "Nein",
    "number_use": "noch nie",
    "verification_method": "per SMS",
    "business_vertical": "Einzelhandel",
    "ready_date": "24. Dezember 2026",
    "ack_no_way_back": "verstanden",
    "ack_charges": "Ich habe verstanden",
    "ack_policies": "einverstanden",
}
_READ = {
    "reply_language": "de",
    "time_zone": "Europe/Berlin",
    "country": "DE",
    "genesys_region": "eu-central-1",
    "phone_number": "+4915123456789",
    "phone_number_again": "+4915123456789",
    "meta_business_id": "unknown",
    "meta_business_verified": "unknown",
    "has_messaging_permission": "yes",
    "has_whatsapp_account": "yes",
    "is_m2m": "no",
    "number_use": "never",
    "verification_method": "sms",
    "business_vertical": "RETAIL",
    "ready_date": "2026-12-24",
    "ack_no_way_back": "yes",
    "ack_charges": "yes",
    "ack_policies": "yes",
}
#: A day, a time of day and the zone in words.
_GERMAN_TIME = re.compile(
    r"\d{1,2}\. (?:November|Dezember) 2026, \d{2}:\d{2} Uhr\s+\([A-Za-zäöüß ]+, UTC\+1\)"
)


def answers_of(mail: Sent) -> dict[str, str]:
    """Read the one form that a mail of ours carries."""
    ((name, content),) = mail.files.items()
    file_format, read = _READERS[name.rpartition(".")[2]]
    digest = hashlib.sha256(content).hexdigest()
    submission = read(FormFile(name, content, file_format, digest, 0))
    assert isinstance(submission, Submission)
    assert submission.language == "de"
    return {answer.field: answer.raw for answer in submission.answers}


@pytest.mark.parametrize("suffix", ["xlsx", "pdf"])
@pytest.mark.parametrize("kind", list(FormKind))
def test_german_form_is_acknowledged_in_german(world: World, kind: FormKind, suffix: str) -> None:
    (mail,) = world.mail(JULIA, form(kind, "de", suffix), text="Guten Tag,\nanbei das Formular.")
    record = world.request(JULIA)
    assert (mail.notice, record.language) == ("acknowledged", "de")
    assert mail.subject.startswith("Eingegangen – ")
    assert mail.text.startswith("Guten Tag")
    assert "Vorgangsnummer: " + record.reference in mail.text
    assert len(_GERMAN_TIME.findall(" ".join(mail.text.split()))) >= 2
    assert '<html lang="de"' in mail.html
    (revision,) = world.revisions(record)
    assert [item for item in revision.problems if item.audience == "customer"] == []


def test_answers_are_read_as_germans_write_them(world: World) -> None:
    world.mail(JULIA, form(FormKind.ONBOARDING, "de", **_GERMAN))
    (revision,) = world.revisions(world.request(JULIA))
    read = {item.field: item.value for item in revision.readings}
    assert {name: read[name] for name in _READ} == _READ
    assert [item for item in revision.problems if item.audience == "customer"] == []


@pytest.mark.parametrize(
    ("answer", "date"),
    [
        ("24.12.2026", "2026-12-24"),
        ("Donnerstag, 24. Dez. 2026", "2026-12-24"),
        ("1. März 2027", "2027-03-01"),
        ("1. Maerz 2027", "2027-03-01"),
        ("1. Jänner 2027", "2027-01-01"),
    ],
)
def test_date_is_read_as_germans_write_it(world: World, answer: str, date: str) -> None:
    world.mail(JULIA, form(FormKind.ONBOARDING, "de", ready_date=answer))
    (revision,) = world.revisions(world.request(JULIA))
    assert [item.value for item in revision.readings if item.field == "ready_date"] == [date]


@pytest.mark.parametrize("suffix", ["xlsx", "pdf"])
def test_correction_comes_in_german_with_a_marked_german_form(world: World, suffix: str) -> None:
    wrong = {"genesys_org_id": "5b7e2d90", "use_case": "", "ready_date": "KW 50"}
    (mail,) = world.mail(JULIA, form(FormKind.ONBOARDING, "de", suffix, **wrong))
    assert mail.notice == "needs_correction"
    assert world.request(JULIA).status is Status.NEEDS_CORRECTION
    said = " ".join(mail.text.split())
    texts = form_texts("de")
    for sentence in (
        "Die Organisations-ID muss 36 Zeichen haben",
        f"Füllen Sie das Feld „{texts.label(FormKind.ONBOARDING, 'use_case')}“ aus",
        "muss ein Datum mit Tag, Monat und Jahr enthalten. „KW 50“ genügt nicht",
    ):
        assert sentence in said
    assert _GERMAN_TIME.search(said)
    copy = answers_of(mail)
    assert copy["genesys_org_id"] == "5b7e2d90"
    assert copy["company_legal_name"] == "Lindenhof Möbel GmbH"
    ((name, content),) = mail.files.items()
    assert name.startswith("onboarding_de")
    if suffix == "xlsx":
        sheet = load_workbook(BytesIO(content), data_only=True).worksheets[1]
        checks = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
        assert sum(check.startswith(texts.words("check_mark")) for check in checks) == 3


def test_corrected_german_form_by_reply_is_taken(world: World) -> None:
    world.mail(JULIA, form(FormKind.ONBOARDING, "de", genesys_org_id="5b7e2d90"))
    record = world.request(JULIA)
    (mail,) = world.reply(record, "Guten Tag, anbei die Korrektur.", form(language="de"))
    after = world.again(record)
    assert (mail.notice, after.status) == ("revision_received", Status.POLICY_REVIEW)
    assert after.language == "de"


@pytest.mark.parametrize(
    ("form_language", "chosen", "text", "header", "expected"),
    [
        ("de", "", "Guten Tag", "", "de"),
        ("de", "", "Guten Tag", "ja", "de"),
        ("de", "Japanisch", "Guten Tag", "", "ja"),
        ("en", "German", "Hello", "", "de"),
        ("en", "", "Guten Tag", "de-DE", "en"),
        ("de", "", "お世話になっております。", "", "ja"),
    ],
)
def test_language_of_the_answer(
    world: World, form_language: str, chosen: str, text: str, header: str, expected: str
) -> None:
    sent = form(FormKind.ONBOARDING, form_language, reply_language=chosen)
    headers = {"Accept-Language": header} if header else {}
    world.mail(JULIA, sent, text=text, headers=headers)
    assert world.request(JULIA).language == expected


@pytest.mark.parametrize("name", ["X-Accept-Language", "Accept-Language"])
def test_header_alone_brings_a_german_answer(world: World, name: str) -> None:
    broken = ("form.xlsx", b"PK\x03\x04broken")
    (mail,) = world.mail(JULIA, broken, text="Guten Tag", headers={name: "de-DE, en;q=0.5"})
    assert (mail.notice, world.request(JULIA).language) == ("unreadable", "de")
    assert "Speichern Sie die Datei neu" in " ".join(mail.text.split())


@pytest.mark.parametrize("text", ["BEREIT", "Guten Tag,\n\nwir sind bereit.\n\nJulia Becker"])
def test_ready_in_german_brings_the_certificate(world: World, text: str) -> None:
    world.mail(JULIA, form(FormKind.ONBOARDING, "de", ready_date="1. Februar 2027"))
    record = decisions.approve(
        world.services, world.request(JULIA), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    assert notices(world.staff_mails()) == ["approved_not_ready"]
    (mail,) = world.reply(record, text)
    assert mail.notice == "certificate_issued"
    assert mail.text.startswith("Guten Tag")
    (active,) = world.reply(world.again(record), "Aktiv!")
    assert active.notice == "activated"
    assert world.again(record).status is Status.ACTIVE


def test_withdrawal_in_german_ends_the_request(world: World) -> None:
    world.mail(JULIA, form(FormKind.ONBOARDING, "de"))
    record = world.request(JULIA)
    world.staff_mails()
    assert notices(world.reply(record, "Bitte zurückziehen")) == ["withdrawn"]
    assert world.again(record).status is Status.WITHDRAWN


def test_yes_in_german_is_no_wish_for_japanese(world: World) -> None:
    """``ja`` is yes in German, and the code of Japanese in the list of languages alone."""
    world.mail(JULIA, form(FormKind.ONBOARDING, "de", is_m2m="ja"))
    (revision,) = world.revisions(world.request(JULIA))
    assert [item.value for item in revision.readings if item.field == "is_m2m"] == ["yes"]
    assert world.request(JULIA).language == "de"


def test_every_form_asks_for_every_language(world: World) -> None:
    for language, sender in (("en", OLIVER), ("ja", HANAKO), ("de", JULIA)):
        own = form_texts(language).language_name
        world.mail(sender, form(FormKind.ONBOARDING, language, reply_language=own))
        assert world.request(sender).language == language
    assert len(languages()) >= 3
