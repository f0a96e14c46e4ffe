"""A table of numbers that staff bring along: what it would change, and the second click."""

import csv
import hashlib
import io
from collections.abc import Sequence

from starlette.responses import Response

from pipeline.errors import PipelineError, UsageError
from pipeline.flow.staff import numbers
from pipeline.flow.staff.desk.import_warnings import Change, Warned, warning_line, warnings_of
from pipeline.flow.views.lists.number_file import NumberFile, read_numbers
from pipeline.flow.views.lists.tables import number_table
from pipeline.store.records import NumberRecord
from pipeline.web.visit import Visit
from pipeline.wording import console as words

_MOST_BYTES = 3_000_000
#: So many changes and refused lines are shown one by one.
_SHOWN = 200
_MARK = 24
_LONGEST_NAME = 100
_Changes = Sequence[Change]


def form(visit: Visit) -> Response:
    """Show where a table is chosen, and what it has to look like."""
    return visit.page("numbers/import", error="")


def take(visit: Visit) -> Response:
    """Show what a table would change; import it once that was seen."""
    try:
        name, raw = _given(visit)
        setting = visit.console.settings.sender.mailbox_providers
        found = read_numbers(name, raw, setting, guard=visit.services.guard)
        changes = [
            (before, after)
            for before, after in numbers.compared(visit.services, found.good)
            if before != after
        ]
        warned = warnings_of(visit.services, changes)
        if visit.text("confirmed") != _mark(changes, warned):
            return _preview(visit, name, found, changes, warned)
        done = numbers.import_all(visit.services, found.good, visit.who)
    except PipelineError as error:
        return visit.page("numbers/import", 400, error=words.explain(error))
    return visit.go("/numbers", done="imported", n=str(done.new + done.changed))


def _given(visit: Visit) -> tuple[str, bytes]:
    """Return the file that was chosen, or the table of the preview that was agreed to."""
    kept = visit.texts("table")
    if kept:
        return visit.text("name")[:_LONGEST_NAME], kept[0].encode("utf-8", "replace")
    chosen = visit.upload("file")
    if chosen is None:
        raise UsageError("import_no_file")
    raw = chosen.file.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise UsageError("import_too_large", megabytes=_MOST_BYTES // 1_000_000)
    return (chosen.filename or "")[:_LONGEST_NAME], raw


def _mark(changes: _Changes, warned: Sequence[Warned]) -> str:
    """Return a mark of what would change: who agrees to it agrees to nothing else."""
    seen = (changes, [(one.risk, one.after.e164, one.reference) for one in warned])
    return hashlib.sha256(repr(seen).encode("utf-8", "replace")).hexdigest()[:_MARK]


def _preview(
    visit: Visit, name: str, found: NumberFile, changes: _Changes, warned: Sequence[Warned]
) -> Response:
    new = sum(before is None for before, _ in changes)
    return visit.page(
        "numbers/imported",
        name=name,
        changes=changes[:_SHOWN],
        warned=[(one.reference, warning_line(one, visit.zone)) for one in warned[:_SHOWN]],
        more_warned=max(len(warned) - _SHOWN, 0),
        new=new,
        changed=len(changes) - new,
        unchanged=len(found.good) - len(changes),
        refused=found.refused[:_SHOWN],
        refused_lines=found.refused_lines,
        columns=", ".join(found.unknown_columns),
        shown=_SHOWN,
        table=_as_table(found.good),
        mark=_mark(changes, warned),
        overtaken=bool(visit.text("confirmed")),
    )


def _as_table(records: Sequence[NumberRecord]) -> str:
    """Return the good lines as the table that the second click sends back."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(number_table(records))
    return written.getvalue()
