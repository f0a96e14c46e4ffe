"""What staff choose from in the form of a decision, made from what the request is like."""

from collections.abc import Iterable, Iterator
from typing import get_args

from pipeline.flow.staff.organisations import OwnerDecision
from pipeline.flow.views.request import ShownField, ShownProblem
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import form_texts
from pipeline.meta.api import CodeMethod
from pipeline.model.form import FormKind
from pipeline.model.problem import Audience, Severity
from pipeline.model.request import Track
from pipeline.tracks.catalogue import TRACKS
from pipeline.web.decisions.contested import contested
from pipeline.web.decisions.form import Choice, Choices, Subject
from pipeline.wording import console as words
from pipeline.wording.instants import span
from pipeline.wording.pages import say


def warnings(subject: Subject) -> Iterator[Choice]:
    """Yield the warnings for staff that an approval has to tick off."""
    for problem in subject.view.problems:
        if problem.audience == Audience.STAFF.value and problem.severity != Severity.NOTE.value:
            done = problem.code in subject.record.acknowledged_warnings
            yield Choice(problem.code, problem.message, chosen=done)


def answers(subject: Subject) -> Iterator[Choice]:
    """Yield the answers: first those that the customer has to correct, which are chosen.

    Those in doubt come next: what is doubtful is what somebody most likely asks about.
    """
    problems = subject.view.problems
    doubted = {problem.field: _told(problem) for problem in reversed(problems)}
    wrong = {
        problem.field: _told(problem)
        for problem in problems
        if problem.audience == Audience.CUSTOMER.value and problem.severity == Severity.ERROR.value
    }
    named = subject.at_first.get("fields", "")
    numbers = FORMS[subject.view.form].numbers if subject.view.form else {}

    def order(item: ShownField) -> tuple[bool, bool]:
        return item.id not in wrong, item.id not in doubted

    for item in sorted(subject.view.fields, key=order):
        chosen = item.id in wrong or item.id == named
        hint = wrong.get(item.id) or doubted.get(item.id, "")
        said = item.shown or item.typed
        yield Choice(item.id, item.label, chosen, hint, said, numbers.get(item.id, 0))


def _told(problem: ShownProblem) -> str:
    """Return a sentence as staff read it: one for the customer is marked as such."""
    if not problem.sent:
        return problem.message
    return f"{say('to_customer')} {problem.message}"


def owners(subject: Subject) -> Iterator[Choice]:
    """Yield whose a number may be: what each says of who has it now, and ends for others."""
    found = contested(subject.services, subject.record)
    hints = {}
    if found is not None and found.owner and found.known is not None:
        state = words.status_word(found.known.state.value)
        hints = {
            "ours": say("owner_always", state=state),
            "transferred": say("owner_gave_it", owner=found.owner),
        }
        others = [other.reference for other in found.others if not other.state.ended]
        if others:
            told = words.listed(others)
            hints = {
                code: say("owner_none_then", told=hint, others=told) for code, hint in hints.items()
            }
    for code in get_args(OwnerDecision):
        yield Choice(code, words.named("owner", code), hint=hints.get(code, ""))


def entered(subject: Subject) -> Iterator[Choice]:
    """Yield the answers with what stands in them: the one that the address names, then wrong ones.

    Where no form has come yet these are the questions of the track's own.
    """
    kind = subject.record.form or TRACKS[subject.record.state.track].form
    if kind is None:
        return
    texts = form_texts(words.language())
    named = subject.at_first.get("field", "")
    typed = {item.id: item.typed for item in subject.view.fields}
    wrong = {problem.field: _told(problem) for problem in subject.view.problems}
    order = typed or dict.fromkeys(FORMS[kind].questions, "")
    for name in sorted(order, key=lambda name: (name != named, name not in wrong)):
        chosen = name == named or name in wrong
        yield Choice(name, texts.label(kind, name), chosen, wrong.get(name, ""), order[name])


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


def code_methods(_subject: Subject) -> Iterator[Choice]:
    """Yield the ways in which the code of ownership comes; the first is chosen."""
    for index, method in enumerate(CodeMethod):
        code = method.value.lower()
        yield Choice(code, words.named("code_method", code), chosen=not index)


def slots_of(subject: Subject) -> Iterator[Choice]:
    """Yield the times that the customer was offered."""
    for slot in subject.view.slots:
        label = span(slot.start, slot.end, subject.record.time_zone)
        ours = span(slot.start, slot.end, subject.services.settings.team.time_zone)
        yield Choice(slot.start.isoformat(), label, hint=ours if ours != label else "")
