"""Any sequence of operations on a filled form: what is accepted afterwards is what was typed.

The form is a grid of cells with names, as every spreadsheet program has it. A program either moves
the names with their cells, as people's programs do, or leaves them where they are, as libraries do.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from pipeline.flow.views.form_check import read_forms_of
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import form_texts
from pipeline.forms.xlsx.layout import FIELD_PREFIX, KEY_HEADER
from pipeline.forms.xlsx.read.parts import column_letters, read_target
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.submission import UnreadableFile
from pipeline.validation.check import check
from tests.drawn import drawn
from tests.programs.answers import entries
from tests.programs.imitations import Grid, Imitation
from tests.programs.matrix import blank_form
from tests.programs.outcome import compare, context

_KIND, _LANGUAGE = FormKind.QR, "en"
_HEAD = 5
_ROWS, _COLUMNS = 45, 9
_LABEL, _ANSWER, _KEY = 2, 4, 7
_MANNER = Imitation("a program", "inline")

Spot = tuple[int, int]
Cells = dict[Spot, str | int]
Move = Callable[[Spot], Spot | None]


@dataclass
class Form:
    """The sheet of the form while it is operated on.

    ``loose`` once answers left their rows, ``stale`` once rows left their names and keys: only the
    names betray the former and only the labels the latter, so that these are not destroyed too.
    ``erased`` are answers that were deleted.
    """

    cells: Cells
    names: dict[str, Spot]
    carries_names: bool
    loose: bool = False
    stale: bool = False
    erased: frozenset[str] = frozenset()

    def move(self, to: Move, cells: Callable[[Spot], bool] = lambda spot: True) -> None:
        """Move what ``cells`` chooses ``to`` another place (None: away), over what is there."""
        chosen = {spot: value for spot, value in self.cells.items() if cells(spot)}
        rest = {spot: value for spot, value in self.cells.items() if not cells(spot)}
        moved = {new: value for spot, value in chosen.items() if (new := to(spot))}
        lost = {value for spot, value in chosen.items() if to(spot) is None}
        lost |= {value for spot, value in rest.items() if spot in moved}
        typed = entries(_KIND, _LANGUAGE, FileFormat.XLSX)
        self.erased |= {entry.field for entry in typed if entry.text in lost}
        self.cells = {**rest, **moved}
        if self.carries_names:
            kept = {name: to(spot) if cells(spot) else spot for name, spot in self.names.items()}
            self.names = {name: spot for name, spot in kept.items() if spot}


@cache
def _filled() -> tuple[tuple[tuple[Spot, str | int], ...], tuple[tuple[str, Spot], ...]]:
    book = load_workbook(io.BytesIO(blank_form(_KIND, _LANGUAGE, FileFormat.XLSX)), data_only=True)
    sheet = book.worksheets[1]
    cells: Cells = {
        (row, column): value
        for row, line in enumerate(sheet.iter_rows(values_only=True), 1)
        for column, value in enumerate(line, 1)
        if isinstance(value, str | int)
    }
    names: dict[str, Spot] = {}
    for entry in entries(_KIND, _LANGUAGE, FileFormat.XLSX):
        place = read_target(str(book.defined_names[FIELD_PREFIX + entry.field].attr_text))
        assert place is not None
        names[entry.field] = (place.row, place.column)
        cells[place.row, place.column] = entry.text
    return tuple(cells.items()), tuple(names.items())


def _insert_rows(form: Form, draw: st.DrawFn) -> None:
    at, count = draw(_rows), draw(_few)
    form.move(lambda spot: (spot[0] + count * (spot[0] >= at), spot[1]))


def _delete_rows(form: Form, draw: st.DrawFn) -> None:
    at, count = draw(_rows), draw(_few)
    form.move(
        lambda spot: (
            None if at <= spot[0] < at + count else (spot[0] - count * (spot[0] >= at), spot[1])
        )
    )


def _insert_columns(form: Form, draw: st.DrawFn) -> None:
    at, count = draw(_columns), draw(_few)
    form.move(lambda spot: (spot[0], spot[1] + count * (spot[1] >= at)))


def _delete_columns(form: Form, draw: st.DrawFn) -> None:
    at = draw(_columns)
    if form.stale:
        return
    form.move(lambda spot: None if spot[1] == at else (spot[0], spot[1] - (spot[1] > at)))


def _move_rows_away(form: Form, draw: st.DrawFn) -> None:
    at, count = draw(_rows), draw(_few)
    form.move(lambda spot: (spot[0] + 100, spot[1]), lambda spot: at <= spot[0] < at + count)


def _swap_rows(form: Form, draw: st.DrawFn) -> None:
    """Sort two rows, with the hidden keys or without them; names stay, as in sorting."""
    one, other = draw(_rows), draw(_rows)
    keys = [spot[1] for spot, value in form.cells.items() if value == KEY_HEADER]
    last = draw(st.sampled_from((100, min(keys, default=100) - 1)))
    texts = form_texts(_LANGUAGE)
    labels = {texts.label(_KIND, name) for name in FORMS[_KIND].questions}
    if form.loose or not labels <= set(form.cells.values()):
        return
    form.stale = True
    turned = {one: other, other: one}
    names = dict(form.names)
    form.move(
        lambda spot: (turned[spot[0]], spot[1]),
        lambda spot: spot[0] in turned and spot[1] <= last,
    )
    form.names = names


def _clear(form: Form, draw: st.DrawFn) -> None:
    """Clear a cell that is no answer."""
    row, column = draw(_rows), draw(st.sampled_from((1, _LABEL, 3, 5, 6, _KEY)))
    typed = {entry.text for entry in entries(_KIND, _LANGUAGE, FileFormat.XLSX)}
    if not form.stale and form.cells.get((row, column)) not in typed:
        form.cells.pop((row, column), None)


def _copy_row(form: Form, draw: st.DrawFn) -> None:
    """Copy a row below the table, and type something else as its answer."""
    row, text = draw(_rows), draw(st.sampled_from(("", "no", "something else")))
    for column in range(1, _COLUMNS):
        if (row, column) in form.cells:
            form.cells[200 + row, column] = form.cells[row, column]
    if text and (row, _ANSWER) in form.cells:
        form.cells[200 + row, _ANSWER] = text


def _remove_names(form: Form, draw: st.DrawFn) -> None:
    if not form.loose:
        keep = draw(st.sets(st.sampled_from(sorted(dict(_filled()[1])))))
        form.names = {name: spot for name, spot in form.names.items() if name in keep}


def _shift_answers(form: Form, draw: st.DrawFn) -> None:
    """Delete or insert one cell among the answers; needs all the names to be noticed."""
    at, by = draw(_rows), draw(st.sampled_from((-1, 1)))
    if form.carries_names and not form.stale and len(form.names) == len(_filled()[1]):
        form.loose = True
        form.move(
            lambda spot: None if by < 0 and spot[0] == at else (spot[0] + by, spot[1]),
            lambda spot: spot[1] == _ANSWER and spot[0] >= at,
        )


def _move_answer(form: Form, draw: st.DrawFn) -> None:
    """Cut an answer and paste it beside the table."""
    row = draw(_rows)
    there = (row, _ANSWER) in form.names.values()
    if form.carries_names and not form.stale and there:
        form.loose = True
        form.move(lambda spot: (row, 30), lambda spot: spot == (row, _ANSWER))


_rows = st.integers(1, _ROWS)
_columns = st.integers(1, _COLUMNS)
_few = st.integers(1, 3)
_OPERATIONS = (
    _insert_rows,
    _delete_rows,
    _insert_columns,
    _delete_columns,
    _move_rows_away,
    _swap_rows,
    _clear,
    _copy_row,
    _remove_names,
    _shift_answers,
    _move_answer,
)


@st.composite
def _operated(draw: st.DrawFn) -> tuple[Form, tuple[str, ...]]:
    cells, names = _filled()
    form = Form(dict(cells), dict(names), carries_names=draw(st.booleans()))
    chosen = draw(st.lists(st.sampled_from(_OPERATIONS), min_size=1, max_size=5))
    for operation in chosen:
        operation(form, draw)
    return form, tuple(operation.__name__ for operation in chosen)


def _write(form: Form, title: str) -> bytes:
    """Return the workbook, with a copy of the hidden sheet's identity."""
    identity: Grid = (
        "_form",
        True,
        {
            (2, 1): "_form",
            (2, 2): _KIND.value,
            (3, 1): "_version",
            (3, 2): "1.0",
            (4, 1): "_lang",
            (4, 2): _LANGUAGE,
        },
    )
    names = {
        FIELD_PREFIX + name: f"'{title}'!${column_letters(column)}${row}"
        for name, (row, column) in form.names.items()
    }
    return _MANNER.write(((title, False, form.cells), identity), names)


@drawn(40, 200, derandomize=True)
@given(operated=_operated())
def test_no_sequence_of_operations_makes_a_wrong_value_accepted(
    operated: tuple[Form, tuple[str, ...]],
) -> None:
    form, _ = operated
    found = read_forms_of("form.xlsx", _write(form, form_texts(_LANGUAGE).words("form_sheet")))[0]
    if isinstance(found, UnreadableFile):
        return
    typed = {entry.field: entry for entry in entries(_KIND, _LANGUAGE, FileFormat.XLSX)}
    _, wrong = compare(check(found, context(_KIND)), typed)
    assert [pair for pair in wrong if pair not in {(name, "") for name in form.erased}] == []


def test_untouched_grid_is_read_right() -> None:
    cells, names = _filled()
    found = read_forms_of("form.xlsx", _write(Form(dict(cells), dict(names), True), "Form"))[0]
    assert not isinstance(found, UnreadableFile)
    typed = {entry.field: entry for entry in entries(_KIND, _LANGUAGE, FileFormat.XLSX)}
    assert compare(check(found, context(_KIND)), typed) == ((), ())
