"""What we say about a problem: the sentences of ``templates/problems``, filled in."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.texts import FormTexts, form_texts
from pipeline.model.form import FormKind
from pipeline.model.problem import Problem, Severity
from pipeline.resources import languages, read_toml, template

_FALLBACK = "en"
_LONGEST = 40
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI", "LRO", "LRE", "LRI", "FSI"})
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_DIRECTION_MARKS = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_PICTURES = 0x2400
_DELETE, _DELETE_PICTURE = "\x7f", "\u2421"
#: Parameters whose value is a key, and the table that it is looked up in.
_TABLES: Mapping[str, str] = {
    "type": "types",
    "part": "parts",
    "thing": "things",
    "statement": "statements",
    "spot": "spots",
    "mark": "marks",
}
#: The parameter that names the type of a file, and the table of how to save such as xlsx.
_TYPE, _WAYS, _HOW, _USUAL = "type", "ways", "how", "excel_97"
_VALUES = frozenset({"value", "a", "b", "given"})
_DATES = frozenset({AnswerKind.DATE, AnswerKind.DATE_TIME})
_MISSING = frozenset(
    {
        "empty",
        "empty_or_unknown",
        "not_selected",
        "yes_no",
        "yes_no_unknown",
        "consent",
        "placeholder",
        "file_empty",
    }
)
#: Sentences that show what we read, so that they speak of a question and not of its answer.
_SHOW_WHAT_WAS_READ = frozenset(
    {"two_values", "confirm_value", "from_print", "print_part", "from_mail"}
)
#: How the codes of what stands beside an answer begin; they show it.
_LEFT_OVER = "left_over_"
#: The sentence about a tick that says neither yes nor no.
_UNCLEAR, _UNCLEAR_TICK = "bool_unclear", "tick_unclear"
_YES_NO, _YES_NO_UNKNOWN, _CONSENT = "yes_no", "yes_no_unknown", "consent"
_OF_LABELS = re.compile(r"\{[Ll]abel\}")
_QUESTION_ENDS = ("か", "?", "？")
#: Quotation marks of Japanese within others.
_NESTED = str.maketrans("「」", "『』")
_UNREADABLE = frozenset(
    {"unreadable", "damaged_chars", "print_part", "cell_error", "cell_formula", "cell_digits_lost"}
)
_RULES = frozenset({"phone_mismatch", "opt_in_name", "opt_in_consent", "date_past", "m2m_yes"})


@cache
def problem_languages() -> tuple[str, ...]:
    """Return the codes of the languages that have sentences."""
    return tuple(sorted(path.stem for path in template("problems").glob("??.toml")))


def _sentences(language: str) -> Mapping[str, Any]:
    known = language if language in problem_languages() else _FALLBACK
    return read_toml("problems", f"{known}.toml")


def sentence(problem: Problem, language: str, kind: FormKind | None) -> str:
    """Return what ``problem`` says in ``language`` (English when there is no such language).

    ``kind`` is the form whose labels are used; None for a problem of a file. Hostile values are
    cut, isolated and made visible; the result is plain text and is escaped where it is shown.
    A question to be answered yes or no, or by a tick, is told of by what it states, not by its
    label. Raises KeyError for a code without a sentence.
    """
    catalogue = _sentences(language)
    question = FORMS[kind].questions.get(problem.field) if kind else None
    template_text = _template(problem.code, question, catalogue)
    values = _labels(problem, catalogue, language, kind)
    for name, value in problem.params:
        key, text = _resolved(name, value, problem, catalogue, language, kind)
        values[key] = text
        values.setdefault(name, text)
        if name == _TYPE:
            ways = catalogue[_WAYS]
            values[_HOW] = str(ways.get(str(value), ways[_USUAL]))
    return re.sub(
        r"\{(\w+)\}", lambda found: values.get(found.group(1), found.group()), template_text
    )


def _template(code: str, question: Question | None, catalogue: Mapping[str, Any]) -> str:
    """Return the sentence of ``code`` about ``question``, its placeholders not yet filled."""
    own = str(catalogue[code]["sentence"])
    if question is None or code in _SHOW_WHAT_WAS_READ or code.startswith(_LEFT_OVER):
        return own
    if question.kind is AnswerKind.TICK:
        if code == _UNCLEAR:
            return str(catalogue[_UNCLEAR_TICK]["sentence"])
        by_label_or_statement = _OF_LABELS.search(own) or "{statement}" in own
        return str(catalogue[_CONSENT]["sentence"]) if by_label_or_statement else own
    if not question.choices or not set(question.choices) >= {"yes", "no"}:
        return own
    asked = _YES_NO_UNKNOWN if "unknown" in question.choices else _YES_NO
    return str(catalogue[asked]["sentence"]) if _OF_LABELS.search(own) else own


def _labels(
    problem: Problem, catalogue: Mapping[str, Any], language: str, kind: FormKind | None
) -> dict[str, str]:
    if not problem.field or kind is None:
        return {}
    found = {
        "Label": _label(problem.field, catalogue, language, kind, inside=False),
        "label": _label(problem.field, catalogue, language, kind),
    }
    for name in ("statement", "thing"):
        if problem.field in catalogue[_TABLES[name]]:
            found[name] = str(catalogue[_TABLES[name]][problem.field])
    return found


def _texts(language: str) -> FormTexts:
    """Return the words of the forms, in English where the language has no forms."""
    return form_texts(language if language in languages() else _FALLBACK)


def _label(
    field: str,
    catalogue: Mapping[str, Any],
    language: str,
    kind: FormKind,
    *,
    inside: bool | None = None,
) -> str:
    """Return the label as it stands in a sentence; one that is itself a question is quoted.

    ``inside`` asks for its form within a sentence (None: where the language has one).
    """
    if field not in FORMS[kind].questions:
        return field
    texts, reading = _texts(language), catalogue["reading"]
    wanted = reading["inside"] if inside is None else inside
    label = texts.inside(kind, field) if wanted else texts.start(kind, field)
    if not label.endswith(_QUESTION_ENDS):
        return label
    quoted = str(reading["question"])
    within = label.translate(_NESTED) if "「" in quoted else label
    return quoted.replace("{label}", within)


def _resolved(
    name: str,
    value: str | int,
    problem: Problem,
    catalogue: Mapping[str, Any],
    language: str,
    kind: FormKind | None,
) -> tuple[str, str]:
    """Return the placeholder that a parameter fills, and its words in the reader's language."""
    text = str(value)
    if name in _TABLES:
        return name, str(catalogue[_TABLES[name]].get(text, shown(text)))
    if name.startswith("label"):
        if kind is None:
            return name, shown(text)
        return name, _label(text, catalogue, language, kind)
    if name.startswith("country"):
        placeholder = name.removeprefix("country_") if _is_choice(problem.code) else name
        listed = _country(text, catalogue["reading"]["locale"])
        return placeholder, listed if placeholder != name else catalogue["countries"].get(
            text, listed
        )
    question = FORMS[kind].questions.get(problem.field) if kind else None
    if question and name in _VALUES:
        return name, _answer(text, question, problem.field, catalogue, language)
    return name, shown(text)


def _is_choice(code: str) -> bool:
    """Return whether the sentence of ``code`` shows countries as values."""
    return code in {"choose_value", "confirm_value", "two_values"}


@cache
def _territories(locale: str) -> Mapping[str, str]:
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for few sentences

    found: Mapping[str, str] = Locale.parse(locale).territories
    return found


def _country(code: str, locale: str) -> str:
    return shown(str(_territories(locale).get(code, code)))


def _answer(
    text: str,
    question: Question,
    field: str,
    catalogue: Mapping[str, Any],
    language: str,
) -> str:
    """Return a canonical value as people read it: a date written out, a choice by its word."""
    if question.kind in _DATES and (written := _date(text, catalogue["reading"])):
        return written
    if question.choices:
        return shown(dict(_texts(language).choices(field)).get(text, text))
    return shown(text)


def _date(text: str, reading: Mapping[str, Any]) -> str:
    """Return an ISO 8601 date (and time) written out, or empty when ``text`` is none."""
    from babel.dates import format_date  # noqa: PLC0415 - slow to import

    try:
        moment = datetime.fromisoformat(text) if "T" in text else None
        day = moment.date() if moment else date.fromisoformat(text)
    except ValueError:
        return ""
    written = str(format_date(day, "long", locale=reading["locale"]))
    if moment is None:
        return written
    return str(reading["moment"]).format(date=written, time=f"{moment:%H:%M}")


def shown(text: str) -> str:
    """Return hostile ``text`` as it may be shown: one line, 40 characters at most, inert.

    Control characters and direction marks are made visible; text from right to left is isolated
    (Unicode UAX 9), so that it cannot turn the sentence around it.
    """
    line = " ".join(text.split())
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 1].rstrip() + "…"
    visible = "".join(map(_visible, line))
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in visible):
        return f"{_ISOLATE}{visible}{_END_ISOLATE}"
    return visible


def _visible(character: str) -> str:
    if character == _DELETE:
        return _DELETE_PICTURE
    if ord(character) < ord(" "):
        return chr(_PICTURES + ord(character))
    hidden = unicodedata.category(character) in {"Cc", "Cs"} or character in _DIRECTION_MARKS
    return f"[U+{ord(character):04X}]" if hidden else character


def _rank(problem: Problem) -> int:
    """Return how early a problem counts: missing, unreadable, impossible, rule, doubt, told."""
    if problem.code in _MISSING:
        return 0
    if problem.code in _UNREADABLE:
        return 1
    if problem.severity is Severity.ERROR:
        return 3 if problem.code in _RULES else 2
    return {Severity.ASK: 4, Severity.WARNING: 5, Severity.NOTE: 6}[problem.severity]


def priority(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the one problem of each field that the customer is shown, in the given order.

    Problems of the whole file (without a field) are all kept.
    """
    chosen: dict[str, Problem] = {}
    for index, problem in enumerate(problems):
        key = problem.field or f"file {index}"
        held = chosen.get(key)
        if held is None or _rank(problem) < _rank(held):
            chosen[key] = problem
    return tuple(chosen.values())
