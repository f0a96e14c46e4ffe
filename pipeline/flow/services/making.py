"""Files that take long to make are made between two tries of a transaction, never inside it.

What a mail carries is known only once its transaction has judged and decided. So the first try
notes what it lacks, works on with stand-ins, and is rolled back; the files are made while nobody
waits for a lock; the next try finds them. They are found by what they are made of: answers that
somebody changed in between have another file.
"""

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

#: After so many tries a file is made where it is needed: what a mail says may change with the hour.
_ROUNDS = 3


class Unmade(BaseException):
    """Ends a transaction that worked with stand-ins."""


class Making:
    """The files of one transaction, over all of its tries."""

    def __init__(self, rounds: int = _ROUNDS) -> None:
        self._rounds = rounds
        self._made: dict[Hashable, Any] = {}
        self._failed: dict[Hashable, Exception] = {}
        self._wanted: dict[Hashable, partial[Any]] = {}

    def get(self, stand_in: T, make: "partial[T]", *, quick: bool = False) -> T:
        """Return what ``make`` returns, or ``stand_in`` in a try that is undone.

        What is ``quick`` is made where it is needed: a second try would take longer. The arguments
        of ``make`` are hashable. Raises what it raises.
        """
        key = (make.func, make.args, tuple(sorted(make.keywords.items())))
        if key in self._failed:
            raise self._failed[key]
        if key in self._made:
            return self._made[key]  # type: ignore[no-any-return] # it was made by this function
        if quick or not self._rounds:
            return make()
        self._wanted[key] = make
        return stand_in

    def tried(self, change: Callable[[], T]) -> T:
        """Return what ``change`` returns; raise Unmade when it worked with stand-ins.

        An error may come from a stand-in, so it counts only where there was none.
        """
        try:
            result = change()
        except Exception as error:
            if self._wanted:
                raise Unmade from error
            raise
        if self._wanted:
            raise Unmade
        return result

    def make(self) -> None:
        """Make what the last try lacked."""
        for key, make in self._wanted.items():
            try:
                self._made[key] = make()
            except Exception as error:  # noqa: BLE001 - raised again by who needs the file
                self._failed[key] = error
        self._wanted.clear()
        self._rounds -= 1
