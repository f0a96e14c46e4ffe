"""When something that failed is tried again, and when it is given up."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self


@dataclass(frozen=True, slots=True)
class Retry:
    """The waits between the attempts of one thing.

    After the first failure ``waits[0]`` passes, and so on; the last one repeats. ``attempts`` is
    how often it is tried in all (None: never given up).
    """

    waits: tuple[timedelta, ...]
    attempts: int | None = None

    @classmethod
    def doubling(cls, first: timedelta, longest: timedelta, attempts: int | None = None) -> Self:
        """Return waits that begin with ``first`` and double up to ``longest``."""
        waits = [first]
        while waits[-1] * 2 < longest:
            waits.append(waits[-1] * 2)
        return cls((*waits, longest), attempts)

    def wait_after(self, failures: int) -> timedelta:
        """Return the wait after so many failures in a row (1 or more)."""
        return self.waits[min(failures, len(self.waits)) - 1]

    def given_up_after(self, failures: int) -> bool:
        """Whether so many failures in a row are the end of it."""
        return self.attempts is not None and failures >= self.attempts
