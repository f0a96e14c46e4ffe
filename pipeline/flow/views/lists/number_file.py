"""A file of numbers as spreadsheet programs write it; each line that is not taken has a reason."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from pipeline.errors import UsageError
from pipeline.forms.xlsx.read.table import read_table
from pipeline.guard import Guard, GuardError
from pipeline.mailbox.authentication.domains import organisational
from pipeline.mailbox.providers import is_provider
from pipeline.model.request import NumberState
from pipeline.store.records import NumberRecord
from pipeline.validation.phone.canonical import canonical_number

COLUMNS = ("number", "state", "organisation", "since")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: How every workbook begins: it is a ZIP archive.
_ZIP = b"PK\x03\x04"
#: No larger file is read.
MOST_MEGABYTES = 10
_LONGEST_DOMAIN, _LONGEST_ADDRESS = 253, 320
#: Letters (of any script), digits, and hyphens between them; the last label is no number.
_LABEL = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")
_LOCAL_PART = re.compile(r"[^\s@<>(),:;\"\[\]\\\x00-\x20\x7f]{1,64}")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a line is not taken: the key of a sentence, the value, and the line it clashes with."""

    line: int
    reason: str
    value: str
    other: int = 0


@dataclass(slots=True)
class NumberFile:
    """What stands in a file: the good lines, the refused ones, and columns that nobody knows."""

    good: list[NumberRecord] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    unknown_columns: tuple[str, ...] = ()

    @property
    def refused_lines(self) -> int:
        """How many lines were refused; one line may have several reasons."""
        return len({refusal.line for refusal in self.refused})


def read_numbers(
    file: str, raw: bytes, setting: Sequence[str] = (), *, guard: Guard | None = None
) -> NumberFile:
    """Read a table of numbers with a heading in any case; ``file`` is what it is called.

    It is CSV (separated by commas, semicolons or tabs), or a workbook, whose first sheet with words
    counts; ``guard`` reads that (None: one of its own). A domain where strangers have their
    mailboxes or domains owns no number: see :mod:`pipeline.mailbox.providers`, also for the
    ``setting``.
    Raises UsageError ``import_not_text``, ``import_not_read``, ``import_no_heading`` or
    ``import_column_twice``.
    """
    rows = _of_workbook(file, raw, guard) if raw.startswith(_ZIP) else _rows(file, _text(file, raw))
    _, heading = next(rows, (0, []))
    names = [name.strip().lower() for name in heading]
    if "number" not in names:
        raise UsageError("import_no_heading", file=file, found=", ".join(filter(None, heading)))
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise UsageError("import_column_twice", file=file, columns=", ".join(twice))
    unknown = tuple(name for name in names if name and name not in COLUMNS)
    found = NumberFile(unknown_columns=unknown)
    places: dict[str, tuple[int, NumberRecord]] = {}
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        read = _line(line, names, cells)
        if not isinstance(read, NumberRecord):
            found.refused += read
            continue
        shared = _shared(read.organisation, setting)
        if shared:
            found.refused.append(Refusal(line, shared, read.organisation))
            continue
        earlier = places.setdefault(read.e164, (line, read))
        if earlier[1] != read:
            found.refused.append(Refusal(line, "import_twice", read.e164, earlier[0]))
        elif earlier[0] == line:
            found.good.append(read)
    return found


def _text(file: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-16" if raw.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("import_not_text", file=file) from error


def _of_workbook(file: str, raw: bytes, guard: Guard | None) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the rows of a workbook that somebody sent us, read in the guarded child."""
    try:
        if guard is not None:
            rows = guard.call(read_table, raw)
        else:
            with Guard() as own:
                rows = own.call(read_table, raw)
    except GuardError as error:
        raise UsageError("import_not_read", file=file) from error
    if not rows:
        raise UsageError("import_not_read", file=file)
    yield from rows


def _rows(file: str, text: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the number of each line with its cells; the first is the heading."""
    first, *rest = _LINE_END.split(text, maxsplit=2)
    named = first.lower().removeprefix("sep=") if first.lower().startswith("sep=") else ""
    heading = rest[0] if named and rest else first
    delimiter = named[:1] or max(",;\t", key=heading.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    if named:
        next(table, None)
    try:
        for cells in table:
            yield table.line_num, cells
    except csv.Error as error:  # a cell without an end
        raise UsageError("import_not_text", file=file) from error


def _line(line: int, names: Sequence[str], cells: Sequence[str]) -> NumberRecord | list[Refusal]:
    values = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
    typed = values.get("number", "")
    number = canonical_number(typed) if typed else None
    state = _state(values.get("state", ""))
    organisation = read_organisation(values.get("organisation", ""))
    since = _day(values.get("since", ""))
    faults = [
        ("import_cells", " ".join(cells[len(names) :]).strip()),
        ("import_number_missing", "" if typed else " "),
        ("import_number", typed if typed and number is None else ""),
        ("import_state_missing", "" if values.get("state") else " "),
        ("import_state", values.get("state", "") if state is None else ""),
        ("import_organisation", values.get("organisation", "") if organisation is None else ""),
        ("import_since", values.get("since", "") if since is None else ""),
    ]
    refused = [Refusal(line, reason, value) for reason, value in faults if value]
    if refused or number is None or state is None or organisation is None:
        return refused
    return NumberRecord(number, state, organisation, since)


def _shared(organisation: str, setting: Sequence[str]) -> str:
    """Return why a domain is no owner of a number; empty when it may be one."""
    if not organisation or "@" in organisation:
        return ""
    if is_provider(organisation, setting):
        return "import_provider"
    return "import_shared" if not organisational(organisation) else ""


def _state(text: str) -> NumberState | None:
    try:
        return NumberState(text.lower())
    except ValueError:
        return None


def read_organisation(text: str) -> str | None:
    """Return a mail domain or an address in small letters, empty as it is; None for all else."""
    found = text.strip().lower()
    local, at, domain = found.rpartition("@")
    if not found:
        return ""
    if not _DOMAIN.fullmatch(domain) or len(domain) > _LONGEST_DOMAIN:
        return None
    is_good = not at or (_LOCAL_PART.fullmatch(local) and len(found) <= _LONGEST_ADDRESS)
    return found if is_good else None


def read_number(text: str) -> str:
    """Return the E.164 form of a number; raises UsageError ``number_unreadable``."""
    number = canonical_number(text)
    if number is None:
        raise UsageError("number_unreadable", number=text)
    return number


def read_domain(text: str) -> str:
    """Return a mail domain in small letters; raises UsageError ``organisation_not_domain``."""
    found = read_organisation(text.strip().removeprefix("@"))
    if not found or "@" in found:
        raise UsageError("organisation_not_domain", organisation=text)
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
