"""The metrics are what the state holds, in the form that Prometheus reads, and of no person."""

import os
import re
import shutil
import stat
import subprocess
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from pipeline.config import MetricsSettings
from pipeline.errors import ExitCode, TryLaterError
from pipeline.flow.services.backups import Checked, Made, note_checked, note_made
from pipeline.flow.views.metrics.exposition import exposition, measured
from pipeline.flow.views.metrics.names import METRICS, PREFIX, Kind
from pipeline.resources import languages, template
from pipeline.store.process_records import RunRecord, RunTotals
from tests.flow.test_certificates import issued
from tests.flow.test_corrections import wrong
from tests.world.customers import HANAKO, JULIA, OLIVER, form
from tests.world.world import START, World

Values = Mapping[tuple[str, frozenset[tuple[str, str]]], float]
_FORM = {"form": "onboarding"}


def values(text: str) -> Values:
    """Read the text as Prometheus's own library does."""
    return {
        (sample.name.removeprefix(PREFIX), frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def at(found: Values, name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


def scraped(world: World) -> Values:
    return values(exposition(world.services).decode())


def played(world: World) -> None:
    """A certificate, a form with mistakes, one that waits for staff, and words."""
    issued(world)
    world.mail(OLIVER, wrong("en"))
    world.mail(JULIA, form(language="de"))
    world.staff_mails()


def test_metrics_are_what_the_state_holds(any_world: World) -> None:
    world = any_world
    played(world)
    found = scraped(world)
    now = world.clock.now()
    assert at(found, "open", status="certificate_issued") == 1
    assert at(found, "open", status="needs_correction") == 1
    assert at(found, "open", status="policy_review") == 1
    assert at(found, "open", status="held") == 0
    assert at(found, "open_by_move", move="staff") == 1
    assert at(found, "opened_last_day") == 3
    assert at(found, "messages_last_day", outcome="request") == 3
    assert at(found, "mails_sent_last_day", notice="certificate_issued", language="ja") == 1
    assert at(found, "mails_sent_last_day", notice="needs_correction", language="en") == 1
    assert at(found, "outbox_mails", state="waiting") == 0
    assert at(found, "outbox_oldest_timestamp_seconds") is None
    assert at(found, "forms_last_day", **_FORM, language="ja") == 1
    assert at(found, "certificates", state="live") == 1
    assert [at(found, "certificates_expiring", within=days) for days in ("1d", "3d", "7d")] == [
        0,
        0,
        1,
    ]
    asked = {
        dict(labels)["question"]: count
        for (name, labels), count in found.items()
        if name == "problems_last_day" and dict(labels)["form"] == "onboarding"
    }
    assert asked == {"genesys_org_id": 1, "phone_number_again": 1, "use_case": 1}
    waiting_since = at(found, "oldest_unanswered_timestamp_seconds")
    assert waiting_since is not None
    assert START.timestamp() <= waiting_since < now.timestamp()
    assert at(found, "last_run_timestamp_seconds") == pytest.approx(now.timestamp())
    assert at(found, "last_success_timestamp_seconds") == pytest.approx(now.timestamp())
    assert at(found, "last_run_exit_code") == 0
    assert at(found, "runs_total", exit_code="0") == at(found, "runs_in_a_row", exit_code="0")
    assert at(found, "run_items_total", what="fetched") == 3


def test_what_happened_is_counted_for_a_day_and_what_runs_did_for_ever(world: World) -> None:
    played(world)
    world.later(hours=25)
    found = scraped(world)
    assert at(found, "opened_last_day") == 0
    assert at(found, "messages_last_day", outcome="request") is None
    assert at(found, "mails_sent_last_day", notice="certificate_issued", language="ja") is None
    assert at(found, "forms_last_day", **_FORM, language="ja") is None
    assert at(found, "run_items_total", what="fetched") == 3


def test_ends_are_told_by_how_they_came(any_world: World) -> None:
    world = any_world
    record = issued(world)
    world.staff_mails()
    world.reply(record, "ACTIVE")
    world.mail(OLIVER, form(language="en"))
    world.staff_mails()
    world.reply(world.request(OLIVER), "WITHDRAW")
    found = scraped(world)
    assert at(found, "ended_last_day", status="active") == 1
    assert at(found, "ended_last_day", status="withdrawn") == 1
    world.later(days=7, hours=1)
    assert at(scraped(world), "certificates_ended_last_day", state="expired") == 1


def test_mails_that_wait_are_told(any_world: World) -> None:
    world = any_world
    issued(world)
    found = scraped(world)
    assert at(found, "outbox_mails", state="waiting") == 2
    assert at(found, "outbox_oldest_timestamp_seconds") == pytest.approx(START.timestamp())
    world.clock.advance(timedelta(hours=4))
    assert at(scraped(world), "outbox_mails", state="overdue") == 2


def test_last_success_stays_while_runs_fail(any_world: World) -> None:
    world = any_world
    world.batch()
    good = at(scraped(world), "last_success_timestamp_seconds")
    world.clock.advance(timedelta(hours=1))
    now = world.clock.now()
    failed = RunRecord(now, now, 2.5, 75, (), (("receive", "mailbox_unreachable"),))
    for _ in range(40):  # more than lines of runs are kept
        world.services.store.run(lambda tx: tx.memory.ran(failed))
    found = scraped(world)
    assert at(found, "last_success_timestamp_seconds") == good
    assert at(found, "last_run_exit_code") == 75
    assert at(found, "runs_in_a_row", exit_code="75") == 30
    assert at(found, "runs_total", exit_code="75") == 40
    assert at(found, "runs_total", exit_code="0") == 1
    assert at(found, "run_failures_total", stage="receive", code="mailbox_unreachable") == 40
    assert at(found, "last_run_duration_seconds") == 2.5


@pytest.mark.parametrize("code", ExitCode)
def test_run_is_a_success_when_it_went_through(code: ExitCode) -> None:
    totals = RunTotals().with_run(RunRecord(START, START, 1, code))
    assert (totals.success_at is not None) == (code in {ExitCode.DONE, ExitCode.UNFINISHED})


def test_backup_is_as_old_as_the_last_one_that_was_found_whole(any_world: World) -> None:
    world, day = any_world, timedelta(days=1)
    assert at(scraped(world), "backup_made_timestamp_seconds") is None
    run = world.services.store.run
    run(lambda tx: note_checked(tx, Checked("a", "d", START - 3 * day, START)))
    run(lambda tx: note_checked(tx, Checked("b", "e", START - day, START, "backup_damaged")))
    run(lambda tx: note_made(tx, Made("c", "f", START, with_keys=True)))
    found = scraped(world)
    assert at(found, "backup_made_timestamp_seconds") == START.timestamp()
    assert at(found, "backup_verified_timestamp_seconds") == (START - 3 * day).timestamp()
    assert at(found, "backup_check_failed") == 1


def test_no_metric_tells_of_a_person(world: World) -> None:
    played(world)
    world.mail("stranger@planted-marker.example", text="planted words, call +49 30 1234567")
    world.mail(HANAKO, form(company_legal_name="planted-marker"))
    text = exposition(world.services).decode()
    numbers = {record.number for record in world.requests()} - {""}
    references = {record.reference for record in world.requests()}
    told = "".join(line for line in text.splitlines() if not line.startswith("#"))
    for secret in {"@", "planted", "sakura", ".example", *numbers, *references}:
        assert secret not in told, secret
    for _, labels in values(text):
        for name, value in labels:
            assert re.fullmatch(r"[A-Za-z0-9_.:-]*", value), (name, value)


def test_names_follow_the_conventions_and_each_has_its_words() -> None:
    tables = {
        code: tomllib.loads(template("console", f"{code}.toml").read_text("utf-8"))["words"]
        for code in languages()
    }
    for name, metric in METRICS.items():
        assert re.fullmatch(r"[a-z]+(?:_[a-z]+)*", name)
        assert name.endswith("_total") == (metric.kind is Kind.COUNTER), name
        assert not name.endswith(("_count", "_sum", "_bucket", "_minutes", "_hours"))
        for label in metric.labels:
            assert re.fullmatch(r"[a-z]+(?:_[a-z]+)*", label)
        for words in tables.values():
            assert words[f"metric_{name}"]
    for words in tables.values():
        told = {key.removeprefix("metric_") for key in words if key.startswith("metric_")}
        assert told == set(METRICS)


def test_each_sample_is_declared_and_nothing_is_told_twice(world: World) -> None:
    played(world)
    found = measured(world.services)
    assert len({(sample.name, sample.labels) for sample in found}) == len(found)
    assert all(len(sample.labels) == len(METRICS[sample.name].labels) for sample in found)
    order = list(dict.fromkeys(sample.name for sample in found))
    assert order == [name for name in METRICS if name in order]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not there")
def test_prometheus_itself_finds_nothing_to_say(world: World) -> None:
    played(world)
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=exposition(world.services),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_no_statement_of_the_metrics_looks_through_a_table(world: World) -> None:
    """Each finds its rows by an index of open work or of instants, and their number is fixed."""
    played(world)
    engine, seen = world.services.store._engine, list[tuple[str, Any]]()

    def heard(_c: object, _k: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", heard)
    measured(world.services)
    sa.event.remove(engine, "before_cursor_execute", heard)
    selects = [pair for pair in seen if pair[0].startswith("SELECT")]
    assert 10 < len(selects) < 30
    with engine.connect() as connection:
        for statement, parameters in selects:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [str(row[3]) for row in plan]
            scans = [step for step in steps if step.startswith("SCAN") and "CONSTANT" not in step]
            walks = [step for step in steps if step.endswith("(mailbox_id=?)")]
            partial = [step for step in walks if _is_of_open_work(step)]
            assert scans == [], (statement, steps)
            assert walks == partial, (statement, steps)


def _is_of_open_work(step: str) -> bool:
    """Tell whether a walk through an index is one through what is open alone."""
    return bool(re.search(r"ix_\w+_(?:next_at|move|open_since|unfinished_since|status)\b", step))


# the file for a node exporter


def test_each_run_writes_the_file_for_others_to_read(world: World, tmp_path: Path) -> None:
    path = tmp_path / "collector" / "requests.prom"
    path.parent.mkdir()
    world.change(metrics=MetricsSettings(textfile=str(path)))
    before = os.umask(0o077)  # as the units have it
    try:
        world.batch()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert at(values(path.read_text()), "runs_total", exit_code="0") == 1
    replaced = path.stat().st_ino
    world.batch()
    assert path.stat().st_ino != replaced
    assert at(values(path.read_text()), "runs_total", exit_code="0") == 2
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_file_that_cannot_be_written_fails_no_run(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world.change(metrics=MetricsSettings(textfile=str(tmp_path / "nowhere" / "requests.prom")))
    with caplog.at_level("WARNING", logger="pipeline"):
        summary = world.batch()
    assert summary.exit_code == 0
    (line,) = [record for record in caplog.records if record.name == "pipeline.metrics"]
    assert line.getMessage() == "not_written"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("error", [TryLaterError("database_busy"), RuntimeError("planted")])
def test_metrics_that_cannot_be_read_fail_no_run(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(_services: object) -> bytes:
        raise error

    monkeypatch.setattr("pipeline.flow.views.metrics.exposition.exposition", broken)
    path = tmp_path / "requests.prom"
    path.write_text("old")
    world.change(metrics=MetricsSettings(textfile=str(path)))
    assert world.batch().exit_code == 0
    assert path.read_text() == "old"
