"""Pass over what came back as we sent it: marked copies, blanks, pre-filled forms, our pictures.

Mail programs attach again what they quote. A copy of ours says what a request says already; beside
a form that says more it must not act, wherever it stands in the mail and whatever it is called. So
forms are compared by their answers, and files that are no forms by their digests.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.flow.answers.judge import judge
from pipeline.flow.answers.proposed import proposed_filling
from pipeline.flow.answers.revisions import submission_of
from pipeline.flow.context import MessageContext, ReadMessage
from pipeline.flow.services import Work
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.model.checked import CheckedForm
from pipeline.model.form import FormKind
from pipeline.model.request import Status
from pipeline.model.submission import Submission, UnreadableFile
from pipeline.store.records import RequestRecord, RevisionRecord
from pipeline.validation.characters import clean, squeeze

#: What the reader says of a blank form.
_BLANK = "file_empty"
#: Where a form is awaited: a blank one is an answer there, and the customer is told that it is one.
_FORM_AWAITED = frozenset({Status.NEEDS_CORRECTION, Status.AWAITING_FORM})


def without_ours(work: Work, context: MessageContext, record: RequestRecord | None) -> ReadMessage:
    """Return what the message brought without what came back as we sent it.

    ``record`` is the request of its thread, if it has one. A copy that comes alone stays: sent back
    unchanged it confirms what we asked to check, or says the same again.
    """
    read = context.read
    submissions = _without_copies(work, context, record)
    submissions = _without_prefilled(work, context, record, submissions)
    unreadable = _without_blanks(read.unreadable, record, beside=bool(submissions))
    unreadable = _without_sent(work, context, unreadable)
    if submissions == read.submissions and unreadable == read.unreadable:
        return read
    return replace(read, submissions=submissions, unreadable=unreadable)


@dataclass(frozen=True, slots=True)
class _Copy:
    """A form that says what the revision ``seq`` of a request says."""

    submission: Submission
    seq: int


def _without_copies(
    work: Work, context: MessageContext, record: RequestRecord | None
) -> tuple[Submission, ...]:
    """Leave out the copies of earlier answers where another form of their kind says more.

    Of several that all say what we have, the newest stays.
    """
    submissions = context.read.submissions
    kinds = [item.form for item in submissions]
    doubled = {kind for kind in kinds if kinds.count(kind) > 1}
    if not doubled:
        return submissions
    copies = [
        copy
        for submission in submissions
        if submission.form in doubled
        and (copy := _copy_of(work, context, record, submission)) is not None
    ]
    dropped: list[Submission] = []
    for kind in doubled:
        of_kind = [copy for copy in copies if copy.submission.form is kind]
        if of_kind and len(of_kind) == kinds.count(kind):
            of_kind.remove(max(of_kind, key=lambda copy: copy.seq))
        dropped += [copy.submission for copy in of_kind]
    return tuple(item for item in submissions if not any(item is other for other in dropped))


def _copy_of(
    work: Work, context: MessageContext, record: RequestRecord | None, submission: Submission
) -> _Copy | None:
    """Return the earlier answers of the sender that ``submission`` repeats, the newest of them."""
    checked = judge(work.services.phones, submission, context.now, ahead=context.judged)
    seqs = [
        revision.seq
        for request in _requests(work, context, record, submission.form)
        for revision in work.tx.revisions.all(request.id)
        if revision.form is submission.form and _says_the_same(checked, revision)
    ]
    return _Copy(submission, max(seqs)) if seqs else None


def _requests(
    work: Work, context: MessageContext, record: RequestRecord | None, kind: FormKind
) -> Iterable[RequestRecord]:
    found = {item.id: item for item in work.tx.requests.of_sender(context.sender.address)}
    if record is not None:
        found[record.id] = record
    return [item for item in found.values() if item.form is kind]


def _says_the_same(checked: CheckedForm, revision: RevisionRecord) -> bool:
    """Return whether each answer is written or understood as in ``revision``.

    Our copies write a choice in the words of their language and everything else as it was typed;
    programs that save them again change blanks and widths. What stands beside the answers must have
    stood there.
    """
    beside = {item.key for item in checked.submission.left_over}
    if beside and not beside <= {item.key for item in submission_of(revision).left_over}:
        return False
    old = {reading.field: (reading.raw, reading.value) for reading in revision.readings}
    return all(
        _same_answer((reading.raw, reading.value), old.get(reading.field, ("", None)))
        for reading in checked.readings
    )


def _same_answer(one: tuple[str, str | None], other: tuple[str, str | None]) -> bool:
    if one[1] is not None and one[1] == other[1]:
        return True
    return _folded(one[0]) == _folded(other[0])


def _folded(raw: str) -> str:
    return unicodedata.normalize("NFC", squeeze(clean(raw)[0]))


def _without_prefilled(
    work: Work,
    context: MessageContext,
    record: RequestRecord | None,
    submissions: tuple[Submission, ...],
) -> tuple[Submission, ...]:
    """Leave out the form that we filled in, when it came back unchanged with words beside it."""
    if record is None or record.form_sent is None or record.form is not None:
        return submissions
    sent = dict(proposed_filling(record, record.form_sent).answers)
    unchanged = [
        submission
        for submission in submissions
        if submission.form is record.form_sent
        and not submission.left_over
        and all(
            _same_answer((reading.raw, reading.value), (filled, filled or None))
            for reading in judge(
                work.services.phones, submission, context.now, ahead=context.judged
            ).readings
            for filled in (sent.get(reading.field, ""),)
        )
    ]
    if len(unchanged) == len(submissions) and context.new_text.ours:
        return submissions
    return tuple(item for item in submissions if not any(item is other for other in unchanged))


def _without_blanks(
    unreadable: tuple[UnreadableFile, ...], record: RequestRecord | None, *, beside: bool
) -> tuple[UnreadableFile, ...]:
    """Leave out blank forms beside a form, on a thread where none is awaited, or when all came."""
    blanks = [item for item in unreadable if item.problem.code == _BLANK]
    awaited = record is None or record.status in _FORM_AWAITED
    if awaited and not beside and len(blanks) < len(FORMS):
        return unreadable
    return tuple(item for item in unreadable if item.problem.code != _BLANK)


def _without_sent(
    work: Work, context: MessageContext, unreadable: tuple[UnreadableFile, ...]
) -> tuple[UnreadableFile, ...]:
    """Leave out files that are no forms and left us with these very bytes: QR images, texts."""
    if not unreadable:
        return unreadable
    files = context.message.attachments
    ours = work.tx.attachments.made_by_us([file.sha256 for file in files])
    names = {file.file_name for file in files if file.sha256 in ours}
    return tuple(item for item in unreadable if item.file_name not in names)
