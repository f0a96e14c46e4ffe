"""What came of a decision, beside the status: mails that wait to go out, answers still wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pipeline.cli.output import print_lines
from pipeline.errors import PipelineError
from pipeline.flow.answers.revisions import open_answers
from pipeline.flow.services import Services
from pipeline.flow.staff.desk.tries import what_stops
from pipeline.flow.views.request import request_view
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.wording import console as words
from pipeline.wording.instants import told


@dataclass(frozen=True, slots=True)
class CameOfIt:
    """What a decision left: ``mails`` that it queued, and that can still be taken back.

    ``open_answers`` are the ids of those that are wrong or asked about, each with its label and
    what is wrong with it in ``told``. ``stopped`` is what stops the certificate that is waited for.
    """

    mails: tuple[OutboxRecord, ...]
    open_answers: tuple[str, ...]
    told: tuple[str, ...]
    stopped: PipelineError | None = None


def ids_of_mails(tx: Transaction, record: RequestRecord) -> frozenset[str]:
    """Return the mails that a request has, to know new ones by."""
    return frozenset(mail.id for mail in tx.outbox.of_request(record.id))


def came_of_it(services: Services, record: RequestRecord, known: Iterable[str]) -> CameOfIt:
    """Return what a decision on ``record`` left; ``known`` are the mails from before it."""
    before = set(known)
    with services.store.read() as tx:
        mails = tuple(
            mail
            for mail in tx.outbox.of_request(record.id)
            if mail.id not in before and mail.state is OutboxState.QUEUED
        )
        named = open_answers(tx, record)
        sentences = tuple(_sentences(services, tx, record, named)) if named else ()
    return CameOfIt(mails, named, sentences, what_stops(services, record))


def _sentences(
    services: Services, tx: Transaction, record: RequestRecord, fields: tuple[str, ...]
) -> Iterator[str]:
    view = request_view(services.work(tx), record)
    labels = {field.id: field.label for field in view.fields}
    for problem in view.problems:
        name = problem.field or problem.code
        if name in fields and problem.sent:
            label = labels.get(problem.field, name)
            yield words.word("still_open_line", label=label, field=name, sentence=problem.message)


def print_came_of_it(found: CameOfIt, now: datetime, zone: str, *, answers: bool) -> None:
    """Print how the mails are taken back; with ``answers`` also what is still wrong."""
    if answers:
        key = "still_open" if found.open_answers else "still_open_none"
        print_lines(words.word(key))
        for line in found.told:
            print_lines(line, first="  ", rest="      ")
    if found.stopped is not None:
        print_lines(words.word("order_stopped"), rest="  ", bold=True)
        for line in words.explain(found.stopped).splitlines():
            print_lines(line, first="  ", rest="  ")
    for mail in found.mails:
        said = words.word(
            "mail_waits" if mail.next_at and mail.next_at > now else "mail_waits_now",
            notice=words.notice_name(mail.notice.value),
            recipient=mail.recipient,
            at=told(mail.next_at, zone),
            mail=mail.id,
        )
        print_lines(said, rest="  ")
