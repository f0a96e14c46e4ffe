"""The console has metrics for who knows the token, and for nobody else."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.config import MetricsSettings, Secret
from pipeline.errors import ConfigurationError
from pipeline.store.staff_records import Role
from tests.world.console import Staff
from tests.world.world import World

TOKEN = "a-token-of-a-scraper"


@pytest.fixture
def measured(world: World, tmp_path: Path) -> Staff:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    world.change(metrics=MetricsSettings(token=Secret(file=file)))
    return Staff(world.services)


def test_without_a_token_there_are_no_metrics(staff: Staff) -> None:
    browser = staff.person("sato", Role.ADMIN)
    assert browser.get("/metrics").status_code == 404
    assert browser.get("/metrics", authorization="Bearer ").status_code == 404


def test_scraper_gets_the_metrics(measured: Staff, world: World) -> None:
    world.batch()
    answer = measured.browser().get("/metrics", authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"whatsapp_requests_open", "whatsapp_requests_runs"} <= names
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer \xe9"],
)
def test_who_does_not_know_the_token_gets_nothing(measured: Staff, given: str) -> None:
    browser = measured.person("sato", Role.ADMIN)  # being logged in is no token
    headers = {b"authorization": given.encode("latin-1")} if given else {}
    answer = browser.client.get("/metrics", headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "whatsapp" not in answer.text


def test_token_that_cannot_be_read_keeps_the_console_closed(world: World, tmp_path: Path) -> None:
    world.change(metrics=MetricsSettings(token=Secret(file=tmp_path / "nowhere")))
    with pytest.raises(ConfigurationError):
        Staff(world.services)
