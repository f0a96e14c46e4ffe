"""Looks into one workbook: its sheets and cells, which form it is, where the answers are.

Answers are found by their defined name, then by the hidden key column, then by the label; never by
a fixed cell.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.programs import program_of
from pipeline.forms.stamp import Stamp, read_stamp, stamp_of
from pipeline.forms.texts import fold_word
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.read.archive import Archive, DamagedFileError, RefusedFileError
from pipeline.forms.xlsx.read.blocks import ENOUGH, Block
from pipeline.forms.xlsx.read.cells import (
    RawCell,
    Sheet,
    Struck,
    read_sheet,
    shared_strings,
    struck_strings,
)
from pipeline.forms.xlsx.read.own_print import plain
from pipeline.forms.xlsx.read.parts import Book, Place, read_book, read_properties, read_relations
from pipeline.forms.xlsx.read.places import (
    Scanned,
    Search,
    Spot,
    label_of,
    labels,
    rewrapped_labels,
    titles,
)
from pipeline.forms.xlsx.read.values import Values, date_styles, struck_styles
from pipeline.model.form import FormKind
from pipeline.model.submission import Answer, CellType
from pipeline.resources import languages

_SCAN_LIMIT = 500
_IDENTITY_ROWS = 5


@dataclass
class _Part:
    """A part of the workbook, read when it is needed; empty where there is none."""

    archive: Archive
    name: str

    @cached_property
    def content(self) -> bytes:
        """Its bytes."""
        return self.archive.read(self.name) if self.archive.has(self.name) else b""


def _strings_in(part: _Part) -> tuple[str, ...]:
    return shared_strings(part.content) if part.content else ()


def _styles_in(part: _Part) -> frozenset[str]:
    return date_styles(part.content) if part.content else frozenset()


@dataclass
class Workbook:
    """One workbook while it is read; parts are read when they are needed.

    In a workbook with several forms one is read ``within`` its blocks; the first also has what
    stands in none of the ``others``.
    """

    archive: Archive
    part: str
    package: Mapping[str, str]
    counts: list[int] = field(default_factory=lambda: [0, 0])
    loaded: dict[str, Sheet] = field(default_factory=dict)
    called: dict[str, Sheet] = field(default_factory=dict)
    readings: dict[Place, tuple[str, CellType]] = field(default_factory=dict)
    struck: dict[Place, Struck] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    within: tuple[Block, ...] = ()
    others: tuple[Block, ...] = ()

    def part_of(self, group: tuple[Block, ...], blocks: tuple[Block, ...]) -> "Workbook":
        """Return the same workbook as one form sees it that stands in ``group`` of ``blocks``."""
        is_first = blocks[0] in group
        return Workbook(
            self.archive,
            self.part,
            self.package,
            self.counts,
            self.loaded,
            self.called,
            within=group,
            others=tuple(block for block in blocks if is_first and block not in group),
        )

    @cached_property
    def book(self) -> Book:
        """The workbook part."""
        return read_book(self.archive, self.part, self._relations)

    @cached_property
    def _relations(self) -> Mapping[str, tuple[str, str]]:
        return read_relations(self.archive, self.part)

    @cached_property
    def relations(self) -> Mapping[str, str]:
        """The parts that the workbook points to, by kind."""
        return dict(self._relations.values())

    @cached_property
    def values(self) -> Values:
        """What turns cells into texts.

        It knows no workbook: one that refers to itself stays until the collector of cycles comes.
        """
        return Values(
            partial(_strings_in, self._shared),
            partial(_styles_in, self._formats),
            self.book.dates_from_1904,
        )

    @cached_property
    def _shared(self) -> _Part:
        return _Part(self.archive, self.relations.get("sharedStrings", ""))

    @cached_property
    def _formats(self) -> _Part:
        return _Part(self.archive, self.relations.get("styles", ""))

    @property
    def formats(self) -> bytes:
        """The part of the formats, or empty."""
        return self._formats.content

    @cached_property
    def _struck_strings(self) -> Mapping[int, Struck]:
        return struck_strings(self._shared.content)

    @cached_property
    def _struck_styles(self) -> frozenset[str]:
        try:
            return struck_styles(self.formats)
        except DamagedFileError:  # where a format decides what a cell says, it is told there
            return frozenset()

    @cached_property
    def properties(self) -> Mapping[str, str]:
        """What the file says of itself, by name (part 2, 11.1)."""
        part = self.package.get("core-properties", "")
        return read_properties(self.archive, part) if self.archive.has(part) else {}

    @cached_property
    def own_properties(self) -> Mapping[str, str]:
        """What somebody else keeps with the file, by name (22.3)."""
        part = self.package.get("custom-properties", "")
        return read_properties(self.archive, part) if self.archive.has(part) else {}

    @property
    def dated(self) -> str:
        """The time at which the file says it was last saved, or empty."""
        return self.properties.get("modified", "").strip()[:40]

    @property
    def program(self) -> str:
        """The program that saved the file (part 1, 15.2.12.3), or empty: the file tells none."""
        part = self.package.get("extended-properties", "")
        if not self.archive.has(part):
            return ""
        try:
            return program_of(read_properties(self.archive, part).get("Application", ""))
        except DamagedFileError:
            return ""  # nobody needs it to understand the answers

    # sheets and cells

    def sheet(self, name: str) -> Sheet | None:
        """Return the sheet called ``name`` (without case), or None."""
        found = self.called.get(name)
        if found is None:
            titled = self._titled.get(name.casefold())
            if titled is None:
                return None
            title, part = titled
            if part not in self.loaded:
                self.loaded[part] = read_sheet(self.archive, title, part, self.counts)
            found = self.called[name] = self.loaded[part]
        return found

    @cached_property
    def _titled(self) -> Mapping[str, tuple[str, str]]:
        """Folded title → (title, part); no two sheets have the same."""
        return {sheet[0].casefold(): sheet for sheet in self.book.sheets}

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """All sheets but ours that hold no answers, those first that names of answers point to.

        Where there are such, the others are a customer's own affair: one that cannot be read is
        left out.
        """
        named = {place.sheet.casefold() for place in self.names.values()}
        places = self.book.names.items()
        lists = {to.sheet.casefold() for name, to in places if name.startswith(at.LIST_PREFIX)}
        passed_over = (lists - named) | {at.IDENTITY_SHEET.casefold()}
        titles = [title for title, _ in self.book.sheets if title.casefold() not in passed_over]
        wanted = [title for title in titles if title.casefold() in named]
        found = [self.sheet(title) for title in wanted or titles]
        for title in titles:
            if wanted and title not in wanted:
                try:
                    found.append(self.sheet(title))
                except (RefusedFileError, DamagedFileError):
                    self.unread.append(title)
        return tuple(sheet for sheet in found if sheet)

    @cached_property
    def names(self) -> Mapping[str, Place]:
        """The cells that fields are named after."""
        return {
            name.removeprefix(at.FIELD_PREFIX): place
            for name, place in self.book.names.items()
            if name.startswith(at.FIELD_PREFIX) and self._is_within(place.sheet, place.row)
        }

    def _is_within(self, sheet: str, row: int) -> bool:
        return not self.within or any(block.has(sheet, row) for block in self.within)

    def is_mine(self, sheet: str, row: int) -> bool:
        """Whether a place belongs to this form: to it alone, or to none of the others."""
        if self._is_within(sheet, row):
            return True
        return bool(self.others) and not any(block.has(sheet, row) for block in self.others)

    def cell(self, place: Place) -> tuple[str, CellType]:
        """Return the text and the type of the cell at ``place``."""
        found = self.readings.get(place)
        if found is None:
            name, row, column = place
            sheet = self.sheet(name)
            cell = sheet.cells.get((row, column)) if sheet else None
            found = self.values.read(cell)
            struck = self.struck_text(cell) if cell else None
            if sheet and (struck := struck or sheet.struck.get((row, column))):
                self.struck[place] = struck
                found = struck.kept, found[1]
            self.readings[place] = found
        return found

    @property
    def strikes(self) -> bool:
        """Whether formats or shared texts strike words out."""
        return bool(self._struck_styles or self._struck_strings)

    def struck_text(self, cell: RawCell) -> Struck | None:
        """Return what of a cell's text is struck out by its format or its runs."""
        kind, style, value, _ = cell
        if style in self._struck_styles:
            text = self.values.read(cell)[0]
            return Struck("", text) if text.strip() else None
        if kind == "s" and self._struck_strings and value and value.strip().isdecimal():
            return self._struck_strings.get(int(value))
        return None

    @cached_property
    def scanned(self) -> tuple[Scanned, ...]:
        """Every cell that holds a short text, with its place."""
        return tuple(self._scan())

    def _scan(self) -> Iterator[Scanned]:
        read, within = self.values.read, bool(self.within)
        for sheet in self.sheets:
            name = sheet.name
            for place, cell in sheet.cells.items():
                if within and not self._is_within(name, place[0]):
                    continue
                kind, _, _, formula = cell
                if kind == "n" and formula is None:
                    continue  # a number; whether it is a date needs the styles
                text, meant = read(cell)
                if meant is CellType.TEXT and 0 < len(text) <= _SCAN_LIMIT:
                    yield name, place, text

    # which form

    def identify(self) -> tuple[Stamp | None, Mapping[str, Spot]]:
        """Return which form this is and the places of its answers, the most trusted first."""
        stamp = self._stamp()
        if stamp:
            return stamp, self.places(stamp.kind)
        best: tuple[float, FormKind] | None = None
        for kind, definition in FORMS.items():
            share = len(self.places(kind)) / len(definition.questions)
            if share >= ENOUGH and (best is None or share > best[0]):
                best = (share, kind)
        if best is None:
            return None, {}
        return Stamp(best[1], "", self._language_of_labels(best[1])), self.places(best[1])

    def _stamp(self) -> Stamp | None:
        of_file = self._from_properties() or self._from_hidden_sheet()
        if not self.within:
            return of_file or self._from_print()
        kind = self.within[0].kind
        found = [stamp for stamp in (self._from_print(), of_file) if stamp and stamp.kind is kind]
        found.append(Stamp(kind, "", self._language_of_labels(kind)))
        return next((stamp for stamp in found if stamp.version), found[0])

    def _from_properties(self) -> Stamp | None:
        part = self.package.get("custom-properties", "")
        if not self.archive.has(part):
            return None
        return stamp_of(read_properties(self.archive, part))

    def _from_hidden_sheet(self) -> Stamp | None:
        parts = {title.casefold(): part for title, part in self.book.sheets}
        part = parts.get(at.IDENTITY_SHEET.casefold(), "")
        if not self.archive.has(part):
            return None
        rows = range(2, _IDENTITY_ROWS + 1)
        cells = read_sheet(self.archive, "", part, self.counts, _IDENTITY_ROWS).cells
        found = {
            self.values.read(cells.get((row, 1)))[0]: self.values.read(cells.get((row, 2)))[0]
            for row in rows
        }
        return stamp_of(found)

    def _from_print(self) -> Stamp | None:
        """Find the identity that is printed: in a footer, in a cell, or as the form's title."""
        sheets = () if self.within else self.sheets
        margins = [margin for sheet in sheets for margin in sheet.margins]
        texts = margins + [text for *_, text in self.scanned]
        for text in texts:
            if "form" in text.casefold() and (stamp := read_stamp(text)):
                return stamp
        for *_, text in self.scanned:
            if found := titles().get(fold_word(text)):
                return Stamp(found[0], "", found[1])
        return None

    def _language_of_labels(self, kind: FormKind) -> str:
        known, rewrapped = labels(kind), rewrapped_labels(kind)
        found = (
            known.get(label_of(fold_word(text))) or rewrapped.get(plain(text))
            for *_, text in self.scanned
        )
        spoken = [said[1] for said in found if said]
        return max(languages(), key=spoken.count)

    # where the answers are

    def places(self, kind: FormKind) -> Mapping[str, Spot]:
        """Return for each field the cells that may hold its answer."""
        there = {name: place for name, place in self.names.items() if self.sheet(place.sheet)}
        return Search(kind, self.scanned, there, lambda place: self.cell(place)[0]).spots()

    def answer(self, name: str, spot: Spot) -> Answer:
        """Return the answer of ``name``, and what another of its cells says against it.

        A blank cell says nothing, unless another question claims the answer's cells.
        """
        places, contested = spot
        place, disagrees = places[0], None
        raw, kind = self.cell(place)
        if contested or len(places) > 1:
            readings = [(place, *self.cell(place)) for place in places]
            telling = [reading for reading in readings if contested or reading[1].strip()]
            place, raw, kind = (telling or readings)[0]
            others = [text for _, text, _ in telling[1:]]
            if contested and not others and raw.strip():
                others = [""]
            disagrees = next((text for text in others if text != raw), None)
        return Answer(
            field=name,
            raw=raw,
            where=place.text,
            cell_type=kind,
            damaged="\ufffd" in raw,
            disagrees=disagrees,
        )

    def title(self, name: str) -> str:
        """Return the title of a sheet as it is written; names of cells may differ in case."""
        return self._titled.get(name.casefold(), (name, ""))[0]

    def part_of_sheet(self, name: str) -> str:
        """Return the part of the sheet called ``name`` (without case), or empty."""
        return self._titled.get(name.casefold(), ("", ""))[1]

    def has_sheet(self, name: str) -> bool:
        """Return whether there is a sheet called ``name`` (without case)."""
        return name.casefold() in self._titled
