"""What staff did, what the authority signed, and whether the histories are as they were written."""

from http import HTTPStatus

from starlette.responses import Response

from pipeline.errors import NotFoundError, PipelineError
from pipeline.flow.staff.people.names import folded
from pipeline.flow.views.chains import MOST, Chains, chains, newest_chains
from pipeline.model.identifiers import read_reference
from pipeline.store.staff_records import StaffAct
from pipeline.web.visit import Visit
from pipeline.wording import console as words

_PAGE = 100


def log(visit: Visit) -> Response:
    """Show what staff did beside requests, the latest first."""
    name, act = visit.word("name").strip(), visit.word("what")
    what = StaffAct(act) if act in set(StaffAct) else None
    with visit.services.store.read() as tx:
        rows = tx.staff_log.list(
            _PAGE + 1, name=folded(name), what=what, before=visit.word("before")
        )
    return visit.page(
        "admin/log",
        rows=rows[:_PAGE],
        acts=list(StaffAct),
        name=name,
        what=what or "",
        older=rows[_PAGE - 1].id if len(rows) > _PAGE else "",
        first=not visit.word("before"),
    )


def audit(visit: Visit) -> Response:
    """Show what the authority signed, and offer the check of the histories."""
    return _page(visit)


def check(visit: Visit) -> Response:
    """Check the history of one request, or those of the newest requests."""
    try:
        result = _checked(visit, visit.text("reference"))
    except NotFoundError as error:
        return _page(visit, error=error)
    return _page(visit, result)


def _checked(visit: Visit, typed: str) -> Chains:
    with visit.services.store.read() as tx:
        if not typed:
            return newest_chains(tx)
        reference = read_reference(typed)
        found = tx.requests.by_prefix(reference) if reference else []
        if len(found) != 1:
            raise NotFoundError("request_unknown", reference=typed)
        return chains(tx, [(found[0].id, found[0].reference)])


def _page(
    visit: Visit, result: Chains | None = None, error: PipelineError | None = None
) -> Response:
    with visit.services.store.read() as tx:
        signings = tx.signings.list(_PAGE)
    return visit.page(
        "admin/audit",
        HTTPStatus.NOT_FOUND if error else HTTPStatus.OK,
        result=result,
        signings=signings,
        most=MOST,
        reference=visit.text("reference"),
        error=words.explain(error, to_type=False) if error else "",
    )
