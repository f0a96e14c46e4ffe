"""The strict model: whatever leaves nothing open builds; a failure names the fields alone."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from pipeline.errors import PipelineError
from pipeline.flow.views.form_check import read_forms_of
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.checked import CheckedForm
from pipeline.model.form import FormKind
from pipeline.model.submission import Submission
from pipeline.validation import application
from pipeline.validation.application import build_application
from pipeline.validation.check import CheckContext, check
from tests.drawn import drawn

_SAMPLES = sorted((Path(__file__).parents[3] / "samples" / "forms").iterdir())
_TODAY = date(2026, 11, 22)
_TYPED: dict[AnswerKind, tuple[str, ...]] = {
    AnswerKind.TEXT: ("Anna Weber", "山田 太郎", "Müller & Söhne GmbH", "x" * 600),
    AnswerKind.DISPLAY_NAME: ("Lucky Shrub", "山田商店", "LUCKY SHRUB"),
    AnswerKind.EMAIL: ("Anna <anna.w+x@nordwind.co.uk>", "メール：t@山田.jp", "a@gmail.com"),
    AnswerKind.PHONE: (
        "+49 171 2345678",
        "080-2345-6789",
        "0011 1 212 736 5000",
        "+81 3 3210 9876",
    ),
    AnswerKind.CONTACT_PHONE: ("+49 89 321681-230", "03-3210-9876（内線12）"),
    AnswerKind.COUNTRY: ("Deutschland", "🇫🇷", "Cuba", "+81"),
    AnswerKind.UUID: ("Org-ID: 7C9E6679742540DE944BE07FC1F90AE7", "00000000"),
    AnswerKind.DIGITS: ("ID：281 474 976 710 655", "unbekannt", "12"),
    AnswerKind.URL: ("www.山田.jp", "nordwind.de", "http://localhost"),
    AnswerKind.DATE: ("令和8年12月1日（火）", "1. Dezember 2026", "2020-01-01", "13/12/2026"),
    AnswerKind.DATE_TIME: ("2.12.2026, 15.30 Uhr", "2026年12月2日 午後3時半", "2026-12-02"),
    AnswerKind.TIME_ZONE: ("東京", "UTC-5", "(UTC+01:00) Amsterdam, Berlin"),
    AnswerKind.TICK: ("yes", "確認しました", "✓"),
    AnswerKind.PATTERN: ("https://wa.me/message/ABCDEFGHIJKLM2", "4O4YGZEG3RIVE1"),
}


def _checked(submission: Submission) -> CheckedForm:
    kind = submission.form
    return check(submission, CheckContext(_TODAY, choice_vocabulary(kind)))


@pytest.mark.parametrize("path", _SAMPLES, ids=lambda path: path.name)
def test_every_sample_form_that_is_right_builds(path: Path) -> None:
    found = read_forms_of(path.name, path.read_bytes())[0]
    if not isinstance(found, Submission):
        return
    checked = _checked(found)
    if not checked.customer_problems:
        built = build_application(checked)
        assert {name for name, value in vars(built).items() if value is not None} == {
            reading.field for reading in checked.readings if reading.usable
        }


def _typed(question: Question) -> st.SearchStrategy[str]:
    known = (*question.choices, "unknown", "", *_TYPED.get(question.kind, ()))
    return st.sampled_from(known)


@st.composite
def _changes(draw: st.DrawFn) -> tuple[FormKind, dict[str, str]]:
    kind = draw(st.sampled_from(list(FormKind)))
    questions = FORMS[kind].questions
    fields = draw(st.lists(st.sampled_from(sorted(questions)), max_size=4, unique=True))
    return kind, {field: draw(_typed(questions[field])) for field in fields}


@drawn(
    60,
    300,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changed=_changes())
def test_whatever_leaves_nothing_open_builds(
    changed: tuple[FormKind, dict[str, str]], make_submission: Callable[..., Submission]
) -> None:
    kind, answers = changed
    checked = _checked(make_submission(kind, **answers))
    if not checked.customer_problems:
        assert isinstance(build_application(checked), FORMS[kind].model)


@pytest.mark.parametrize("kind", list(FormKind))
def test_every_answer_alone_builds_or_is_open(
    kind: FormKind, make_submission: Callable[..., Submission]
) -> None:
    built = 0
    for field, question in FORMS[kind].questions.items():
        for typed in (*question.choices, "unknown", "", *_TYPED.get(question.kind, ())):
            checked = _checked(make_submission(kind, **{field: typed}))
            if not checked.customer_problems:
                build_application(checked)
                built += 1
    assert built > len(FORMS[kind].questions)


def test_a_value_of_another_shape_names_its_field(
    make_submission: Callable[..., Submission], monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = _checked(make_submission(FormKind.ONBOARDING))

    def broken(_text: str) -> date:
        raise ValueError("the raw answer must not be told")

    application._converters.cache_clear()
    monkeypatch.setattr(application, "_TYPED", {date: broken})
    with pytest.raises(PipelineError) as raised:
        build_application(checked)
    application._converters.cache_clear()
    assert raised.value.params == {"form": "onboarding", "fields": "ready_date"}


def test_an_answer_that_the_model_does_not_know_names_its_field(
    make_submission: Callable[..., Submission],
) -> None:
    checked = _checked(make_submission(FormKind.QR))
    reading = checked.readings[0]
    odd = type(reading)("field_of_tomorrow", "x", "", "x", reading.verdict)
    with pytest.raises(PipelineError) as raised:
        build_application(
            type(checked)(checked.submission, (*checked.readings, odd), checked.problems)
        )
    assert raised.value.params["fields"] == "field_of_tomorrow"
