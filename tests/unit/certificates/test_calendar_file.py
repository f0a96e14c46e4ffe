"""Calendar files: the bytes that icalendar writes, whatever texts they hold."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Alarm, Calendar, Event

from pipeline import __version__
from pipeline.certificates.calendar_file import CalendarEntry, calendar_file

NOW = datetime(2026, 11, 29, 12, 0, 0, 987654, tzinfo=ZoneInfo("Asia/Tokyo"))
LETTERS = "aZ09 -.:;,\\\n\r\t\"'^@[](){}<>|~\u00e9\u0130\u200b\u3042\u8a3c\U0001f642"
TEXTS = (
    "",
    "WhatsApp certificate ends (WA-7K3M9Q4M)",
    "x" * 66,
    "x" * 67,
    "x" * 68,
    "x" * 500,
    "\u8a3c\u660e\u66f8" * 60,
    "a, b; c\\ d",
    "one\ntwo\r\nthree\rfour\\Nfive",
    "\\" * 200,
)


def _reference(
    entries: tuple[CalendarEntry, ...], made_at: datetime, name: str, *, cancelled: bool = False
) -> bytes:
    """Return the same calendar as icalendar writes it."""
    calendar = Calendar()
    calendar.add("prodid", f"-//whatsapp-request-pipeline//{__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    if name:
        calendar.add("x-wr-calname", name)
    for entry in entries:
        event, alarm = Event(), Alarm()
        event.add("uid", entry.uid)
        event.add("dtstamp", made_at.astimezone(UTC).replace(microsecond=0))
        event.add("dtstart", entry.at.astimezone(UTC))
        event.add("sequence", entry.sequence)
        event.add("summary", entry.summary)
        event.add("description", entry.description)
        event.add("transp", "TRANSPARENT")
        if entry.organizer:
            event.add("organizer", f"mailto:{entry.organizer}")
        if cancelled:
            event.add("status", "CANCELLED")
        else:
            alarm.add("action", "DISPLAY")
            alarm.add("description", entry.summary)
            alarm.add("trigger", -timedelta(days=1))
            event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _entry(summary: str, description: str, uid: str, sequence: int = 0) -> CalendarEntry:
    return CalendarEntry(uid, NOW + timedelta(days=sequence), summary, description, sequence)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_texts_are_written_as_icalendar_writes_them(text: str) -> None:
    entries = (_entry(text, text, "one@example.com", 3), _entry("plain", text, text))
    assert calendar_file(entries, NOW) == _reference(entries, NOW, "")


@pytest.mark.parametrize("name", ["Ends", "one, two; three", "\u8a3c\u660e\u66f8" * 20])
def test_name_of_a_feed_is_written_as_icalendar_writes_it(name: str) -> None:
    assert calendar_file((), NOW, name) == _reference((), NOW, name)


def test_any_letters_are_written_as_icalendar_writes_them() -> None:
    chance = random.Random(5545)
    for _ in range(200):
        one, two, three = (
            "".join(chance.choices(LETTERS, k=chance.randrange(100))) for _ in range(3)
        )
        entries = (_entry(one, two, three, chance.randrange(9)),)
        assert calendar_file(entries, NOW) == _reference(entries, NOW, "")


@pytest.mark.parametrize("cancelled", [False, True])
def test_entry_of_an_organizer_is_published_and_taken_back(cancelled: bool) -> None:
    entry = CalendarEntry("one@example.com", NOW, "Ends", "It ends.", 3, "requests@example.com")
    found = calendar_file((entry,), NOW, cancelled=cancelled)
    assert found == _reference((entry,), NOW, "", cancelled=cancelled)
