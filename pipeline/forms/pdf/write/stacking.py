"""Stacks the parts of a form on pages, as ``form.css`` asks (CSS Fragmentation 3).

A part is not divided, unless it is taller than a page: then its last lines go on behind it. What is
bound to the next part stays with it. Lengths are in points.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its height without lines, and ``lines`` of ``line_height`` before its ``end``.

    ``gap`` is the room to the part before it, but for one at the top of a page; ``end`` is what is
    below the lines, a share of ``height``. ``is_bound`` keeps it on the page of the next part.
    """

    height: float
    gap: float = 0
    is_bound: bool = False
    lines: int = 0
    line_height: float = 0
    end: float = 0

    @property
    def whole(self) -> float:
        """Its height with its lines."""
        return self.height + self.lines * self.line_height


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part, or a share of it, stands: how far below the top of the page, and how high.

    The share has the lines from ``first`` to ``last``; ``begins`` and ``ends`` tell whether the
    part does so here.
    """

    part: int
    page: int
    top: float
    height: float
    first: int
    last: int
    begins: bool = True
    ends: bool = True


def stacked(parts: Sequence[Part], room: float) -> list[Place]:
    """Return the places of ``parts`` on pages with ``room`` for them each."""
    found: list[Place] = []
    page, used = 0, 0.0
    at = 0
    while at < len(parts):
        end = _end_of_bound(parts, at, room)
        group = parts[at:end]
        gap = group[0].gap if used else 0.0
        if used and used + gap + _height(group) > room:
            page, used, gap = page + 1, 0.0, 0.0
        for index, part in enumerate(group, at):
            top = used + (gap if index == at else part.gap)
            if part.whole > room and part.lines:
                shares = _shares(index, part, page, top, room)
                found += shares
                page, used = shares[-1].page, shares[-1].top + shares[-1].height
            else:
                found.append(Place(index, page, top, part.whole, 0, part.lines))
                used = top + part.whole
        at = end
    return found


def _end_of_bound(parts: Sequence[Part], at: int, room: float) -> int:
    """Return where the parts end that stay with the part ``at``; a page has room for them."""
    end = at + 1
    while end < len(parts) and parts[end - 1].is_bound:
        if _height(parts[at : end + 1]) > room:
            break
        end += 1
    return end


def _height(group: Sequence[Part]) -> float:
    return sum(part.whole for part in group) + sum(part.gap for part in group[1:])


def _shares(index: int, part: Part, page: int, top: float, room: float) -> list[Place]:
    """Divide a part that is taller than a page: each share has as many lines as there is room."""
    found: list[Place] = []
    first, fixed = 0, part.height - part.end
    while True:
        most = max(int((room - top - fixed - part.end) / part.line_height), 0)
        last = min(first + most, part.lines)
        ends = last == part.lines
        height = fixed + (last - first) * part.line_height + (part.end if ends else 0)
        found.append(Place(index, page, top, height, first, last, begins=not found, ends=ends))
        if ends:
            return found
        first, page, top, fixed = last, page + 1, 0.0, 0.0
