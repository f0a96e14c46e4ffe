"""Customers of three languages, and the forms that they fill in well."""

from functools import cache

from pipeline.forms.pdf.write.form import build_pdf
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.model.form import Filling, FormKind
from tests.world.settings import ADDRESS, PRIVACY

HANAKO = "hanako@sakura-denki.example"
TARO = "taro@sakura-denki.example"
OLIVER = "oliver@harbour-books.example"
JULIA = "julia@lindenhof.example"
EVE = "eve@other-company.example"
#: Who writes in each language.
SENDERS = {"en": OLIVER, "ja": HANAKO, "de": JULIA}

File = tuple[str, bytes]

_COMMON = {
    "en": {
        "contact_name": "Oliver Whitcombe",
        "contact_department": "Customer care",
        "contact_email": OLIVER,
        "contact_phone": "+44 121 234 5670",
        "reply_language": "en",
        "time_zone": "Europe/London",
        "company_legal_name": "Harbour Books Ltd",
        "country": "United Kingdom",
        "genesys_org_name": "Harbour Books",
        "genesys_org_id": "8c1d4f70-2e95-4b6a-a3d8-9f0e7c5b2a16",
        "genesys_region": "eu-west-2",
        "phone_number": "+44 7400 123456",
        "phone_number_again": "07400 123456",
    },
    "ja": {
        "contact_name": "山田　花子",
        "contact_department": "情報システム部",
        "contact_email": HANAKO,
        "contact_phone": "０３－１２３４－５６７０",
        "reply_language": "ja",
        "time_zone": "Asia/Tokyo",
        "company_legal_name": "株式会社さくら電機",
        "country": "日本",
        "genesys_org_name": "sakura-denki",
        "genesys_org_id": "3f2a9c1e-7b4d-4e8a-9c60-5d1f8a2b7e3b",
        "genesys_region": "ap-northeast-1",
        "phone_number": "０９０－１２３４－５６７８",
        "phone_number_again": "+81 90 1234 5678",
    },
    "de": {
        "contact_name": "Julia Becker",
        "contact_department": "Kundendienst",
        "contact_email": JULIA,
        "contact_phone": "+49 30 23125-012",
        "reply_language": "de",
        "time_zone": "Europe/Berlin",
        "company_legal_name": "Lindenhof Möbel GmbH",
        "country": "Deutschland",
        "genesys_org_name": "Lindenhof",
        "genesys_org_id": "5b7e2d90-4c13-4f8a-b6d2-1a9c8e3f7045",
        "genesys_region": "eu-central-1",
        "phone_number": "+49 1512 3456789",
        "phone_number_again": "01512 3456789",
    },
}
_INTEGRATION = {
    "genesys_licence": "user_3",
    "has_messaging_permission": "yes",
    "has_whatsapp_account": "yes",
    "meta_business_id": "506914307656634",
    "is_m2m": "no",
    "verification_method": "sms",
    "ready_date": "2026-11-23",
    "ack_no_way_back": "yes",
    "ack_charges": "yes",
    "ack_policies": "yes",
}
_NAME = {"en": "Harbour Books", "ja": "さくら電機", "de": "Lindenhof Möbel"}
_SITE = {
    "en": "https://harbour-books.example",
    "ja": "https://sakura-denki.example",
    "de": "https://lindenhof.example",
}
_USE = {
    "en": "Telling customers that an ordered book has arrived, and answering questions.",
    "ja": "ご注文の確認と、お客様からのお問い合わせへの回答に使用します。",
    "de": "Kunden fragen nach ihren Bestellungen, und unser Kundendienst antwortet.",
}
_CONSENT = {
    "en": "By scanning this code you agree to receive messages from Harbour Books.",
    "ja": "このQRコードを使用すると、さくら電機からメッセージを受け取ることに同意します。",
    "de": "Mit diesem Code stimmen Sie dem Empfang von Nachrichten von Lindenhof Möbel zu.",
}


def good_answers(kind: FormKind, language: str) -> dict[str, str]:
    """Return the answers of a form that nothing is wrong with."""
    own: dict[FormKind, dict[str, str]] = {
        FormKind.ONBOARDING: {
            **_INTEGRATION,
            "website": _SITE[language],
            "meta_business_verified": "verified",
            "display_name": _NAME[language],
            "business_vertical": "RETAIL",
            "number_use": "never",
            "use_case": _USE[language],
        },
        FormKind.MIGRATION: {
            **_INTEGRATION,
            "current_provider": "Acme Messaging",
            "current_hosting": "cloud_api",
            "source_waba_id": "102290129340399",
            "same_business_account": "yes",
            "source_business_verified": "yes",
            "payment_method_ready": "yes",
            "display_name": _NAME[language],
            "display_name_approved": "yes",
            "name_change_pending": "no",
            "number_use": "business_platform",
            "two_step_disabled": "yes",
            "code_contact": _COMMON[language]["contact_name"],
        },
        FormKind.QR: {
            "integration_name": "WhatsApp",
            "qr_action": "new",
            "image_format": "both",
            "where_shown": "On the receipt",
            "used_for_opt_in": "yes",
            "opt_in_wording": _CONSENT[language],
        },
    }
    return {**_COMMON[language], **own[kind]}


@cache
def _built(kind: FormKind, language: str, answers: tuple[tuple[str, str], ...], name: str) -> bytes:
    build = build_pdf if name == "pdf" else build_xlsx
    return build(kind, language, Filling(answers), address=ADDRESS, privacy=PRIVACY)


def form(
    kind: FormKind = FormKind.ONBOARDING, language: str = "ja", suffix: str = "xlsx", **changes: str
) -> File:
    """Return the name and bytes of a filled form; an empty value leaves the question open."""
    answers = {**good_answers(kind, language), **changes}
    filled = tuple((name, text) for name, text in answers.items() if text)
    return f"{kind.value}_{language}.{suffix}", _built(kind, language, filled, suffix)
