"""Reads a filled form from a workbook that somebody sent.

Answers are found by their defined name, then by the hidden key column, then by the label; never by
a fixed cell. What cannot be read is a problem, not an exception.
"""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.stamp import Stamp, read_stamp, stamp_of
from pipeline.forms.texts import fold_word, printed_versions
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.read.archive import (
    Archive,
    DamagedFileError,
    RefusedFileError,
    open_archive,
)
from pipeline.forms.xlsx.read.cells import Sheet, read_sheet, read_strings
from pipeline.forms.xlsx.read.parts import Book, Place, read_book, read_properties, read_relations
from pipeline.forms.xlsx.read.places import Scanned, Search, Spot, labels
from pipeline.forms.xlsx.read.values import Values, date_styles
from pipeline.model.form import FormFile, FormKind
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import Answer, CellType, Submission, UnreadableFile
from pipeline.resources import languages

_DAMAGED = "file_damaged"
_REFUSED = "file_refused"
_NOT_OURS = "file_template"
_MACRO = "file_macro"
_EMPTY = "file_empty"
_TWO_FORMS = "file_two_forms"
_TYPE = "file_type"

#: Relations of a workbook to parts that run, whatever these parts are called.
_MACRO_PARTS = frozenset({"vbaProject", "xlMacrosheet", "xlIntlMacrosheet"})
_USUAL_PART = "xl/workbook.xml"
_BLANKS = frozenset({"", "-", "—", "–", "－"})
#: A sheet without any identity is ours when it has this share of a form's questions.
_ENOUGH = 0.6
_SCAN_LIMIT = 500
_IDENTITY_ROWS = 5


def read_xlsx_forms(file: FormFile) -> tuple[Submission | UnreadableFile, ...]:
    """Return the submission of each form in ``file``, or the problem that says why there is none.

    Raises nothing for what is wrong with the bytes: an exception is a fault of ours.
    """
    try:
        with _without_collecting():
            return (_read(file),)
    except RefusedFileError:
        return (_unreadable(file, _REFUSED),)
    except (DamagedFileError, MemoryError):
        return (_unreadable(file, _DAMAGED),)


def read_xlsx(file: FormFile) -> Submission | UnreadableFile:
    """Return the first form in ``file``; see :func:`read_xlsx_forms`."""
    return read_xlsx_forms(file)[0]


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Pause the garbage collector: a file makes thousands of objects and no cycles."""
    is_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            gc.enable()


def _unreadable(file: FormFile, code: str, **params: str | int) -> UnreadableFile:
    return UnreadableFile(
        file.name, Problem(code, Severity.ERROR, params=tuple(sorted(params.items())))
    )


def _read(file: FormFile) -> Submission | UnreadableFile:  # noqa: PLR0911 - one a problem
    archive = open_archive(file.content)
    if any(name.endswith("vbaproject.bin") for name in archive.names):
        return _unreadable(file, _MACRO)
    package = read_relations(archive, "")
    part = next((name for kind, name in package.values() if kind == "officeDocument"), "")
    if part.endswith(".bin"):
        return _unreadable(file, _TYPE, type="xlsb")
    if not archive.has(part):
        lost = part or not archive.names or (not package and archive.has(_USUAL_PART))
        return _unreadable(file, _DAMAGED if lost else _NOT_OURS)
    reader = _Reader(archive, part, dict(package.values()))
    if _MACRO_PARTS & reader.relations.keys():
        return _unreadable(file, _MACRO)
    stamp, places = reader.identify()
    if stamp is None or not places:
        return _unreadable(file, _NOT_OURS)
    if (kinds := len(reader.kinds())) > 1:
        return _unreadable(file, _TWO_FORMS, n=kinds)
    answers = tuple(reader.answer(name, found) for name, found in places.items())
    if all(answer.raw.strip() in _BLANKS and not answer.disagrees for answer in answers):
        return _unreadable(file, _EMPTY)
    return Submission(
        form=stamp.kind,
        version=stamp.version,
        language=stamp.language,
        format=file.format,
        file_name=file.name,
        sha256=file.sha256,
        answers=answers,
        missing=tuple(name for name in FORMS[stamp.kind].questions if name not in places),
        dated=reader.dated,
    )


@dataclass
class _Reader:
    """One workbook while it is read; parts are read when they are needed."""

    archive: Archive
    part: str
    package: Mapping[str, str]
    counts: list[int] = field(default_factory=lambda: [0, 0])
    loaded: dict[str, Sheet] = field(default_factory=dict)
    called: dict[str, Sheet] = field(default_factory=dict)
    readings: dict[Place, tuple[str, CellType]] = field(default_factory=dict)

    @cached_property
    def book(self) -> Book:
        return read_book(self.archive, self.part, self._relations)

    @cached_property
    def _relations(self) -> Mapping[str, tuple[str, str]]:
        return read_relations(self.archive, self.part)

    @cached_property
    def relations(self) -> Mapping[str, str]:
        return dict(self._relations.values())

    @cached_property
    def values(self) -> Values:
        return Values(self._strings, self._styles, self.book.dates_from_1904)

    def _strings(self) -> tuple[str, ...]:
        part = self.relations.get("sharedStrings", "")
        return read_strings(self.archive, part) if self.archive.has(part) else ()

    def _styles(self) -> frozenset[str]:
        part = self.relations.get("styles", "")
        return date_styles(self.archive.read(part)) if self.archive.has(part) else frozenset()

    @cached_property
    def dated(self) -> str:
        """The time at which the file says it was last saved, or empty."""
        part = self.package.get("core-properties", "")
        if not self.archive.has(part):
            return ""
        return read_properties(self.archive, part).get("modified", "").strip()[:40]

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
                with suppress(RefusedFileError, DamagedFileError):
                    found.append(self.sheet(title))
        return tuple(sheet for sheet in found if sheet)

    @cached_property
    def names(self) -> Mapping[str, Place]:
        """The cells that fields are named after."""
        return {
            name.removeprefix(at.FIELD_PREFIX): place
            for name, place in self.book.names.items()
            if name.startswith(at.FIELD_PREFIX)
        }

    def cell(self, place: Place) -> tuple[str, CellType]:
        """Return the text and the type of the cell at ``place``."""
        found = self.readings.get(place)
        if found is None:
            name, row, column = place
            sheet = self.sheet(name)
            found = self.values.read(sheet.cells.get((row, column)) if sheet else None)
            self.readings[place] = found
        return found

    @cached_property
    def scanned(self) -> tuple[Scanned, ...]:
        """Every cell that holds a short text, with its place."""
        return tuple(self._scan())

    def _scan(self) -> Iterator[Scanned]:
        read = self.values.read
        for sheet in self.sheets:
            name = sheet.name
            for place, cell in sheet.cells.items():
                kind, _, _, formula = cell
                if kind == "n" and formula is None:
                    continue  # a number; whether it is a date needs the styles
                text, meant = read(cell)
                if meant is CellType.TEXT and 0 < len(text) <= _SCAN_LIMIT:
                    yield name, place, text

    # which form

    def identify(self) -> tuple[Stamp | None, Mapping[str, Spot]]:
        """Return which form this is and the places of its answers, the most trusted first."""
        stamp = self._from_properties() or self._from_hidden_sheet() or self._from_print()
        if stamp:
            return stamp, self.places(stamp.kind)
        best: tuple[float, FormKind] | None = None
        for kind, definition in FORMS.items():
            share = len(self.places(kind)) / len(definition.questions)
            if share >= _ENOUGH and (best is None or share > best[0]):
                best = (share, kind)
        if best is None:
            return None, {}
        return Stamp(best[1], "", self._language_of_labels(best[1])), self.places(best[1])

    def kinds(self) -> frozenset[FormKind]:
        """Return the forms whose questions the sheets have: of each sheet the one it has most of.

        A sheet is told by the keys beside its answers, or by its labels.
        """
        found: dict[str, dict[FormKind, set[str]]] = {}
        for sheet, _, text in self.scanned:
            for kind in FORMS:
                name = text if text in FORMS[kind].questions else ""
                name = name or labels(kind).get(fold_word(text), ("", ""))[0]
                if name:
                    found.setdefault(sheet, {}).setdefault(kind, set()).add(name)
        kinds = set()
        for names in found.values():
            shares = {kind: len(of) / len(FORMS[kind].questions) for kind, of in names.items()}
            best = max(shares, key=lambda kind: shares[kind])
            if shares[best] >= _ENOUGH:
                kinds.add(best)
        return frozenset(kinds)

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
        texts = [sheet.margins for sheet in self.sheets] + [text for *_, text in self.scanned]
        for text in texts:
            if "form" in text.casefold() and (stamp := read_stamp(text)):
                return stamp
        for *_, text in self.scanned:
            if found := _titles().get(fold_word(text)):
                return Stamp(found[0], "", found[1])
        return None

    def _language_of_labels(self, kind: FormKind) -> str:
        texts = {fold_word(text) for *_, text in self.scanned}
        spoken = [of for label, (_, of) in labels(kind).items() if label in texts]
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


@cache
def _titles() -> Mapping[str, tuple[FormKind, str]]:
    """Return folded title → (form, language)."""
    return {
        fold_word(texts.form(kind).title): (kind, texts.language)
        for kind in FORMS
        for texts in printed_versions(kind)
    }
