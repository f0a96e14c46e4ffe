"""Which kinds of numbers are taken is a setting."""

import pytest

from pipeline.model.form import FormKind
from pipeline.model.request import Status
from tests.world.customers import OLIVER, form
from tests.world.fixtures import MakeWorld

_LANDLINE = {"phone_number": "+44 121 234 5678", "phone_number_again": "0121 234 5678"}


@pytest.mark.parametrize(
    ("verdict", "status", "codes"),
    [
        ("ok", Status.POLICY_REVIEW, []),
        ("ask", Status.NEEDS_CORRECTION, ["phone_special"]),
        ("reject", Status.NEEDS_CORRECTION, ["phone_not_supported"]),
    ],
)
def test_landline_is_judged_as_the_settings_say(
    make_world: MakeWorld, verdict: str, status: Status, codes: list[str]
) -> None:
    world = make_world(phones={"landline": verdict})
    answers = {"verification_method": "voice", "behind_ivr": "no", **_LANDLINE}
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en", "xlsx", **answers))
    record = world.request(OLIVER)
    (revision,) = world.revisions(record)
    assert record.status is status
    found = [item.code for item in revision.problems if item.field == "phone_number"]
    assert found == codes


def test_restricted_country_of_the_settings_is_asked_about(make_world: MakeWorld) -> None:
    world = make_world(phones={"restricted": ("GB",)})
    world.mail(OLIVER, form(language="en"))
    record = world.request(OLIVER)
    (revision,) = world.revisions(record)
    found = {item.code for item in revision.problems if item.field == "phone_number"}
    assert found == {"phone_restricted", "phone_restricted_staff"}
