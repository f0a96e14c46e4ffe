"""Where lines end, and what is said when a fact is missing."""

from collections.abc import Callable

import pytest

from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.model.request import Status, Track
from pipeline.notifications.compose import compose
from pipeline.notifications.wrap import fill

MakeFacts = Callable[..., NoticeFacts]


def test_phone_number_stays_on_one_line() -> None:
    text = "They must be the same number, as you know. We read +44 7400 123465 and +44 7400 123456."
    lines = list(fill(text, 74, east_asian=False))
    assert lines == [
        "They must be the same number, as you know. We read +44 7400 123465 and",
        "+44 7400 123456.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "担当者のメールアドレスは、name@example.com の形式で入力してください。",
            ["担当者のメールアドレスは、name@example.com の形式で", "入力してください。"],
        ),
        (
            "WhatsAppで使用する電話番号は、「+」と国番号を付けて入力してください。",
            ["WhatsAppで使用する電話番号は、", "「+」と国番号を付けて入力してください。"],
        ),
    ],
)
def test_japanese_line_ends_after_a_clause_or_a_phrase(text: str, expected: list[str]) -> None:
    assert list(fill(text, 66, east_asian=True)) == expected


@pytest.mark.parametrize(
    ("language", "said", "form"),
    [
        ("en", "We received your e-mail about WhatsApp. You do not need", "form"),
        ("ja", "お問い合わせの内容を受け付けました。", "申請書"),
        ("de", "wir haben Ihre E-Mail zu WhatsApp erhalten. Sie müssen", "das Formular"),
    ],
)
def test_receipt_without_a_form_names_none(
    language: str, said: str, form: str, make_facts: MakeFacts
) -> None:
    facts = make_facts(language, form=None, track=Track.HELP, file_name="")
    text = " ".join(compose(NoticeName.ACKNOWLEDGED, "", language, facts).text.split())
    assert said in text
    assert form not in text.partition(said)[2].partition(facts.reference)[0]


@pytest.mark.parametrize(
    ("language", "waits", "nothing"),
    [
        ("en", "We are waiting for the document or reply", "You do not need to do anything"),
        (
            "ja",
            "確認に必要な書類またはご返信をお待ちしています。",
            "お手続きいただくことはありません",
        ),
        ("de", "Wir warten auf das Dokument oder die Antwort", "Sie müssen nichts tun"),
    ],
)
def test_hold_that_asked_for_something_waits_for_the_customer(
    language: str, waits: str, nothing: str, make_facts: MakeFacts
) -> None:
    facts = make_facts(language, status=Status.HELD, items=())
    assert facts.due_at is not None
    text = " ".join(compose(NoticeName.DUPLICATE, "status", language, facts).text.split())
    assert (waits in text, nothing in text) == (True, False)
