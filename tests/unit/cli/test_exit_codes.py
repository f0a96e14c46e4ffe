"""What each command tells the shell, and in which words."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import SAMPLES, Call


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("request", "show"),
        ("queue", "no-such-view"),
        ("number", "set", "+81312345678", "sleeping"),
        ("certificate", "revoke", "WA-7K3M9Q4M", "--reason", "no-such-reason"),
        ("form", "build", "--lang", "xx"),
        ("number", "show", "call me"),
    ],
)
def test_misused_commands_are_usage_errors(
    fresh_pipeline: Call, arguments: tuple[str, ...]
) -> None:
    called = fresh_pipeline(*arguments)
    assert (called.code, called.out) == (2, "")
    assert called.err != ""


def test_unknown_reference_is_not_found(pipeline: Call) -> None:
    called = pipeline("request", "show", "WA-00000000")
    assert (called.code, called.out) == (5, "")
    assert called.err.splitlines() == [
        "There is no request WA-00000000.",
        "Nothing was changed.",
        "Look it up with: pipeline queue all",
    ]


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (("number", "show", "+4930123456"), "Nothing is known of +4930123456."),
        (("mail", "show", "none"), "There is no message none with stored bytes."),
        (("mail", "raw", "none"), "There is no message none with stored bytes."),
        (("quarantine", "show", "none"), "There is no entry none in the quarantine."),
        (("quarantine", "release", "none"), "There is no entry none in the quarantine."),
        (("quarantine", "drop", "none"), "There is no entry none in the quarantine."),
    ],
)
def test_unknown_things_are_not_found(
    fresh_pipeline: Call, arguments: tuple[str, ...], first: str
) -> None:
    called = fresh_pipeline(*arguments)
    assert (called.code, called.err.splitlines()[0]) == (5, first)


def test_prefix_of_several_requests_is_a_usage_error(pipeline: Call) -> None:
    called = pipeline("request", "show", "wa-")
    references = [row["reference"] for row in pipeline("queue", "all", "--json").json()]
    assert called.code == 2
    assert called.err.splitlines()[0] == (
        f"wa- fits several requests: {', '.join(sorted(references))}"
    )


def test_prefix_in_lower_case_finds_the_request(
    pipeline: Call, reference_of: Callable[[str], str]
) -> None:
    reference = reference_of("policy_review")
    called = pipeline("request", "show", reference[:8].lower(), "--json")
    assert (called.code, called.json()["reference"]) == (0, reference)


def test_move_that_a_rule_forbids_is_refused(
    pipeline: Call, reference_of: Callable[[str], str]
) -> None:
    called = pipeline("request", "approve", reference_of("rejected"), "--tick-all")
    assert (called.code, called.out) == (6, "")
    assert called.err.startswith("The request has ended (Not approved);")


def test_approval_with_open_warnings_is_refused_and_names_them(
    pipeline: Call, reference_of: Callable[[str], str]
) -> None:
    reference = reference_of("rejected")
    called = pipeline("request", "approve", reference)
    first, _, *told = called.err.splitlines()
    codes = ["business_not_verified", "meta_id_unknown"]
    named = ", ".join(f"`{code}`" for code in codes)
    assert (called.code, first) == (6, f"{reference} has warnings that nobody ticked off: {named}")
    problems = pipeline("request", "show", reference, "--json").json()["problems"]
    sentences = {item["code"]: item["message"] for item in problems if item["code"] in codes}
    assert sorted(told[:2]) == sorted(f"  `{code}`: {sentences[code]}" for code in codes)


def test_certificate_of_a_request_without_one_is_not_found(
    pipeline: Call, reference_of: Callable[[str], str]
) -> None:
    reference = reference_of("policy_review")
    called = pipeline("certificate", "show", reference)
    assert (called.code, called.err.splitlines()[0]) == (5, f"{reference} has no certificate.")


def test_certificate_that_is_none_is_refused(fresh_pipeline: Call) -> None:
    called = fresh_pipeline("certificate", "verify", str(SAMPLES / "README.md"), "--json")
    assert (called.code, called.json()["valid"]) == (6, False)


def test_misspelt_setting_is_a_configuration_error_with_the_nearest_name(
    fresh_pipeline: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_TEAM__CONTRY", "JP")
    called = fresh_pipeline("config", "check")
    assert called.code == 4
    assert called.err.splitlines()[0] == (
        "There is no setting team.contry (PIPELINE_TEAM__CONTRY)."
    )
    assert called.err.splitlines()[2].startswith("Did you mean country?")


def test_missing_configuration_file_is_a_configuration_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from pipeline.cli import run  # noqa: PLC0415 - the one call without the options of the fixture

    assert run(["--config", str(tmp_path / "none.toml"), "status"]) == 4
    assert capsys.readouterr().err.startswith(f"The configuration file {tmp_path / 'none.toml'}")


def test_damaged_configuration_file_is_a_configuration_error(
    fresh_pipeline: Call, empty_home: Path
) -> None:
    (empty_home / "pipeline.toml").write_text("[team\n", encoding="utf-8")
    called = fresh_pipeline("run")
    assert called.code == 4
    assert "is not valid TOML" in called.err


def test_interrupted_command_says_so(fresh_pipeline: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.cli.commands.configuration.settings", interrupt)
    called = fresh_pipeline("config", "show")
    assert (called.code, called.err.split(".")[0]) == (130, "\nInterrupted")


def test_run_with_nothing_to_do_is_done(pipeline: Call) -> None:
    called = pipeline("run")
    assert called.code == 0
    assert called.out.startswith("0 fetched, 0 processed, 0 to be tried again, 0 quarantined,")


@pytest.mark.usefixtures("mailbox_down")
def test_mailbox_that_is_down_is_try_later_and_said(pipeline: Call) -> None:
    called = pipeline("run")
    assert called.code == 75
    assert called.err.splitlines()[-2:] == [
        "No mail was lost: it stays on the server until the next run.",
        "Run again later. When it lasts, run: pipeline doctor",
    ]
    checked = pipeline("doctor", "--json")
    states = {item["check"]: item["state"] for item in checked.json()}
    assert (checked.code, states["mailbox"]) == (75, "bad")
    assert "secret" not in called.out + called.err + checked.out + checked.err


def test_demo_deletes_nothing_that_is_not_a_demo(fresh_pipeline: Call, tmp_path: Path) -> None:
    folder = tmp_path / "srv"
    (folder / "state").mkdir(parents=True)
    (folder / "pipeline.toml").write_text("[team]\n", encoding="utf-8")
    assert fresh_pipeline("demo", "--dir", str(folder)).code == 6
    assert (folder / "state").is_dir()


def test_time_zone_that_does_not_exist_is_a_configuration_error(
    pipeline: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_TEAM__TIME_ZONE", "Mars/Phobos")
    called = pipeline("config", "check")
    assert (called.code, "Mars/Phobos" in called.err) == (4, True)


def test_check_of_a_file_that_is_not_there_is_not_found(fresh_pipeline: Call) -> None:
    called = fresh_pipeline("form", "check", "nosuch.xlsx")
    assert (called.code, called.out) == (5, "")
    assert called.err.splitlines()[0] == "There is no such file: nosuch.xlsx"
    assert "Save" not in called.err


def test_check_of_a_folder_is_a_usage_error(fresh_pipeline: Call, tmp_path: Path) -> None:
    called = fresh_pipeline("form", "check", str(tmp_path), "--json")
    assert (called.code, called.out) == (2, "")
    assert called.err.splitlines()[0] == f"{tmp_path} is a folder, not a file."


def test_files_beside_a_missing_one_are_checked(fresh_pipeline: Call, tmp_path: Path) -> None:
    good = SAMPLES / "forms" / "sample-shoji-onboarding_ja.xlsx"
    called = fresh_pipeline("form", "check", "nosuch.xlsx", str(good), "--json")
    assert (called.code, called.json()["file"]) == (5, good.name)
    called = fresh_pipeline("form", "check", "nosuch.xlsx", str(good), str(tmp_path), "--json")
    assert (called.code, called.json()["verdict"]) == (2, "ok")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read_is_the_machines_fault(
    fresh_pipeline: Call, tmp_path: Path
) -> None:
    closed = tmp_path / "closed.xlsx"
    closed.write_bytes(b"x")
    closed.chmod(0)
    assert fresh_pipeline("form", "check", str(closed)).code == 4


def test_inject_of_what_is_no_file_is_told(fresh_pipeline: Call, tmp_path: Path) -> None:
    good = str(SAMPLES / "mails" / "01-onboarding-ja-xlsx.eml")
    assert fresh_pipeline("mail", "inject", "nosuch.eml").code == 5
    assert fresh_pipeline("mail", "inject", str(tmp_path)).code == 2
    called = fresh_pipeline("mail", "inject", "nosuch.eml", good)
    assert (called.code, called.out.split(".")[0]) == (5, "1 new messages")
