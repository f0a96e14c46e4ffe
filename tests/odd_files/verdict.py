"""Compares what was put into a file with what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.model.form import FileFormat, FormKind
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import Answer, Submission
from pipeline.resources import languages
from pipeline.validation.check import check
from pipeline.wording.problems import sentence
from tests.odd_files.case import Case, Outcome
from tests.odd_files.seen import Desk, Seen, says
from tests.programs.outcome import context
from tests.world.customers import good_answers


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one file.

    ``lost`` are words that are told nowhere, ``wrong`` says what else is not as it has to be.
    """

    case: Case
    outcome: Outcome | None
    lost: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        return not self.lost and not self.wrong


def run_case(case: Case, desk: Desk, folder: Path) -> Verdict:
    """Make the file of ``case``, mail it, and compare."""
    name, content = case.build(folder)
    return compare(case, desk.mail(case.language, name, content))


def compare(case: Case, seen: Seen) -> Verdict:
    """Return whether everything that was put into the file is told, and told right."""
    outcome = _outcome(seen)
    lost = () if outcome is Outcome.REFUSED else tuple(_lost(case, seen))
    return Verdict(case, outcome, lost, tuple(_wrong(case, seen, outcome)))


def _outcome(seen: Seen) -> Outcome | None:
    if not seen.answers:
        return Outcome.REFUSED
    if len(seen.answers) > 1:
        return Outcome.TWO
    if ("", "file_print") in seen.codes:
        return Outcome.PRINT
    if seen.asked:
        return Outcome.ASKED
    return Outcome.STAFF if seen.warned else Outcome.ACCEPTED


def _lost(case: Case, seen: Seen) -> Iterator[str]:
    """Yield what is told nowhere: neither kept as an answer or beside one, nor in mail or list."""
    told = (seen.kept, seen.asking, seen.staffs_list, seen.places)
    for words in case.words:
        if not any(says(text, words) for text in told):
            yield words
    if case.marked and not any(code.startswith("left_over") for _, code in seen.codes):
        yield "(a mark)"


def _wrong(case: Case, seen: Seen, outcome: Outcome | None) -> Iterator[str]:
    if outcome is not case.expected:
        yield f"{outcome} in place of {case.expected}: {seen.codes}"
        return
    if outcome is Outcome.REFUSED:
        (code,) = case.at
        if not any(says(seen.asking, _start(code, language)) for language in languages()):
            yield f"another sentence than {code}: {seen.mail[:600]}"
        return
    if outcome in {Outcome.ASKED, Outcome.PRINT}:
        missing = set(case.at) - seen.asked
        others = seen.asked - set(case.at) if outcome is Outcome.ASKED else set()
        if missing or others:
            yield f"not asked at {sorted(missing)}, but at {sorted(others)}: {seen.codes}"
    yield from _untold(case, seen, outcome)
    if outcome is not Outcome.TWO:
        yield from _misread(case, seen)


def _start(code: str, language: str) -> str:
    """Return the sentence of ``code`` up to what is filled in."""
    whole = sentence(Problem(code, Severity.ERROR), language, None)
    return max(whole.split("{")[0], whole.rpartition("}")[2], key=len).strip(". 。")


def _untold(case: Case, seen: Seen, outcome: Outcome) -> Iterator[str]:
    """Yield words that are kept and not shown to who has to read them."""
    for words in case.words:
        shown = any(says(text, words) for text in (seen.staffs_list, seen.places)) or (
            outcome is not Outcome.STAFF and says(seen.asking, words)
        )
        if outcome is not Outcome.ACCEPTED and not shown:
            yield f"shown to nobody: {words}"


def _misread(case: Case, seen: Seen) -> Iterator[str]:
    """Yield answers that were taken and are not what was given."""
    (answers,) = seen.answers
    meant = given_values(case)
    for name, (_, value, verdict) in answers.items():
        if name in seen.asked or verdict in {"ask", "reject"}:
            continue
        if value != meant.get(name):
            yield f"{name} is taken as {value!r}, not {meant.get(name)!r}"


def given_values(case: Case) -> dict[str, str | None]:
    """Return what each answer that was given means, read without a file."""
    kind: FormKind = case.kind
    typed = {**good_answers(kind, case.language), **case.given}
    answers = tuple(Answer(name, text, "") for name, text in typed.items() if text)
    direct = Submission(kind, "", case.language, FileFormat.XLSX, "", "", answers)
    found = {item.field: item.value for item in check(direct, context(kind)).readings}
    return {**found, **case.reads}
