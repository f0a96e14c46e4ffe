"""The figures of a period, for the dashboard and the report: only what the store knows.

Counts by day are exact. What has to be looked at one by one (forms, mails, replies, certificates)
is taken from the newest rows of the period, :data:`MOST` at most, so that the cost stays the same
however much there is; each such figure tells of how many it is.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from math import ceil
from typing import TypeVar
from zoneinfo import ZoneInfo

from pipeline.flow.services import Work
from pipeline.flow.views.dashboard.values import (
    CertificateFigures,
    Column,
    Dashboard,
    PromiseFigures,
    QuestionFigures,
    ReplyFigures,
    Share,
    Step,
    Times,
)
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.model.certificate import CertificateState
from pipeline.model.form import FormKind
from pipeline.model.notice import NoticeName, Saying
from pipeline.model.problem import Audience, Severity
from pipeline.model.request import Actor
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.store import queries
from pipeline.store.figures import counted, sampled
from pipeline.store.figures.counted import Span
from pipeline.store.figures.sampled import FormOf, MailOf, StepOf

#: The periods that can be looked at, in days.
PERIODS = (7, 28, 90, 365)
#: So many rows of a kind are looked at one by one.
MOST = 3_000
#: From so many days on a column is a week, and a month.
_WEEKS_FROM, _MONTHS_FROM = 60, 200
_WEEK = 7
T = TypeVar("T", MailOf, StepOf)
_BLOCKING = frozenset({Severity.ERROR, Severity.ASK})


def dashboard(work: Work, days: int = 28) -> Dashboard:
    """Return the figures of the last ``days`` days of the team, today included."""
    tx, team, zone = work.tx, work.services.team, work.services.settings.team.time_zone
    last = team.local_date(work.now)
    first = last - timedelta(days=days - 1)
    whole = (_begin(first, zone), _begin(last + timedelta(days=1), zone))
    step = _step(days)
    parts = _parts(first, last, step)
    spans = [(_begin(one, zone), _begin(other + timedelta(days=1), zone)) for one, other in parts]
    received = counted.opened(tx, spans)
    requests = sampled.opened_requests(tx, whole, MOST)
    ids = [request.id for request in requests]
    mails = _grouped(sampled.mails_of(tx, ids))
    steps = _grouped(sampled.steps_of(tx, ids))
    forms = tuple(sampled.forms_of(tx, ids))
    opened = {request.id: request.opened_at for request in requests}
    answered = {name: at for name in ids if (at := _first_answer(mails[name])) is not None}
    decided = {name: at for name in ids if (at := _first_decision(steps[name])) is not None}
    medians = _medians_of(spans, opened, answered)
    waiting = queries.counts(tx, work.now)
    return Dashboard(
        days=days,
        first=first,
        last=last,
        zone=zone,
        at=work.now,
        step=step,
        columns=tuple(
            Column(*part, came, went, median)
            for part, came, went, median in zip(
                parts, received, counted.finished(tx, spans), medians, strict=True
            )
        ),
        sample=len(ids),
        cut=len(ids) < sum(received),
        first_answer=_times(opened, answered, team),
        first_decision=_times(opened, decided, team),
        unanswered=len(ids) - len(answered),
        forms=len(forms),
        wrong_forms=sum(bool(_wrong(form)) for form in forms),
        questions=_questions(forms),
        certificates=_certificates(work, whole, waiting.live_certificates),
        replies=_replies(work, whole),
        promises=PromiseFigures(
            kept=sum(_kept(of_one) for of_one in mails.values()),
            broken=sum(step.broke_a_promise for of_one in steps.values() for step in of_one),
            overdue=counted.overdue(tx),
        ),
        open_by_status=counted.open_by_status(tx),
        open_by_move=counted.open_by_move(tx),
        quarantined=waiting.quarantined,
        mails_in_trouble=waiting.attention,
        mails_overdue=waiting.overdue,
        runs=tx.memory.runs(),
    )


def _begin(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _step(days: int) -> Step:
    if days >= _MONTHS_FROM:
        return Step.MONTH
    return Step.WEEK if days >= _WEEKS_FROM else Step.DAY


def _parts(first: date, last: date, step: Step) -> list[tuple[date, date]]:
    """Return the first and last day of each column; weeks begin on a Monday."""
    parts: list[tuple[date, date]] = []
    while first <= last:
        following = _after(first, step)
        parts.append((first, min(following - timedelta(days=1), last)))
        first = following
    return parts


def _after(day: date, step: Step) -> date:
    """Return the first day of the next column."""
    if step is Step.MONTH:
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=1 if step is Step.DAY else _WEEK - day.weekday())


def _grouped(rows: Iterable[T]) -> defaultdict[str, list[T]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for row in rows:
        found[row.request_id].append(row)
    return found


def _first_answer(mails: Sequence[MailOf]) -> datetime | None:
    """Return when the first mail went out that is no receipt, which only asks who wrote."""
    sent = (mail.sent_at for mail in mails if mail.notice is not NoticeName.RECEIPT_UNVERIFIED)
    return min((at for at in sent if at is not None), default=None)


def _first_decision(steps: Sequence[StepOf]) -> datetime | None:
    """Return when a person first decided something."""
    return min(
        (step.at for step in steps if step.actor is Actor.STAFF and step.event is not None),
        default=None,
    )


def _kept(mails: Sequence[MailOf]) -> int:
    """Return how many dates that mails named were kept by a later mail."""
    kept, promised = 0, None
    for mail in mails:
        settles = mail.saying is not None and mail.saying.settles
        if settles and promised is not None:
            kept += mail.created_at <= promised
        if settles or mail.saying is Saying.PUTS_OFF:
            promised = mail.promise_at
    return kept


def _medians_of(
    spans: Sequence[Span], opened: dict[str, datetime], answered: dict[str, datetime]
) -> list[timedelta | None]:
    """Return the median time to the answer of the requests that were opened in each span."""
    found: list[timedelta | None] = []
    for begin, end in spans:
        took = [at - opened[name] for name, at in answered.items() if begin <= opened[name] < end]
        found.append(_percentile(took, 0.5) if took else None)
    return found


def _times(
    opened: dict[str, datetime], reached: dict[str, datetime], team: WorkingCalendar
) -> Times:
    if not reached:
        return Times()
    works = cache(team.is_working_day)
    wall = [max(at - opened[name], timedelta()) for name, at in reached.items()]
    working = [_working(opened[name], at, team.zone, works) for name, at in reached.items()]
    return Times(
        len(wall),
        _percentile(wall, 0.5),
        _percentile(wall, 0.9),
        _percentile(working, 0.5),
        _percentile(working, 0.9),
    )


def _percentile(values: Sequence[timedelta], share: float) -> timedelta:
    """Return the value that ``share`` of the values do not exceed (nearest rank)."""
    return sorted(values)[max(ceil(share * len(values)) - 1, 0)]


def _working(begin: datetime, end: datetime, zone: str, works: Callable[[date], bool]) -> timedelta:
    """Return how much of the time from ``begin`` to ``end`` lies in working days of the team."""
    local = begin.astimezone(ZoneInfo(zone))
    day, total = local.date(), timedelta()
    while begin < end:
        day += timedelta(days=1)
        until = min(_begin(day, zone).astimezone(begin.tzinfo), end)
        if works(day - timedelta(days=1)):
            total += until - begin
        begin = until
    return total


def _wrong(form: FormOf) -> set[str]:
    """Return the questions that the customer was asked to correct or to confirm."""
    return {
        problem.field
        for problem in form.problems
        if problem.audience == Audience.CUSTOMER and problem.severity in _BLOCKING and problem.field
    }


def _questions(forms: Sequence[FormOf]) -> tuple[QuestionFigures, ...]:
    """Return the questions that failed, those that failed in most forms first."""
    asked: Counter[tuple[FormKind, str, str]] = Counter()
    wrong: Counter[tuple[FormKind, str, str, str]] = Counter()
    totals: Counter[tuple[FormKind, str]] = Counter()
    for form in forms:
        kinds = (
            ("all", ""),
            ("language", form.language),
            ("format", form.format or ""),
            ("program", form.program),
        )
        asked.update((form.form, *kind) for kind in kinds)
        for field in _wrong(form):
            totals[form.form, field] += 1
            wrong.update((form.form, field, *kind) for kind in kinds)

    def shares(kind: FormKind, field: str, by: str) -> tuple[Share, ...]:
        found = (
            Share(name, count, wrong[kind, field, by, name])
            for (form, about, name), count in asked.items()
            if (form, about) == (kind, by)
        )
        return tuple(sorted(found, key=lambda share: (-share.wrong, share.name)))

    return tuple(
        QuestionFigures(
            form,
            field,
            FORMS[form].numbers.get(field, 0),
            asked[form, "all", ""],
            count,
            shares(form, field, "language"),
            shares(form, field, "format"),
            shares(form, field, "program"),
        )
        for (form, field), count in sorted(
            totals.items(),
            key=lambda item: (-item[1], asked[item[0][0], "all", ""], item[0]),
        )
    )


def _certificates(work: Work, span: Span, valid: int) -> CertificateFigures:
    used = sum(row.used for row in sampled.certificates_of_ended(work.tx, span, MOST))
    ends = Counter(
        row.state for row in sampled.ended_certificates(work.tx, span, MOST) if not row.used
    )
    return CertificateFigures(
        used=used,
        expired=ends[CertificateState.EXPIRED],
        reissued=ends[CertificateState.SUPERSEDED],
        revoked=ends[CertificateState.REVOKED],
        valid=valid,
    )


def _replies(work: Work, span: Span) -> ReplyFigures:
    found = sampled.replies(work.tx, span, MOST)
    return ReplyFigures(alone=found.count(False), read=found.count(True))
