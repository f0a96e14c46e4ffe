"""The strict model proves that nothing is open; when it fails, staff are told and nobody else."""

from dataclasses import replace
from typing import Annotated

import pytest

from pipeline.flow.staff import corrections, review
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.definitions.onboarding import OnboardingApplication
from pipeline.model.form import FormKind
from pipeline.model.request import HoldReason, Status, Track
from pipeline.store.records import RequestRecord
from pipeline.terms import Outcome
from pipeline.validation import application
from tests.world.customers import HANAKO, form
from tests.world.outbox import notices
from tests.world.world import World

_CODE = "application_incomplete"


class _Broken(OnboardingApplication):
    """A definition that refuses what its reader accepts: our bug."""

    genesys_org_name: Annotated[int, Question(AnswerKind.TEXT, "genesys")]  # type: ignore[assignment]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    definition = replace(FORMS[FormKind.ONBOARDING], model=_Broken)
    monkeypatch.setattr(application, "FORMS", {**FORMS, FormKind.ONBOARDING: definition})


def _held(world: World, record: RequestRecord) -> None:
    after = world.again(record)
    assert (after.status, after.state.hold_reason) == (Status.HELD, HoldReason.STAFF)
    with world.services.store.read() as tx:
        told = [line for line in tx.alerts.list() if line.code == _CODE]
    assert [(line.reference, line.detail) for line in told] == [
        (record.reference, "genesys_org_name")
    ]
    detail = dict(world.history(record)[-1].detail)
    assert (detail["error"], detail["fields"]) == (_CODE, "genesys_org_name")


@pytest.mark.usefixtures("broken")
def test_a_form_that_does_not_build_is_held_and_answered_as_usual(any_world: World) -> None:
    world = any_world
    mails = world.mail(HANAKO, form())
    assert notices(mails) == ["acknowledged"]
    assert world.summary.exit_code == 0
    assert world.last_message().outcome is Outcome.HELD
    record = world.request()
    _held(world, record)
    assert world.steps(record) == ["clean", "hold"]


@pytest.mark.usefixtures("broken")
def test_staff_release_it_to_where_it_stood(world: World) -> None:
    world.mail(HANAKO, form())
    released = review.release(world.services, world.request(), "saki")
    assert released.status is Status.POLICY_REVIEW


@pytest.mark.usefixtures("broken")
def test_a_correction_that_does_not_build_is_held(world: World) -> None:
    world.mail(HANAKO, form(website=""))
    record = world.request()
    assert world.alerts() == []
    assert notices(world.reply(record, "", form())) == ["revision_received"]
    _held(world, record)


@pytest.mark.usefixtures("broken")
def test_answers_of_staff_that_do_not_build_are_held(world: World) -> None:
    world.mail(HANAKO, form(website=""))
    record = world.request()
    answers = (("website", "https://sakura-denki.co.jp"),)
    corrections.edit(world.services, record, "saki", answers=answers)
    _held(world, record)


@pytest.mark.usefixtures("broken")
def test_a_form_that_is_routed_and_does_not_build_is_held(world: World) -> None:
    world.mail(HANAKO, form(number_use="business_platform"))
    record = world.request()
    assert (record.state.track, record.status) == (Track.HELP, Status.TRIAGE)
    corrections.route(world.services, record, "saki", track=Track.ONBOARDING)
    _held(world, record)


@pytest.mark.parametrize("kind", list(FormKind))
def test_a_good_form_of_each_kind_is_not_held(world: World, kind: FormKind) -> None:
    world.mail(HANAKO, form(kind))
    assert _CODE not in world.alerts()
