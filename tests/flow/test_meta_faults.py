"""Meta fails in every way at every call of the story: the request goes on, nothing is doubled."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import pytest

from pipeline.batch import run_batch
from pipeline.errors import ConfigurationError, ExitCode
from pipeline.flow.connections import open_graph
from pipeline.flow.lifecycle import meta_certificate, meta_poll
from pipeline.flow.lifecycle.certificate_rows import refuse_clock_behind
from pipeline.flow.services import Services, Work
from pipeline.model.request import Status
from pipeline.store.records import RequestRecord
from tests.servers.meta import Asked, FakeMeta
from tests.servers.meta_failures import Failure
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.meta import (
    NAME,
    NUMBER,
    alerts,
    any_url,
    certified,
    meta,
    meta_world,
    no_sleep,
    reviewed,
    told,
    world,
)
from tests.world.outbox import notices
from tests.world.world import World

__all__ = ["any_url", "meta", "meta_world", "no_sleep", "world"]

#: More often than a read is tried again; not all of them are.
_OFTEN = {"500": 5, "503": 5, "hang_up": 5, "reset": 5, "cut": 5}
_CALLS = ("numbers", "number", "add_number")
_SERVER = ("500", "reset", "broken_json")
_MORE = ("503", "html", "wrong_types", "hang_up", "cut", "empty")


class KilledError(BaseException):
    """The process ends here."""


def _often(call: str, kind: str) -> int:
    return _OFTEN.get(kind, 2) if call != "add_number" else 1


def story(world: World, meta: FakeMeta, faults: Callable[[], None]) -> list[str]:
    """Play onboarding to the end, with ``faults`` before each step; return the mails."""
    mails: list[str] = []

    def wait() -> None:
        meta.failures.clear()
        faults()
        for _ in range(4):
            mails.extend(notices(world.later(hours=1)))

    faults()
    record = reviewed(world)
    wait()
    number = meta.account.of(NUMBER)
    meta.account.approve_name(number)
    wait()
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    number.status = "CONNECTED"
    wait()
    assert world.again(record).status is Status.ACTIVE
    assert len([row for row in world.certificates(record) if row.text]) == 1
    assert [item.e164 for item in meta.account.numbers.values()] == [NUMBER]
    return mails


@pytest.mark.parametrize(
    "kind", [*_SERVER, *(pytest.param(kind, marks=pytest.mark.long) for kind in _MORE)]
)
@pytest.mark.parametrize("call", _CALLS)
def test_every_fault_of_the_server_at_every_call(
    meta_world: Callable[..., World], meta: FakeMeta, call: str, kind: str
) -> None:
    world = meta_world(add_numbers=True, timeout_seconds=2)
    mails = story(world, meta, partial(meta.fail, call, kind, times=_often(call, kind)))
    assert mails == ["certificate_issued", "activated"]
    assert set(told(world)) <= {"meta_not_fetched"}


@pytest.mark.parametrize("call", _CALLS)
def test_a_time_out_at_every_call(
    meta_world: Callable[..., World], meta: FakeMeta, call: str
) -> None:
    world = meta_world(add_numbers=True, timeout_seconds=1)
    mails = story(world, meta, partial(meta.fail, call, "slow", times=1))
    assert mails == ["certificate_issued", "activated"]


@pytest.mark.parametrize("call", _CALLS)
def test_an_answer_that_is_lost_after_the_work_was_done(
    meta_world: Callable[..., World], meta: FakeMeta, call: str
) -> None:
    world = meta_world(add_numbers=True, timeout_seconds=2)
    mails = story(
        world, meta, partial(meta.fail, call, "cut", times=_often(call, "cut"), done=True)
    )
    assert mails == ["certificate_issued", "activated"]
    assert len(meta.calls("add_number")) == 1


def test_a_fault_of_the_server_ends_the_round_and_is_for_later(
    world: World, meta: FakeMeta
) -> None:
    for position, (sender, language) in enumerate(((HANAKO, "ja"), (OLIVER, "en"))):
        meta.account.add(("+819012345678", "+447400123456")[position], "any")
        world.mail(sender, form(language=language))
    reviewed_both(world)
    meta.reload()
    meta.fail("*", "503", times=100)
    summary = world.batch(timedelta(hours=2))
    assert summary.exit_code is ExitCode.TRY_LATER
    assert summary.unreachable == "meta"
    asked = len(meta.calls())
    assert {call.call for call in meta.calls()} == {"numbers"}
    # Meta is let rest, and the batches meanwhile are good
    assert world.batch(timedelta(seconds=20)).exit_code is ExitCode.DONE
    assert len(meta.calls()) == asked


def reviewed_both(world: World) -> None:
    """Bring both requests to the review of their names."""
    from pipeline.flow.staff import review as decisions  # noqa: PLC0415 - one use

    for sender in (HANAKO, OLIVER):
        decisions.approve(
            world.services, world.request(sender), "saki", ticked="all", business_verified=True
        )


def test_a_server_that_stays_away_is_told_once(world: World, meta: FakeMeta) -> None:
    meta.account.add(NUMBER, NAME)
    meta.fail("*", "500", times=10_000)
    reviewed(world)
    for _ in range(15):
        world.batch(timedelta(minutes=20))
    assert told(world) == ["meta_down"]
    assert len(meta.calls()) < 100
    meta.reload()
    world.batch(timedelta(hours=1))
    assert world.summary.exit_code is ExitCode.DONE


def test_a_wrong_token_is_a_fault_of_a_setting_told_once_and_mail_goes_on(
    world: World, meta: FakeMeta
) -> None:
    number = meta.account.add(NUMBER, NAME)
    meta.token_state = "expired"
    record = reviewed(world)
    meta.account.approve_name(number)
    for _ in range(3):
        summary = world.batch(timedelta(minutes=10))
        assert summary.exit_code is ExitCode.CONFIGURATION
    assert told(world) == ["meta_setting"]
    assert notices(world.mail(OLIVER, form(language="en"))) == ["acknowledged"]
    meta.token_state = "good"
    assert notices(world.later(minutes=10)) == ["certificate_issued"]
    assert world.summary.exit_code is ExitCode.DONE
    meta.token_state = "revoked"
    world.later(hours=2)
    assert told(world) == ["meta_setting", "meta_setting"]
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def test_a_rate_limit_is_waited_for_as_long_as_meta_says(world: World, meta: FakeMeta) -> None:
    meta.account.add(NUMBER, NAME)
    reviewed(world)
    meta.reload()
    meta.budget = 0
    assert world.batch(timedelta(hours=2)).exit_code is ExitCode.TRY_LATER
    asked = len(meta.calls())
    meta.budget = None
    world.batch(timedelta(minutes=15))
    assert len(meta.calls()) == asked
    world.batch(timedelta(minutes=5))
    assert len(meta.calls()) > asked


def test_one_number_that_fails_stops_no_other(
    meta_world: Callable[..., World], meta: FakeMeta
) -> None:
    world = meta_world()
    first = meta.account.add(NUMBER, NAME)
    second = meta.account.add("+447400123456", "Harbour Books")
    world.mail(HANAKO, form(language="ja"))
    world.mail(OLIVER, form(language="en"))
    reviewed_both(world)
    meta.account.approve_name(first)
    meta.account.approve_name(second)
    shown = meta.account.certificate
    meta.account.certificate = (  # type: ignore[method-assign]
        lambda number: "no certificate" if number is first else shown(number)
    )
    world.later(hours=1)
    assert world.request(HANAKO).status is Status.APPROVED
    assert world.request(OLIVER).status is Status.CERTIFICATE_ISSUED


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ConfigurationError("clock_behind"), ExitCode.CONFIGURATION),
        (ValueError("a bug"), ExitCode.BUG),
    ],
)
def test_a_fault_of_ours_at_one_number_stops_no_other(
    world: World,
    meta: FakeMeta,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    code: ExitCode,
) -> None:
    numbers = [meta.account.add(NUMBER, NAME), meta.account.add("+447400123456", "Harbour Books")]
    world.mail(HANAKO, form(language="ja"))
    world.mail(OLIVER, form(language="en"))
    reviewed_both(world)
    for number in numbers:
        meta.account.approve_name(number)

    def behind(work: Work, record: RequestRecord, *known: datetime | None) -> None:
        if record.number != NUMBER:  # the first in the order of numbers
            raise fault
        refuse_clock_behind(work, record, *known)

    monkeypatch.setattr(meta_certificate, "refuse_clock_behind", behind)
    world.clock.advance(timedelta(hours=1))
    assert run_batch(world.services).exit_code is code
    assert world.request(HANAKO).status is Status.CERTIFICATE_ISSUED
    assert world.request(OLIVER).status is Status.APPROVED
    monkeypatch.undo()
    world.later(minutes=1)
    assert world.request(OLIVER).status is Status.CERTIFICATE_ISSUED


def test_a_number_at_which_meta_always_fails_keeps_no_other_waiting(
    world: World, meta: FakeMeta, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [meta.account.add(NUMBER, NAME), meta.account.add("+447400123456", "Harbour Books")]
    world.mail(HANAKO, form(language="ja"))
    world.mail(OLIVER, form(language="en"))
    reviewed_both(world)
    for number in numbers:
        meta.account.approve_name(number)
    judged = FakeMeta.answer
    bad = f"/{numbers[1].id}"  # the first in the order of numbers

    def answer(server: FakeMeta, asked: Asked) -> object:
        if asked.path.endswith(bad):
            server.failures["number"] = [Failure("500")]
        return judged(server, asked)

    monkeypatch.setattr(FakeMeta, "answer", answer)
    for _ in range(4):
        world.later(minutes=20)
    assert world.request(HANAKO).status is Status.CERTIFICATE_ISSUED
    assert world.request(OLIVER).status is Status.APPROVED


def test_what_changes_while_meta_is_asked_is_left_alone(
    world: World, meta: FakeMeta, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.flow.staff import review as decisions  # noqa: PLC0415 - one use

    number = meta.account.add(NUMBER, NAME)
    record = reviewed(world)
    meta.account.approve_name(number)
    judged = FakeMeta.answer

    def answer(server: FakeMeta, asked: Asked) -> object:
        answered = judged(server, asked)
        now = world.again(record)
        if now.status is Status.NAME_REVIEW:
            decisions.hold(world.services, now, "saki")
        return answered

    monkeypatch.setattr(FakeMeta, "answer", answer)
    world.later(hours=1)
    assert world.again(record).status is Status.HELD
    monkeypatch.undo()
    decisions.release(world.services, world.again(record), "saki")
    world.later(minutes=1)
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


@pytest.mark.parametrize("place", ["end_asking", "_added"])
def test_a_process_that_is_killed_after_it_has_added_a_number(
    meta_world: Callable[..., World], meta: FakeMeta, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    world = meta_world(add_numbers=True)

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(meta_poll, place, killed)
        with pytest.raises(KilledError):
            reviewed(world)
    for _ in range(4):
        world.later(minutes=20)
    assert len(meta.calls("add_number")) == 1
    meta.account.approve_name(meta.account.of(NUMBER))
    world.later(hours=2)
    assert world.request().status is Status.CERTIFICATE_ISSUED


@pytest.mark.parametrize("step", ["_see_for", "_issue", "after"])
def test_a_process_that_is_killed_between_the_answer_and_the_commit(
    world: World, meta: FakeMeta, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    number = meta.account.add(NUMBER, NAME)
    record = reviewed(world)
    meta.account.approve_name(number)
    run = Services.run

    def killed(services: Services, change: Callable[..., object]) -> object:
        if "take" not in getattr(change, "__qualname__", ""):
            return run(services, change)
        seen.append(step)
        if len(seen) == places.get(step):
            raise KilledError
        done = run(services, change)
        if step == "after" and len(seen) == len(places):
            raise KilledError
        return done

    seen: list[str] = []
    places = {"_see_for": 1, "_issue": 2}
    with monkeypatch.context() as patched:
        patched.setattr(Services, "run", killed)
        with pytest.raises(KilledError):
            world.batch(timedelta(hours=1))
    for _ in range(4):
        world.later(minutes=20)
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    assert len([row for row in world.certificates(record) if row.text]) == 1
    sent = [mail.notice for mail in world.all_mails()]
    assert sent.count("certificate_issued") == 1


def test_two_workers_issue_one_certificate(
    meta_world: Callable[..., World], meta: FakeMeta, any_url: str
) -> None:
    world = meta_world(any_url)
    number = meta.account.add(NUMBER, NAME)
    record = reviewed(world)
    meta.account.approve_name(number)
    world.clock.advance(timedelta(hours=1))
    services = world.services

    def work() -> meta_poll.Polled:
        with open_graph(services) as graph:
            return meta_poll.poll(services, graph)

    with ThreadPoolExecutor(4) as workers:
        done = [one.result() for one in [workers.submit(work) for _ in range(4)]]
    assert sum(one.issued for one in done) == 1
    assert sum(one.events for one in done) == 1
    world.later(hours=1)
    assert len([row for row in world.certificates(record) if row.text]) == 1
    assert [mail.notice for mail in world.all_mails()].count("certificate_issued") == 1


def test_the_text_of_a_certificate_is_in_no_log_and_no_error(
    world: World, meta: FakeMeta, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    record, number = certified(world, meta)
    text = meta.account.certificate(number)
    assert text
    world.reply(record, "証明書の再発行希望")
    world.later(hours=1)
    assert text[:24] not in caplog.text
    assert meta.token not in caplog.text
    assert "meta_certificate_same" in alerts(world)
    with world.services.store.read() as tx:
        kept = repr(tx.meta_numbers.get(NUMBER)) + repr(tx.alerts.list(100))
        kept += repr(tx.events.list(record.id))
    assert text[:24] not in kept
