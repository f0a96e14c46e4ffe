"""Mail that no person wrote is never answered; bounces mark our notices, what is strong is kept."""

from dataclasses import replace

from pipeline.flow.context import MessageContext
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.budgets import mailbox_of
from pipeline.flow.outgoing.notices import references_of
from pipeline.flow.requests.keep import keep_attachments, keep_words, suggest
from pipeline.flow.requests.no_form import named_in_subject
from pipeline.flow.requests.open import open_forms
from pipeline.flow.requests.thread import KnownThread
from pipeline.flow.services import Work
from pipeline.mailbox.automatic import Action, action_on
from pipeline.model.message import MessageKind
from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName, HoldReason
from pipeline.store.records import MessageRecord, RequestRecord
from pipeline.terms import Outcome

_MAY_CARRY_FORMS = frozenset({MessageKind.AUTOMATIC, MessageKind.LIST})
_FILES_TOLD = 20


def take(work: Work, context: MessageContext, known: KnownThread | None) -> MessageRecord:
    """Record a message that a program wrote, after holding or noting what is strong in it."""
    record = known.record if known is not None else named_in_subject(work.tx, context)
    context.unanswered = True
    action = action_on(
        context.automation, form=bool(context.read.submissions), named=record is not None
    )
    if action is Action.HELD:
        if record is not None:
            _keep(work, context, record)
        return open_forms(work, context, record.reference if record is not None else "")
    if action is Action.NOTE and record is not None:
        _keep(work, context, record)
        if known is not None and record.held_for(HoldReason.SENDER):
            # the mailbox has our receipt, and nobody has answered its question
            return suggest(work, context, record, EventName.SENDER_CONFIRMED)
        return context.done(Outcome.REPLY, record)
    if context.read.unreadable and context.automation.kind in _MAY_CARRY_FORMS:
        _tell_of_file(work, context)
    return _recorded(work, context)


def _tell_of_file(work: Work, context: MessageContext) -> None:
    """Tell staff of a file that may be meant as a form: a scanner sends from an address like that.

    Once a day of each mailbox, a few times a day in all: newsletters bring files too.
    """
    today = work.now.replace(hour=0, minute=0, second=0, microsecond=0)
    mailbox = mailbox_of(context.sender.address)
    if work.tx.counters.add(f"automatic:file:{mailbox}", today) > 1:
        return
    if work.tx.counters.add("automatic:files", today) <= _FILES_TOLD:
        alert(work, "program_sent_file", "", context.row.id)


def _keep(work: Work, context: MessageContext, record: RequestRecord) -> None:
    """Keep the words and files with the request; staff are told a few times a day of each."""
    keep_words(work, context, record)
    keep_attachments(work.tx, context, record)
    work.tx.messages.link(context.row.id, record.id)
    today = work.now.replace(hour=0, minute=0, second=0, microsecond=0)
    told = work.tx.counters.add(f"automatic:request:{record.id}", today)
    if told <= work.services.settings.courier.request_daily_cap:
        alert(work, "program_wrote", record.reference)


def _recorded(work: Work, context: MessageContext) -> MessageRecord:
    """Return the ledger row of the message; bounced notices are marked and staff told."""
    automation = context.automation
    thread_of: str | None = None
    for message_id in automation.bounced_message_ids if automation.permanent else ():
        bounced = work.tx.outbox.bounced(message_id, automation.reason)
        if bounced is None:
            continue
        thread_of = bounced.request_id
        for request_id in work.tx.outbox.requests_of(bounced.id):
            work.tx.messages.link(context.row.id, request_id)
        if bounced.notice is NoticeName.STAFF_ALERT:
            continue  # an alert that tells of it would come back as well
        for reference in references_of(work.tx, bounced) or ("",):
            alert(work, "notice_bounced", reference)
    bounce = automation.kind is MessageKind.BOUNCE
    done = context.done(Outcome.BOUNCE if bounce else Outcome.IGNORED)
    return replace(done, request_id=thread_of)
