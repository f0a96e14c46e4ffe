"""Decisions at the console: what is announced comes, what lasts needs two clicks."""

from pipeline.model.request import Status
from pipeline.store.staff_records import Role
from tests.world.console import Staff
from tests.world.world import World


def _first(world: World) -> str:
    world.deliver_forms(0)
    world.run()
    return world.requests()[0].reference


def test_a_request_is_asked_about(world: World, staff: Staff) -> None:
    reference = _first(world)
    sato = staff.person("sato")
    page = sato.get(f"/r/{reference}")
    assert page.status_code == 200
    assert reference in page.text
    form = sato.get(f"/r/{reference}/d/ask")
    assert form.status_code == 200
    done = sato.send(f"/r/{reference}/d/ask", {"fields": "company_legal_name", "text": "Is it so?"})
    assert done.status_code == 200, done.text
    assert world.requests()[0].status is Status.NEEDS_CORRECTION


def test_who_may_only_look_decides_nothing(world: World, staff: Staff) -> None:
    reference = _first(world)
    visitor = staff.person("mori", Role.VIEWER)
    before = visitor.get(f"/r/{reference}")
    assert f"/r/{reference}/d/" not in before.text
    for name in ("ask", "approve", "note", "take"):
        assert visitor.get(f"/r/{reference}/d/{name}").status_code in {404, 409}
        assert visitor.send(f"/r/{reference}/d/{name}").status_code in {403, 404, 409}
