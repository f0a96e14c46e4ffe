"""What came back of a form, and what is remembered of the page that it was filled in on."""

import hashlib

from pipeline.flow.staff.desk.rehearsal import Announced
from pipeline.flow.views.request import RequestView
from pipeline.web.decisions.form import Filled, Form, InputKind
from pipeline.web.visit import Visit

#: A certificate is a few kilobytes of text.
_FILE_BYTES = 200_000
_MARK = 24


def filled_in(visit: Visit, form: Form) -> Filled:
    """Return what was filled in; a file counts as the text that it holds."""
    values = {
        item.name: tuple(value.replace("\r\n", "\n") for value in visit.texts(item.name))
        for item in form.inputs
    }
    for item in form.inputs:
        chosen = visit.upload(item.name) if item.kind is InputKind.FILE else None
        if chosen is not None:
            raw = chosen.file.read(_FILE_BYTES)
            values[item.name] = (raw.decode("utf-8-sig", "replace"),)
    return Filled(values)


def mark_of(view: RequestView) -> str:
    """Return a mark of all that stands on the page of a request: it changes with each of them."""
    seen = (
        view.version,
        len(view.history),
        [(note.at, note.waits_since) for note in view.notes],
        [mail.id for mail in view.mails if mail.direction == "in"],
    )
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:_MARK]


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
