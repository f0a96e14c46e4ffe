"""Forty and more planted words of one person: handed out, erased, and nowhere left."""

import logging
import zipfile
from io import BytesIO

import pytest

from pipeline.flow.staff.privacy.erase import erase_person
from pipeline.flow.staff.privacy.export import export_person
from pipeline.flow.views.dashboard.page import figures_page
from pipeline.flow.views.lists.audit import audit_rows, every_request, verify_audit
from pipeline.flow.views.lists.tables import audit_lines, request_lines
from pipeline.flow.views.metrics.exposition import exposition
from pipeline.flow.views.report import report_page
from tests.world.person import PLANTED, YORI, leave_traces
from tests.world.traces import layers_of, traces, traces_in
from tests.world.world import World

#: The folders in place of mail servers.
_SERVERS = {"inbox", "sent"}


@pytest.fixture
def planted(any_world: World, caplog: pytest.LogCaptureFixture) -> World:
    caplog.set_level(logging.DEBUG, "pipeline")
    leave_traces(any_world)
    return any_world


def _left(world: World) -> dict[str, set[str]]:
    found = traces(world.services.store, PLANTED, world.home, _SERVERS)
    return {place: kinds for place, kinds in found.items() if kinds}


def _kinds(found: dict[str, set[str]]) -> set[str]:
    return set().union(*found.values())


def _handed_out(world: World) -> dict[str, list[bytes]]:
    out = BytesIO()
    export_person(world.services, YORI, "saki", out)
    with zipfile.ZipFile(out) as archive:
        return {
            name: [name.encode(), *layers_of(archive.read(name))] for name in archive.namelist()
        }


def _taken_along(world: World) -> dict[str, list[bytes]]:
    """Return what the commands write that take something along."""
    services = world.services
    zone = services.settings.team.time_zone
    told = {
        "requests": str(list(request_lines(every_request(services.store), zone))),
        "audit": str(list(audit_lines(audit_rows(services.store)))),
        "report": report_page(services),
        "figures": figures_page(services, 28),
        "metrics": exposition(services).decode(),
    }
    return {name: [text.encode()] for name, text in told.items()}


def test_every_word_is_found_handed_out_and_erased(
    planted: World, caplog: pytest.LogCaptureFixture
) -> None:
    world = planted
    assert len(PLANTED) >= 40
    assert set(PLANTED) - _kinds(_left(world)) == set()
    assert set(PLANTED) - _kinds(traces_in(_handed_out(world), PLANTED)) == set()

    erase_person(world.services, YORI, "saki")
    assert _left(world) == {}
    assert verify_audit(world.services.store).intact
    assert traces_in(_taken_along(world), PLANTED) == {}
    logged = [f"{line.getMessage()} {line.__dict__}".encode() for line in caplog.records]
    assert traces_in({"log": logged}, PLANTED) == {}
    world.later(days=1)
    assert _left(world) == {}
