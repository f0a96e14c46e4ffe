"""The mail domains that are one organisation each: shown, added, removed."""

from starlette.responses import Response

from pipeline.errors import PipelineError
from pipeline.flow.staff.organisations import add_organisation, remove_organisation
from pipeline.flow.staff.people.roles import Permission
from pipeline.flow.views.lists.number_file import read_domain
from pipeline.flow.views.lists.tables import organisation_table
from pipeline.web.files import list_file, wanted_kind
from pipeline.web.visit import Visit
from pipeline.wording import console as words


def show(visit: Visit) -> Response:
    """Show the organisations."""
    return _page(visit)


def _page(visit: Visit, typed: str = "", error: str = "") -> Response:
    everything = visit.word("all") == "1"
    with visit.services.store.read() as tx:
        rows = tx.organisations.list(removed=everything)
    if wanted_kind(visit):
        return list_file(visit, "organisations", organisation_table(rows, visit.zone))
    return visit.page(
        "numbers/organisations",
        400 if error else 200,
        rows=rows,
        everything=everything,
        typed=typed,
        error=error,
        may_act=visit.may(Permission.NUMBER_OWNER),
        done=visit.word("done") if visit.word("done") in {"added", "removed"} else "",
    )


def add(visit: Visit) -> Response:
    """Record that a domain is one organisation."""
    typed = visit.text("domain")
    try:
        add_organisation(visit.services, read_domain(typed), visit.who)
    except PipelineError as error:
        return _page(visit, typed, words.explain(error))
    return visit.go("/numbers/organisations", done="added")


def remove(visit: Visit) -> Response:
    """Record that a domain is no organisation any more."""
    try:
        remove_organisation(visit.services, read_domain(visit.text("domain")), visit.who)
    except PipelineError as error:
        return _page(visit, "", words.explain(error))
    return visit.go("/numbers/organisations", done="removed")
