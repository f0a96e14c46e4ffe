"""What is kept of a submission beside the readings gives the whole of it back."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from pipeline.flow.answers.judge import judge
from pipeline.flow.answers.revisions import (
    Origin,
    insert_revision,
    submission_of,
    with_entered_answers,
)
from pipeline.model.submission import Answer, CellType, LeftOver, LeftOverKind, Submission
from pipeline.store.records import RevisionRecord
from tests.world.customers import HANAKO, form
from tests.world.world import World

Change = Callable[[Submission], Submission]


def _other(submission: Submission, **values: Any) -> Submission:
    first, *rest = submission.answers
    return replace(submission, answers=(replace(first, **values), *rest))


#: Whether the readings have all answers, and a submission that is like that.
_SUBMISSIONS: dict[str, tuple[bool, Change]] = {
    "as it came": (True, lambda came: came),
    "with words beside": (
        True,
        lambda came: replace(came, left_over=(LeftOver(LeftOverKind.CELL, "also", "Form!F9"),)),
    ),
    "of a print": (True, lambda came: replace(came, from_print=True, dated="")),
    "from an odd file": (True, lambda came: replace(came, file_name="a\0b.xlsx", version="9\0")),
    "damaged": (False, lambda came: _other(came, damaged=True)),
    "read two ways": (False, lambda came: _other(came, disagrees="Hana")),
    "of another cell": (True, lambda came: _other(came, cell_type=CellType.FORMULA, where="X!A1")),
    "with what NUL holds": (True, lambda came: _other(came, raw="Ha\0na")),
    "with a field gone": (
        False,
        lambda came: replace(came, answers=came.answers[1:], missing=(came.answers[0].field,)),
    ),
    "with a field twice": (False, lambda came: replace(came, answers=came.answers[:1] * 2)),
    "the other way round": (False, lambda came: replace(came, answers=came.answers[::-1])),
    "without answers": (False, lambda came: replace(came, answers=())),
    "of no question": (
        False,
        lambda came: replace(came, answers=(*came.answers, Answer("of_no_form", "x", "Form!A1"))),
    ),
    "with an answer of staff": (
        False,
        lambda came: with_entered_answers(came, ((came.answers[0].field, "Hana"),)),
    ),
}


def test_submissions_come_back_whole(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form())
    came = submission_of(world.revisions(world.request())[0])
    submissions = {case: change(came) for case, (_, change) in _SUBMISSIONS.items()}
    kept = {case: _kept(world, submission) for case, submission in submissions.items()}
    assert {case: submission_of(revision) for case, revision in kept.items()} == submissions
    once = {case: "answers" not in json.loads(kept[case].submission) for case in kept}
    assert once == {case: once for case, (once, _) in _SUBMISSIONS.items()}


def test_a_row_that_has_the_whole_submission_is_read(world: World) -> None:
    world.mail(HANAKO, form())
    kept = world.revisions(world.request())[0]
    came = submission_of(kept)
    assert kept.submission == "{}"
    older = replace(kept, submission=json.dumps(asdict(came)), readings=(), sha256="")
    assert submission_of(older) == came


def _kept(world: World, submission: Submission) -> RevisionRecord:
    """Keep ``submission`` with the one request; return it as it is read again."""
    services, record, now = world.services, world.request(), world.clock.now()
    checked = judge(services.phones, submission, now)
    services.store.run(lambda tx: insert_revision(tx, record, checked, Origin(now)))
    with services.store.read() as tx:
        found = tx.revisions.latest(record.id)
    assert found is not None
    return found
