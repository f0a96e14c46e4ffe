"""``status`` and ``doctor`` tell of rows that wait too long; ``doctor --mend`` wakes them."""

from datetime import timedelta
from pathlib import Path

from pipeline.clock import SystemClock
from pipeline.config import load
from pipeline.flow.services import open_services

from .conftest import Call
from .test_looking import picture


def _delay(home: Path) -> None:
    """Let all requests of ``home`` be looked at in some years only."""
    settings = load(home / "pipeline.toml", home / "state", {})
    with open_services(settings, SystemClock()) as services:
        late = services.clock.now() + timedelta(days=2000)
        with services.store.read() as tx:
            due = tx.requests.beyond(services.clock.now(), late)
        for record in due:
            services.store.run(lambda tx, one=record.id: tx.requests.reschedule(one, late))  # type: ignore[misc]


def _finding(pipeline: Call, *options: str) -> dict[str, object]:
    findings = pipeline("doctor", *options, "--json").json()
    (found,) = [finding for finding in findings if finding["check"] == "asleep"]
    return dict(found)


def test_rows_that_wait_too_long_are_told_and_woken_on_demand(home: Path, pipeline: Call) -> None:
    assert _finding(pipeline)["state"] == "good"
    assert "longer than any rule" not in pipeline("status").out
    _delay(home)
    before = picture(home)
    found = _finding(pipeline)
    count = int(dict(found["values"])["requests"])  # type: ignore[call-overload]
    assert (found["state"], count > 0) == ("warn", True)
    assert f"{count} requests" in pipeline("doctor").out
    said = pipeline("status")
    assert "Run: pipeline" in said.out
    assert pipeline("status", "--json").json()["asleep"]["requests"] == count
    assert picture(home) == before

    done = _finding(pipeline, "--mend", "--as", "saki")
    assert (done["state"], done["word"]) == ("good", "asleep_woken")
    assert int(dict(done["values"])["requests"]) == count  # type: ignore[call-overload]
    assert _finding(pipeline)["word"] == ""
    references = [row["reference"] for row in pipeline("queue", "all", "--json").json()]
    pages = "".join(pipeline("request", "show", reference).out for reference in references)
    assert pages.count("saki") == count
