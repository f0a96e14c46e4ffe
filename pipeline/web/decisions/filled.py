"""What came back of a form, and what is remembered of the page that it was filled in on."""

import hashlib
from dataclasses import dataclass, fields, replace

from pipeline.certificates.files import text_of
from pipeline.flow.staff.desk.rehearsal import Announced
from pipeline.flow.views.request import RequestView, ShownMail
from pipeline.model.request import Actor
from pipeline.store.records import EventRecord, NoteRecord
from pipeline.web.decisions.form import Filled, Form, InputKind
from pipeline.web.visit import Visit

#: A certificate is a few kilobytes of text.
_FILE_BYTES = 200_000
_MARK = 24
_LONGEST_COUNT = 9


def filled_in(visit: Visit, form: Form) -> Filled:
    """Return what was filled in; a file counts as the text that it holds."""
    values = {
        item.name: tuple(value.replace("\r\n", "\n") for value in visit.texts(item.name))
        for item in form.inputs
    }
    for item in form.inputs:
        if item.kind is InputKind.ANSWERS:
            values[item.name] = _entered(visit, item.name)
        chosen = visit.upload(item.name) if item.kind is InputKind.FILE else None
        if chosen is not None:
            values[item.name] = (text_of(chosen.file.read(_FILE_BYTES)),)
    return Filled(values)


def _entered(visit: Visit, name: str) -> tuple[str, ...]:
    """Return the answers that were typed as ``field=value``; those left as they were are no edit.

    Each answer has a box of its own, and beside it what stood in it when the page was made.
    """
    found = [value for value in visit.texts(name) if "=" in value]
    for field in visit.texts(f"{name}-of"):
        typed = visit.text(f"{name}-to-{field}")
        if typed != visit.text(f"{name}-was-{field}").strip():
            found.append(f"{field}={typed}")
    if visit.text("field"):  # one answer, named by itself
        found.append(f"{visit.text('field')}={visit.text('value')}")
    return tuple(found)


def mark_of(view: RequestView) -> str:
    """Return a mark of all that stands on the page of a request: it changes with each of them.

    It begins with how much there was of each, so that what came since can be told.
    """
    notes = [note.at for note in view.notes]
    mails = sorted(mail.id for mail in _came(view))
    seen = (view.version, len(view.history), notes, mails)
    digest = hashlib.sha256(repr(seen).encode()).hexdigest()[:_MARK]
    return f"{len(view.history)}-{len(view.notes)}-{len(mails)}-{digest}"


@dataclass(frozen=True, slots=True)
class News:
    """What came since a page was made, in the order in which it came."""

    history: tuple[EventRecord, ...]
    notes: tuple[NoteRecord, ...]
    mails: tuple[ShownMail, ...]

    @property
    def count(self) -> int:
        """How many lines of the request are new."""
        return len(self.history) + len(self.notes) + len(self.mails)


def news_since(view: RequestView, mark: str) -> News:
    """Return what came since the page with ``mark``; of a mark that is none of ours nothing."""
    counts = _counts(mark)
    if counts is None:
        return News((), (), ())
    history, notes, mails = counts
    return News(view.history[history:], view.notes[notes:], _came(view)[mails:])


def is_overtaken(view: RequestView, mark: str, who: str) -> bool:
    """Tell whether the page with ``mark`` is out of date for ``who``.

    What they have done themselves since is no news to them, unless it moved the request on.
    """
    if mark == mark_of(view):
        return False
    counts = _counts(mark)
    if counts is None:
        return True
    history, notes, _ = counts
    lines = (one for one in view.history[history:] if not _is_line_of(one, who))
    others = (one for one in view.notes[notes:] if one.from_customer or one.author != who)
    seen = replace(
        view,
        history=(*view.history[:history], *lines),
        notes=(*view.notes[:notes], *others),
    )
    return mark != mark_of(seen)


def _is_line_of(line: EventRecord, who: str) -> bool:
    return line.actor is Actor.STAFF and line.actor_name == who


def _counts(mark: str) -> tuple[int, int, int] | None:
    """Return how much there was of each when the page with ``mark`` was made, or None."""
    counts = mark.split("-")[:-1]
    if len(counts) != len(fields(News)) or not all(map(_is_count, counts)):
        return None
    history, notes, mails = (int(count) for count in counts)
    return history, notes, mails


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < _LONGEST_COUNT


def _came(view: RequestView) -> tuple[ShownMail, ...]:
    return tuple(mail for mail in view.mails if mail.direction == "in")


def mark_of_announced(announced: Announced) -> str:
    """Return a mark of what lasts of a decision: who agrees to it agrees to nothing else."""
    ordered = announced.ordered
    lasting = (
        announced.after.status,
        announced.after.number,
        announced.organisation,
        ordered and ordered.number,
        [row.serial for row in announced.ended],
        [(order.action, order.code) for order in announced.links],
    )
    return hashlib.sha256(repr(lasting).encode()).hexdigest()[:_MARK]
