"""The life of a certificate has one home: another number there is another number everywhere."""

import re
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from pipeline import terms
from pipeline.certificates.expiry import expires_at
from pipeline.config.sections import CertificateSettings
from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.model.request import TrackPolicy
from pipeline.notifications.compose import compose, forwardable
from pipeline.resources import languages, template
from tests.sources import variants

MakeFacts = Callable[..., NoticeFacts]
_DAYS = (
    r"(?=\s?(?:calendar days|Kalendertag|days?\s(?:of|after|are|that)|Tagen?\s(?:nach|um)"
    r"|日(?:間|以内|で)))"
)


def _mails(make_facts: MakeFacts, language: str) -> dict[tuple[str, str], str]:
    facts = make_facts(language)
    found = {
        (notice.value, variant): compose(notice, variant, language, facts).text
        for notice in NoticeName
        for variant in variants(notice.value, language)
        if notice is not NoticeName.RECEIPT_UNVERIFIED  # its days are those of a "no"
    }
    passed_on = forwardable(NoticeName.TWO_STEP_INSTRUCTIONS, language, facts)
    return found | {("to pass on", ""): passed_on}


def _plain(text: str) -> str:
    """Return ``text`` without line breaks: a longer number may move them."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    ("name", "number", "other", "most"),
    [
        ("CERTIFICATE_DAYS", 7, 10, 7),
        ("INTEGRATION_DAYS", 30, 45, 4),
        ("OWNERSHIP_DAYS", 14, 21, 1),
    ],
)
def test_every_mail_says_the_number_that_the_terms_say(
    monkeypatch: pytest.MonkeyPatch,
    make_facts: MakeFacts,
    language: str,
    name: str,
    number: int,
    other: int,
    most: int,
) -> None:
    before = _mails(make_facts, language)
    monkeypatch.setattr(terms, name, other)
    after = _mails(make_facts, language)
    said = re.compile(rf"(?<![0-9.,:]){number}{_DAYS}")
    telling = [key for key, text in before.items() if said.search(text)]
    assert len(telling) >= most
    for key in before:
        assert said.search(after[key]) is None, key
        assert _plain(after[key]) == _plain(said.sub(str(other), before[key])), key


def test_certificates_end_when_the_terms_say(monkeypatch: pytest.MonkeyPatch) -> None:
    created = datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert expires_at(created) == created + timedelta(days=7)
    monkeypatch.setattr(terms, "CERTIFICATE_DAYS", 10)
    assert expires_at(created) == created + timedelta(days=10)


@pytest.mark.parametrize("language", languages())
def test_the_printed_forms_say_the_same_number(language: str) -> None:
    text = template("forms", f"{language}.toml").read_text(encoding="utf-8")

    def lines(table: dict[str, object], path: str = "") -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in table.items():
            if isinstance(value, dict):
                found |= lines(value, f"{path}.{key}")
            elif isinstance(value, str):
                found[f"{path}.{key}"] = value
        return found

    said = re.compile(r"(\d+)\s?(?:calendar days|Kalendertage|日(?:間|以内)（土日)")
    days = {
        key: hit[1]
        for key, value in lines(tomllib.loads(text)).items()
        if (hit := said.search(value))
    }
    assert len(days) == 2, days
    assert set(days.values()) == {str(terms.CERTIFICATE_DAYS)}


def test_settings_and_policy_begin_with_the_terms() -> None:
    settings, policy = CertificateSettings(), TrackPolicy()
    assert settings.per_approval == policy.certificates_per_approval
    assert timedelta(days=settings.approval_days) == policy.approval_lapses
    assert timedelta(days=settings.ownership_days) == policy.ownership_window
