"""A year of requests: what was promised is kept, and no mail says what is not so."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from pipeline.model.request import EventName, Status
from tests.simulation import checks
from tests.simulation.driver import Year
from tests.simulation.facts import kept_facts
from tests.simulation.people import crowd
from tests.world.fixtures import MakeWorld

_GRACE = timedelta(days=3)


def _lived(make_world: MakeWorld, seed: int, count: int, days: int) -> Year:
    """Return a year (or ``days`` of it) with ``count`` customers that has passed."""
    world = make_world(retention={"sent_bytes_days": 400})
    start = world.clock.now()
    begins = start + timedelta(days=days * 0.35)
    with kept_facts() as written:
        year = Year(
            world,
            written,
            crowd(seed, count),
            start + timedelta(days=days),
            (begins, begins + timedelta(days=3)),
            Random(seed),
        )
        year.live()
    return year


def _faults(year: Year) -> list[str]:
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


def _hasty_closings(year: Year) -> list[str]:
    """Return each close that came sooner than three days after a reminder of the same stay."""
    found = []
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
                found.append(f"{record.reference}: closed {event.at}, reminded {reminded[-1]}")
            if not reminded and event.before is Status.NEEDS_CORRECTION:
                found.append(f"{record.reference}: closed {event.at} without a reminder")
    return found


def _check(year: Year, least: int) -> None:
    faults = _faults(year)
    assert len(year.mails) >= least
    assert not faults, "\n".join([*faults, str(year.refused)])


def test_some_requests_of_three_months(make_world: MakeWorld) -> None:
    _check(_lived(make_world, 7, 9, 100), 25)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_year_of_two_hundred_requests(make_world: MakeWorld, seed: int) -> None:
    year = _lived(make_world, seed, 200, 365)
    _check(year, 900)
    assert any(mail.notice.value == "delayed" for mail in year.mails)
    assert year.until > datetime(2027, 11, 1, tzinfo=UTC)
