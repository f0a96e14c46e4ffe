"""What an error is called in words: its codes by their names, one thing by one name."""

import re

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


@pytest.mark.parametrize(
    ("language", "other"),
    [
        # what a customer wants; an Anfrage is what one program asks another, as Meta
        ("de", r"Anfrage"),
        # a hold, a certificate that is revoked, a batch
        ("de", r"[Aa]ngehalten|Anhalten|[Ww]iderruf|\bL(?:auf|aufs|äufe|äufen)\b"),
        ("ja", r"保留"),
    ],
)
def test_console_calls_things_as_mails_and_commands_do(language: str, other: str) -> None:
    text = template("console", "web", f"{language}.toml").read_text(encoding="utf-8")
    assert re.findall(other, text) == []
