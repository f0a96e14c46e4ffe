"""Every sentence of the catalogue, filled in as the programme fills it, in every language."""

import re
from collections.abc import Callable, Iterator

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.texts import form_texts
from pipeline.model.form import FormKind
from pipeline.model.problem import Audience, Problem, Severity
from pipeline.resources import read_toml
from pipeline.wording.problems import priority, problem_languages, sentence
from tests.folded import folded

_LONGEST = 200
#: A typical value of each placeholder that is not a label or a word from a table.
_TYPICAL: dict[str, str | int] = {
    "pages": "2, 3",
    "n": 75,
    "m": 112,
    "min": 14,
    "max": 17,
    "chars": "★",
    "given": "090-1234",
    "zone": "Asia/Tokyo",
    "value": "+81 90 1234 5678",
    "a": "+81 90 1234 5678",
    "b": "+81 90 8765 4321",
    "extra": "123",
    "domain": "gmial.com",
    "country": "GB",
    "country_a": "JP",
    "country_b": "NL",
    "prefix": "+870",
    "name": "Lucky Shrub",
    "type": "premium",
    "part": "year",
    "spot": "comment",
    "mark": "picture",
    "thing": "ack_charges",
    "label_b": "phone_number",
    "v": "1.0",
    "w": "1.1",
    "refs": "WA-7K3M9Q4M, WA-8H2N4R6T",
    "ref": "WA-7K3M9Q4M",
    "number": "+81 90 1234 5678",
    "changes": "A → B",
}
#: Words of English that mean nothing in the others; names, units and what is typed are no words.
_ENGLISH = re.compile(
    r"\b(?:the|your|must|be|enter|confirm|select|answer|again|number is|please|cell|and)\b",
    re.IGNORECASE,
)


def _entries(language: str) -> dict[str, str]:
    toml = read_toml("problems", f"{language}.toml")
    return {code: entry["sentence"] for code, entry in toml.items() if "sentence" in entry}


_YES_NO = {"yes", "no"}


def _decides(question: Question) -> bool:
    return set(question.choices) >= _YES_NO


def _is(*kinds: AnswerKind) -> Callable[[str, Question], bool]:
    return lambda _, question: question.kind in kinds


def _named(*fields: str) -> Callable[[str, Question], bool]:
    return lambda name, _: name in fields


#: What a question must be to carry a code, by the code or its beginning; others may stand at all.
_CARRIERS: dict[str, Callable[[str, Question], bool]] = {
    "empty_or_unknown": lambda _, question: question.unknown,
    "not_selected": lambda _, question: bool(question.choices) and not _decides(question),
    "yes_no_unknown": lambda _, question: _decides(question) and "unknown" in question.choices,
    "yes_no": lambda _, question: _decides(question) and "unknown" not in question.choices,
    "list_value": _is(AnswerKind.CHOICE, AnswerKind.COUNTRY),
    "bool_": lambda _, question: _decides(question) or question.kind is AnswerKind.TICK,
    "consent": _is(AnswerKind.TICK),
    "time_zone": _is(AnswerKind.TIME_ZONE),
    "email_": _is(AnswerKind.EMAIL),
    "free_mail": _is(AnswerKind.EMAIL),
    "url": _is(AnswerKind.URL),
    "org_id": _is(AnswerKind.UUID),
    "digits_id": _is(AnswerKind.DIGITS),
    "qr_code_id": _is(AnswerKind.PATTERN),
    "phone_": _is(AnswerKind.PHONE, AnswerKind.CONTACT_PHONE),
    "number_not_active": _is(AnswerKind.PHONE),
    "m2m_yes": _named("is_m2m"),
    "date_": _is(AnswerKind.DATE, AnswerKind.DATE_TIME),
    "time_missing": _is(AnswerKind.DATE_TIME),
    "ready_": _named("ready_date"),
    "name_": _is(AnswerKind.DISPLAY_NAME),
    "description_long": _named("profile_description"),
    "opt_in_": _named("opt_in_wording"),
}


def _fields(code: str, text: str) -> Iterator[tuple[str, FormKind | None]]:
    """The fields that can carry ``code``, when its sentence speaks of one."""
    if not re.search(r"\{(?:[Ll]abel|statement)\}", text):
        yield "", None
        return
    carries = next((rule for start, rule in _CARRIERS.items() if code.startswith(start)), None)
    for kind, form in FORMS.items():
        for field, question in form.questions.items():
            if carries is None or carries(field, question):
                yield field, kind


def _filled(code: str, text: str, language: str) -> Iterator[tuple[str, str]]:
    names = set(re.findall(r"\{(\w+)\}", text)) - {"Label", "label", "statement"}
    names = {"type" if name == "how" else name for name in names}  # the way to save such a file
    params = tuple((name, _TYPICAL[name]) for name in sorted(names))
    for field, kind in _fields(code, text):
        of_kind = kind or (FormKind.ONBOARDING if "label_b" in names else None)
        problem = Problem(code, Severity.ERROR, Audience.CUSTOMER, field, params)
        yield field, sentence(problem, language, of_kind)


def _language(case: tuple[str, str]) -> str:
    return case[0]


_CASES = [(language, code) for language in problem_languages() for code in _entries(language)]


@folded(("language", "code"), _CASES, by=_language)
def test_sentence_reads_whole_with_every_label(language: str, code: str) -> None:
    text = _entries(language)[code]
    for field, filled in _filled(code, text, language):
        assert not re.search(r"[{}]", filled), (field, filled)
        assert len(filled) <= _LONGEST, (field, filled)
        assert code not in filled or "_" not in code, (field, filled)
        assert not re.search(r"\b[a-z]+_[a-z_]+\b", filled), (field, filled)
        assert not re.search(r"[.。]{2}|  |[.。]$|「「|」」", filled), (field, filled)
        assert filled[0] == filled[0].upper(), (field, filled)


@folded(("language", "code"), [case for case in _CASES if case[0] != "en"], by=_language)
def test_sentence_of_another_language_has_no_english_in_it(language: str, code: str) -> None:
    for field, filled in _filled(code, _entries(language)[code], language):
        quoted = re.sub(r"name@example\.com|Lucky Shrub", "", filled)
        assert not _ENGLISH.search(quoted), (field, filled)


#: An order to choose what is no answer: 2段階認証がオフであることを選択してください.
_CHOOSE_A_NOUN = re.compile(
    r"(?:こと|手続き|承認|認証|一致|設定|接続|番号|アカウント)を選択してください"
)


@folded("code", _entries("ja"), by=lambda _: "ja")
def test_japanese_never_says_to_choose_what_is_no_answer(code: str) -> None:
    for field, filled in _filled(code, _entries("ja")[code], "ja"):
        assert not _CHOOSE_A_NOUN.search(filled), (field, filled)


@folded(("language", "code"), _CASES, by=_language)
def test_label_that_is_a_question_stands_in_quotes_only(language: str, code: str) -> None:
    texts = form_texts(language)
    for field, filled in _filled(code, _entries(language)[code], language):
        for kind in (kind for kind, form in FORMS.items() if field in form.questions):
            label = texts.label(kind, field)
            if label.endswith(("か", "?", "？")):
                nested = label.translate(str.maketrans("「」", "『』"))
                bare = re.sub(rf"[「“„]{re.escape(nested)}[」”“]", "", filled)
                assert label not in bare, (field, filled)
                assert nested not in bare, (field, filled)


@pytest.mark.parametrize("language", problem_languages())
def test_yes_or_no_is_asked_for_by_its_statement(language: str) -> None:
    toml = read_toml("problems", f"{language}.toml")
    codes = ("unreadable", "cell_error", "placeholder", "bool_unclear", "too_long")
    for kind, form in FORMS.items():
        for field in (name for name, question in form.questions.items() if _decides(question)):
            for code in codes:
                problem = Problem(code, Severity.ERROR, field=field, params=(("given", "2"),))
                filled = sentence(problem, language, kind)
                assert toml["statements"][field] in filled
                assert toml["reading"]["question"].replace(
                    "{label}", form_texts(language).label(kind, field)
                ) not in filled.replace(toml["statements"][field], "")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Select yes if two-step verification is off, otherwise no. “x” can mean either"),
        (
            "ja",
            (
                "2段階認証がオフであるかどうかを、"
                "「はい」か「いいえ」で選択してください（「x」はどちらにも読めます）"
            ),
        ),
        (
            "de",
            (
                "Wählen Sie „Ja“, wenn die Verifizierung in zwei Schritten aus ist, sonst „Nein“. "
                "„x“ kann beides bedeuten"
            ),
        ),
    ],
)
def test_mark_that_can_mean_either_is_asked_about(language: str, expected: str) -> None:
    problem = Problem(
        "bool_unclear", Severity.ASK, field="two_step_disabled", params=(("given", "x"),)
    )
    assert sentence(problem, language, FormKind.MIGRATION) == expected


def test_sign_that_is_no_tick_is_shown_where_consent_is_asked_for() -> None:
    problem = Problem("bool_unclear", Severity.ASK, field="ack_charges", params=(("given", "v"),))
    expected = "Confirm that you understand when charges start. “v” can mean yes or no"
    assert sentence(problem, "en", FormKind.ONBOARDING) == expected


@pytest.mark.parametrize("code", ["bool_condition", "cell_error", "unreadable"])
def test_tick_that_is_unclear_is_asked_for_as_a_consent(code: str) -> None:
    params = (("given", "v"), ("extra", "v"))
    problem = Problem(code, Severity.ASK, field="ack_charges", params=params)
    expected = "Confirm that you understand when charges start"
    assert sentence(problem, "en", FormKind.ONBOARDING) == expected


#: What went wrong, behind the instruction: it sounds like an afterthought.
_REASON_LAST = re.compile(
    r"ください。.*(?:開けませんでした|読み取れませんでした|ありませんでした)(?:（.*）)?\Z"
)


@folded("code", _entries("ja"), by=lambda _: "ja")
def test_japanese_says_first_what_is_the_matter(code: str) -> None:
    assert not _REASON_LAST.search(_entries("ja")[code])


#: The table of words, and the sentences that use it.
_USES = {
    "types": ("phone_not_supported", "type", "phone_number"),
    "parts": ("date_missing", "part", "ready_date"),
    "things": ("consent", "thing", ""),
    "statements": ("yes_no", "statement", ""),
}
_OF_FILES = (
    "excel_97", "xlsb", "sheet_markup", "opendocument", "opendocument_text", "numbers", "pages",
    "csv", "word", "archive", "unknown",
)  # fmt: skip


@pytest.mark.parametrize("language", problem_languages())
def test_every_word_of_the_tables_fits_its_sentence(language: str) -> None:
    toml = read_toml("problems", f"{language}.toml")
    for table, (code, name, field) in _USES.items():
        for key, word in toml[table].items():
            used = "file_other" if key in _OF_FILES else code
            problem = Problem(used, Severity.ERROR, field=field or key, params=((name, key),))
            kind = next(kind for kind, form in FORMS.items() if (field or key) in form.questions)
            filled = sentence(problem, language, kind)
            assert word in filled
            assert not re.search(r"[{}]", filled)


@pytest.mark.parametrize("language", problem_languages())
def test_every_question_of_yes_or_no_and_every_tick_has_its_words(language: str) -> None:
    toml = read_toml("problems", f"{language}.toml")
    questions = {
        name: question for form in FORMS.values() for name, question in form.questions.items()
    }
    decided = {name for name, question in questions.items() if _decides(question)}
    ticks = {name for name, question in questions.items() if question.kind is AnswerKind.TICK}
    assert set(toml["statements"]) == decided
    assert set(toml["things"]) == ticks
    assert set(_OF_FILES) <= set(toml["types"])


@pytest.mark.parametrize("kind", _OF_FILES)
@pytest.mark.parametrize("language", problem_languages())
def test_file_is_named_by_words_and_never_by_our_code(language: str, kind: str) -> None:
    for code in ("file_type", "file_other"):
        words = sentence(Problem(code, Severity.ERROR, params=(("type", kind),)), language, None)
        assert read_toml("problems", f"{language}.toml")["types"][kind] in words
        assert "_" not in words


@pytest.mark.parametrize(
    ("language", "code", "country", "expected"),
    [
        ("en", "phone_too_short", "GB", "090-1234 is too short for the United Kingdom"),
        ("en", "phone_too_short", "JP", "090-1234 is too short for Japan"),
        ("de", "phone_too_short", "GB", "090-1234 ist zu kurz (Land: Vereinigtes Königreich)"),
        ("ja", "phone_too_short", "GB", "「090-1234」はイギリスの番号としては桁数が足りません"),
        ("en", "phone_restricted", "CU", "We check whether WhatsApp is offered in Cuba"),
    ],
)
def test_country_stands_in_a_sentence_as_people_say_it(
    language: str, code: str, country: str, expected: str
) -> None:
    params = (("given", "090-1234"), ("country", country))
    problem = Problem(code, Severity.ERROR, field="phone_number", params=params)
    assert expected in sentence(problem, language, FormKind.ONBOARDING)


def test_country_that_is_to_be_chosen_stands_as_in_the_list() -> None:
    params = (("country_a", "GB"), ("country_b", "US"))
    problem = Problem("choose_value", Severity.ASK, field="country", params=params)
    expected = "It can be United Kingdom or United States"
    assert expected in sentence(problem, "en", FormKind.ONBOARDING)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "3 April 2027, 10:00 or 4 March 2027, 10:00"),
        ("ja", "2027年4月3日 10:00と2027年3月4日 10:00"),
        ("de", "3. April 2027, 10:00 Uhr oder 4. März 2027, 10:00 Uhr"),
    ],
)
def test_date_with_its_time_is_written_as_the_language_does(language: str, expected: str) -> None:
    params = (("a", "2027-04-03T10:00"), ("b", "2027-03-04T10:00"))
    problem = Problem("date_ambiguous", Severity.ASK, field="preferred_slot", params=params)
    assert expected in sentence(problem, language, FormKind.MIGRATION)


@pytest.mark.parametrize("language", problem_languages())
def test_label_within_a_sentence_is_never_the_name_of_the_field(language: str) -> None:
    texts = form_texts(language)
    for kind, form in FORMS.items():
        for field in form.questions:
            assert field not in (texts.label(kind, field), texts.inside(kind, field))


_RANKED = (
    Problem("empty", Severity.ERROR, field="display_name"),
    Problem("cell_error", Severity.ERROR, field="display_name"),
    Problem("too_long", Severity.ERROR, field="display_name"),
    Problem("opt_in_name", Severity.ERROR, field="display_name"),
    Problem("name_capitals", Severity.ASK, field="display_name"),
    Problem("description_long", Severity.WARNING, field="display_name"),
    Problem("ready_past", Severity.NOTE, field="display_name"),
)


@pytest.mark.parametrize("first", range(len(_RANKED)))
def test_most_urgent_problem_of_a_field_is_the_one_that_is_shown(first: int) -> None:
    rest = _RANKED[first:]
    assert priority(rest) == (rest[0],)
    assert priority(tuple(reversed(rest))) == (rest[0],)


def test_one_problem_of_each_field_in_the_order_of_the_form() -> None:
    other = Problem("url", Severity.ERROR, field="website")
    assert priority((_RANKED[4], other, _RANKED[0])) == (_RANKED[0], other)
