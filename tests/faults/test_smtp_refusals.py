"""Refusals over days: greylisting, back-off, five days, and the same refusal of every mail."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import count, pairwise
from typing import Any

import pytest

from pipeline.config import CourierSettings
from pipeline.errors import ExitCode
from pipeline.flow.outgoing import deliver, portions
from pipeline.flow.outgoing.results import MOMENT
from pipeline.flow.services import pause
from pipeline.flow.staff import outbox
from pipeline.model.notice import MailPriority, NoticeName
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from tests.faults.conftest import OpenBox
from tests.servers.lines import closed_port
from tests.servers.smtp_script import HANG_UP, ScriptedSmtp, scripted_smtp
from tests.world.fixtures import MakeWorld
from tests.world.outbox import queue_to
from tests.world.settings import STAFF
from tests.world.world import World

_HOUR = timedelta(hours=1)
_GREY = "450 4.7.1 <{to}>: Recipient address rejected: Greylisted for 300 seconds"
_SPAM = "550 5.7.1 <{to}>: mail from you is not wanted, id {number}"


def _people(count: int, first: int = 0) -> list[str]:
    return [f"taro@shrub{number}.example" for number in range(first, first + count)]


def _courier(port: int, **more: object) -> CourierSettings:
    values = {"kind": "smtp", "host": "127.0.0.1", "port": port, "encryption": "none", **more}
    return CourierSettings.model_validate(values)


@pytest.fixture
def server() -> Iterator[ScriptedSmtp]:
    with scripted_smtp() as running:
        yield running


@pytest.fixture
def box(open_box: OpenBox, server: ScriptedSmtp) -> World:
    return open_box(courier=_courier(server.port))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def any_box(request: pytest.FixtureRequest, make_world: MakeWorld, server: ScriptedSmtp) -> World:
    """A world on each engine in turn, whose staff get no mail."""
    is_server = request.param == "postgresql"
    url = request.getfixturevalue("postgresql")() if is_server else ""
    world: World = make_world(url, team={"alert_to": ""})
    world.change(courier=_courier(server.port))
    return world


def _states(box: World) -> dict[OutboxState, int]:
    found: dict[OutboxState, int] = {}
    for mail in box.outbox():
        found[mail.state] = found.get(mail.state, 0) + 1
    return found


def _refuse_each(server: ScriptedSmtp, command: str, words: str, people: list[str]) -> None:
    """Refuse each mail in words that name its recipient and a number of its own."""
    for number, name in enumerate(people):
        said = words.format(to=name, number=f"q{number}Z")
        server.say(command, said, fits=lambda line, name=name: name in line)  # type: ignore[misc]


def test_a_day_down_and_then_greylisting_loses_nothing(box: World, server: ScriptedSmtp) -> None:
    people = _people(12)
    queue_to(box.services, *people)
    with closed_port() as port:
        box.change(courier=_courier(port))
        for _ in range(24):
            assert box.batch(after=_HOUR).exit_code == ExitCode.TRY_LATER
    assert {(mail.attempt, mail.refusals) for mail in box.outbox()} == {(0, 0)}
    box.change(courier=_courier(server.port))
    _refuse_each(server, "rcpt", _GREY, people)
    summary = box.batch(after=_HOUR)
    # each refusal is of its recipient: the run goes on, and nothing is paused
    assert (summary.put_off, summary.failed, summary.exit_code) == (12, 0, ExitCode.DONE)
    server.heal()
    summary = box.batch(after=timedelta(minutes=6))
    assert (summary.sent, summary.exit_code) == (12, ExitCode.DONE)
    assert sorted(server.recipients()) == sorted(people)


def test_mail_is_tried_for_five_days_with_growing_waits(box: World, server: ScriptedSmtp) -> None:
    queue_to(box.services, "aiko@shrub.example")
    server.say("rcpt", "451 4.3.0 later")
    begun, tries = box.clock.now(), []
    while box.outbox()[0].state is OutboxState.QUEUED:
        due = box.outbox()[0].next_at
        assert due is not None
        if wait := due - box.clock.now():
            assert box.batch(after=wait - timedelta(seconds=1)).put_off == 0
        box.batch(after=timedelta(seconds=1))
        tries.append(box.clock.now() - begun)
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=2), timedelta(hours=4))
    assert timedelta(days=5) <= tries[-1] <= timedelta(days=5, hours=5)
    assert box.outbox()[0].last_error == "451 4.3.0 later"


def test_mail_that_is_tried_once_a_day_is_given_up_after_five_days(
    box: World, server: ScriptedSmtp
) -> None:
    queue_to(box.services, "aiko@shrub.example")
    server.say("rcpt", "451 4.3.0 later")
    outcomes = [box.batch(after=timedelta(days=1)) for _ in range(6)]
    assert [found.put_off for found in outcomes] == [1, 1, 1, 1, 1, 0]
    # what was written is counted: the last refusal made it fail
    assert [found.failed for found in outcomes] == [0, 0, 0, 0, 0, 1]


def test_retry_begins_anew(any_box: World, server: ScriptedSmtp) -> None:
    box = any_box
    (mail,) = queue_to(box.services, "aiko@shrub.example")
    server.say("rcpt", "451 4.3.0 later")
    for _ in range(6):
        box.batch(after=timedelta(days=1))
    assert _states(box) == {OutboxState.FAILED: 1}
    outbox.retry(box.services, mail.id, "staff")
    assert box.batch().put_off == 1
    (again,) = box.outbox()
    assert (again.state, again.refusals) == (OutboxState.QUEUED, 1)
    assert again.next_at == box.clock.now() + timedelta(minutes=2)
    server.heal()
    assert box.batch(after=timedelta(minutes=2)).sent == 1


def test_a_whole_class_is_queued_again(
    any_box: World, server: ScriptedSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = any_box
    monkeypatch.setattr(outbox, "_PORTION", 10)
    people = _people(25)
    queue_to(box.services, *people)
    box.change(courier=_courier(server.port, pause_after=1000, hourly_cap=1000))
    server.say("rcpt", "550 5.1.1 nobody here")
    assert box.batch().failed == 25
    server.heal()
    assert outbox.retry_all(box.services, OutboxState.IN_DOUBT, "staff") == 0
    assert outbox.retry_all(box.services, OutboxState.FAILED, "staff") == 25
    assert outbox.retry_all(box.services, OutboxState.FAILED, "staff") == 0
    assert box.batch().sent == 25
    assert sorted(server.recipients()) == sorted(people)


def test_what_the_other_thread_gives_back_goes_out_in_the_same_run(
    any_box: World, server: ScriptedSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that stalls leaves mails of a portion, which are given back beside the sending."""
    box = any_box
    people = _people(20)
    queue_to(box.services, *people)
    hand_over, number = deliver._hand_over, count(1)

    def stalls(*sending: Any) -> None:
        hand_over(*sending)
        if next(number) == 5:
            time.sleep(3 * MOMENT)

    def late(call: Any, **given: Any) -> Any:
        if call is portions.give_back and threading.current_thread().name == "claims":
            time.sleep(3 * MOMENT)
        return partial(call, **given)

    monkeypatch.setattr(deliver, "_hand_over", stalls)
    monkeypatch.setattr(deliver, "partial", late)
    assert box.batch().sent == 20
    assert sorted(server.recipients()) == sorted(people)


@pytest.mark.parametrize("command", ["rcpt", "data", "end"])
def test_the_same_refusal_of_every_mail_pauses_sending(
    any_box: World, server: ScriptedSmtp, command: str
) -> None:
    box = any_box
    people = _people(30)
    queue_to(box.services, *people)
    if command == "data":
        server.say("data", "554 5.7.1 not from you")
    else:
        _refuse_each(server, command, _SPAM, people)
    summary = box.batch()
    assert (summary.failed, summary.put_off, summary.exit_code) == (0, 30, ExitCode.CONFIGURATION)
    told = [failure.error.code for failure in summary.failures if failure.error]
    assert told == ["courier_paused"]
    assert _states(box) == {OutboxState.QUEUED: 30}
    assert sum(line.startswith("MAIL") for line in server.commands) == 5

    # nothing is tried until somebody says so, however long it takes
    commands = len(server.commands)
    for _ in range(3):
        summary = box.batch(after=timedelta(days=3))
        assert (summary.failed, summary.exit_code) == (0, ExitCode.CONFIGURATION)
    assert len(server.commands) == commands

    server.heal()
    assert outbox.resume(box.services, "staff") == 5
    assert outbox.resume(box.services, "staff") is None
    summary = box.batch()
    assert (summary.sent, summary.exit_code) == (30, ExitCode.DONE)
    assert sorted(server.recipients()) == sorted(people)


def test_two_people_who_resume_at_once_resume_once(any_box: World, server: ScriptedSmtp) -> None:
    people = _people(8)
    queue_to(any_box.services, *people)
    _refuse_each(server, "rcpt", _SPAM, people)
    assert any_box.batch().exit_code == ExitCode.CONFIGURATION
    server.heal()
    with ThreadPoolExecutor(4) as staff:
        done = list(
            staff.map(lambda number: outbox.resume(any_box.services, f"{number}"), range(4))
        )
    assert sorted(done, key=str) == [5, None, None, None]
    assert any_box.batch().sent == 8
    assert sorted(server.recipients()) == sorted(people)


def test_two_people_who_retry_a_class_at_once_queue_each_mail_once(
    any_box: World, server: ScriptedSmtp
) -> None:
    people = _people(12)
    queue_to(any_box.services, *people)
    any_box.change(courier=_courier(server.port, pause_after=1000))
    server.say("rcpt", "550 5.1.1 nobody here")
    assert any_box.batch().failed == 12
    server.heal()
    retry = partial(outbox.retry_all, any_box.services, OutboxState.FAILED)
    with ThreadPoolExecutor(3) as staff:
        assert sum(staff.map(retry, ("saki", "ken", "mia"))) == 12
    assert any_box.batch().sent == 12
    assert sorted(server.recipients()) == sorted(people)


def test_unknown_people_among_others_pause_nothing(box: World, server: ScriptedSmtp) -> None:
    people = _people(30)
    unknown = people[::2]
    queue_to(box.services, *people)
    _refuse_each(server, "rcpt", "550 5.1.1 <{to}>: no such user", unknown)
    summary = box.batch()
    assert (summary.sent, summary.failed, summary.exit_code) == (15, 15, ExitCode.UNFINISHED)


def test_refusals_of_one_person_pause_nothing(box: World, server: ScriptedSmtp) -> None:
    queue_to(box.services, *["aiko@shrub.example", "aiko+wa@shrub.example"] * 10)
    server.say("rcpt", "550 5.1.1 no such user")
    summary = box.batch()
    assert (summary.failed, summary.exit_code) == (20, ExitCode.UNFINISHED)


def test_different_refusals_pause_nothing(box: World, server: ScriptedSmtp) -> None:
    people = _people(9)
    queue_to(box.services, *people)
    words = ("5.1.1 unknown", "5.2.1 closed", "5.2.2 full")
    for number, name in enumerate(people):
        said = f"550 {words[number % len(words)]}"
        server.say("rcpt", said, fits=lambda line, name=name: name in line)  # type: ignore[misc]
    assert box.batch().failed == 9
    with box.services.store.read() as tx:
        assert pause.refusals(tx).paused_at is None


def test_refusals_are_counted_over_runs(any_box: World, server: ScriptedSmtp) -> None:
    box = any_box
    server.say("rcpt", "550 5.7.1 no mail from you")
    for number in range(5):
        queue_to(box.services, f"taro@shrub{number}.example", name=f"{number}")
        code = box.batch(after=_HOUR).exit_code
        assert code == (ExitCode.CONFIGURATION if number == 4 else ExitCode.UNFINISHED)


def test_people_who_are_refused_after_a_pause_as_well_pause_nothing_again(
    any_box: World, server: ScriptedSmtp
) -> None:
    """Five unknown people in a row are possible; staff must get past them."""
    box = any_box
    unknown, others = _people(5), _people(5, first=5)
    queue_to(box.services, *unknown, name="unknown")
    box.clock.advance(timedelta(seconds=1))
    queue_to(box.services, *others, name="others")
    _refuse_each(server, "rcpt", "550 5.1.1 <{to}>: no such user", unknown)
    assert box.batch().exit_code == ExitCode.CONFIGURATION
    assert outbox.resume(box.services, "staff") == 5
    summary = box.batch()
    assert (summary.sent, summary.failed, summary.exit_code) == (5, 5, ExitCode.UNFINISHED)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("mail", "452 4.3.1 no room"),
        ("data", "451 4.3.0 no room"),
        ("end", "451 4.3.5 the queue is broken"),
        ("end", "452 4.3.1 <{to}> no room for {number}"),
        ("mail", HANG_UP),
        ("data", HANG_UP),
    ],
)
def test_the_same_passing_refusal_of_every_mail_ends_the_run(
    box: World, server: ScriptedSmtp, command: str, answer: str
) -> None:
    people = _people(20)
    queue_to(box.services, *people)
    if "{to}" in answer:
        _refuse_each(server, command, answer, people)
    else:
        server.say(command, answer)
    summary = box.batch()
    assert (summary.sent, summary.failed, summary.exit_code) == (0, 0, ExitCode.TRY_LATER)
    assert sum(line.startswith("MAIL") for line in server.commands) == 5
    assert {(mail.state, mail.refusals) for mail in box.outbox()} == {(OutboxState.QUEUED, 0)}
    server.heal()
    assert box.batch(after=timedelta(minutes=5)).sent == 20
    assert sorted(server.recipients()) == sorted(people)


def test_hang_ups_at_the_final_dot_leave_few_mails_in_doubt(
    open_box: OpenBox, server: ScriptedSmtp
) -> None:
    box = open_box(courier=_courier(server.port, in_doubt="hold"))
    queue_to(box.services, *_people(20))
    server.say("end", HANG_UP)
    summary = box.batch()
    assert (summary.in_doubt, summary.exit_code) == (5, ExitCode.TRY_LATER)


def test_nothing_is_tried_twice_in_a_run(
    box: World, server: ScriptedSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long run outlasts the first waits; the mails of its beginning wait for the next."""
    queue_to(box.services, *_people(60))
    server.say("rcpt", "450 4.2.1 busy")
    batch_before = len(server.commands)
    monkeypatch.setattr(
        type(server), "answer_to", _slow(server, lambda: box.clock.advance(timedelta(minutes=1)))
    )
    assert box.batch().put_off == 60
    tried = [line for line in server.commands[batch_before:] if line.startswith("RCPT")]
    assert len(tried) == len(set(tried)) == 60
    assert {mail.refusals for mail in box.outbox()} == {1}


def _slow(server: ScriptedSmtp, tick: object) -> object:
    really = type(server).answer_to

    def answer(self: ScriptedSmtp, command: str, line: str) -> str:
        if command == "rcpt":
            tick()  # type: ignore[operator]
        return really(self, command, line)

    return answer


def test_staff_are_told_once_while_customers_mail_is_paused(
    make_world: MakeWorld, server: ScriptedSmtp
) -> None:
    world = make_world()
    world.change(courier=_courier(server.port))
    queue_to(world.services, *_people(12))
    server.say("rcpt", "554 5.7.1 relay denied", fits=lambda line: STAFF not in line)
    assert world.batch().exit_code == ExitCode.CONFIGURATION
    for _ in range(4):
        world.batch(after=timedelta(days=1))
    assert server.recipients() == [STAFF]
    (told,) = server.taken
    (digest,) = (mail for mail in world.outbox() if mail.notice is NoticeName.STAFF_ALERT)
    assert digest.priority is MailPriority.ALERT
    assert digest.message_id.encode() in told.raw
    with world.services.store.read() as tx:
        paused = [alert for alert in tx.alerts.list() if alert.code == "sending_paused"]
    assert len(paused) == 1


def test_alert_that_cannot_be_sent_breeds_no_alert(
    make_world: MakeWorld, server: ScriptedSmtp
) -> None:
    world = make_world()
    world.change(courier=_courier(server.port))
    queue_to(world.services, "aiko@shrub.example")
    server.say("rcpt", "550 5.1.1 nobody here")
    for _ in range(6):
        world.batch(after=timedelta(days=1))
    rows = world.outbox()
    assert [mail.notice for mail in rows].count(NoticeName.STAFF_ALERT) == 1
    with world.services.store.read() as tx:
        assert [alert.code for alert in tx.alerts.list()] == ["mail_failed"]


def test_certificate_that_has_not_left_after_a_day_is_told(
    make_world: MakeWorld, server: ScriptedSmtp
) -> None:
    world = make_world()
    world.change(courier=_courier(server.port))
    certificate = _certificate_mail(world)
    server.say("rcpt", "451 4.3.0 later", fits=lambda line: "aiko" in line)
    for _ in range(2):
        world.batch(after=_HOUR * 11)
    assert server.recipients() == []
    world.batch(after=_HOUR * 3)
    assert server.recipients() == [STAFF]
    assert "certificate_not_sent" in {code for code, _ in _alerts(world)}
    assert {detail for _, detail in _alerts(world)} == {certificate.id}
    world.batch(after=_HOUR)
    assert len(server.taken) == 1


def _certificate_mail(world: World) -> OutboxRecord:
    (mail,) = queue_to(world.services, "aiko@shrub.example", priority=MailPriority.CERTIFICATE)
    return mail


def _alerts(world: World) -> set[tuple[str, str]]:
    with world.services.store.read() as tx:
        return {(alert.code, alert.detail) for alert in tx.alerts.list()}


def test_order_is_certificates_decisions_alerts_reminders_receipts(
    box: World, server: ScriptedSmtp
) -> None:
    order = list(MailPriority)
    for priority in reversed(order):
        name = priority.name.lower()
        queue_to(box.services, f"{name}@shrub.example", name=name, priority=priority)
        box.clock.advance(timedelta(seconds=1))
    box.batch()
    found = [name.partition("@")[0] for name in server.recipients()]
    assert found == [
        "certificate", "ordinary", "alert", "reminder", "receipt_spf", "receipt"
    ]  # fmt: skip
