"""Writes the check column: a formula for each answer, and its value before it is computed."""

from collections.abc import Mapping

from pipeline.forms.definitions.definition import AnswerKind, FormDefinition, Question
from pipeline.forms.texts import FormTexts

_UUID_LENGTH = 36
_REPEATED = "phone_number_again"
_REPEATS = "phone_number"


def quoted(text: str) -> str:
    """Return ``text`` as a formula holds it."""
    return '"' + text.replace('"', '""') + '"'


def _digits(cell: str) -> str:
    """Return the formula of what is left of a phone number without its usual punctuation."""
    formula = cell
    for character in (" ", "　", "-", "－", "(", ")", "."):
        formula = f'SUBSTITUTE({formula},"{character}","")'
    return formula


def _format_test(field: str, question: Question, cell: str, cells: Mapping[str, str]) -> str:
    """Return a condition that holds for an answer of the wrong format, or an empty text."""
    if field == _REPEATED:
        return f"{_digits(cell)}<>{_digits(cells[_REPEATS])}"
    if question.kind is AnswerKind.EMAIL:
        return f'ISERROR(FIND("@",SUBSTITUTE({cell},"＠","@")))'
    if question.kind is AnswerKind.UUID:
        return f"LEN(TRIM({cell}))<>{_UUID_LENGTH}"
    if question.maximum and question.kind is AnswerKind.TEXT:
        return f"LEN({cell})>{question.maximum}"
    return ""


def check_formula(
    definition: FormDefinition, texts: FormTexts, field: str, cells: Mapping[str, str]
) -> str:
    """Return the formula that tells in words whether ``field`` is answered.

    ``cells`` are the answer cells by field, such as ``D12``.
    """
    question = definition.questions[field]
    cell = cells[field]
    ok = quoted(texts.words("check_ok"))
    test = _format_test(field, question, cell, cells)
    if test:
        wrong = "check_differs" if field == _REPEATED else "check_format"
        ok = f"IF({test},{quoted(texts.words(wrong))},{ok})"
    empty = quoted(texts.words("check_empty"))
    nothing = quoted(texts.words("check_none"))
    if question.when:
        words = dict(texts.choices(question.when.field))
        other = cells[question.when.field]
        holds = ",".join(f"{other}={quoted(words[value])}" for value in question.when.values)
        empty = f"IF(OR({holds}),{empty},{nothing})"
    elif not question.required:
        empty = nothing
    return f'=IF(TRIM({cell})="",{empty},{ok})'


def check_word(
    definition: FormDefinition, texts: FormTexts, field: str, answers: Mapping[str, str]
) -> str:
    """Return what the formula shows for ``answers`` (codes), for programs that compute nothing."""
    question = definition.questions[field]
    answer = answers.get(field, "").strip()
    if answer:
        return texts.words(_filled_word(field, question, answer, answers))
    return texts.words("check_empty" if question.is_required(answers) else "check_none")


def _filled_word(field: str, question: Question, answer: str, answers: Mapping[str, str]) -> str:
    if field == _REPEATED:
        same = _bare(answer) == _bare(answers.get(_REPEATS, ""))
        return "check_ok" if same else "check_differs"
    wrong = (
        (question.kind is AnswerKind.EMAIL and not {"@", "＠"} & set(answer))
        or (question.kind is AnswerKind.UUID and len(answer) != _UUID_LENGTH)
        or (question.kind is AnswerKind.TEXT and 0 < question.maximum < len(answer))
    )
    return "check_format" if wrong else "check_ok"


def _bare(number: str) -> str:
    return number.translate(str.maketrans("", "", " 　-－()."))
