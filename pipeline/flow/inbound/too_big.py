"""A mail over the size limit: its header was judged as any other, its body was never fetched.

Staff always have it. A person whom the header proves is told as well, once, within the caps on
answers; a program, a sender without proof and a header that was cut are not.
"""

from pipeline.flow.context import MessageContext, NoticeDetails
from pipeline.flow.lifecycle.due import catch_up
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.replies import add_reply, queue_reply
from pipeline.flow.requests.follow_up import FORM_AWAITED
from pipeline.flow.requests.no_form import named_in_subject, receive_words
from pipeline.flow.requests.thread import KnownThread, Standing
from pipeline.flow.services import Work
from pipeline.model.message import MessageKind
from pipeline.model.notice import NoticeName
from pipeline.model.request import HoldReason
from pipeline.store.records import MessageRecord, RequestRecord
from pipeline.terms import Outcome

_WHY = "file_big"


def take(work: Work, context: MessageContext, known: KnownThread | None) -> MessageRecord:
    """Hold the mail for staff, and tell its sender where the rules allow an answer."""
    may = _may_be_told(context)
    # a reference in the subject proves nothing, but the sender may be proven without it
    named = named_in_subject(work.tx, context) if may and known is None else None
    record = known.record if known is not None else named
    if may and record is None:
        # it opens a request, as a file that cannot be read does
        opened = receive_words(work, context).request_id
        record = work.tx.requests.get(opened) if opened else None
    elif may and record is not None and _may_answer(record, known):
        _tell(context, record)
    told = False
    if may:
        catch_up(work, context.answers)
        told = queue_reply(work, context)
    reference = record.reference if record is not None else ""
    alert(work, "mail_too_big_told" if told else "mail_too_big", reference, context.row.id)
    return context.done(Outcome.HELD, record, why=_WHY)


def _may_be_told(context: MessageContext) -> bool:
    """Whether a person wrote the mail whom its header proves, in a header that was read whole.

    Signs of a program may stand in what was cut off.
    """
    whole = "headers_cut" not in context.message.defects
    return whole and context.proven and context.automation.kind is MessageKind.HUMAN


def _may_answer(record: RequestRecord, known: KnownThread | None) -> bool:
    """Whether mail about ``record`` goes to this sender; others on the thread are staff's."""
    if record.state.ended or record.held_for(HoldReason.SENDER):
        return False
    return known is None or known.standing is Standing.REQUESTER


def _tell(context: MessageContext, record: RequestRecord) -> None:
    """Ask for the form alone where one is awaited, else for the words again."""
    details = NoticeDetails(reason=_WHY)
    if record.state.shown.status in FORM_AWAITED:
        add_reply(context, record, NoticeName.UNREADABLE, "too_big", details)
    else:
        add_reply(context, record, NoticeName.UNREADABLE, "too_big_reply", details)
