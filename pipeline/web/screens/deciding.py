"""A decision about one request: what it asks, what it does, and a second click where it lasts."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from pipeline import terms
from pipeline.errors import NotFoundError, PipelineError, RefusedError, UsageError
from pipeline.flow.staff.desk.rehearsal import Announced, rehearse
from pipeline.flow.staff.desk.second import wanted_by
from pipeline.flow.staff.people.roles import Permission
from pipeline.flow.staff.possible import blocked_now
from pipeline.flow.views.request import RequestView, request_view
from pipeline.notifications.written import WrittenMail, written
from pipeline.store.records import RequestRecord
from pipeline.web.back import came_from
from pipeline.web.decisions.catalogue import FORMS, Offer, form_of, offer_called, offers
from pipeline.web.decisions.contested import contested
from pipeline.web.decisions.filled import (
    filled_in,
    is_overtaken,
    mark_of,
    mark_of_announced,
    news_since,
)
from pipeline.web.decisions.form import Choice, Filled, Input, InputKind, Subject
from pipeline.web.visit import Visit
from pipeline.wording import console as words

#: So many mails of a decision are named on the page after it.
_MOST_MAILS = 5
#: What people type sentences or answers into.
_WRITTEN = frozenset({InputKind.TEXT, InputKind.LINE, InputKind.ANSWERS})


def show(visit: Visit) -> Response:
    """Show what a decision asks and will do."""
    subject, offer = _asked(visit)
    if offer is None:
        return _gone(visit, subject)
    return _page(visit, subject, offer, _at_first(subject, offer))


def preview(visit: Visit) -> Response:
    """Show what would come of what is filled in so far; nothing is kept."""
    subject, offer = _asked(visit)
    if offer is None:
        return _gone(visit, subject)
    filled = filled_in(visit, offer.form)
    if visit.is_partial:
        return visit.page("decision/outcome", **_outcome(visit, subject, offer, filled))
    return _page(visit, subject, offer, filled)


def decide(visit: Visit) -> Response:
    """Take a decision, unless something came meanwhile or a second click is missing."""
    subject, offer = _asked(visit)
    if offer is None:
        return _gone(visit, subject)
    filled = filled_in(visit, offer.form)
    if is_overtaken(subject.view, visit.text("mark"), visit.who):
        return _page(visit, subject, offer, filled, overtaken=True)
    try:
        work = offer.form.of(filled, subject)
        announced = _announced(visit, subject, offer, filled)
        if announced is not None and (announced.lasting or offer.form.twice):
            _refuse_unpermitted(visit, announced)
            if visit.text("confirmed") != mark_of_announced(announced):
                return _confirmation(visit, subject, offer, filled)
        work(visit.services, subject.record, visit.who)
    except PipelineError as error:
        if isinstance(error, RefusedError | UsageError) or not _stands(visit, subject):
            return _page(visit, subject, offer, filled, error=error)
    return visit.go("/r", subject.record.reference, **_done(visit, subject, offer))


def _stands(visit: Visit, subject: Subject) -> bool:
    """Tell whether a decision was taken although what had to follow it failed."""
    with visit.services.store.read() as tx:
        now = tx.requests.get(subject.record.id)
    return now is not None and now.state.version != subject.record.state.version


def _done(visit: Visit, subject: Subject, offer: Offer) -> dict[str, str]:
    """Return what the page of the request is told of a decision, to say what came of it alone."""
    known = {mail.id for mail in subject.view.mails}
    with visit.services.store.read() as tx:
        mails = [mail.id for mail in tx.outbox.of_request(subject.record.id)]
        until = len(tx.events.list(subject.record.id))
    new = [name for name in mails if name not in known][:_MOST_MAILS]
    since = len(subject.view.history)
    told = {"done": offer.form.name, "since": f"{since}", "until": f"{until}"}
    told |= {"mails": ",".join(new)} if new else {}
    back = str(came_from(visit))
    return told | ({"view": back} if back else {})


def _asked(visit: Visit) -> tuple[Subject, Offer | None]:
    """Return what the decision is about, and the decision where it is possible now."""
    record = visit.record()
    named = dict(visit.request.query_params)
    subject = Subject(visit.services, record, _view(visit, record), named, visit.who)
    name = visit.path("decision")
    offer = offer_called(subject, name)
    if offer is not None and not visit.may(offer.form.permission):
        raise RefusedError("not_permitted", name=visit.who, role=visit.user.role.value)
    return subject, offer


def _gone(visit: Visit, subject: Subject) -> Response:
    """Return the page of a decision that is not possible now, with all texts that were typed.

    It names the rule that forbids it, if one does, and shows what came since the page was made, and
    what can be decided instead.
    """
    record = subject.record
    error = NotFoundError(
        "decision_not_now", reference=record.reference, status=words.step(record.status)
    )
    if visit.is_partial:  # told in the place of the outcome; a page that failed would show nothing
        return visit.page("decision/outcome", refused=words.explain(error, to_type=False))
    return visit.page(
        "decision/gone",
        HTTPStatus.NOT_FOUND,
        view=subject.view,
        error=words.explain(error, to_type=False),
        rule=_rule_against(subject, visit.path("decision")),
        news=news_since(subject.view, visit.text("mark")),
        typed=_typed(visit),
        second=wanted_by(visit.services, record, visit.who),
        decisions=[offer for offer in offers(subject) if visit.may(offer.form.permission)],
        from_view=str(came_from(visit)),
    )


def _rule_against(subject: Subject, name: str) -> PipelineError | None:
    """Return the rule that keeps the decision ``name`` away, or None."""
    return next(
        (
            blocked.by
            for blocked in blocked_now(subject.services, subject.record)
            if name in {form_of(event).name for event in blocked.events}
        ),
        None,
    )


def _typed(visit: Visit) -> list[str]:
    """Return the texts that were typed for the decision that the address names."""
    form = next((form for form in FORMS if form.name == visit.path("decision")), None)
    if form is None:
        return []
    filled = filled_in(visit, form)
    written_in = (item.name for item in form.inputs if item.kind in _WRITTEN)
    return [text for name in written_in for text in filled.all(name)]


def _view(visit: Visit, record: RequestRecord) -> RequestView:
    with visit.services.store.read() as tx:
        return request_view(visit.services.work(tx), record)


def _at_first(subject: Subject, offer: Offer) -> Filled:
    """Return what a form is filled with before anybody typed: what is chosen, what is named."""
    values: dict[str, tuple[str, ...]] = {}
    for item in offer.form.inputs:
        if item.kind is InputKind.ANSWERS:
            continue  # each stands in its box as it is
        named = subject.at_first.get(item.name)
        chosen = tuple(choice.value for choice in item.choices(subject) if choice.chosen)
        values[item.name] = chosen or ((named,) if named else ())
    return Filled(values)


def _announced(
    visit: Visit, subject: Subject, offer: Offer, filled: Filled, language: str = ""
) -> Announced | None:
    """Return what a decision would do; None where only a server elsewhere could tell."""
    if not offer.form.rehearsed:
        return None
    work = offer.form.of(filled, subject)
    return rehearse(visit.services, subject.record, work, visit.who, language=language)


def _refuse_unpermitted(visit: Visit, announced: Announced) -> None:
    """Refuse a certificate to who may not issue one, whatever brings it about."""
    if announced.ordered is not None and not visit.may(Permission.CERTIFICATE_ISSUE):
        raise RefusedError("not_permitted", name=visit.who, role=visit.user.role.value)


def _outcome(visit: Visit, subject: Subject, offer: Offer, filled: Filled) -> dict[str, Any]:
    """Return what the piece of the page shows that says what will happen."""
    announced, refused, hint = None, "", ""
    mails: list[tuple[WrittenMail, WrittenMail | None]] = []
    missing = _missing(subject, offer, filled)
    if not missing:
        try:
            announced = _announced(visit, subject, offer, filled)
            if announced is not None:
                mails = _mails(visit, subject, offer, filled, announced)
        except PipelineError as error:
            hint = _hint(error)
            refused = "" if hint else words.explain(error, to_type=False)
    return {
        "record": subject.record,
        "offer": offer,
        "announced": announced,
        "mails": mails,
        "refused": refused,
        "hint": hint,
        "missing": missing,
        "issuer": subject.services.issuer,
        "undo_seconds": visit.console.settings.courier.undo_seconds,
        "permitted": announced is None
        or announced.ordered is None
        or visit.may(Permission.CERTIFICATE_ISSUE),
    }


def _mails(
    visit: Visit, subject: Subject, offer: Offer, filled: Filled, announced: Announced
) -> list[tuple[WrittenMail, WrittenMail | None]]:
    """Return each mail as its reader gets it, beside it the same in the language of who looks."""
    reads = words.language()
    found = [written(row.content) for row in announced.mails]
    if reads == subject.record.language or not found:
        return [(mail, None) for mail in found]
    other = _announced(visit, subject, offer, filled, reads)
    beside = [written(row.content) for row in other.mails] if other else []
    if len(beside) != len(found):
        return [(mail, None) for mail in found]
    return [
        (mail, own if own.subject != mail.subject else None)
        for mail, own in zip(found, beside, strict=True)
    ]


def _missing(subject: Subject, offer: Offer, filled: Filled) -> list[Input]:
    """Return what has to be filled in and is not; boxes of answers say so themselves."""
    return [
        item
        for item in offer.form.inputs
        if item.kind is not InputKind.ANSWERS
        and item.only_if(subject)
        and not (item.optional or filled.all(item.name))
    ]


def _hint(error: PipelineError) -> str:
    """Return what is still needed where something else that is filled in would help, or nothing."""
    said = words.explain(error, to_type=False) if isinstance(error, UsageError) else ""
    return words.needed(error) or said


def _shown(subject: Subject, offer: Offer, filled: Filled) -> list[dict[str, object]]:
    """Return each input with its choices as they are filled in."""
    found = []
    for item in offer.form.inputs:
        if not item.only_if(subject):
            continue
        values = () if item.kind is InputKind.SECRET else filled.values.get(item.name, ())
        found.append(
            {
                "asks": item,
                "choices": _chosen(item, subject, values),
                "text": "\n".join(values),
                "now": {name: value for name, _, value in (text.partition("=") for text in values)},
            }
        )
    return found


def _chosen(item: Input, subject: Subject, values: tuple[str, ...]) -> list[Choice]:
    if item.kind is InputKind.ANSWERS:
        return list(item.choices(subject))
    return [replace(choice, chosen=choice.value in values) for choice in item.choices(subject)]


def _page(
    visit: Visit,
    subject: Subject,
    offer: Offer,
    filled: Filled,
    *,
    overtaken: bool = False,
    error: PipelineError | None = None,
) -> Response:
    """Return the page of a decision with all that was typed; what came meanwhile is shown above."""
    status = HTTPStatus.OK
    if overtaken:
        status = HTTPStatus.CONFLICT
    elif error is not None:
        is_usage = isinstance(error, UsageError)
        status = HTTPStatus.BAD_REQUEST if is_usage else HTTPStatus.CONFLICT
    return visit.page(
        "decision/page",
        status,
        view=subject.view,
        inputs=_shown(subject, offer, filled),
        mark=mark_of(subject.view),
        from_view=str(came_from(visit)),
        overtaken=overtaken,
        news=news_since(subject.view, visit.text("mark")) if overtaken else None,
        error=words.explain(error, to_type=False) if error else "",
        kinds=InputKind,
        contested=contested(visit.services, subject.record),
        **_outcome(visit, subject, offer, filled),
    )


def _confirmation(visit: Visit, subject: Subject, offer: Offer, filled: Filled) -> Response:
    """Return the page of a decision that lasts: all facts once more, and the second click."""
    facts = _outcome(visit, subject, offer, filled)
    announced = facts["announced"]
    return visit.page(
        "decision/confirm",
        view=subject.view,
        filled=[(name, value) for name, values in filled.values.items() for value in values],
        mark=mark_of(subject.view),
        from_view=str(came_from(visit)),
        certificate_days=terms.CERTIFICATE_DAYS,
        confirmed=mark_of_announced(announced) if isinstance(announced, Announced) else "",
        **facts,
    )
