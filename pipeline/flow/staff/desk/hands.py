"""Who works on a request: it is taken, given back, or put to sleep; its status stays."""

from dataclasses import replace
from datetime import date

from pipeline.errors import RefusedError, UsageError
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import note_in_history, on_request
from pipeline.model.working_calendar import at_hour
from pipeline.store.records import RequestRecord

#: A request that was put to sleep is back at this hour of the team.
_MORNING = 8
#: So far ahead a request can sleep; what waits longer is held or withdrawn.
_LONGEST_DAYS = 92


def take(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Note that ``who`` works on the request; it is awake then.

    Raises RefusedError ``taken_by_other`` while a colleague has it, who gives it back first.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        desk = work.tx.desk.get(current.id)
        if desk.assignee not in {"", who}:
            raise RefusedError(
                "taken_by_other", reference=current.reference, assignee=desk.assignee
            )
        if not desk.assignee:
            work.tx.desk.set(replace(desk, assignee=who, taken_at=work.now, snoozed_until=None))
            note_in_history(work, current, who, ("taken", who))
        return current

    return on_request(services, record, change)


def give_back(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Note that nobody works on the request any more, whoever had it; the history names both.

    Raises RefusedError ``taken_by_nobody``.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        desk = work.tx.desk.get(current.id)
        if not desk.assignee:
            raise RefusedError("taken_by_nobody", reference=current.reference)
        work.tx.desk.set(replace(desk, assignee="", taken_at=None))
        note_in_history(work, current, who, ("given_back", desk.assignee))
        return current

    return on_request(services, record, change)


def snooze(services: Services, record: RequestRecord, who: str, *, until: date) -> RequestRecord:
    """Keep the request out of ``needs-me`` until the morning of ``until``.

    It is back earlier when the customer writes or a promise of ours is broken: its deadlines,
    alerts and mails go on as ever. Raises UsageError ``snooze_day``.
    """
    zone = services.settings.team.time_zone

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        today = services.team.local_date(work.now)
        if not 0 < (until - today).days <= _LONGEST_DAYS:
            raise UsageError("snooze_day", reference=current.reference, days=_LONGEST_DAYS)
        at = at_hour(until, _MORNING, zone)
        desk = work.tx.desk.get(current.id)
        work.tx.desk.set(replace(desk, snoozed_until=at, snoozed_by=who))
        note_in_history(work, current, who, ("snoozed", until.isoformat()))
        return current

    return on_request(services, record, change)
