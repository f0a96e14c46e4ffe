"""Our mails in replies: whatever program quotes them, what is left is what the customer wrote."""

from collections.abc import Callable
from functools import cache

import pytest

from pipeline.intake.phrases import reply_words
from pipeline.mailbox.letters import letters_of
from pipeline.mailbox.new_text import read_new_text
from pipeline.mailbox.quotes import Ours
from pipeline.mailbox.sent_text import SentText, digests_of
from pipeline.model.message import NewText
from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.notifications.compose import Composed, compose
from tests.sources import variants
from tests.world.quoting import STYLES, Original, Style
from tests.world.quoting_unseen import UNSEEN

MakeFacts = Callable[..., NoticeFacts]
CASES = [
    (notice, variant, language)
    for notice in NoticeName
    if notice is not NoticeName.STAFF_ALERT
    for variant in variants(notice.value, "en")
    for language in ("en", "ja", "de")
]
WORDS = (
    "READY",
    "準備完了しました",
    "B",
    "お世話になっております。\nサンプル商事の田中です。\n\n準備が整いました。よろしくお願いいたします。",
    "Guten Tag,\n\nleider schaffen wir das erst am 12. Januar.\nGeht das?\n\nPetra Müller",
    "Dear team,\n\nwe have asked our provider: no answer yet.\nTime: 10:00 suits us best.",
    "감사합니다. 확인해 보겠습니다.",
)
REPLIES = reply_words()
#: What these programs add and no rule takes away: a help desk's line above, the title of a mail.
ADDED = {
    "help desk (Zendesk)": (
        "##- Please type your reply above this line -##",
        "Genesys Cloud WhatsApp requests",
        "23 Nov 2026, 10:02 GMT",
    ),
}


@cache
def _digests(text: str, body: str) -> bytes:
    return digests_of(text, body, "request", REPLIES)


def original_of(composed: Composed) -> Original:
    return Original(composed.text, composed.html, composed.subject)


def read(text: str, *sent: Composed) -> NewText:
    known = SentText([_digests(mail.text, mail.body) for mail in sent], "request")
    subject = f"Re: {sent[-1].subject}"
    return read_new_text(text, Ours(name="Genesys Cloud WhatsApp requests", subject=subject), known)


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def left_of(name: str, found: NewText) -> list[str]:
    return [line for line in lines_of(found.text) if line not in ADDED.get(name, ())]


def spread(styles: dict[str, Style], step: int) -> list[tuple[str, int, int]]:
    """Return styles with notices and words: each style with a few notices, each notice once."""
    names = list(styles)
    return [
        (names[place % len(names)], place % len(CASES), place % len(WORDS))
        for place in range(0, len(CASES) * step)
    ]


@pytest.fixture
def make_composed(make_facts: MakeFacts) -> Callable[[int], Composed]:
    def make(number: int) -> Composed:
        notice, variant, language = CASES[number]
        return _composed(notice, variant, language, make_facts(language))

    return make


@cache
def _composed(notice: NoticeName, variant: str, language: str, facts: NoticeFacts) -> Composed:
    return compose(notice, variant, language, facts)


@pytest.mark.parametrize(("name", "case", "words"), spread(STYLES | UNSEEN, 1))
def test_words_above_any_quote_are_all_that_is_left(
    name: str, case: int, words: int, make_composed: Callable[[int], Composed]
) -> None:
    composed = make_composed(case)
    text = (STYLES | UNSEEN)[name](original_of(composed), WORDS[words])
    found = read(text, composed)
    assert left_of(name, found) == lines_of(WORDS[words])
    assert found.said == found.text
