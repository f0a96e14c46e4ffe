"""What stands ready in contrib/ fits the program: its commands, settings, metrics and rights."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.cli import command_paths
from pipeline.config import judged, read_values
from pipeline.config.reading import known_variables
from pipeline.errors import ExitCode
from pipeline.flow.views.metrics.names import METRICS, PREFIX

ROOT = Path(__file__).parents[2]
CONTRIB = ROOT / "contrib"
UNIT = "whatsapp-requests"
CONTAINER = CONTRIB / "container"
ALERTS = CONTRIB / "prometheus" / f"{UNIT}-alerts.yaml"
ALERTS_TEST = CONTRIB / "prometheus" / f"{UNIT}-alerts-test.yaml"
DASHBOARD = CONTRIB / "grafana" / f"{UNIT}.json"
SERVICES = sorted(path.name for path in CONTRIB.glob("*.service"))
TIMERS = sorted(path.name for path in CONTRIB.glob("*.timer"))
TEXTS = {
    str(path.relative_to(CONTRIB)): path.read_text(encoding="utf-8")
    for path in sorted(CONTRIB.rglob("*"))
    if path.is_file()
}
_STOP_SECONDS = 5
#: Of each unit that stays: the least minutes of its watchdog, and the codes that do not pass.
STAYING = {
    # an answer of a mail server may take 10 minutes (RFC 5321, 4.5.3.2)
    f"{UNIT}-watch.service": (11, [ExitCode.CONFIGURATION]),
    f"{UNIT}-console.service": (1, [ExitCode.USAGE, ExitCode.CONFIGURATION]),
}
_MOST_EXPOSED = 2.0
_HAS_SYSTEMD = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not there"
)
_HAS_PROMTOOL = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not there")


def settings_of(name: str, section: str = "Service") -> list[tuple[str, str]]:
    """Return the settings of a unit in their order; one may stand there several times."""
    found, current = [], ""
    for line in TEXTS[name].splitlines():
        if line.startswith("["):
            current = line.strip("[]")
        elif "=" in line and not line.startswith("#") and current == section:
            key, _, value = line.partition("=")
            found.append((key, value))
    return found


def test_everything_here_is_looked_at() -> None:
    assert set(TEXTS) == {
        *SERVICES,
        *TIMERS,
        f"{UNIT}.cron",
        *(str(path.relative_to(CONTRIB)) for path in (ALERTS, ALERTS_TEST, DASHBOARD)),
        *(f"container/{name}" for name in ("Containerfile", "compose.yaml", "kubernetes.yaml")),
    }
    assert {name.removesuffix(".timer") for name in TIMERS} == {UNIT, f"{UNIT}-backup"}


# units for systemd


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_starts_commands_that_there_are(name: str) -> None:
    started = [value.split() for key, value in settings_of(name) if key == "ExecStart"]
    assert started
    for program, *arguments in started:
        assert Path(program).is_absolute()
        assert Path(program).name == "pipeline"
        words = tuple(word for word in arguments if not word.startswith("-"))
        assert words in command_paths(), name
    settings = dict(settings_of(name))
    assert settings["User"] == "whatsapp"
    # only a unit of this type runs several commands, one after the other
    assert settings["Type"] == ("notify" if name in STAYING else "oneshot")


@pytest.mark.parametrize("name", STAYING)
def test_a_unit_that_stays_fits_its_command(name: str) -> None:
    least, lasting = STAYING[name]
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(TEXTS[name])
    service = unit["Service"]
    minutes = re.fullmatch(r"(\d+)min", service["WatchdogSec"])
    assert minutes is not None
    assert int(minutes[1]) >= least
    assert int(service["TimeoutStopSec"]) > _STOP_SECONDS
    assert service["RestartPreventExitStatus"].split() == [str(code.value) for code in lasting]
    assert service["KillMode"] == "mixed"


def test_server_that_is_down_is_no_failure_of_a_timer_or_of_cron() -> None:
    assert dict(settings_of(f"{UNIT}.service"))["SuccessExitStatus"] == str(
        ExitCode.TRY_LATER.value
    )
    assert f"[ $? -eq {ExitCode.TRY_LATER.value} ]" in TEXTS[f"{UNIT}.cron"]


def test_timers_make_up_for_what_they_missed() -> None:
    for name in TIMERS:
        settings = dict(settings_of(name, "Timer"))
        assert settings["Persistent"] == "true"
        assert settings["RandomizedDelaySec"]
    assert dict(settings_of(f"{UNIT}.timer", "Timer"))["OnCalendar"] == "*:0/5"
    assert dict(settings_of(f"{UNIT}-backup.timer", "Timer"))["OnCalendar"].startswith("*-*-* ")


@_HAS_SYSTEMD
@pytest.mark.parametrize("name", SERVICES + TIMERS)
def test_systemd_understands_the_unit(name: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", str(CONTRIB / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    # that the program is not installed at its usual place here is no fault of the unit
    said = [line for line in done.stderr.splitlines() if UNIT in line]
    assert [line for line in said if "is not executable" not in line] == []


@_HAS_SYSTEMD
@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_is_shut_in(name: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(CONTRIB / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    if found is None:
        pytest.skip("this systemd cannot judge a file")
    assert float(found[1]) <= _MOST_EXPOSED


@pytest.mark.parametrize("name", SERVICES)
def test_process_that_reads_mails_can_shut_itself_in(name: str) -> None:
    """Landlock and seccomp are in no group of system calls that every systemd knows."""
    filters = [value for key, value in settings_of(name) if key == "SystemCallFilter"]
    allowed, *taken = filters
    wanted = {
        *("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp")
    }
    assert wanted <= set(allowed.split())
    assert taken == ["~@privileged"]  # @resources has setrlimit, by which it limits itself
    # it would hide a process that is not dumpable from its own user (proc(5), hidepid)
    assert "ProtectProc" not in dict(settings_of(name))


# what all files name


def _commands() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the first words behind each ``pipeline`` of a file."""
    for name, text in TEXTS.items():
        told = re.sub(r"(?m)^COPY .*", "", text)
        for found in re.finditer(r"(?:bin/|[\s(])pipeline((?: [a-z][a-z-]*)+)", told):
            yield name, tuple(found[1].split())


def test_every_command_that_is_named_exists() -> None:
    paths = set(command_paths())
    found = list(_commands())
    assert {name for name, _ in found} >= {str(ALERTS.relative_to(CONTRIB)), f"{UNIT}.cron"}
    assert [(name, words) for name, words in found if not {words[:1], words[:2]} & paths] == []


def test_every_variable_that_is_named_sets_something() -> None:
    known = set(known_variables())
    found = {
        (name, variable)
        for name, text in TEXTS.items()
        for variable in re.findall(r"\bPIPELINE_[A-Z_]+\b", text)
    }
    assert len(found) > 5
    assert {(name, variable) for name, variable in found if variable not in known} == set()


def test_every_setting_that_is_named_exists() -> None:
    sections = "|".join(
        {name.split("__")[0].removeprefix("PIPELINE_") for name in known_variables()}
    )
    named = {
        pair
        for text in TEXTS.values()
        for pair in re.findall(rf"(?<![\w-])({sections.lower()})\.([a-z_]+)\b", text)
    } - {("mailbox", "toml")}
    assert ("metrics", "textfile") in named
    known = set(known_variables())
    assert [pair for pair in named if f"PIPELINE_{pair[0]}__{pair[1]}".upper() not in known] == []


# what Prometheus and Grafana read

_SELECTED = re.compile(rf"\b({PREFIX}\w+)(?:\{{([^}}]*)\}})?")
_OF_PROMETHEUS = {"job", "instance"}


def _series(name: str) -> set[tuple[str, str]]:
    """Return each metric that a file names with each label that it selects by."""
    found = set()
    text = TEXTS[name].replace('\\"', '"')
    for metric, selected in _SELECTED.findall(text):
        found.add((metric, ""))
        found |= {(metric, label) for label in re.findall(r"(\w+)\s*=~?", selected)}
    return found


@pytest.mark.parametrize("path", [ALERTS, ALERTS_TEST, DASHBOARD], ids=lambda path: path.name)
def test_every_metric_and_label_that_is_named_exists(path: Path) -> None:
    found = _series(str(path.relative_to(CONTRIB)))
    assert len(found) > 10
    for metric, label in found:
        declared = METRICS[metric.removeprefix(PREFIX)]
        assert label in {"", *_OF_PROMETHEUS, *declared.labels}, (metric, label)


def test_labels_that_are_shown_and_summed_by_exist() -> None:
    dashboard = json.loads(TEXTS[str(DASHBOARD.relative_to(CONTRIB))])
    targets = [target for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(targets) > 20
    for target in targets:
        (first, *_) = re.findall(rf"{PREFIX}(\w+)", target["expr"])
        labels = {*METRICS[first].labels, *_OF_PROMETHEUS}
        shown = re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
        summed = re.findall(r"\bby \(([\w, ]+)\)", target["expr"])
        assert {*shown, *(name for names in summed for name in names.split(", "))} <= labels
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_most_metrics_are_shown_or_alerted_of() -> None:
    named = {
        metric.removeprefix(PREFIX)
        for path in (ALERTS, DASHBOARD)
        for metric, _ in _series(str(path.relative_to(CONTRIB)))
    }
    assert set(METRICS) - named == {
        *("last_run_timestamp_seconds", "last_run_duration_seconds", "last_run_exit_code"),
        *("due", "outbox_oldest_timestamp_seconds"),
    }


def test_each_alert_is_tested_and_says_what_to_do() -> None:
    rules = [rule for group in yaml.safe_load(TEXTS_OF_ALERTS)["groups"] for rule in group["rules"]]
    tested = yaml.safe_load(TEXTS[str(ALERTS_TEST.relative_to(CONTRIB))])["tests"]
    fired = {
        case["alertname"]
        for test in tested
        for case in test["alert_rule_test"]
        if case.get("exp_alerts")
    }
    assert {rule["alert"] for rule in rules} == fired
    for rule in rules:
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert set(rule["annotations"]) == {"summary", "description"}


TEXTS_OF_ALERTS = TEXTS[str(ALERTS.relative_to(CONTRIB))]


@_HAS_PROMTOOL
@pytest.mark.parametrize("arguments", [("check", "rules", ALERTS), ("test", "rules", ALERTS_TEST)])
def test_prometheus_itself_takes_the_alerts(arguments: tuple[str, str, Path]) -> None:
    done = subprocess.run(
        ["promtool", *map(str, arguments)],
        cwd=ALERTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# containers


def _steps() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", TEXTS["container/Containerfile"], flags=re.MULTILINE)
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines]


def test_image_is_made_from_the_lock_in_stages_and_runs_as_nobody_in_particular() -> None:
    steps = _steps()
    names = [name for name, _ in steps]
    assert names.count("FROM") == 2
    last = steps[len(names) - names[::-1].index("FROM") :]
    assert ("USER", "10001") in last
    for name, value in steps:
        if name == "COPY" and not value.startswith("--from"):
            *sources, _ = shlex.split(value)
            assert all((ROOT / source).exists() for source in sources), value
    run = " ".join(value for name, value in steps if name == "RUN")
    assert "--require-hashes -r requirements.lock" in run
    assert "--no-index dist/*.whl" in run
    pango = re.search(r"want (libpango.*)", (ROOT / "tools/system-packages").read_text("utf-8"))
    assert pango is not None
    assert set(pango[1].split()) <= set(run.split())
    commands = [tuple(json.loads(value)) for name, value in steps if name in {"CMD", "ENTRYPOINT"}]
    assert commands == [("pipeline",), ("watch",)]
    assert ("watch",) in command_paths()


def test_image_has_what_the_wheel_takes_in() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = {*wheel["packages"], *wheel["force-include"], project["project"]["readme"], "LICENSE"}
    copied = {value.split()[0] for name, value in _steps() if name == "COPY"}
    files = {word for name, value in _steps() if name == "COPY" for word in value.split()}
    assert wanted <= copied | files


def _containers() -> Iterator[Mapping[str, Any]]:
    for document in yaml.safe_load_all(TEXTS["container/kubernetes.yaml"]):
        spec = document.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        pod = spec.get("template", {}).get("spec")
        if pod:
            yield pod


def test_pods_run_commands_without_rights() -> None:
    pods = list(_containers())
    assert [pod["containers"][0]["args"] for pod in pods] == [["run"], ["serve"]]
    for pod in pods:
        (container,) = pod["containers"]
        assert tuple(container["args"]) in command_paths()
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        # else the volume's files would be opened to the group at each start, and keys be refused
        assert pod["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
        shut = container["securityContext"]
        assert shut["readOnlyRootFilesystem"] is True
        assert shut["capabilities"] == {"drop": ["ALL"]}
        assert {mount["name"] for mount in container["volumeMounts"]} == {
            volume["name"] for volume in pod["volumes"]
        }


def test_settings_of_the_pods_can_work(tmp_path: Path) -> None:
    (config,) = [
        document
        for document in yaml.safe_load_all(TEXTS["container/kubernetes.yaml"])
        if document["kind"] == "ConfigMap"
    ]
    values = tomllib.loads(config["data"]["pipeline.toml"])
    assert judged(read_values(tmp_path / "pipeline.toml", values, {})).faults == ()


def test_services_of_compose_run_commands_without_rights() -> None:
    compose = yaml.safe_load(TEXTS["container/compose.yaml"])
    ours = {name: one for name, one in compose["services"].items() if name != "database"}
    assert set(ours) == {"watch", "console", "backup"}
    for name, service in ours.items():
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        if name != "backup":
            assert tuple(service["command"]) in command_paths()
        assert set(service["secrets"]) <= set(compose["secrets"]) - {"postgres-password"}
        volumes = {mount.partition(":")[0] for mount in service["volumes"]}
        assert {name for name in volumes if not name.startswith(".")} <= set(compose["volumes"])
        # values of the environment are read as TOML where they are
        for value in service["environment"].values():
            if value.startswith("{"):
                assert "file" in tomllib.loads(f"value = {value}")["value"]
    built = compose["services"]["watch"]["build"]
    assert (CONTAINER / built["context"]).resolve() == ROOT
    assert (ROOT / built["dockerfile"]).is_file()
