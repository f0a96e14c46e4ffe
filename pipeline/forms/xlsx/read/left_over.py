"""Collects what a customer added to a workbook: what is on its sheets, minus our print and answers.

Nothing is looked for by its place: whatever is there and is not known is told, with its place and
the question in whose row it stands.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import choice_vocabulary, fold_word
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.read.added_parts import Lying, lying_over
from pipeline.forms.xlsx.read.archive import Archive
from pipeline.forms.xlsx.read.cells import RawCell, Sheet, Struck
from pipeline.forms.xlsx.read.formats import FormatWords
from pipeline.forms.xlsx.read.found_cells import LONGEST, Found, blocks_of, lines_of, rows_of
from pipeline.forms.xlsx.read.own_print import (
    added_around,
    behind,
    is_around,
    is_own_formula,
    is_own_row,
    is_own_rule,
    mark_words,
    own_authors,
    own_titles,
    plain,
    said_beside,
)
from pipeline.forms.xlsx.read.parts import Place, column_letters
from pipeline.forms.xlsx.read.values import Values
from pipeline.model.form import FormKind
from pipeline.model.submission import LeftOver, LeftOverKind

#: What is kept of one form at most, in pieces and in characters of each.
_MOST = 200
#: A sheet with so many texts of ours is one of ours.
_FEW = 3
#: So many rows below its beginning a drawing may stand at a question.
_TALL = 60
_PAGE_CODE = re.compile("&[PN]")
_NUMBER = "\x01"
_CODE = re.compile(r'&(?:"[^"]{0,200}"|[0-9]{1,3}|K[0-9A-Fa-f]{6}|[A-Za-z&])')
_SECTION = re.compile("&[LCR]")
#: "Page &P of &N" in the words of any program.
_PAGE_WORDS = 14
#: Signs that take no room.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_HIDDEN = re.compile(rf"(?:{at.IDENTITY_SHEET}|{at.LISTS_SHEET})(?:\s?-.{{1,12}}|\s\(\d{{1,3}}\))?")
_COPY = re.compile(r" \([0-9]{1,3}\)\Z")

Marks = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Page:
    """A sheet, and the part of the package that it stands in."""

    sheet: Sheet
    part: str


@dataclass
class Collector:
    """Collects what was added to one form.

    ``rows`` maps sheet and row to the question there, ``answers`` are the cells that hold answers,
    ``struck`` the answers that are struck out; ``struck_text`` tells what of a cell is, and is None
    where nothing is. ``mine`` tells whether a place belongs to this form; in a file with several
    each has its own. ``marks`` returns the texts that we put on the marked
    answers of a copy, by field; ``keeps_titles`` tells that the file came through a program that
    keeps the titles of sheets; ``formats`` are the words that formats show beside values;
    ``unread`` are the titles of sheets that cannot be read.
    """

    kind: FormKind
    archive: Archive
    values: Values
    pages: tuple[Page, ...]
    rows: Mapping[tuple[str, int], str]
    answers: frozenset[Place]
    struck: Mapping[Place, Struck]
    struck_text: Callable[[RawCell], Struck | None] | None
    mine: Callable[[str, int], bool]
    marks: Callable[[], Marks | None]
    keeps_titles: bool
    formats: Mapping[str, FormatWords]
    unread: tuple[str, ...] = ()
    found: list[LeftOver] = field(default_factory=list)

    def collect(self) -> tuple[LeftOver, ...]:
        """Return what was added, sheet by sheet."""
        for page in self.pages:
            self._page(page)
        for title in self.unread:
            self._add(LeftOverKind.SHEET, "", title, "")
        if len(self.found) > _MOST:
            kept = sorted(self.found, key=lambda item: not item.field)[: _MOST - 1]
            return (*kept, LeftOver(LeftOverKind.CELL, "", kept[-1].where, ""))
        return tuple(self.found)

    def _add(self, kind: LeftOverKind, words: str, where: str, name: str) -> None:
        words = words.strip()
        words = words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
        self.found.append(LeftOver(kind, words, where, name))

    def _add_cells(self, title: str, cells: list[Found], name: str) -> None:
        """Add what stands in ``cells``, which belong together; the place is that of the first."""
        (row, column), _, struck = cells[0]
        kind = LeftOverKind.STRUCK if struck else LeftOverKind.CELL
        self._add(kind, "\n".join(lines_of(cells)), Place(title, row, column).text, name)

    @cached_property
    def _forms(self) -> frozenset[str]:
        """The titles of the sheets that hold questions."""
        return frozenset(title for title, _ in self.rows)

    @cached_property
    def _numbers(self) -> Mapping[str, frozenset[str]]:
        return FORMS[self.kind].numbers_of_versions

    @cached_property
    def _vocabulary(self) -> Mapping[str, Mapping[str, str]]:
        return choice_vocabulary(self.kind)

    def _page(self, page: Page) -> None:
        sheet = page.sheet
        is_form = sheet.name in self._forms
        at_questions, others, own = self._cells(sheet)
        for cells in rows_of(at_questions):
            self._add_cells(sheet.name, cells, self.rows[sheet.name, cells[0][0][0]])
        if others and not is_form and self._is_list_of_sheets(sheet):
            others = []
        is_ours = is_form or own >= _FEW
        if others and not is_ours:
            words = "\n".join(lines_of(others))
            self._add(LeftOverKind.SHEET, words, sheet.name, "")
        elif others and is_ours:
            for block in blocks_of(others):
                self._add_cells(sheet.name, block, "")
        if is_ours:
            self._title(sheet.name)
        if self.mine(sheet.name, 0):
            self._margins(sheet)
        self._asides(sheet)
        for item in lying_over(self.archive, page.part):
            if self.mine(sheet.name, item.row):
                self._lying(sheet.name, item)

    # cells

    def _cells(self, sheet: Sheet) -> tuple[list[Found], list[Found], int]:
        """Return what was added at questions and elsewhere, and how many cells are our print."""
        at_questions: list[Found] = []
        others: list[Found] = []
        own = 0
        above: dict[int, tuple[int, str]] = {}
        checked: dict[int, int] = {}
        name, struck_text = sheet.name, self.struck_text
        answers = {(row, column) for title, row, column in self.answers if title == name}
        for place, cell, question in self._of_form(sheet, answers):
            row, column = place
            if place in answers:
                if question:
                    self._answer(Place(name, row, column), cell, at_questions)
                continue
            struck = (struck_text(cell) if struck_text else None) or sheet.struck.get(place)
            text = struck.gone if struck else self._text(cell, question)
            if question and _is_own_check(cell):
                checked[row] = column
            if not (text[:1].isalnum() or text.translate(_UNSEEN).strip()):
                continue
            if question:
                added = text if struck else self._added(question, text, place, checked)
                if added:
                    at_questions.append((place, added, bool(struck)))
                continue
            before = above.get(column)
            beside = before[1] if before and before[0] == row - 1 else ""
            if is_around(text, beside) and not struck:
                own += 1
                above[column] = row, text
            else:
                others.append((place, text, bool(struck)))
        if own:
            changed = [
                (place, added, struck)
                for place, text, struck in others[:_MOST]
                if (added := text if struck else added_around(text))
            ]
            others = changed + others[_MOST:]
        return at_questions, others, own

    def _of_form(
        self, sheet: Sheet, answers: AbstractSet[tuple[int, int]]
    ) -> Iterator[tuple[tuple[int, int], RawCell, str | None]]:
        """Yield the cells of this form with their places and the questions of their rows.

        Rows that say nothing but our print beside their answer are passed over.
        """
        read, is_plain = self.values.read, not (self.formats or self.struck_text or sheet.struck)
        for row, cells in groupby(sheet.cells.items(), _row_of):
            if not self.mine(sheet.name, row):
                continue
            question, here = self.rows.get((sheet.name, row)), list(cells)
            if question and is_plain:
                numbers = self._numbers[question]
                said = [
                    (read(cell)[0], cell[3])
                    for place, cell in here
                    if place not in answers and not _is_number_of(cell, numbers)
                ]
                if is_own_row(self.kind, question, said):
                    continue
            for place, cell in here:
                yield place, cell, question

    def _text(self, cell: RawCell, question: str | None) -> str:
        kind, _, value, formula = cell
        if formula is None and kind != "n" and not self.formats:
            return self.values.read(cell)[0]  # as nearly always
        if question and _is_number_of(cell, self._numbers[question]):
            return ""
        if _is_own_check(cell) and (not value or kind == "e"):
            return behind(str(formula))
        text = self.values.read(cell)[0]
        beside = self._by_format(cell) if self.formats else ""
        return f"{text} {beside}" if beside else text

    def _by_format(self, cell: RawCell) -> str:
        """Return the words that the format of a cell shows."""
        found = self.formats.get(cell[1])
        return found.beside(cell) if found else ""

    def _answer(self, place: Place, cell: RawCell, found: list[Found]) -> None:
        if self.formats and (words := self._by_format(cell)):
            self._add(LeftOverKind.FORMAT, words, place.text, self.rows[place.sheet, place.row])
        struck = self.struck.get(place)
        if struck:
            found.append(((place.row, place.column), struck.gone, True))

    def _added(
        self, question: str, text: str, place: tuple[int, int], checked: dict[int, int]
    ) -> str:
        """Return what of a cell in the row of ``question`` is not ours.

        ``checked`` are the columns in which the checks of the rows stand, as far as they are known.
        """
        added, is_check = said_beside(self.kind, question, text)
        if not added:
            row, column = place
            return text if is_check and checked.setdefault(row, column) != column else ""
        if not plain(text).startswith(mark_words()):
            return added
        marks = self.marks()
        if marks is None:
            return ""  # our mark; the sheet that tells what it said is gone
        return _rest(text, marks.get(question, ()))

    def _is_list_of_sheets(self, sheet: Sheet) -> bool:
        """Whether a program listed the sheets of the workbook here, as Numbers does.

        Below the last title there must be nothing.
        """
        titles = {page.sheet.name.casefold() for page in self.pages if page.sheet is not sheet}
        listed: set[str] = set()
        last = 0
        for (row, _), cell in sheet.cells.items():
            text = fold_word(self.values.read(cell)[0])
            if text in titles or is_hidden_of_ours(text):
                listed.add(text)
                last = row
        return bool(titles) and titles <= listed and last == max(row for row, _ in sheet.cells)

    def _title(self, title: str) -> None:
        """Tell of a sheet of ours that has another title."""
        known = own_titles()
        folded = plain(_COPY.sub("", title))
        if self.keeps_titles and folded not in known and self.mine(title, 0):
            self._add(LeftOverKind.SHEET, title, title, "")

    # what is printed at the edges, and what lies over the sheet

    def _margins(self, sheet: Sheet) -> None:
        for margin in sheet.margins:
            for section in _SECTION.split(margin):
                numbered = _PAGE_CODE.sub(_NUMBER, section)
                text = " ".join(_CODE.sub(" ", numbered).split())
                counts_pages = numbered != section and len(text) <= _PAGE_WORDS
                if text and not (counts_pages or is_around(text)):
                    words = added_around(text.replace(_NUMBER, ""))
                    self._add(LeftOverKind.CELL, words, sheet.name, "")

    def _asides(self, sheet: Sheet) -> None:
        """Tell of words in rules and links; a rule of ours says what its question does."""
        for kind, said, areas in sheet.asides:
            words = said
            if kind is LeftOverKind.FORMAT:
                shown = self.formats.get(said)
                words = shown.all if shown else ""
            if not words:
                continue
            first = areas[0][0] if areas else 0
            if is_own_rule(self.kind, words) or not self.mine(sheet.name, first):
                continue
            names = {
                name
                for start, end in areas
                for row in range(start, min(end, start + _TALL) + 1)
                if (name := self.rows.get((sheet.name, row)))
            }
            if kind is not LeftOverKind.OPTION:
                self._add(kind, words, sheet.name, names.pop() if len(names) == 1 else "")
            elif not any(fold_word(words) in self._vocabulary.get(name, ()) for name in names):
                self._add(kind, words, sheet.name, "")

    def _lying(self, title: str, item: Lying) -> None:
        name = self._question_at(title, item)
        words = item.words
        if item.kind is LeftOverKind.COMMENT:
            words = self._comment(name, item)
            if not words:
                return
        column = column_letters(item.column)
        where = f"{title}!{column}{item.row}" if column and item.row else title
        self._add(item.kind, words, where, name)

    def _question_at(self, title: str, item: Lying) -> str:
        if title not in self._forms:
            return ""
        for row in range(item.row, min(item.last_row, item.row + _TALL) + 1):
            if name := self.rows.get((title, row)):
                return name
        return ""

    def _comment(self, name: str, item: Lying) -> str:
        """Return the words of a note without those of our own."""
        if not item.words:
            return ""
        marks = self.marks()
        if marks is None:  # the sheet that tells what our notes said is gone
            return "" if plain(item.author) in own_authors() else item.words
        return _rest(item.words, marks.get(name, ()))


def _row_of(item: tuple[tuple[int, int], RawCell]) -> int:
    return item[0][0]


def _is_number_of(cell: RawCell, numbers: frozenset[str]) -> bool:
    """Whether a cell has one of the ``numbers`` of its question; styles need not be read for it."""
    kind, _, value, formula = cell
    return kind == "n" and formula is None and value in numbers


def _is_own_check(cell: RawCell) -> bool:
    formula = cell[3]
    return formula is not None and is_own_formula(formula)


def _rest(text: str, known: tuple[str, ...]) -> str:
    """Return what of ``text`` stands in none of the ``known`` texts."""
    if any(plain(text) == plain(item) for item in known):
        return ""
    for item in known:
        if item and item in text:
            return text.replace(item, " ", 1).strip()
    return text


def is_hidden_of_ours(title: str) -> bool:
    """Whether ``title`` is that of a hidden sheet of ours, or begins with it."""
    return bool(_HIDDEN.fullmatch(title.casefold()))
