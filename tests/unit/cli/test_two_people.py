"""``pipeline request second`` and where the command line says that a second person is awaited."""

from collections.abc import Callable

import pytest

from pipeline.config import load

from .conftest import Call

Find = Callable[[str], str]


@pytest.fixture
def waiting(pipeline: Call, reference_of: Find, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the reference of a request that saki approved, and that waits for a colleague."""
    monkeypatch.setenv("PIPELINE_APPROVAL__TWO_PEOPLE", "true")
    reference = reference_of("policy_review")
    approve = ("approve", reference, "--tick-all", "--business-verified", "--as", "saki")
    assert pipeline("request", *approve).code == 0
    named = ("advance", reference, "--event", "name_approved", "--as", "saki")
    assert pipeline("request", *named).code == 0
    if reference_of_status(pipeline, reference) == "awaiting_readiness":
        ready = ("advance", reference, "--event", "ready", "--as", "saki")
        preview = pipeline("request", *ready, "--preview")
        assert "wait for the yes of a second person, not saki" in preview.out
        assert "issued at once" not in preview.out
        facts = pipeline("request", *ready, "--preview", "--json").json()
        assert (facts["waits_for_second"], facts["first_yes"]) == (True, "saki")
        assert facts["certificate"] is None
        assert pipeline("request", *ready).code == 0
    return reference


def reference_of_status(pipeline: Call, reference: str) -> str:
    return str(pipeline("request", "show", reference, "--json").json()["status"])


def test_queue_and_show_tell_whom_it_waits_for(pipeline: Call, waiting: str) -> None:
    assert "waits for a second person" in " ".join(pipeline("queue").out.split())
    rows = {row["reference"]: row for row in pipeline("queue", "--json").json()}
    assert rows[waiting]["waits_for_second"] is True
    assert [row["waits_for_second"] for row in rows.values()].count(True) == 1
    shown = pipeline("request", "show", waiting).out
    assert "waits for the yes of a second person; saki has said yes" in " ".join(shown.split())
    assert f"pipeline request second {waiting}" in shown
    facts = pipeline("request", "show", waiting, "--json").json()
    assert (facts["waits_for_second"], facts["first_yes"]) == (True, "saki")


def test_the_first_person_is_refused_and_the_second_issues(pipeline: Call, waiting: str) -> None:
    again = pipeline("request", "second", waiting, "--as", "Saki ")
    assert again.code == 6
    assert "You have said yes to this certificate already" in again.err
    assert f"request second {waiting}" not in again.err
    issue = pipeline("certificate", "issue", waiting, "--as", "ken")
    assert issue.code == 6
    assert "waits for the yes of a second person" in issue.err
    assert f"pipeline request second {waiting}" in issue.err
    preview = pipeline("request", "second", waiting, "--as", "ken", "--preview")
    assert "would be issued at once" in " ".join(preview.out.split())
    assert reference_of_status(pipeline, waiting) == "approved"
    assert pipeline("request", "second", waiting[:-1], "--as", "ken").code != 0
    assert pipeline("request", "second", waiting, "--as", "ken").code == 0
    assert reference_of_status(pipeline, waiting) == "certificate_issued"
    history = " ".join(pipeline("request", "show", waiting).out.split())
    assert history.count("first yes: saki, second yes: ken") == len(("second", "issued"))


def test_without_the_setting_nobody_is_asked(pipeline: Call, reference_of: Find) -> None:
    refused = pipeline("request", "second", reference_of("policy_review"), "--as", "ken")
    assert refused.code == 6
    assert "waits_for_second" in pipeline("queue", "--json").out


@pytest.mark.parametrize(("typed", "two"), [("", False), ("two_people = true", True)])
def test_one_person_is_enough_unless_it_is_set(
    tmp_path_factory: pytest.TempPathFactory, typed: str, two: bool
) -> None:
    path = tmp_path_factory.mktemp("settings") / "pipeline.toml"
    path.write_text(f"[approval]\n{typed}\n", encoding="utf-8")
    assert load(path, None, {}).approval.two_people is two
