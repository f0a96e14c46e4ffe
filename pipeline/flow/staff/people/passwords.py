"""Passwords: which are taken, and how they are kept (Argon2id) and checked.

Length is asked for and no mixture of signs (NIST SP 800-63B). What can be guessed is found by
zxcvbn, which knows the passwords and names that people use, what they turn them into, repetitions,
rows of keys and dates.
"""

import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from pipeline.errors import RefusedError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST = 12
MOST = 1024
#: Of a longer password zxcvbn, which is slow with length, judges the beginning.
_JUDGED = 72
#: A password that fewer guesses find is refused: from here on zxcvbn gives its best grade, which is
#: for hashes that were stolen.
_GUESSES = 10**10
#: What everybody knows who sees the console.
_PLACE = ("genesys", "whatsapp", "pipeline")
_CONTROL = frozenset({"Cc", "Cs", "Zl", "Zp"})
#: So many are computed at once: each takes the memory of its cost.
_ROOM = BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one computation costs whoever guesses, and us."""

    memory_kib: int
    rounds: int
    lanes: int


#: RFC 9106, 4: the second recommended choice, where memory is scarce.
COST = Cost(memory_kib=65_536, rounds=3, lanes=4)


def check_new(password: str, about: Iterable[str]) -> None:
    """Refuse a password that is too short, or that can be guessed by who knows ``about``.

    Raises RefusedError ``password_short``, ``password_long``, ``password_control``,
    ``password_guessable``; none carries the password.
    """
    text = _plain(password)
    if any(unicodedata.category(sign) in _CONTROL for sign in text):
        raise RefusedError("password_control")
    if len(text) < LEAST:
        raise RefusedError("password_short", least=LEAST)
    if len(text) > MOST:
        raise RefusedError("password_long", most=MOST)
    if _guesses(text, about) < _GUESSES:
        raise RefusedError("password_guessable")


def kept(password: str) -> str:
    """Return what is kept of a password."""
    with _ROOM:
        return _hasher(COST).hash(_bytes(password))


def matches(hashed: str, password: str) -> bool:
    """Tell whether ``password`` is the one of ``hashed``.

    Where there is no hash as much is computed, and the answer is no.
    """
    from argon2.exceptions import Argon2Error, InvalidHash  # noqa: PLC0415 - slow to import

    nobody = _nobody(COST)
    too_long = len(password) > MOST
    with _ROOM:
        try:
            _hasher(COST).verify(hashed or nobody, b"" if too_long else _bytes(password))
        except (Argon2Error, InvalidHash):
            return False
    return bool(hashed) and not too_long


def is_outgrown(hashed: str) -> bool:
    """Tell whether ``hashed`` was made at a lower cost than a new one would be."""
    from argon2 import extract_parameters  # noqa: PLC0415 - slow to import

    old = extract_parameters(hashed)
    return old.memory_cost < COST.memory_kib or old.time_cost < COST.rounds


@cache
def _hasher(cost: Cost) -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415 - slow to import

    return PasswordHasher(
        time_cost=cost.rounds, memory_cost=cost.memory_kib, parallelism=cost.lanes
    )


@cache
def _nobody(cost: Cost) -> str:
    """Return the hash of a password that nobody has."""
    return _hasher(cost).hash(secrets.token_bytes(32))


def _guesses(text: str, about: Iterable[str]) -> int:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - slow to import

    known = {word for name in (*about, *_PLACE) for word in (name, *_words(name)) if word}
    return int(zxcvbn(text[:_JUDGED], user_inputs=sorted(known))["guesses"])


def _words(name: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in name).split()


def _plain(password: str) -> str:
    """Return ``password`` as one text, however the keyboard or its input method composed it."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _plain(password).encode("utf-8", "surrogatepass")
