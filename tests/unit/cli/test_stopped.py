"""What the command line says of a certificate that a rule stops: before and after a decision."""

from collections.abc import Callable

from .conftest import Call

Find = Callable[[str], str]


def _read(text: str) -> str:
    return " ".join(text.split())


def test_a_certificate_that_a_rule_stops_is_neither_promised_nor_tried_in_vain(
    pipeline: Call, reference_of: Find
) -> None:
    reference = reference_of("policy_review")
    approve = ("approve", reference, "--tick-all", "--business-verified", "--as", "saki")
    assert pipeline("request", *approve).code == 0
    shown = pipeline("request", "show", reference, "--json").json()
    elsewhere = ("active", "--organisation", "other.example")
    assert pipeline("number", "set", shown["number"], *elsewhere).code == 0
    event = "name_approved"
    preview = pipeline("request", "advance", reference, "--event", event, "--preview", "--json")
    if preview.json()["status"] == "awaiting_readiness":
        assert pipeline("request", "advance", reference, "--event", event).code == 0
        event = "ready"
    decided = ("request", "advance", reference, "--event", event)
    facts = pipeline(*decided, "--preview", "--json").json()
    assert facts["hindered"] == "number_of_another"
    assert facts["certificate"]["at_once"] is False
    said = _read(pipeline(*decided, "--preview").out)
    assert "No certificate would be issued now" in said
    assert "another organisation" in said
    assert "issued at once" not in said
    done = pipeline(*decided)
    assert done.code == 0
    assert "No certificate was issued; the order waits." in _read(done.out)
    page = _read(pipeline("request", "show", reference).out)
    assert "Last try:" in page
    assert "Next try by itself:" in page
    assert f"certificate issue {reference}" not in page
    again = pipeline("request", "advance", reference)
    assert again.code == 6
    assert "another organisation" in _read(again.err)


def test_asking_names_the_question_and_not_its_field(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("policy_review")
    refused = pipeline("request", "ask", reference, "--field", "company_legal_name")
    assert refused.code == 2
    assert "company_legal_name" not in refused.err
    assert "this answer of" in _read(refused.err)
