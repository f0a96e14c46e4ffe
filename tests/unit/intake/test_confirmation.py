"""The answer to our receipt: "yes" and "no, not from me" in words, and nothing that is less."""

import pytest

from pipeline.intake.reply.confirmation import Confirmation, confirmation


@pytest.mark.parametrize(
    "text",
    [
        "Yes",
        "yes.",
        "YES, thanks!",
        "Yes, it was us.",
        "Yes\nOliver",
        "Hello,\n\nyes, we sent this form.\n\nKind regards, Klara\nSample Ltd",
        "Yes!\n\nIf you are not the intended recipient of this confidential mail, delete it.",
        "はい。",
        "はい\n田中",
        "はい、弊社が送りました。よろしくお願いいたします。",
        "お世話になっております。\nサンプル商事の田中です。\n\nはい、間違いございません。",
        "Ja",
        "Ja, das waren wir. Vielen Dank!",
        "Sehr geehrte Damen und Herren,\n\nja, das Formular ist von uns.\n\nMfG\nKlara",
    ],
)
def test_confirmation_yes_in_words(text: str) -> None:
    assert confirmation(text) is Confirmation.YES


@pytest.mark.parametrize(
    "text",
    [
        "No",
        "No, that was not us.",
        "That wasn't us",
        "Hi team,\n\nno, we did not send this form.\n\nRegards\nOliver",
        "いいえ、送っていません。",
        "当社ではありません。",
        "Nein",
        "Nein, das waren wir nicht.",
    ],
)
def test_confirmation_no_in_words(text: str) -> None:
    assert confirmation(text) is Confirmation.NO


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Yes?",
        "はい？",
        "Ja?",
        "OK",
        "If yes, what happens?",
        "Yes, but the number is wrong.",
        "Yes and no",
        "Yes\nNo",
        "We will say\nyes",
        "[ ] yes",
        "☐ Ja",
        "“yes”",
        "「はい」",
        "~~yes~~",
        "yes ×",
        "Yes\n\nSorry, scratch that.",
        "Kind regards\nYes",
        "> yes",
        "Why do you ask?",
        "No problem",
        "No, we will send it next week.",
        "No\n\nYes, we did.",
        "Your message was received. We reply within two days.",
        "x " * 15_000,
    ],
)
def test_confirmation_anything_else_is_unclear(text: str) -> None:
    assert confirmation(text) is Confirmation.UNCLEAR
