"""How a ratio is measured: both sides in turn, in one run, and the medians compared."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes once."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


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
