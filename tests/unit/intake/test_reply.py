"""Replies: one whole line is a command; dates and slots are read, never guessed."""

from datetime import date

import pytest

from pipeline.intake.phrases import load_phrases
from pipeline.intake.reply.lines import fold, read_reply
from pipeline.model.message import Command, ReadReply

TODAY = date(2026, 11, 22)
PHRASES = load_phrases()


def read(text: str) -> ReadReply:
    return read_reply(text, PHRASES, TODAY)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("READY", Command.READY),
        ("ready.", Command.READY),
        ("Ｒｅａｄｙ！", Command.READY),
        ("“READY”", Command.READY),
        ("I'm ready", Command.READY),
        ("I’m ready!", Command.READY),
        ("準備完了", Command.READY),
        ("準備完了しました。", Command.READY),
        ("「準備完了」", Command.READY),
        ("・準備完了です", Command.READY),
        ("ACTIVE", Command.ACTIVE),
        ("アクティブになりました", Command.ACTIVE),
        ("ｱｸﾃｨﾌﾞになりました｡", Command.ACTIVE),
        ("new  certificate", Command.NEW_CERTIFICATE),
        ("証明書の再発行希望", Command.NEW_CERTIFICATE),
        ("WITHDRAW", Command.WITHDRAW),
        ("取り下げ", Command.WITHDRAW),
        ("DONE 👍", Command.DONE),
        ("完了しました！！", Command.DONE),
        ("OK", Command.OK),
        ("O.K.", Command.OK),
        ("承知しました。", Command.OK),
        ("STATUS?", Command.STATUS),
        ("状況を教えてください。", Command.STATUS),
        ("We created the integration.", Command.CREATED),
    ],
)
def test_read_reply_line_that_equals_a_phrase_is_a_command(line: str, command: Command) -> None:
    text = f"Hello,\n\n  {line}  \n\nTaro"
    assert read(text) == ReadReply((command,), "", (), text)


@pytest.mark.parametrize(
    "line",
    [
        "We are not ready",
        "READY?? no, not yet",
        "Please do not withdraw",
        "準備完了していません",
        "まだアクティブになりません",
        "取り下げません",
        "When will it be active?",
        "readyready",
        "",
        "   ",
        "。",
    ],
)
def test_read_reply_line_with_other_words_is_no_command(line: str) -> None:
    assert read(line).commands == ()


def test_read_reply_two_different_commands_are_both_told() -> None:
    assert read("READY\nWITHDRAW").commands == (Command.READY, Command.WITHDRAW)


def test_read_reply_one_command_said_twice_is_one() -> None:
    assert read("READY\n準備完了しました").commands == (Command.READY,)


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("B", "B"),
        ("b.", "B"),
        ("（Ｃ）", "C"),
        ("A\n\nthank you\nA", "A"),
        ("A\nB", ""),
        ("D", ""),
        ("A is fine for us", ""),
        ("Plan B", ""),
    ],
)
def test_read_reply_slot_is_one_letter_alone_in_a_line(text: str, slot: str) -> None:
    assert read(text).slot == slot


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("2026-12-01", ("2026-12-01",)),
        ("We are ready on 2026/12/1.", ("2026-12-01",)),
        ("2026年12月1日（火）", ("2026-12-01",)),
        ("２０２６年１２月１日", ("2026-12-01",)),
        ("12月1日に準備できます", ("2026-12-01",)),
        ("1月5日", ("2027-01-05",)),
        ("11月22日", ("2026-11-22",)),
        ("1 December 2026", ("2026-12-01",)),
        ("on the 1st of December", ("2026-12-01",)),
        ("December 1, 2026", ("2026-12-01",)),
        ("Dec. 1st", ("2026-12-01",)),
        ("3 Jan", ("2027-01-03",)),
        ("Sept 3 2027", ("2027-09-03",)),
        ("1 December or 3 December 2026", ("2026-12-01", "2026-12-03")),
        ("2026-12-01\n2026-12-01", ("2026-12-01",)),
        ("2026-02-30", ()),
        ("18. Januar 2027", ("2027-01-18",)),
        ("5. Dezember 10 Uhr", ("2026-12-05",)),
        ("5 December 10 am", ("2026-12-05",)),
        ("ab dem 3. März", ("2027-03-03",)),
        ("Do., 10. Dezember 2026, 16 Uhr", ("2026-12-10",)),
        ("am 4.3.2027 oder am 05. 03. 2027", ("2027-03-04", "2027-03-05")),
        ("1.2.3.2027", ()),
        ("31.02.2027", ()),
        ("03/04/2026", ()),
        ("2026-12-011", ()),
        ("12 mailboxes", ()),
        ("at 12:00 May", ()),
        ("1 Decembrist", ()),
        ("29 February", ()),
    ],
)
def test_read_reply_dates_are_iso_and_certain(text: str, dates: tuple[str, ...]) -> None:
    assert read(text).dates == dates


def test_read_reply_long_text_is_read_in_good_time() -> None:
    text = "1 " * 200_000 + "\n" + "x\n" * 100_000
    assert read(text) == ReadReply((), "", (), text)


def test_phrases_exist_for_every_command_and_none_means_two() -> None:
    assert set(PHRASES) == {command.value for command in Command}
    meaning: dict[str, str] = {}
    for code, phrases in PHRASES.items():
        assert len(phrases) >= 4
        for phrase in phrases:
            assert fold(phrase) not in {"", "a", "b", "c"}
            assert meaning.setdefault(fold(phrase), code) == code
