"""Our own printed words come back as answers: examples, and what a hint says to write."""

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.texts import choice_vocabulary, form_texts
from pipeline.model.form import FormKind
from pipeline.model.problem import Verdict
from pipeline.model.submission import Answer
from pipeline.resources import languages
from pipeline.validation.answer import read_answer
from pipeline.validation.reading import Hints, Read

_NOBODYS = {
    AnswerKind.UUID,
    AnswerKind.DIGITS,
    AnswerKind.PATTERN,
    AnswerKind.EMAIL,
    AnswerKind.URL,
}


def _read(kind: FormKind, field: str, text: str) -> Read:
    words = choice_vocabulary(kind).get(field, {})
    return read_answer(
        Answer(field, text, "Form!D12"), FORMS[kind].questions[field], Hints(words=words)
    )


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", FormKind)
def test_copied_example_is_no_answer(kind: FormKind, language: str) -> None:
    texts = form_texts(language)
    examples = {
        name: texts.example(kind, name)
        for name, question in FORMS[kind].questions.items()
        if question.kind in _NOBODYS
    }
    assert examples
    taken = {
        name for name, text in examples.items() if _read(kind, name, text).verdict is Verdict.OK
    }
    assert taken == set()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("website", "www.example.com"),
        ("website", "HTTPS://WWW.EXAMPLE.COM/"),
        ("contact_email", "Aiko.Tanaka@example.com"),
        ("contact_email", "mailto:aiko.tanaka@example.com"),
    ],
)
def test_example_in_another_spelling_is_no_answer(field: str, text: str) -> None:
    assert _read(FormKind.ONBOARDING, field, text).verdict is not Verdict.OK


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("website", "https://www.harbour.example"),
        ("contact_email", "tanaka@example.com"),
        ("display_name", "Sakura Shop"),
    ],
)
def test_answer_that_only_resembles_an_example_is_one(field: str, text: str) -> None:
    assert _read(FormKind.ONBOARDING, field, text).verdict is Verdict.OK


_UNKNOWN = [
    "“unknown”",
    '"Unknown"',
    "„unbekannt“",
    "‚unbekannt‘",
    "「不明」",
    "『不明』",
    "（不明）",
]


@pytest.mark.parametrize("text", _UNKNOWN)
def test_unknown_in_the_quotation_marks_of_the_hint_is_unknown(text: str) -> None:
    for field in ("meta_business_id", "meta_business_verified", "number_use"):
        assert _read(FormKind.ONBOARDING, field, text).value == "unknown"
    for field in ("genesys_org_id", "is_m2m", "phone_number"):
        assert _read(FormKind.ONBOARDING, field, text).verdict is not Verdict.OK


@pytest.mark.parametrize(
    "text", [*_UNKNOWN, "unknown", "weiß nicht", "わかりません", "n/a", "未定"]
)
def test_list_that_may_be_left_open_is_not_asked_about_again(text: str) -> None:
    assert _read(FormKind.ONBOARDING, "genesys_region", text).verdict is Verdict.BLANK


@pytest.mark.parametrize("text", ["unknown, perhaps Frankfurt", "Mars", "n/a (EU)"])
def test_words_that_say_more_are_asked_about(text: str) -> None:
    read = _read(FormKind.ONBOARDING, "genesys_region", text)
    assert read.verdict in {Verdict.ASK, Verdict.REJECT}


@pytest.mark.parametrize(
    "text",
    [
        "Yes, I understand",
        "Yes. I understand.",
        "ja, verstanden",
        "Ja, ich habe verstanden!",
        "はい、確認しました。",
        "確認いたしました",
        "確認致しました。",
        "はい、了承いたしました",
    ],
)
def test_two_words_of_assent_are_assent(text: str) -> None:
    assert _read(FormKind.ONBOARDING, "ack_charges", text).value == "yes"
    assert _read(FormKind.ONBOARDING, "ack_charges", text).verdict is Verdict.OK


@pytest.mark.parametrize(
    "text",
    [
        "yes, no",
        "Yes, but later",
        "はい、ただし来月から",
        "ja, nicht verstanden",
        "確認いたします",
        ",",
        "x, yes",
    ],
)
def test_words_of_assent_beside_others_are_asked_about(text: str) -> None:
    assert _read(FormKind.ONBOARDING, "ack_charges", text).verdict is not Verdict.OK
