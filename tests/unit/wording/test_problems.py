"""The catalogue of problem sentences: complete, the same in every language, inert."""

import ast
import re
from pathlib import Path

import pytest

from pipeline.model.form import FormKind
from pipeline.model.problem import Audience, Problem, Severity
from pipeline.resources import languages, read_toml
from pipeline.wording.problems import priority, problem_languages, sentence, shown

_PACKAGE = Path(__file__).parents[3] / "pipeline"
_SOURCES = ("validation", "forms", "intake", "flow")
#: A flow's own records are called findings too; there only problems count.
_ONLY_PROBLEMS = "flow"
#: Calls whose first string (or second, after a value) is the code of a problem.
_CALLS = {"Problem": 0, "Finding": 0, "reject": 0, "ask": 1, "_staff": 0, "StaffFact": 2}
_VALUE_TABLES = ("types", "parts", "things", "statements")
_KIND = FormKind.ONBOARDING


def _reads_answers(path: Path) -> bool:
    return path.relative_to(_PACKAGE).parts[0] != _ONLY_PROBLEMS


def _codes_in(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        position = _CALLS.get(name) if name == "Problem" or _reads_answers(path) else None
        if position is None or len(node.args) <= position:
            continue
        argument = node.args[position]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            found.add(argument.value)
    return found


def _used_codes() -> set[str]:
    files = [path for room in _SOURCES for path in (_PACKAGE / room).rglob("*.py")]
    return set().union(*map(_codes_in, files))


def _entries(language: str) -> dict[str, str]:
    toml = read_toml("problems", f"{language}.toml")
    return {code: entry["sentence"] for code, entry in toml.items() if "sentence" in entry}


def _placeholders(text: str) -> set[str]:
    return {name.lower() for name in re.findall(r"\{(\w+)\}", text)}


def test_catalogue_has_the_languages_of_the_forms() -> None:
    assert set(problem_languages()) == set(languages())


@pytest.mark.parametrize("language", problem_languages())
def test_every_code_that_the_programme_makes_has_a_sentence(language: str) -> None:
    codes = _used_codes()
    assert len(codes) > 60
    assert codes - set(_entries(language)) == set()


@pytest.mark.parametrize("language", problem_languages())
def test_languages_have_the_same_codes_with_the_same_placeholders(language: str) -> None:
    english, other = _entries("en"), _entries(language)
    assert list(other) == list(english)
    differing = {
        code: (english[code], other[code])
        for code in english
        if _placeholders(english[code]) != _placeholders(other[code])
    }
    assert differing == {}


@pytest.mark.parametrize("table", _VALUE_TABLES)
def test_languages_have_the_same_values(table: str) -> None:
    tables = [read_toml("problems", f"{language}.toml")[table] for language in problem_languages()]
    assert [list(found) for found in tables] == [list(tables[0])] * len(tables)


def test_english_is_plain() -> None:
    forbidden = re.compile(r"\b(?:please|sorry|valid|invalid|oops)\b", re.IGNORECASE)
    assert [code for code, text in _entries("en").items() if forbidden.search(text)] == []


def test_german_is_plain() -> None:
    forbidden = re.compile(r"\b(?:bitte|ungültig\w*|Fehler)\b", re.IGNORECASE)
    assert [code for code, text in _entries("de").items() if forbidden.search(text)] == []


@pytest.mark.parametrize("language", problem_languages())
def test_sentence_ends_without_a_full_stop(language: str) -> None:
    assert [code for code, text in _entries(language).items() if text.endswith((".", "。"))] == []


def _problem(code: str, field: str = "", **params: str | int) -> Problem:
    return Problem(code, Severity.ERROR, Audience.CUSTOMER, field, tuple(params.items()))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Enter the organization ID"),
        ("ja", "組織IDを入力してください"),
        ("xx", "Enter the organization ID"),
    ],
)
def test_label_stands_as_its_language_wants(language: str, expected: str) -> None:
    found = sentence(_problem("empty", "genesys_org_id"), language, _KIND)
    assert found.casefold() == expected.casefold()


def test_german_uses_the_printed_label_in_quotes() -> None:
    found = sentence(_problem("empty", "genesys_org_id"), "de", _KIND)
    assert re.fullmatch(r"Füllen Sie das Feld „[^“]+“ aus", found)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "3 April 2026 or 4 March 2026"),
        ("ja", "2026年4月3日と2026年3月4日"),
        ("de", "3. April 2026 oder 4. März 2026"),
    ],
)
def test_ambiguous_dates_are_written_out(language: str, expected: str) -> None:
    problem = _problem("date_ambiguous", "ready_date", a="2026-04-03", b="2026-03-04")
    assert expected in sentence(problem, language, _KIND)


def test_countries_are_named_in_the_language() -> None:
    problem = _problem("choose_value", "country", country_a="DE", country_b="AT")
    assert "ドイツとオーストリア" in sentence(problem, "ja", _KIND)
    assert "Deutschland oder Österreich" in sentence(problem, "de", _KIND)


def test_keys_are_put_into_words() -> None:
    consent = _problem("consent", "ack_charges", thing="ack_charges")
    assert sentence(consent, "en", _KIND) == "Confirm that you understand when charges start"
    kind = _problem("phone_not_supported", "phone_number", type="pager")
    assert "a pager number" in sentence(kind, "en", _KIND)


def test_unknown_code_is_an_error() -> None:
    with pytest.raises(KeyError):
        sentence(_problem("no_such_code"), "en", None)


def test_placeholder_in_a_value_is_not_filled() -> None:
    problem = _problem("placeholder", "contact_name", given="{label} {n}")
    assert "“{label} {n}”" in sentence(problem, "en", _KIND)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\tc", "a b c"),
        ("x" * 41, "x" * 39 + "…"),
        ("a\x07b\x7f", "a␇b␡"),
        ("\u202eabc", "[U+202E]abc"),
        ("שלום", "\u2068שלום\u2069"),
        ("<b>", "<b>"),
    ],
)
def test_hostile_value_is_shown_inert(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_priority_shows_one_problem_of_each_field() -> None:
    doubtful = Problem("name_capitals", Severity.ASK, field="display_name")
    missing = Problem("empty", Severity.ERROR, field="display_name")
    told = Problem("ready_past", Severity.NOTE, field="ready_date")
    rule = Problem("phone_mismatch", Severity.ERROR, field="phone_number_again")
    impossible = Problem("phone_too_long", Severity.ERROR, field="phone_number_again")
    file = Problem("file_print", Severity.ASK)
    found = priority((file, doubtful, missing, told, rule, impossible))
    assert found == (file, missing, told, impossible)
