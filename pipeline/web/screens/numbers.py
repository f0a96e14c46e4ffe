"""The numbers: whose each is and since when, its requests, and what staff record of it."""

import hashlib
from datetime import date
from typing import Any

from starlette.responses import Response

from pipeline.errors import NotFoundError, PipelineError, UsageError
from pipeline.flow.services.organisations import organisation_of_request
from pipeline.flow.staff import numbers
from pipeline.flow.staff.organisations import refuse_shared
from pipeline.flow.staff.people.roles import Permission
from pipeline.flow.views.lists.number_file import read_number, read_organisation
from pipeline.flow.views.lists.tables import number_table
from pipeline.model.request import NumberState
from pipeline.store.lists.numbers import count_numbers, list_numbers
from pipeline.store.records import NumberRecord
from pipeline.web.files import MOST_ROWS, list_file, wanted_kind
from pipeline.web.visit import Visit
from pipeline.wording import console as words

_PAGE = 100
_MARK = 24
_FIELDS = ("number", "state", "organisation", "since")


def show(visit: Visit) -> Response:
    """Show the numbers, or those that are looked for."""
    wanted, state = visit.word("find").strip(), _state(visit.word("state"))
    as_file = bool(wanted_kind(visit))
    offset = 0 if as_file else visit.number("from")
    most = MOST_ROWS if as_file else _PAGE + 1
    with visit.services.store.read() as tx:
        rows = list_numbers(tx, wanted, state, limit=most, offset=offset)
        counts = count_numbers(tx)
    if as_file:
        return list_file(visit, "numbers", number_table(rows))
    return visit.page(
        "numbers/page",
        rows=rows[:_PAGE],
        counts={one: counts.get(one, 0) for one in NumberState},
        found=wanted,
        state=state,
        may_act=visit.may(Permission.NUMBER_OWNER),
        done=visit.number("n") if visit.word("done") == "imported" else None,
        before=max(offset - _PAGE, 0) if offset else None,
        after=offset + _PAGE if len(rows) > _PAGE else None,
    )


def _state(name: str) -> NumberState | None:
    return next((state for state in NumberState if state.value == name), None)


def one(visit: Visit) -> Response:
    """Show one number: what is known of it, and all its requests."""
    e164 = read_number(visit.path("number"))
    with visit.services.store.read() as tx:
        row = tx.numbers.get(e164)
        requests = tx.requests.of_number(e164)
        work = visit.services.work(tx)
        owners = {record.id: organisation_of_request(work, record) for record in requests}
    if row is None and not requests:
        raise NotFoundError("number_unknown", number=e164)
    return visit.page(
        "numbers/number",
        number=e164,
        row=row,
        requests=requests,
        owners=owners,
        may_act=visit.may(Permission.NUMBER_OWNER),
        done=visit.word("done") == "set",
    )


def form(visit: Visit) -> Response:
    """Show the form in which a number is recorded, filled with what is known of it."""
    filled = dict.fromkeys(_FIELDS, "")
    typed = visit.word("number")
    if typed:
        with visit.services.store.read() as tx:
            row = tx.numbers.get(read_number(typed))
        filled["number"] = typed
        if row is not None:
            filled.update(
                number=row.e164,
                state=row.state.value,
                organisation=row.organisation,
                since=row.since.isoformat() if row.since else "",
            )
    return _form(visit, filled)


def record(visit: Visit) -> Response:
    """Record a number, once somebody has seen what that changes."""
    filled = {name: visit.text(name) for name in _FIELDS}
    try:
        wanted = _read(filled)
        seen = _preview(visit, wanted)
        if visit.text("confirmed") != seen["mark"]:
            overtaken = bool(visit.text("confirmed"))
            return visit.page("numbers/preview", filled=filled, overtaken=overtaken, **seen)
        numbers.set_number(visit.services, wanted, visit.who)
    except PipelineError as error:
        return _form(visit, filled, words.explain(error))
    return visit.go("/numbers", wanted.e164, done="set")


def _form(visit: Visit, filled: dict[str, str], error: str = "") -> Response:
    status = 400 if error else 200
    return visit.page("numbers/form", status, filled=filled, states=list(NumberState), error=error)


def _read(filled: dict[str, str]) -> NumberRecord:
    """Return what was filled in. Raises UsageError with the code of what cannot be read."""
    state = _state(filled["state"])
    owner = read_organisation(filled["organisation"])
    if state is None:
        raise UsageError("choice_unknown", choice=filled["state"])
    if owner is None:
        raise UsageError("organisation_unreadable", organisation=filled["organisation"])
    try:
        since = date.fromisoformat(filled["since"]) if filled["since"] else None
    except ValueError as error:
        raise UsageError("day_unreadable", day=filled["since"]) from error
    return NumberRecord(read_number(filled["number"]), state, owner, since)


def _preview(visit: Visit, wanted: NumberRecord) -> dict[str, Any]:
    """Return what recording ``wanted`` would change, with a mark of it."""
    with visit.services.store.read() as tx:
        work = visit.services.work(tx)
        if wanted.organisation and "@" not in wanted.organisation:
            refuse_shared(work, wanted.organisation)
        before = tx.numbers.get(wanted.e164)
        concerned = numbers.concerned(work, wanted)
    seen = (before, wanted, [(one.request.id, one.request.state.version) for one in concerned])
    return {
        "before": before,
        "after": wanted,
        "concerned": concerned,
        "mark": hashlib.sha256(repr(seen).encode()).hexdigest()[:_MARK],
    }
