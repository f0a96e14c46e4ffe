"""Spellings of other answers beyond the standard."""

from datetime import date

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.form import FormKind
from pipeline.model.submission import Answer, CellType
from pipeline.validation.answer import READERS, read_answer
from pipeline.validation.reading import Hints

_OK, _ASK, _REJECT, _BLANK = "ok", "ask", "reject", "blank"
_ON, _MOVE, _QR = FormKind.ONBOARDING, FormKind.MIGRATION, FormKind.QR


def _kind(field: str) -> FormKind:
    return next(kind for kind, form in FORMS.items() if field in form.questions)


@pytest.mark.parametrize(
    ("field", "raw", "value", "verdict"),
    [
        ("display_name", "Lucky Shrub, Inc.", "Lucky Shrub, Inc.", _OK),
        ("display_name", "㈱ラッキー", "㈱ラッキー", _OK),
        ("display_name", "Shrub™", "Shrub", _ASK),
        ("display_name", "Cafe\u0301", "Café", _OK),
        ("display_name", "Lucky\u202eShrub", "LuckyShrub", _OK),
        ("contact_email", "taro@example。com", "taro@example.com", _OK),
        ("contact_email", "taro@@example.com", "taro@example.com", _ASK),
        ("contact_email", "Taro Yamada taro@example.com", "taro@example.com", _ASK),
        ("contact_email", "taro@gmial.com", "taro@gmial.com", _OK),
        ("contact_email", "a@b.c", None, _REJECT),
        ("website", "https//example.com", "https://example.com", _OK),
        ("website", "https:\\\\example.com", "https://example.com", _OK),
        ("website", "https://https://example.com", "https://example.com", _OK),
        ("website", "（https://example.com）。", "https://example.com", _OK),
        ("website", "https://user:pw@example.com", None, _REJECT),
        ("website", "https://8.8.8.8", None, _REJECT),
        (
            "genesys_org_id",
            "3d3f2a7e9c444f0b8a1d5b6c7d8e9f01",
            "3d3f2a7e-9c44-4f0b-8a1d-5b6c7d8e9f01",
            _OK,
        ),
        (
            "genesys_org_id",
            "3d3f2a7e-9c44-4f0b-8a1d-5b6c7d8e9fO1",
            "3d3f2a7e-9c44-4f0b-8a1d-5b6c7d8e9f01",
            _ASK,
        ),
        ("genesys_org_id", "00000000-0000-0000-0000-000000000000", None, _REJECT),
        ("meta_business_id", "わかりません", "unknown", _OK),
        ("meta_business_id", "50691430765663O", "506914307656630", _ASK),
        ("meta_business_id", "506914307656634 / 102290129340398", None, _ASK),
        ("country", "Korea, Republic of", "KR", _OK),
        ("country", "U.K.", "GB", _OK),
        ("country", "日本🇯🇵", "JP", _OK),
        ("country", "Tokyo, Japan", "JP", _ASK),
        ("country", "392", "JP", _OK),
        ("country", "इंडिया", None, _REJECT),
        ("time_zone", "JST (UTC+9)", "Asia/Tokyo", _OK),
        ("time_zone", "JST (UTC-5)", None, _ASK),
        ("time_zone", "Asia/Calcutta", "Asia/Kolkata", _OK),
        (
            "time_zone",
            "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
            "Europe/Berlin",
            _OK,
        ),
        ("time_zone", "(UTC-05:00) Eastern Time (US & Canada)", "America/New_York", _OK),
        ("time_zone", "大阪", "Asia/Tokyo", _OK),
        ("time_zone", "IST", None, _ASK),
        ("is_m2m", "いいえ（予定なし）", "no", _ASK),
        ("is_m2m", "❌", None, _ASK),
        ("is_m2m", "-", None, _BLANK),
        ("ready_date", "二〇二六年十一月二十二日", "2026-11-22", _OK),
        ("ready_date", "R8.11.22", "2026-11-22", _OK),
        ("ready_date", "22-nov-26", "2026-11-22", _ASK),
        ("ready_date", "2569-11-22", "2026-11-22", _ASK),
        ("ready_date", "2026-2-3/4", "2026-02-03", _ASK),
        ("ready_date", "Nov 22nd, 2026", "2026-11-22", _OK),
        ("ready_date", "22/11/26", "2026-11-22", _ASK),
        ("preferred_slot", "2.12.2026 10:30 Uhr", "2026-12-02T10:30", _OK),
        ("preferred_slot", "午前10時 2026/12/2", "2026-12-02T10:00", _OK),
        ("preferred_slot", "Dec 2, 2026 3 pm", "2026-12-02T15:00", _OK),
        ("preferred_slot", "2026-12-02", None, _ASK),
        ("preferred_slot", "2026-12-02 10:00-12:00", None, _ASK),
        ("existing_code", "https://wa.me/message/4o4ygzeg3rive1", "4O4YGZEG3RIVE1", _OK),
        ("existing_code", "4O4YGZEG3RIVE", None, _REJECT),
        ("ack_charges", "確認しました", "yes", _OK),
        ("ack_charges", "x", None, _ASK),
        ("ack_charges", "no", None, _REJECT),
        (
            "use_case",
            "a < b and c > d, I <3 you so much.",
            "a < b and c > d, I <3 you so much.",
            _OK,
        ),
        (
            "use_case",
            "{{ cookies }} are great for this.",
            "{{ cookies }} are great for this.",
            _ASK,
        ),
        ("company_legal_name", "Lucky\nShrub", "Lucky Shrub", _OK),
        ("genesys_region", "東京", "ap-northeast-1", _OK),
    ],
)
def test_answer_is_read_or_asked_about(
    field: str, raw: str, value: str | None, verdict: str
) -> None:
    kind = _kind(field)
    hints = Hints(date(2026, 11, 22), words=choice_vocabulary(kind).get(field, {}))
    read = read_answer(Answer(field, raw, "Form!D1"), FORMS[kind].questions[field], hints)
    assert (read.value, read.verdict.value) == (value, verdict)


def test_date_cell_with_time_is_read_as_slot() -> None:
    question = FORMS[_MOVE].questions["preferred_slot"]
    numeric = Answer("preferred_slot", "46358.4166666667", "Form!D1", CellType.NUMBER)
    assert read_answer(numeric, question, Hints(date(2026, 11, 22))).value == "2026-12-02T10:00"
    cell = Answer("preferred_slot", "2026-12-02T10:00:00", "Form!D1", CellType.DATE)
    assert read_answer(cell, question, Hints(date(2026, 11, 22))).value == "2026-12-02T10:00"


def test_every_kind_of_answer_has_its_reader() -> None:
    assert set(READERS) == set(AnswerKind)
