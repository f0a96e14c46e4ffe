"""Words of anybody on the internet in our mails: they stand there, and do nothing."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.notifications.compose import Composed
from pipeline.notifications.preview.samples import Sample, samples
from pipeline.notifications.seal import unlinked
from pipeline.validation.characters import clean
from tests.unit.notifications.test_every_notice import hostile, tags

LANGUAGES = ("en", "ja", "de")
#: What mail programs take for a link in plain words.
_LINK = re.compile(
    r"[A-Za-z][\w+.-]*:(?://|[^\s\u2060]+@)|\bwww\.|[^\s@\u2060]@[^\s@\u2060]+"
    r"|[\w-]+\.[A-Za-z]{2,}|\\\\\w"
)
VALUES = (
    "A\r\nBcc: victim@evil.example",
    "{{7*7}}{% raw %}{{ v.reference }}",
    '<img src=x onerror="alert(1)">',
    "https://evil.example/login?a=b",
    "http:\\\\evil.example",
    "www.evil.example",
    "evil.example",
    "EVIL.COM.",
    "see evil.example/a.b, or x.evil.co.jp",
    "mailto:pay@evil.example",
    "pay@evil.example",
    "javascript:alert(document.domain)",
    "\\\\evil.example\\share",
    "ftp://evil.example:21",
    "xn--80ak6aa92e.evil.example",
    "[click](https://evil.example) <https://evil.example>",
    "\u202ehttps://elpmaxe.live\u2066",
    "https:/\u200b/evil.example",
    "nul\x00 bell\x07 escape\x1b[31m",
    "evil.example\ufdd0\ufdd1",
    "ev\u00adil.example",
)
#: All of them at once, and what is all at once with a line break.
TOGETHER = (" ".join(value for value in VALUES if "\n" not in value), VALUES[0])


@cache
def first_samples(language: str) -> tuple[Sample, ...]:
    """Return one sample of each document of ``language``."""
    return tuple(sample for sample in samples(language) if not sample.case)


def with_words(sample: Sample, value: str) -> Composed:
    facts: NoticeFacts = replace(
        hostile(sample.facts, value),
        own_words="Calm",
        digest=replace(
            sample.facts.digest,
            lines=tuple(replace(line, detail=value) for line in sample.facts.digest.lines),
        ),
        chat_link="https://wa.me/81312345678",
        known_providers=(value,),
        known_numbers=sample.facts.known_numbers,
    )
    return replace(sample, facts=facts).compose()


def _values(sample: Sample) -> tuple[str, ...]:
    """Return each value for a mail that quotes most of them; for the others all at once."""
    return VALUES if sample.notice is NoticeName.NEEDS_CORRECTION else TOGETHER


def shown(mail: Composed) -> Iterator[str]:
    """Yield the parts of a mail as a reader sees them."""
    yield mail.subject
    yield mail.preheader
    yield mail.text
    body = mail.html.partition("<body")[2].partition(">")[2]
    yield html.unescape(re.sub(r"<[^>]+>", "\n", body))


def links(text: str) -> list[str]:
    """Return what a mail program would make a link of, without the addresses of ours."""
    ours = re.compile(
        r"GenesysCloudWhatsAppRequests@genesys\.com|https://wa\.me/\S*|[\w-]+\.(?:xlsx|txt|svg|png)"
    )
    return [match[0] for match in _LINK.finditer(ours.sub("", text))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_customer_never_become_a_link(language: str) -> None:
    for sample in first_samples(language):
        calm = with_words(sample, "Calm")
        before = {link for part in shown(calm) for link in links(part)}
        for value in _values(sample):
            mail = with_words(sample, value)
            found = {link for part in shown(mail) for link in links(part)}
            assert found - before == set(), (sample.name, value)
            assert re.findall(r'(?:href|src)="([^"]*)"', mail.html) == re.findall(
                r'(?:href|src)="([^"]*)"', calm.html
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_words_add_no_tag_no_line_and_no_value(language: str) -> None:
    for sample in first_samples(language):
        calm = with_words(sample, "Calm")
        for value in _values(sample):
            mail = with_words(sample, value)
            if "\n" not in value:  # a line break in staff's digest begins a line there
                assert tags(mail.html) == tags(calm.html), (sample.name, value)
            assert mail.template_id == calm.template_id
            for part in shown(mail):
                assert "49" not in part.replace("+49", ""), sample.name
                assert not re.search(r"[\x00-\x09\x0b-\x1f\ufdd0-\ufdef\u202a-\u202e]", part)
            assert "\n" not in mail.subject + mail.preheader
            assert not re.search(r"(?m)^Bcc:", mail.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_ten_thousand_characters_stay_what_they_are(language: str) -> None:
    value = "Ab1 " * 2500
    quoting = {NoticeName.NEEDS_CORRECTION, NoticeName.ACKNOWLEDGED, NoticeName.STAFF_ALERT}
    for sample in first_samples(language):
        if sample.notice not in quoting:
            continue
        calm, mail = with_words(sample, "Calm"), with_words(sample, value)
        assert tags(mail.html) == tags(calm.html)
        assert (mail.subject, mail.preheader) == (calm.subject, calm.preheader)


def test_a_copied_address_is_read_as_it_was() -> None:
    for value in ("pay@evil.example", "www.example.com", "https://example.com/a.b"):
        defused = unlinked(value)
        assert defused != value
        assert clean(defused)[0] == value


def test_our_own_addresses_are_left_alone() -> None:
    mail = next(sample for sample in samples("en", NoticeName.ACTIVATED)).compose()
    assert "GenesysCloudWhatsAppRequests@genesys.com" in mail.text
    assert 'href="https://wa.me/' in mail.html
