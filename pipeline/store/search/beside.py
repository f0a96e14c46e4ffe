"""What a line of a queue tells beside its request: problems of the answers, and the last mail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.model.problem import Audience, Severity
from pipeline.store.context import Context
from pipeline.store.schema.mail_and_requests import (
    message_requests,
    messages,
    outbox,
    outbox_requests,
    requests,
    revisions,
)

#: What stands between an answer and an approval.
_BLOCKING = frozenset({Severity.ERROR.value, Severity.ASK.value})


def beside(context: Context, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what the lines of the requests tell beside, by id; two statements for all of them."""
    if not ids:
        return {}
    context.send()
    problems, mails = _problems(context, ids), _last_mails(context, ids)
    return {one: {"problems": problems.get(one, 0), **mails.get(one, {})} for one in ids}


def _problems(context: Context, ids: Sequence[str]) -> dict[str, int]:
    """Return how many answers are wrong or were asked about, by request."""
    statement = (
        sa.select(revisions.c.request_id, revisions.c.problems, revisions.c.more)
        .where(
            revisions.c.mailbox_id == context.mailbox_id,
            revisions.c.request_id.in_(ids),
        )
        .order_by(revisions.c.request_id, revisions.c.seq)
    )
    found: dict[str, int] = {}
    for request_id, problems, more in context.raw.execute(statement):
        if more.get("accepted", True):  # what waits for staff has not taken the place of another
            named = {
                problem.field or problem.code
                for problem in problems
                if problem.audience == Audience.CUSTOMER and problem.severity in _BLOCKING
            }
            found[request_id] = len(named)
    return found


def _last_mails(context: Context, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what is told of the last mail of each request, in or out."""
    mailbox_id = context.mailbox_id
    came, went = message_requests.c, outbox_requests.c
    last_in = (
        sa.select(sa.func.max(came.message_row))
        .where(came.mailbox_id == requests.c.mailbox_id, came.request_id == requests.c.id)
        .correlate(requests)
        .scalar_subquery()
    )
    last_out = (
        sa.select(sa.func.max(went.outbox_id))
        .where(went.mailbox_id == requests.c.mailbox_id, went.request_id == requests.c.id)
        .correlate(requests)
        .scalar_subquery()
    )
    theirs = sa.and_(messages.c.mailbox_id == requests.c.mailbox_id, messages.c.id == last_in)
    ours = sa.and_(outbox.c.mailbox_id == requests.c.mailbox_id, outbox.c.id == last_out)
    statement = (
        sa.select(
            requests.c.id,
            messages.c.fetched_at,
            messages.c.subject,
            sa.func.coalesce(outbox.c.sent_at, outbox.c.created_at),
            outbox.c.notice,
            outbox.c.subject,
        )
        .select_from(requests.outerjoin(messages, theirs).outerjoin(outbox, ours))
        .where(requests.c.mailbox_id == mailbox_id, requests.c.id.in_(ids))
    )
    found: dict[str, dict[str, Any]] = {}
    for row in context.raw.execute(statement):
        request_id, came_at, subject, went_at, notice, told = row
        if went_at is not None and (came_at is None or went_at >= came_at):
            found[request_id] = _last(went_at, notice.value, told)
        elif came_at is not None:
            found[request_id] = _last(came_at, "", subject)
    return found


def _last(at: datetime, notice: str, subject: str) -> dict[str, Any]:
    return {"last_mail_at": at, "last_mail_notice": notice, "last_mail_subject": subject}
