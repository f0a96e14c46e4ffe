"""Decisions that can be undone, or were, in words."""

from collections.abc import Mapping

from pipeline.flow.staff.desk.undo import Undoable
from pipeline.model.request import EventName
from pipeline.store.staff_records import UndoRecord
from pipeline.wording import console as words
from pipeline.wording.instants import to_the_second


def undo_line(kept: UndoRecord, reference: str, zone: str) -> str:
    """Return until when a decision can be undone, and how; or why it cannot."""
    if kept.lasting:
        return words.word("undo_not", why=words.named("lasting", kept.lasting))
    return words.word("undo_until", time=to_the_second(kept.until, zone), reference=reference)


def undone_line(found: Undoable) -> str:
    """Return what was undone, whose it was, and how many mails were taken back."""
    what, count = decision_name(found.event or found.what), len(found.mails)
    return words.word("undo_done", what=what, who=found.who, count=count)


def history_line(detail: Mapping[str, str]) -> str:
    """Return what a line of the history says that tells of an undo."""
    what, who = decision_name(detail["undone"]), detail.get("decided_by", "")
    return words.word("undo_line", what=what, who=who)


def decision_name(code: str) -> str:
    """Return the words for a decision: an event, or what is none of the machine's."""
    return words.named("event" if code in set(EventName) else "did", code)
