"""One request: the original, the answers with their verdicts, and what happens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from pipeline.flow.views.request import RequestView, ShownMail, ShownProblem, request_view
from pipeline.model.request import Actor
from pipeline.store.records import EventRecord, NoteRecord
from pipeline.web.decisions.catalogue import FORMS, offers
from pipeline.web.decisions.filled import mark_of
from pipeline.web.decisions.form import Subject
from pipeline.web.visit import Visit
from pipeline.wording import console as words

_NAMES = {form.name for form in FORMS}


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the timeline: an event, a mail or a note."""

    at: datetime
    kind: str
    event: EventRecord | None = None
    mail: ShownMail | None = None
    note: NoteRecord | None = None


def show(visit: Visit) -> Response:
    """Show all of one request."""
    record = visit.record()
    with visit.services.store.read() as tx:
        view = request_view(visit.services.work(tx), record)
        desk = tx.desk.get(record.id)
    subject = Subject(visit.services, record, view)
    done = visit.word("done")
    found = offers(subject)
    return visit.page(
        "request/page",
        view=view,
        record=record,
        desk=desk,
        mark=mark_of(view),
        offers=[offer for offer in found if visit.may(offer.form.permission)],
        can_edit={offer.form.name for offer in found if visit.may(offer.form.permission)},
        timeline=_timeline(view),
        problems=_by_field(view),
        done=done if done in _NAMES or done.startswith("record-") else "",
        others=visit.console.presence.looks(view.reference, visit.who, visit.console.clock.now()),
        issuer=visit.services.issuer,
    )


def here(visit: Visit) -> Response:
    """Note that somebody looks at a request still, and show who else does and what is new."""
    record = visit.record()
    with visit.services.store.read() as tx:
        view = request_view(visit.services.work(tx), record)
    others = visit.console.presence.looks(view.reference, visit.who, visit.console.clock.now())
    changed = visit.text("mark") not in {"", mark_of(view)}
    return visit.page("request/here", view=view, others=others, changed=changed)


def _timeline(view: RequestView) -> list[Moment]:
    return sorted(_moments(view), key=lambda moment: moment.at, reverse=True)


def _moments(view: RequestView) -> Iterator[Moment]:
    for line in view.history:
        yield Moment(line.at, "staff" if line.actor is Actor.STAFF else "event", event=line)
    for mail in view.mails:
        yield Moment(mail.at, mail.direction, mail=mail)
    for note in view.notes:
        yield Moment(note.at, "note", note=note)


def _by_field(view: RequestView) -> dict[str, list[ShownProblem]]:
    found: dict[str, list[ShownProblem]] = {}
    for problem in view.problems:
        found.setdefault(problem.field, []).append(problem)
    return found


def what_happened(line: EventRecord) -> str:
    """Return the event of a line in words, or what was done beside the machine."""
    if line.event is not None:
        return words.named("event", line.event.value)
    return words.named("did", line.detail[0][0]) if line.detail else ""
