"""The answers of one person per language to every question of a form, as that person types them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.pdf.write.layout import box_of
from pipeline.forms.texts import FormTexts, form_texts
from pipeline.forms.xlsx.write.lists import country_names, drop_down
from pipeline.model.form import FileFormat, FormKind
from pipeline.resources import languages
from tests.programs.job import Entry, Way

#: What is chosen, by its code. With these every conditional question has to be answered.
_CHOSEN = {
    "genesys_licence": "user_3",
    "has_messaging_permission": "yes",
    "has_whatsapp_account": "yes",
    "meta_business_verified": "verified",
    "is_m2m": "no",
    "verification_method": "voice",
    "behind_ivr": "yes",
    "current_hosting": "cloud_api",
    "same_business_account": "yes",
    "source_business_verified": "yes",
    "payment_method_ready": "yes",
    "display_name_approved": "yes",
    "name_change_pending": "no",
    "two_step_disabled": "yes",
    "qr_action": "update",
    "image_format": "both",
    "used_for_opt_in": "yes",
}
_NUMBER_USE = {FormKind.ONBOARDING: "never", FormKind.MIGRATION: "business_platform"}

_IDS = {
    "genesys_org_id": "8d1f0c52-9b6e-4a37-b5c4-02e7f9a1d683",
    "meta_business_id": "4826159370482615",
    "source_waba_id": "102290129340399",
    "existing_code": "H7K2MPQX4RT9WA",
}


@dataclass(frozen=True)
class Person:
    """Who fills in: the country and region by code, and what is typed by field."""

    country: str
    region: str
    vertical: str
    typed: Mapping[str, str] = field(default_factory=dict)


_PERSONS = {
    "en": Person(
        "GB",
        "eu-west-2",
        "RETAIL",
        {
            "contact_name": "Siobhán O'Neill-Harris",
            "contact_department": "Customer service & returns",
            "contact_email": "siobhan.oneill@oneills-bookshop.example",
            "contact_phone": "+44 7400 123456",
            "time_zone": "Europe/London",
            "company_legal_name": "O'Neill's Bookshop Ltd",
            "company_trading_name": "O'Neill's Books",
            "website": "https://www.oneills-bookshop.example",
            "genesys_org_name": "O'Neill's Bookshop",
            "display_name": "O'Neill's Books",
            "profile_about": "Second-hand & new books; we post everywhere",
            "profile_description": 'We buy and sell "good old" books < and > maps in Birmingham.',
            "phone_number": "+44 121 234 5678",
            "phone_number_again": "0121 234 5678",
            "use_case": "Readers ask if a book is in stock; we answer, and say when it's here.",
            "opt_in_method": "A box to tick on our order page (it's not pre-ticked).",
            "current_provider": "Example Messaging plc",
            "code_contact": "Tom O'Neill, 0121 234 5678",
            "preferred_slot": "8 March 2027, 10:00",
            "ready_date": "1 March 2027",
            "integration_name": "O'Neill's WhatsApp",
            "prefilled_message": "Hello, I've a question about an order.",
            "where_shown": "On posters in our two shops, and at the foot of receipts",
            "opt_in_wording": "Scan to agree to receive messages from O'Neill's Bookshop.",
            "notes": "The shop is closed on Mondays.\nPlease don't call before 9:30:\n"
            "- the line rings at the till\n- nobody's in the office",
        },
    ),
    "ja": Person(
        "JP",
        "ap-northeast-1",
        "GROCERY",
        {
            "contact_name": "髙﨑　恵美子",
            "contact_department": "お客様相談室",
            "contact_email": "takasaki@takasaki-shoten.example",
            "contact_phone": "090-1234-5678",
            "time_zone": "Asia/Tokyo",
            "company_legal_name": "株式会社髙﨑商店",
            "company_trading_name": "たかさき屋",
            "website": "https://www.takasaki-shoten.example",
            "genesys_org_name": "髙﨑商店",
            "display_name": "髙﨑商店",
            "profile_about": "創業百年、京都の乾物と味噌の専門店です",
            "profile_description": "昆布・鰹節・味噌を全国へ。①店頭②通販のどちらも承ります。",
            "phone_number": "０３－１２３４－５６７８",
            "phone_number_again": "03-1234-5678",
            "use_case": "ご注文の確認と発送のご連絡、お問い合わせへの回答に使用します。",
            "opt_in_method": "ご注文画面のチェックボックス（初期状態はオフ）で同意をいただきます。",
            "current_provider": "株式会社エグザンプルメッセージ",
            "code_contact": "髙﨑　健、03-1234-5678",
            "preferred_slot": "2027年3月8日 10:00",
            "ready_date": "令和9年3月1日",
            "integration_name": "髙﨑商店 WhatsApp",
            "prefilled_message": "こんにちは。注文について質問があります。",
            "where_shown": "本店と駅前店のポスター、レシートの下部",
            "opt_in_wording": "このQRコードを使用すると、髙﨑商店からのメッセージの受信に"
            "同意したことになります。",
            "notes": "ﾃﾚﾜｰｸの日（水曜）は、ＦＡＸではなくメールでお願いします。\n"
            "担当：𠮷野（よしの）／内線１２　☎ 03-1234-5678",
        },
    ),
    "de": Person(
        "DE",
        "eu-central-1",
        "TRAVEL",
        {
            "contact_name": "Jürgen Großkreutz",
            "contact_department": "Fahrgäste & Verkäufe",
            "contact_email": "j.grosskreutz@moewe-faehren.example",
            "contact_phone": "01512 3456789",
            "time_zone": "Europe/Berlin",
            "company_legal_name": "Möwe Fähren und Ausflüge GmbH & Co. KG",
            "company_trading_name": "Möwe Fähren",
            "website": "https://www.moewe-faehren.example",
            "genesys_org_name": "Möwe Fähren",
            "display_name": "Möwe Fähren",
            "profile_about": "Täglich übers Wasser – auch für Süßwassermatrosen",
            "profile_description": "Ausflüge auf der Müritz: „große“ und kleine Fahrten.",
            "phone_number": "+49 30 123456",
            "phone_number_again": "030 123456",
            "use_case": "Fahrgäste fragen nach Abfahrten; wir antworten und melden Verspätungen.",
            "opt_in_method": "Ein Kästchen zum Ankreuzen bei der Buchung (nicht vorausgefüllt).",
            "current_provider": "Beispiel Nachrichten AG",
            "code_contact": "Käthe Weiß, 030 123456",
            "preferred_slot": "08.03.2027 10:00",
            "ready_date": "01.03.2027",
            "integration_name": "Möwe Fähren WhatsApp",
            "prefilled_message": "Guten Tag, ich habe eine Frage zu meiner Überfahrt.",
            "where_shown": "An den Anlegern in Röbel und Klink und auf den Fahrscheinen",
            "opt_in_wording": "Mit diesem Code stimmen Sie zu, Nachrichten von"
            " Möwe Fähren und Ausflüge zu erhalten.",
            "notes": "Im Winter (1. November – 28. Februar) ist das Büro nur dienstags besetzt.\n"
            "Bitte per E-Mail an Frau Weiß – sie ruft zurück.",
        },
    ),
}


def entries(kind: FormKind, language: str, file_format: FileFormat) -> tuple[Entry, ...]:
    """Return an answer to every question of the form, also to optional and conditional ones.

    The words of lists are those of ``language``; a language without a person of its own is filled
    in by the English one. Each answer, read right, is judged ``ok``.
    """
    person = _PERSONS.get(language, _PERSONS["en"])
    return tuple(
        _entry(kind, language, file_format, name, question, person)
        for name, question in FORMS[kind].questions.items()
    )


def matrix() -> tuple[tuple[FormKind, str], ...]:
    """Return every form in every language."""
    return tuple((kind, language) for kind in FormKind for language in languages())


def _entry(
    kind: FormKind,
    language: str,
    file_format: FileFormat,
    name: str,
    question: Question,
    person: Person,
) -> Entry:
    text, code = _answer(kind, language, name, question, person)
    return Entry(name, text, code, way_of(kind, form_texts(language), file_format, name))


def _answer(
    kind: FormKind, language: str, name: str, question: Question, person: Person
) -> tuple[str, str]:
    """Return what is typed or chosen, and the code behind it."""
    if question.kind is AnswerKind.COUNTRY:
        return country_names(language)[person.country], person.country
    words = dict(form_texts(language).choices(name))
    if not words:
        return _IDS.get(name) or person.typed[name], ""
    code = {
        "reply_language": language,
        "genesys_region": person.region,
        "business_vertical": person.vertical,
        "number_use": _NUMBER_USE.get(kind, ""),
        **_CHOSEN,
    }.get(name, "yes")
    return words[code], code


def way_of(kind: FormKind, texts: FormTexts, file_format: FileFormat, name: str) -> Way:
    """Return how the blank lets the question ``name`` be answered."""
    question = FORMS[kind].questions[name]
    if file_format is FileFormat.XLSX:
        return "list" if drop_down(texts, name, question) else "text"
    ways: dict[str, Way] = {"list": "list", "radio": "radio", "tick": "tick"}
    return ways.get(box_of(question), "text")
