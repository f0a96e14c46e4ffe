"""Any text in any field: a verdict, never an exception, and never a dirty value."""

import random
import re
import unicodedata
from collections.abc import Iterator
from datetime import date

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.problem import Verdict
from pipeline.model.submission import Answer, CellType, Submission
from pipeline.validation.answer import read_answer
from pipeline.validation.check import CheckContext, check
from pipeline.validation.reading import Hints
from pipeline.wording.problems import sentence

_SEEDS = (
    "+81 90-1234-5678 内線12",
    "https://wa.me/819012345678?text=hi",
    "taro@example.com; jiro@example.com",
    "3d3f2a7e-9c44-4f0b-8a1d-5b6c7d8e9f01",
    "令和8年11月22日 午後3時",
    "(UTC+09:00) Osaka, Sapporo, Tokyo",
    "Japan / Germany (Tokyo) 🇯🇵",
    "はい、ただし5月のみ",
    "<b>Lucky</b> SHRUB™ 😀",
    "8.19012345678E+11",
    "1022901293403980",
)
_PIECES = (
    "\u202e\x00\ud800\ufffd\u200d\u0301①¹½٣〇十é<>{}[]()+-*/#=@.,;:!?'\"\\|~^_ \n\t%&$０ー・년月"
    "aZ9İß"
)
_ROUNDS = 300
_CELLS = (CellType.TEXT, CellType.NUMBER, CellType.PRINT, CellType.STAFF)


def _questions() -> Iterator[tuple[FormKind, str, Question]]:
    seen: set[AnswerKind] = set()
    for kind, form in FORMS.items():
        for field, question in form.questions.items():
            if question.kind not in seen:
                seen.add(question.kind)
                yield kind, field, question


def _texts(seed: str) -> Iterator[str]:
    source = random.Random(seed)
    for _ in range(_ROUNDS):
        text = list(source.choice(_SEEDS))
        for _ in range(source.randint(0, 6)):
            place = source.randrange(len(text) + 1)
            change = source.randrange(3)
            if change == 0:
                text[place:place] = source.choice(_PIECES)
            elif change == 1 and text:
                del text[min(place, len(text) - 1)]
            else:
                text[place:place] = list(source.choice(_SEEDS)[: source.randint(1, 9)])
        yield "".join(text)


@pytest.mark.parametrize(
    ("kind", "field", "question"), list(_questions()), ids=lambda item: str(item)[:20]
)
def test_any_text_has_a_verdict(kind: FormKind, field: str, question: Question) -> None:
    words = choice_vocabulary(kind).get(field, {})
    for index, text in enumerate(_texts(field)):
        hints = Hints(date(2026, 11, 22), "JP" if index % 2 else None, words=words)
        answer = Answer(field, text, "Form!D12", _CELLS[index % len(_CELLS)])
        read = read_answer(answer, question, hints)
        if read.verdict is Verdict.OK:
            assert read.value, ascii(text)
            signs = set(read.value) - {"\n"}
            assert not [sign for sign in signs if unicodedata.category(sign) in {"Cc", "Cs", "Co"}]
        if read.verdict in {Verdict.ASK, Verdict.REJECT}:
            assert read.findings, ascii(text)


def _filled(kind: FormKind, fields: list[str], text: str) -> Submission:
    """Return a form of which each field says ``text``."""
    return Submission(
        form=kind,
        version=FORMS[kind].version,
        language="en",
        format=FileFormat.XLSX,
        file_name="form.xlsx",
        sha256="0" * 64,
        answers=tuple(Answer(field, text, field) for field in fields),
    )


@pytest.mark.parametrize("kind", list(FormKind))
def test_any_form_is_checked_and_every_problem_has_its_sentence(
    kind: FormKind,
) -> None:
    context = CheckContext(date(2026, 11, 22), choice_vocabulary(kind))
    fields = list(FORMS[kind].questions)
    for text in list(_texts(kind.value))[:40]:
        checked = check(_filled(kind, fields, text), context)
        for problem in checked.problems:
            for language in ("en", "ja", "de"):
                words = sentence(problem, language, kind)
                assert not re.search(r"\{[a-z_]+\}", words, re.IGNORECASE), (problem, words)
