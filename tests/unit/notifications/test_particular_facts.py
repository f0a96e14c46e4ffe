"""What single notices say on particular facts."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.model.request import Track
from pipeline.notifications.compose import Composed, compose, forwardable
from pipeline.notifications.sources import find_source, variants
from pipeline.notifications.wrap import width

MakeFacts = Callable[..., NoticeFacts]
LANGUAGES = ("en", "ja")
CUSTOMER_CASES = [
    (notice, variant, language)
    for language in LANGUAGES
    for notice in NoticeName
    for variant in variants(notice.value, language)
    if notice is not NoticeName.STAFF_ALERT
]


def within_limit(composed: Composed) -> bool:
    if composed.language == "en":
        return len([word for word in composed.body.split() if re.search(r"\w", word)]) <= 120
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
    english = forwardable(NoticeName.TWO_STEP_INSTRUCTIONS, "en", facts)
    assert text.startswith(english.rstrip())
    assert forwardable(NoticeName.ACKNOWLEDGED, "en", facts) == ""


def test_one_offered_time_is_agreed_to_with_ok(make_facts: MakeFacts) -> None:
    facts = make_facts("en")
    one = compose(NoticeName.SLOT_PROPOSAL, "", "en", replace(facts, slots=facts.slots[:1]))
    assert "Reply OK in the first line by" in one.body
    two = compose(NoticeName.SLOT_PROPOSAL, "", "en", replace(facts, slots=facts.slots[:2]))
    assert "Reply with A or B by" in two.body
    three = compose(NoticeName.SLOT_PROPOSAL, "", "en", facts)
    assert "Reply with A, B or C by" in three.body


def test_two_forms_in_one_message_are_listed_in_one_mail(make_facts: MakeFacts) -> None:
    for language in LANGUAGES:
        facts = make_facts(language, refs=("WA-7K3M9Q4M", "WA-5H8R2C7Z"))
        composed = compose(NoticeName.ACKNOWLEDGED, "", language, facts)
        assert "WA-5H8R2C7Z" in composed.text
        assert within_limit(composed)


def test_a_company_of_255_characters_bursts_nothing(make_facts: MakeFacts) -> None:
    for language, name in (("en", "Sample" * 42), ("ja", "株式会社見本" * 42)):
        composed = compose(
            NoticeName.ACKNOWLEDGED, "", language, make_facts(language, company=name)
        )
        widest = max(
            width(line, east_asian=language == "ja") for line in composed.text.splitlines()
        )
        assert widest <= (78 if language == "en" else 70)


@pytest.mark.parametrize(("language", "longest"), [("en", 66), ("ja", 36)])
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
    for notice, variant, code in CUSTOMER_CASES:
        if code == language:
            subject = compose(notice, variant, code, facts).subject
            assert len(subject) - tail + bool(tail) <= longest, subject
