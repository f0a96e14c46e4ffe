"""A request of somebody who did not mail: entered with what they said, after a look at the mail."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from pipeline import resources
from pipeline.errors import PipelineError, UsageError
from pipeline.flow.services import Services
from pipeline.flow.staff.desk.entering import Caller, open_request, read_caller
from pipeline.flow.staff.desk.rehearsal import Opened, rehearse_opening
from pipeline.model.form import FormKind
from pipeline.notifications.written import WrittenMail, written
from pipeline.store.records import RequestRecord
from pipeline.web.visit import Visit
from pipeline.wording import console as words

#: What is known of a caller; what has no default there has to be filled in.
_KNOWN = fields(Caller)
_TYPED = (*(one.name for one in _KNOWN), "text")
_NEEDED = tuple(one.name for one in _KNOWN if one.default is MISSING)
_TICKED = ("send_form", "again")
_Filled = Mapping[str, str]


def form(visit: Visit) -> Response:
    """Ask who it was and what they said."""
    filled = dict.fromkeys((*_TYPED, *_TICKED), "")
    return _page(visit, filled | {"language": visit.console.settings.team.language})


def preview(visit: Visit) -> Response:
    """Show what would come of what is filled in so far; nothing is kept."""
    filled = _filled(visit)
    if visit.is_partial:
        return visit.page("opening/outcome", **_outcome(visit, filled))
    return _page(visit, filled)


def enter(visit: Visit) -> Response:
    """Enter the request, and lead to it."""
    filled = _filled(visit)
    try:
        record = _entered(visit.services, _caller(filled), filled, visit.who)
    except PipelineError as error:
        return _page(visit, filled, error)
    return visit.go("/r", record.reference, done="open")


def _filled(visit: Visit) -> _Filled:
    return {name: visit.text(name) for name in (*_TYPED, *_TICKED)}


def _caller(filled: _Filled) -> Caller:
    """Return who it was. Raises UsageError with the code of what cannot be read."""
    form, language = filled["form"], filled["language"]
    if form not in set(FormKind):
        raise UsageError("choice_unknown", choice=form)
    if language not in resources.languages():
        raise UsageError("choice_unknown", choice=language)
    return read_caller(FormKind(form), filled, language)


def _entered(services: Services, caller: Caller, filled: _Filled, who: str) -> RequestRecord:
    return open_request(
        services,
        caller,
        who,
        send_form=bool(filled["send_form"]),
        text=filled["text"],
        again=bool(filled["again"]),
    )


def _outcome(visit: Visit, filled: _Filled) -> dict[str, Any]:
    """Return what the piece of the page shows that says what will happen."""
    opened: Opened | None = None
    mails: list[tuple[WrittenMail, WrittenMail | None]] = []
    refused, other = "", ""
    missing = [name for name in _NEEDED if not filled[name]]
    if not missing:
        try:
            caller = _caller(filled)
            opened = _rehearsed(visit, caller, filled)
            mails = _mails(visit, caller, filled, opened)
        except PipelineError as error:
            refused, other = words.explain(error, to_type=False), _other(error)
    return {
        "missing": missing,
        "opened": opened,
        "mails": mails,
        "reads": filled["language"],
        "refused": refused,
        "other": other,
        "undo_seconds": visit.console.settings.courier.undo_seconds,
    }


def _rehearsed(visit: Visit, caller: Caller, filled: _Filled) -> Opened:
    return rehearse_opening(
        visit.services, partial(_entered, caller=caller, filled=filled, who=visit.who)
    )


def _mails(
    visit: Visit, caller: Caller, filled: _Filled, opened: Opened
) -> list[tuple[WrittenMail, WrittenMail | None]]:
    """Return each mail as its reader gets it, beside it the same in the language of who looks."""
    found = [written(row.content) for row in opened.mails]
    if not found or words.language() == caller.language:
        return [(mail, None) for mail in found]
    own = _rehearsed(visit, replace(caller, language=words.language()), filled)
    beside = [written(row.content) for row in own.mails]
    return list(zip(found, beside, strict=True))


def _other(error: PipelineError) -> str:
    """Return the request that this address has open already, or empty."""
    return str(error.params["reference"]) if error.code == "already_open" else ""


def _page(visit: Visit, filled: _Filled, error: PipelineError | None = None) -> Response:
    outcome = _outcome(visit, filled)
    status = HTTPStatus.OK
    if error is not None:
        is_usage = isinstance(error, UsageError)
        status = HTTPStatus.BAD_REQUEST if is_usage else HTTPStatus.CONFLICT
        outcome["other"] = outcome["other"] or _other(error)
    return visit.page(
        "opening/page",
        status,
        filled=filled,
        needed=_NEEDED,
        forms=[(kind.value, words.status_word(kind.value)) for kind in FormKind],
        error=words.explain(error, to_type=False) if error else "",
        **outcome,
    )
