"""Options with boxes on one line: ``☑ yes ☐ no``, ``( ) A (x) B``, ``●はい ○いいえ``."""

import re
from dataclasses import dataclass
from enum import Enum

_FILLED = frozenset("☑✅✔✓■▣◼⬛●◉◎🔘🗹🗸")
_EMPTY = frozenset("☐□◻⬜◽▢")
_CROSSED = frozenset("☒✗✘✕✖❌❎×")
#: A circle is empty beside a filled one, and a mark of its own otherwise (Japan).
_CIRCLES = frozenset("○◯〇⭕")
_BOX = re.compile(
    r"\[\s?[xX✓✔*•●v]?\s?\]|\(\s?[xX✓✔*•●]?\s?\)|[☑✅✔✓■▣◼⬛●◉◎🔘🗹🗸☐□◻⬜◽▢☒✗✘✕✖❌❎×○◯〇⭕]"
)
_EDGES = " \t\n,;/|、，・:：-–—.。"


class State(Enum):
    """What a box shows."""

    FILLED = "filled"
    EMPTY = "empty"
    CROSSED = "crossed"


@dataclass(frozen=True, slots=True)
class Option:
    """One box and the words that belong to it (empty: a box alone)."""

    label: str
    state: State


def options_in(text: str) -> tuple[Option, ...]:
    """Return the boxes of ``text`` with their labels, or nothing when there is no box.

    The labels follow their boxes when the text begins with one, else they come before.
    """
    boxes = list(_BOX.finditer(text))
    if not boxes:
        return ()
    signs = [box.group() for box in boxes]
    first = not text[: boxes[0].start()].strip(_EDGES)
    places = [0, *(place for box in boxes for place in box.span()), len(text)]
    between = [text[places[at] : places[at + 1]].strip(_EDGES) for at in range(0, len(places), 2)]
    labels = between[1:] if first else between[:-1]
    if not first and between[-1]:
        return ()  # words on both sides: nobody can tell which belong to the box
    contrast = any(sign in _FILLED for sign in signs)
    return tuple(
        Option(label, _state(sign, contrast)) for label, sign in zip(labels, signs, strict=True)
    )


def _state(sign: str, contrast: bool) -> State:  # noqa: FBT001 - private
    inner = sign[1:-1].strip() if sign[0] in "[(" else ""
    if inner:
        return State.FILLED
    if sign[0] in "[(" or sign in _EMPTY or (sign in _CIRCLES and contrast):
        return State.EMPTY
    return State.CROSSED if sign in _CROSSED else State.FILLED
