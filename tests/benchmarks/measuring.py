"""How a ratio is measured: both sides in turn, in one run, and the medians compared."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes once."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


@dataclass(frozen=True, slots=True)
class Spent:
    """What one piece of work took: seconds on the clock, and seconds of processors."""

    wall: float
    processor: float


def spent(work: Callable[[], object]) -> Spent:
    """Return what ``work`` takes once, in this process and in those that it started before."""
    children = children_of(os.getpid())
    before, begin = processor(children), time.perf_counter()
    work()
    wall = time.perf_counter() - begin
    return Spent(wall, processor(children) - before)


def processor(children: Iterable[Path]) -> float:
    """Return the seconds that this process and ``children`` have had."""
    return time.process_time() + sum(map(seconds_of, children))


def seconds_of(process: Path) -> float:
    """Return the seconds that a process of one thread has had.

    The scheduler counts nanoseconds, where the system keeps them; ticks are hundredths of seconds.
    """
    try:
        return int((process / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except (OSError, IndexError, ValueError):
        ticks = sum(int(fields_of(process)[part]) for part in (11, 12))
        return ticks / os.sysconf("SC_CLK_TCK")


def children_of(process: int) -> list[Path]:
    """Return the processes of which ``process`` is the parent."""
    own = str(process)
    there = [path for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [path for path in there if fields_of(path)[1:2] == [own]]


def descendants_of(process: int) -> list[Path]:
    """Return all processes that ``process`` started, and those that they started."""
    found = children_of(process)
    return [*found, *(one for child in found for one in descendants_of(int(child.name)))]


def fields_of(process: Path) -> list[str]:
    """Return the fields of a process from its state on (proc(5), stat); none when it is gone."""
    try:
        return (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def medians(
    ours: Callable[[], object], floor: Callable[[], object], rounds: int = 7
) -> tuple[float, float]:
    """Return the median seconds of both, measured in turn after one unmeasured round."""
    ours()
    floor()
    pairs = [(seconds(ours), seconds(floor)) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def settled(
    ours: Callable[[], object], floor: Callable[[], object], rounds: int = 5
) -> tuple[float, float]:
    """Return the median seconds of both, in turn, each after a round of its own that is unmeasured.

    So neither pays for what the other left behind: garbage to collect, cold caches.
    """
    pairs = []
    for _ in range(rounds):
        ours()
        one = seconds(ours)
        floor()
        pairs.append((one, seconds(floor)))
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


@dataclass(frozen=True, slots=True)
class Measured:
    """One ratio: what was measured, in seconds, against what."""

    what: str
    against: str
    ours: float
    floor: float


#: All ratios of this run, in their order.
MEASURED: list[Measured] = []


def show(what: str, ours: float, floor: float, against: str) -> None:
    """Print one line: the ratio first, then what it was made of; keep it for the table."""
    MEASURED.append(Measured(what, against, ours, floor))
    tell(f"{what}: {ours / floor:.2f} x {against} ({ours * 1000:.1f} ms / {floor * 1000:.1f} ms)")


def tell(line: str) -> None:
    """Print a line that can be found again among what pytest prints."""
    print(f"\n[bench] {line}")  # noqa: T201 - what a benchmark is for


def python(bytecode: Path, code: str, *arguments: str) -> None:
    """Run ``code`` in a new interpreter that keeps its compiled modules in ``bytecode``.

    A machine in use has them; the unmeasured first round makes them.
    """
    environment = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(bytecode),
    }
    subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        env=environment,
        timeout=60,
    )
