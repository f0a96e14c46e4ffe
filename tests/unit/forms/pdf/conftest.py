"""Filled and blank PDF forms for the tests of this folder."""

from collections.abc import Callable

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.pdf.reader import read_pdf_forms
from pipeline.forms.pdf.write.form import build_pdf
from pipeline.forms.texts import form_texts
from pipeline.model.form import FileFormat, Filling, FormFile, FormKind
from pipeline.model.submission import Submission, UnreadableFile

Build = Callable[..., bytes]
Read = Callable[[bytes], Submission | UnreadableFile]


@pytest.fixture
def build() -> Build:
    """Make a form with the addresses of the tests."""

    def make(kind: FormKind, language: str, filling: Filling | None = None) -> bytes:
        return build_pdf(
            kind, language, filling, address="requests@example.com", privacy="privacy@example.com"
        )

    return make


@pytest.fixture
def read() -> Read:
    """Read the bytes of a form."""

    def reader(content: bytes) -> Submission | UnreadableFile:
        (found,) = read_pdf_forms(FormFile("form.pdf", content, FileFormat.PDF, "0" * 64, 0))
        return found

    return reader


@pytest.fixture
def full_answers() -> Callable[[FormKind, str], dict[str, str]]:
    """An answer to every question: the last choice of a list, a tick, else the example."""

    def answers(kind: FormKind, language: str) -> dict[str, str]:
        texts = form_texts(language)
        found = {}
        for name, question in FORMS[kind].questions.items():
            if question.choices:
                found[name] = question.choices[-1]
            elif question.kind is AnswerKind.TICK:
                found[name] = "yes"
            else:
                found[name] = texts.example(kind, name)
        return found

    return answers
