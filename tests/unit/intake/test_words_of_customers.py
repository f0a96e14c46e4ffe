"""The language we answer in, and the form that a mail without one speaks of."""

import pytest

from pipeline.intake.language import customer_language
from pipeline.intake.suggest import suggest_form
from pipeline.model.form import FormKind

GERMAN = "Guten Tag,\nwir möchten WhatsApp für unsere Nummer nutzen. Wie geht das?\nDanke"


@pytest.mark.parametrize(
    ("chosen", "text", "form", "hint", "expected"),
    [
        ("en", "よろしくお願いします", "ja", "ja", "en"),
        ("", "よろしくお願いします", "en", "en", "ja"),
        ("", "の", "en", "ja", "en"),
        ("", "株式会社山田", "ja", "", "ja"),
        ("", "Please see the form", "ja", "en", "ja"),
        ("", "Please see", "", "ja-JP", "ja"),
        ("", "", "", "JA", "ja"),
        ("", "", "", "fr", "en"),
        ("fr", "よろしくお願いします", "", "", "ja"),
        ("ja_JP", "", "", "", "ja"),
        ("", "", "", "", "en"),
        ("", GERMAN, "", "", "de"),
        ("", GERMAN, "en", "en", "de"),
        ("en", GERMAN, "de", "de", "en"),
        ("", GERMAN.upper(), "", "", "de"),
        ("", "Guten Tag, QR-Code bitte", "", "", "en"),
        ("", "We would like to use the number with our app. Mit freundlichen Grüßen", "", "", "en"),
        ("", "Hello, please send us the form. Thank you and kind regards", "ja", "", "ja"),
        ("", f"{GERMAN}\nよろしくお願いします", "", "", "ja"),
    ],
)
def test_customer_language_follows_the_order(
    chosen: str, text: str, form: str, hint: str, expected: str
) -> None:
    assert customer_language(chosen, text, form, hint, ("en", "ja", "de")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We need a QR code for our number", FormKind.QR),
        ("ＱＲコードを発行してください", FormKind.QR),
        ("We want to move our number from Twilio to Genesys", FormKind.MIGRATION),
        ("他社から移行したい", FormKind.MIGRATION),
        ("Our number has never been used with WhatsApp", FormKind.ONBOARDING),
        ("新規に導入したいです", FormKind.ONBOARDING),
        ("Hello, please call me", None),
        ("", None),
        ("QR code for a new number", None),
        ("a brqr qrx", None),
        ("We want to move our number.\nWhatsApp: https://wa.me/4930901820", FormKind.MIGRATION),
        ("We want to move our number.\nSee acme.example/qr or www.acme-qr.com", FormKind.MIGRATION),
        ("他社から移行したい。https://acme.example/QRコード相談", FormKind.MIGRATION),
        ("Umzug der Nummer\nqr.acme.de, qr@acme.de, HTTPS://ACME.DE/QR", FormKind.MIGRATION),
        ("Hello\nhttps://wa.me/819012345678", None),
        ("we want to use wa.me", FormKind.QR),
        ("We want to transfer our number.We need no QR code, no migration", FormKind.MIGRATION),
    ],
)
def test_suggest_form_tells_what_most_words_speak_of(text: str, expected: FormKind | None) -> None:
    assert suggest_form(text) == expected
