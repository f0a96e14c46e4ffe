"""What a request still asks of its customer: reminders and answers about it tell it again."""

from dataclasses import replace

from pipeline.flow.answers.judge import judge
from pipeline.flow.answers.revisions import latest_accepted, submission_of
from pipeline.flow.answers.sentences import entered, items_for_customer
from pipeline.flow.context import NoticeDetails
from pipeline.flow.services import Work
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import form_texts
from pipeline.model.checked import CheckedForm
from pipeline.model.notice import NoticeName, ProblemItem
from pipeline.model.problem import Severity
from pipeline.model.request import EventName, Status
from pipeline.model.transition import SendNotice
from pipeline.store.records import RequestRecord, RevisionRecord

#: Mails that tell again which answers are open.
_TELL_AGAIN = frozenset({NoticeName.CORRECTION_REMINDER, NoticeName.DUPLICATE})
#: The variant of a mail about answers that another form asks for.
AFTER_ROUTE = "after_route"


def told_again(
    work: Work, record: RequestRecord, notice: NoticeName, details: NoticeDetails
) -> NoticeDetails:
    """Return ``details`` with the answers that are open, where ``notice`` tells them again."""
    awaited = record.state.shown.status is Status.NEEDS_CORRECTION
    if notice not in _TELL_AGAIN or details.items or not awaited or record.form is None:
        return details
    revision = latest_accepted(work.tx, record)
    if revision is None:
        return details
    checked = judge(work.services.phones, submission_of(revision), work.now)
    fields, text = _asked_by_staff(work, record, revision)
    named = items_asked(record, checked, fields, text)
    found = items_for_customer(checked, record.language)
    return replace(
        details,
        items=(*named, *(item for item in found if item.field not in fields)),
        own_words=own_words(fields, text),
        has_errors=any(item.severity is Severity.ERROR for item in checked.customer_problems),
    )


def items_asked(
    record: RequestRecord, checked: CheckedForm, fields: tuple[str, ...], text: str
) -> tuple[ProblemItem, ...]:
    """Return what staff ask about ``fields``: what is wrong with each, ``text`` at a single one.

    They come in the order of the form, in whatever order they were named.
    ``text`` about several is said once, beside them: :func:`own_words`.
    """
    if record.form is None:
        return ()
    texts, numbers = form_texts(record.language), FORMS[record.form].numbers
    in_order = sorted(fields, key=numbers.__getitem__)
    found = {item.field: item.sentences for item in items_for_customer(checked, record.language)}
    said = (text,) if text and len(fields) == 1 else ()
    return tuple(
        ProblemItem(
            question=numbers[name],
            label=texts.label(record.form, name),
            where=reading.where if reading else "",
            given=entered(checked, name, texts),
            sentences=(*found.get(name, ()), *said),
            field=name,
        )
        for name, reading in ((name, checked.reading(name)) for name in in_order)
    )


def own_words(fields: tuple[str, ...], text: str) -> str:
    """Return what staff say in a part of its own: what does not stand at the one answer."""
    return "" if len(fields) == 1 else text


def _asked_by_staff(
    work: Work, record: RequestRecord, revision: RevisionRecord
) -> tuple[tuple[str, ...], str]:
    """Return which answers staff asked about in this stay, and with which words; newer ones none.

    Their words were kept as a note of the same instant.
    """
    lines = (
        line
        for line in reversed(work.tx.events.standing(record.id))
        if line.event is EventName.ASK and line.at >= record.state.entered_at
    )
    line = next(lines, None)
    if line is None or revision.received_at > line.at:
        return (), ""
    known = FORMS[record.form].numbers if record.form else {}
    names = dict(line.detail).get("fields", "").split(",")
    notes = [one.text for one in work.tx.notes.list(record.id)
             if one.at == line.at and not one.from_customer]  # fmt: skip
    return tuple(name for name in names if name in known), "\n".join(notes)


def asked_by_route(work: Work, record: RequestRecord, effect: SendNotice) -> bool:
    """Tell whether what is asked for is what the form asks that staff moved the request to."""
    if effect.variant == AFTER_ROUTE:
        return True
    awaited = record.state.shown.status is Status.NEEDS_CORRECTION
    if effect.notice not in _TELL_AGAIN or not awaited:
        return False
    return any(
        line.event is EventName.ROUTE and line.at == record.state.entered_at
        for line in work.tx.events.standing(record.id)
    )
