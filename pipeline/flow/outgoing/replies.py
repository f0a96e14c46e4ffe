"""One mail for each message: the answers that were gathered become one, within the caps."""

from dataclasses import replace

from pipeline.flow.answers.sentences import file_items
from pipeline.flow.context import MessageContext, Notice, NoticeDetails
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.attachments import form_with_answers
from pipeline.flow.outgoing.budgets import mailbox_of, over_answer_cap
from pipeline.flow.outgoing.ledger import save
from pipeline.flow.outgoing.notices import queue_notice
from pipeline.flow.outgoing.receipts import disowned, not_asked
from pipeline.flow.services import Work
from pipeline.model.notice import NoticeName, ProblemItem, RequestFacts
from pipeline.model.problem import Problem, Severity
from pipeline.model.transition import SendNotice
from pipeline.store.records import RequestRecord
from pipeline.validation.phone.number_types import international_writing
from pipeline.wording.problems import sentence

#: When several forms came in one message, the notice that asks for most speaks for all.
_MOST_DEMANDING = (
    NoticeName.NEEDS_CORRECTION,
    NoticeName.UNREADABLE,
    NoticeName.HELD,
    NoticeName.QUESTION,
    NoticeName.REJECTED,
    NoticeName.ACKNOWLEDGED,
)


def add_reply(
    context: MessageContext,
    record: RequestRecord,
    notice: NoticeName,
    variant: str = "",
    details: NoticeDetails | None = None,
    *,
    to_sender: bool = False,
) -> None:
    """Gather a direct answer about ``record``: to its address of record, or to the sender."""
    context.answers.append(
        Notice(
            record,
            SendNotice(notice, variant),
            details or NoticeDetails(),
            of_transition=False,
            recipient=context.sender.address if to_sender else "",
        )
    )


def queue_reply(work: Work, context: MessageContext) -> bool:
    """Put the one mail that answers ``context`` into the outbox, or none when a cap is reached.

    A receipt is a mail of its own: its token is the proof of the requests that it tells of. Returns
    whether there is an answer that is no receipt.
    """
    receipts = [item for item in context.answers if _is_receipt(item)]
    others = [item for item in context.answers if not _is_receipt(item)]
    answered = bool(others) and _queue_answer(work, context, others)
    if receipts:
        _queue_receipt(work, context, receipts)
    return answered


def _is_receipt(answer: Notice) -> bool:
    return answer.effect.notice is NoticeName.RECEIPT_UNVERIFIED


def _queue_answer(work: Work, context: MessageContext, answers: list[Notice]) -> bool:
    chosen = _with_files(_joined(work, answers), context)
    chosen = _with_copies(work, chosen, answers)
    if not chosen.of_transition and _over_a_cap(work, context, chosen.record):
        return False
    _queue(work, context, chosen)
    return True


def _queue_receipt(work: Work, context: MessageContext, answers: list[Notice]) -> None:
    """Ask the sender to confirm, unless the address said no lately or was asked enough today."""
    address = mailbox_of(context.sender.address)
    today = context.now.replace(hour=0, minute=0, second=0, microsecond=0)
    asked = work.tx.counters.add(f"receipts:sender:{address}", today)
    most = work.services.settings.courier.sender_daily_cap
    if disowned(work, address) or asked > most:
        if work.tx.counters.add(f"alert:receipt:{address}", today) == 1:
            alert(work, "receipt_not_sent", answers[0].record.reference, context.row.id)
        for answer in answers:
            not_asked(work, answer.record.id)
        return
    _queue(work, context, _joined(work, answers))


def _queue(work: Work, context: MessageContext, chosen: Notice) -> None:
    record = work.tx.requests.get(chosen.record.id) or chosen.record
    grown = queue_notice(work, replace(chosen, record=record), context.trigger)
    if grown.thread != record.thread:
        work.tx.requests.set_thread(grown.id, grown.thread)
    save(work, record, grown.state)


def _joined(work: Work, answers: list[Notice]) -> Notice:
    """Return the one answer that says what all of them say."""
    ranked = sorted(answers, key=lambda item: _rank(item.effect.notice))
    first, others = ranked[0], ranked[1:]
    about_others = [item for item in others if item.record.id != first.record.id]
    if not about_others:
        return first
    items = tuple(
        _of(item.record, problem) for item in about_others for problem in item.details.items
    )
    records = {item.record.id: item.record for item in ranked}
    details = replace(
        first.details,
        items=(*first.details.items, *items),
        notes=_notes(first, about_others),
        has_errors=any(item.details.has_errors for item in answers if item.details.items),
    )
    if all(item.effect == first.effect for item in about_others) and not items:
        # it says the same of each, and lists them itself
        requests = tuple(request_facts(work, record) for record in records.values())
        details = replace(details, requests=requests)
    if first.effect.notice is not NoticeName.ACKNOWLEDGED or not details.requests:
        refs = [record.reference for record in records.values()]
        params = (("n", len(refs)), ("refs", ", ".join(refs)))
        told = Problem("file_many", Severity.NOTE, params=params)
        notes = (*details.notes, sentence(told, first.record.language, None))
        details = replace(details, notes=notes)
    return replace(
        first,
        details=details,
        also=tuple(dict.fromkeys(item.record.id for item in about_others)),
    )


def _notes(first: Notice, others: list[Notice]) -> tuple[str, ...]:
    """Return the notes about all forms: those of another form begin with its reference."""
    known = first.details.notes
    more = (
        f"{item.record.reference}: {note}"
        for item in others
        for note in item.details.notes
        if note not in known
    )
    return (*known, *more)


def request_facts(work: Work, record: RequestRecord) -> RequestFacts:
    """Return what a mail about several requests says of ``record``."""
    latest = work.tx.revisions.latest_answers(record.id)
    return RequestFacts(
        record.reference,
        record.state.shown.track,
        international_writing(record.number),
        latest.file_name if latest else "",
    )


def _with_copies(work: Work, chosen: Notice, answers: list[Notice]) -> Notice:
    """Return ``chosen`` with the marked copies of the other forms that have to be corrected."""
    copies = []
    for item in answers:
        record = item.record
        asked = item.effect.notice is NoticeName.NEEDS_CORRECTION
        if record.id == chosen.record.id or not asked or record.form is None:
            continue
        latest = work.tx.revisions.latest(record.id)
        if latest is None:
            continue
        copy = form_with_answers(work, record, latest, record.form, item.details)
        copies.append(replace(copy, name=f"{record.reference}_{copy.name}"))
    return replace(chosen, details=replace(chosen.details, copies=tuple(copies)))


def _with_files(answer: Notice, context: MessageContext) -> Notice:
    """Return ``answer`` with a sentence on each file beside the form that could not be read."""
    if not context.read.submissions:
        return answer
    problems = tuple(item.problem for item in context.read.unreadable)
    sentences = (item.sentences[0] for item in file_items(problems, answer.record.language))
    notes = (*answer.details.notes, *sentences)
    return replace(answer, details=replace(answer.details, notes=notes))


def _of(record: RequestRecord, item: ProblemItem) -> ProblemItem:
    return replace(item, label=f"{record.reference} {item.label}".strip(), field="")


def _rank(notice: NoticeName) -> int:
    if notice in _MOST_DEMANDING:
        return _MOST_DEMANDING.index(notice)
    return len(_MOST_DEMANDING)


def _over_a_cap(work: Work, context: MessageContext, record: RequestRecord) -> bool:
    address = context.sender.address or record.address_of_record
    return over_answer_cap(work, address, record, context.row.id)
