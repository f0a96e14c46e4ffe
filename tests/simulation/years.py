"""Makes years: customers, misfortune and what became of them, all from one seed."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from pipeline.model.request import EventName, Status
from tests.simulation import checks
from tests.simulation.driver import Year
from tests.simulation.facts import kept_facts
from tests.simulation.misfortune import Misfortune
from tests.simulation.people import Person, crowd
from tests.world.world import World

_GRACE = timedelta(days=3)
_OUTAGE = timedelta(days=3)
#: The bytes of mails stay for the whole year: what was written in them is looked at.
SECTIONS = {"retention": {"sent_bytes_days": 400}}


def lived(
    world: World,
    seed: int,
    people: int | Sequence[Person],
    days: int = 365,
    *,
    misfortune: bool = False,
) -> Year:
    """Return a year (or ``days`` of it) with so many customers that has passed in ``world``."""
    start = world.clock.now()
    until = start + timedelta(days=days)
    begins = start + timedelta(days=days * 0.35)
    who = crowd(seed, people) if isinstance(people, int) else [*people]
    trouble = Misfortune(world, start, until, Random(f"misfortune {seed}")) if misfortune else None
    with kept_facts() as written:
        year = Year(
            world, written, who, until, (begins, begins + _OUTAGE), Random(seed), misfortune=trouble
        )
        year.live()
    return year


def faults(year: Year) -> list[str]:
    """Return everything that is not as it has to be, during the year and at its end."""
    if year.broken:
        return year.broken
    found = [
        fault
        for mail in year.mails
        for look in (checks.untrue_dates, checks.untrue_enclosures, checks.contradictions)
        for fault in look(mail)
    ]
    return [
        *found,
        *checks.broken_promises(year.mails, year.ended, year.until, year.written_by),
        *checks.doubled_reminders(year.mails),
        *_hasty_closings(year),
    ]


def _hasty_closings(year: Year) -> Iterator[str]:
    """Yield each close that came sooner than three days after a reminder of the same stay."""
    for record in year.world.requests():
        events = year.world.history(record)
        for place, event in enumerate(events):
            if event.event is not EventName.CLOSE:
                continue
            reminded = [
                mail.sent_at
                for mail in year.mails
                if record.reference in mail.also
                and mail.sent_at <= event.at
                and mail.notice.value.endswith(("reminder", "readiness_check"))
            ]
            begun = max(one.at for one in events[:place] if one.before is not one.after)
            if reminded and begun < reminded[-1] and event.at - reminded[-1] < _GRACE:
                yield f"{record.reference}: closed {event.at}, reminded {reminded[-1]}"
            if not reminded and event.before is Status.NEEDS_CORRECTION:
                yield f"{record.reference}: closed {event.at} without a reminder"


def story(year: Year, reference: str = "") -> Iterator[str]:
    """Yield what happened in a year, line by line: mails out, and steps of requests."""
    lines: list[tuple[datetime, str]] = [(mail.sent_at, f"mail    {mail}") for mail in year.mails]
    for record in year.world.requests():
        lines += [
            (
                event.at,
                f"step    {record.reference} {event.event} -> {event.after} ({event.actor_name})",
            )
            for event in year.world.history(record)
        ]
    yield from (f"{at:%Y-%m-%d %H:%M}  {line}" for at, line in sorted(lines) if reference in line)
