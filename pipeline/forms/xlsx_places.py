"""Where the answers are in a workbook: by the names of cells, the hidden keys, the printed labels.

The three ways are independent of each other, so that they betray each other when rows are moved,
sorted, copied or deleted. What they do not agree on is told of and never chosen silently.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from pipeline.forms import xlsx_layout as at
from pipeline.forms.catalogue import FORMS
from pipeline.forms.texts import fold_word, form_texts
from pipeline.forms.xlsx_parts import Place, column_number
from pipeline.forms.xlsx_print import printed_texts
from pipeline.model.form import FormKind
from pipeline.resources import languages

_ANSWER_OFFSET = column_number(at.ANSWER) - column_number(at.LABEL)
_KEY_OFFSET = column_number(at.KEY) - column_number(at.ANSWER)
#: So many keys or labels in one column are a table; so many printed words in one are no answers.
_FEW = 3
#: More tables than anybody makes.
_MANY = 50
#: What is printed on a form has at most so many characters.
_SHORT = 500

Found = dict[str, list[Place]]


@dataclass(frozen=True, slots=True)
class Spot:
    """The cells that may hold one answer, the most trusted first.

    ``contested`` tells that another question claims one of them: then all must say the same, and
    a blank one says something too.
    """

    places: tuple[Place, ...]
    contested: bool


@dataclass(frozen=True)
class Search:
    """The search for the answers to a form of ``kind``.

    ``scanned`` are all short texts with their places, ``names`` the cells that fields are named
    after, ``text`` returns what a cell says.
    """

    kind: FormKind
    scanned: tuple[tuple[Place, str], ...]
    names: Mapping[str, Place]
    text: Callable[[Place], str]

    def spots(self) -> Mapping[str, Spot]:
        """Return the cells of each question that any way leads to."""
        questions, spoken = FORMS[self.kind].questions, labels(self.kind)
        keys = self._answers(
            [(place, text) for place, text in self.scanned if text in questions], -1
        )
        labelled = self._answers(
            [(place, spoken[text][0]) for place, text in self._folded if text in spoken], 1
        )
        ways = {
            name: (*labelled.get(name, ()), *keys.get(name, ()), *self._named(name))
            for name in questions
            if name in labelled or name in keys  # a name alone may have been left behind
        }
        claims: dict[Place, set[str]] = {}
        for name, places in ways.items():
            for place in places:
                claims.setdefault(place, set()).add(name)
        return {
            name: Spot(
                tuple(dict.fromkeys(places)), any(len(claims[place]) > 1 for place in places)
            )
            for name, places in ways.items()
        }

    def _named(self, name: str) -> tuple[Place, ...]:
        """Return the cell with the name of the field, unless it holds what we printed ourselves.

        Some programs insert columns and leave the names where they were.
        """
        place = self.names.get(name)
        return () if place is None or self._is_print(name, place) else (place,)

    @cached_property
    def _folded(self) -> tuple[tuple[Place, str], ...]:
        return tuple((place, _folded(text)) for place, text in self.scanned)

    def _answers(self, marks: Iterable[tuple[Place, str]], side: int) -> Found:
        """Return the answers beside ``marks`` (place, field); ``side`` 1 is to the right of them.

        They stand under the head of the answers, or at their old distance where there is none.
        """
        columns: dict[tuple[str, int], Found] = {}
        for place, name in marks:
            table = columns.setdefault((place.sheet, place.column), {})
            table.setdefault(name, []).append(place)
        found: Found = {}
        tables = [item for item in columns.items() if len(item[1]) >= _FEW]
        tables.sort(key=lambda item: -len(item[1]))
        for (sheet, column), table in tables[:_MANY]:
            answer = self._head_beside(sheet, column, side)
            moved = {
                name: [Place(sheet, place.row, answer) for place in places]
                for name, places in table.items()
            }
            if 0 < answer != column and not self._is_printed_column(moved):
                for name, places in moved.items():
                    found.setdefault(name, []).extend(places)
        return found

    def _head_beside(self, sheet: str, column: int, side: int) -> int:
        """Return the column of the nearest head on that ``side``, of any head, or by distance."""
        heads = self._heads.get(sheet, set())
        beside = [head for head in heads if (head - column) * side > 0] or sorted(heads)
        if beside:
            return min(beside, key=lambda head: abs(head - column))
        return column + (_ANSWER_OFFSET if side > 0 else -_KEY_OFFSET)

    @cached_property
    def _heads(self) -> Mapping[str, set[int]]:
        """The columns that are headed as answers, by sheet."""
        found: dict[str, set[int]] = {}
        for place, text in self._folded:
            if text in _answer_heads():
                found.setdefault(place.sheet, set()).add(place.column)
        return found

    def _is_printed_column(self, table: Found) -> bool:
        """Whether the cells of ``table`` hold our own print: the column of answers is gone."""
        prints = (self._is_print(name, place) for name, places in table.items() for place in places)
        return sum(prints) >= _FEW

    def _is_print(self, name: str, place: Place) -> bool:
        """Whether the cell holds a text of the blank form: a label, an explanation, a number."""
        text = self.text(place)
        return text == str(FORMS[self.kind].numbers[name]) or _folded(text) in printed_texts(
            self.kind
        )


def _folded(text: str) -> str:
    return _folded_once(text) if len(text) <= _SHORT else fold_word(text)


@lru_cache(maxsize=4_096)
def _folded_once(text: str) -> str:
    """Return ``text`` folded; what is printed on the form comes back in every file."""
    return fold_word(text)


@cache
def labels(kind: FormKind) -> Mapping[str, tuple[str, str]]:
    """Return folded label → (field, language) of every language."""
    return {
        fold_word(form_texts(language).label(kind, name)): (name, language)
        for language in reversed(languages())
        for name in FORMS[kind].questions
    }


@cache
def _answer_heads() -> frozenset[str]:
    """Return the folded heads of the answers' column."""
    return frozenset(fold_word(form_texts(language).words("answer")) for language in languages())
