"""Metrics at the command line, and what is said of settings that nobody could use."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.cli import run
from tests.unit.cli.conftest import Check, refused
from tests.world.command_line import Call, caller
from tests.world.settings import write_settings


def test_metrics_are_printed_as_text_and_as_json(pipeline: Call) -> None:
    text = pipeline("metrics").out
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    found = {(one.name, frozenset(one.labels.items())): one.value for one in samples}
    for row in pipeline("metrics", "--json").json():
        key = row["name"], frozenset(row["labels"].items())
        assert found.pop(key) == pytest.approx(row["value"]), key
    assert found == {}


def test_help_of_a_metric_is_in_the_language_of_who_looks(
    pipeline: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = pipeline("metrics").out
    monkeypatch.setenv("PIPELINE_LANG", "ja")
    japanese = pipeline("metrics").out
    assert "# HELP whatsapp_requests_quarantined_messages Messages in quarantine." in english
    assert "# HELP whatsapp_requests_quarantined_messages 隔離されているメールの件数。" in japanese
    values = [line for line in english.splitlines() if not line.startswith("#")]
    assert values == [line for line in japanese.splitlines() if not line.startswith("#")]


def test_file_that_no_exporter_reads_is_refused(check: Check) -> None:
    said = '[metrics]\ntextfile = "metrics.txt"\n'
    refused(check, said, "does not end with .prom", "such as whatsapp-requests.prom")
    assert check(said.replace("txt", "prom")) == (0, "")


@pytest.mark.parametrize("url", ["http://monitor.example/x", "nonsense", "https://a@b.example/x"])
def test_url_that_no_ping_may_be_sent_to_is_refused_and_not_told(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "url").touch(mode=0o600)
    (tmp_path / "url").write_text(url)
    config = write_settings(tmp_path / "pipeline.toml", ping={"url": {"file": "url"}})
    assert run(["--config", str(config), "config", "check"]) == 4
    said = capsys.readouterr().err
    assert said.startswith("The secret ping.url is no URL")
    assert url not in said


def test_doctor_says_whether_the_file_can_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_settings(tmp_path / "pipeline.toml", metrics={"textfile": "collector/wa.prom"})
    call = caller(tmp_path, capsys)

    def found() -> tuple[str, str]:
        (row,) = [row for row in call("doctor", "--json").json() if row["check"] == "metrics"]
        return row["state"], row["word"]

    assert found() == ("warn", "metrics_unwritable")
    (tmp_path / "collector").mkdir()
    assert found() == ("good", "metrics_written")
    assert list((tmp_path / "collector").iterdir()) == []
