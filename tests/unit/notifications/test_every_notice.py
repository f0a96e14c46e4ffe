"""Every notice in every variant and language, with realistic and with hostile facts."""

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.model.notice import QUESTION_VARIANTS, NoticeFacts, NoticeName, ProblemItem
from pipeline.model.request import Status, Track
from pipeline.notifications.compose import Composed, compose, forwardable
from pipeline.notifications.sources import find_source, variants

MakeFacts = Callable[..., NoticeFacts]

LANGUAGES = ("en", "ja")
CASES = [
    (notice, variant, language)
    for language in LANGUAGES
    for notice in NoticeName
    for variant in variants(notice.value, language)
]
CUSTOMER_CASES = [case for case in CASES if case[0] is not NoticeName.STAFF_ALERT]

NOTHING_TO_DO = {
    "en": (
        "You do not need to do anything",
        "There is no deadline",
        "You do not need to reply",
    ),
    "ja": (
        "お手続きいただくことはありません",
        "期限はありません",
        "ご返信は不要です",
        "期限はなく",
        "期限もありません",
    ),
}
BY_DATE = {
    "en": re.compile(r"\b(?:by|before|on|at|Time:) [^.]*\d{1,2} [A-Z][a-z]+ \d{4}", re.DOTALL),
    "ja": re.compile(
        r"(?:期限|日時|次の日に、準備の状況をお伺いします。)[^\n]*\n?"
        r"\d{4}年\d{1,2}月\d{1,2}日（[月火水木金土日]）"
    ),
}
# A clock time, or a span of two, and then the words of a zone in brackets.
BARE_TIME = re.compile(
    r"\b\d{1,2}:\d{2}(?![\d:])(?!(?: ?[–～] ?(?:[^（(]*)\d{1,2}:\d{2})? ?[（(][^）)]+[）)])"
)
STATUS_OF = {
    ("status_changed", ""): {"status": Status.BUSINESS_VERIFICATION},
    ("status_changed", "slot_agreed"): {"status": Status.SLOT_AGREED, "track": Track.MIGRATION},
    ("status_changed", "number_active"): {
        "status": Status.CONTENT_REVIEW,
        "previous_status": Status.AWAITING_ACTIVE,
        "track": Track.QR,
    },
}


def prepared(facts: NoticeFacts, notice: NoticeName, variant: str) -> NoticeFacts:
    changes = STATUS_OF.get((notice.value, variant), {})
    if notice is NoticeName.QUESTION and not variant:
        changes = {"own_words": "Which of the two shops is it?\nTell us its town."}
    return replace(facts, **changes)  # type: ignore[arg-type]


_WRITTEN: dict[tuple[NoticeName, str, str], Composed] = {}


def written(case: tuple[NoticeName, str, str], make_facts: MakeFacts) -> Composed:
    """Return the mail of ``case``; each is written once for all tests."""
    notice, variant, language = case
    if case not in _WRITTEN:
        facts = prepared(make_facts(language), notice, variant)
        _WRITTEN[case] = compose(notice, variant, language, facts)
    return _WRITTEN[case]


def columns(text: str, *, wide_ambiguous: bool) -> int:
    kinds = {"W", "F", "A"} if wide_ambiguous else {"W", "F"}
    return sum(2 if unicodedata.east_asian_width(c) in kinds else 1 for c in text)


def limit(composed: Composed, items: int) -> int:
    english = composed.language == "en"
    match composed.notice:
        case NoticeName.ACKNOWLEDGED:
            return 120 if english else 480
        case NoticeName.NEEDS_CORRECTION:
            return 60 + 35 * items if english else 300 + 80 * items
        case NoticeName.CERTIFICATE_ISSUED:
            return 280 if english else 830
        case _:
            return 120 if english else 420


def size(composed: Composed) -> int:
    """Words in English without list marks, characters in Japanese without blanks."""
    if composed.language == "en":
        return len([word for word in composed.body.split() if re.search(r"\w", word)])
    return len(re.sub(r"\s", "", composed.body))


def words_of_html(page: str) -> str:
    body = page.partition("<body")[2].partition(">")[2]
    return html.unescape(re.sub(r"<[^>]+>", "", body))


def letters(text: str) -> str:
    """What is said, without what layout adds: blanks, list marks, rules."""
    bare = re.sub(r"----- End -----|-----|―――+", "", text)
    bare = re.sub(r"(?m)^(?:•|・|■|\d+\. )", "", bare)
    return re.sub(r"[\s\u2068\u2069]", "", bare)


def test_every_notice_has_the_same_variants_in_every_language() -> None:
    for notice in NoticeName:
        assert variants(notice.value, "ja") == variants(notice.value, "en"), notice


def test_the_question_has_every_variant_of_the_model() -> None:
    assert set(variants("question", "en")) == {"", *QUESTION_VARIANTS}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nothing_unfilled_is_left(case: tuple[NoticeName, str, str], make_facts: MakeFacts) -> None:
    composed = written(case, make_facts)
    for part in (composed.subject, composed.text, composed.html):
        assert not re.search(r"\{\{|\}\}|\{%|\bNone\b|\bnan\b|Undefined|[\ufdd0-\ufdef]", part)
        assert not re.search(r"[\uff61-\uff9f]", part)
    assert composed.text.count("させていただ") <= 1
    assert not re.search(r" \n|\n\n\n|  +[,.]| ,|\(\)|（）", composed.text)


@pytest.mark.parametrize("case", CUSTOMER_CASES, ids=str)
def test_the_subject_is_short_and_has_the_reference(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    composed = written(case, make_facts)
    if composed.language == "en":
        assert composed.subject.endswith(" (WA-7K3M9Q4M)")
        assert len(composed.subject) <= 66
    else:
        assert composed.subject.endswith("［WA-7K3M9Q4M］")
        assert len(composed.subject) - len("［WA-7K3M9Q4M］") <= 36
        assert composed.subject.startswith("【")
    assert "WA-7K3M9Q4M" in composed.text
    assert composed.body


@pytest.mark.parametrize("case", CUSTOMER_CASES, ids=str)
def test_it_says_by_when_or_that_nothing_is_needed(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    composed = written(case, make_facts)
    flowing = re.sub(r"\s+", " ", composed.body) if composed.language == "en" else composed.body
    assert BY_DATE[composed.language].search(flowing) or any(
        sentence in re.sub(r"\s+", " " if composed.language == "en" else "", composed.body)
        for sentence in NOTHING_TO_DO[composed.language]
    )


@pytest.mark.parametrize("case", CUSTOMER_CASES, ids=str)
def test_without_any_deadline_it_still_says_so(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    notice, variant, language = case
    facts = replace(
        prepared(make_facts(language), notice, variant),
        due_at=None,
        promise_at=None,
        deleted_at=None,
        received_at=None,
        ready_date=None,
        active_since=None,
        file_name="",
    )
    composed = compose(notice, variant, language, facts)
    assert not re.search(r" \n|\n\n\n|  +[,.]| ,|\(\)|（）|\bby[ .:]*\n\n", composed.text)
    certificate = notice in {
        NoticeName.CERTIFICATE_ISSUED,
        NoticeName.CERTIFICATE_REISSUED,
        NoticeName.CERTIFICATE_REMINDER,
    }
    agreed = variant == "slot_agreed"
    flowing = re.sub(r"\s+", " " if language == "en" else "", composed.body)
    said = any(sentence in flowing for sentence in NOTHING_TO_DO[language])
    assert said or certificate or agreed


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_time_has_its_zone(case: tuple[NoticeName, str, str], make_facts: MakeFacts) -> None:
    composed = written(case, make_facts)
    assert BARE_TIME.findall(composed.text.replace("\n", " ")) == []


@pytest.mark.parametrize("case", CUSTOMER_CASES, ids=str)
def test_the_addressee_is_named_once(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    composed = written(case, make_facts)
    first = composed.text.partition("\n\n")[0]
    if composed.language == "en":
        assert first in {"Dear Aiko Tanaka,", "Hello,"}
    else:
        assert first in {"株式会社サンプル商事\n情報システム部\n田中　愛子 様", "ご担当者様"}
        assert first.count("様") + first.count("御中") == 1


@pytest.mark.parametrize("case", CASES, ids=str)
def test_lines_fit_the_window(case: tuple[NoticeName, str, str], make_facts: MakeFacts) -> None:
    composed = written(case, make_facts)
    for line in composed.text.splitlines():
        if composed.language == "en":
            assert columns(line, wide_ambiguous=False) <= 78, line
        else:
            assert columns(line, wide_ambiguous=True) <= 70, line


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("case", CUSTOMER_CASES, ids=str)
def test_it_is_not_longer_than_it_may_be(
    case: tuple[NoticeName, str, str], count: int, make_facts: MakeFacts
) -> None:
    notice, variant, language = case
    facts = prepared(make_facts(language), notice, variant)
    composed = compose(notice, variant, language, replace(facts, items=facts.items[:count]))
    assert size(composed) <= limit(composed, count)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_parts_say_the_same(case: tuple[NoticeName, str, str], make_facts: MakeFacts) -> None:
    composed = written(case, make_facts)
    assert letters(words_of_html(composed.html)) == letters(composed.text)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_page_is_one_column_in_its_language(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    composed = written(case, make_facts)
    assert f'<html lang="{composed.language}"' in composed.html
    assert '<meta name="color-scheme" content="light dark">' in composed.html
    assert "<img" not in composed.html
    assert composed.template_id.startswith(composed.notice.value)


@pytest.mark.parametrize("case", CUSTOMER_CASES, ids=str)
def test_no_word_blames_or_begs(case: tuple[NoticeName, str, str], make_facts: MakeFacts) -> None:
    composed = written(case, make_facts)
    asking = {
        NoticeName.NEEDS_CORRECTION,
        NoticeName.UNREADABLE,
        NoticeName.CORRECTION_REMINDER,
        NoticeName.QUESTION,
        NoticeName.REJECTED,
    }
    if composed.language == "en" and composed.notice in asking:
        found = re.findall(r"(?i)\b(?:please|sorry|valid|invalid|oops|error)\b", composed.body)
        assert found == []
    assert not re.search(r"間違|不正|エラー|不備|了解しました|失効|弊社", composed.body)


HOSTILE = (
    "A\r\nBcc: evil@example.com",
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% for %}",
    "[click](https://evil.example/x)",
    "https://evil.example/login",
    '=HYPERLINK("https://evil.example")',
    "\u202eevil\u2066\u2067",
    "## Heading\n- item\n```\n***",
    "\ufdd00\ufdd1 \x00\x1b[31m \ud800",
    "a & b &lt; \"c\" 'd'",
    "1. one\\",
    "مرحبا 123",
)


def hostile(facts: NoticeFacts, value: str) -> NoticeFacts:
    item = ProblemItem(4, value, "Form!D8", value, (value,))
    return replace(
        facts,
        company=value,
        department=value,
        contact=value,
        file_name=value,
        items=(item,),
        notes=(value,),
        changes=((value, value, value),),
        own_words=value,
        files=(value,),
        digest=((value, value, value),),
        chat_link=value,
        refs=("WA-7K3M9Q4M", value),
        reason=value,
    )


_FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\ufdd0-\ufdef\u202a-\u202e\u2066\u2067]")


def tags(page: str) -> list[str]:
    return [tag for tag in re.findall(r"</?[a-z0-9]+", page) if tag not in {"<bdi", "</bdi"}]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_hostile_words_come_out_as_they_are_and_do_nothing(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    notice, variant, language = case
    facts = prepared(make_facts(language), notice, variant)
    calm = compose(notice, variant, language, hostile(facts, "Calm"))
    for value in HOSTILE:
        composed = compose(notice, variant, language, hostile(facts, value))
        assert composed.template_id == calm.template_id
        assert "\n" not in composed.subject
        assert _FORBIDDEN.findall(composed.text) == []
        if "\n" not in value:
            assert tags(composed.html) == tags(calm.html)
        assert "evil.example" not in " ".join(re.findall(r'href="([^"]*)"', composed.html))
        if not value.startswith(("##", "1.")):
            said = letters(words_of_html(composed.html))
            assert said == letters(composed.text)


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
    assert size(composed) <= limit(composed, 0)


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
        assert size(composed) <= limit(composed, 0)


def test_a_company_of_255_characters_bursts_nothing(make_facts: MakeFacts) -> None:
    for language, name in (("en", "Sample" * 42), ("ja", "株式会社見本" * 42)):
        composed = compose(
            NoticeName.ACKNOWLEDGED, "", language, make_facts(language, company=name)
        )
        widest = max(
            columns(line, wide_ambiguous=language == "ja") for line in composed.text.splitlines()
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
