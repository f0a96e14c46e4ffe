import csv
from itertools import product
from pathlib import Path

import pytest

from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import NumberState, Status
from pipeline.model.route import (
    Conflict,
    ConflictDecision,
    ConflictEffect,
    ConflictFacts,
    Requester,
    Spelling,
)
from pipeline.routing.conflict import CONFLICT_TABLE, Earlier, decide_conflict, earlier_of

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


#: One status for each word of the table; the untouched first staff status is marked.
_PREVIOUS: list[tuple[FormKind | None, Status | None, bool]] = [
    (None, None, False),
    (None, Status.TRIAGE, True),
    *(
        (kind, status, first)
        for kind in FormKind
        for status, first in (
            (Status.RECEIVED, False),
            (Status.NEEDS_CORRECTION, False),
            (Status.POLICY_REVIEW, True),
            (Status.NAME_REVIEW, False),
            (Status.HELD, False),
            (Status.CERTIFICATE_ISSUED, False),
            (Status.ACTIVE, False),
            (Status.DELIVERED, False),
            (Status.CLOSED_NO_RESPONSE, False),
            (Status.WITHDRAWN, False),
            (Status.SUPERSEDED, False),
        )
    ),
]


def _all_facts() -> list[ConflictFacts]:
    """All combinations that can be: without an earlier request nothing is the same or older."""
    found = []
    for kind, requester, sender, number, spelling, (before, status, first) in product(
        FormKind, Requester, SenderVerdict, NumberState, Spelling, _PREVIOUS
    ):
        sames = product((False, True), repeat=4) if status is not None else ((False,) * 4,)
        for same_message, same_file, same_content, older in sames:
            if ((same_message or same_file) and not same_content) or same_message != same_file:
                continue
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
