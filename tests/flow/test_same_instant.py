"""The end of a certificate is one instant: in mail, X.509, state, deadlines and calendar files."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cryptography import x509
from icalendar import Calendar

from pipeline.flow.staff import review as decisions
from pipeline.flow.views.expiring import expiring_calendar
from pipeline.model.form import FormKind
from pipeline.model.request import EventName
from pipeline.tracks.deadlines import deadlines
from tests.world.customers import OLIVER, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices

_LIFE = timedelta(days=7)
#: The customer's zone, when the certificate is created (UTC), and what is odd about it.
_ODD = {
    "half an hour of summer time ends": ("Australia/Lord_Howe", "2027-03-30 12:34:56"),
    "half an hour of summer time begins": ("Australia/Lord_Howe", "2027-09-30 12:34:56"),
    "three quarters of an hour": ("Pacific/Chatham", "2027-03-31 10:00:00"),
    "half-hour zone": ("Asia/Kolkata", "2026-12-28 18:29:59"),
    "quarter-hour zone": ("Asia/Kathmandu", "2026-12-28 18:14:59"),
    "first over the date line": ("Pacific/Kiritimati", "2026-12-28 09:59:59"),
    "last over the date line": ("Pacific/Pago_Pago", "2026-12-28 10:59:59"),
    "moved over the date line": ("Pacific/Apia", "2026-12-28 10:00:00"),
    "summer time backwards": ("Africa/Casablanca", "2027-02-03 12:00:00"),
    "summer time backwards ends": ("Africa/Casablanca", "2027-03-10 12:00:00"),
    "clocks change at midnight": ("America/Santiago", "2027-04-01 02:59:59"),
    "clocks go forward in Europe": ("Europe/London", "2027-03-26 00:30:00"),
    "clocks go back in Europe": ("Europe/Berlin", "2027-10-25 00:30:00"),
    "clocks go forward in America": ("America/New_York", "2027-03-08 06:30:00"),
    "half-hour zone with summer time": ("America/St_Johns", "2027-11-02 05:30:00"),
    "winter time is the other one": ("Europe/Dublin", "2027-10-25 00:30:00"),
    "no summer time": ("America/Phoenix", "2027-03-08 06:30:00"),
    "zone of the far south": ("Antarctica/Troll", "2027-03-23 00:30:00"),
    "to the leap day": ("Asia/Tokyo", "2028-02-22 14:00:00"),
    "from the leap day": ("America/Los_Angeles", "2028-02-29 07:59:59"),
    "over the year": ("Asia/Tehran", "2026-12-31 20:29:59"),
}
_USUAL = {"half an hour of summer time ends", "first over the date line", "to the leap day"}


@pytest.mark.parametrize(
    "odd",
    [name if name in _USUAL else pytest.param(name, marks=pytest.mark.long) for name in _ODD],
)
def test_end_of_a_certificate_is_one_instant(odd: str, make_world: MakeWorld) -> None:
    zone, text = _ODD[odd]
    created = datetime.fromisoformat(text).replace(tzinfo=UTC)
    end, local = created + _LIFE, (created + _LIFE).astimezone(ZoneInfo(zone))
    world = make_world()
    world.clock.set(created)
    today = created.astimezone(ZoneInfo(zone)).date().isoformat()
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en", ready_date=today, time_zone=zone))
    record = decisions.approve(
        world.services, world.request(OLIVER), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)

    (row,) = world.certificates(record)
    assert (row.created_at, row.expires_at, record.state.certificate_expires_at) == (
        created, end, end,
    )  # fmt: skip
    certificate = x509.load_pem_x509_certificate(row.text.encode())
    assert certificate.not_valid_before_utc == created
    assert certificate.not_valid_after_utc == end - timedelta(seconds=1)
    services = world.services
    listed = deadlines(record.state, services.policy, customer_zone=zone, team=services.team)
    due = {item.key: item.at for item in listed}
    assert (due["expire"], due["remind-1-left"]) == (end, end - timedelta(days=1))
    mail = next(one for one in world.staff_mails() if one.notice == "certificate_issued")
    (calendar,) = (content for name, content in mail.files.items() if name.endswith(".ics"))
    for source in (calendar, expiring_calendar(services)):
        assert end in [event.start for event in Calendar.from_ical(source).events]
    assert f"{local.day} {local:%B %Y}, {local:%H:%M}" in mail.text
    hours, minutes = divmod(abs(local.utcoffset() or timedelta()), timedelta(hours=1))
    sign = "-" if (local.utcoffset() or timedelta()) < timedelta() else "+"
    part = f":{minutes // timedelta(minutes=1):02}" if minutes else ""
    assert hours == 0 or f"UTC{sign}{hours}{part}" in mail.text.replace("\u2212", "-")
    assert any(f"exp-{local:%Y-%m-%d}" in name for name in mail.files)

    world.clock.set(end - timedelta(seconds=1))
    assert "certificate_expired" not in notices(world.run())
    world.clock.set(end)
    assert "certificate_expired" in notices(world.run())
