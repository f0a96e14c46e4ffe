"""Bounds on the time of a test that mean the same on a quick machine and on a slow one."""

import time

_LOOPS = 200_000
_SECONDS_OF_LOOPS = 0.012
"""Of an idle machine of 2024."""

_CHANGE = 2
"""How much the speed of a shared machine changes between the work and the yardstick."""

_SLOW = 1.5


def soon(took: float, seconds: float) -> bool:
    """Say whether `took` (seconds) is at most `seconds` of an idle machine of 2024.

    The machine's own speed is asked for only when the bound is passed. What grows with the square
    of its input passes the bound a hundred times, so a slow machine hides nothing.
    """
    return took <= seconds or took <= seconds * _CHANGE * max(1.0, _slowness())


def is_slow() -> bool:
    """Say whether the machine is by half slower now than an idle one of 2024."""
    return _slowness() > _SLOW


def _slowness() -> float:
    """Return how many times slower than an idle machine of 2024 this one is now."""
    begin = time.process_time()
    total = 0
    for number in range(_LOOPS):
        total += number * number
    return (time.process_time() - begin) / _SECONDS_OF_LOOPS
