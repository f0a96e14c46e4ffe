"""Every sentence of the catalogue, filled in as the programme fills it, in every language."""

import re
from collections.abc import Iterator

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.texts import form_texts
from pipeline.model.form import FormKind
from pipeline.model.problem import Audience, Problem, Severity
from pipeline.resources import read_toml
from pipeline.wording.problems import priority, problem_languages, sentence

_LONGEST = 200
#: A typical value of each placeholder that is not a label or a word from a table.
_TYPICAL: dict[str, str | int] = {
    "n": 75,
    "m": 112,
    "min": 14,
    "max": 17,
    "chars": "★",
    "given": "090-1234",
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
    "thing": "ack_charges",
    "statement": "is_m2m",
    "label_b": "phone_number",
    "v": "1.0",
    "w": "1.1",
    "refs": "WA-7K3M9Q4M, WA-8H2N4R6T",
    "ref": "WA-7K3M9Q4M",
    "number": "+81 90 1234 5678",
    "changes": "A → B",
}
_PHONES = frozenset({AnswerKind.PHONE, AnswerKind.CONTACT_PHONE})
#: Words of English that mean nothing in the others; names, units and what is typed are no words.
_ENGLISH = re.compile(
    r"\b(?:the|your|must|be|enter|confirm|select|answer|again|number is|please|cell|and)\b",
    re.IGNORECASE,
)


def _entries(language: str) -> dict[str, str]:
    toml = read_toml("problems", f"{language}.toml")
    return {code: entry["sentence"] for code, entry in toml.items() if "sentence" in entry}


def _fields(code: str, text: str) -> Iterator[tuple[str, FormKind | None]]:
    """The fields that ``code`` may be about: all of the forms when its sentence has a label."""
    if not re.search(r"\{[Ll]abel\}", text):
        yield "", None
        return
    for kind, form in FORMS.items():
        for field, question in form.questions.items():
            if not code.startswith("phone_") or question.kind in _PHONES:
                yield field, kind


def _filled(code: str, text: str, language: str) -> Iterator[tuple[str, str]]:
    names = {name for name in re.findall(r"\{(\w+)\}", text) if name.lower() != "label"}
    params = tuple((name, _TYPICAL[name]) for name in sorted(names))
    for field, kind in _fields(code, text):
        of_kind = kind or (FormKind.ONBOARDING if "label_b" in names else None)
        problem = Problem(code, Severity.ERROR, Audience.CUSTOMER, field, params)
        yield field, sentence(problem, language, of_kind)


_CASES = [(language, code) for language in problem_languages() for code in _entries(language)]


@pytest.mark.parametrize(("language", "code"), _CASES)
def test_sentence_reads_whole_with_every_label(language: str, code: str) -> None:
    text = _entries(language)[code]
    for field, filled in _filled(code, text, language):
        assert not re.search(r"[{}]", filled), (field, filled)
        assert len(filled) <= _LONGEST, (field, filled)
        assert code not in filled or "_" not in code, (field, filled)
        assert not re.search(r"\b[a-z]+_[a-z_]+\b", filled), (field, filled)
        assert not re.search(r"[.。]{2}|  |[.。]$|「「|」」", filled), (field, filled)
        assert filled[0] == filled[0].upper(), (field, filled)


@pytest.mark.parametrize(
    ("language", "code"), [case for case in _CASES if case[0] != "en"], ids=lambda part: part
)
def test_sentence_of_another_language_has_no_english_in_it(language: str, code: str) -> None:
    for field, filled in _filled(code, _entries(language)[code], language):
        quoted = re.sub(r"name@example\.com|Lucky Shrub", "", filled)
        assert not _ENGLISH.search(quoted), (field, filled)


@pytest.mark.parametrize("language", problem_languages())
def test_every_word_of_the_tables_fits_its_sentence(language: str) -> None:
    toml = read_toml("problems", f"{language}.toml")
    uses = {
        "types": ("phone_not_supported", "type"),
        "parts": ("date_missing", "part"),
        "things": ("consent", "thing"),
        "statements": ("yes_no", "statement"),
    }
    for table, (code, name) in uses.items():
        for key, word in toml[table].items():
            problem = Problem(code, Severity.ERROR, field="phone_number", params=((name, key),))
            filled = sentence(problem, language, FormKind.ONBOARDING)
            assert word in filled
            assert not re.search(r"[{}]", filled)


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
