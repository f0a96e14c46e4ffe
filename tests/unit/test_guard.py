"""The guarded child: limits hold, results are rebuilt by type, nothing is left behind."""

import multiprocessing
import os
import pickle
import signal
import socket
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

import pytest

from pipeline.guard import Guard, GuardError, GuardLimits


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    content: bytes
    colour: Colour


@dataclass(frozen=True)
class Other:
    content: str


@dataclass(frozen=True)
class Outer:
    when: datetime | None
    day: date
    items: tuple[Inner, ...]
    pair: tuple[str, int]
    either: Inner | Other | None
    words: Mapping[str, tuple[str, ...]]
    names: frozenset[str]
    share: float


VALUE = Outer(
    when=datetime(2026, 11, 22, 1, 2, 3, 4, tzinfo=UTC),
    day=date(2026, 11, 22),
    items=(Inner(b"\x00\xff", Colour.RED), Inner(b"", Colour.RED)),
    pair=("\ud83d lone surrogate 髙\x00", 3),
    either=Other("x"),
    words={"a": ("b", "c")},
    names=frozenset({"n"}),
    share=0.5,
)


def give_back(value: Outer) -> Outer:
    return value


def length(content: bytes) -> int:
    return len(content)


def process_id() -> int:
    return os.getpid()


def spin() -> int:
    while True:
        pass


def rest() -> int:
    time.sleep(60)
    return 0


def eat() -> int:
    return len(bytearray(8 << 30))


def abort() -> int:
    os.abort()


def leave() -> int:
    os._exit(7)


def be_killed() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def fail() -> int:
    raise KeyError("the customer's own words")


def spend(seconds: float) -> int:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return os.getpid()


def lie() -> int:
    return "no number"  # type: ignore[return-value]


def lie_of_another_class() -> Inner | None:
    return Other("x")  # type: ignore[return-value]


def lie_of_another_length() -> tuple[str, int]:
    return ("x", 1, 2)  # type: ignore[return-value]


def lie_of_an_enum() -> Colour:
    return "blue"  # type: ignore[return-value]


def lie_of_no_bytes() -> bytes:
    return "x"  # type: ignore[return-value]


def lie_of_no_list() -> tuple[str, ...]:
    return "xy"  # type: ignore[return-value]


def shout() -> int:
    os.write(1, b"noise on the standard output")
    return 1


def has_imported(name: str) -> bool:
    return name in sys.modules


def open_descriptors() -> tuple[str, ...]:
    found = []
    for descriptor in range(1024):
        with suppress(OSError):
            mode = os.fstat(descriptor).st_mode
            found.append("pipe" if stat.S_ISFIFO(mode) else oct(stat.S_IFMT(mode)))
            if stat.S_ISCHR(mode):
                assert os.path.samestat(os.fstat(descriptor), Path(os.devnull).stat())
                found[-1] = "null"
    return tuple(found)


class Trap:
    """An object that runs code when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, ("/nowhere",))


def trap() -> object:
    return Trap()


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard() as opened:
        yield opened


def test_guard_result_is_rebuilt_equal_with_its_types(guard: Guard) -> None:
    assert guard.call(give_back, VALUE) == VALUE


def test_guard_keeps_its_child_warm_between_calls(guard: Guard) -> None:
    assert guard.call(process_id) == guard.call(process_id) != os.getpid()


def test_guard_big_argument_arrives_whole(guard: Guard) -> None:
    assert guard.call(length, b"x" * (30 << 20)) == 30 << 20


def test_guard_child_has_nothing_open_but_its_two_pipes(tmp_path: Path) -> None:
    with (tmp_path / "state").open("wb") as kept, socket.socket() as line, Guard() as guard:
        os.set_inheritable(kept.fileno(), True)
        os.set_inheritable(line.fileno(), True)
        assert sorted(guard.call(open_descriptors)) == ["null"] * 3 + ["pipe"] * 2


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (abort, "crash"),
        (leave, "crash"),
        (be_killed, "memory"),
        (eat, "memory"),
        (fail, "exception"),
    ],
)
def test_guard_bad_end_is_reported_and_the_next_call_works(function: object, reason: str) -> None:
    with Guard() as guard:
        with pytest.raises(GuardError) as caught:
            guard.call(function)  # type: ignore[arg-type]
        assert caught.value.reason == reason
        assert guard.call(length, b"ab") == 2


@pytest.mark.parametrize(
    "function",
    [
        lie,
        lie_of_another_class,
        lie_of_another_length,
        lie_of_an_enum,
        lie_of_no_bytes,
        lie_of_no_list,
    ],
)
def test_guard_answer_of_another_type_is_refused(guard: Guard, function: object) -> None:
    with pytest.raises(GuardError) as caught:
        guard.call(function)  # type: ignore[arg-type]
    assert caught.value.reason == "crash"


def test_guard_imports_what_it_was_told_before_the_first_job() -> None:
    with Guard(preload=("json", "xml.dom.minidom")) as guard:
        assert guard.call(has_imported, "xml.dom.minidom") is True


def test_guard_module_that_cannot_be_imported_is_a_crash() -> None:
    with Guard(preload=("no_such_module",)) as guard, pytest.raises(GuardError) as caught:
        guard.call(process_id)
    assert (caught.value.reason, caught.value.detail) == ("crash", "the child did not start")


def test_guard_exception_is_named_without_its_words(guard: Guard) -> None:
    with pytest.raises(GuardError) as caught:
        guard.call(fail)
    assert caught.value.reason == "exception"
    name, _, line = caught.value.detail.partition(":")
    assert name == "KeyError at test_guard.py"
    assert line.isdigit()


def test_guard_result_that_needs_pickle_is_refused(guard: Guard) -> None:
    with pytest.raises(GuardError) as caught:
        guard.call(trap)
    assert caught.value.reason == "exception"
    assert caught.value.detail.startswith("TypeError")


def test_guard_wall_clock_ends_a_sleeping_job() -> None:
    with Guard(GuardLimits(wall_seconds=0.3)) as guard, pytest.raises(GuardError) as caught:
        guard.call(rest)
    assert caught.value.reason == "time"


def test_guard_processor_time_ends_a_spinning_job() -> None:
    limits = GuardLimits(cpu_seconds=1, wall_seconds=30)
    with Guard(limits) as guard, pytest.raises(GuardError) as caught:
        guard.call(spin)
    assert caught.value.reason == "cpu"


def test_guard_processor_time_is_counted_anew_for_each_job() -> None:
    with Guard(GuardLimits(cpu_seconds=1, wall_seconds=30)) as guard:
        children = {guard.call(spend, 0.7) for _ in range(4)}
    assert len(children) == 1


def test_guard_replaces_its_child_after_its_share_of_jobs() -> None:
    with Guard(GuardLimits(jobs=2)) as guard:
        children = [guard.call(process_id) for _ in range(4)]
    assert children[0] == children[1] != children[2] == children[3]


def test_guard_answer_over_the_limit_is_refused() -> None:
    with Guard(GuardLimits(result_bytes=1000)) as guard, pytest.raises(GuardError) as caught:
        guard.call(give_back, VALUE.__class__(**{**VALUE.__dict__, "pair": ("x" * 2000, 1)}))
    assert caught.value.reason == "crash"


def test_guard_child_prints_nothing_on_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    with Guard() as guard:
        assert guard.call(shout) == 1
    assert capfd.readouterr().out == ""


def test_guard_leaves_no_process_behind() -> None:
    with Guard() as guard:
        child = guard.call(process_id)
    assert child not in {process.pid for process in multiprocessing.active_children()}
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_guard_function_that_is_no_module_member_cannot_be_called(guard: Guard) -> None:
    def inner() -> int:
        return 1

    with pytest.raises((AttributeError, pickle.PicklingError)):
        guard.call(inner)


def test_child_is_started_ahead_and_once() -> None:
    with Guard() as guard:
        guard.warm()
        guard.warm()
        assert guard.call(length, b"four") == 4
        child = guard.process_id
        guard.warm()
        assert guard.call(process_id) == child


def test_guard_that_is_closed_while_its_child_starts_leaves_none() -> None:
    guard = Guard()
    guard.warm()
    guard.close()
    assert guard.process_id is None
    with guard:
        assert guard.call(length, b"four") == 4
