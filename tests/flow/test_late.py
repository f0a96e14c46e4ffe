"""``doctor`` tells what a run should have done; what waits for a person or for Meta is not late."""

from datetime import timedelta

from pipeline.flow.lifecycle.certificate_rows import reserve
from pipeline.flow.views.doctor.work import late
from pipeline.wording import console as words
from tests.world.customers import HANAKO, form
from tests.world.fixtures import MakeWorld
from tests.world.world import World


def _order(world: World) -> None:
    """Order a certificate; three hours pass without a run."""
    world.mail(HANAKO, form())
    record = world.request()
    world.services.run(lambda work: reserve(work, record))
    world.clock.advance(timedelta(hours=3))


def test_a_certificate_that_no_run_made_is_late(world: World) -> None:
    _order(world)
    found = late(world.services)
    assert (found.state, dict(found.values)["certificates"]) == ("warn", "1")
    assert "certificates 1" in words.word(found.word, **dict(found.values))


def test_what_waits_for_a_second_person_is_not_late(make_world: MakeWorld) -> None:
    world = make_world(approval={"two_people": True})
    _order(world)
    assert late(world.services).state == "good"
