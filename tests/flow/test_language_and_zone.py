"""Which language a customer is answered in, and in whose time (spec, "Mail out")."""

import pytest

from pipeline.model.form import FormKind
from pipeline.model.request import Status
from tests.world.customers import EVE, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import Sent
from tests.world.world import World

ENGLISH = "Please find our form attached. Thank you very much for your help with this."
JAPANESE = "申請書をお送りします。よろしくお願いいたします。"
GERMAN = (
    "Sehr geehrte Damen und Herren, wir senden Ihnen das Formular und würden uns freuen, "
    "wenn Sie uns bald eine Antwort geben können. Mit freundlichen Grüßen"
)


def _language(mail: Sent) -> str:
    """Return the language of the template that the mail was made from."""
    headers = mail.raw.decode().partition("\r\n\r\n")[0]
    (line,) = [line for line in headers.splitlines() if line.startswith("X-Notice-Template:")]
    return line.partition("/")[0].rpartition(".")[2]


@pytest.mark.parametrize(
    ("chosen", "text", "file", "header", "expected"),
    [
        ("ja", ENGLISH, "en", "de", "ja"),
        ("de", JAPANESE, "ja", "ja", "de"),
        ("en", GERMAN, "de", "de", "en"),
        ("Deutsch", JAPANESE, "en", "", "de"),
        ("", JAPANESE, "en", "de", "ja"),
        ("", GERMAN, "en", "ja", "de"),
        ("", ENGLISH, "de", "ja", "de"),  # much of any mail is English
        ("Klingon", "", "ja", "de", "ja"),
        ("Klingon", GERMAN, "ja", "en", "de"),
        ("Français", "", "de", "ja", "de"),
        ("", "Hallo", "en", "ja", "en"),
    ],
)
def test_answer_to_a_form_is_in_the_language_that_was_wished_for_first(
    world: World, chosen: str, text: str, file: str, header: str, expected: str
) -> None:
    headers = {"Accept-Language": header} if header else {}
    attached = form(FormKind.ONBOARDING, file, "xlsx", reply_language=chosen, use_case="")
    (mail,) = world.mail(EVE, attached, text=text, headers=headers)
    assert (mail.notice, _language(mail)) == ("needs_correction", expected)
    assert world.request(EVE).language == expected


@pytest.mark.parametrize(
    ("text", "header", "expected"),
    [
        (JAPANESE, "de", "ja"),
        (GERMAN, "ja", "de"),
        ("WhatsApp?", "de-AT", "de"),
        ("WhatsApp?", "ja, en;q=0.5", "ja"),
        ("WhatsApp?", "fr", "en"),
        ("WhatsApp?", "", "en"),
        (ENGLISH, "", "en"),
    ],
)
def test_answer_to_words_alone_is_in_their_language_or_that_of_the_headers(
    world: World, text: str, header: str, expected: str
) -> None:
    headers = {"Accept-Language": header} if header else {}
    (mail,) = world.mail(EVE, text=text, headers=headers)
    assert (mail.notice, _language(mail)) == ("help_choose_form", expected)


def test_corrected_language_counts_from_then_on(world: World) -> None:
    world.mail(EVE, form(FormKind.ONBOARDING, "en", "xlsx", reply_language="Klingon"))
    corrected = form(FormKind.ONBOARDING, "en", "xlsx", reply_language="de")
    (mail,) = world.reply(world.request(EVE), "", corrected)
    assert (mail.notice, _language(mail)) == ("revision_received", "de")


@pytest.mark.parametrize(
    ("answered", "number", "expected", "told"),
    [
        ("Asia/Tokyo", "+44 7400 123456", "Asia/Tokyo", "Japan time, UTC+9"),
        ("Berlin", "+81 90 1234 5678", "Europe/Berlin", "Central European time, UTC+1"),
        ("", "+81 90 1234 5678", "Asia/Tokyo", "Japan time, UTC+9"),
        ("", "+44 7400 123456", "Europe/London", "UK time, UTC+0"),
        ("", "+34 612 345 678", "Europe/Madrid", "Central European time, UTC+1"),
        ("", "+351 912 345 678", "Europe/Lisbon", "Western European time, UTC"),
        ("", "+61 412 345 678", "Australia/Sydney", "Australian Eastern time, UTC+11"),
        ("", "+47 451 23 456", "Europe/Oslo", "Central European time, UTC+1"),
        ("", "+212 612 345 678", "Africa/Casablanca", "Morocco time, UTC+1"),
        ("", "+972 52 348 7612", "Asia/Jerusalem", "Israel time, UTC+2"),
        ("", "+1 212 736 5000", "America/New_York", "Eastern time, UTC-5"),
        ("", "+1 310 273 5000", "America/Los_Angeles", "Pacific time, UTC-8"),
        ("Middle Earth", "+81 90 1234 5678", "Asia/Tokyo", "Japan time, UTC+9"),
        ("", "unknown", "Europe/Vienna", "Central European time, UTC+1"),
        ("", "+1 800 234 5678", "Europe/Vienna", "Central European time, UTC+1"),
    ],
)
def test_time_is_told_in_the_zone_of_the_form_then_of_the_number_then_in_ours(
    make_world: MakeWorld, answered: str, number: str, expected: str, told: str
) -> None:
    world = make_world(team={"time_zone": "Europe/Vienna"})
    attached = form(
        FormKind.ONBOARDING,
        "en",
        "xlsx",
        time_zone=answered,
        phone_number=number,
        phone_number_again=number,
        use_case="",
    )
    (mail,) = world.mail(EVE, attached)
    assert world.request(EVE).status is Status.NEEDS_CORRECTION
    assert world.request(EVE).time_zone == expected
    assert told in " ".join(mail.text.split())


def test_zone_is_kept_when_a_correction_no_longer_tells_it(world: World) -> None:
    world.mail(EVE, form(FormKind.ONBOARDING, "en", "xlsx", time_zone="Asia/Tokyo", use_case=""))
    broken = form(
        FormKind.ONBOARDING, "en", "xlsx", time_zone="", phone_number="?", phone_number_again="?"
    )
    world.reply(world.request(EVE), "", broken)
    assert world.request(EVE).time_zone == "Europe/London"
