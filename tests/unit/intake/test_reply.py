"""Replies: what acts is a phrase that nothing speaks against; the rest is a note for staff."""

import csv
import re
import time
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from pipeline.intake.phrases import load_choices
from pipeline.intake.reply import dates, doubts, folding, grammar, meaning, paragraphs, slots
from pipeline.intake.reply.confirmation import confirmation
from pipeline.intake.reply.folding import key
from pipeline.intake.reply.grammar import Automaton, parse, wording
from pipeline.intake.reply.meaning import read_reply
from pipeline.intake.reply.vocabulary import COMMANDS, CONFIRMATION, COURTESY, is_formula, says
from pipeline.model.message import Command, ReplyKind
from pipeline.model.request import EventName
from tests.folded import folded
from tests.world.pace import soon
from tests.world.replies import SHARED, SLOTS, situation, told

_LINES = Path(__file__).parent / "replies.txt"


def _rows(name: str) -> list[dict[str, str]]:
    path = SHARED / f"{name}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _is_right(found: str, right: str) -> bool:
    """Tell whether the outcome is one of those; without a slot any offered one is meant."""
    return any(found in {each, f"{each} A"} for each in right.split("|"))


@pytest.mark.parametrize("row", _rows("commands"), ids=lambda row: row["id"])
def test_command_of_the_shared_cases(row: dict[str, str]) -> None:
    text = row["text"].replace("\\n", "\n")
    assert _is_right(told(read_reply(text, situation(row["status"]))), row["right"])


@pytest.mark.parametrize("row", _rows("slots"), ids=lambda row: row["id"])
def test_slot_or_date_of_the_shared_cases(row: dict[str, str]) -> None:
    text = row["text"].replace("\\n", "\n")
    assert _is_right(told(read_reply(text, situation(row["status"], 3))), row["right"])


def _lines() -> list[tuple[str, str, str]]:
    rows = [line for line in _LINES.read_text("utf-8").splitlines() if line[:1] not in {"", "#"}]
    return [(status, right, text) for _, status, right, text in (row.split("|", 3) for row in rows)]


@folded(("status", "right", "text"), _lines(), by=lambda line: line[0])
def test_reply_as_customers_write_it(status: str, right: str, text: str) -> None:
    three = status == "slots3"
    here = situation("slot_proposed" if three else status, 3 if three else 1)
    assert _is_right(told(read_reply(text.replace("⏎", "\n"), here)), right.replace("/", "|"))


def test_table_of_replies_is_large_and_about_half_must_not_act() -> None:
    rows = _lines()
    idle = [row for row in rows if row[1].split("/")[0] in {"note", "staff"}]
    assert len(rows) >= 300
    assert 0.4 < len(idle) / len(rows) < 0.65
    assert len({row[2] for row in rows}) == len(rows)


# phrases


@pytest.mark.parametrize("table", [COMMANDS, CONFIRMATION, COURTESY])
def test_every_wording_of_a_phrase_is_understood(table: str) -> None:
    random = Random(7)
    names = ("phrases", "sign_off") if table == COURTESY else ()
    missed = []
    for name, choice in load_choices(table, *names):
        for _ in range(8):
            said = " ".join(wording(choice, random.randrange).split()).replace("~", "")
            known = is_formula(said) if table == COURTESY else name in says(table, said)
            if not known:
                missed.append((name, said))
    assert missed == []


def test_phrases_exist_for_every_command() -> None:
    assert {name for name, _ in load_choices(COMMANDS)} == {command.value for command in Command}


def test_wording_means_two_commands_only_where_the_status_decides() -> None:
    random = Random(3)
    both = set()
    for name, choice in load_choices(COMMANDS):
        for _ in range(8):
            said = wording(choice, random.randrange)
            both |= {frozenset({name, other}) for other in says(COMMANDS, said) if other != name}
    assert both <= {frozenset({"active", "done"}), frozenset({"ready", "done"})}


@pytest.mark.parametrize("phrase", ["(a", "a)", "[a)", "(a|b]"])
def test_brackets_that_do_not_match_are_an_error(phrase: str) -> None:
    with pytest.raises(ValueError, match="brackets"):
        parse(phrase, {})


def test_phrase_of_unknown_part_is_an_error() -> None:
    with pytest.raises(KeyError):
        parse("<nobody>", {})


def test_automaton_knows_each_wording_and_no_other() -> None:
    known = Automaton([("x", parse("(a|b)[c](d|)", {}))], lambda text, *_: text)
    assert [text for text in ("a", "bc", "acd", "bd") if known.labels(text) != ("x",)] == []
    assert [text for text in ("", "ab", "c", "acdd", "acdx") if known.labels(text)] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＲＥＡＤＹ！", "ready"),
        ("I’m ready", "i am ready"),
        ("We aren't ready", "we are not ready"),
        ("set-up", "setup"),
        ("完了致しました", "完了しました"),
        ("２段階認証", "二段階認証"),
        ("ｱｸﾃｨﾌﾞ", "アクティブ"),
        ("zurückziehen", "ZURUECKZIEHEN"),
        ("2FA", "two-factor authentication"),
        ("準備 が 完了", "準備完了"),
    ],
)
def test_spelling_width_and_politeness_are_the_same(one: str, other: str) -> None:
    assert key(one) == key(other)


def test_particle_at_the_end_is_not_left_out() -> None:
    assert key("アクティブですが") != key("アクティブです")


# reasons


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        ("certificate_issued", "ACTIVE?", "question"),
        ("certificate_issued", "ACTIVE. It is not what we thought.", "negation"),
        ("certificate_issued", "ACTIVE. If so, what next.", "condition"),
        ("certificate_issued", "ACTIVE. Tomorrow we test.", "future"),
        ("certificate_issued", "“ACTIVE”", "quoted"),
        ("certificate_issued", "[ ] ACTIVE", "empty_box"),
        ("certificate_issued", "ACTIVE ✗", "cross"),
        ("certificate_issued", "~~ACTIVE~~", "struck"),
        ("certificate_issued", "ACTIVE\n\nSorry, scratch that.", "taken_back"),
        ("certificate_issued", "ACTIVE\n\nThe screen says Pending.", "trouble"),
        ("certificate_issued", "A\u0336C\u0336T\u0336I\u0336V\u0336E\u0336", "struck"),
        ("policy_review", "WITHDRAW\n\nWe moved to Leeds.", "not_alone"),
        ("policy_review", "DONE", "not_now"),
        ("certificate_issued", "ACTIVE\nWITHDRAW", "two_commands"),
        ("awaiting_readiness", "1 December 2025", "date_out_of_range"),
        ("awaiting_readiness", "12/05/2027", "date_unclear"),
        ("certificate_issued", "x " * 20_000, "too_long"),
        ("certificate_issued", "ACTIVE", "phrase"),
    ],
)
def test_reason_is_told(status: str, text: str, reason: str) -> None:
    assert reason in read_reply(text, situation(status)).reasons


def test_near_miss_is_suggested_with_its_sentence() -> None:
    reply = read_reply("Hello,\n\nWe are ready, all the phones are charged.", situation(_AWAITING))
    assert (reply.kind, reply.event) == (ReplyKind.SUGGESTION, EventName.READY)
    assert reply.sentence == "We are ready, all the phones are charged."


def test_denial_suggests_nothing() -> None:
    for text in ("We are not ready.", "READY\n\nSorry, scratch that.", "[ ] READY"):
        assert read_reply(text, situation(_AWAITING)).kind is ReplyKind.NOTE


def test_question_of_its_own_waits_for_staff_though_the_command_acts() -> None:
    reply = read_reply("ACTIVE\n\nCan we change the picture later?", situation(_ISSUED))
    assert (reply.kind, reply.asks_more) == (ReplyKind.EVENT, True)
    assert read_reply("ACTIVE", situation(_ISSUED)).asks_more is False


def test_ok_to_several_slots_is_a_note() -> None:
    assert read_reply("OK", situation("slot_proposed", 3)).reasons == ("several_slots",)


def test_slot_of_the_weekday_is_taken_when_it_is_the_only_one() -> None:
    assert read_reply("Tuesday works", situation("slot_proposed", 3)).slot == SLOTS[1]


_AWAITING, _ISSUED = "awaiting_readiness", "certificate_issued"

# time

_MODULES = (dates, doubts, folding, grammar, meaning, paragraphs, slots)
_WORST = (
    " ",
    "1 ",
    "a",
    "(",
    "[ ",
    "１月",
    "12月",
    "a,",
    "1.",
    "1/",
    "2026-1-",
    "at 1",
    "-- ",
    "<s",
    "https://",
    "「",
    ". ",
    "か？",
    "(a",
    "準備の",
    "A ",
    "\n",
)


def _patterns(module: ModuleType) -> list[re.Pattern[str]]:
    found: list[object] = []
    for value in vars(module).values():
        found += list(value.values()) if isinstance(value, dict) else [value]
    return [value for value in found if isinstance(value, re.Pattern)]


@pytest.mark.parametrize("unit", _WORST)
def test_pattern_reads_100_kb_of_its_worst_in_no_time(unit: str) -> None:
    text = (unit * 100_000)[:100_000]
    for module in _MODULES:
        for pattern in _patterns(module):
            start = time.process_time()
            for _ in pattern.finditer(text):
                pass
            pattern.match(text)
            assert soon(time.process_time() - start, 1), pattern


@pytest.mark.parametrize("unit", _WORST)
def test_reply_of_any_length_is_read_in_no_time(unit: str) -> None:
    for size in (19_990, 100_000):
        text = (unit * size)[:size]
        start = time.process_time()
        read_reply(text, situation("slot_proposed", 3))
        read_reply(text, situation(_AWAITING))
        confirmation(text)
        assert soon(time.process_time() - start, 3)
