"""What is said of a table of numbers before it is imported: whose they are, and what is open."""

import pytest

from pipeline.flow.staff import numbers
from pipeline.flow.staff.desk.import_warnings import Risk, Warned, warning_line, warnings_of
from pipeline.model.form import FormKind
from pipeline.model.request import HoldReason, NumberState, Status
from pipeline.store.records import NumberRecord
from pipeline.wording import console as words
from tests.flow.test_certificates import issued
from tests.world.customers import HANAKO, form
from tests.world.world import World

_OTHER = "lindenhof.example"
_NUMBER = "+819012345678"
_REQUESTED, _ACTIVE = NumberState.REQUESTED, NumberState.ACTIVE
_RELEASED = NumberState.RELEASED


def _warned(world: World, state: NumberState, organisation: str) -> list[Warned]:
    record = NumberRecord(_NUMBER, state, organisation, None)
    found = warnings_of(world.services, numbers.compared(world.services, [record]))
    for one in found:
        for language in ("en", "de", "ja"):
            with words.speaking(language):
                assert _NUMBER in warning_line(one, "Asia/Tokyo")
    return found


def _risks(world: World, state: NumberState, organisation: str) -> list[Risk]:
    return [one.risk for one in _warned(world, state, organisation)]


@pytest.mark.parametrize(
    ("before", "after", "owner", "risks"),
    [
        (_ACTIVE, _ACTIVE, "example.net", [Risk.OWNER]),
        (_REQUESTED, _RELEASED, "example.net", [Risk.OWNER]),
        (_ACTIVE, _ACTIVE, "", [Risk.OWNER]),
        (_ACTIVE, _RELEASED, _OTHER, []),
        (_ACTIVE, _ACTIVE, _OTHER, []),
        (_RELEASED, _ACTIVE, "example.net", []),
    ],
)
def test_a_number_that_is_somebodys_is_warned_about(
    world: World, before: NumberState, after: NumberState, owner: str, risks: list[Risk]
) -> None:
    world.set_number(_NUMBER, before, _OTHER)
    assert _risks(world, after, owner) == risks


def test_a_new_number_without_a_request_is_nothing_to_look_at(world: World) -> None:
    assert _risks(world, _ACTIVE, _OTHER) == []


def test_an_open_request_is_told_when_its_number_changes(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    own = record.organisation
    (found,) = _warned(world, _ACTIVE, own)
    assert (found.risk, found.reference) == (Risk.REQUEST, record.reference)
    assert Risk.REQUEST in _risks(world, _REQUESTED, _OTHER)


def test_a_certificate_that_counts_is_told_with_its_end(world: World) -> None:
    record = issued(world)
    (certificate,) = world.certificates(record)
    found = _warned(world, _RELEASED, record.organisation)
    assert [one.risk for one in found] == [Risk.CERTIFICATE]
    assert found[0].expires_at == certificate.expires_at
    assert "2026-11-30" in warning_line(found[0], "Asia/Tokyo")


def test_what_waits_for_its_number_is_no_warning(world: World) -> None:
    world.mail(HANAKO, form(FormKind.QR))
    record = world.request()
    waits = record.status is Status.AWAITING_ACTIVE or record.held_for(HoldReason.NUMBER)
    assert waits, record.status
    assert _risks(world, _ACTIVE, record.organisation) == []
