"""The queue as people see it: what is looked for, and by when staff have to act.

Due dates are on the team's calendar. Where the customer or Meta is to move, there is none: the stay
of staff, by which it is measured, begins when the move comes back to them.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pipeline.flow.services import Services, Work
from pipeline.model.working_calendar import CLOSES, OPENS, WorkingCalendar, at_hour
from pipeline.store.queues import Narrowing, QueueRow, QueueView, count, narrowed
from pipeline.store.search.find import Asking, find
from pipeline.store.search.query import Query, parse_query
from pipeline.wording import console as words

_WORKING_DAY = 60 * (CLOSES - OPENS)
_HOUR = 60
#: A customer's words are read within so many working days, as an alert says of any new request.
_READ_WITHIN = 1


class Unit(StrEnum):
    """In what the distance to a due date is told."""

    NOW = "now"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Due:
    """How far a due date is: ``late`` by, or due in, so many units of working time."""

    late: bool
    unit: Unit
    count: int


def parsed(services: Services, text: str) -> Query:
    """Return what ``text`` looks for; its faults are a part of it."""
    return parse_query(text, today=services.team.local_date(services.clock.now()))


def shown(
    work: Work,
    query: Query,
    view: QueueView,
    *,
    name: str = "",
    limit: int = 50,
    offset: int = 0,
) -> list[QueueRow]:
    """Return a page of a view with what ``query`` leaves of it; ``name`` is who looks.

    ``due_at`` of a line is the earlier one of its own and that of the words to be read.
    """
    team, now, tx = work.services.team, work.now, work.tx
    if query.is_empty:
        narrowing = Narrowing(
            now, words_due=lambda at: words_due(at, team), day_ends=day_ends(now, team)
        )
        rows = narrowed(tx, view, narrowing, limit=limit, offset=offset)
    else:
        asking = Asking(now, team.zone, name, lambda at: words_due(at, team), day_ends(now, team))
        rows = find(tx, query, view, asking, limit=limit, offset=offset)
    return [_with_words(row, team) for row in rows]


def counts(work: Work) -> dict[str, int]:
    """Return how many requests each view shows; ``all`` is not counted, as history never is."""
    ends = day_ends(work.now, work.services.team)
    return {
        view.value: count(work.tx, view, work.now, ends)
        for view in QueueView
        if view is not QueueView.ALL
    }


def day_ends(now: datetime, team: WorkingCalendar) -> datetime:
    """Return when the working day of ``now`` is over; on a day off, when it would be."""
    return at_hour(team.local_date(now), CLOSES, team.zone)


def words_due(at: datetime, team: WorkingCalendar) -> datetime:
    """Return by when words have to be read that came ``at`` (aware)."""
    day = team.add(team.local_date(at), _READ_WITHIN)
    return at_hour(day, CLOSES, team.zone)


def _with_words(row: QueueRow, team: WorkingCalendar) -> QueueRow:
    if row.unread_since is None:
        return row
    read_by = words_due(row.unread_since, team)
    return replace(row, due_at=min(row.due_at or read_by, read_by))


def distance(due_at: datetime, now: datetime, team: WorkingCalendar) -> Due:
    """Return how far ``due_at`` (aware) is from ``now`` in the team's working hours."""
    late = due_at < now
    first, last = (due_at, now) if late else (now, due_at)
    minutes = int(team.working_time(first, last).total_seconds()) // _HOUR
    same_day = team.local_date(first) == team.local_date(last)
    if minutes == 0 and same_day:
        return Due(late, Unit.NOW, 0)
    if late and minutes >= _WORKING_DAY:
        return Due(late, Unit.DAYS, minutes // _WORKING_DAY)
    if not late and not same_day:
        after = team.count(team.local_date(first), team.local_date(last))
        return Due(late, Unit.DAYS, after - team.is_working_day(team.local_date(first)))
    if minutes >= _HOUR:
        return Due(late, Unit.HOURS, minutes // _HOUR)
    return Due(late, Unit.MINUTES, minutes) if minutes else Due(late, Unit.NOW, 0)


def due_words(due_at: datetime | None, now: datetime, team: WorkingCalendar) -> str:
    """Return how far a due date is, in words; empty where there is none."""
    if due_at is None:
        return ""
    due = distance(due_at, now, team)
    kind = "late" if due.late else "in"
    if due.unit is Unit.NOW:
        return words.word("queue_due_now")
    return words.counted(f"queue_due_{kind}_{due.unit}", due.count)
