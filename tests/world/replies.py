"""What a reply can do in a status, for tests that know the status alone."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.intake.reply.meaning import Situation
from pipeline.model.message import ReadReply, ReplyKind
from pipeline.model.request import Actor, EventName, Slot, Status
from pipeline.tracks.catalogue import TRACKS

SHARED = Path(__file__).parents[2].parent / "shared" / "cases" / "replies"
TODAY = date(2026, 11, 23)
ZONE = "Europe/London"


def _slot(day: date, hour: int) -> Slot:
    start = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(ZONE))
    return Slot(start, start.replace(hour=hour + 1))


SLOTS = (
    _slot(date(2026, 11, 30), 10),
    _slot(date(2026, 12, 1), 11),
    _slot(date(2026, 12, 2), 9),
)


def situation(status: str, offered: int = 1) -> Situation:
    """Return what a customer can do in ``status`` on any track; ``offered`` slots, if any."""
    steps = [step for track in TRACKS.values() if (step := track.step(Status(status)))]
    possible = {
        rule.event for step in steps for rule in step.rules if Actor.CUSTOMER in rule.actors
    }
    slots = SLOTS[:offered] if EventName.ACCEPT_SLOT in possible else ()
    return Situation(TODAY, frozenset(possible), slots, ZONE)


def told(reply: ReadReply) -> str:
    """Return a reply as the tables write what is right; a suggestion is a note."""
    if reply.kind is ReplyKind.SUGGESTION:
        return "note"
    if reply.kind is not ReplyKind.EVENT or reply.event is None:
        return reply.kind.value
    if reply.slot is not None:
        return f"{reply.event.value} {'ABC'[SLOTS.index(reply.slot)]}"
    if reply.new_date is not None:
        return f"{reply.event.value} {reply.new_date.isoformat()}"
    return reply.event.value
