"""Ids that nobody was given: all alike, counting, repeating, or the examples of a standard."""

import re
from itertools import pairwise

_FEWEST_KINDS = 2
#: A share of steps up (or down) that no id has by chance: of ten thousand million, less than one.
_COUNTING = 0.8
_LONG_ENOUGH = 8
_ZEROS_AT_THE_END = 8
_REPEATS = 2.5
#: Lengths of pieces that count, and from how many on it is no chance.
_PIECES = ((2, 5), (3, 4), (4, 4))
#: The rows of keyboards, as fingers run along them.
KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop")
#: UUIDs that documents use (RFC 4122, RFC 9562, their commentaries and libraries).
_PUBLISHED = frozenset(
    {
        "550e8400-e29b-41d4-a716-446655440000", "123e4567-e89b-12d3-a456-426614174000",
        "123e4567-e89b-12d3-a456-426655440000", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
        "6ba7b812-9dad-11d1-80b4-00c04fd430c8", "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
        "c232ab00-9414-11ec-b3c8-9f6bdeced846", "919108f7-52d1-4320-9bac-f847db4148a8",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    }
)  # fmt: skip


def is_dummy(text: str) -> bool:
    """Return whether ``text`` (letters and digits) is all alike, counts, or repeats."""
    signs = re.sub(r"[^0-9a-z]", "", text.casefold())
    if len(signs) < _LONG_ENOUGH:
        return False
    return (
        len(set(signs)) <= _FEWEST_KINDS
        or signs.endswith("0" * _ZEROS_AT_THE_END)
        or any(row[:6] in signs for row in KEYBOARD_ROWS)
        or _repeats(signs)
        or _counts(signs)
        or _counts(_without_twins(signs))
        or _counts_in_pieces(signs)
    )


def is_dummy_uuid(uuid: str) -> bool:
    """Return whether ``uuid`` (lower case, with hyphens) was made up by hand.

    Its version and variant (RFC 9562, section 4) do not count.
    """
    bare = uuid.replace("-", "")
    free = bare[:12] + bare[13:16] + bare[17:]
    groups = uuid.split("-")
    alike = all(len(set(group[-3:])) == 1 for group in groups)
    made_up = all(len(set(group)) == 1 or _counts(group) for group in groups)
    letters_only = not any(sign.isdigit() for sign in free)
    return (
        uuid in _PUBLISHED
        or alike
        or made_up
        or letters_only
        or is_dummy(free)
        or _repeats(bare)
        or _counts(bare)
    )


def _repeats(signs: str) -> bool:
    """Return whether a short piece is repeated and nothing else is there."""
    pieces = (signs[:length] for length in range(1, int(len(signs) / _REPEATS) + 1))
    return any((piece * len(signs)).startswith(signs) for piece in pieces)


def _counts(signs: str) -> bool:
    """Return whether nearly each sign follows the one before it, upwards or downwards."""
    steps = [_step(one, other) for one, other in pairwise(signs)]
    if not steps:
        return False
    most = max(steps.count(1), steps.count(-1))
    return most >= _COUNTING * len(steps)


def _counts_in_pieces(signs: str) -> bool:
    """Return whether pieces of one length go up or down by the same step: 1020304050."""
    if not signs.isdecimal():
        return False
    for length, fewest in _PIECES:
        numbers = [int(signs[at : at + length]) for at in range(0, len(signs) - length + 1, length)]
        steps = {other - one for one, other in pairwise(numbers)}
        if len(numbers) >= fewest and len(steps) == 1:
            return True
    return False


def _step(one: str, other: str) -> int:
    """Return 1 or -1 when ``other`` is next to ``one``; after 9 comes 0 or a, after f 0."""
    if one + other in {"90", "f0", "z0", "9a"}:
        return 1
    if one + other in {"09", "0f", "0z", "a9"}:
        return -1
    step = ord(other) - ord(one)
    return step if abs(step) == 1 and one.isdigit() == other.isdigit() else 0


def _without_twins(signs: str) -> str:
    """Return ``112233`` as ``123``: every sign as often as the first, once; else nothing."""
    runs = [found.group() for found in re.finditer(r"(.)\1*", signs)]
    same = len(runs) >= _LONG_ENOUGH // 2 and len({len(run) for run in runs[:-1]}) == 1
    return "".join(run[0] for run in runs) if same else ""
