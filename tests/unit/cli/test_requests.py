"""``pipeline request`` and the mails that decisions write."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import SAMPLES, Call

Find = Callable[[str], str]


def test_show_has_what_the_contract_names(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("needs_correction")
    found = pipeline("request", "show", reference, "--json").json()
    wanted = {
        *("reference", "form", "track", "status", "whose_move", "number", "sender"),
        *("sender_verdict", "language", "deadlines", "problems", "certificate", "history"),
    }
    assert wanted <= set(found)
    assert found["reference"] == reference
    assert (found["form"], found["track"]) == ("onboarding", "onboarding")
    assert (found["status"], found["whose_move"]) == ("needs_correction", "customer")
    assert found["sender"] == "camille.fontaine@riviere-traiteur.example"
    assert (found["sender_verdict"], found["language"]) == ("pass", "en")
    assert found["certificate"] is None
    assert [item["kind"] for item in found["deadlines"]] == ["remind", "remind", "close"]
    assert {item["code"] for item in found["problems"]} >= {"org_id", "phone_mismatch"}
    assert [line["after"] for line in found["history"]] == ["needs_correction"]
    assert [mail["direction"] for mail in found["mails"]] == ["in", "out"]


def test_show_for_people_says_the_same(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("needs_correction")
    found = pipeline("request", "show", reference, "--json").json()
    called = pipeline("request", "show", reference)
    assert called.code == 0
    assert called.out.startswith(f"{reference}  Waiting for the customer's corrections\n")
    for problem in found["problems"]:
        assert f"{problem['message']} (`{problem['code']}`)" in called.out


def test_decisions_are_recorded_with_who_made_them(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("policy_review")
    assert pipeline("request", "hold", reference).code == 0
    assert pipeline("request", "release", reference).code == 0
    called = pipeline("request", "approve", reference, "--tick-all", "--as", "hana", "--json")
    facts = called.json()
    assert facts.pop("undo_until").endswith("+00:00")
    assert len(facts.pop("mails")) == 1
    assert (called.code, facts) == (
        0,
        {
            "reference": reference,
            "before": "policy_review",
            "status": "business_verification",
            "track": "onboarding",
            "open_answers": [],
            "stopped": "",
        },
    )
    history = pipeline("request", "show", reference, "--json").json()["history"]
    assert [(line["event"], line["actor"]) for line in history[-3:]] == [
        ("hold", "staff"),
        ("release", "staff"),
        ("approve", "staff"),
    ]
    assert history[-1]["actor_name"] == "hana"


def test_note_is_kept_with_its_author(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("policy_review")
    assert pipeline("request", "note", reference, "called back", "--as", "hana").code == 0
    notes = pipeline("request", "show", reference, "--json").json()["notes"]
    assert [(note["author"], note["text"]) for note in notes if not note["from_customer"]] == [
        ("hana", "called back")
    ]


def test_accept_and_tick_say_when_no_words_wait(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("policy_review")
    for command, said in (("accept", "No reply of"), ("tick", "No words of the customer wait")):
        called = pipeline("request", command, reference)
        assert called.code == 6
        assert called.err.startswith(said)


def test_edit_needs_field_and_value(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("needs_correction")
    assert pipeline("request", "edit", reference, "use_case").code == 2
    called = pipeline("request", "edit", reference, "use_cases=x")
    assert (called.code, called.err.splitlines()[0]) == (2, "The form has no field `use_cases`.")


def test_slot_that_is_no_time_is_a_usage_error(pipeline: Call, reference_of: Find) -> None:
    called = pipeline("request", "advance", reference_of("policy_review"), "--slot", "soon")
    assert (called.code, called.err.splitlines()[0]) == (2, "soon is not a time.")


def test_mail_of_a_decision_can_be_taken_back_once(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("policy_review")
    assert pipeline("request", "reject", reference, "--reason", "policy").code == 0
    (mail,) = pipeline("outbox", "list", "--json").json()
    assert (mail["notice"], mail["state"]) == ("rejected", "queued")
    assert pipeline("run").code == 0
    assert pipeline("outbox", "cancel", mail["id"], "--as", "saki").code == 0
    assert pipeline("outbox", "list", "--json").json() == []
    again = pipeline("outbox", "cancel", mail["id"])
    assert (again.code, again.err.splitlines()[0]) == (
        6,
        f"The mail {mail['id']} cannot be taken back.",
    )
    assert pipeline("outbox", "retry", mail["id"]).code == 0
    assert [row["state"] for row in pipeline("outbox", "list", "--json").json()] == ["queued"]
    history = pipeline("request", "show", reference, "--json").json()["history"]
    done = [(line["actor_name"], line["detail"]) for line in history if not line["event"]]
    assert ("saki", [["mail_cancelled", mail["id"]]]) in done
    assert "saki  Mail taken back" in pipeline("request", "show", reference).out


def test_taking_back_a_question_says_that_staff_have_the_move_again(
    pipeline: Call, reference_of: Find
) -> None:
    reference = reference_of("policy_review")
    said = ("--field", "contact_name", "--text", "Whose name is it?")
    assert pipeline("request", "ask", reference, *said).code == 0
    (mail,) = pipeline("outbox", "list", "--json").json()
    called = pipeline("outbox", "cancel", mail["id"])
    assert called.code == 0
    assert "no mail tells the customer now that it is their move" in " ".join(called.out.split())
    assert f"pipeline outbox retry {mail['id']}" in called.out.replace("\n", " ")
    assert f"request withdraw {reference}" in called.out
    queue = " ".join(pipeline("queue", "needs-me").out.split())
    assert reference in queue
    assert "no mail tells the customer" in queue


def test_mail_that_is_not_there_is_not_found(pipeline: Call) -> None:
    for command in ("cancel", "retry"):
        called = pipeline("outbox", command, "none")
        assert (called.code, called.err.splitlines()[0]) == (
            5,
            "There is no mail none in the outbox.",
        )


def test_refused_hold_keeps_no_note(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("policy_review")
    assert pipeline("request", "withdraw", reference).code == 0
    assert pipeline("request", "hold", reference, "--note", "never kept").code == 6
    notes = pipeline("request", "show", reference, "--json").json()["notes"]
    assert [note["text"] for note in notes if note["text"] == "never kept"] == []


def test_sent_mail_is_not_queued_again(pipeline: Call) -> None:
    sent = pipeline("outbox", "list", "sent", "--json").json()
    assert len(sent) == 3
    called = pipeline("outbox", "retry", sent[0]["id"])
    assert (called.code, called.out) == (6, "")


def test_advance_is_no_way_around_a_decision(pipeline: Call, reference_of: Find) -> None:
    asked, review = reference_of("needs_correction"), reference_of("policy_review")
    before = pipeline("outbox", "list", "all", "--json").json()
    called = pipeline("request", "advance", asked)
    assert (called.code, called.err.splitlines()[0].split(":")[0]) == (
        6,
        f"Answers of {asked} are still wrong or missing",
    )
    for event, command in (
        ("ask", "request ask"),
        ("reject", "request reject"),
        ("route", "request route"),
    ):
        called = pipeline("request", "advance", review, "--event", event)
        assert called.code == 6
        assert f"Use: pipeline {command} " in called.err
    assert pipeline("request", "show", asked, "--json").json()["status"] == "needs_correction"
    assert pipeline("request", "show", review, "--json").json()["status"] == "policy_review"
    assert pipeline("outbox", "list", "all", "--json").json() == before


def test_what_would_say_nothing_is_a_usage_error(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("policy_review")
    assert pipeline("request", "ask", reference).code == 2
    assert pipeline("request", "ask", reference, "--text", " ").code == 2
    assert pipeline("request", "note", reference, " ").code == 2
    assert pipeline("request", "hold", reference).code == 0
    assert pipeline("request", "merge", reference, reference).code == 2
    assert pipeline("request", "show", reference, "--json").json()["status"] == "held"
    assert pipeline("certificate", "issue", reference).code == 6


def test_file_that_cannot_be_written_is_no_fault_of_ours(pipeline: Call) -> None:
    called = pipeline("report", "--out", "/nonexistent/report.html")
    assert called.code == 4
    assert called.err.splitlines()[-3].startswith("/nonexistent/report.html cannot be")


@pytest.fixture
def helped(pipeline: Call, reference_of: Find) -> str:
    """Return the reference of a mail without a form that names a number."""
    (sample,) = (SAMPLES / "mails").glob("11-*.eml")
    assert pipeline("mail", "inject", str(sample)).code == 0
    assert pipeline("run").code == 0
    return reference_of("triage")


def test_form_is_sent_by_its_name_and_only_where_it_can_be(
    pipeline: Call, reference_of: Find, helped: str
) -> None:
    shown = pipeline("request", "show", helped)
    assert "Read in the e-mail (proposals, no answers)" in shown.out
    assert f"request send-form {helped} --form FORM" in shown.out
    assert pipeline("request", "send-form", helped).code == 2
    called = pipeline("request", "send-form", helped, "--form", "migration", "--json")
    assert (called.code, called.json()["status"]) == (0, "awaiting_form")
    refused = pipeline("request", "send-form", reference_of("policy_review"), "--form", "qr")
    assert refused.code == 6


def test_report_shows_the_proposals_and_their_words(
    pipeline: Call, helped: str, tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    assert pipeline("report", "--out", str(out)).code == 0
    page = out.read_text(encoding="utf-8")
    (section,) = re.findall(rf'<section[^>]*id="{helped}".*?</section>', page, re.DOTALL)
    assert "Read in the e-mail (proposals, no answers)" in section
    assert "+468123456" in section


def test_proposals_are_part_of_what_programs_read(pipeline: Call, helped: str) -> None:
    found = pipeline("request", "show", helped, "--json").json()["proposals"]
    (number,) = (item for item in found if item["about"] == "phone_number")
    assert (number["value"], number["weak"]) == ("+468123456", False)
    assert "+46 8 123 456" in number["words"]


def test_answer_is_mailed_in_words_of_staff_from_a_file_or_a_text(
    pipeline: Call, reference_of: Find, tmp_path: Path
) -> None:
    reference = reference_of("needs_correction")
    assert pipeline("request", "answer", reference).code == 2
    called = pipeline("request", "answer", reference, "--text", "  ")
    assert (called.code, "empty" in called.err) == (2, True)
    letter = tmp_path / "letter.txt"
    letter.write_text("We open at nine.\n\nYours, Saki", encoding="utf-8")
    assert pipeline("request", "answer", reference, "--file", str(letter), "--as", "saki").code == 0
    found = pipeline("request", "show", reference, "--json").json()
    assert [mail["notice"] for mail in found["mails"]][-1] == "answer"
    assert found["status"] == "needs_correction"
    assert found["history"][-1]["detail"] == [["answer_written", ""]]


def test_delay_is_refused_where_nothing_was_promised(pipeline: Call, reference_of: Find) -> None:
    called = pipeline("request", "delay", reference_of("needs_correction"))
    assert (called.code, "promised" in called.err) == (6, True)
