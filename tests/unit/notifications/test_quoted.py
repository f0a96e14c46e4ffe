"""Our mails in replies: whatever program quotes them, what is left is what the customer wrote."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from pipeline.intake.reply.vocabulary import is_reply
from pipeline.mailbox.body_text import html_to_text
from pipeline.mailbox.reply.digests import digests_of
from pipeline.mailbox.reply.new_text import read_new_text
from pipeline.mailbox.reply.quotes import Ours
from pipeline.mailbox.reply.sent_text import SentText
from pipeline.model.message import NewText
from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.notifications.compose import Composed, compose
from tests.sources import variants
from tests.world.quoting import STYLES, Original, Style, filled, marked, rewrapped
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
ALL: dict[str, Style] = STYLES | UNSEEN
#: What these programs add and no rule takes away: a help desk's line above, the title of a mail.
ADDED = {
    "help desk (Zendesk)": (
        "##- Please type your reply above this line -##",
        "Genesys Cloud WhatsApp requests",
        "23 Nov 2026, 10:02 GMT",
    ),
}


@cache
def _digests(text: str, body: str, rows: str) -> bytes:
    return digests_of(text, body, "request", is_reply, rows)


def original_of(composed: Composed) -> Original:
    return Original(composed.text, composed.html, composed.subject)


def read(text: str, *sent: Composed) -> NewText:
    known = SentText([_digests(mail.text, mail.body, mail.rows) for mail in sent], "request")
    subject = f"Re: {sent[-1].subject}"
    return read_new_text(
        text, Ours(names=("Genesys Cloud WhatsApp requests",), subject=subject), known
    )


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def left_of(name: str, found: NewText) -> list[str]:
    return [line for line in lines_of(found.text) if line not in ADDED.get(name, ())]


def spread() -> list[tuple[str, int, int]]:
    """Return each style with a few notices, each notice with one style, and words for both."""
    names = list(ALL)
    return [(names[place % len(names)], place, place % len(WORDS)) for place in range(len(CASES))]


@pytest.fixture
def make_composed(make_facts: MakeFacts) -> Callable[[int], Composed]:
    def make(number: int) -> Composed:
        notice, variant, language = CASES[number]
        return _composed(notice, variant, language, make_facts(language))

    return make


@cache
def _composed(notice: NoticeName, variant: str, language: str, facts: NoticeFacts) -> Composed:
    return compose(notice, variant, language, facts)


@pytest.mark.parametrize(("name", "case", "words"), spread())
def test_words_above_any_quote_are_all_that_is_left(
    name: str, case: int, words: int, make_composed: Callable[[int], Composed]
) -> None:
    composed = make_composed(case)
    text = ALL[name](original_of(composed), WORDS[words])
    found = read(text, composed)
    assert left_of(name, found) == lines_of(WORDS[words])
    assert found.said == found.text


def test_styles_are_many_and_of_many_languages() -> None:
    assert len(ALL) >= 60
    assert not STYLES.keys() & UNSEEN.keys()


@pytest.mark.long
@pytest.mark.parametrize("name", ALL)
def test_every_style_leaves_nothing_of_any_notice(
    name: str, make_composed: Callable[[int], Composed]
) -> None:
    for case in range(len(CASES)):
        composed, words = make_composed(case), WORDS[case % len(WORDS)]
        found = read(ALL[name](original_of(composed), words), composed)
        assert left_of(name, found) == lines_of(words), CASES[case]


# properties: any notice, any wrapping at 60-80 columns, any place of the customer's words

SHORT = (
    *("READY", "ACTIVE", "OK", "DONE", "A", "B", "WITHDRAW", "準備完了しました", "承知しました"),
    *("Who will call us?", "担当者はどなたですか。", "Das klappt leider nicht."),
    "We need a day longer. The 9th would be fine.\nThank you.",
)
MARKS = ("", "", "> ", ">> ", "＞", "| ", "GC> ")


def _cut_anywhere(text: str, width: int) -> str:
    """Fold at ``width`` columns in the middle of words, as programs do with East Asian text."""
    found: list[str] = []
    for line in text.split("\n"):
        part, columns = "", 0
        for character in line:
            wide = 1 + (unicodedata.east_asian_width(character) in "WF")
            if columns + wide > width:
                found.append(part)
                part, columns = "", 0
            part, columns = part + character, columns + wide
        found.append(part)
    return "\n".join(found)


def _shown(composed: Composed, random: Random) -> str:
    """Return our mail as some program shows it before it is quoted."""
    text, width = composed.text.strip("\n"), random.randint(60, 80)
    return random.choice(
        (
            lambda: text,
            lambda: rewrapped(text, width),
            lambda: filled(text, width),
            lambda: _cut_anywhere(text, width),
            lambda: html_to_text(composed.html),
        )
    )()


def _answered(composed: Composed, random: Random) -> tuple[str, list[str]]:
    """Return a reply with words above, below or between what is quoted, and those words."""
    lines, mark = _shown(composed, random).split("\n"), random.choice(MARKS)
    between = [place for place, line in enumerate(lines) if not line.strip()]
    places = random.choice(([0], [len(lines)], random.sample(between, min(2, len(between)))))
    words, pieces, last = [], [], 0
    for place in sorted(places):
        words.append(random.choice(SHORT))
        pieces += [marked("\n".join(lines[last:place]), mark), "", words[-1], ""]
        last = place
    return "\n".join([*pieces, marked("\n".join(lines[last:]), mark)]), words


def _check(seed: int, make_composed: Callable[[int], Composed]) -> None:
    random = Random(seed)
    composed = make_composed(random.randrange(len(CASES)))
    text, words = _answered(composed, random)
    found = read(text, composed)
    assert lines_of(found.text) == [line for part in words for line in lines_of(part)], (seed, text)
    assert found.said == found.text


@pytest.mark.parametrize("hundred", range(8))
def test_words_anywhere_remain_and_nothing_of_ours(
    hundred: int, make_composed: Callable[[int], Composed]
) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        _check(seed, make_composed)


@pytest.mark.long
def test_words_anywhere_remain_in_many_more_replies(
    make_composed: Callable[[int], Composed],
) -> None:
    for seed in range(1000, 21_000):
        _check(seed, make_composed)


@pytest.mark.parametrize("case", range(0, len(CASES), 9))
def test_mail_quoted_alone_may_not_act(case: int, make_composed: Callable[[int], Composed]) -> None:
    composed = make_composed(case)
    found = read(_shown(composed, Random(case)), composed)
    assert found.ours
    assert found.text.strip()


def _issued(make_facts: MakeFacts) -> Composed:
    return _composed(NoticeName.CERTIFICATE_ISSUED, "", "en", make_facts("en"))


def _slots(make_facts: MakeFacts, language: str = "en") -> Composed:
    return _composed(NoticeName.SLOT_PROPOSAL, "", language, make_facts(language))


def test_sentence_of_ours_goes_as_often_as_we_sent_it(make_facts: MakeFacts) -> None:
    composed = _issued(make_facts)
    sentence = "Your WhatsApp request is approved. Your integration certificate is attached."
    assert sentence in composed.text
    assert read(f"{sentence}\n\nBut where?", composed).said == "But where?"
    twice = f"{sentence}\n\nBut where?\n\n{composed.text}"
    assert read(twice, composed).said == f"{sentence}\n\nBut where?"


def test_part_of_our_sentence_in_the_customer_s_own_stays(make_facts: MakeFacts) -> None:
    composed = _issued(make_facts)
    said = 'What does "Finish the set-up before the certificate expires" mean for us?'
    assert read(f"{said}\n\n{composed.text}", composed).said == said


def test_line_of_ours_that_was_marked_by_the_customer_stays(make_facts: MakeFacts) -> None:
    composed = _slots(make_facts)
    slot = next(line for line in composed.text.split("\n") if line.startswith("B  "))
    for chosen in (f"{slot}  <-- this one, please", f"✓ {slot}"):
        found = read(composed.text.replace(slot, chosen), composed)
        assert lines_of(found.said) == [chosen]


@pytest.mark.parametrize("language", ["en", "ja", "de"])
@pytest.mark.parametrize("letter", ["B", ""])
def test_slot_that_stands_alone_stays(make_facts: MakeFacts, language: str, letter: str) -> None:
    facts = make_facts(language)
    offered = facts.slots if letter == "B" else facts.slots[:1]
    composed = compose(NoticeName.SLOT_PROPOSAL, "", language, replace(facts, slots=offered))
    lines = composed.text.split("\n")
    begins = rf"{letter}(?:  |\u3000)" if letter == "B" else r"[^:：]+\d\d:\d\d[–～]"
    slot = next(line for line in lines if re.match(begins, line))
    assert read(slot, composed).said == slot
    assert read(f"{slot}\n\n{composed.text}", composed).said == slot


@pytest.mark.parametrize(
    "answer",
    [
        "0b3f8a4e-5d1c-4c6e-9a57-2f1f6f0f3c11",
        "Sample Trading Co., Ltd.\n+81 3-1234-5678",
        "GenesysCloudWhatsAppRequests@genesys.com",
    ],
)
def test_fact_that_we_told_too_stays_where_it_is_an_answer(
    make_facts: MakeFacts, answer: str
) -> None:
    composed = _composed(NoticeName.REVISION_RECEIVED, "", "en", make_facts("en"))
    assert read(answer, composed).said == answer
    assert read(f"{answer}\n\n{composed.text}", composed).said == answer


def test_greeting_and_closing_that_everybody_writes_stay(make_facts: MakeFacts) -> None:
    composed = _composed(NoticeName.CERTIFICATE_ISSUED, "", "ja", make_facts("ja"))
    said = "いつもお世話になっております。\n\n箱が灰色です。\n\n何卒よろしくお願いいたします。"
    assert read(said, composed).said == said
    assert read(f"{said}\n\n{composed.text}", composed).said == said


def test_older_mails_of_the_thread_are_known_too(make_facts: MakeFacts) -> None:
    old, new = _slots(make_facts), _issued(make_facts)
    text = f"DONE\n\n{new.text}\n\n{old.text}"
    assert read(text, old, new).said == "DONE"
    assert old.text.split("\n")[2] in read(text, new).said


def test_digests_of_another_request_tell_nothing(make_facts: MakeFacts) -> None:
    composed = _issued(make_facts)
    digests = digests_of(composed.text, composed.body, "another", is_reply, composed.rows)
    assert SentText([digests], "request").spans(composed.text) == []
    assert SentText([digests[:-1], b"", b"x"], "request").spans(composed.text) == []
    words = re.findall(r"\w{5,}", composed.text)
    assert not any(word.lower().encode() in digests for word in words)
