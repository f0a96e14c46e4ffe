"""``template preview --ref``: a notice as the customer of a real request would get it now."""

from dataclasses import replace

from pipeline.flow.context import NoticeDetails
from pipeline.flow.outgoing.asked import told_again
from pipeline.flow.outgoing.facts import notice_facts
from pipeline.flow.outgoing.ledger import Promise, dated
from pipeline.flow.services import Services, Work
from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.notifications.enclosed import file_names
from pipeline.notifications.preview.samples import Sample
from pipeline.store.records import RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.tracks.promises import saying_of


def of_request(
    services: Services, tx: Transaction, record: RequestRecord, notice: NoticeName, variant: str
) -> Sample:
    """Return ``notice`` with the facts of ``record`` as of now; nothing is written or sent.

    What only the moment of sending tells (the words of staff, what was just corrected) is left out.
    """
    facts = _facts(Work(tx, services, services.clock.now()), record, notice, variant)
    return Sample(notice, variant, record.language, record.reference, facts)


def _facts(work: Work, record: RequestRecord, notice: NoticeName, variant: str) -> NoticeFacts:
    asks = NoticeName.CORRECTION_REMINDER if notice is NoticeName.NEEDS_CORRECTION else notice
    details = told_again(work, record, asks, NoticeDetails())
    facts = dated(
        work,
        record,
        Promise(saying_of(notice, variant)),
        notice_facts(work, record, details),
    )
    return replace(facts, files=file_names(notice, variant, facts, record.language))
