"""Looks up the words of the forms: ``templates/forms/<lang>.toml``, typed."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.model.form import FormKind
from pipeline.resources import languages, read_toml, template

_CHOICE_KINDS = frozenset({AnswerKind.CHOICE, AnswerKind.TICK})
#: Kinds whose printed example is nobody's answer; a name of a person or a firm may be somebody's.
_EXAMPLE_KINDS = frozenset(
    {
        AnswerKind.UUID,
        AnswerKind.DIGITS,
        AnswerKind.PATTERN,
        AnswerKind.EMAIL,
        AnswerKind.URL,
    }
)
#: The example of a WABA id in versions 1.0 and 1.1, which forms that we were given answer with.
_TAKEN = frozenset({"102290129340398"})
#: What the printed example of a question stands for among the words of its answers.
EXAMPLE = "example"
_REPLY_LANGUAGE = "reply_language"


def fold_word(text: str) -> str:
    """Return ``text`` in the form in which words are compared: NFKC, case-folded, stripped."""
    if text.isascii():
        return text.lower().strip()
    return unicodedata.normalize("NFKC", text).casefold().strip()


@dataclass(frozen=True, slots=True)
class FormWords:
    """The words of one form as a whole."""

    title: str
    purpose: str
    other_form: str
    time_needed: str
    have_at_hand: tuple[str, ...]
    what_next: str
    footer: str


@dataclass(frozen=True)
class FormTexts:
    """All words of the forms in one language; every look-up raises KeyError for an unknown key."""

    language: str
    _toml: Mapping[str, Any]

    @property
    def language_name(self) -> str:
        """The language's own name."""
        return str(self._toml["language"]["name"])

    @property
    def locale(self) -> str:
        """The CLDR locale that names of countries and the order of sorting come from."""
        return str(self._toml["language"]["locale"])

    def number(self, value: int) -> str:
        """Return a whole number as this language groups its digits: 1,000 or 1.000."""
        from babel.numbers import format_decimal  # noqa: PLC0415 - slow to import

        return str(format_decimal(value, locale=self.locale))

    def words(self, key: str) -> str:
        """Return a word or sentence that does not belong to one form or question."""
        return str(self._toml["words"][key])

    def word_if_any(self, key: str) -> str:
        """Return a word that only some versions print; empty for the others."""
        return str(self._toml["words"].get(key, ""))

    def form(self, kind: FormKind) -> FormWords:
        """Return the words of the form ``kind``."""
        entry = self._toml["forms"][kind.value]
        return FormWords(**{**entry, "have_at_hand": tuple(entry["have_at_hand"])})

    def group_title(self, kind: FormKind, name: str) -> str:
        """Return the heading of a section."""
        groups = self._toml["groups"]
        return str(groups.get(kind.value, {}).get(name) or groups[name])

    def label(self, kind: FormKind, field: str) -> str:
        """Return the label as it is printed."""
        return self._field(kind, field, "label")

    def inside(self, kind: FormKind, field: str) -> str:
        """Return the label as it stands within a sentence (the label itself where equal)."""
        return self._field(kind, field, "inside") or self.label(kind, field)

    def start(self, kind: FormKind, field: str) -> str:
        """Return what starts a sentence about the answer: the label, or a noun for a question."""
        return self._field(kind, field, "start") or self.label(kind, field)

    def hint(self, kind: FormKind, field: str) -> str:
        """Return why or how to answer."""
        return self._field(kind, field, "hint")

    def example(self, kind: FormKind, field: str) -> str:
        """Return one good answer; empty where the few choices are shown instead."""
        return self._field(kind, field, "example")

    def model(self, kind: FormKind, field: str) -> str:
        """Return the line that shows what to answer: an example, a format, or all choices.

        An example of a short list would steer the answer, one of a date would soon be in the past.
        """
        for key in ("example", "format"):
            if shown := self._field(kind, field, key):
                return self.words(key).replace(f"{{{key}}}", shown)
        words = [word for _, word in self.choices(field)]
        listed = self.words("answers_between").join(words)
        return self.words("answers").replace("{choices}", listed) if words else ""

    def statement(self, kind: FormKind, field: str) -> str:
        """Return what a tick confirms, in the customer's mouth; empty for other questions."""
        return self._field(kind, field, "statement")

    def explanation(self, kind: FormKind, field: str, *, short: bool = False) -> str:
        """Return what stands beside an answer: why or how to answer (not if ``short``), a model.

        What a tick confirms is never left out.
        """
        model = self.model(kind, field)
        statement = self.statement(kind, field)
        if short and not statement:
            return model
        return f"{statement or self.hint(kind, field)}\n{model}"

    def beside(self, kind: FormKind, field: str) -> tuple[str, ...]:
        """Return what a workbook may print beside an answer in one cell: a label and more.

        The label and the explanation are printed below each other since version 1.2, the latter in
        one paragraph where that is shorter.
        """
        label = self.label(kind, field)
        every = [self.explanation(kind, field, short=short) for short in (False, True)]
        every += [text.replace("\n", gap) for text in every for gap in (" ", self.words("gap"))]
        return (label, *every, *(f"{label}\n{text}" for text in every))

    def requirement(self, kind: FormKind, field: str) -> str:
        """Return in words whether the question must be answered."""
        question = FORMS[kind].questions[field]
        if question.conditional:
            return self._field(kind, field, "condition")
        return self.words("required" if question.required else "optional")

    def choices(self, field: str) -> tuple[tuple[str, str], ...]:
        """Return (code, word) of each choice of ``field`` in the order of the list.

        Empty for questions that are no choice and no tick.
        """
        question = _question(field)
        if question.kind is AnswerKind.TICK:
            return tuple(self._choice_words(field).items())
        words = self._choice_words(field)
        return tuple((code, words[code]) for code in question.choices)

    def chosen(self, field: str, code: str) -> str:
        """Return the word of the choice ``code`` of ``field``, or ``code`` when it is no choice."""
        question = _question(field)
        is_chosen = question.kind is AnswerKind.TICK or bool(question.choices)
        return dict(self.choices(field)).get(code, code) if is_chosen else code

    @property
    def facts(self) -> tuple[str, ...]:
        """The four facts that cannot be undone, in the order in which they are numbered."""
        return tuple(self._toml["facts"].values())

    @property
    def around(self) -> tuple[str, ...]:
        """All texts that belong to no question and to no choice, as they stand in the templates."""
        return tuple(_leaves([self._toml[key] for key in ("words", "forms", "groups", "facts")]))

    def _field(self, kind: FormKind, field: str, key: str) -> str:
        entry = self._toml["fields"][field]
        return str(entry.get(kind.value, {}).get(key) or entry.get(key, ""))

    def _choice_words(self, field: str) -> Mapping[str, str]:
        if field == _REPLY_LANGUAGE:
            return {code: form_texts(code).language_name for code in languages()}
        found: Mapping[str, str] = self._toml["choices"][_choice_set(self._toml, field)]
        return found

    def synonyms(self, field: str) -> Mapping[str, tuple[str, ...]]:
        """Return the other words of this language that mean each code."""
        if field == _REPLY_LANGUAGE:
            names = {code: (name,) for code, name in self._toml["language"]["names"].items()}
            own = tuple(self._toml["language"]["also"])
            return {**names, self.language: (*names.get(self.language, ()), *own)}
        entry = self._toml["choices_also"].get(_choice_set(self._toml, field), {})
        return {code: tuple(words) for code, words in entry.items()}


def _leaves(value: Any) -> Iterator[str]:
    """Yield all texts within ``value``."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)


def _choice_set(toml: Mapping[str, Any], field: str) -> str:
    """Return the name of the set of choices of ``field``: its own, or a shared one."""
    if field in toml["choices"]:
        return field
    return "tick" if _question(field).kind is AnswerKind.TICK else "yes_no"


@cache
def _question(field: str) -> Question:
    """Return the question ``field`` of any form; a field means the same in all forms."""
    return next(form.questions[field] for form in FORMS.values() if field in form.questions)


@cache
def form_texts(language: str, version: str = "") -> FormTexts:
    """Return the words of ``language`` (a code of :func:`pipeline.resources.languages`).

    ``version`` is one of a form's older versions; any other text stands for the present one. Each
    version keeps the words in which it differs from the next. Raises FileNotFoundError when there
    is no such language.
    """
    words = read_toml("forms", f"{language}.toml")
    older = _older_versions()
    newer = older[older.index(version) :] if version in older else ()
    for step in reversed(newer):
        if template("forms", step, f"{language}.toml").is_file():
            words = _overlaid(words, read_toml("forms", step, f"{language}.toml"))
    return FormTexts(language, MappingProxyType(words))


@cache
def _older_versions() -> tuple[str, ...]:
    """Return the older versions of any form, the oldest first."""
    return tuple(dict.fromkeys(step for form in FORMS.values() for step in form.older_versions))


def _overlaid(words: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``words`` with those of ``others`` in their places."""
    return {**words} | {
        key: _overlaid(words.get(key, {}), value) if isinstance(value, Mapping) else value
        for key, value in others.items()
    }


@cache
def printed_versions(kind: FormKind) -> tuple[FormTexts, ...]:
    """Return the words of every version of the form in every language, the present one last."""
    return tuple(
        form_texts(language, version)
        for version in (*FORMS[kind].older_versions, "")
        for language in reversed(languages())
    )


@cache
def choice_vocabulary(kind: FormKind) -> Mapping[str, Mapping[str, str]]:
    """Return, for each choice or tick of the form, every folded word that means one of its codes.

    Words of every language, codes and synonyms are in it, folded by :func:`fold_word`. The words
    of the lists win over synonyms. Ids, codes and addresses have the examples that
    any version printed, which nobody has.
    """
    questions = FORMS[kind].questions
    choices = {
        field: MappingProxyType(_vocabulary(field, question))
        for field, question in questions.items()
        if question.kind in _CHOICE_KINDS
    }
    printed = {
        field: MappingProxyType(_examples(kind, field))
        for field, question in questions.items()
        if question.kind in _EXAMPLE_KINDS
    }
    return MappingProxyType({**choices, **printed})


def _examples(kind: FormKind, field: str) -> dict[str, str]:
    """Return the folded examples of ``field`` in every language and version."""
    texts = (words.example(kind, field) for words in printed_versions(kind))
    return {fold_word(text): EXAMPLE for text in texts if text and text not in _TAKEN}


def _vocabulary(field: str, question: Question) -> dict[str, str]:
    codes = question.choices or ("yes",)
    found = {fold_word(code): code for code in codes}
    for texts in map(form_texts, languages()):
        for code, word in texts.choices(field):
            found.setdefault(fold_word(word), code)
    for texts in map(form_texts, languages()):
        for code, words in texts.synonyms(field).items():
            if code in codes:
                for word in words:
                    found.setdefault(fold_word(word), code)
    return found
