"""The commands that only look: queue, status, mail, quarantine, db, config, authority, version."""

import json
import re
import shutil
from pathlib import Path

import pytest

from pipeline import __version__
from pipeline.cli import run
from pipeline.flow.views.doctor import NAMES
from pipeline.wording.console import language_of_process

from .conftest import MAILS, SAMPLES, Call


def test_queue_views_hold_what_they_say(pipeline: Call) -> None:
    def statuses(view: str) -> list[str]:
        return sorted(row["status"] for row in pipeline("queue", view, "--json").json())

    assert statuses("all") == ["needs_correction", "policy_review", "rejected"]
    assert statuses("needs-me") == ["policy_review"]
    assert statuses("waiting") == ["needs_correction"]
    assert statuses("held") == []
    assert statuses("expiring") == []


def test_queue_is_read_in_portions(pipeline: Call) -> None:
    everything = pipeline("queue", "all", "--json").json()
    second = pipeline("queue", "all", "--limit", "1", "--offset", "1", "--json").json()
    assert second == everything[1:2]


def test_empty_queue_says_so(fresh_pipeline: Call) -> None:
    called = fresh_pipeline("queue")
    assert (called.code, called.out) == (0, "Nothing here.\n")


def test_status_counts_and_names_the_issuer(pipeline: Call) -> None:
    found = pipeline("status", "--json").json()
    assert found["issuer"] == "embedded"
    assert found["counts"]["needs_me"] == 1
    assert found["counts"]["waiting"] == 1
    assert found["counts"]["messages"] == 0
    assert found["last_batch"] < found["at"]
    words = pipeline("status").out
    assert re.search(r"Last batch ended: \d{4}-\d\d-\d\d \d\d:\d\d CES?T\n", words)
    assert "Needs a decision of staff: 1\n" in words
    assert "expects Meta's certificate" in words


def test_status_says_that_no_batch_has_run_yet(fresh_pipeline: Call) -> None:
    assert "No batch has run yet.\n" in fresh_pipeline("status").out
    assert fresh_pipeline("status", "--json").json()["last_batch"] is None


def test_messages_are_listed_shown_and_kept_byte_for_byte(pipeline: Call) -> None:
    rows = pipeline("mail", "list", "--json").json()
    assert sorted(row["outcome"] for row in rows) == ["ignored", "request", "request", "request"]
    (ignored,) = [row for row in rows if row["outcome"] == "ignored"]
    shown = pipeline("mail", "show", ignored["id"], "--json").json()
    assert shown["sha256"] == ignored["sha256"]
    raw = pipeline("mail", "raw", ignored["id"])
    original = (SAMPLES / "mails" / f"{MAILS[3]}.eml").read_bytes()
    assert (raw.code, raw.out.encode()) == (0, original)


def test_injected_twice_is_one_message(pipeline: Call) -> None:
    called = pipeline("mail", "inject", str(SAMPLES / "mails" / f"{MAILS[0]}.eml"))
    assert called.code == 0
    assert pipeline("run").code == 0
    assert len(pipeline("queue", "all", "--json").json()) == 3


def test_empty_quarantine_says_so(fresh_pipeline: Call) -> None:
    assert fresh_pipeline("quarantine", "list").out == "The quarantine is empty.\n"
    assert fresh_pipeline("quarantine", "list", "--json").json() == []


def test_migrating_where_nothing_was_made_makes_it(fresh_pipeline: Call, empty_home: Path) -> None:
    shutil.rmtree(empty_home / "state")
    missing = fresh_pipeline("db", "status", "--json")
    assert (missing.code, missing.err[:37]) == (4, "There is nothing in the state folder ")
    assert fresh_pipeline("db", "migrate").out == "The schema is current.\n"
    assert fresh_pipeline("db", "status", "--json").json() == {"schema": "current"}
    assert fresh_pipeline("db", "migrate").code == 0


def test_settings_are_shown_checked_and_described(
    fresh_pipeline: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fresh_pipeline("config", "check").out == "The settings can be used.\n"
    monkeypatch.setenv("PIPELINE_TEAM__COUNTRY", "JP")
    monkeypatch.setenv("PIPELINE_LIMITS__BATCH", "7")
    found = fresh_pipeline("config", "show").json()
    assert (found["team"]["country"], found["limits"]["batch"]) == ("JP", 7)
    assert found["team"]["time_zone"] == "Europe/Berlin"
    schema = fresh_pipeline("config", "schema").json()
    assert set(schema["properties"]) == set(found)


def test_settings_never_show_a_secret(fresh_pipeline: Call, empty_home: Path) -> None:
    secret = empty_home / "password"
    secret.write_text("correct horse battery", encoding="utf-8")
    with (empty_home / "pipeline.toml").open("a", encoding="utf-8") as file:
        file.write(f"[certificates]\npassphrase = {{ file = {json.dumps(str(secret))} }}\n")
    called = fresh_pipeline("config", "show")
    assert (called.code, "correct horse" in called.out) == (0, False)


def test_authority_shows_its_certificate_and_never_its_key(fresh_pipeline: Call) -> None:
    fingerprint = fresh_pipeline("authority", "show", "--json").json()["fingerprint"]
    assert len(fingerprint) == 64
    exported = fresh_pipeline("authority", "export").out
    assert exported.startswith("-----BEGIN CERTIFICATE-----\n")
    assert "PRIVATE KEY" not in exported
    assert fresh_pipeline("certificate", "list", "--json").json() == []
    none_signed = fresh_pipeline("certificate", "crl")
    assert (none_signed.code, none_signed.out) == (5, "")


def test_qr_preview_writes_link_and_images(fresh_pipeline: Call, tmp_path: Path) -> None:
    called = fresh_pipeline("qr", "preview", "+4930123456", "--text", "Hi", "--out", str(tmp_path))
    link, *files = called.out.splitlines()
    assert (called.code, link) == (0, "https://wa.me/4930123456?text=Hi")
    assert {Path(file).suffix for file in files} >= {".svg", ".png"}
    assert all(Path(file).stat().st_size > 0 for file in files)


def test_init_writes_a_configuration_that_can_be_used(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "pipeline.toml"
    values = {"address": "wa@example.com", "host": "", "user": "", "password-file": ""}
    values |= {
        "smtp-host": "",
        "time-zone": "Asia/Tokyo",
        "country": "JP",
        "alert-to": "a@b.example",
    }
    options = [part for name, value in values.items() for part in (f"--{name}", value)]
    assert run(["init", "--out", str(path), *options]) == 0
    capsys.readouterr()
    assert run(["--config", str(path), "config", "show"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["mailbox"]["address"] == "wa@example.com"
    assert (found["team"]["time_zone"], found["team"]["alert_to"]) == ("Asia/Tokyo", "a@b.example")
    assert run(["init", "--out", str(path), *options]) == 6
    assert run(["init", "--out", str(path), "--force", *options]) == 0


def test_doctor_finds_a_home_that_works(fresh_pipeline: Call) -> None:
    called = fresh_pipeline("doctor", "--json")
    found = {item["check"]: item["state"] for item in called.json()}
    assert called.code == 0
    # what has no server, no token and no state that was put back is not checked
    unasked = {"token", "numbering", "reply_address", "scanner", "meta", "restored", "metrics"}
    assert set(found) == set(NAMES) - unasked
    assert found["run"] == "warn"
    assert found["alerts"] == "warn"
    assert {found[check] for check in ("home", "database", "mailbox", "courier")} == {"good"}


def test_doctor_says_how_to_close_a_home_that_is_open(
    fresh_pipeline: Call, empty_home: Path
) -> None:
    (empty_home / "state").chmod(0o755)
    called = fresh_pipeline("doctor")
    assert f"Run: chmod go-rwx {empty_home / 'state'}" in " ".join(called.out.split())


def test_version_is_told_in_words_and_as_json(fresh_pipeline: Call) -> None:
    assert fresh_pipeline("version").out == f"pipeline {__version__}\n"
    assert fresh_pipeline("version", "--json").json() == {"version": __version__}
    assert fresh_pipeline("--version").out == f"pipeline {__version__}\n"


def test_quarantine_tells_the_true_reason_in_the_operators_language(
    empty_home: Path, fresh_pipeline: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = b"--x\r\n\r\n.\r\n" * 20_000
    mail = tmp_path / "parts.eml"
    mail.write_bytes(
        b"From: a@a.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + parts
    )
    assert fresh_pipeline("mail", "inject", str(mail)).code == 0
    assert fresh_pipeline("run").code == 3
    (row,) = fresh_pipeline("quarantine", "list", "--json").json()
    assert (row["reason"], row["attempts"]) == ("mail_refused_parts", 1)
    assert row["why"] == "It has far more parts than a person's mail has."
    assert row["trace"].startswith("RefusedError mail_refused parts at parts.py:")
    listed = " ".join(fresh_pipeline("quarantine", "list").out.split())
    assert "far more parts" in listed
    shown = fresh_pipeline("quarantine", "show", row["id"])
    assert f"Fault: mail_refused_parts: {row['trace']}" in " ".join(shown.out.split())
    assert fresh_pipeline("quarantine", "show", row["id"], "--json").json()["quarantine"] == row
    monkeypatch.setenv("PIPELINE_LANG", "ja")
    language_of_process.cache_clear()
    assert "パートの数" in "".join(fresh_pipeline("quarantine", "list").out.split())
