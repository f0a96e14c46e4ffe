"""Decisions at the command line: what they would do, whole references, queues and exports."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from .conftest import Call

Find = Callable[[str], str]


def test_preview_tells_the_status_and_the_mail_and_changes_nothing(
    pipeline: Call, reference_of: Find
) -> None:
    reference = reference_of("policy_review")
    shown = pipeline("request", "reject", reference, "--reason", "policy", "--preview")
    assert shown.code == 0
    first, *lines = shown.out.splitlines()
    assert first.startswith(f"{reference} would go from “Check of the form (Genesys)” to")
    assert "The request would end." in lines
    can_be_undone = "For 120 seconds after the decision all of it could be undone:"
    assert any(line.startswith(can_be_undone) for line in lines)
    assert lines[-1] == "This was a preview: nothing was changed."
    facts = pipeline(
        "request", "reject", reference, "--reason", "policy", "--preview", "--json"
    ).json()
    assert (facts["status"], facts["ended"], facts["lasting"]) == ("rejected", True, True)
    (mail,) = facts["mails"]
    assert all(f"  | {line}".rstrip() in shown.out for line in mail["text"].splitlines()[:3])
    assert pipeline("request", "show", reference, "--json").json()["status"] == "policy_review"
    queued = len(pipeline("outbox", "list", "all", "--json").json())
    assert pipeline("request", "reject", reference, "--reason", "policy").code == 0
    (newest, *_) = pipeline("outbox", "list", "all", "--json").json()
    assert newest["subject"] == mail["subject"]
    assert len(pipeline("outbox", "list", "all", "--json").json()) == queued + 1


def test_decision_tells_until_when_it_can_be_undone_and_undo_names_whose_it_was(
    pipeline: Call, reference_of: Find
) -> None:
    reference = reference_of("policy_review")
    decided = pipeline("request", "reject", reference, "--reason", "policy", "--as", "saki")
    assert any(line.startswith("Can be undone until 20") for line in decided.out.splitlines())
    assert f"pipeline request undo {reference}" in " ".join(decided.out.split())
    shown = pipeline("request", "show", reference, "--json").json()
    assert f"pipeline request undo {reference}" in shown["commands"]
    assert pipeline("request", "undo", reference, "--preview").code == 0
    undone = pipeline("request", "undo", reference, "--as", "ken")
    assert undone.code == 0
    assert "Undone: “Rejected”, decided by saki. Mails taken back: 1." in undone.out
    page = pipeline("request", "show", reference).out
    assert "ken  Undone: “Rejected”, decided by saki" in " ".join(page.split()).replace(
        "ken Undone", "ken  Undone"
    )
    refused = pipeline("request", "undo", reference)
    assert refused.code == 6
    assert f"There is no decision on {reference} that could be undone now." in refused.err


def test_refusal_is_known_before_it_is_asked_for(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("policy_review")
    asked = pipeline("request", "release", reference, "--preview")
    done = pipeline("request", "release", reference)
    assert (asked.code, asked.err) == (done.code, done.err)
    assert asked.code == 6


@pytest.mark.parametrize("decision", ["withdraw {}", "reject {} --reason policy", "drop {}"])
def test_part_of_a_reference_decides_nothing_for_good(
    pipeline: Call, reference_of: Find, decision: str
) -> None:
    reference = reference_of("policy_review")
    pipeline("request", "hold", reference)
    cut = reference[:-1]
    refused = pipeline("request", *decision.format(cut).split())
    assert refused.code != 0
    assert "part of a reference" in refused.err
    assert pipeline("request", "show", reference, "--json").json()["status"] == "held"


def test_part_of_a_reference_does_what_can_be_undone(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("policy_review")
    assert pipeline("request", "hold", reference[:-1]).code == 0
    assert pipeline("request", "show", reference, "--json").json()["status"] == "held"


def test_possible_decisions_tell_what_comes_of_them(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("policy_review")
    shown = pipeline("request", "show", reference).out
    assert "Approve this step – then “Check of the business (Meta)”; mail: Status" in shown
    assert "Hold – then “On hold for a check (Genesys)”; no mail" in shown


def test_queue_finds_in_any_spelling_and_counts_its_views(
    pipeline: Call, reference_of: Find
) -> None:
    reference = reference_of("policy_review")
    row = next(
        row for row in pipeline("queue", "all", "--json").json() if row["reference"] == reference
    )
    for text in (reference.lower(), row["address"].upper(), row["number"][3:]):
        found = pipeline("queue", "--find", text, "--json").json()
        assert reference in [one["reference"] for one in found], text
        assert len(found) < len(pipeline("queue", "all", "--json").json())
    counts = pipeline("queue", "--counts", "--json").json()
    assert counts["needs-me"] == len(pipeline("queue", "--json").json())
    assert counts["new"] == 1
    assert counts["approve"] == len(pipeline("queue", "approve", "--json").json())
    assert "all" not in counts


def test_export_is_text_in_every_cell(pipeline: Call, tmp_path: Path) -> None:
    rows = pipeline("queue", "all", "--json").json()
    for name in ("queue.csv", "queue.xlsx"):
        assert pipeline("queue", "all", "--export", str(tmp_path / name)).code == 0
    raw = (tmp_path / "queue.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [line[0] for line in table[1:]] == [row["reference"] for row in rows]
    sheet = load_workbook(tmp_path / "queue.xlsx").active
    assert sheet is not None
    cells = [cell for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [[cell.value or "" for cell in line] for line in sheet.iter_rows()] == table
    assert sheet.page_setup.orientation == "landscape"
    widest = max(len(cell.value or "") for cell in sheet["A"])
    assert sheet.column_dimensions["A"].width > widest
    refused = pipeline("queue", "--export", str(tmp_path / "queue.txt"))
    assert refused.code != 0
    assert ".csv or .xlsx" in refused.err


def test_preview_speaks_of_no_end_that_was_before(pipeline: Call, reference_of: Find) -> None:
    answered = pipeline("request", "answer", reference_of("rejected"), "--text", "x", "--preview")
    assert "Answer of our team" in answered.out
    assert "at its end" not in answered.out


def test_misused_date_is_told_as_help_writes_it(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("policy_review")
    for command in ("snooze", "delay"):
        refused = pipeline("request", command, reference, "--until", "tomorrow")
        assert "YYYY-MM-DD" in refused.err
        assert "%" not in refused.err
    refused = pipeline("certificate", "issue", reference, "--created", "tomorrow")
    assert "YYYY-MM-DD[THH:MM:SS]" in refused.err


def test_flags_of_one_question_have_a_help_each(pipeline: Call) -> None:
    told = pipeline("request", "ask", "--help").out
    assert told.count("Ask for a proof") == told.count("Ask whether the reply") == 1
