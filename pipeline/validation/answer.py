"""Read one answer: what the cell or field itself says, then the reader of the question's kind."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.texts import EXAMPLE
from pipeline.model.problem import Audience, Severity, Verdict
from pipeline.model.submission import Answer, CellType
from pipeline.validation.calendar.dates import read_date, read_date_time
from pipeline.validation.characters import (
    clean,
    fold,
    is_blank,
    is_cell_error,
    is_placeholder,
    is_unknown,
    squeeze,
    utf16_length,
)
from pipeline.validation.choices.choice import read_choice, read_tick
from pipeline.validation.display_name import read_display_name
from pipeline.validation.email import read_email
from pipeline.validation.geography.country import read_country
from pipeline.validation.geography.time_zone import read_time_zone
from pipeline.validation.identifiers import read_digits, read_pattern, read_uuid
from pipeline.validation.phone.reader import read_phone
from pipeline.validation.reading import Finding, Hints, Read, ask, ok, reject
from pipeline.validation.text import read_text
from pipeline.validation.url import read_url

Reader = Callable[[str, Question, Hints], Read]

READERS: Mapping[AnswerKind, Reader] = MappingProxyType(
    {
        AnswerKind.TEXT: read_text,
        AnswerKind.DISPLAY_NAME: read_display_name,
        AnswerKind.EMAIL: read_email,
        AnswerKind.PHONE: read_phone,
        AnswerKind.CONTACT_PHONE: read_phone,
        AnswerKind.COUNTRY: read_country,
        AnswerKind.UUID: read_uuid,
        AnswerKind.DIGITS: read_digits,
        AnswerKind.URL: read_url,
        AnswerKind.DATE: read_date,
        AnswerKind.DATE_TIME: read_date_time,
        AnswerKind.TIME_ZONE: read_time_zone,
        AnswerKind.CHOICE: read_choice,
        AnswerKind.TICK: read_tick,
        AnswerKind.PATTERN: read_pattern,
    }
)

_WORDS = frozenset({AnswerKind.TEXT, AnswerKind.DISPLAY_NAME})
#: Kinds where 無, 0 or NA is an answer.
_OWN_BLANKS = frozenset({AnswerKind.CHOICE, AnswerKind.TICK, AnswerKind.COUNTRY})
_NUMBERS = frozenset({AnswerKind.PHONE, AnswerKind.CONTACT_PHONE, AnswerKind.DIGITS})
_BLANK = Read(None, Verdict.BLANK)
#: A formula: a function, a place, a text or a number behind the sign of equality.
_FORMULA = re.compile(
    r"""\s*=\s*[+-]?(?:[^\W\d_][\w.]{0,40}\(|(?:'[^']{1,80}'|\w{1,40})!|\$?[A-Za-z]{1,3}\$?\d|["(\d])"""
)
_SHOWN = 100
#: Longer answers are free words, in which a formula may be meant.
_LONGEST_NAME = 255
#: No answer is nearly so long; beyond it nothing is read, so that no text takes its time.
_LONGEST = 10_000


def read_answer(
    answer: Answer | None, question: Question, hints: Hints, *, confirmed: str | None = None
) -> Read:
    """Return the reading of ``answer``; None and blank cells are BLANK.

    ``confirmed`` is the raw answer that was asked about before: the same again settles it, unless
    it was read from a print again, for what is misread is misread each time. What staff entered is
    settled wherever it can be read.
    """
    if answer is not None and len(answer.raw) > _LONGEST and len(answer.raw.strip()) > _LONGEST:
        return reject("too_long", n=question.maximum or _LONGEST, m=utf16_length(answer.raw))
    if answer is None or (is_blank(answer.raw) and answer.cell_type is not CellType.FORMULA):
        if answer is not None and answer.cell_type is CellType.PRINT and answer.damaged:
            return ask(None, "unreadable")  # seen on the page, but not read
        return _BLANK if answer is None or answer.disagrees is None else _disagreeing(answer)
    if hints.cell_type is not answer.cell_type:
        hints = replace(hints, cell_type=answer.cell_type)
    read = _read(answer, question, hints)
    if answer.cell_type is CellType.STAFF:
        return _settled(read, "entered_by_staff")
    by_print = answer.cell_type is CellType.PRINT
    if read.verdict is Verdict.ASK and confirmed == answer.raw and not by_print:
        return _settled(read, "confirmed")
    return _doubts_of_the_file(read, answer)


def _read(answer: Answer, question: Question, hints: Hints) -> Read:
    text = answer.raw
    if answer.cell_type is CellType.ERROR or is_cell_error(text):
        copied = answer.where == answer.field  # into a PDF, which has no cells
        return reject("placeholder" if copied else "cell_error", given=text.strip())
    if answer.cell_type is CellType.FORMULA:
        return reject("cell_formula")
    if _is_name(question) and _FORMULA.match(text):  # a cell of texts keeps it as it is typed
        copied = answer.where == answer.field
        given = squeeze(text)[:_SHOWN]
        return reject("placeholder", given=given) if copied else reject("cell_formula")
    if is_placeholder(text) and question.kind not in _OWN_BLANKS:
        unknown = question.unknown and READERS[question.kind](text, question, hints)
        if unknown and unknown.verdict is Verdict.OK:
            return unknown
        return reject("placeholder", given=text.strip()) if _needed(question) else _BLANK
    return _meant(READERS[question.kind](text, question, hints), text, question, hints)


def _meant(read: Read, text: str, question: Question, hints: Hints) -> Read:
    """Return ``read``, or that it is no answer: our example, or that nobody knows one."""
    if read.verdict is Verdict.REJECT and _may_be_left_open(question, text):
        return _BLANK
    value = fold(read.value or "").rstrip("/")
    if read.verdict is Verdict.OK and hints.words.get(value) == EXAMPLE:
        return reject("placeholder", given=squeeze(text)[:_SHOWN])
    return read


def _may_be_left_open(question: Question, text: str) -> bool:
    """Whether who does not know the answer may leave it open, and ``text`` says no more."""
    is_list = question.kind is AnswerKind.CHOICE and not _needed(question)
    return is_list and (is_unknown(text) or is_placeholder(text))


def _is_name(question: Question) -> bool:
    return question.kind in _WORDS and 0 < question.maximum <= _LONGEST_NAME


def _needed(question: Question) -> bool:
    return question.required or question.conditional


def _disagreeing(answer: Answer) -> Read:
    other = answer.disagrees or ""
    return ask(None, "two_values", a=squeeze(answer.raw) or "—", b=squeeze(other) or "—")


def _doubts_of_the_file(read: Read, answer: Answer) -> Read:
    """Return ``read`` as a question when the file itself makes it doubtful."""
    if answer.disagrees is not None and fold(clean(answer.disagrees)[0]) != fold(answer.raw):
        return _disagreeing(answer)
    if read.verdict is not Verdict.OK or read.value is None:
        return read
    if answer.damaged:
        finding = Finding("damaged_chars", (("chars", squeeze(answer.raw)),))
        if answer.cell_type is CellType.PRINT:
            finding = Finding("print_part", (("value", squeeze(answer.raw)),), Severity.ASK)
        return replace(read, verdict=Verdict.ASK, findings=(*read.findings, finding))
    if answer.cell_type is CellType.PRINT:
        finding = Finding("from_print", (("value", squeeze(answer.raw)),), Severity.ASK)
        return replace(read, verdict=Verdict.ASK, findings=(*read.findings, finding))
    return read


def _settled(read: Read, note: str) -> Read:
    """Return what a person settled: the words as they stand, or the one proposal."""
    if read.verdict is not Verdict.ASK:
        return read.noted(note) if read.verdict is Verdict.OK else read
    value = read.literal or read.value
    if value is None:
        return read
    seen = tuple(
        replace(finding, severity=Severity.NOTE, audience=Audience.STAFF)
        for finding in read.findings
    )
    return replace(ok(value, *read.notes, note, findings=seen), m2m=read.m2m)
