"""The help track listens: what a mail without a form tells is read, and not asked for again."""

import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import RefusedError
from pipeline.flow.outgoing import attachments
from pipeline.flow.requests.hear import hear
from pipeline.flow.staff import corrections, review
from pipeline.flow.staff.send_form import send_form
from pipeline.flow.views.request import request_view
from pipeline.forms import publish
from pipeline.forms.publish import build_form
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.intake.find import language_of
from pipeline.intake.language import customer_language
from pipeline.intake.read import read_file
from pipeline.mailbox.reply.new_text import read_new_text
from pipeline.model.form import FileFormat, FormFile, FormKind
from pipeline.model.message import InboundMessage, SenderJudgement, SenderVerdict
from pipeline.model.notice import NoticeName
from pipeline.model.proposal import Told, told
from pipeline.model.request import EventName, HoldReason, NumberState, Status, Track
from pipeline.model.submission import Submission
from pipeline.routing.suggestion import suggest
from pipeline.store.records import RequestRecord
from tests.world.customers import EVE, HANAKO, OLIVER, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import Sent
from tests.world.pace import soon
from tests.world.settings import settings_of
from tests.world.world import World

_CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "cases" / "help_mails.toml").read_text(encoding="utf-8")
)["mail"]

BOTH_KNOWN = {
    "en": "Hello, we use +44 20 7123 4567 with Twilio today. Which form do we need for you?",
    "ja": "03-1234-5678の番号で、現在はTwilioを利用しています。申請書を教えてください。",
    "de": "Guten Tag, wir nutzen die Nummer +49 30 90182000 derzeit mit Twilio. Welches Formular "
    "ist für uns das richtige?",
}
NUMBER_KNOWN = {
    "en": "Hello, which form do we need for the number +44 20 7123 4567? Thank you for your help.",
    "ja": "03-1234-5678の番号で申請したいです。申請書を教えてください。",
    "de": "Guten Tag, welches Formular brauchen wir für die Nummer +49 30 90182000 bei Ihnen?",
}
PROVIDER_KNOWN = {
    "en": "Hello, our WhatsApp is with Twilio today and we would like to know which form we need.",
    "ja": "現在はTwilioでWhatsAppを利用しています。申請書を教えてください。",
    "de": "Guten Tag, unser WhatsApp läuft derzeit bei Twilio. Welches Formular ist für uns "
    "das richtige?",
}
SHOWN = {"en": "+44 20 7123 4567", "ja": "+81 3-1234-5678", "de": "+49 30 90182000"}
#: What asks for the number, and for who has run WhatsApp on it.
ASKS_NUMBER = {"en": "the phone number for WhatsApp", "ja": "国番号から", "de": "mit Landesvorwahl"}
ASKS_PROVIDER = {
    "en": "the company that has run WhatsApp",
    "ja": "運用したことのある会社",
    "de": "WhatsApp bisher für diese Nummer betrieben",
}
LANGUAGES = ("en", "ja", "de")


def _says(mail: Sent, words: str) -> bool:
    """Return whether the mail says ``words``, however its lines are wrapped."""
    return "".join(words.split()) in "".join(mail.text.split())


def _heard(case: Mapping[str, Any]) -> dict[str, Any]:
    text = case["text"].strip("\n")
    message = InboundMessage(
        "", 0, "", (), (), (), (), (), "", None, text, read_new_text(text).text, (), ()
    )
    sender = SenderJudgement(SenderVerdict.PASS, case["sender"], case.get("name", ""), "")
    language = customer_language("", message.new_text, "", language_of(message), LANGUAGES)
    proposals = hear(message, sender, language)
    wish = case.get("wish", "")
    return {
        "number": list(told(proposals, Told.NUMBER)),
        "provider": "|".join(told(proposals, Told.PROVIDER)),
        "use": "|".join(told(proposals, Told.USE)),
        "company": "|".join(told(proposals, Told.COMPANY)) if "company" in case else "",
        "wish": wish if wish in told(proposals, Told.FORM) else "",
        "suggestion": suggest(proposals, NumberState.UNKNOWN) or "",
    }


@pytest.mark.parametrize("case", _CASES, ids=[case["id"] for case in _CASES])
def test_details_are_read_out_of_the_words(case: dict[str, Any]) -> None:
    defaults: dict[str, Any] = {
        "number": [],
        "provider": "",
        "use": "",
        "company": "",
        "wish": "",
        "suggestion": "",
    }
    wanted = {key: case.get(key, default) for key, default in defaults.items()}
    assert _heard(case) == wanted


def test_each_detail_stands_in_the_words_that_are_quoted() -> None:
    for case in _CASES:
        text = case["text"].strip("\n")
        message = InboundMessage(
            "", 0, "", (), (), (), (), (), "", None, text, read_new_text(text).text, (), ()
        )
        sender = SenderJudgement(SenderVerdict.PASS, case["sender"], "", "")
        for item in hear(message, sender, "en"):
            assert item.words
            if item.about is Told.PROVIDER:
                assert item.value in item.words


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "1",
            "12 ",
            "0-",
            "+81 ",
            "a\n",
            "090-1234-5678\n",
            "Aa Ltd ",
            "株式会社",
            "ア",
            "(",
            "a@",
        ),
        *(
            "provider: x, ",
            "whatsapp app ",
            "使用",
            "host ",
            "wa.me/",
            "https://",
            "regards\n",
        ),
        *("00 1 ", "1. 1234567890\n2. x\n", "never whatsapp "),
    ],
)
def test_a_long_mail_of_anything_is_heard_in_no_time(unit: str) -> None:
    text = (unit * 100_000)[:100_000]
    message = InboundMessage("", 0, "", (), (), (), (), (), "", None, text, text, (), ())
    sender = SenderJudgement(SenderVerdict.PASS, "a@acme.co.jp", "", "")
    begun = time.process_time()
    hear(message, sender, "ja")
    assert soon(time.process_time() - begun, 1)


# --- the answer asks for what is missing ------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_details_that_are_known_are_not_asked_for(world: World, language: str) -> None:
    (mail,) = world.mail(OLIVER, text=BOTH_KNOWN[language])
    record = world.request(OLIVER)
    assert (mail.notice, record.language, record.status) == (
        "help_choose_form",
        language,
        Status.TRIAGE,
    )
    assert (SHOWN[language] in mail.text, "Twilio" in mail.text) == (True, True)
    assert not _says(mail, ASKS_NUMBER[language])
    assert not _says(mail, ASKS_PROVIDER[language])
    assert not mail.files
    assert record.suggestion is FormKind.MIGRATION
    assert (record.form, record.number) == (None, "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_who_has_run_it_is_asked_for_when_the_number_is_known(
    world: World, language: str
) -> None:
    (mail,) = world.mail(OLIVER, text=NUMBER_KNOWN[language])
    assert not _says(mail, ASKS_NUMBER[language])
    assert _says(mail, ASKS_PROVIDER[language])
    assert SHOWN[language] in mail.text
    assert len(mail.files) == len(FormKind)


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_the_number_is_asked_for_when_the_provider_is_known(
    world: World, language: str
) -> None:
    (mail,) = world.mail(OLIVER, text=PROVIDER_KNOWN[language])
    assert _says(mail, ASKS_NUMBER[language])
    assert not _says(mail, ASKS_PROVIDER[language])
    assert "Twilio" in mail.text


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Bonjour, notre numéro +33 1 42 68 53 00 est chez Twilio. Quel formulaire ?", True),
        ("Hola, ¿qué formulario necesito para el +34 912 34 56 78?", False),
        ("Buongiorno, il numero +39 06 6982 1234 non è mai stato usato con WhatsApp.", True),
        ("Dzień dobry, numer +48 22 123 45 67, dostawca: Infobip.", True),
        ("Merhaba, +90 212 345 67 89 numarası Vonage ile kullanılıyor.", True),
    ],
)
def test_other_languages_are_heard_and_answered_in_english(
    world: World, text: str, known: bool
) -> None:
    (mail,) = world.mail(OLIVER, text=text)
    assert not _says(mail, ASKS_NUMBER["en"])
    assert _says(mail, ASKS_PROVIDER["en"]) is not known
    assert world.request(OLIVER).language == "en"


def test_words_that_contradict_each_other_are_all_told_and_suggest_nothing(world: World) -> None:
    text = (
        "Our number +44 20 7123 4567 is with Twilio. My colleague says that WhatsApp was never "
        "used on it."
    )
    (mail,) = world.mail(OLIVER, text=text)
    assert "Twilio, never used on this number" in mail.text
    assert world.request(OLIVER).suggestion is None


def test_hostile_details_come_back_inert(world: World) -> None:
    text = "Number: +44 20 7123 4567\nProvider: Click https://evil.example/x now"
    (mail,) = world.mail(OLIVER, text=text)
    assert "https://evil.example" not in mail.text
    text = "Number: +44 20 7123 4567\nProvider: Foo & Bar.example Ltd"
    (mail,) = world.mail(EVE, text=text)
    assert b'href="http://Bar.example' not in mail.raw


def test_unproven_sender_is_told_nothing_of_it(make_world: MakeWorld) -> None:
    world = make_world()
    mails = world.mail(OLIVER, text=BOTH_KNOWN["en"], proof="none")
    record = world.request(OLIVER)
    assert record.held_for(HoldReason.SENDER)
    assert told(record.proposals, Told.NUMBER) == ("+442071234567",)
    assert not any("7123" in mail.text or "Twilio" in mail.text for mail in mails)


# --- one machine suggests ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "text", "expected"),
    [
        (NumberState.ACTIVE, "We have a question about +44 20 7123 4567.", FormKind.QR),
        (NumberState.ACTIVE, "A QR code for +44 20 7123 4567, please.", FormKind.QR),
        (NumberState.ACTIVE, "Move our number +44 20 7123 4567 to you.", None),
        (NumberState.ACTIVE, "WhatsApp was never used on +44 20 7123 4567.", None),
        (NumberState.UNKNOWN, "A QR code for +44 20 7123 4567, please.", FormKind.QR),
        (NumberState.UNKNOWN, "+44 20 7123 4567 is with Twilio. A QR code, please.", None),
        (NumberState.UNKNOWN, "+44 20 7123 4567 is with Twilio.", FormKind.MIGRATION),
        (NumberState.RELEASED, "WhatsApp was never used on +44 20 7123 4567.", FormKind.ONBOARDING),
    ],
)
def test_number_and_words_suggest_together(
    world: World, state: NumberState, text: str, expected: FormKind | None
) -> None:
    if state is not NumberState.UNKNOWN:
        world.set_number("+442071234567", state, "harbour-books.example")
    world.mail(OLIVER, text=text)
    record = world.request(OLIVER)
    assert record.suggestion is expected
    assert (record.state.track, record.status) == (Track.HELP, Status.TRIAGE)


# --- a later mail completes it ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "use", "provider"),
    [
        ("Twilio", "business_platform", ("Twilio",)),
        ("Hello,\nChatfolio Solutions\n", "business_platform", ("Chatfolio Solutions",)),
        ("None.", "never", ()),
        ("Hi,\n\nI do not know.\n\nKind regards\nOliver", "unknown", ()),
        ("なしです。", "never", ()),
        ("keiner", "never", ()),
        ("It runs on the WhatsApp Business app.", "whatsapp_app", ()),
    ],
)
def test_later_mail_completes_what_was_told(
    world: World, later: str, use: str, provider: tuple[str, ...]
) -> None:
    world.mail(OLIVER, text=NUMBER_KNOWN["en"])
    record = world.request(OLIVER)
    assert world.reply(record, later) == []
    after = world.again(record)
    assert told(after.proposals, Told.NUMBER) == ("+442071234567",)
    assert told(after.proposals, Told.USE) == (use,)
    assert told(after.proposals, Told.PROVIDER) == provider
    assert after.status is Status.TRIAGE


def test_later_mail_without_a_token_joins_and_completes(world: World) -> None:
    world.mail(OLIVER, text=PROVIDER_KNOWN["en"])
    assert world.mail(OLIVER, text="The number is +44 20 7123 4567.") == []
    record = world.request(OLIVER)
    assert told(record.proposals, Told.NUMBER) == ("+442071234567",)
    assert told(record.proposals, Told.PROVIDER) == ("Twilio",)
    assert record.suggestion is FormKind.MIGRATION


def test_later_mail_corrects_what_was_told(world: World) -> None:
    world.mail(OLIVER, text=BOTH_KNOWN["en"])
    record = world.request(OLIVER)
    world.reply(record, "Sorry, the number is +44 161 496 1000, and WhatsApp was never used on it.")
    after = world.again(record)
    assert told(after.proposals, Told.NUMBER) == ("+441614961000",)
    assert (told(after.proposals, Told.USE), told(after.proposals, Told.PROVIDER)) == (
        ("never",),
        (),
    )
    assert after.suggestion is FormKind.ONBOARDING


def test_erasing_a_request_erases_what_its_mail_told(world: World) -> None:
    world.mail(OLIVER, text=BOTH_KNOWN["en"])
    record = world.request(OLIVER)
    world.services.store.run(lambda tx: tx.privacy.erase_request(record.id))
    assert world.again(record).proposals == ()


# --- the form that is filled in beforehand ----------------------------------------------------


def _answers(mail: Sent) -> tuple[FormKind, dict[str, str]]:
    ((name, content),) = mail.files.items()
    (found,) = read_file(FormFile(name, content, FileFormat.XLSX, "", 0))
    assert isinstance(found, Submission)
    return found.form, {answer.field: answer.raw for answer in found.answers if answer.raw}


def _sent(world: World, record: RequestRecord, kind: FormKind) -> Sent:
    send_form(world.services, record, "saki", form=kind)
    (mail,) = world.staff_mails()
    return mail


@pytest.mark.parametrize("language", LANGUAGES)
def test_form_goes_out_filled_in_with_what_the_mail_told(world: World, language: str) -> None:
    world.mail(OLIVER, text=BOTH_KNOWN[language])
    record = world.request(OLIVER)
    mail = _sent(world, record, FormKind.MIGRATION)
    kind, answers = _answers(mail)
    assert kind is FormKind.MIGRATION
    assert answers["phone_number"] == SHOWN[language]
    assert "phone_number_again" not in answers
    assert answers["current_provider"] == "Twilio"
    assert answers["contact_email"] == OLIVER
    assert world.again(record).status is Status.AWAITING_FORM


def test_staff_may_send_another_form_than_the_suggested_one(world: World) -> None:
    world.mail(OLIVER, text=BOTH_KNOWN["en"])
    record = world.request(OLIVER)
    kind, answers = _answers(_sent(world, record, FormKind.ONBOARDING))
    assert (kind, answers["phone_number"]) == (FormKind.ONBOARDING, SHOWN["en"])
    assert "current_provider" not in answers


def test_what_contradicts_itself_fills_nothing(world: World) -> None:
    text = "We need WhatsApp on +44 20 7123 4567 and +44 161 496 1000."
    world.mail(OLIVER, text=text)
    _, answers = _answers(_sent(world, world.request(OLIVER), FormKind.ONBOARDING))
    assert "phone_number" not in answers


def test_form_is_never_sent_without_its_name(world: World) -> None:
    world.mail(OLIVER, text="Which form do we need?")
    with pytest.raises(RefusedError) as refused:
        review.advance(world.services, world.request(OLIVER), "saki", event=EventName.SEND_FORM)
    assert refused.value.code == "own_command"


def test_reminder_carries_the_form_that_was_sent(world: World) -> None:
    world.mail(OLIVER, text=BOTH_KNOWN["en"])
    _sent(world, world.request(OLIVER), FormKind.ONBOARDING)
    (mail,) = world.later(days=8)
    assert _answers(mail)[0] is FormKind.ONBOARDING


def test_completed_form_comes_back_on_the_same_request(world: World) -> None:
    world.mail(OLIVER, text=BOTH_KNOWN["en"])
    record = world.request(OLIVER)
    _sent(world, record, FormKind.MIGRATION)
    world.reply(world.again(record), "", form(FormKind.MIGRATION, "en"))
    assert world.again(record).status is Status.ELIGIBILITY_REVIEW


def test_route_without_a_form_sends_what_is_known(world: World) -> None:
    world.mail(OLIVER, text=BOTH_KNOWN["en"])
    corrections.route(world.services, world.request(OLIVER), "saki", track=Track.MIGRATION)
    forms = [mail for mail in world.staff_mails() if mail.files]
    assert [_answers(mail)[1]["phone_number"] for mail in forms] == [SHOWN["en"]]


def test_staff_see_the_proposals_with_their_words(world: World) -> None:
    world.mail(OLIVER, text=BOTH_KNOWN["en"])
    with world.services.store.read() as tx:
        view = request_view(world.services.work(tx), world.request(OLIVER))
    assert {item.about for item in view.proposals} >= {Told.NUMBER, Told.PROVIDER, Told.USE}
    assert all("Twilio" in item.words for item in view.proposals if item.about is Told.PROVIDER)


# --- blanks cost nothing ----------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", FormKind)
def test_blank_that_goes_out_is_the_one_that_would_be_built(
    world: World, kind: FormKind, language: str
) -> None:
    settings = settings_of(world.home)
    built = build_form(
        kind,
        language,
        FileFormat.XLSX,
        address=settings.mailbox.address,
        privacy=settings.forms.privacy,
    )
    with world.services.store.read() as tx:
        blank = attachments.blank(world.services.work(tx), kind, language)
    assert blank.content == built


def test_no_blank_is_built_for_an_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*_: object, **__: object) -> bytes:
        raise AssertionError("a blank was built")

    monkeypatch.setattr(attachments, "build_form", build)
    (mail,) = world.mail(OLIVER, text="Which form do we need?")
    assert (mail.notice, len(mail.files)) == (NoticeName.HELP_CHOOSE_FORM, len(FormKind))


def test_other_settings_are_built_once(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(forms={"privacy": "else@example.com"})
    built: list[object] = []

    def build(*arguments: object, **named: object) -> bytes:
        built.append(arguments)
        return build_xlsx(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(publish, "build_xlsx", build)
    for sender in (OLIVER, HANAKO):
        (mail,) = world.mail(sender, text="Which form?")
        assert len(mail.files) == len(FormKind)
    assert len(built) == len(FormKind)
