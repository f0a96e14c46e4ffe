"""Reads a filled form from a workbook of the world.

Answers are found by their defined name, then by the hidden key column, then by the label; never by
a fixed cell. What cannot be read is a problem, not an exception.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

from pipeline.forms import xlsx_layout as at
from pipeline.forms.catalogue import FORMS
from pipeline.forms.stamp import Stamp, make_stamp, read_stamp
from pipeline.forms.texts import fold_word, form_texts
from pipeline.forms.xlsx_archive import (
    Archive,
    DamagedFileError,
    RefusedFileError,
    open_archive,
)
from pipeline.forms.xlsx_parts import (
    Book,
    Place,
    Sheet,
    column_number,
    read_book,
    read_properties,
    read_relations,
    read_sheet,
    read_strings,
)
from pipeline.forms.xlsx_values import Values, date_styles
from pipeline.model.form import FormFile, FormKind
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import Answer, CellType, Submission, UnreadableFile
from pipeline.resources import languages

_DAMAGED = "file_damaged"
_REFUSED = "file_refused"
_NOT_OURS = "file_template"
_MACRO = "file_macro"
_EMPTY = "file_empty"
_TYPE = "file_type"

_BLANKS = frozenset({"", "-", "—", "–", "－"})
_ANSWER_OFFSET = column_number(at.ANSWER) - column_number(at.LABEL)
_KEY_OFFSET = column_number(at.KEY) - column_number(at.ANSWER)
#: A sheet without any identity is ours when it has this share of a form's questions.
_ENOUGH = 0.6
_SCAN_LIMIT = 500


def read_xlsx(file: FormFile) -> Submission | UnreadableFile:
    """Return the submission in ``file``, or the problem that says why there is none.

    Never raises, whatever the bytes.
    """
    try:
        return _read(file)
    except RefusedFileError:
        return _unreadable(file, _REFUSED)
    except (DamagedFileError, RecursionError, MemoryError):
        return _unreadable(file, _DAMAGED)


def _unreadable(file: FormFile, code: str, **params: str | int) -> UnreadableFile:
    return UnreadableFile(
        file.name, Problem(code, Severity.ERROR, params=tuple(sorted(params.items())))
    )


def _read(file: FormFile) -> Submission | UnreadableFile:
    archive = open_archive(file.content)
    if any(name.endswith("vbaproject.bin") for name in archive.names):
        return _unreadable(file, _MACRO)
    package = read_relations(archive, "")
    part = next((name for kind, name in package.values() if kind == "officeDocument"), "")
    if part.endswith(".bin"):
        return _unreadable(file, _TYPE, type="xlsb")
    if not archive.has(part):
        return _unreadable(file, _NOT_OURS if archive.names else _DAMAGED)
    reader = _Reader(archive, part, dict(package.values()))
    stamp, places = reader.identify()
    if stamp is None or not places:
        return _unreadable(file, _NOT_OURS)
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

    @cached_property
    def book(self) -> Book:
        return read_book(self.archive, self.part)

    @cached_property
    def relations(self) -> Mapping[str, str]:
        return dict(read_relations(self.archive, self.part).values())

    @cached_property
    def values(self) -> Values:
        return Values(self._strings, self._styles, self.book.dates_from_1904)

    def _strings(self) -> tuple[str, ...]:
        part = self.relations.get("sharedStrings", "")
        return read_strings(self.archive, part) if self.archive.has(part) else ()

    def _styles(self) -> frozenset[int]:
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
        for title, part in self.book.sheets:
            if title.casefold() == name.casefold():
                if part not in self.loaded:
                    if not self.archive.has(part):
                        return None
                    self.loaded[part] = read_sheet(self.archive, title, part, self.counts)
                return self.loaded[part]
        return None

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """The sheets that names of answers point to, or all but the hidden one if none do."""
        named = {
            place.sheet.casefold()
            for name, place in self.book.names.items()
            if name.startswith(at.FIELD_PREFIX)
        }
        titles = [title for title, _ in self.book.sheets if title != at.IDENTITY_SHEET]
        wanted = [title for title in titles if title.casefold() in named] or titles
        return tuple(found for title in wanted if (found := self.sheet(title)))

    def cell(self, place: Place) -> tuple[str, CellType]:
        """Return the text and the type of the cell at ``place``."""
        sheet = self.sheet(place.sheet)
        return self.values.read(sheet.cells.get((place.row, place.column)) if sheet else None)

    def _scan(self) -> Iterator[tuple[Place, str]]:
        """Yield every cell that holds a short text, with its place."""
        for sheet in self.sheets:
            for (row, column), cell in sheet.cells.items():
                text, kind = self.values.read(cell)
                if kind is CellType.TEXT and 0 < len(text) <= _SCAN_LIMIT:
                    yield Place(sheet.name, row, column), text

    @cached_property
    def scanned(self) -> tuple[tuple[Place, str], ...]:
        """Every cell with a short text."""
        return tuple(self._scan())

    # which form

    def identify(self) -> tuple[Stamp | None, Mapping[str, tuple[Place, ...]]]:
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

    def _from_properties(self) -> Stamp | None:
        part = self.package.get("custom-properties", "")
        if not self.archive.has(part):
            return None
        found = read_properties(self.archive, part)
        return make_stamp(
            found.get(at.FORM_PROPERTY, ""),
            found.get(at.VERSION_PROPERTY, ""),
            found.get(at.LANGUAGE_PROPERTY, ""),
        )

    def _from_hidden_sheet(self) -> Stamp | None:
        sheet = self.sheet(at.IDENTITY_SHEET)
        if sheet is None:
            return None
        found = {
            self.cell(Place(sheet.name, row, 1))[0]: self.cell(Place(sheet.name, row, 2))[0]
            for row in range(2, 6)
        }
        return make_stamp(
            found.get(at.FORM_PROPERTY, ""),
            found.get(at.VERSION_PROPERTY, ""),
            found.get(at.LANGUAGE_PROPERTY, ""),
        )

    def _from_print(self) -> Stamp | None:
        """Find the identity that is printed: in a footer, in a cell, or as the form's title."""
        texts = [sheet.margins for sheet in self.sheets] + [text for _, text in self.scanned]
        for text in texts:
            if "form" in text.casefold() and (stamp := read_stamp(text)):
                return stamp
        for _, text in self.scanned:
            if found := _titles().get(fold_word(text)):
                return Stamp(found[0], "", found[1])
        return None

    def _language_of_labels(self, kind: FormKind) -> str:
        texts = {fold_word(text) for _, text in self.scanned}
        spoken = [of for label, (_, of) in _labels(kind).items() if label in texts]
        return max(languages(), key=spoken.count)

    # where the answers are

    def places(self, kind: FormKind) -> Mapping[str, tuple[Place, ...]]:
        """Return for each field the cells that hold its answer, in the order of trust."""
        questions = FORMS[kind].questions
        named = {
            name: place
            for name in questions
            if (place := self.book.names.get(at.FIELD_PREFIX + name)) and self.sheet(place.sheet)
        }
        keyed = self._by_key(kind)
        labelled = {} if len({**named, **keyed}) == len(questions) else self._by_label(kind)
        rows: dict[tuple[str, int], tuple[str, Place]] = {
            (place.sheet, place.row): (name, place) for name, place in (labelled | keyed).items()
        }
        rows |= {(place.sheet, place.row): ("", place) for place in self.answer_heads}
        found: dict[str, tuple[Place, ...]] = {}
        for name in questions:
            name_says, row_says = named.get(name), keyed.get(name) or labelled.get(name)
            ways = [name_says, row_says]
            if name_says and row_says and name_says != row_says and self.answer_heads:
                # People see the table: a name that points elsewhere in it was left behind.
                stale = (name_says.sheet, name_says.row) in rows
                ways = [row_says, None if stale else name_says]
            elif name_says and rows.get((name_says.sheet, name_says.row), (name,))[0] != name:
                ways = [row_says]
            places = tuple(dict.fromkeys(place for place in ways if place))
            if places:
                found[name] = places
        return found

    @cached_property
    def answer_heads(self) -> tuple[Place, ...]:
        """The cells that head a column of answers."""
        return tuple(place for place, text in self.scanned if fold_word(text) in _answer_heads())

    @cached_property
    def answer_columns(self) -> Mapping[str, int]:
        """The column under the head of the answers, by sheet."""
        return {place.sheet: place.column for place in reversed(self.answer_heads)}

    def _by_key(self, kind: FormKind) -> dict[str, Place]:
        """Find answers by the hidden column of field ids."""
        columns: dict[tuple[str, int], dict[str, Place]] = {}
        for place, text in self.scanned:
            if text in FORMS[kind].questions:
                columns.setdefault((place.sheet, place.column), {}).setdefault(text, place)
        if not columns:
            return {}
        (sheet, column), keys = max(columns.items(), key=lambda item: len(item[1]))
        answer = self.answer_columns.get(sheet, column - _KEY_OFFSET)
        if answer < 1 or answer == column:
            return {}
        return {name: Place(sheet, place.row, answer) for name, place in keys.items()}

    def _by_label(self, kind: FormKind) -> dict[str, Place]:
        """Find answers by the printed label, in the column that holds the most of them."""
        labels = _labels(kind)
        columns: dict[tuple[str, int], dict[str, Place]] = {}
        for place, text in self.scanned:
            known = labels.get(fold_word(text))
            if known:
                columns.setdefault((place.sheet, place.column), {}).setdefault(known[0], place)
        if not columns:
            return {}
        (sheet, column), found = max(columns.items(), key=lambda item: len(item[1]))
        answer = self.answer_columns.get(sheet, column + _ANSWER_OFFSET)
        if answer <= column:
            return {}
        return {name: Place(sheet, place.row, answer) for name, place in found.items()}

    def answer(self, name: str, places: tuple[Place, ...]) -> Answer:
        """Return the answer of ``name``: the first that is not blank, and another one beside it."""
        readings = [(place, *self.cell(place)) for place in places]
        filled = [reading for reading in readings if reading[1].strip()] or readings
        place, raw, kind = filled[0]
        return Answer(
            field=name,
            raw=raw,
            where=place.text,
            cell_type=kind,
            damaged="\ufffd" in raw,
            disagrees=next((text for _, text, _ in filled[1:] if text != raw), None),
        )


@cache
def _labels(kind: FormKind) -> Mapping[str, tuple[str, str]]:
    """Return folded label → (field, language) of every language."""
    return {
        fold_word(form_texts(language).label(kind, name)): (name, language)
        for language in reversed(languages())
        for name in FORMS[kind].questions
    }


@cache
def _titles() -> Mapping[str, tuple[FormKind, str]]:
    """Return folded title → (form, language)."""
    return {
        fold_word(form_texts(language).form(kind).title): (kind, language)
        for language in languages()
        for kind in FORMS
    }


@cache
def _answer_heads() -> frozenset[str]:
    """Return the folded heads of the answers' column."""
    return frozenset(fold_word(form_texts(language).words("answer")) for language in languages())
