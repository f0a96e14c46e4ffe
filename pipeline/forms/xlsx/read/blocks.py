"""Finds the forms in a workbook: each sheet, or part of a sheet, that has most of the questions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.xlsx.read.own_print import plain
from pipeline.forms.xlsx.read.places import (
    Scanned,
    folded_once,
    key_in,
    label_of,
    labels,
    rewrapped_labels,
)
from pipeline.model.form import FormKind

#: A part of a sheet is a form when it has this share of a form's questions.
ENOUGH = 0.6
#: More forms than anybody puts below each other on one sheet, and places where one may begin.
_MANY = 10
_TRIES = 50
_LAST_ROW = 10_000_000
#: What is printed on the forms comes back in every file: about half as many texts.
_KEPT = 8_192

_Fields = dict[FormKind, set[str]]
_Rows = list[tuple[int, _Fields]]


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of a sheet, both ends included, that hold one form."""

    kind: FormKind
    sheet: str
    first: int
    last: int

    def has(self, sheet: str, row: int) -> bool:
        """Return whether a row is one of the block."""
        return sheet == self.sheet and self.first <= row <= self.last


def find_blocks(scanned: Iterable[Scanned]) -> tuple[Block, ...]:
    """Return the forms among the texts of a workbook, in the order of sheets and rows.

    A sheet is told by the keys beside its answers, or by its labels; another form begins where
    questions begin to come again.
    """
    sheets: dict[str, dict[int, _Fields]] = {}
    known = [(sheet, at[0], found) for sheet, at, text in scanned if (found := _questions_of(text))]
    for sheet, row, found in known:
        fields = sheets.setdefault(sheet, {}).setdefault(row, {})
        for kind, name in found:
            fields.setdefault(kind, set()).add(name)
    return tuple(
        block for sheet, rows in sheets.items() for block in _of_sheet(sheet, sorted(rows.items()))
    )


@lru_cache(maxsize=_KEPT)
def _questions_of(text: str) -> tuple[tuple[FormKind, str], ...]:
    """Return the questions that ``text`` is a key or a label of; none for any other text."""
    known, rewrapped = _known(), _rewrapped()
    word = folded_once(text)
    found = known.get(text) or known.get(word) or known.get(label_of(word))
    return found or rewrapped.get(key_in(text)) or rewrapped.get(plain(text)) or ()


@cache
def _known() -> Mapping[str, tuple[tuple[FormKind, str], ...]]:
    """Return what each key and folded label stands for in the forms that have it."""
    found: dict[str, tuple[tuple[FormKind, str], ...]] = {}
    for kind, form in FORMS.items():
        for name in form.questions:
            found[name] = (*found.get(name, ()), (kind, name))
        for label, (name, _) in labels(kind).items():
            found[label] = (*found.get(label, ()), (kind, name))
    return found


@cache
def _rewrapped() -> Mapping[str, tuple[tuple[FormKind, str], ...]]:
    """Return the same for keys and cells without blanks, whose lines were broken anew."""
    found: dict[str, tuple[tuple[FormKind, str], ...]] = {}
    for kind, form in FORMS.items():
        cells = ((cell, name) for cell, (name, _) in rewrapped_labels(kind).items())
        for text, name in (*((name, name) for name in form.questions), *cells):
            found[text] = (*found.get(text, ()), (kind, name))
    return found


def _of_sheet(sheet: str, rows: _Rows) -> Iterator[Block]:
    first = 0
    pieces = list(_pieces(rows))
    for number, piece in enumerate(pieces, 1):
        last = _LAST_ROW if number == len(pieces) else piece[-1][0]
        kind = _kind(piece)
        if kind is not None:
            yield Block(kind, sheet, first, last)
            first = last + 1


def _pieces(rows: _Rows) -> Iterator[_Rows]:
    for _ in range(_MANY):
        cut = _beginning_of_next(rows)
        if not cut:
            break
        yield rows[:cut]
        rows = rows[cut:]
    yield rows


def _beginning_of_next(rows: _Rows) -> int:
    """Return where the next form begins in ``rows``, or 0."""
    seen: set[str] = set()
    tries = 0
    for index, (_, fields) in enumerate(rows):
        names = set().union(*fields.values())
        if names & seen:
            tries += 1
            if _kind(rows[:index]) and _kind(rows[index:]):
                return index
            if tries > _TRIES:
                break
        seen |= names
    return 0


def _kind(rows: _Rows) -> FormKind | None:
    """Return the form whose questions ``rows`` have most of, when they have enough."""
    names: _Fields = {}
    for _, fields in rows:
        for kind, found in fields.items():
            names.setdefault(kind, set()).update(found)
    shares = {kind: len(found) / len(FORMS[kind].questions) for kind, found in names.items()}
    best = max(shares, key=lambda kind: shares[kind], default=None)
    return best if best is not None and shares[best] >= ENOUGH else None
