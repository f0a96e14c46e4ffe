"""The table of rights: every combination has one, and the rules that it was written from hold."""

from itertools import product

import pytest

from pipeline.model.message import SenderJudgement, SenderVerdict
from pipeline.model.request import EventName
from pipeline.routing.rights import (
    RIGHTS,
    Act,
    Beginning,
    Proof,
    Right,
    act_of,
    beginning_of,
    proof_of,
    right,
)

ALL = list(product(Beginning, Proof, (True, False), Act))
CHANGING = (Act.REVISE, Act.WITHDRAW, Act.REISSUE, Act.ACTIVATED, Act.WORDS)


def test_every_combination_has_a_right() -> None:
    assert sorted(RIGHTS) == sorted(ALL)


@pytest.mark.parametrize("proof", [Proof.FAIL, Proof.UNKNOWN])
def test_a_doubtful_mail_is_held_whatever_it_carries(proof: Proof) -> None:
    found = {
        RIGHTS[began, proof, token, act]
        for began in Beginning
        for token in (True, False)
        for act in Act
    }
    assert found == {Right.HELD}


def test_a_mail_that_failed_dmarc_does_nothing_but_answer_a_receipt() -> None:
    acting = [key for key in ALL if key[1] is Proof.DMARC_FAILED and RIGHTS[key] is Right.ACT]
    assert acting == [(Beginning.NONE, Proof.DMARC_FAILED, True, Act.CONFIRM)]


def test_without_a_token_only_a_form_of_a_proven_sender_acts() -> None:
    acting = {key[1:] for key in ALL if not key[2] and RIGHTS[key] is Right.ACT}
    assert acting == {(Proof.PASS, False, Act.REVISE)}


@pytest.mark.parametrize("act", CHANGING)
def test_what_began_with_pass_is_changed_by_pass_alone(act: Act) -> None:
    acting = [proof for proof in Proof if RIGHTS[Beginning.PASS, proof, True, act] is Right.ACT]
    assert acting == [Proof.PASS]
    for proof in (Proof.NONE, Proof.DMARC_FAILED):
        assert RIGHTS[Beginning.PASS, proof, True, act] is Right.SUGGEST


@pytest.mark.parametrize("act", list(Act))
def test_more_proof_never_allows_less(act: Act) -> None:
    order = (Right.HELD, Right.NOTE, Right.SUGGEST, Right.ACT)
    rising = (Proof.FAIL, Proof.DMARC_FAILED, Proof.NONE, Proof.PASS)
    for began in Beginning:
        found = [order.index(RIGHTS[began, proof, True, act]) for proof in rising]
        assert found == sorted(found)
        for proof in Proof:
            with_token = order.index(RIGHTS[began, proof, True, act])
            assert with_token >= order.index(RIGHTS[began, proof, False, act]) or (
                RIGHTS[began, proof, False, act] is Right.ACT
            )


def test_who_could_not_be_judged_at_first_acts_by_pass_alone() -> None:
    assert {beginning_of(verdict) for verdict in (SenderVerdict.FAIL, SenderVerdict.UNKNOWN)} == {
        Beginning.DOUBTFUL
    }
    acting = {
        proof
        for proof in Proof
        for act in CHANGING
        if RIGHTS[Beginning.DOUBTFUL, proof, True, act] is Right.ACT
    }
    assert acting == {Proof.PASS}


def test_a_failure_of_dmarc_counts_where_nothing_is_proven() -> None:
    judged = SenderJudgement(SenderVerdict.NONE, "a@b.example", "", "x", dmarc_failed=True)
    assert proof_of(judged) is Proof.DMARC_FAILED
    failed = SenderJudgement(SenderVerdict.FAIL, "a@b.example", "", "x", dmarc_failed=True)
    assert proof_of(failed) is Proof.FAIL
    assert right(SenderVerdict.NONE, judged, Act.STATUS, token=True) is Right.NOTE


@pytest.mark.parametrize("event", list(EventName))
def test_every_event_of_words_is_an_act(event: EventName) -> None:
    assert act_of(event) in {Act.WITHDRAW, Act.REISSUE, Act.ACTIVATED, Act.WORDS}
