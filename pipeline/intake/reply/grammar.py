"""Phrases that are written once for many wordings: ``(a|b)``, ``[optional]`` and ``<part>``.

All phrases of one question are one automaton. It is walked once along a text, so that reading
costs no more than the text is long, however many wordings there are.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

_SIGNS = re.compile(r"([()\[\]|])")
_PART = re.compile(r"<(\w+)>")
_DEEP = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences of texts and further choices."""

    ways: tuple[tuple["str | Choice", ...], ...]


def parse(phrase: str, parts: Mapping[str, str]) -> Choice:
    """Return what ``phrase`` is made of.

    ``(a|b)`` is one of its alternatives, ``[a|b]`` the same or nothing, ``<name>`` stands for the
    text of that name in ``parts``. Raises ValueError for brackets that do not match and KeyError
    for an unknown part.
    """
    for _ in range(_DEEP):
        phrase = _PART.sub(lambda found: f"({parts[found[1]]})", phrase)
    if "<" in phrase:
        raise ValueError(f"parts within parts: {phrase}")
    signs = [sign for sign in _SIGNS.split(phrase) if sign]
    choice, end = _choice(signs, 0)
    if end != len(signs):
        raise ValueError(f"brackets do not match: {phrase}")
    return choice


def _choice(signs: list[str], start: int) -> tuple[Choice, int]:
    """Read alternatives up to a closing bracket; return them and where it stands."""
    ways: list[tuple[str | Choice, ...]] = []
    way: list[str | Choice] = []
    index = start
    while index < len(signs) and signs[index] not in (")", "]"):
        sign = signs[index]
        if sign in ("(", "["):
            inner, index = _choice(signs, index + 1)
            if index == len(signs) or signs[index] != (")" if sign == "(" else "]"):
                raise ValueError(f"brackets do not match: {''.join(signs)}")
            way.append(Choice((*inner.ways, ())) if sign == "[" else inner)
        elif sign == "|":
            ways.append(tuple(way))
            way = []
        else:
            way.append(sign)
        index += 1
    return Choice((*ways, tuple(way))), index


Write = Callable[[str, bool, bool], str]
_State = frozenset[tuple[str, int]]


class Automaton:
    """The wordings of labelled phrases; ``write`` gives each text as it is compared.

    ``write`` is called with a text of a phrase and whether a phrase begins and ends with it.
    """

    def __init__(self, phrases: Iterable[tuple[str, Choice]], write: Write) -> None:
        self._write = write
        self._next: list[list[tuple[str, int]]] = []  # what leads on from a place, and where to
        self._labels: dict[int, str] = {}
        starts: list[tuple[str, int]] = []
        for label, choice in phrases:
            end = self._place([])
            self._labels[end] = label
            starts.append(("", self._add(choice, end, first=True, last=True)))
        self._start = self._reach(starts)
        self._steps: dict[_State, dict[str, _State]] = {}

    def labels(self, text: str) -> tuple[str, ...]:
        """Return the labels of the phrases that ``text`` is a wording of, in their order."""
        state = self._start
        for character in text:
            steps = self._steps.get(state)
            if steps is None:
                steps = self._steps[state] = self._steps_of(state)
            following = steps.get(character)
            if following is None:
                return ()
            state = following
        ends = sorted(place for rest, place in state if not rest and place in self._labels)
        return tuple(dict.fromkeys(self._labels[place] for place in ends))

    def _place(self, leads: list[tuple[str, int]]) -> int:
        self._next.append(leads)
        return len(self._next) - 1

    def _add(self, choice: Choice, end: int, *, first: bool, last: bool) -> int:
        """Add a choice that leads to ``end``; return its place."""
        leads = []
        for way in choice.ways:
            target = end
            for index in range(len(way) - 1, -1, -1):
                part = way[index]
                begins, ends = first and index == 0, last and index == len(way) - 1
                if isinstance(part, Choice):
                    target = self._add(part, target, first=begins, last=ends)
                elif written := self._write(part, begins, ends):
                    target = self._place([(written, target)])
            leads.append(("", target))
        return self._place(leads)

    def _reach(self, found: Iterable[tuple[str, int]]) -> _State:
        """Return ``found`` with all that can be reached without reading on."""
        reached: set[tuple[str, int]] = set()
        waiting = list(found)
        while waiting:
            rest, place = step = waiting.pop()
            if step not in reached:
                reached.add(step)
                if not rest:
                    waiting += self._next[place]
        return frozenset((rest, place) for rest, place in reached if rest or place in self._labels)

    def _steps_of(self, state: _State) -> dict[str, _State]:
        by_character: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for rest, place in state:
            if rest:
                by_character[rest[0]].append((rest[1:], place))
        return {character: self._reach(rests) for character, rests in by_character.items()}


def wording(choice: Choice, pick: Callable[[int], int]) -> str:
    """Return one wording; ``pick(count)`` says which of ``count`` alternatives is taken."""
    way = choice.ways[pick(len(choice.ways))]
    return "".join(part if isinstance(part, str) else wording(part, pick) for part in way)
