"""Any phrase with a doubt around it never acts; any phrase in a letter always does."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.intake.phrases import load_choices
from pipeline.intake.reply.grammar import Choice, wording
from pipeline.intake.reply.meaning import read_reply
from pipeline.intake.reply.vocabulary import COMMANDS
from pipeline.model.message import Command, ReplyKind
from tests.world.replies import situation, told

STATUS = {
    Command.READY: ("awaiting_readiness", "ready"),
    Command.ACTIVE: ("certificate_issued", "activated"),
    Command.NEW_CERTIFICATE: ("certificate_expired", "new_certificate"),
    Command.WITHDRAW: ("policy_review", "withdraw"),
    Command.DONE: ("awaiting_two_step_off", "two_step_off"),
    Command.OK: ("slot_proposed", "accept_slot A"),
    Command.CREATED: ("certificate_issued", "mark_created"),
    Command.UNDO: ("withdrawn", "undo_withdraw"),
    Command.FIRST: ("held", "first_counts"),
    Command.SECOND: ("held", "second_counts"),
}
PHRASES = [(Command(name), choice) for name, choice in load_choices(COMMANDS)]
ACTING = [pair for pair in PHRASES if pair[0] is not Command.STATUS]
#: A doubt around a phrase, which stands where ``{}`` is.
DOUBTS = [
    "{}?",
    "{}？",
    "Is it so that {}?",
    "We are not saying:\n{}",
    "Please do not\n{}",
    "{}\nThat is not true.",
    "Es ist noch nicht so: {}",
    "まだ\n{}\nではありません。",
    "{}\n\nSorry, not yet. Please wait.",
    "[ ] {}",
    "☐ {}",
    "□ {}",
    "{} ×",
    "❌ {}",
    "~~{}~~",
    "“{}”",
    "「{}」",
    "If the test passes tomorrow:\n{}",
    "When we have time, {}",
    "Falls das klappt: {}",
    "もし可能でしたら、{}",
    "{} when we have time",
    "> {}",
    "Tomorrow we will write\n{}",
    "Kind regards\nOliver\n\n{}",
]
GREETINGS = ["", "Hello,\n\n", "Dear Ms Sato,\n", "Guten Tag,\n\n", "お世話になっております。\n\n"]
CLOSINGS = [
    "",
    "\n\nKind regards\nOliver Whitcombe",
    "\nThanks!\n\nBest\nTom",
    "\n\nMit freundlichen Grüßen\nKlara Lindner",
    "\nよろしくお願いいたします。\n\nサンプル商事　田中",
]
FOOTER = """

Klara Lindner
Head of customer care
Sample Ltd
12 Harbour Road, Block A, Leeds
Tel. +44 113 496 0000
www.sample.example
Registered in England, no. 0123456
This e-mail and any attachments are confidential. If you are not the intended recipient,
please do not copy it and delete it. We accept no liability if it was altered.
Do you really need to print this? Manage preferences
Withdraw
"""

rounds = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
many = settings(max_examples=6000, deadline=None, suppress_health_check=list(HealthCheck))
some = st.sampled_from(ACTING)
seeds = st.integers(0, 2**32)


def _said(choice: Choice, seed: int) -> str:
    return " ".join(wording(choice, Random(seed).randrange).split()).replace("~", "")


def _acts(text: str, command: Command) -> bool:
    reply = read_reply(text, situation(STATUS[command][0]))
    return reply.kind in {ReplyKind.EVENT, ReplyKind.STATUS}


def _never_in_doubt(pair: tuple[Command, Choice], seed: int, doubt: str) -> None:
    command, choice = pair
    text = doubt.replace("{}", _said(choice, seed))
    assert not _acts(text, command), text


def _always_in_a_letter(
    pair: tuple[Command, Choice], seed: int, greeting: str, closing: str
) -> None:
    command, choice = pair
    text = f"{greeting}{_said(choice, seed)}.{closing}"
    status, right = STATUS[command]
    assert told(read_reply(text, situation(status))) == right, text


@rounds
@given(some, seeds, st.sampled_from(DOUBTS))
def test_phrase_in_doubt_never_acts(pair: tuple[Command, Choice], seed: int, doubt: str) -> None:
    _never_in_doubt(pair, seed, doubt)


@pytest.mark.long
@many
@given(some, seeds, st.sampled_from(DOUBTS))
def test_phrase_in_doubt_never_acts_ever(
    pair: tuple[Command, Choice], seed: int, doubt: str
) -> None:
    _never_in_doubt(pair, seed, doubt)


@pytest.mark.parametrize("doubt", DOUBTS)
def test_phrases_in_each_doubt_never_act(doubt: str) -> None:
    for command, choice in ACTING[::5]:
        _never_in_doubt((command, choice), 0, doubt)


@rounds
@given(some, seeds, st.sampled_from(GREETINGS), st.sampled_from([*CLOSINGS, FOOTER]))
def test_phrase_in_a_letter_always_acts(
    pair: tuple[Command, Choice], seed: int, greeting: str, closing: str
) -> None:
    _always_in_a_letter(pair, seed, greeting, closing)


@pytest.mark.long
@many
@given(some, seeds, st.sampled_from(GREETINGS), st.sampled_from([*CLOSINGS, FOOTER]))
def test_phrase_in_a_letter_always_acts_ever(
    pair: tuple[Command, Choice], seed: int, greeting: str, closing: str
) -> None:
    _always_in_a_letter(pair, seed, greeting, closing)


@pytest.mark.parametrize("closing", [*CLOSINGS, FOOTER])
def test_every_phrase_acts_between_greeting_and_closing(closing: str) -> None:
    for index, pair in enumerate(ACTING):
        _always_in_a_letter(pair, 0, GREETINGS[index % len(GREETINGS)], closing)


@rounds
@given(st.text(max_size=300))
def test_text_without_a_phrase_never_acts(text: str) -> None:
    for command in STATUS:
        if _acts(text, command):  # by chance it is one: a letter, or "ok"
            reply = read_reply(text, situation(STATUS[command][0]))
            assert reply.sentence


_WORDS = "we the number phone shop is has new market friend paper window open and very with"


@rounds
@given(st.lists(st.sampled_from(_WORDS.split()), max_size=12), st.sampled_from(list(STATUS)))
def test_words_without_a_phrase_never_act(words: list[str], command: Command) -> None:
    assert not _acts(" ".join(words), command)
