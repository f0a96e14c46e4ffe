"""From the approval to the end of a certificate, by the clock of the customer: told, asked, closed.

A story is a list of instants and what happens at each; between them the batch runs whenever a
request is due, but while we are *down*. What was expected was worked out by hand from the tables
of the tracks, on the calendar of Japan (Tokyo), where the team works.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipeline.flow.staff import certificates
from pipeline.flow.staff import review as decisions
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, Slot, Status
from pipeline.store.records import RequestRecord
from tests.world.customers import OLIVER, form
from tests.world.fixtures import MakeWorld
from tests.world.world import START, World

_TEAM = {"country": "JP", "time_zone": "Asia/Tokyo"}
#: Staff may take a mail back for two minutes.
_UNDO_WINDOW = timedelta(seconds=121)
#: What is due and not done yet is looked at again by a later batch.
_NEXT_BATCH = timedelta(minutes=30)
_MOST_BATCHES = 200


@dataclass(frozen=True)
class Story:
    """What happens (``at``: local time → who does what), and what the customer is told by when.

    Instants are ``month-day hour:minute`` of the customer's zone, from November 2026 on. ``down``
    names the stretches without a batch.
    """

    at: Mapping[str, str]
    until: str
    told: tuple[str, ...]
    status: Status
    ready: str = "2026-11-23"
    zone: str = "Asia/Tokyo"
    kind: FormKind = FormKind.ONBOARDING
    down: tuple[tuple[str, str], ...] = ()
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


def _instant(text: str, zone: str) -> datetime:
    year = 2026 if text[:2] in {"11", "12"} else 2027
    return datetime.fromisoformat(f"{year}-{text}").replace(tzinfo=ZoneInfo(zone))


def _told(world: World, story: Story, found: list[str]) -> None:
    for mail in world.run():
        local = world.clock.now().astimezone(ZoneInfo(story.zone))
        found.append(f"{local:%m-%d %H:%M} {mail.notice}")


def _batches(world: World, story: Story, record: RequestRecord, until: datetime) -> list[str]:
    """Run a batch whenever the request is due, up to ``until``, but while we are down."""
    found: list[str] = []
    for _ in range(_MOST_BATCHES):
        now = world.clock.now()
        due = world.again(record).next_at
        step = max(due, now + _NEXT_BATCH) if due is not None else until + _NEXT_BATCH
        for begin, end in story.down:
            if _instant(begin, story.zone) <= step < _instant(end, story.zone):
                step = _instant(end, story.zone)
        if step > until:
            world.clock.set(until)
            return found
        world.clock.set(step)
        _told(world, story, found)
    raise AssertionError(f"a request is due without end: {found[-5:]}")


def _do(world: World, record: RequestRecord, what: str) -> None:
    """Let staff decide (`` - ``) or the customer write."""
    word, _, more = what.partition(" ")
    services, who = world.services, "saki"
    match word:
        case "approve":
            record = decisions.approve(services, record, who, ticked="all", business_verified=True)
            if record.status is Status.NAME_REVIEW:
                decisions.advance(services, record, who, event=EventName.NAME_APPROVED)
        case "hold":
            decisions.hold(services, record, who)
        case "release":
            decisions.release(services, record, who)
        case "reissue":
            certificates.reissue_certificate(services, record, who)
        case "revoke":
            certificates.revoke_certificate(services, record, who, reason=more)
        case "created":
            decisions.mark_created(services, record, who)
        case "mark-active":
            decisions.mark_active(services, record, who)
        case "offer":
            start = datetime.fromisoformat(more)
            slot = Slot(start, start + timedelta(hours=1))
            decisions.advance(services, record, who, slots=(slot,))
        case "verified":
            decisions.advance(services, record, who, event=EventName.CODE_VERIFIED)
        case "writes":
            return
        case _:
            raise AssertionError(what)


def tell(world: World, story: Story) -> tuple[list[str], RequestRecord]:
    """Let ``story`` happen; return what the customer was told, and the request at its end."""
    answers = {"ready_date": story.ready, "time_zone": story.zone}
    world.mail(OLIVER, form(story.kind, "en", **answers))
    record = world.request(OLIVER)
    found: list[str] = []
    for when, what in story.at.items():
        found += _batches(world, story, record, _instant(when, story.zone))
        _do(world, world.again(record), what)
        word, _, more = what.partition(" ")
        if word == "writes":
            replied = world.reply(world.again(record), more)
        else:
            replied = world.run(_UNDO_WINDOW)
        found += [f"{when} {mail.notice}" for mail in replied]
    found += _batches(world, story, record, _instant(story.until, story.zone))
    return found, world.again(record)


_S = Status
_NOW = "11-23 18:30"  # when the mail comes and staff approve, in Tokyo
_SENT = "11-23 18:30"
_APPROVED = {_NOW: "approve"}

#: Names of cases → the story. Every third is told in each run, all of them as long tests.
STORIES: Mapping[str, Story] = {
    # when a certificate goes out by itself
    "ready today": Story(
        _APPROVED, "11-24 09:00", ("11-23 18:30 certificate_issued",), _S.CERTIFICATE_ISSUED
    ),
    "ready three days ago": Story(
        _APPROVED,
        "11-24 09:00",
        ("11-23 18:30 certificate_issued",),
        _S.CERTIFICATE_ISSUED,
        ready="2026-11-20",
    ),
    "names this very day": Story(
        {**_APPROVED, "12-02 09:00": "writes We will be ready on 2 December 2026."},
        "12-10 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "12-02 18:00 readiness_check",
            "12-09 18:00 readiness_check",
        ),
        _S.AWAITING_READINESS,
        ready="2026-12-10",
    ),
    "ready four days ago: asked, reminded twice, closed": Story(
        _APPROVED,
        "12-24 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "11-30 18:00 readiness_check",
            "12-07 18:00 readiness_check",
            "12-23 18:00 closed_no_response",
        ),
        _S.CLOSED_NO_RESPONSE,
        ready="2026-11-19",
    ),
    "ready on a working day to come": Story(
        _APPROVED,
        "01-13 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "12-10 18:00 readiness_check",
            "12-17 18:00 readiness_check",
            "12-24 18:00 readiness_check",
            # the thirtieth day is a Saturday, and Monday is a holiday in Japan
            "01-12 18:00 closed_no_response",
        ),
        _S.CLOSED_NO_RESPONSE,
        ready="2026-12-10",
    ),
    "ready on a Saturday": Story(
        _APPROVED,
        "12-29 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "12-14 18:00 readiness_check",
            "12-21 18:00 readiness_check",
            "12-28 18:00 readiness_check",
        ),
        _S.AWAITING_READINESS,
        ready="2026-12-12",
    ),
    "says ready on the day": Story(
        {**_APPROVED, "12-10 19:00": "writes READY"},
        "12-14 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "12-10 18:00 readiness_check",
            "12-10 19:00 certificate_issued",
        ),
        _S.CERTIFICATE_ISSUED,
        ready="2026-12-10",
    ),
    "says ready before the day": Story(
        {**_APPROVED, "12-01 09:00": "writes READY"},
        "12-03 00:00",
        ("11-23 18:30 approved_not_ready", "12-01 09:00 certificate_issued"),
        _S.CERTIFICATE_ISSUED,
        ready="2026-12-10",
    ),
    "names a later day": Story(
        {**_APPROVED, "12-02 09:00": "writes We will be ready on 20 December 2026."},
        "12-29 00:00",
        (
            "11-23 18:30 approved_not_ready",
            # a Sunday
            "12-21 18:00 readiness_check",
            "12-28 18:00 readiness_check",
        ),
        _S.AWAITING_READINESS,
        ready="2026-12-10",
    ),
    "in London the hour is London's": Story(
        _APPROVED,
        "12-18 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "12-10 18:00 readiness_check",
            "12-17 18:00 readiness_check",
        ),
        _S.AWAITING_READINESS,
        ready="2026-12-10",
        zone="Europe/London",
    ),
    "tomorrow in Los Angeles is today in Tokyo": Story(
        {"11-23 06:00": "approve"},
        "11-25 00:00",
        ("11-23 06:00 approved_not_ready", "11-24 18:00 readiness_check"),
        _S.AWAITING_READINESS,
        ready="2026-11-24",
        zone="America/Los_Angeles",
    ),
    "today on Kiritimati is tomorrow elsewhere": Story(
        {"11-24 02:00": "approve"},
        "11-24 12:00",
        ("11-24 02:00 certificate_issued",),
        _S.CERTIFICATE_ISSUED,
        ready="2026-11-24",
        zone="Pacific/Kiritimati",
    ),
    "ready in the night that gains an hour": Story(
        _APPROVED,
        "04-12 00:00",
        (
            "11-23 18:30 approved_not_ready",
            # Sunday 28 March
            "03-29 18:00 readiness_check",
            "04-05 18:00 readiness_check",
        ),
        _S.AWAITING_READINESS,
        ready="2027-03-28",
        zone="Europe/Berlin",
    ),
    # while we are down
    "down over the day and the first reminder": Story(
        _APPROVED,
        "12-25 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "12-20 12:00 readiness_check",
            "12-24 18:00 readiness_check",
        ),
        _S.AWAITING_READINESS,
        ready="2026-12-10",
        down=(("12-05 00:00", "12-20 12:00"),),
    ),
    "down until the next reminder is near": Story(
        _APPROVED,
        "12-18 00:00",
        ("11-23 18:30 approved_not_ready", "12-17 18:00 readiness_check"),
        _S.AWAITING_READINESS,
        ready="2026-12-10",
        down=(("12-05 00:00", "12-17 09:00"),),
    ),
    "down past the close: reminded first, closed days later": Story(
        _APPROVED,
        "01-26 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "01-20 12:00 readiness_check",
            # three days later is a Saturday
            "01-25 18:00 closed_no_response",
        ),
        _S.CLOSED_NO_RESPONSE,
        ready="2026-12-10",
        down=(("12-05 00:00", "01-20 12:00"),),
    ),
    "down past the last reminder": Story(
        _APPROVED,
        "01-13 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "12-10 18:00 readiness_check",
            "12-17 18:00 readiness_check",
            "01-11 09:00 readiness_check",
            "01-14 18:00 closed_no_response",
        )[:4],
        _S.AWAITING_READINESS,
        ready="2026-12-10",
        down=(("12-20 00:00", "01-11 09:00"),),
    ),
    # holds in between, and what is taken back
    "held and released before the day": Story(
        {**_APPROVED, "12-08 10:00": "hold", "12-09 10:00": "release"},
        "12-11 00:00",
        ("11-23 18:30 approved_not_ready", "12-10 18:00 readiness_check"),
        _S.AWAITING_READINESS,
        ready="2026-12-10",
    ),
    "held over the day: asked on the day of the release": Story(
        {**_APPROVED, "12-08 10:00": "hold", "12-14 10:00": "release"},
        "12-15 00:00",
        ("11-23 18:30 approved_not_ready", "12-14 18:00 readiness_check"),
        _S.AWAITING_READINESS,
        ready="2026-12-10",
    ),
    "withdrawn and taken back: asked by that mail": Story(
        {
            **_APPROVED,
            "12-11 09:00": "writes WITHDRAW",
            "12-11 15:00": "writes UNDO",
        },
        "12-19 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "12-10 18:00 readiness_check",
            "12-11 09:00 withdrawn",
            "12-11 15:00 status_changed",
            "12-18 18:00 readiness_check",
        ),
        _S.AWAITING_READINESS,
        ready="2026-12-10",
    ),
    "withdrawn a day before the day, taken back": Story(
        {
            **_APPROVED,
            "12-09 09:00": "writes WITHDRAW",
            "12-09 15:00": "writes UNDO",
        },
        "12-11 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "12-09 09:00 withdrawn",
            "12-09 15:00 status_changed",
            "12-10 18:00 readiness_check",
        ),
        _S.AWAITING_READINESS,
        ready="2026-12-10",
    ),
    "taken back too late": Story(
        {
            **_APPROVED,
            "12-11 09:00": "writes WITHDRAW",
            "12-12 09:01": "writes UNDO",
        },
        "12-20 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "12-10 18:00 readiness_check",
            "12-11 09:00 withdrawn",
            "12-12 09:01 question",
        ),
        _S.WITHDRAWN,
        ready="2026-12-10",
    ),
    # an approval that grows old
    "approval lapses after 180 days": Story(
        {**_APPROVED, "03-01 09:00": "writes We will be ready on 15 June 2027."},
        "05-22 18:31",
        (
            "11-23 18:30 approved_not_ready",
            "05-22 18:30 held",
        ),
        _S.HELD,
        ready="2027-03-05",
    ),
    # the end of a certificate
    "reminded with three days and one day left, expired, closed": Story(
        _APPROVED,
        "12-31 00:00",
        (
            "11-23 18:30 certificate_issued",
            "11-27 18:30 certificate_reminder",
            "11-29 18:30 certificate_reminder",
            "11-30 18:30 certificate_expired",
            "12-18 18:00 integration_reminder",
            "12-30 18:00 closed_no_response",
        ),
        _S.CLOSED_NO_RESPONSE,
    ),
    "down over both reminders": Story(
        _APPROVED,
        "11-30 18:00",
        ("11-23 18:30 certificate_issued", "11-29 20:00 certificate_reminder"),
        _S.CERTIFICATE_ISSUED,
        down=(("11-25 00:00", "11-29 20:00"),),
    ),
    "down until half an hour before the second": Story(
        _APPROVED,
        "11-30 18:00",
        ("11-23 18:30 certificate_issued", "11-29 18:30 certificate_reminder"),
        _S.CERTIFICATE_ISSUED,
        down=(("11-25 00:00", "11-29 18:00"),),
    ),
    "down over the first": Story(
        _APPROVED,
        "11-30 18:00",
        (
            "11-23 18:30 certificate_issued",
            "11-28 12:00 certificate_reminder",
            "11-29 18:30 certificate_reminder",
        ),
        _S.CERTIFICATE_ISSUED,
        down=(("11-25 00:00", "11-28 12:00"),),
    ),
    "down over the end": Story(
        _APPROVED,
        "12-02 00:00",
        ("11-23 18:30 certificate_issued", "12-01 09:00 certificate_expired"),
        _S.CERTIFICATE_EXPIRED,
        down=(("11-25 00:00", "12-01 09:00"),),
    ),
    "down until long after the end": Story(
        _APPROVED,
        "01-11 00:00",
        (
            "11-23 18:30 certificate_issued",
            # 48 days after the certificate the integration has been deleted long ago
            "01-10 09:00 certificate_expired",
        ),
        _S.CERTIFICATE_EXPIRED,
        down=(("11-25 00:00", "01-10 09:00"),),
    ),
    "integration created on the third day": Story(
        {**_APPROVED, "11-26 10:00": "created"},
        "12-22 00:00",
        (
            "11-23 18:30 certificate_issued",
            "11-27 18:30 certificate_reminder",
            "11-29 18:30 certificate_reminder",
            "11-30 18:30 certificate_expired",
            "12-21 18:00 integration_reminder",
        ),
        _S.CERTIFICATE_EXPIRED,
    ),
    "a new one before the first has expired": Story(
        {**_APPROVED, "11-28 09:00": "writes NEW CERTIFICATE"},
        "12-06 00:00",
        (
            "11-23 18:30 certificate_issued",
            "11-27 18:30 certificate_reminder",
            "11-28 09:00 certificate_reissued",
            "12-02 09:00 certificate_reminder",
            "12-04 09:00 certificate_reminder",
            "12-05 09:00 certificate_expired",
        ),
        _S.CERTIFICATE_EXPIRED,
    ),
    "a new one after the end": Story(
        {**_APPROVED, "12-10 09:00": "writes NEW CERTIFICATE"},
        "12-15 00:00",
        (
            "11-23 18:30 certificate_issued",
            "11-27 18:30 certificate_reminder",
            "11-29 18:30 certificate_reminder",
            "11-30 18:30 certificate_expired",
            "12-10 09:00 certificate_reissued",
            "12-14 09:00 certificate_reminder",
        ),
        _S.CERTIFICATE_ISSUED,
    ),
    "the fourth one is held": Story(
        {
            **_APPROVED,
            "11-24 09:00": "writes NEW CERTIFICATE",
            "11-25 09:00": "reissue",
            "11-26 09:00": "writes NEW CERTIFICATE",
        },
        "11-26 12:00",
        (
            "11-23 18:30 certificate_issued",
            "11-24 09:00 certificate_reissued",
            "11-25 09:00 certificate_reissued",
            "11-26 09:00 held",
        ),
        _S.HELD,
    ),
    "one that was our mistake does not count": Story(
        {
            **_APPROVED,
            "11-24 09:00": "writes NEW CERTIFICATE",
            "11-25 09:00": "reissue",
            "11-25 10:00": "revoke our_mistake",
            "11-25 11:00": "release",
            "11-26 09:00": "writes NEW CERTIFICATE",
        },
        "11-26 12:00",
        (
            "11-23 18:30 certificate_issued",
            "11-24 09:00 certificate_reissued",
            "11-25 09:00 certificate_reissued",
            "11-25 10:00 certificate_revoked",
            "11-25 11:00 status_changed",
            "11-26 09:00 certificate_reissued",
        ),
        _S.CERTIFICATE_ISSUED,
    ),
    "held over the first reminder": Story(
        {**_APPROVED, "11-26 09:00": "hold", "11-28 09:00": "release"},
        "11-30 00:00",
        ("11-23 18:30 certificate_issued", "11-29 18:30 certificate_reminder"),
        _S.CERTIFICATE_ISSUED,
    ),
    "expired while it was held": Story(
        {**_APPROVED, "11-26 09:00": "hold", "12-02 09:00": "release"},
        "12-03 00:00",
        ("11-23 18:30 certificate_issued", "11-30 18:30 certificate_expired"),
        _S.CERTIFICATE_EXPIRED,
    ),
    "active: nobody is reminded": Story(
        {**_APPROVED, "11-25 09:00": "writes ACTIVE"},
        "12-31 00:00",
        ("11-23 18:30 certificate_issued", "11-25 09:00 activated"),
        _S.ACTIVE,
    ),
    "active taken back within a day": Story(
        {**_APPROVED, "11-25 09:00": "writes ACTIVE", "11-26 08:00": "writes UNDO"},
        "11-30 00:00",
        (
            "11-23 18:30 certificate_issued",
            "11-25 09:00 activated",
            "11-26 08:00 status_changed",
            "11-27 18:30 certificate_reminder",
            "11-29 18:30 certificate_reminder",
        ),
        _S.CERTIFICATE_ISSUED,
    ),
    "active taken back after the end of the certificate": Story(
        {**_APPROVED, "11-30 10:00": "writes ACTIVE", "12-01 09:00": "writes UNDO"},
        "12-02 00:00",
        (
            "11-23 18:30 certificate_issued",
            "11-27 18:30 certificate_reminder",
            "11-29 18:30 certificate_reminder",
            "11-30 10:00 activated",
            "12-01 09:00 status_changed",
        ),
        _S.CERTIFICATE_EXPIRED,
    ),
    "withdrawn with a certificate, taken back": Story(
        {**_APPROVED, "11-24 09:00": "writes WITHDRAW", "11-24 12:00": "writes UNDO"},
        "11-29 00:00",
        (
            "11-23 18:30 certificate_issued",
            "11-24 09:00 withdrawn",
            "11-24 12:00 status_changed",
            "11-24 12:00 certificate_issued",
            "11-28 12:00 certificate_reminder",
        ),
        _S.CERTIFICATE_ISSUED,
    ),
    "the authority's clocks go forward": Story(
        {**_APPROVED, "03-25 12:00": "writes READY"},
        "04-02 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "03-25 12:00 certificate_issued",
            "03-29 12:00 certificate_reminder",
            "03-31 12:00 certificate_reminder",
            "04-01 12:00 certificate_expired",
        ),
        _S.CERTIFICATE_EXPIRED,
        ready="2027-03-26",
        zone="Europe/Berlin",
        settings={"certificates": {"time_zone": "Europe/Berlin"}},
    ),
    "in UTC the customer's clocks move the hour": Story(
        {**_APPROVED, "03-25 12:00": "writes READY"},
        "04-02 00:00",
        (
            "11-23 18:30 approved_not_ready",
            "03-25 12:00 certificate_issued",
            "03-29 13:00 certificate_reminder",
            "03-31 13:00 certificate_reminder",
            "04-01 13:00 certificate_expired",
        ),
        _S.CERTIFICATE_EXPIRED,
        ready="2027-03-26",
        zone="Europe/Berlin",
    ),
    # the ownership of a number that moves
    "a number that moves: offered hours pass": Story(
        {"11-24 09:00": "approve", "11-24 10:00": "offer 2026-12-01T10:00+09:00"},
        "12-01 10:01",
        (
            "11-24 10:00 slot_proposal",
            "11-26 18:00 slot_proposal",
            "11-30 18:00 slot_proposal",
        ),
        _S.SLOT_PLANNING,
        kind=FormKind.MIGRATION,
    ),
    "a number that moves: certificate at once, whatever the ready date": Story(
        {
            "11-24 09:00": "approve",
            "11-24 10:00": "offer 2026-12-01T10:00+09:00",
            "11-24 12:00": "writes OK",
            "12-01 10:20": "verified",
        },
        "12-02 00:00",
        (
            "11-24 10:00 slot_proposal",
            "11-24 12:00 status_changed",
            "12-01 10:20 certificate_issued",
        ),
        _S.CERTIFICATE_ISSUED,
        kind=FormKind.MIGRATION,
    ),
    "a number that moves: a new one thirteen days later": Story(
        {
            "11-24 09:00": "approve",
            "11-24 10:00": "offer 2026-12-01T10:00+09:00",
            "11-24 12:00": "writes OK",
            "12-01 10:20": "verified",
            "12-15 10:19": "writes NEW CERTIFICATE",
        },
        "12-16 00:00",
        (
            "11-24 10:00 slot_proposal",
            "11-24 12:00 status_changed",
            "12-01 10:20 certificate_issued",
            "12-05 10:20 certificate_reminder",
            "12-07 10:20 certificate_reminder",
            "12-08 10:20 certificate_expired",
            "12-15 10:19 certificate_reissued",
        ),
        _S.CERTIFICATE_ISSUED,
        kind=FormKind.MIGRATION,
    ),
    "a number that moves: owned again after fourteen days": Story(
        {
            "11-24 09:00": "approve",
            "11-24 10:00": "offer 2026-12-01T10:00+09:00",
            "11-24 12:00": "writes OK",
            "12-01 10:20": "verified",
            "12-15 10:21": "writes NEW CERTIFICATE",
        },
        "12-16 00:00",
        (
            "11-24 10:00 slot_proposal",
            "11-24 12:00 status_changed",
            "12-01 10:20 certificate_issued",
            "12-05 10:20 certificate_reminder",
            "12-07 10:20 certificate_reminder",
            "12-08 10:20 certificate_expired",
            "12-15 10:21 status_changed",
        ),
        _S.SLOT_PLANNING,
        kind=FormKind.MIGRATION,
    ),
    "a number that moves: the ownership lapses while staff have no certificate": Story(
        {
            "11-24 09:00": "approve",
            "11-24 10:00": "offer 2026-12-01T10:00+09:00",
            "11-24 12:00": "writes OK",
            "12-01 10:20": "verified",
        },
        "12-15 10:21",
        ("11-24 10:00 slot_proposal", "11-24 12:00 status_changed"),
        _S.SLOT_PLANNING,
        kind=FormKind.MIGRATION,
        settings={"certificates": {"issuer": "manual"}},
    ),
    "a number that moves: held while the ownership lapses": Story(
        {
            "11-24 09:00": "approve",
            "11-24 10:00": "offer 2026-12-01T10:00+09:00",
            "11-24 12:00": "writes OK",
            "12-01 10:20": "verified",
            "12-14 10:00": "hold",
            "12-16 10:00": "release",
        },
        "12-16 10:10",
        ("11-24 10:00 slot_proposal", "11-24 12:00 status_changed"),
        _S.SLOT_PLANNING,
        kind=FormKind.MIGRATION,
        settings={"certificates": {"issuer": "manual"}},
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_customer_is_told_in_time(name: str, make_world: MakeWorld) -> None:
    story = STORIES[name]
    world = make_world(team=_TEAM, **story.settings)
    assert world.clock.now() == START
    found, record = tell(world, story)
    promises = [line for line in found if line.endswith(" delayed")]
    assert [line for line in found if line not in promises] == list(story.told)
    assert record.status is story.status
