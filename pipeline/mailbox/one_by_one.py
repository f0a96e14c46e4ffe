"""One that fails must not speak for all: which mails are bad, and when the server is.

A mail counts as bad only when the server delivered another one after it. So an hour in which the
server delivers nothing is charged to no mail.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

#: After so many failures in a row another mail is asked for before more are tried.
_UNCHECKED = 3


class UndeliveredError(Exception):
    """The server did not deliver one mail; ``reason`` is what it said."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Delivered(Generic[T]):
    """What came of mails that were asked for one by one, by UID; those that are gone are in none.

    ``withheld`` are those that the server did not deliver, with what it said.
    """

    found: dict[int, T] = field(default_factory=dict)
    withheld: dict[int, str] = field(default_factory=dict)


def one_by_one(
    uids: Iterable[int], deliver: Callable[[int], T | None], works: Callable[[], bool]
) -> Delivered[T]:
    """Ask for each of ``uids``; tell those that the server withholds from a server that fails.

    ``deliver`` returns None for a mail that is gone, and raises UndeliveredError. ``works`` tells
    whether the server delivers any mail at all; it is asked after several failures in a row, and
    after the last. Raises the last UndeliveredError when it does not.
    """
    done: Delivered[T] = Delivered()
    unsure: dict[int, UndeliveredError] = {}

    def judge() -> None:
        if unsure and not works():
            raise list(unsure.values())[-1]
        clear()

    def clear() -> None:
        done.withheld.update({uid: error.reason for uid, error in unsure.items()})
        unsure.clear()

    for uid in uids:
        try:
            found = deliver(uid)
        except UndeliveredError as error:
            found = None
            unsure[uid] = error
        if found is not None:
            done.found[uid] = found
            clear()
        if len(unsure) >= _UNCHECKED:
            judge()
    judge()
    return done
