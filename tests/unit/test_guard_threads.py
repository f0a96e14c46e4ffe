"""Two threads that use one guarded child: its next job is in its pipe, and is its own."""

import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from pipeline.guard import Guard, GuardError, GuardLimits

_BIG = 3 << 20


def twice(text: str) -> str:
    return text * 2


def length(content: bytes) -> int:
    return len(content)


def process_id(_place: int) -> int:
    return os.getpid()


def rest(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def rest_and_fail() -> int:
    time.sleep(0.3)
    raise KeyError("the customer's own words")


def rest_and_leave() -> int:
    time.sleep(0.3)
    os._exit(7)


def rest_for_ever() -> int:
    time.sleep(60)
    return 0


def test_every_thread_gets_the_answer_to_its_own_job() -> None:
    with Guard() as guard, ThreadPoolExecutor(4) as threads:
        asked = {
            place: threads.submit(guard.call, length, b"x" * (_BIG if place % 7 == 0 else place))
            if place % 2
            else threads.submit(guard.call, twice, f"text {place}")
            for place in range(120)
        }
        for place, answer in asked.items():
            size = _BIG if place % 7 == 0 else place
            assert answer.result() == (size if place % 2 else f"text {place}" * 2)


@pytest.mark.parametrize(
    ("first", "reason"),
    [(rest_and_fail, "exception"), (rest_and_leave, "crash"), (rest_for_ever, "time")],
)
def test_a_job_behind_one_that_ends_the_child_is_done_by_the_next(
    first: Callable[[], int], reason: str
) -> None:
    with Guard(GuardLimits(wall_seconds=1.0)) as guard, ThreadPoolExecutor(3) as threads:
        guard.locks()
        bad: Future[int] = threads.submit(guard.call, first)
        time.sleep(0.1)
        behind = [threads.submit(guard.call, twice, f"text {place}") for place in range(2)]
        with pytest.raises(GuardError) as caught:
            bad.result()
        assert caught.value.reason == reason
        assert [answer.result() for answer in behind] == ["text 0text 0", "text 1text 1"]


def test_the_time_of_a_job_begins_with_its_turn() -> None:
    with Guard(GuardLimits(wall_seconds=1.2)) as guard, ThreadPoolExecutor(3) as threads:
        guard.locks()
        asked = [threads.submit(guard.call, rest, 0.7) for _ in range(3)]
        assert [answer.result() for answer in asked] == [0.7, 0.7, 0.7]


def test_each_child_does_its_share_of_jobs_and_no_more() -> None:
    with Guard(GuardLimits(jobs=3)) as guard, ThreadPoolExecutor(3) as threads:
        children = list(threads.map(lambda place: guard.call(process_id, place), range(12)))
    assert {children.count(child) for child in children} == {3}


def test_a_guard_that_is_closed_waits_for_what_is_on_the_way() -> None:
    with Guard() as guard, ThreadPoolExecutor(1) as threads:
        guard.locks()
        asked = threads.submit(guard.call, rest, 0.4)
        time.sleep(0.1)
        guard.close()
        assert guard.process_id is None
        assert asked.result() == 0.4
