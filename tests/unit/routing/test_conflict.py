import csv
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import END_STATUSES, NumberState, Status
from pipeline.model.route import (
    Conflict,
    ConflictDecision,
    ConflictEffect,
    ConflictFacts,
    Requester,
    Spelling,
)
from pipeline.routing.conflict import CONFLICT_TABLE, Earlier, decide_conflict, earlier_of
from pipeline.tracks.catalogue import FIRST_STAFF_STATUSES

_TABLE = Path(__file__).parents[3].parent / "shared" / "data" / "conflict_table.csv"

#: The words of the table as statuses: (status, whether it is the untouched first staff status).
_STATUSES = {
    "": (None, False),
    "received": (Status.RECEIVED, False),
    "needs_answer": (Status.NEEDS_CORRECTION, False),
    "ready": (Status.POLICY_REVIEW, True),
    "in_progress": (Status.NAME_REVIEW, False),
    "approved": (Status.AWAITING_READINESS, False),
    "active": (Status.ACTIVE, False),
    "failed": (Status.REJECTED, False),
    "withdrawn": (Status.WITHDRAWN, False),
}


def _facts(row: dict[str, str]) -> ConflictFacts:
    status, first = _STATUSES[row["prev_state"]]
    return ConflictFacts(
        kind=FormKind(row["kind"]),
        requester=Requester(row["requester"]),
        sender=SenderVerdict(row["auth"]),
        same_message=row["same_message"] == "1",
        same_file=row["same_file"] == "1",
        same_content=row["same_content"] == "1",
        older=row["older"] == "1",
        spelling=Spelling(row["spelling"]),
        previous_kind=FormKind(row["prev_kind"]) if row["prev_kind"] else None,
        previous_status=status,
        previous_first_staff_status=first,
        number=NumberState(row["number_state"]),
    )


def _rows() -> list[dict[str, str]]:
    if not _TABLE.is_file():
        return []
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_conflict_table_is_beside_the_checkout() -> None:
    if not _TABLE.is_file():
        pytest.skip("the shared data folder is not beside the checkout")
    assert len(_rows()) == 36


@pytest.mark.parametrize("row", _rows(), ids=lambda row: f"row-{row['id']}")
def test_conflict_row_comes_out_as_the_table_says(row: dict[str, str]) -> None:
    conflict = decide_conflict(_facts(row))
    assert (conflict.decision.value, conflict.effect.value) == (row["decision"], row["effect"])


#: All earlier requests: none, or each kind (None: a request for help) in each status.
_PREVIOUS: list[tuple[FormKind | None, Status | None, bool]] = [
    (None, None, False),
    *(
        (kind, status, status in FIRST_STAFF_STATUSES)
        for kind in (*FormKind, None)
        for status in Status
    ),
]


#: Whether message, file and answers are the same, and older: what the ledger answers first, once.
_SAME = [
    (True, True, True, False),
    *((False, *rest) for rest in product((False, True), repeat=3)),
]


def _all_facts() -> list[ConflictFacts]:
    """All combinations of the facts, possible or not."""
    found = []
    for kind, requester, sender, number, spelling, (before, status, first) in product(
        FormKind, Requester, SenderVerdict, NumberState, Spelling, _PREVIOUS
    ):
        for same_message, same_file, same_content, older in _SAME:
            found.append(
                ConflictFacts(
                    kind,
                    requester,
                    sender,
                    same_message,
                    same_file,
                    same_content,
                    older,
                    spelling,
                    before,
                    status,
                    first,
                    number,
                )
            )
    return found


def _open(facts: ConflictFacts) -> bool:
    return facts.previous_status is not None and facts.previous_status not in END_STATUSES


#: What ``pipeline/flow/requests/known_number.py`` never says, each with the reason why it cannot.
_NEVER: dict[str, Callable[[ConflictFacts], bool]] = {
    "the ledger answers the same message before anything is compared": lambda facts: (
        facts.same_message
    ),
    "nothing is the same as, or older than, what is not there": lambda facts: (
        facts.previous_status is None and (facts.same_file or facts.same_content or facts.older)
    ),
    "a request that was replaced is passed over": lambda facts: (
        facts.previous_status is Status.SUPERSEDED
    ),
    "a hold counts as the status that it interrupted, and each hold has one": lambda facts: (
        facts.previous_status is Status.HELD
    ),
    "a request without a form has no number: both are written together": lambda facts: (
        facts.previous_status is not None and facts.previous_kind is None
    ),
    "only a qr request is delivered": lambda facts: (
        facts.previous_status is Status.DELIVERED and facts.previous_kind is not FormKind.QR
    ),
    "a colleague is one of a request, by a proven address": lambda facts: (
        facts.requester is Requester.SAME_ORG
        and (facts.previous_status is None or facts.sender is not SenderVerdict.PASS)
    ),
    "a number that nobody has is nobody else's": lambda facts: (
        facts.requester is Requester.OTHER
        and facts.previous_status is None
        and facts.number is NumberState.UNKNOWN
    ),
    "of a number that somebody has, only a proven sender is the same": lambda facts: (
        facts.requester is Requester.SAME
        and facts.previous_status is None
        and facts.number is not NumberState.UNKNOWN
        and facts.sender is not SenderVerdict.PASS
    ),
    "one's own claim counts as unknown, unless a request for the number stands by it": (
        lambda facts: (
            facts.number is NumberState.REQUESTED
            and facts.requester is not Requester.OTHER
            and (not _open(facts) or facts.previous_kind is FormKind.QR)
        )
    ),
    "another spelling is looked at for what is under way or active": lambda facts: (
        facts.spelling is Spelling.ALTERNATE
        and not _open(facts)
        and facts.number in {NumberState.UNKNOWN, NumberState.RELEASED}
    ),
}
#: What falls to the default on purpose. Every reachable combination has a row of its own.
_LEFT_TO_STAFF: set[ConflictFacts] = set()


@pytest.fixture(scope="module")
def decided() -> list[tuple[ConflictFacts, Conflict]]:
    return [(facts, decide_conflict(facts)) for facts in _all_facts()]


def test_unverified_sender_never_replaces_and_is_always_held(
    decided: list[tuple[ConflictFacts, Conflict]],
) -> None:
    decisions = {
        conflict.decision for facts, conflict in decided if facts.sender is not SenderVerdict.PASS
    }
    assert decisions == {ConflictDecision.HOLD_UNVERIFIED_SENDER}


def test_another_organisation_is_never_told_of_the_earlier_request(
    decided: list[tuple[ConflictFacts, Conflict]],
) -> None:
    decisions = {
        conflict.decision
        for facts, conflict in decided
        if facts.requester is Requester.OTHER
        and facts.sender is SenderVerdict.PASS
        and earlier_of(facts) is not Earlier.NOTHING
    }
    assert decisions == {ConflictDecision.HOLD_OWNERSHIP}


def test_another_organisation_on_an_active_number_always_alerts(
    decided: list[tuple[ConflictFacts, Conflict]],
) -> None:
    outcomes = {
        (conflict.decision, conflict.effect)
        for facts, conflict in decided
        if facts.requester is Requester.OTHER
        and facts.sender is SenderVerdict.PASS
        and facts.number is NumberState.ACTIVE
    }
    assert outcomes == {(ConflictDecision.HOLD_OWNERSHIP, ConflictEffect.ALERT)}


def test_only_the_same_requester_replaces_before_work_began(
    decided: list[tuple[ConflictFacts, Conflict]],
) -> None:
    replaced = [
        facts
        for facts, conflict in decided
        if conflict.decision is ConflictDecision.REPLACE_NEW_REVISION
    ]
    assert {facts.requester for facts in replaced} == {Requester.SAME}
    assert {earlier_of(facts) for facts in replaced} == {
        Earlier.RECEIVED,
        Earlier.NEEDS_ANSWER,
        Earlier.READY,
    }
    assert {facts.kind is facts.previous_kind for facts in replaced} == {True}


@pytest.fixture(scope="module")
def reachable(
    decided: list[tuple[ConflictFacts, Conflict]],
) -> list[tuple[ConflictFacts, Conflict]]:
    return [
        (facts, conflict)
        for facts, conflict in decided
        if not any(never(facts) for never in _NEVER.values())
    ]


@pytest.mark.parametrize("reason", _NEVER)
def test_each_reason_excludes_something_that_no_other_does(
    decided: list[tuple[ConflictFacts, Conflict]], reason: str
) -> None:
    others = [never for name, never in _NEVER.items() if name != reason]
    alone = (
        facts
        for facts, _ in decided
        if _NEVER[reason](facts) and not any(never(facts) for never in others)
    )
    assert next(alone, None) is not None


def test_no_reachable_combination_falls_to_the_default(
    reachable: list[tuple[ConflictFacts, Conflict]],
) -> None:
    assert len(reachable) > 20_000
    fallen = {facts for facts, conflict in reachable if conflict.row == "default"}
    assert fallen == _LEFT_TO_STAFF


def test_reachable_combinations_reach_every_row_but_the_ledger_s(
    reachable: list[tuple[ConflictFacts, Conflict]],
) -> None:
    assert {conflict.row for _, conflict in reachable} == {row.name for row in CONFLICT_TABLE} - {
        "redelivery"
    }


def test_replies_to_another_organisation_hang_on_nothing_that_is_stored(
    reachable: list[tuple[ConflictFacts, Conflict]],
) -> None:
    decisions = {
        conflict.decision
        for facts, conflict in reachable
        if facts.requester is Requester.OTHER and facts.sender is SenderVerdict.PASS
    }
    assert decisions == {ConflictDecision.HOLD_OWNERSHIP}


def test_every_row_of_the_conflict_table_can_be_reached(
    decided: list[tuple[ConflictFacts, Conflict]],
) -> None:
    reached = {conflict.row for _, conflict in decided}
    assert reached == {row.name for row in CONFLICT_TABLE} | {"default"}


def test_no_row_fits_is_held_for_staff() -> None:
    facts = ConflictFacts(
        FormKind.ONBOARDING,
        Requester.SAME,
        SenderVerdict.PASS,
        same_message=False,
        same_file=False,
        same_content=False,
        older=False,
        spelling=Spelling.EQUAL,
        previous_kind=None,
        previous_status=None,
        previous_first_staff_status=False,
        number=NumberState.REQUESTED,
    )
    assert decide_conflict(facts) == Conflict(ConflictDecision.HELD, ConflictEffect.HOLD, "default")
