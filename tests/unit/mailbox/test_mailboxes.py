"""Every kind of mailbox keeps the same promises."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.mailbox.header_block import HEADER_BYTES
from pipeline.mailbox.protocol import Arrivals, FetchedMessage, Filed, Mailbox, StoredMail
from tests.unit.mailbox.conftest import Bench
from tests.world.pace import soon


def nothing_known(uidvalidity: int, uids: Sequence[int]) -> set[int]:
    return set()


def mail(number: int, size: int = 0) -> bytes:
    head = f"From: a@example.com\r\nMessage-ID: <{number}@example.com>\r\nSubject: {number}\r\n\r\n"
    return head.encode() + b"x" * size + b"\r\n"


def filled(mailbox: Mailbox, count: int, size: int = 0) -> list[FetchedMessage]:
    for number in range(count):
        mailbox.append("INBOX", mail(number, size))
    return mailbox.new_messages(nothing_known)


def raws(messages: Sequence[FetchedMessage]) -> list[bytes | None]:
    return [message.raw for message in messages]


def test_mailbox_empty_has_no_new_messages(bench: Bench) -> None:
    assert bench.mailbox.new_messages(nothing_known) == []


def test_mailbox_new_messages_come_whole_and_in_order(bench: Bench) -> None:
    found = filled(bench.mailbox, 3)
    assert raws(found) == [mail(0), mail(1), mail(2)]
    assert [message.size for message in found] == [len(mail(n)) for n in range(3)]
    assert {message.account for message in found} == {"requests"}
    assert {message.folder for message in found} == {"INBOX"}
    assert found[0].uid < found[1].uid < found[2].uid


def test_mailbox_arrival_time_is_aware_and_recent(bench: Bench) -> None:
    (found,) = filled(bench.mailbox, 1)
    assert found.received_at is not None
    assert abs(datetime.now(UTC) - found.received_at) < timedelta(minutes=5)


def test_mailbox_reading_twice_gives_the_same_keys(bench: Bench) -> None:
    first = filled(bench.mailbox, 3)
    assert bench.open_another().new_messages(nothing_known) == first


def test_mailbox_known_messages_are_not_fetched_again(bench: Bench) -> None:
    first = filled(bench.mailbox, 3)
    known = {first[0].uid, first[2].uid}
    asked: list[tuple[int, list[int]]] = []

    def ledger(uidvalidity: int, uids: Sequence[int]) -> set[int]:
        asked.append((uidvalidity, list(uids)))
        return known & set(uids)

    assert bench.mailbox.new_messages(ledger) == [first[1]]
    assert asked == [(first[0].uidvalidity, [message.uid for message in first])]


def test_mailbox_count_limits_a_batch(bench: Bench) -> None:
    first = filled(bench.mailbox, 4)
    assert bench.mailbox.new_messages(nothing_known, count=2) == first[:2]


def test_mailbox_bytes_limit_a_batch_but_never_to_nothing(bench: Bench) -> None:
    first = filled(bench.mailbox, 3, size=1000)
    size = len(mail(0, 1000))
    assert bench.mailbox.new_messages(nothing_known, total_bytes=2 * size) == first[:2]
    assert bench.mailbox.new_messages(nothing_known, total_bytes=1) == first[:1]


def test_mailbox_message_over_the_limit_comes_with_its_header_alone(bench: Bench) -> None:
    raw = mail(0, 5000)
    bench.mailbox.append("INBOX", raw)
    bench.mailbox.append("INBOX", mail(1))
    big, small = bench.mailbox.new_messages(nothing_known, message_bytes=1000)
    assert (big.raw, big.size, big.withheld) == (None, len(raw), "")
    assert big.header == raw[: raw.index(b"\r\n\r\n") + 4]
    assert (small.raw, small.size, small.header) == (mail(1), len(mail(1)), b"")


def test_mailbox_header_without_an_end_is_cut(bench: Bench) -> None:
    line = b"X-Long: " + b"x" * 900 + b"\r\n"
    raw = line * (HEADER_BYTES // len(line) + 5) + b"\r\nBody\r\n"
    bench.mailbox.append("INBOX", raw)
    (big,) = bench.mailbox.new_messages(nothing_known, message_bytes=1000)
    assert big.raw is None
    assert big.header == raw[:HEADER_BYTES]


def test_mailbox_filed_message_is_in_its_folder_and_nowhere_else(bench: Bench) -> None:
    first, second = filled(bench.mailbox, 2)
    target = "Processed/Requests"
    assert bench.mailbox.file("INBOX", first.uidvalidity, first.uid, target) is True
    assert bench.mailbox.new_messages(nothing_known) == [second]
    assert bench.mailbox.holds(target, "<0@example.com>") is True
    assert bench.mailbox.holds("INBOX", "<0@example.com>") is False
    assert set(bench.mailbox.folders()) - {"Processed"} == {"INBOX", target}


@pytest.mark.parametrize("folder", ["INBOX", "Junk", "Projects/Old/Deep"])
def test_mailbox_mail_is_found_in_any_folder(bench: Bench, folder: str) -> None:
    found = filled(bench.mailbox, 2)
    assert bench.mailbox.holds_anywhere("<7@example.com>") is False
    bench.mailbox.append(folder, mail(7))
    assert bench.mailbox.holds_anywhere("<7@example.com>") is True
    assert bench.mailbox.holds_anywhere("<8@example.com>") is False
    uids = [message.uid for message in found]
    assert set(bench.mailbox.list_new(nothing_known)[1]) >= set(uids)


def test_mailbox_deleted_mails_are_gone(bench: Bench) -> None:
    found = filled(bench.mailbox, 3)
    validity, uids = found[0].uidvalidity, [message.uid for message in found]
    assert bench.mailbox.delete("INBOX", validity + 1, uids) is False
    assert bench.mailbox.delete("INBOX", validity, uids[:2]) is True
    assert bench.mailbox.delete("INBOX", validity, uids[:1]) is True
    assert bench.mailbox.new_messages(nothing_known) == [found[2]]
    assert [bench.mailbox.holds_anywhere(f"<{n}@example.com>") for n in range(3)] == [
        False, False, True,
    ]  # fmt: skip


def test_mailbox_filing_again_after_a_crash_is_done(bench: Bench) -> None:
    (first,) = filled(bench.mailbox, 1)
    for mailbox in (bench.mailbox, bench.open_another()):
        assert mailbox.file("INBOX", first.uidvalidity, first.uid, "Processed") is True


def test_mailbox_filing_a_vanished_message_is_done(bench: Bench) -> None:
    (first,) = filled(bench.mailbox, 1)
    other = bench.open_another()
    assert other.file("INBOX", first.uidvalidity, first.uid, "Elsewhere") is True
    assert bench.mailbox.file("INBOX", first.uidvalidity, first.uid, "Processed") is True
    assert bench.mailbox.holds("Processed", "<0@example.com>") is False


def test_mailbox_message_is_moved_on_by_its_message_id(bench: Bench) -> None:
    first, second = filled(bench.mailbox, 2)
    for mail in (first, second):
        bench.mailbox.file("INBOX", mail.uidvalidity, mail.uid, "Quarantine")
    assert bench.mailbox.file_by_id("Quarantine", "<0@example.com>", "Processed/Requests") is True
    assert bench.mailbox.holds("Processed/Requests", "<0@example.com>") is True
    assert bench.mailbox.holds("Quarantine", "<0@example.com>") is False
    assert bench.mailbox.holds("Quarantine", "<1@example.com>") is True
    assert bench.mailbox.file_by_id("Quarantine", "<0@example.com>", "Elsewhere") is False
    assert bench.mailbox.file_by_id("Nowhere", "<1@example.com>", "Elsewhere") is False


def test_mailbox_new_uidvalidity_brings_messages_again_and_moves_nothing(bench: Bench) -> None:
    (first,) = filled(bench.mailbox, 1)
    bench.mailbox.close()
    time.sleep(1.1)  # a server takes the second for its new UIDVALIDITY
    bench.forget_numbers()
    (again,) = bench.mailbox.new_messages(nothing_known)
    assert again.uidvalidity != first.uidvalidity
    assert again.raw == first.raw
    assert bench.mailbox.file("INBOX", first.uidvalidity, first.uid, "Processed") is False
    assert raws(bench.mailbox.new_messages(nothing_known)) == [first.raw]
    assert bench.mailbox.file("INBOX", again.uidvalidity, again.uid, "Processed") is True


def test_mailbox_many_mails_are_filed_at_a_time(bench: Bench) -> None:
    found = filled(bench.mailbox, 5)
    uids = [message.uid for message in found[:4]]
    gone = bench.open_another()
    gone.file("INBOX", found[0].uidvalidity, uids[0], "Elsewhere")
    assert bench.mailbox.file_many("INBOX", found[0].uidvalidity, uids, "Processed") == Filed()
    assert bench.mailbox.new_messages(nothing_known) == [found[4]]
    assert [bench.mailbox.holds("Processed", f"<{n}@example.com>") for n in range(5)] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_mailbox_filing_under_another_uidvalidity_moves_nothing(bench: Bench) -> None:
    found = filled(bench.mailbox, 2)
    uids = [message.uid for message in found]
    filed = bench.mailbox.file_many("INBOX", found[0].uidvalidity + 1, uids, "Processed")
    assert (filed.renumbered, filed.refused) == (True, {})
    assert bench.mailbox.new_messages(nothing_known) == found


def test_mailbox_lists_what_is_new_and_fetches_it_by_number(bench: Bench) -> None:
    found = filled(bench.mailbox, 4, size=1000)
    uids = [message.uid for message in found]
    validity, listed = bench.mailbox.list_new(lambda _validity, _uids: {uids[0]})
    assert (validity, listed) == (found[0].uidvalidity, uids[1:])
    bench.open_another().file("INBOX", validity, uids[1], "Elsewhere")
    room = 2 * len(mail(0, 1000))
    portion = bench.mailbox.fetch("INBOX", validity, uids, total_bytes=room)
    assert (list(portion.messages), list(portion.left)) == ([found[0], found[2]], [uids[3]])
    assert bench.mailbox.fetch("INBOX", validity + 1, uids).renumbered is True


def test_mailbox_unknown_folder_holds_nothing(bench: Bench) -> None:
    assert bench.mailbox.holds("Nowhere", "<0@example.com>") is False


def test_mailbox_contents_are_listed_without_a_trace(bench: Bench) -> None:
    found = filled(bench.mailbox, 3)
    folded = b"Subject: x\r\nMESSAGE-ID:\r\n <folded@example.com>\r\n\r\nMessage-ID: <body@x>\r\n"
    bench.mailbox.append("Processed/Requests", folded)
    bench.mailbox.append("Processed/Requests", b"Subject: y\r\n\r\nno id\r\n")
    inbox = bench.mailbox.contents("INBOX")
    assert inbox is not None
    assert inbox.uidvalidity == found[0].uidvalidity
    assert list(inbox.mails) == [
        StoredMail(mail.uid, mail.size, f"<{number}@example.com>")
        for number, mail in enumerate(found)
    ]
    filed = bench.mailbox.contents("Processed/Requests")
    assert filed is not None
    assert [mail.message_id for mail in filed.mails] == ["<folded@example.com>", ""]
    assert bench.mailbox.contents("Nowhere") is None
    assert "Nowhere" not in bench.mailbox.folders()


@pytest.fixture
def wake() -> Iterator[tuple[int, int]]:
    """A pipe: what can be read from its first end wakes who waits."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


@pytest.fixture
def arrivals(bench: Bench, wake: tuple[int, int]) -> Iterator[Arrivals]:
    """The arrivals of a mailbox that holds a mail, connected."""
    filled(bench.mailbox, 1)
    with contextlib.closing(bench.mailbox.arrivals()) as found:
        assert found.wait(0, wake[0]) is True, "what came before is not told"
        yield found


def test_mailbox_arrivals_tell_of_a_mail_within_five_seconds(
    bench: Bench, arrivals: Arrivals, wake: tuple[int, int]
) -> None:
    for number in (1, 2):
        timer = threading.Timer(0.2, bench.open_another().append, ("INBOX", mail(number)))
        timer.start()
        try:
            started = time.monotonic()
            assert arrivals.wait(20, wake[0]) is True
            assert soon(time.monotonic() - started, 5)
        finally:
            timer.join()


def test_mailbox_arrivals_tell_of_a_mail_that_came_between_two_waits(
    bench: Bench, arrivals: Arrivals, wake: tuple[int, int]
) -> None:
    assert arrivals.wait(0.1, wake[0]) is False
    bench.open_another().append("INBOX", mail(1))
    started = time.monotonic()
    assert arrivals.wait(20, wake[0]) is True
    assert soon(time.monotonic() - started, 5)


def test_mailbox_arrivals_are_woken_at_once(arrivals: Arrivals, wake: tuple[int, int]) -> None:
    timer = threading.Timer(0.2, os.write, (wake[1], b"!"))
    timer.start()
    started = time.monotonic()
    try:
        assert arrivals.wait(20, wake[0]) is False
    finally:
        timer.join()
    assert soon(time.monotonic() - started, 2)


@pytest.mark.parametrize("target", ["Ended", "Processed/Held back"])
def test_mailbox_append_makes_the_folder(bench: Bench, target: str) -> None:
    bench.mailbox.append(target, mail(7), seen=True)
    assert bench.mailbox.holds(target, "<7@example.com>") is True
    assert target in bench.mailbox.folders()
