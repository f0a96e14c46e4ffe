"""Judging a form: against the bare library on its numbers, and against reading it from its file."""

import cProfile
import io
import pstats
from collections.abc import Callable

import phonenumbers
import pytest

from pipeline.forms.publish import build_form
from pipeline.forms.xlsx.read.reader import read_xlsx
from pipeline.model.form import FileFormat, Filling, FormFile, FormKind
from pipeline.model.submission import Submission
from pipeline.validation.check import check
from tests.benchmarks.measuring import medians, show, tell
from tests.programs.answers import entries, matrix
from tests.programs.outcome import context
from tests.world.settings import ADDRESS, PRIVACY

_FORMS = 20
_SHOWN = 12


def _file(kind: FormKind, language: str) -> FormFile:
    filling = Filling(
        tuple(
            (entry.field, entry.code or entry.text)
            for entry in entries(kind, language, FileFormat.XLSX)
        )
    )
    content = build_form(kind, language, FileFormat.XLSX, filling, address=ADDRESS, privacy=PRIVACY)
    return FormFile("form.xlsx", content, FileFormat.XLSX, "0" * 64, 0)


@pytest.fixture(scope="module")
def files() -> tuple[FormFile, ...]:
    """Every form in every language, with all its answers."""
    return tuple(_file(kind, language) for kind, language in matrix())


@pytest.fixture(scope="module")
def submissions(files: tuple[FormFile, ...]) -> tuple[Submission, ...]:
    """The same as read."""
    read = [read_xlsx(file) for file in files]
    return tuple(item for item in read if isinstance(item, Submission))


def _judging(submissions: tuple[Submission, ...]) -> Callable[[], None]:
    def judge() -> None:
        for submission in submissions:
            checked = check(submission, context(submission.form))
            assert checked.verdict == "ok", checked.problems

    return judge


@pytest.mark.benchmark
def test_judging_against_bare_phonenumbers(submissions: tuple[Submission, ...]) -> None:
    numbers = [
        (answer.raw, country.raw if country else "")
        for submission in submissions
        for country in (submission.answer("country"),)
        for name in ("phone_number", "phone_number_again", "contact_phone")
        if (answer := submission.answer(name)) is not None
    ]
    region = {"United Kingdom": "GB", "日本": "JP", "Deutschland": "DE"}

    def bare() -> None:
        for text, country in numbers:
            found = phonenumbers.parse(text.partition("（")[0], region[country])
            phonenumbers.is_valid_number(found)

    ours, floor = medians(_judging(submissions), bare, rounds=_FORMS)
    show(f"judging {len(submissions)} forms", ours, floor, "phonenumbers on their numbers")
    tell(f"forms judged a second on one core: {len(submissions) / ours:.0f}")


@pytest.mark.benchmark
def test_judging_against_reading_the_file(
    files: tuple[FormFile, ...], submissions: tuple[Submission, ...]
) -> None:
    ours, floor = medians(
        _judging(submissions), lambda: [read_xlsx(file) for file in files], rounds=_FORMS
    )
    show(f"judging {len(submissions)} forms", ours, floor, "reading them from their workbooks")


@pytest.mark.benchmark
def test_where_the_time_of_judging_goes(submissions: tuple[Submission, ...]) -> None:
    judge = _judging(submissions)
    judge()
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(_FORMS):
        judge()
    profile.disable()
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(_SHOWN)
    tell("where the time of judging goes\n" + text.getvalue())
