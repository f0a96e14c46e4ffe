"""What staff choose from in the form of a decision, made from what the request is like."""

from collections.abc import Iterable, Iterator

from pipeline.forms.texts import form_texts
from pipeline.model.form import FormKind
from pipeline.model.problem import Audience, Severity
from pipeline.model.request import Track
from pipeline.web.decisions.form import Choice, Choices, Subject
from pipeline.wording import console as words
from pipeline.wording.instants import span


def warnings(subject: Subject) -> Iterator[Choice]:
    """Yield the warnings for staff that an approval has to tick off."""
    for problem in subject.view.problems:
        if problem.audience == Audience.STAFF.value and problem.severity != Severity.NOTE.value:
            done = problem.code in subject.record.acknowledged_warnings
            yield Choice(problem.code, problem.message, chosen=done)


def answers(subject: Subject) -> Iterator[Choice]:
    """Yield the answers: first those that the customer has to correct, which are chosen."""
    wrong = {
        problem.field: problem.message
        for problem in subject.view.problems
        if problem.audience == Audience.CUSTOMER.value and problem.severity == Severity.ERROR.value
    }
    named = subject.at_first.get("fields", "")
    for item in sorted(subject.view.fields, key=lambda item: item.id not in wrong):
        chosen = item.id in wrong or item.id == named
        yield Choice(item.id, item.label, chosen=chosen, hint=wrong.get(item.id, ""))


def fields(subject: Subject) -> Iterator[Choice]:
    """Yield the answers, the one that the address names chosen; the hint is what was typed."""
    kind = subject.record.form
    if kind is None:
        return
    texts = form_texts(words.language())
    named = subject.at_first.get("field", "")
    for item in subject.view.fields:
        yield Choice(item.id, texts.label(kind, item.id), item.id == named, item.typed)


def tracks(subject: Subject) -> Iterator[Choice]:
    """Yield the tracks that the request is not on."""
    for track in Track:
        if track is not subject.record.state.track:
            yield Choice(track.value, words.status_word(track.value))


def forms(subject: Subject) -> Iterator[Choice]:
    """Yield the forms, the one chosen that the words of the mail suggest."""
    for kind in FormKind:
        yield Choice(kind.value, words.status_word(kind.value), kind is subject.view.suggestion)


def named(kind: str, codes: Iterable[str]) -> Choices:
    """Return a choice of ``codes`` by their words."""
    return lambda _subject: tuple(Choice(code, words.named(kind, code)) for code in codes)


def slots_of(subject: Subject) -> Iterator[Choice]:
    """Yield the times that the customer was offered."""
    for slot in subject.view.slots:
        label = span(slot.start, slot.end, subject.record.time_zone)
        yield Choice(slot.start.isoformat(), label)
