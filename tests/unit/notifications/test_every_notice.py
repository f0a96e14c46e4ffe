"""Every notice in every variant and language, with realistic and with hostile facts."""

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.intake.reply.vocabulary import COMMANDS as REPLIES
from pipeline.intake.reply.vocabulary import says
from pipeline.model.digest import Digest, DigestLine
from pipeline.model.notice import NoticeFacts, NoticeName, ProblemItem, RequestFacts
from pipeline.model.request import Status, Track
from pipeline.notifications.compose import Composed, compose
from pipeline.notifications.sources import find_source
from pipeline.notifications.words import words_of
from tests.folded import folded
from tests.sources import variants
from tests.world.outbox import as_words

MakeFacts = Callable[..., NoticeFacts]

LANGUAGES = ("en", "ja", "de")
CASES = [
    (notice, variant, language)
    for language in LANGUAGES
    for notice in NoticeName
    for variant in variants(notice.value, language)
]


def _language(case: tuple[NoticeName, str, str]) -> str:
    return case[2]


CUSTOMER_CASES = [case for case in CASES if case[0] is not NoticeName.STAFF_ALERT]

NOTHING_TO_DO = {
    "en": (
        "You do not need to do anything",
        "you do not need to do anything",
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
    "de": (
        "Sie müssen nichts tun",
        "Sie müssen jetzt nichts tun",
        "müssen Sie nichts tun",
        "Es gibt keine Frist",
        "Wir setzen Ihnen keine Frist",
        "Sie müssen nicht antworten",
    ),
}
BY_DATE = {
    "en": re.compile(r"\b(?:[Bb]y:?|before|on|at|Time:) [^.]*\d{1,2} [A-Z][a-z]+ \d{4}", re.DOTALL),
    "ja": re.compile(
        r"(?:期限|日時|開始日に、準備の状況をお伺いします。)[^\n]*\n?"
        r"\d{4}年\d{1,2}月\d{1,2}日（[月火水木金土日]）"
    ),
    "de": re.compile(
        r"(?:bis|am|spätestens|abläuft:|Termin:|Frist:) [^.]*?(?:[DMFS]\w+, )?\d{1,2}\.\s[A-Z]"
    ),
}
#: The length of each kind of notice, in words or characters: most notices, the acknowledgement, a
#: certificate with its steps and prerequisites, a correction and what each answer adds to it, a
#: text to pass on or times to choose from.
LIMITS = {
    "en": (125, 125, 400, 64, 35, 175),
    "ja": (420, 480, 1100, 300, 80, 460),
    "de": (142, 142, 460, 73, 40, 190),
}
_WITH_STEPS = {NoticeName.CERTIFICATE_ISSUED, NoticeName.CERTIFICATE_REISSUED}
#: Activated says where the content profile is chosen, in the words of the screen.
_WITH_A_TEXT = {
    NoticeName.SLOT_PROPOSAL,
    NoticeName.TWO_STEP_INSTRUCTIONS,
    NoticeName.ACTIVATED,
}
#: The words before a command in a notice, and after it.
COMMANDS = {
    "en": re.compile(r"\breply ([A-Z]+(?: [A-Z]+)?) in the first line"),
    "de": re.compile(r"\bmit ([A-ZÄÖÜ]{4,}(?: [A-ZÄÖÜ]{4,})?) in der ersten Zeile"),
}
REPLY_WORD = re.compile(r'<strong style="white-space:nowrap">([^<]+)</strong>')
# A clock time, or a span of two, and then the words of a zone in brackets.
BARE_TIME = re.compile(
    r"\b\d{1,2}:\d{2}(?![\d:])"
    r"(?!(?: ?[–～] ?(?:[^（(]*)\d{1,2}:\d{2})?(?:\sUhr)? ?[（(][^）)]+[）)])"
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


READY = {"en": "READY", "ja": "準備完了", "de": "BEREIT"}


def prepared(
    facts: NoticeFacts, notice: NoticeName, variant: str, language: str = "en"
) -> NoticeFacts:
    changes = STATUS_OF.get((notice.value, variant), {})
    if notice is NoticeName.QUESTION and not variant:
        changes = {"own_words": "Which of the two shops is it?\nTell us its town."}
    if variant == "meaning":
        changes = {"reply_word": READY[language]}
    return replace(facts, **changes)  # type: ignore[arg-type]


_WRITTEN: dict[tuple[NoticeName, str, str], Composed] = {}


def written(case: tuple[NoticeName, str, str], make_facts: MakeFacts) -> Composed:
    """Return the mail of ``case``; each is written once for all tests."""
    notice, variant, language = case
    if case not in _WRITTEN:
        facts = prepared(make_facts(language), notice, variant, language)
        _WRITTEN[case] = compose(notice, variant, language, facts)
    return _WRITTEN[case]


def columns(text: str, *, wide_ambiguous: bool) -> int:
    kinds = {"W", "F", "A"} if wide_ambiguous else {"W", "F"}
    return sum(2 if unicodedata.east_asian_width(c) in kinds else 1 for c in text)


def limit(composed: Composed, items: int) -> int:
    most, acknowledged, issued, correction, item, passed_on = LIMITS[composed.language]
    match composed.notice:
        case NoticeName.ACKNOWLEDGED:
            return acknowledged
        case NoticeName.NEEDS_CORRECTION:
            return correction + item * items
        case notice if notice in _WITH_STEPS:
            return issued
        case notice if notice in _WITH_A_TEXT:
            return passed_on
        case _:
            return most


def size(composed: Composed) -> int:
    """Words without list marks, characters in Japanese without blanks."""
    if composed.language != "ja":
        return len([word for word in composed.body.split() if re.search(r"\w", word)])
    return len(re.sub(r"\s", "", composed.body))


def words_of_html(page: str) -> str:
    body = page.partition("<body")[2].partition(">")[2]
    body = re.sub(r'<div style="display:none.*?</div>|<th scope="col".*?</th>', "", body)
    return html.unescape(re.sub(r"<[^>]+>", "", body))


def letters(text: str) -> str:
    """What is said, without what layout adds: blanks, list marks, rules, marks of commands."""
    bare = re.sub(r"----- Ende? -----|-----|―――+|`", "", text)
    bare = re.sub(r"(?m)^(?:•|・|■|\d+\. )", "", bare)
    return re.sub(r"[\s\u2068\u2069]", "", bare)


def test_every_notice_has_the_same_variants_in_every_language() -> None:
    for notice in NoticeName:
        for language in LANGUAGES:
            assert variants(notice.value, language) == variants(notice.value, "en"), notice


@folded("case", CUSTOMER_CASES, by=_language)
def test_every_notice_to_a_customer_is_in_the_language_with_the_same_choice(
    case: tuple[NoticeName, str, str],
) -> None:
    notice, variant, language = case
    source = find_source(notice.value, variant, (), language)
    english = find_source(notice.value, variant, (), "en")
    assert source.language == language
    assert (source.when, source.address, source.signature) == (
        english.when,
        english.address,
        english.signature,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_shared_words(language: str) -> None:
    english, own = words_of("en").tables, words_of(language).tables
    assert set(english) - set(own) == set()
    for section in set(english) & set(own) - {"zones"}:
        assert list(own[section]) == list(english[section]), section


@folded("case", CASES, by=_language)
def test_nothing_unfilled_is_left(case: tuple[NoticeName, str, str], make_facts: MakeFacts) -> None:
    composed = written(case, make_facts)
    for part in (composed.subject, composed.text, composed.html):
        assert not re.search(r"\{\{|\}\}|\{%|\bNone\b|\bnan\b|Undefined|[\ufdd0-\ufdef]", part)
        assert not re.search(r"[\uff61-\uff9f]", part)
    assert composed.text.count("させていただ") <= 1
    assert not re.search(r" \n|\n\n\n|  +[,.]| ,|\(\)|（）", composed.text)


@folded("case", CUSTOMER_CASES, by=_language)
def test_the_subject_is_short_and_has_the_reference(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    composed = written(case, make_facts)
    if composed.language != "ja":
        assert composed.subject.endswith(" (WA-7K3M9Q4M)")
        assert len(composed.subject) <= 66
    else:
        assert composed.subject.endswith("［WA-7K3M9Q4M］")
        assert len(composed.subject) - len("［WA-7K3M9Q4M］") <= 36
        assert composed.subject.startswith("【")
    assert "WA-7K3M9Q4M" in composed.text
    assert composed.body


@folded("case", CUSTOMER_CASES, by=_language)
def test_it_says_by_when_or_that_nothing_is_needed(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    composed = written(case, make_facts)
    flowing = re.sub(r"\s+", " ", composed.body) if composed.language != "ja" else composed.body
    assert BY_DATE[composed.language].search(flowing) or any(
        sentence in re.sub(r"\s+", "" if composed.language == "ja" else " ", composed.body)
        for sentence in NOTHING_TO_DO[composed.language]
    )


@folded("case", CUSTOMER_CASES, by=_language)
def test_without_any_deadline_it_still_says_so(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    notice, variant, language = case
    facts = replace(
        prepared(make_facts(language), notice, variant, language),
        due_at=None,
        promise_at=None,
        deleted_at=None,
        received_at=None,
        ready_date=None,
        active_since=None,
        file_name="",
    )
    composed = compose(notice, variant, language, facts)
    dangling = r" \n|\n\n\n|  +[,.]| ,|\(\)|（）|\b(?:by|bis|zum|am)[ .:]*\n\n|\b(?:bis zum|am)[.:]"
    assert not re.search(dangling, composed.text)
    certificate = notice in {
        NoticeName.CERTIFICATE_ISSUED,
        NoticeName.CERTIFICATE_REISSUED,
        NoticeName.CERTIFICATE_REMINDER,
    }
    agreed = variant == "slot_agreed"
    flowing = re.sub(r"\s+", "" if language == "ja" else " ", composed.body)
    said = any(sentence in flowing for sentence in NOTHING_TO_DO[language])
    assert said or certificate or agreed


@folded("case", CASES, by=_language)
def test_every_time_has_its_zone(case: tuple[NoticeName, str, str], make_facts: MakeFacts) -> None:
    composed = written(case, make_facts)
    assert BARE_TIME.findall(composed.text.replace("\n", " ")) == []


@folded("case", CUSTOMER_CASES, by=_language)
def test_the_addressee_is_named_once(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    composed = written(case, make_facts)
    first = composed.text.partition("\n\n")[0]
    if composed.language == "en":
        assert first in {"Dear Aiko Tanaka,", "Hello,"}
    elif composed.language == "de":
        assert first in {"Guten Tag Petra Müller,", "Guten Tag,"}
    else:
        assert first in {"株式会社サンプル商事\n情報システム部\n田中　愛子 様", "ご担当者様"}
        assert first.count("様") + first.count("御中") == 1


@folded("case", CASES, by=_language)
def test_lines_fit_the_window(case: tuple[NoticeName, str, str], make_facts: MakeFacts) -> None:
    composed = written(case, make_facts)
    for line in composed.text.splitlines():
        if composed.language != "ja":
            assert columns(line, wide_ambiguous=False) <= 78, line
        else:
            assert columns(line, wide_ambiguous=True) <= 70, line


@pytest.mark.parametrize("count", [1, 2, 3])
@folded("case", CUSTOMER_CASES, by=_language)
def test_it_is_not_longer_than_it_may_be(
    case: tuple[NoticeName, str, str], count: int, make_facts: MakeFacts
) -> None:
    notice, variant, language = case
    facts = prepared(make_facts(language), notice, variant, language)
    composed = compose(notice, variant, language, replace(facts, items=facts.items[:count]))
    assert size(composed) <= limit(composed, count)


@folded("case", CASES, by=_language)
def test_both_parts_say_the_same(case: tuple[NoticeName, str, str], make_facts: MakeFacts) -> None:
    composed = written(case, make_facts)
    assert letters(words_of_html(composed.html)) == letters(composed.text)


@folded("case", CASES, by=_language)
def test_the_page_is_one_column_in_its_language(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    composed = written(case, make_facts)
    assert f'<html lang="{composed.language}"' in composed.html
    assert '<meta name="color-scheme" content="light dark">' in composed.html
    assert "<img" not in composed.html
    assert composed.template_id.startswith(composed.notice.value)


@folded("case", CUSTOMER_CASES, by=_language)
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
        # one "please" beside what nobody has to do for us: to ask a colleague
        courteous = ["please"] if composed.template_id.startswith("question.") else []
        assert [word.lower() for word in found] in ([], courteous)
    assert not re.search(r"間違|不正|エラー|不備|了解しました|失効|弊社", composed.body)


@folded("case", [case for case in CASES if case[2] in COMMANDS], by=_language)
def test_a_command_that_is_named_is_one_that_is_read(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    composed = written(case, make_facts)
    flowing = " ".join(composed.body.split())
    found = COMMANDS[case[2]].findall(flowing)
    assert [word for word in found if not says(REPLIES, word)] == []
    told = re.findall("in the first line(?! of|:)|in der ersten Zeile(?!:| mit dem Wort)", flowing)
    assert len(found) == len(told)


@folded("case", CUSTOMER_CASES, by=_language)
def test_each_word_to_reply_with_stands_in_a_block_of_its_own_and_is_read(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    line = {
        "en": "First line of your reply: ",
        "ja": "1行目に書く言葉：",
        "de": "Erste Zeile Ihrer Antwort: ",
    }[case[2]]
    for told in re.findall(rf"(?m)^{line}(.*)$", written(case, make_facts).text):
        words = re.split(r", or |, | or | oder |、または|、|／", told)
        assert words
        commands = [word for word in words if re.fullmatch("[A-ZÄÖÜ ]{2,}", word)]
        for word in commands or (words[:1] if case[1] in {"meaning", "differs_first"} else ()):
            assert says(REPLIES, word), word


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", [NoticeName.ACTIVATED, NoticeName.WITHDRAWN])
def test_word_that_undoes_is_told_while_it_can_be_undone(
    notice: NoticeName, language: str, make_facts: MakeFacts
) -> None:
    facts = prepared(make_facts(language), notice, "")
    page = compose(notice, "", language, replace(facts, undo_until=facts.due_at)).html
    words = [html.unescape(word) for word in REPLY_WORD.findall(page)]
    assert words
    assert [word for word in words if not says(REPLIES, word)] == []


@folded("case", CUSTOMER_CASES, by=_language)
def test_a_block_of_what_is_asked_stands_apart(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    asked = re.compile("By: |Frist: |期限：|First line of your|1行目に書く|Erste Zeile Ihrer")
    lines = ["", *written(case, make_facts).text.split("\n"), ""]
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if asked.match(line):
            assert not before or re.match("[^:：]+[:：]", before), before
            assert not after or asked.match(after) or re.match("[^:：]+[:：]", after), after


@folded("case", [case for case in CUSTOMER_CASES if case[2] == "de"], by=_language)
def test_german_is_written_as_german_letters_are(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    composed = written(case, make_facts)
    first = composed.body.split()[0]
    assert first[0].islower() or first in {"Ihr", "Ihre", "Ihren", "Sie", "Meta"}
    ours = f"{composed.subject}\n{composed.text}"
    assert ours.count("„") == ours.count("“")
    assert not re.search(r'["”]| - |—|\b(?:[Dd]u|[Dd]ein\w*|ungültig\w*)\b', ours)
    assert len(re.findall(r"\b[Bb]itte\b", ours)) <= 1
    assert "Freundliche Grüße\n\nVorgangsnummer: WA-7K3M9Q4M" in composed.text


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
        digest=Digest(
            (DigestLine(value, value, value, value, Status.HELD, facts.now, value, 2),),
            value,
            facts.now,
        ),
        chat_link=value,
        requests=(
            RequestFacts("WA-7K3M9Q4M", Track.ONBOARDING, "+81 3-1234-5678", value),
            RequestFacts("WA-5H8R2C7Z", Track.QR, "", value),
        ),
        reason=value,
    )


_FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\ufdd0-\ufdef\u202a-\u202e\u2066\u2067]")


def tags(page: str) -> list[str]:
    """Return the tags of a mail but those that keep short words together, whatever they are."""
    return [
        tag for tag in re.findall(r"</?[a-z0-9]+", as_words(page)) if tag not in {"<bdi", "</bdi"}
    ]


@folded("case", CASES, by=_language)
def test_hostile_words_come_out_as_they_are_and_do_nothing(
    case: tuple[NoticeName, str, str], make_facts: MakeFacts
) -> None:
    notice, variant, language = case
    facts = prepared(make_facts(language), notice, variant, language)
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
