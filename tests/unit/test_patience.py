"""Processor time decides about a child, on a machine that is as busy as it may be."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pipeline.guard import Guard, GuardError, GuardLimits, GuardStarvedError
from pipeline.guard.patience import progress_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems tell less")

_WALL = 0.4


def work(seconds: float) -> int:
    """Use ``seconds`` of processor time."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return 1


def work_until_late(seconds: float) -> float:
    """Work until ``seconds`` have passed; return the processor time of it."""
    begun, end = time.process_time(), time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    return time.process_time() - begun


def rest(seconds: float) -> int:
    time.sleep(seconds)
    return 1


def work_in_sips(seconds: float) -> int:
    """Sleep, and wake often enough to look busy to one who looks seldom."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.005)
    return 1


def spin_deaf() -> int:
    """Ignore the kernel's word that the time is over."""
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
    while True:
        pass


def ready(guard: Guard) -> int:
    """Start the child and return its id."""
    guard.call(work, 0.0)
    assert guard.process_id is not None
    return guard.process_id


@contextmanager
def busy(processor: int, count: int) -> Iterator[None]:
    """Keep one processor busy with ``count`` processes."""
    program = (
        f"import os\nos.sched_setaffinity(0, {{{processor}}})\nprint(flush=True)\nwhile 1: pass"
    )
    others = [
        subprocess.Popen([sys.executable, "-S", "-c", program], stdout=subprocess.PIPE)
        for _ in range(count)
    ]
    try:
        for other in others:
            assert other.stdout is not None
            other.stdout.readline()
        yield
    finally:
        for other in others:
            other.kill()
            other.communicate()


def test_starved_child_ends_its_job() -> None:
    processor = min(os.sched_getaffinity(0))
    with Guard(GuardLimits(wall_seconds=_WALL)) as guard, busy(processor, 3):
        child = ready(guard)
        os.sched_setaffinity(child, {processor})
        os.setpriority(os.PRIO_PROCESS, child, 10)
        # long enough for the shares of the processor to even out
        assert guard.call(work_until_late, _WALL * 5) < _WALL * 5 * 0.9


def test_child_stopped_from_outside_goes_on_with_its_job() -> None:
    with Guard(GuardLimits(wall_seconds=_WALL)) as guard:
        child = ready(guard)
        os.kill(child, signal.SIGSTOP)
        waking = threading.Timer(_WALL * 2, os.kill, (child, signal.SIGCONT))
        waking.start()
        assert guard.call(work, 0.0) == 1
        waking.join()


def test_child_that_never_gets_its_turn_is_the_machines_fault() -> None:
    with Guard(GuardLimits(wall_seconds=0.1)) as guard:
        child = ready(guard)
        os.kill(child, signal.SIGSTOP)
        with pytest.raises(GuardStarvedError) as caught:
            guard.call(work, 0.0)
        assert caught.value.reason == "time"
        assert guard.call(work, 0.0) == 1


@pytest.mark.parametrize("sleep", [rest, work_in_sips])
def test_child_that_sleeps_is_ended_on_a_busy_machine_too(sleep: object) -> None:
    with Guard(GuardLimits(wall_seconds=_WALL)) as guard:
        ready(guard)
        begun = time.monotonic()
        with pytest.raises(GuardError) as caught:
            guard.call(sleep, 60.0)  # type: ignore[arg-type]
        assert (type(caught.value), caught.value.reason) == (GuardError, "time")
        assert time.monotonic() - begun < _WALL * 9


def test_child_that_ignores_the_kernels_limit_is_ended_by_its_parent() -> None:
    with Guard(GuardLimits(cpu_seconds=0, wall_seconds=4)) as guard:
        ready(guard)
        with pytest.raises(GuardError) as caught:
            guard.call(spin_deaf)
        assert caught.value.reason == "cpu"


def test_answer_that_came_while_the_parent_was_stopped_is_taken() -> None:
    program = (
        "from pipeline.guard import Guard, GuardLimits\nfrom tests.unit.test_patience import *\n"
        f"with Guard(GuardLimits(wall_seconds={_WALL})) as guard:\n"
        "    ready(guard)\n    print(flush=True)\n    print(guard.call(rest, 0.3), flush=True)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
    )
    with parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        parent.send_signal(signal.SIGSTOP)
        time.sleep(_WALL * 3)  # the time in which it did not run is what is tested
        parent.send_signal(signal.SIGCONT)
        assert parent.stdout.read() == b"1\n"


def test_progress_of_a_process_that_is_gone_is_unknown() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as gone:
        gone.wait()
    assert progress_of(gone.pid) is None


def test_progress_counts_processor_time_and_tells_a_running_process() -> None:
    work(0.05)
    found = progress_of(os.getpid())
    assert found is not None
    assert found.held
    assert 0.04 < found.processor <= time.process_time() + 0.05
