"""Finds the answers in a workbook: by defined names, by hidden keys and by printed labels.

The three ways are independent of each other, so that they disagree when rows are moved, sorted,
copied or deleted. What they disagree on is reported and never chosen silently.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import fold_word, printed_versions
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.read.own_print import plain, row_print
from pipeline.forms.xlsx.read.parts import Place, column_number
from pipeline.forms.xlsx.read.printed_texts import printed_texts
from pipeline.model.form import FormKind

_ANSWER_OFFSET = column_number(at.ANSWER) - column_number(at.LABEL)
_KEY_OFFSET = column_number(at.KEY) - column_number(at.ANSWER)
#: So many keys or labels in one column are a table; so many printed words in one are no answers.
_FEW = 3
#: More tables than anybody makes.
_MANY = 50
#: The error of a formula whose cells are gone, and how our own begin when nothing computed them.
_LOST = "#REF!"
_CHECKING = ("=IF(", "TRIM(")
#: What is printed on a form has at most so many characters.
_SHORT = 500
_LONGEST_KEY = 60

#: A cell's sheet, its row and column, and its text.
Scanned = tuple[str, tuple[int, int], str]
#: What a text stands for: its sheet, row and column, and the field.
Mark = tuple[str, int, int, str]
Found = dict[str, list[Place]]


class Spot(NamedTuple):
    """The cells that may hold one answer, the most trusted first.

    ``contested`` tells that another question claims one of them: then all must say the same, and
    a blank one says something too.
    """

    places: tuple[Place, ...]
    contested: bool


@dataclass(frozen=True)
class Search:
    """The search for the answers to a form of ``kind``.

    ``scanned`` are all texts of at most 500 characters with their places, ``names`` the cells that
    fields are named after, ``text`` returns what a cell says.
    """

    kind: FormKind
    scanned: tuple[Scanned, ...]
    names: Mapping[str, Place]
    text: Callable[[Place], str]

    def spots(self) -> Mapping[str, Spot]:
        """Return the cells of each question that any way leads to."""
        questions = FORMS[self.kind].questions
        keys = self._answers(
            [
                (sheet, *cell, key)
                for sheet, cell, text in self.scanned
                if (key := text if text in questions else key_in(text)) in questions
            ],
            -1,
        )
        labelled = self._answers(self._labels_and_heads[0], 1)
        ways = {
            name: (*labelled.get(name, ()), *keys.get(name, ()), *self._named(name))
            for name in questions
            if name in labelled or name in keys  # a name alone may have been left behind
        }
        claims: dict[Place, str] = {}
        contested = {
            place
            for name, places in ways.items()
            for place in places
            if claims.setdefault(place, name) != name
        }
        return {
            name: Spot(
                tuple(dict.fromkeys(places)), bool(contested) and not contested.isdisjoint(places)
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
    def _labels_and_heads(self) -> tuple[list[Mark], Mapping[str, set[int]]]:
        """The labels, and by sheet the columns that are headed as answers."""
        kind = self.kind
        marks: list[Mark] = []
        headed: dict[str, set[int]] = {}
        known = [(item, said) for item in self.scanned if (said := _label_or_head(kind, item[2]))]
        for (sheet, (row, column), _), (name, is_head) in known:
            if name:
                marks.append((sheet, row, column, name))
            if is_head:
                headed.setdefault(sheet, set()).add(column)
        return marks, headed

    def _answers(self, marks: Iterable[Mark], side: int) -> Found:
        """Return the answers beside ``marks``; ``side`` 1 is to the right of them.

        They stand under the head of the answers, or at their old distance where there is none.
        """
        columns: dict[tuple[str, int], dict[str, list[int]]] = {}
        for sheet, row, column, name in marks:
            columns.setdefault((sheet, column), {}).setdefault(name, []).append(row)
        found: Found = {}
        tables = [item for item in columns.items() if len(item[1]) >= _FEW]
        tables.sort(key=lambda item: -len(item[1]))
        for (sheet, column), table in tables[:_MANY]:
            answer = self._head_beside(sheet, column, side)
            moved = {
                name: [Place(sheet, row, answer) for row in rows] for name, rows in table.items()
            }
            if 0 < answer != column and not self._is_printed_column(moved):
                for name, places in moved.items():
                    found.setdefault(name, []).extend(places)
        return found

    def _head_beside(self, sheet: str, column: int, side: int) -> int:
        """Return the column of the nearest head on that ``side``, of any head, or by distance."""
        heads = self._labels_and_heads[1].get(sheet, set())
        beside = [head for head in heads if (head - column) * side > 0] or sorted(heads)
        if beside:
            return min(beside, key=lambda head: abs(head - column))
        return column + (_ANSWER_OFFSET if side > 0 else -_KEY_OFFSET)

    def _is_printed_column(self, table: Found) -> bool:
        """Whether the cells of ``table`` hold our own print: the column of answers is gone."""
        prints = [self._is_print(name, place) for name, places in table.items() for place in places]
        return sum(prints) >= _FEW

    def _is_print(self, name: str, place: Place) -> bool:
        """Whether the cell holds a text of the blank form: a label, an explanation, a number."""
        said = self._said.get(place)
        if said is None:
            text = self.text(place)
            said = self._said[place] = text, _folded(text) in self._printed or is_check(text)
        text, printed = said
        return printed or text in self._numbers[name]

    @cached_property
    def _said(self) -> dict[Place, tuple[str, bool]]:
        """What cells say, and whether it is print; each is asked for by every way to it."""
        return {}

    @cached_property
    def _printed(self) -> frozenset[str]:
        return printed_texts(self.kind)

    @cached_property
    def _numbers(self) -> Mapping[str, frozenset[str]]:
        return FORMS[self.kind].numbers_of_versions


def _folded(text: str) -> str:
    return folded_once(text) if len(text) <= _SHORT else fold_word(text)


@lru_cache(maxsize=4_096)
def folded_once(text: str) -> str:
    """Return ``text`` folded; what is printed on the form comes back in every file."""
    return fold_word(text)


@lru_cache(maxsize=8_192)
def _label_or_head(kind: FormKind, text: str) -> tuple[str, bool] | None:
    """Return the question whose label ``text`` is, or empty, and whether it heads the answers.

    None for what is neither, as nearly always.
    """
    spoken, heads = labels(kind), _answer_heads()
    word = folded_once(text)
    found = (
        spoken.get(word) or spoken.get(label_of(word)) or rewrapped_labels(kind).get(plain(text))
    )
    is_head = word in heads or ("\n" in word and "".join(word.split()) in heads)
    return (found[0] if found else "", is_head) if found or is_head else None


def label_of(text: str) -> str:
    """Return the first line of a folded ``text``: below a label stands what explains it."""
    return text.partition("\n")[0].rstrip()


def key_in(text: str) -> str:
    """Return the key that ``text`` holds in several lines, as converters wrap cells; or empty."""
    return "".join(text.split()) if "_" in text and len(text) < _LONGEST_KEY else ""


def is_check(text: str) -> bool:
    """Whether ``text`` is a formula of the check column, or what it becomes without its answer."""
    return text == _LOST or (text.startswith(_CHECKING[0]) and _CHECKING[1] in text)


@cache
def labels(kind: FormKind) -> Mapping[str, tuple[str, str]]:
    """Return folded label → (field, language) of every language and version."""
    return {
        fold_word(texts.label(kind, name)): (name, texts.language)
        for texts in printed_versions(kind)
        for name in FORMS[kind].questions
    }


@cache
def rewrapped_labels(kind: FormKind) -> Mapping[str, tuple[str, str]]:
    """Return the labels of :func:`labels`, and the cells that begin with them, without blanks.

    Programs break the lines of a cell anew, or join them: then its first line is no label.
    """
    found = {plain(label): said for label, said in labels(kind).items()}
    for label, said in list(found.items()):
        cells = row_print(kind, said[0]).folded
        found |= {cell: found.get(cell, said) for cell in cells if cell.startswith(label)}
    return found


@cache
def _answer_heads() -> frozenset[str]:
    """Return the folded heads of the answers' column."""
    return frozenset(
        fold_word(texts.words("answer")) for kind in FORMS for texts in printed_versions(kind)
    )


@cache
def titles() -> Mapping[str, tuple[FormKind, str]]:
    """Return folded title of a form → (form, language)."""
    return {
        fold_word(texts.form(kind).title): (kind, texts.language)
        for kind in FORMS
        for texts in printed_versions(kind)
    }
