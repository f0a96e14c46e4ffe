"""What a customer reads whose form has many mistakes, one mistake, or only doubtful answers.

The whole mails stand in ``twelve-mistakes/<language>.txt``, to be read by people. On a mismatch the
mails as they are now are written beside it with ``_actual`` in the name.
"""

import re
from pathlib import Path

import pytest

from pipeline.forms.texts import form_texts
from pipeline.model.form import FormKind
from pipeline.model.problem import Severity
from pipeline.model.request import Status
from tests.world.customers import SENDERS, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import Sent
from tests.world.world import World

_EXPECTED = Path(__file__).parent / "twelve-mistakes"
#: Twelve mistakes of twelve kinds, as a person of the country makes them.
TWELVE = {
    "en": {
        "contact_email": "oliver@harbour-books",
        "contact_phone": "+44 121 234 567",
        "country": "Atlantis",
        "website": "our website",
        "meta_business_id": "50691A307656634",
        "genesys_org_id": "8c1d4f70-2e95-4b6a",
        "display_name": "#N/A",
        "phone_number": "+44 7400 123456",
        "phone_number_again": "+44 7400 123465",
        "number_use": "",
        "use_case": "Book orders",
        "ready_date": "31 February 2027",
        "ack_charges": "",
    },
    "ja": {
        "contact_email": "hanako@sakura-denki",
        "contact_phone": "＋８１－３－１２３４－５６７",
        "country": "アトランティス",
        "website": "当社ホームページ",
        "meta_business_id": "５０６９１Ａ３０７６５６６３４",
        "genesys_org_id": "3f2a9c1e-7b4d",
        "display_name": "#N/A",
        "phone_number": "＋８１　９０－１２３４－５６７８",
        "phone_number_again": "＋８１　９０－１２３４－５６８７",
        "number_use": "",
        "use_case": "ご注文の確認",
        "ready_date": "令和9年2月31日",
        "ack_charges": "",
    },
    "de": {
        "contact_email": "julia.becker@lindenhof",
        "contact_phone": "+49 1512 345678",
        "country": "Atlantis",
        "website": "unsere Website",
        "meta_business_id": "50691A307656634",
        "genesys_org_id": "5b7e2d90-4c13",
        "display_name": "#NV",
        "phone_number": "+49 1512 3456789",
        "phone_number_again": "+49 1512 3456798",
        "number_use": "",
        "use_case": "Bestellungen",
        "ready_date": "31.02.2027",
        "ack_charges": "",
    },
}
KINDS = [
    ("number_use", "not_selected"),
    ("phone_number_again", "phone_mismatch"),
    ("contact_email", "email_format"),
    ("contact_phone", "phone_too_short"),
    ("country", "list_value"),
    ("website", "url"),
    ("meta_business_id", "digits_id"),
    ("genesys_org_id", "org_id"),
    ("display_name", "cell_error"),
    ("use_case", "too_short"),
    ("ready_date", "date_real"),
    ("ack_charges", "consent"),
]
ONE = {
    "en": {"contact_phone": "+44 121 234 567"},
    "ja": {"contact_phone": "03-1234-567"},
    "de": {"contact_phone": "+49 1512 345678"},
}
#: Answers that nothing is wrong with, but that a careful person asks about.
DOUBTFUL = {
    "en": {"display_name": "HARBOUR BOOKS", "meta_business_id": "5O6914307656634"},
    "ja": {"display_name": "SAKURA DENKI", "ready_date": "03/04/2027"},
    "de": {"display_name": "LINDENHOF MÖBEL", "ready_date": "03/04/2027"},
}


def _mail(world: World, language: str, suffix: str, changes: dict[str, str]) -> Sent:
    sender = SENDERS[language]
    (mail,) = world.mail(sender, form(FormKind.ONBOARDING, language, suffix, **changes))
    assert mail.notice == "needs_correction"
    assert world.request(sender).status is Status.NEEDS_CORRECTION
    return mail


def _problems(world: World, language: str) -> list[tuple[str, str, str]]:
    revision = world.revisions(world.request(SENDERS[language]))[-1]
    return [
        (problem.field, problem.code, problem.severity)
        for problem in revision.problems
        if problem.audience == "customer" and problem.severity in {"error", "ask"}
    ]


def _whole(title: str, mail: Sent, world: World, language: str) -> str:
    reference = world.request(SENDERS[language]).reference
    text = f"=== {title}\n{mail.subject}\n\n{mail.text.strip()}\n"
    return text.replace(reference, "WA-7K3M9Q4M")


@pytest.mark.parametrize("language", sorted(TWELVE))
def test_mails_about_mistakes_read_as_they_are_kept_for_reading(
    make_world: MakeWorld, language: str
) -> None:
    found = []
    for title, suffix, changes in (
        ("twelve mistakes in a workbook", "xlsx", TWELVE[language]),
        ("twelve mistakes in a PDF form", "pdf", TWELVE[language]),
        ("one mistake", "xlsx", ONE[language]),
        ("two answers to confirm", "xlsx", DOUBTFUL[language]),
        ("one answer to confirm", "pdf", {"display_name": DOUBTFUL[language]["display_name"]}),
    ):
        world = make_world()
        found.append(_whole(title, _mail(world, language, suffix, changes), world, language))
    actual = "\n".join(found)
    expected = _EXPECTED / f"{language}.txt"
    beside = _EXPECTED / f"{language}_actual.txt"
    beside.unlink(missing_ok=True)
    if not expected.is_file() or actual != expected.read_text("utf-8"):
        _EXPECTED.mkdir(exist_ok=True)
        beside.write_text(actual, "utf-8")
        pytest.fail(f"the mails differ from {expected.name}: compare it with {beside.name}")


@pytest.mark.parametrize("suffix", ["xlsx", "pdf"])
@pytest.mark.parametrize("language", sorted(TWELVE))
def test_twelve_mistakes_are_twelve_sentences_in_one_mail(
    make_world: MakeWorld, language: str, suffix: str
) -> None:
    world = make_world()
    mail = _mail(world, language, suffix, TWELVE[language])
    copied = {"cell_error": "cell_error" if suffix == "xlsx" else "placeholder"}
    assert [(field, code) for field, code, _ in _problems(world, language)] == [
        (field, copied.get(code, code)) for field, code in KINDS
    ]
    assert "12" in re.findall(r"\d+", mail.subject)
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", mail.text, re.MULTILINE)]
    assert numbers == list(range(1, 13))
    cells = re.findall(r"[(（](?:cell |セル|Zelle )D\d+[)）]", mail.text)
    assert len(cells) == (12 if suffix == "xlsx" else 0)
    assert not re.search(r"[.。]{2}|[{}]|\bfld_|_id\b", mail.text)
    labels = [form_texts(language).label(FormKind.ONBOARDING, field) for field, _ in KINDS]
    squeezed = "".join(mail.text.split())
    assert [label for label in labels if "".join(label.split()) not in squeezed] == []


@pytest.mark.parametrize("language", sorted(TWELVE))
def test_mail_with_only_doubtful_answers_says_check_and_never_correct(
    make_world: MakeWorld, language: str
) -> None:
    world = make_world()
    mail = _mail(world, language, "xlsx", DOUBTFUL[language])
    assert {severity for *_, severity in _problems(world, language)} == {Severity.ASK.value}
    correct = {"en": "orrect", "ja": "修正をお願い", "de": "orri"}[language]
    check = {"en": "Check 2 answers", "ja": "2か所のご確認", "de": "2 Antworten prüfen"}[language]
    assert (correct in mail.subject, check in mail.subject) == (False, True)


@pytest.mark.parametrize("language", sorted(TWELVE))
def test_lines_are_as_wide_as_a_mail_window(make_world: MakeWorld, language: str) -> None:
    mail = _mail(make_world(), language, "xlsx", TWELVE[language])
    wide = 2 if language == "ja" else 1
    lengths = [
        sum(wide if ord(character) > 0x2E80 else 1 for character in line)
        for line in mail.text.splitlines()
    ]
    assert max(lengths) <= (70 if language == "ja" else 78)
