"""What single notices say on particular facts."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.model.form import FormKind
from pipeline.model.notice import NoticeFacts, NoticeName, ProblemItem, RequestFacts
from pipeline.model.request import Status, Track
from pipeline.notifications.blocks import read_blocks
from pipeline.notifications.compose import Composed, compose, forwardable
from pipeline.notifications.html import HtmlWriter
from pipeline.notifications.plain import PlainWriter
from pipeline.notifications.seal import Vault
from pipeline.notifications.sources import find_source
from pipeline.notifications.words import words_of
from pipeline.notifications.wrap import width
from tests.sources import variants

MakeFacts = Callable[..., NoticeFacts]
LANGUAGES = ("en", "ja", "de")
CUSTOMER_CASES = [
    (notice, variant, language)
    for language in LANGUAGES
    for notice in NoticeName
    for variant in variants(notice.value, language)
    if notice is not NoticeName.STAFF_ALERT
]


def within_limit(composed: Composed) -> bool:
    if composed.language != "ja":
        longest = {"en": 125, "de": 142}[composed.language]
        return len([word for word in composed.body.split() if re.search(r"\w", word)]) <= longest
    return len(re.sub(r"\s", "", composed.body)) <= 420


def test_a_template_of_a_customer_is_not_run(make_facts: MakeFacts) -> None:
    facts = make_facts("en", contact="{{ 7*7 }}")
    composed = compose(NoticeName.ACKNOWLEDGED, "", "en", facts)
    assert composed.text.startswith("Dear {{ 7*7 }},\n")


def test_an_unknown_language_gets_english(make_facts: MakeFacts) -> None:
    composed = compose(NoticeName.ACKNOWLEDGED, "", "tlh", make_facts("en"))
    assert (composed.language, composed.subject) == (
        "en",
        "We have your WhatsApp onboarding request (WA-7K3M9Q4M)",
    )


def test_facts_choose_the_document_when_no_variant_is_asked_for() -> None:
    chosen = find_source("closed_no_response", "", ("from:awaiting_readiness",), "en")
    assert chosen.variant == "readiness"
    assert find_source("closed_no_response", "", ("from:needs_correction",), "en").variant == ""
    assert find_source(
        "status_changed", "", ("from:withdrawn", "to:policy_review"), "ja"
    ).variant == ("reopened")


@pytest.mark.parametrize("reason", ["m2m", "m2m_yes", "short_code", "policy", "final_refusal"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rejection_says_why_and_what_now(
    language: str, reason: str, make_facts: MakeFacts
) -> None:
    composed = compose(NoticeName.REJECTED, "", language, make_facts(language, reason=reason))
    other = compose(NoticeName.REJECTED, "", language, make_facts(language, reason="unheard_of"))
    assert composed.body != other.body
    assert within_limit(composed)


def test_all_doubts_ask_to_check_and_one_mistake_to_correct(make_facts: MakeFacts) -> None:
    ask = make_facts("en", has_errors=False)
    assert compose(NoticeName.NEEDS_CORRECTION, "", "en", ask).subject == (
        "Check 3 answers by 8 December (WA-7K3M9Q4M)"
    )
    japanese = make_facts("ja", has_errors=False)
    assert compose(NoticeName.NEEDS_CORRECTION, "", "ja", japanese).subject == (
        "【要対応・12/8まで】申請書3か所のご確認をお願いします［WA-7K3M9Q4M］"
    )
    german = make_facts("de", has_errors=False)
    assert compose(NoticeName.NEEDS_CORRECTION, "", "de", german).subject == (
        "Rückfrage – 3 Antworten prüfen bis 8. Dezember (WA-7K3M9Q4M)"
    )
    error = compose(NoticeName.NEEDS_CORRECTION, "", "en", make_facts("en"))
    assert error.subject == "Correct 3 answers by 8 December (WA-7K3M9Q4M)"


def test_the_receipt_and_the_answer_to_a_colleague_tell_nothing_of_the_form(
    make_facts: MakeFacts,
) -> None:
    for language in LANGUAGES:
        facts = make_facts(language)
        for notice, variant in (
            (NoticeName.RECEIPT_UNVERIFIED, ""),
            (NoticeName.QUESTION, "colleague"),
            (NoticeName.QUESTION, "reply_to_act"),
        ):
            text = compose(notice, variant, language, facts).text
            for secret in (facts.company, facts.contact, "1234", facts.file_name, "愛子"):
                assert secret not in text


def test_the_neutral_hold_has_no_number(make_facts: MakeFacts) -> None:
    for language in LANGUAGES:
        assert "1234" not in compose(NoticeName.HELD, "", language, make_facts(language)).text


def test_the_text_for_the_old_provider_stands_alone_in_two_languages(
    make_facts: MakeFacts,
) -> None:
    facts = make_facts("ja")
    text = forwardable(NoticeName.TWO_STEP_INSTRUCTIONS, "ja", facts)
    assert text.startswith("Switch off two-step verification for +81 3-1234-5678: WhatsApp")
    assert "+81 3-1234-5678 の2段階認証をオフにしてください。" in text
    for secret in (facts.reference, facts.company, "愛子", "https://"):
        assert secret not in text
    german = forwardable(NoticeName.TWO_STEP_INSTRUCTIONS, "de", facts)
    assert german.startswith("Switch off two-step verification for +81 3-1234-5678: WhatsApp")
    assert "Schalten Sie die Verifizierung in zwei Schritten für +81 3-1234-5678 aus:" in german
    english = forwardable(NoticeName.TWO_STEP_INSTRUCTIONS, "en", facts)
    assert text.startswith(english.rstrip())
    assert forwardable(NoticeName.ACKNOWLEDGED, "en", facts) == ""


def test_one_offered_time_is_agreed_to_with_ok(make_facts: MakeFacts) -> None:
    facts = make_facts("en")
    one = compose(NoticeName.SLOT_PROPOSAL, "", "en", replace(facts, slots=facts.slots[:1]))
    assert "First line of your reply: OK\n" in one.body
    assert "\nTuesday 8 December 2026, 10:00–11:00 (Japan time, UTC+9)\n" in one.body
    two = compose(NoticeName.SLOT_PROPOSAL, "", "en", replace(facts, slots=facts.slots[:2]))
    assert "First line of your reply: A or B\n" in two.body
    three = compose(NoticeName.SLOT_PROPOSAL, "", "en", facts)
    assert "First line of your reply: A, B or C\n" in three.body
    german = compose(NoticeName.SLOT_PROPOSAL, "", "de", replace(facts, slots=facts.slots[:1]))
    assert "Erste Zeile Ihrer Antwort: EINVERSTANDEN\n" in german.body
    slot = "\nDienstag, 8. Dezember 2026, 10:00–11:00 Uhr (japanische Zeit, UTC+9)\n"
    assert slot in german.body.replace("\u00a0", " ")


SUBJECTS_OF_TWO = {
    "en": "We have your 2 WhatsApp requests (WA-7K3M9Q4M, WA-5H8R2C7Z)",
    "ja": "【受付完了】2件の申請を受け付けました［WA-7K3M9Q4M、WA-5H8R2C7Z］",
    "de": "Eingegangen – 2 Anträge für WhatsApp (WA-7K3M9Q4M, WA-5H8R2C7Z)",
}


def test_an_hour_that_has_begun_is_not_offered_and_the_others_keep_their_letters(
    make_facts: MakeFacts,
) -> None:
    facts = make_facts("en")
    later = replace(facts, now=facts.slots[0].start, reminder=1)
    composed = compose(NoticeName.SLOT_PROPOSAL, "", "en", later)
    assert composed.subject.startswith("Reminder – choose a time by")
    assert "First line of your reply: B or C\n" in composed.body
    assert "\nB  Wednesday 9 December" in composed.body
    assert "8 December 2026, 10:00" not in composed.body
    last = compose(NoticeName.SLOT_PROPOSAL, "", "en", replace(later, now=facts.slots[1].start))
    assert "First line of your reply: OK\n" in last.body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "notice",
    [
        NoticeName.CERTIFICATE_ISSUED,
        NoticeName.CERTIFICATE_REMINDER,
        NoticeName.CERTIFICATE_EXPIRED,
        NoticeName.CERTIFICATE_REVOKED,
        NoticeName.INTEGRATION_REMINDER,
        NoticeName.CLOSED_NO_RESPONSE,
    ],
)
def test_none_is_promised_after_the_last_certificate(
    notice: NoticeName, language: str, make_facts: MakeFacts
) -> None:
    word = {"en": "NEW CERTIFICATE", "ja": "証明書の再発行希望", "de": "NEUES ZERTIFIKAT"}[language]
    facts = make_facts(language, previous_status=Status.CERTIFICATE_EXPIRED)
    assert facts.certificate is not None
    last = replace(facts, certificate=replace(facts.certificate, ordinal=3))
    if notice is not NoticeName.CLOSED_NO_RESPONSE:
        assert word in compose(notice, "", language, facts).text
    composed = compose(notice, "", language, last)
    assert word not in composed.text + composed.preheader
    assert within_limit(composed) or notice in {
        NoticeName.CERTIFICATE_ISSUED,
        NoticeName.INTEGRATION_REMINDER,
    }


@pytest.mark.parametrize(
    ("language", "word"), [("en", "NEW CERT"), ("ja", "再発行希望"), ("de", "NEUES")]
)
def test_a_mistake_of_ours_costs_no_certificate(
    language: str, word: str, make_facts: MakeFacts
) -> None:
    facts = make_facts(language, reason="our_mistake")
    assert facts.certificate is not None
    last = replace(facts, certificate=replace(facts.certificate, ordinal=3))
    assert word in compose(NoticeName.CERTIFICATE_REVOKED, "", language, last).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "notice", [NoticeName.WITHDRAWN, NoticeName.REJECTED, NoticeName.CLOSED_NO_RESPONSE]
)
def test_end_of_a_qr_request_ends_nothing_else(
    notice: NoticeName, language: str, make_facts: MakeFacts
) -> None:
    facts = make_facts(language, track=Track.QR, form=FormKind.QR, certificate=None)
    other = {"en": r"WhatsApp request|charged|want WhatsApp", "ja": "WhatsApp利用申請|料金"}
    for by_staff in (False, True):
        text = compose(notice, "", language, replace(facts, by_staff=by_staff)).text
        signature = text.rfind("WA-7K3M9Q4M")
        found = re.search(
            other.get(language, "WhatsApp-Antrag|Gebühr|noch nutzen"), text[:signature]
        )
        assert found is None


@pytest.mark.parametrize(
    ("language", "asked"),
    [("en", "As you asked"), ("ja", "ご依頼のとおり"), ("de", "auf Ihren Wunsch")],
)
def test_who_did_not_ask_is_not_told_so(language: str, asked: str, make_facts: MakeFacts) -> None:
    for notice, changes in (
        (NoticeName.WITHDRAWN, {}),
        (NoticeName.STATUS_CHANGED, {"previous_status": Status.WITHDRAWN}),
        (NoticeName.STATUS_CHANGED, {"previous_status": Status.ACTIVE}),
    ):
        facts = make_facts(language, **changes)
        assert asked in " ".join(compose(notice, "", language, facts).text.split())
        by_staff = compose(notice, "", language, replace(facts, by_staff=True)).text
        assert asked not in " ".join(by_staff.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_charges_are_told_by_what_was_sent(language: str, make_facts: MakeFacts) -> None:
    nothing = {
        "en": "Nothing has been charged",
        "ja": "料金は発生していません",
        "de": "keine Gebühren",
    }
    cancelled = {"en": "We have cancelled", "ja": "無効にしました", "de": "gesperrt"}
    facts = make_facts(language, certificate=None)
    for notice in (NoticeName.WITHDRAWN, NoticeName.REJECTED, NoticeName.CLOSED_NO_RESPONSE):
        assert nothing[language] in compose(notice, "", language, facts).body
        sent = make_facts(language, certificate_sent=True)
        text = compose(notice, "", language, sent).body
        assert nothing[language] not in text
        assert cancelled[language] in text
        assert sent.certificate is not None
        over = replace(sent, now=sent.certificate.expires_at)
        assert cancelled[language] not in compose(notice, "", language, over).body
        before = replace(sent.certificate, reason="exposed")
        ended = replace(over, certificate=before)
        assert cancelled[language] in compose(notice, "", language, ended).body


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_app_is_left_when_the_certificate_comes(language: str, make_facts: MakeFacts) -> None:
    yet = {"en": "Do not delete the WhatsApp app", "ja": "まだ削除しないで", "de": "noch nicht"}
    facts = make_facts(language, number_in_app=True)
    assert yet[language] in compose(NoticeName.READINESS_CHECK, "", language, facts).body
    assert "\n0. " in compose(NoticeName.CERTIFICATE_ISSUED, "", language, facts).body
    assert (
        "\n0. "
        not in compose(NoticeName.CERTIFICATE_ISSUED, "", language, make_facts(language)).body
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_approval_that_ends_before_the_date_is_told(
    language: str, make_facts: MakeFacts
) -> None:
    ends = datetime(2026, 12, 1, tzinfo=UTC)
    late, early = (
        compose(NoticeName.APPROVED_NOT_READY, "", language, make_facts(language, **changes)).body
        for changes in ({"approval_ends_at": ends}, {"approval_ends_at": ends.replace(year=2027)})
    )
    renewed = {"en": "renew it first", "ja": "承認の更新が必要", "de": "vorher erneuern"}[language]
    assert renewed in " ".join(late.split())
    assert renewed not in " ".join(early.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_chat_link_can_be_read(language: str, make_facts: MakeFacts) -> None:
    facts = make_facts(
        language, chat_link="https://wa.me/81312345678?text=%E4%BA%88%E7%B4%84%20%26"
    )
    for notice in (NoticeName.ACTIVATED, NoticeName.QR_DELIVERED):
        assert "予約 &" in compose(notice, "", language, facts).text


def test_files_are_named_by_what_they_are_for(make_facts: MakeFacts) -> None:
    facts = make_facts("en", files=("button_WA-7K3M9Q4M.txt", "whatsapp-signature_1.txt"))
    text = compose(NoticeName.QR_DELIVERED, "", "en", facts).text.replace("\u2060", "")
    assert "button_WA-7K3M9Q4M.txt (button for your web site (paste the code))" in " ".join(
        text.split()
    )
    assert "whatsapp-signature_1.txt (line for your e-mail signature)" in text


def test_two_forms_in_one_message_are_listed_in_one_mail(make_facts: MakeFacts) -> None:
    requests = (
        RequestFacts("WA-7K3M9Q4M", Track.ONBOARDING, "+81 3-1234-5678", "tokyo.xlsx"),
        RequestFacts("WA-5H8R2C7Z", Track.ONBOARDING, "+81 6-1234-5678", "osaka.xlsx"),
    )
    for language in LANGUAGES:
        facts = make_facts(language, requests=requests)
        composed = compose(NoticeName.ACKNOWLEDGED, "", language, facts)
        assert composed.subject == SUBJECTS_OF_TWO[language]
        flowing = re.sub(r"\s+", " ", composed.text.replace("\u2060", ""))
        assert re.search(r"WA-5H8R2C7Z[:：] ?\+81 6-1234-5678(?:, | （)osaka.xlsx", flowing)
        assert re.search(r"WA-7K3M9Q4M[:：] ?\+81 3-1234-5678(?:, | （)tokyo.xlsx", flowing)
        assert within_limit(composed)


def test_of_three_forms_the_subject_names_the_first(make_facts: MakeFacts) -> None:
    three = tuple(
        RequestFacts(reference, Track.QR)
        for reference in ("WA-7K3M9Q4M", "WA-5H8R2C7Z", "WA-1B2C3D4E")
    )
    composed = compose(NoticeName.ACKNOWLEDGED, "", "en", make_facts("en", requests=three))
    assert composed.subject == "We have your 3 WhatsApp requests (WA-7K3M9Q4M)"
    assert "certificate" not in composed.text


def test_a_company_of_255_characters_bursts_nothing(make_facts: MakeFacts) -> None:
    for language, name in (
        ("en", "Sample" * 42),
        ("ja", "株式会社見本" * 42),
        ("de", "Muster" * 42),
    ):
        composed = compose(
            NoticeName.ACKNOWLEDGED, "", language, make_facts(language, company=name)
        )
        widest = max(
            width(line, east_asian=language == "ja") for line in composed.text.splitlines()
        )
        assert widest <= (70 if language == "ja" else 78)


@pytest.mark.parametrize(("language", "longest"), [("en", 66), ("ja", 36), ("de", 66)])
def test_subjects_stay_short_on_the_longest_dates(
    language: str, longest: int, make_facts: MakeFacts
) -> None:
    facts = make_facts(language)
    late = facts.now.replace(year=2027, month=9, day=29, hour=5, minute=30)
    assert facts.certificate is not None
    facts = replace(
        facts,
        due_at=late,
        deleted_at=late,
        track=Track.MIGRATION,
        form=None,
        items=facts.items * 4,
        certificate=replace(facts.certificate, expires_at=late, days_left=3),
    )
    tail = len(" (WA-7K3M9Q4M)") if language == "ja" else 0
    whole = ProblemItem(0, "", "", "", ("…",))
    kinds = [
        replace(facts, items=items, has_errors=has_errors)
        for items in (facts.items, (whole, *facts.items), facts.items[:1], ())
        for has_errors in (True, False)
    ]
    for notice, variant, code in CUSTOMER_CASES:
        for kind in kinds if code == language else ():
            subject = compose(notice, variant, code, kind).subject
            assert len(subject) - tail + bool(tail) <= longest, subject


@pytest.mark.parametrize(
    ("language", "days", "words"),
    [
        ("en", 1, "within 1 working day."),
        ("en", 2, "within 2 working days."),
        ("de", 1, "innerhalb von 1 Arbeitstag."),
        ("de", 2, "innerhalb von 2 Arbeitstagen."),
    ],
)
def test_working_days_are_counted_in_words(
    language: str, days: int, words: str, make_facts: MakeFacts
) -> None:
    facts = make_facts(language, certificate_days=days)
    body = compose(NoticeName.READINESS_CHECK, "", language, facts).body
    assert words in " ".join(body.split())


@pytest.mark.parametrize(
    ("language", "second_form", "state"),
    [
        ("en", "have just sent says the same", "Check of your form (Genesys)"),
        ("ja", "お送りいただいた申請書は", "申請内容の確認（Genesys）"),
        ("de", "das Sie zuletzt gesendet haben", "Prüfung Ihres Formulars (Genesys)"),
    ],
)
def test_who_asks_for_the_state_is_not_told_of_a_second_form(
    language: str, second_form: str, state: str, make_facts: MakeFacts
) -> None:
    facts = make_facts(language)
    told = compose(NoticeName.DUPLICATE, "status", language, facts).body
    again = compose(NoticeName.DUPLICATE, "", language, facts).body
    assert second_form in again
    assert second_form not in told
    assert state in told


def test_a_table_is_a_list_in_the_plain_part_and_a_table_in_the_other() -> None:
    vault, words = Vault(), words_of("en")
    cell = vault.seal("a | b <i>")
    blocks = read_blocks(
        f"```table\nQuestion | You wrote | What to do\nName | {cell} | Write it\n"
        "Town | | Add it\n```\n"
    )
    assert PlainWriter(words, vault).write(blocks) == (
        "1. Name\n   You wrote: a | b <i>\n   What to do: Write it\n\n"
        "2. Town\n   What to do: Add it"
    )
    page = HtmlWriter(words, vault).page("Title", "", (blocks, ()))
    assert page.count('<th scope="col"') == 3
    assert page.count("<td style") == 1 + 2 * 3  # the cell around the whole mail is one too
    assert "a | b &lt;i&gt;</td>" in page


def test_what_is_asked_is_a_block_of_its_own() -> None:
    vault, words = Vault(), words_of("en")
    due = vault.seal("Tuesday 1 December 2026")
    blocks = read_blocks(f"Send it.\n\n```act\nBy: {due}\nFirst line of your reply: READY\n```\n")
    assert PlainWriter(words, vault).write(blocks) == (
        "Send it.\n\nBy: Tuesday 1 December 2026\nFirst line of your reply: READY"
    )
    page = HtmlWriter(words, vault).page("Title", "Send it by Tuesday.", (blocks, ()))
    assert "<strong>Tuesday 1 December 2026</strong>" in page
    assert '<strong style="white-space:nowrap">READY</strong>' in page
    assert page.index("Send it by Tuesday.") < page.index("Send it.</p>")
