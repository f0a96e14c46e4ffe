"""The facts that the notices of these tests are filled with."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.model.digest import Digest, DigestLine
from pipeline.model.form import FormKind
from pipeline.model.notice import CertificateFacts, NoticeFacts, ProblemItem
from pipeline.model.request import Slot, Status, Track

MakeFacts = Callable[..., NoticeFacts]

_ITEMS = {
    "en": (
        ProblemItem(
            4,
            "Organization ID",
            "Form!D8",
            "sample-shoji",
            ("Organization ID must be 36 characters: numbers, letters a to f and hyphens",),
        ),
        ProblemItem(
            8,
            "WhatsApp phone number",
            "Form!D13",
            "03-1234-567",
            (
                "WhatsApp phone number must be a full phone number",
                "03-1234-567 is too short for Japan",
            ),
        ),
        ProblemItem(
            11, "Contact e-mail address", "Form!D16", "", ("Enter the contact e-mail address",)
        ),
    ),
    "ja": (
        ProblemItem(
            4,
            "組織ID",
            "Form!D8",
            "sample-shoji",
            ("組織IDは、数字、英字（a～f）、ハイフンの36文字で入力してください",),
        ),
        ProblemItem(
            8,
            "WhatsAppで使用する電話番号",
            "Form!D13",
            "03-1234-567",
            ("全桁を入力してください。「03-1234-567」は、日本の番号としては桁数が足りません",),
        ),
        ProblemItem(
            11,
            "担当者のメールアドレス",
            "Form!D16",
            "",
            ("担当者のメールアドレスを入力してください",),
        ),
    ),
    "de": (
        ProblemItem(
            4,
            "Organisations-ID",
            "Form!D8",
            "sample-shoji",
            ("Die Organisations-ID muss 36 Zeichen haben: Ziffern, a bis f und Bindestriche",),
        ),
        ProblemItem(
            8,
            "WhatsApp-Telefonnummer",
            "Form!D13",
            "03-1234-567",
            (
                "Das Feld „WhatsApp-Telefonnummer“ muss eine vollständige Telefonnummer enthalten",
                "03-1234-567 ist zu kurz (Land: Japan)",
            ),
        ),
        ProblemItem(
            11,
            "E-Mail-Adresse der Ansprechperson",
            "Form!D16",
            "",
            ("Füllen Sie das Feld „E-Mail-Adresse der Ansprechperson“ aus",),
        ),
    ),
}
_WHO = {
    "en": ("Sample Trading Co., Ltd.", "Information Systems", "Aiko Tanaka"),
    "ja": ("株式会社サンプル商事", "情報システム部", "田中 愛子"),
    "de": ("Muster Handel GmbH", "Informationssysteme", "Petra Müller"),
}
_CHANGE = {
    "en": ("Organization ID", "sample-shoji", "0b3f8a4e-5d1c-4c6e-9a57-2f1f6f0f3c11"),
    "ja": ("組織ID", "sample-shoji", "0b3f8a4e-5d1c-4c6e-9a57-2f1f6f0f3c11"),
    "de": ("Organisations-ID", "sample-shoji", "0b3f8a4e-5d1c-4c6e-9a57-2f1f6f0f3c11"),
}


def at(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def make_facts() -> MakeFacts:
    """Return a maker of realistic facts in a language; every fact can be replaced by name."""

    def make(language: str = "en", **changes: Any) -> NoticeFacts:
        company, department, contact = _WHO[language]
        facts = NoticeFacts(
            reference="WA-7K3M9Q4M",
            track=Track.ONBOARDING,
            form=FormKind.ONBOARDING,
            status=Status.POLICY_REVIEW,
            zone="Asia/Tokyo",
            now=at(2026, 11, 24, 6, 40),
            company=company,
            department=department,
            contact=contact,
            number="+81312345678",
            number_shown="+81 3-1234-5678",
            received_at=at(2026, 11, 24, 1, 12),
            file_name=f"onboarding_{language}.xlsx",
            due_at=at(2026, 12, 8),
            promise_at=at(2026, 11, 26),
            ready_date=date(2026, 12, 14),
            items=_ITEMS[language],
            fine_answers=14,
            certificate=CertificateFacts(
                created_at=at(2026, 11, 24, 5, 30),
                expires_at=at(2026, 12, 1, 5, 30),
                days_left=1,
            ),
            slots=(
                Slot(at(2026, 12, 8, 1), at(2026, 12, 8, 2)),
                Slot(at(2026, 12, 9, 5), at(2026, 12, 9, 6)),
                Slot(at(2026, 12, 10, 7), at(2026, 12, 10, 8)),
            ),
            slot=Slot(at(2026, 12, 8, 1), at(2026, 12, 8, 2)),
            changes=(_CHANGE[language],),
            active_since=date(2026, 10, 2),
            chat_link="https://wa.me/81312345678?text=Hello",
            files=("qr-sample-shoji.svg", "qr-sample-shoji.png"),
            suggestion=FormKind.MIGRATION,
            digest=Digest(
                (
                    DigestLine(
                        "overdue",
                        "WA-7K3M9Q4M",
                        status=Status.POLICY_REVIEW,
                        since=at(2026, 11, 20, 1),
                        command="pipeline request show WA-7K3M9Q4M",
                    ),
                    DigestLine("command_refused", "WA-7K3M9Q4M", reason="no_such_move"),
                    DigestLine("issue_failed", more=3),
                ),
                "WA-7K3M9Q4M",
                at(2026, 11, 20, 1),
            ),
            deleted_at=at(2026, 12, 24, 5, 30),
            other_number="+54 9 11 2345-6789",
        )
        return replace(facts, **changes)

    return make
