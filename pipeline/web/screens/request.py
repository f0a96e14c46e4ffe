"""One request: the original, the answers with their verdicts, and what happens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response

from pipeline.errors import PipelineError
from pipeline.flow.staff.desk.second import wanted_by
from pipeline.flow.staff.desk.tries import tries_of, what_stops
from pipeline.flow.staff.people.roles import Permission
from pipeline.flow.staff.possible import Possible, blocked_now
from pipeline.flow.staff.suggested import acceptable
from pipeline.flow.views.original import OriginalId
from pipeline.flow.views.queue import parsed, shown
from pipeline.flow.views.request import (
    RequestView,
    ShownField,
    ShownMail,
    ShownProblem,
    request_view,
)
from pipeline.forms.definitions.catalogue import FORMS as FORM_DECLARATIONS
from pipeline.model.request import Actor, EventName, Status
from pipeline.model.submission import CellType
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import EventRecord, MessageRecord, NoteRecord, RequestRecord
from pipeline.web.back import Back, came_from
from pipeline.web.decisions.catalogue import FORMS, Offer, form_of, offers
from pipeline.web.decisions.contested import contested
from pipeline.web.decisions.filled import is_overtaken, mark_of
from pipeline.web.decisions.form import Subject
from pipeline.web.decisions.groups import grouped
from pipeline.web.originals.column import PAGE_WIDTHS, Column
from pipeline.web.originals.column import waiting as waiting_column
from pipeline.web.originals.kept import Originals
from pipeline.web.screens.originals import column_of
from pipeline.web.screens.undoing import last_of
from pipeline.web.visit import Visit

#: What the page says was just done; a request that staff entered begins on it.
_NAMES = {form.name for form in FORMS} | {"open"}
#: So many lines of the timeline are shown at first; the older ones after a click.
_SHOWN_MOMENTS = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the timeline: an event, a mail or a note; ``original`` shows the mail."""

    at: datetime
    kind: str
    event: EventRecord | None = None
    mail: ShownMail | None = None
    note: NoteRecord | None = None
    original: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the form by its number: what is wrong with it, and who it comes from."""

    number: int
    field: ShownField
    problems: tuple[ShownProblem, ...]
    proposed: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether somebody has to look at it."""
        return bool(self.problems)

    @property
    def source(self) -> str:
        """Who it comes from."""
        return "staff" if self.field.cell_type == CellType.STAFF.value else "customer"


def show(visit: Visit) -> Response:
    """Show all of one request."""
    record = visit.record()
    with visit.services.store.read() as tx:
        view = request_view(visit.services.work(tx), record)
        desk = tx.desk.get(record.id)
        waiting = acceptable(tx, record)
    subject = Subject(visit.services, record, view, who=visit.who)
    found = [offer for offer in offers(subject) if visit.may(offer.form.permission)]
    after = _after(visit, view)
    moments = _timeline(view)
    shown = len(moments) if visit.word("all") == "1" else _SHOWN_MOMENTS
    answers = _answers(view)
    is_only_open = visit.word("answers") == "open"
    return visit.page(
        "request/page",
        view=view,
        record=record,
        desk=desk,
        mark=mark_of(view),
        decisions=grouped(found, record.status),
        blocked=list(_blocked(visit, subject)),
        tries=tries_of(view),
        stopped=_stopped(visit, record) if after["moved"] else None,
        may_do={offer.form.name for offer in found},
        may_reveal=visit.may(Permission.CERTIFICATE_REVEAL) and bool(view.certificates),
        asked_for=_words_of(view, waiting),
        unread=[note for note in view.notes if note.waits_since],
        contested=contested(visit.services, record),
        timeline=moments[:shown],
        older=len(moments) - len(moments[:shown]),
        answers=[one for one in answers if one.is_open or not is_only_open],
        open_count=sum(one.is_open for one in answers),
        only_open=is_only_open,
        asked=_asked(view),
        general=[problem for problem in view.problems if not problem.field],
        others=visit.console.presence.looks(view.reference, visit.who, visit.console.clock.now()),
        issuer=visit.services.issuer,
        column=_column(visit, record, view),
        widths=PAGE_WIDTHS,
        last=last_of(visit, record),
        undone=visit.word("undone") == "1",
        second=wanted_by(visit.services, record, visit.who),
        may_take_secret=visit.may(Permission.CERTIFICATE_REVEAL),
        **after,
    )


def _column(visit: Visit, record: RequestRecord, view: RequestView) -> Column:
    """Return the column of the original; what the child has to read first is fetched later."""
    originals = Originals(visit.console, record)
    if visit.word("o") or visit.word("field"):
        return column_of(visit, originals, view)
    first = originals.first
    if first is not None and originals.is_ready(first.id):
        return column_of(visit, originals, view)
    return waiting_column(originals)


def _after(visit: Visit, view: RequestView) -> dict[str, Any]:
    """Return what the page says of a decision that was just taken, and where to go on.

    Once something else has happened, nothing is said of it: it is a line of the timeline.
    """
    name = visit.word("done")
    event = name.removeprefix("record-").removeprefix("early-")
    known = name in _NAMES or (event != name and event in set(EventName))
    length = len(view.history)
    done = name if known and visit.number("until", default=length) == length else ""
    back = came_from(visit)
    lines = view.history[visit.number("since", default=length) :] if done else ()
    mails = visit.word("mails").split(",") if done else []
    queued = OutboxState.QUEUED.value
    return {
        "done": done,
        "done_line": lines[0] if lines else None,
        "done_event": event if event != name else "",
        "moved": any(line.event is not None for line in lines),
        "moved_on": any(line.before is not line.after for line in lines),
        "outgoing": [one for one in view.mails if one.state == queued and one.id in mails],
        "back": back,
        "from_view": str(back),
        "following": _following(visit, back, view.reference) if done else "",
    }


def _blocked(visit: Visit, subject: Subject) -> Iterator[tuple[list[Offer], PipelineError]]:
    """Yield what a rule keeps away from who looks, and the rule."""
    for blocked in blocked_now(subject.services, subject.record):
        found = {
            form.name: Offer(form, Possible(event))
            for event in blocked.events
            if visit.may((form := form_of(event)).permission)
        }
        if found:
            yield list(found.values()), blocked.by


def _stopped(visit: Visit, record: RequestRecord) -> PipelineError | None:
    """Return what stopped the certificate that was to follow a decision, or None."""
    return what_stops(visit.services, record, with_issuer=True)


def _following(visit: Visit, back: Back, reference: str) -> str:
    """Return the first other request of the list that the reader came from, or empty."""
    query = parsed(visit.services, back.find)
    with visit.services.store.read() as tx:
        rows = shown(visit.services.work(tx), query, back.view, name=visit.who, limit=2)
    return next((row.reference for row in rows if row.reference != reference), "")


def _answers(view: RequestView) -> list[Answer]:
    kind = view.form
    numbers = FORM_DECLARATIONS[kind].numbers if kind else {}
    problems = _by_field(view)
    proposed: dict[str, list[str]] = {}
    for item in view.proposals:
        proposed.setdefault(item.about.value, []).append(item.words)
    return [
        Answer(
            numbers.get(item.id, 0),
            item,
            tuple(problems.get(item.id, ())),
            tuple(proposed.get(item.id, ())),
        )
        for item in view.fields
    ]


def _asked(view: RequestView) -> frozenset[str]:
    """Return the answers that staff have asked about, as long as the customer has not answered."""
    for line in reversed(view.history):
        if line.event is EventName.ASK and line.after is view.status is Status.NEEDS_CORRECTION:
            return frozenset(dict(line.detail).get("fields", "").split(","))
        if line.event is not None:
            break
    return frozenset()


def _words_of(view: RequestView, waiting: MessageRecord | NoteRecord | None) -> str:
    """Return the words of the customer that a suggestion comes from."""
    if isinstance(waiting, NoteRecord):
        return waiting.text
    if waiting is None:
        return ""
    found = (note.text for note in reversed(view.notes) if note.message_id == waiting.id)
    return next(found, "")


def here(visit: Visit) -> Response:
    """Note that somebody looks at a request still, and show who else does and what is new."""
    record = visit.record()
    with visit.services.store.read() as tx:
        view = request_view(visit.services.work(tx), record)
    others = visit.console.presence.looks(view.reference, visit.who, visit.console.clock.now())
    mark = visit.text("mark")
    changed = bool(mark) and is_overtaken(view, mark, visit.who)
    return visit.page("request/here", view=view, others=others, changed=changed)


def _timeline(view: RequestView) -> list[Moment]:
    return sorted(_moments(view), key=lambda moment: moment.at, reverse=True)


def _moments(view: RequestView) -> Iterator[Moment]:
    asked = {line.at for line in view.history if line.event is EventName.ASK}
    for line in view.history:
        yield Moment(line.at, "staff" if line.actor is Actor.STAFF else "event", event=line)
    for mail in view.mails:
        original = OriginalId(mail.id, outgoing=mail.direction == "out")
        yield Moment(mail.at, mail.direction, mail=mail, original=str(original))
    for note in view.notes:
        original = OriginalId(note.message_id or "")
        kind = "words" if note.from_customer else "out" if note.at in asked else "note"
        yield Moment(note.at, kind, note=note, original=str(original) if note.message_id else "")


def _by_field(view: RequestView) -> dict[str, list[ShownProblem]]:
    found: dict[str, list[ShownProblem]] = {}
    for problem in view.problems:
        found.setdefault(problem.field, []).append(problem)
    return found
