"""How a ratio is measured: both sides in turn, in one run, and the medians compared."""

import statistics
import time
from collections.abc import Callable


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


def show(what: str, ours: float, floor: float, against: str) -> None:
    """Print one line: the ratio first, then what it was made of."""
    print(
        f"\n[bench] {what}: {ours / floor:.2f} x {against}"
        f" ({ours * 1000:.1f} ms / {floor * 1000:.1f} ms)"
    )
