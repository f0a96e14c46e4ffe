"""The files that go out with a notice: marked copies, blanks, certificates, QR images."""

from datetime import datetime
from functools import cache, partial

from pipeline.certificates.calendar_file import CONTENT_TYPE, CalendarEntry, calendar_file
from pipeline.flow.answers.proposed import proposed_filling
from pipeline.flow.context import NoticeDetails
from pipeline.flow.services import Work
from pipeline.forms.blanks import file_name, published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.publish import build_form, is_quick
from pipeline.model.form import FileFormat, Filling, FormKind
from pipeline.model.notice import MailFile, NoticeFacts, NoticeName
from pipeline.model.transition import SendNotice
from pipeline.notifications.compose import forwardable
from pipeline.notifications.enclosed import (
    Enclosed,
    blanks,
    calendar_name,
    cancelled_calendar_name,
    certificate_name,
    enclosed,
    ends_entry,
    form_of_answers,
    text_name,
)
from pipeline.store.records import RequestRecord, RevisionRecord, StoredReading
from pipeline.wording.catalogue import Table, read_table

_CONTENT_TYPES = {
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileFormat.PDF: "application/pdf",
}


def enclosures(
    work: Work,
    record: RequestRecord,
    effect: SendNotice,
    details: NoticeDetails,
    facts: NoticeFacts,
) -> tuple[MailFile, ...]:
    """Return the files that the notice of ``effect`` carries."""
    if details.files:
        return details.files
    cancelled = ends_entry(effect.notice, facts)
    return (
        *_chosen(work, record, effect, details, facts),
        *(_end_of_entry(work, record, facts) if cancelled else ()),
    )


def _chosen(
    work: Work,
    record: RequestRecord,
    effect: SendNotice,
    details: NoticeDetails,
    facts: NoticeFacts,
) -> tuple[MailFile, ...]:
    match enclosed(effect.notice, effect.variant, facts):
        case Enclosed.ANSWERS:
            return _answers(work, record, form_of_answers(facts), details)
        case Enclosed.CHOSEN_FORM:
            return _answers(work, record, record.form_sent, details)
        case Enclosed.TEXT:
            return (_text_to_pass_on(record, facts),)
        case Enclosed.CERTIFICATE:
            return _certificate(work, record, facts)
    kinds = blanks(effect.notice, facts)
    return tuple(blank(work, kind, record.language) for kind in kinds)


def _text_to_pass_on(record: RequestRecord, facts: NoticeFacts) -> MailFile:
    """Return what the customer's old provider has to read, in English and their language."""
    text = forwardable(NoticeName.TWO_STEP_INSTRUCTIONS, record.language, facts)
    return MailFile(text_name(facts), "text/plain; charset=utf-8", text.encode())


def _answers(
    work: Work,
    record: RequestRecord,
    kind: FormKind | None,
    details: NoticeDetails,
) -> tuple[MailFile, ...]:
    revision = work.tx.revisions.latest(record.id)
    if kind is None:
        return ()
    if revision is None:
        filling = proposed_filling(record, kind)
        return (_form(work, kind, record.language, FileFormat.XLSX, filling),)
    return (form_with_answers(work, record, revision, kind, details),)


def blank(work: Work, kind: FormKind, language: str) -> MailFile:
    """Return the blank form of ``kind`` as xlsx: the published one, unless settings differ in it.

    It depends on kind, language and two settings alone, so that each is built once in a process.
    """
    mailbox, forms = work.services.settings.mailbox, work.services.settings.forms
    # the published blanks were made with the defaults
    usual = mailbox.is_default("address") and forms.is_default("privacy")
    content = published(kind, language, FileFormat.XLSX) if usual else None
    if content is None:
        return _form(work, kind, language, FileFormat.XLSX)
    return MailFile(
        file_name(kind, language, FileFormat.XLSX), _CONTENT_TYPES[FileFormat.XLSX], content
    )


def form_with_answers(
    work: Work,
    record: RequestRecord,
    revision: RevisionRecord,
    kind: FormKind,
    details: NoticeDetails,
) -> MailFile:
    """Return a fresh form with the customer's answers; the wrong ones are marked."""
    questions = FORMS[kind].questions
    answers = tuple(
        (reading.field, _written(questions[reading.field], reading))
        for reading in revision.readings
        if (reading.raw or reading.value) and reading.field in questions
    )
    said = (details.own_words,) if details.own_words else ()
    marks = tuple((item.field, item.sentences or said) for item in details.items if item.field)
    return _form(
        work,
        kind,
        record.language,
        revision.format or FileFormat.XLSX,
        Filling(answers=answers, marks=marks),
    )


def _written(question: Question, reading: StoredReading) -> str:
    """Return a choice by its code, everything else as the customer typed it.

    Where the customer typed nothing, what stood beside the answer is proposed.
    """
    chosen = question.kind in {AnswerKind.CHOICE, AnswerKind.TICK} or not reading.raw.strip()
    return reading.value if chosen and reading.value else reading.raw


def _form(
    work: Work,
    kind: FormKind,
    language: str,
    file_format: FileFormat,
    filling: Filling | None = None,
) -> MailFile:
    settings = work.services.settings
    address, privacy = settings.mailbox.address, settings.forms.privacy
    form = (kind, language, file_format, filling)
    make = partial(build_form, *form, address=address, privacy=privacy)
    quick = is_quick(*form, address=address, privacy=privacy)
    content = work.making.get(b"", make, quick=quick)
    return MailFile(file_name(kind, language, file_format), _CONTENT_TYPES[file_format], content)


def _certificate(work: Work, record: RequestRecord, facts: NoticeFacts) -> tuple[MailFile, ...]:
    """Return the certificate, and its end as a file for the customer's calendar."""
    live = work.tx.certificates.live_of_request(record.id)
    if live is None or live.expires_at is None:
        return ()
    calendar = calendar_file((_entry(work, record, live.expires_at),), work.now)
    return (
        MailFile(certificate_name(facts), "text/plain", live.text.encode()),
        MailFile(calendar_name(facts), CONTENT_TYPE, calendar),
    )


@cache
def _calendar_words(language: str) -> Table:
    """Return the words of the calendar file; of what is not translated, the English ones."""
    english = read_table("calendar", "notices", "words.en.toml")
    return read_table("calendar", "notices", f"words.{language}.toml").above(english)


def _end_of_entry(work: Work, record: RequestRecord, facts: NoticeFacts) -> tuple[MailFile, ...]:
    """Return the file that takes the end of a cancelled certificate out of the calendar."""
    if facts.certificate is None:
        return ()
    entry = _entry(work, record, facts.certificate.expires_at, "cancelled_")
    content = calendar_file((entry,), work.now, cancelled=True)
    return (MailFile(cancelled_calendar_name(facts), CONTENT_TYPE, content),)


def _entry(work: Work, record: RequestRecord, at: datetime, prefix: str = "") -> CalendarEntry:
    """Return the calendar entry of a request's certificates; ``prefix`` chooses its words."""
    texts = _calendar_words(record.language)
    address = work.services.settings.mailbox.address
    # the count of an approval begins anew with the next one: a calendar would keep the old end
    issued = [row for row in work.tx.certificates.of_request(record.id) if row.issued_at]
    return CalendarEntry(
        uid=f"certificate-{record.reference}@{address.rpartition('@')[2]}".lower(),
        at=at,
        summary=texts[f"{prefix}summary"].format(reference=record.reference),
        description=texts[f"{prefix}description"],
        # the cancellation of each certificate has its place before the next one
        sequence=2 * len(issued) + bool(prefix),
        organizer=address,
    )
