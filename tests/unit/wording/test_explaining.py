"""What an error is called in words: its codes by their names, one thing by one name."""

import pytest

from pipeline.errors import RefusedError
from pipeline.resources import template
from pipeline.wording import console as words


@pytest.mark.parametrize(
    ("form", "label"),
    [
        ("onboarding", "Which number will you use?"),
        ("migration", "Which number do you want to move?"),
    ],
)
def test_questions_of_an_error_are_named_as_in_their_form(form: str, label: str) -> None:
    fields = "phone_number, company_legal_name"
    error = RefusedError("answers_open", reference="WA-7K3M9Q4M", fields=fields, form=form)
    with words.speaking("en"):
        told = words.explain(error)
    assert f"“{label}”, “Legal name of the company”" in told


def test_console_calls_a_request_in_german_as_forms_and_mails_do() -> None:
    """``Anfrage`` is what one program asks another, as Meta; what a customer wants is an Antrag."""
    assert "Anfrage" not in template("console", "web", "de.toml").read_text(encoding="utf-8")
