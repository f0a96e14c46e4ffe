from dataclasses import replace

import pytest

from pipeline.model.checked import M2mCertainty
from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import EventName, HoldReason, NumberState, Track
from pipeline.model.route import (
    Conflict,
    ConflictDecision,
    ConflictEffect,
    Route,
    RoutingFacts,
)
from pipeline.routing.rules import RULES, route, rule_name

CLEAN = RoutingFacts(
    form=FormKind.ONBOARDING,
    sender=SenderVerdict.PASS,
    has_problems=False,
    unreadable=False,
    m2m=M2mCertainty.NONE,
    is_m2m=False,
    short_code=False,
    number_use="never",
    number=NumberState.UNKNOWN,
    conflict=None,
)
MIGRATION = replace(CLEAN, form=FormKind.MIGRATION, number_use="business_platform")
QR = replace(CLEAN, form=FormKind.QR, number_use="", number=NumberState.ACTIVE)
NO_FORM = replace(CLEAN, form=None, number_use="")

NAMES = tuple(rule_name(rule) for rule in RULES)


def _conflict(decision: ConflictDecision, effect: ConflictEffect = ConflictEffect.NONE) -> Conflict:
    return Conflict(decision, effect, "row")


def _told(way: Route) -> tuple[str, EventName, Track, HoldReason | None, str]:
    return way.rule, way.event, way.track, way.hold_reason, way.variant


E, H, T, D = EventName, HoldReason, Track, ConflictDecision


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (
            replace(CLEAN, sender=SenderVerdict.FAIL),
            ("sender_doubtful", E.SENDER_DOUBTFUL, T.ONBOARDING, H.SENDER_DOUBTFUL, ""),
        ),
        (
            replace(CLEAN, sender=SenderVerdict.UNKNOWN),
            ("sender_doubtful", E.SENDER_DOUBTFUL, T.ONBOARDING, H.SENDER_DOUBTFUL, ""),
        ),
        (
            replace(CLEAN, sender=SenderVerdict.NONE),
            ("sender_unproven", E.SENDER_UNPROVEN, T.ONBOARDING, H.SENDER, ""),
        ),
        (
            replace(CLEAN, automatic=True, sender=SenderVerdict.NONE),
            ("written_by_program", E.HOLD, T.ONBOARDING, H.AUTOMATIC, ""),
        ),
        (
            replace(CLEAN, unreadable=True),
            ("file_unreadable", E.FILE_UNREADABLE, T.ONBOARDING, None, ""),
        ),
        (
            replace(CLEAN, conflict=_conflict(D.HOLD_OWNERSHIP)),
            ("own_track", E.CLEAN, T.ONBOARDING, None, ""),
        ),
        (
            replace(CLEAN, conflict=_conflict(D.ANSWER_ALREADY_ACTIVE)),
            ("number_active_already", E.ALREADY_ACTIVE, T.ONBOARDING, None, ""),
        ),
        (
            replace(CLEAN, conflict=_conflict(D.ASK_WHICH_KIND)),
            ("number_known", E.CONFLICT_FOUND, T.ONBOARDING, H.CONFLICT, "which_kind"),
        ),
        (
            replace(CLEAN, m2m=M2mCertainty.CERTAIN),
            ("number_certainly_m2m", E.M2M_CERTAIN, T.ONBOARDING, None, ""),
        ),
        (
            replace(CLEAN, short_code=True),
            ("short_code", E.M2M_CERTAIN, T.ONBOARDING, None, ""),
        ),
        (
            replace(CLEAN, m2m=M2mCertainty.OVERRIDE),
            ("number_perhaps_m2m", E.M2M_DOUBTFUL, T.ONBOARDING, H.M2M, "m2m"),
        ),
        (
            replace(CLEAN, is_m2m=True),
            ("said_to_be_m2m", E.M2M_DOUBTFUL, T.ONBOARDING, H.M2M, "m2m"),
        ),
        (
            replace(CLEAN, number_use="business_platform"),
            ("onboarding_but_on_platform", E.WRONG_FORM, T.HELP, None, ""),
        ),
        (
            replace(MIGRATION, number_use="never"),
            ("migration_but_never_on_platform", E.WRONG_FORM, T.HELP, None, ""),
        ),
        (
            replace(MIGRATION, number_use="whatsapp_app"),
            ("migration_but_never_on_platform", E.WRONG_FORM, T.HELP, None, ""),
        ),
        (
            replace(CLEAN, has_problems=True),
            ("problems_found", E.PROBLEMS_FOUND, T.ONBOARDING, None, ""),
        ),
        (NO_FORM, ("no_form", E.NO_FORM, T.HELP, None, "")),
        (
            replace(QR, number=NumberState.UNKNOWN),
            ("qr_number_not_active", E.CLEAN, T.QR, None, ""),
        ),
        (
            replace(QR, number=NumberState.REQUESTED, conflict=_conflict(D.QUEUE_UNTIL_ACTIVE)),
            ("qr_number_not_active", E.CLEAN, T.QR, None, "queued"),
        ),
        (
            replace(CLEAN, conflict=_conflict(D.ACCEPT_WITH_WARNING_REUSED)),
            ("number_reused", E.CLEAN, T.ONBOARDING, None, "reused_number"),
        ),
        (CLEAN, ("own_track", E.CLEAN, T.ONBOARDING, None, "")),
        (replace(CLEAN, number_use="unknown"), ("own_track", E.CLEAN, T.ONBOARDING, None, "")),
        (replace(CLEAN, number_use="whatsapp_app"), ("own_track", E.CLEAN, T.ONBOARDING, None, "")),
        (replace(CLEAN, m2m=M2mCertainty.WARNING), ("own_track", E.CLEAN, T.ONBOARDING, None, "")),
        (
            replace(CLEAN, conflict=_conflict(D.ACCEPT_LINKED)),
            ("own_track", E.CLEAN, T.ONBOARDING, None, ""),
        ),
        (MIGRATION, ("own_track", E.CLEAN, T.MIGRATION, None, "")),
        (QR, ("own_track", E.CLEAN, T.QR, None, "")),
    ],
)
def test_facts_are_routed_as_the_table_says(
    facts: RoutingFacts, told: tuple[str, EventName, Track, HoldReason | None, str]
) -> None:
    assert _told(route(facts)) == told


def test_every_rule_of_the_table_matches_some_facts() -> None:
    marks = test_facts_are_routed_as_the_table_says.pytestmark  # type: ignore[attr-defined]
    matched = {told[0] for _, told in marks[0].args[1]}
    assert matched == set(NAMES)


def test_misses_are_the_rules_before_the_hit_in_order() -> None:
    way = route(replace(CLEAN, short_code=True))
    assert way.misses == NAMES[: NAMES.index("short_code")]


def test_last_rule_has_all_others_as_misses() -> None:
    assert route(CLEAN).misses == NAMES[:-1]


def test_unproven_sender_is_told_nothing_even_when_all_else_is_wrong() -> None:
    facts = replace(
        CLEAN,
        sender=SenderVerdict.NONE,
        unreadable=True,
        m2m=M2mCertainty.CERTAIN,
        has_problems=True,
        conflict=_conflict(D.HOLD_OWNERSHIP, ConflictEffect.ALERT),
    )
    assert route(facts).event is EventName.SENDER_UNPROVEN


def test_conflict_comes_before_the_rules_about_the_number() -> None:
    facts = replace(CLEAN, conflict=_conflict(D.ASK_WHICH_KIND), m2m=M2mCertainty.CERTAIN)
    assert route(facts).rule == "number_known"


@pytest.mark.parametrize("effect", list(ConflictEffect))
def test_conflict_that_alerts_says_so(effect: ConflictEffect) -> None:
    way = route(replace(CLEAN, conflict=_conflict(D.ASK_WHICH_KIND, effect)))
    assert way.alert is (effect is ConflictEffect.ALERT)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (replace(CLEAN, sender=SenderVerdict.NONE), HoldReason.SENDER),
        (replace(CLEAN, conflict=_conflict(D.ASK_WHICH_KIND)), HoldReason.CONFLICT),
        (replace(CLEAN, is_m2m=True), HoldReason.M2M),
    ],
)
def test_reason_that_staff_released_does_not_hold_again(
    facts: RoutingFacts, reason: HoldReason
) -> None:
    assert route(facts).hold_reason is reason
    assert route(replace(facts, settled=(reason,))).rule == "own_track"


def test_released_reason_does_not_open_other_doors() -> None:
    facts = replace(CLEAN, is_m2m=True, m2m=M2mCertainty.CERTAIN, settled=(HoldReason.M2M,))
    assert route(facts).event is EventName.M2M_CERTAIN


@pytest.mark.parametrize(
    ("facts", "suggestion"),
    [
        (replace(CLEAN, number_use="business_platform"), FormKind.MIGRATION),
        (replace(MIGRATION, number_use="never"), FormKind.ONBOARDING),
        (NO_FORM, None),
        (replace(NO_FORM, number=NumberState.ACTIVE), None),
        (CLEAN, None),
    ],
)
def test_suggestion_is_for_staff_only(facts: RoutingFacts, suggestion: FormKind | None) -> None:
    way = route(facts)
    assert way.suggestion is suggestion
    if facts.form is None:
        assert (way.event, way.track) == (EventName.NO_FORM, Track.HELP)


@pytest.mark.parametrize("decision", list(ConflictDecision))
def test_every_conflict_decision_has_a_route(decision: ConflictDecision) -> None:
    passed_on = {
        D.ACCEPT,
        D.ACCEPT_LINKED,
        D.ACCEPT_WITH_WARNING_REUSED,
        D.QUEUE_UNTIL_ACTIVE,
        D.ASK_NUMBER_NOT_OURS,
        D.HOLD_OWNERSHIP,  # held in place of the first status of staff
    }
    expected = EventName.CLEAN if decision in passed_on else EventName.CONFLICT_FOUND
    if decision is D.ANSWER_ALREADY_ACTIVE:
        expected = EventName.ALREADY_ACTIVE
    assert route(replace(CLEAN, conflict=_conflict(decision))).event is expected


def test_release_of_a_doubtful_sender_does_not_pass_the_conflict_check() -> None:
    facts = replace(
        CLEAN,
        sender=SenderVerdict.FAIL,
        settled=(HoldReason.SENDER_DOUBTFUL,),
        conflict=_conflict(D.HOLD_UNVERIFIED_SENDER),
    )
    way = route(facts)
    assert (way.rule, way.hold_reason) == ("number_known", HoldReason.CONFLICT)
