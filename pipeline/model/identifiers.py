"""Identifiers that we make: UUIDv7 for rows, references for people."""

import secrets
import threading
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ = {character: value for value, character in enumerate(_ALPHABET)} | {"I": 1, "L": 1, "O": 0}
_BITS, _LAST = 5, 31
_PREFIX = "WA-"
_BODY_LENGTH = 7


def new_id(milliseconds: int | None = None) -> str:
    """Return a new UUIDv7 as text (RFC 9562, section 5.7).

    ``milliseconds`` since the Unix epoch orders the ids; the default is the machine's time, which
    only orders rows and never decides anything. Ids of one process and millisecond come in the
    order in which they were made (section 6.2, method 1).
    """
    stamp = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    value = (stamp & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= _next_counter(stamp) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class _Counter(threading.local):
    """The millisecond of the last id of this thread, and its counter."""

    stamp = -1
    value = 0


_COUNTER_BITS = 12
_counter = _Counter()


def _next_counter(stamp: int) -> int:
    """Return the counter of the next id: random in a new millisecond, else the next number."""
    following = _counter.value + 1
    if stamp != _counter.stamp or following >> _COUNTER_BITS:
        following = secrets.randbits(_COUNTER_BITS - 1)  # half the range is left to count
    _counter.stamp, _counter.value = stamp, following
    return following


def _check_character(body: str) -> str:
    """Return the Luhn mod 32 check character of ``body`` (ISO/IEC 7812-1, generalised)."""
    factor, total = 2, 0
    for character in reversed(body):
        addend = factor * _READ[character]
        total += addend // 32 + addend % 32
        factor = 3 - factor
    return _ALPHABET[(32 - total % 32) % 32]


def new_reference() -> str:
    """Return a new random reference of a request, such as ``WA-7K3M9Q4M``."""
    drawn = secrets.randbits(_BITS * _BODY_LENGTH)
    body = "".join(_ALPHABET[drawn >> _BITS * at & _LAST] for at in range(_BODY_LENGTH))
    return _PREFIX + body + _check_character(body)


def read_reference(text: str) -> str | None:
    """Return the canonical reference that ``text`` spells, or None when it is not one.

    Lower case, blanks, missing ``WA-`` and the look-alikes I, L and O are understood (Crockford);
    a wrong check character is not.
    """
    folded = read_prefix(text)
    body = folded.removeprefix(_PREFIX)
    if len(body) != _BODY_LENGTH + 1 or _check_character(body[:-1]) != body[-1]:
        return None
    return folded


def read_prefix(text: str) -> str:
    """Return the canonical beginning of a reference that ``text`` spells; ``WA-`` when nothing.

    The result is good for a prefix search; characters outside the alphabet end it.
    """
    folded = text.strip().upper().replace(" ", "")
    if folded.startswith("WA"):
        folded = folded[2:].lstrip("-")
    body = ""
    for character in folded:
        if character not in _READ:
            return _PREFIX + body + character
        body += _ALPHABET[_READ[character]]
    return _PREFIX + body
