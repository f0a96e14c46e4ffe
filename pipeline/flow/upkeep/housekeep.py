"""What a batch tidies up."""

from dataclasses import replace
from datetime import timedelta

from pipeline.flow.services import Services
from pipeline.flow.upkeep.erasing import keep_retention
from pipeline.flow.upkeep.indexing import keep_searchable
from pipeline.model.certificate import CertificateState
from pipeline.store.records import CertificateRecord
from pipeline.store.unit_of_work import Transaction

_PORTION = 200
_COUNTERS_KEPT = timedelta(days=3)


def housekeep(services: Services) -> None:
    """Purge the bytes of sent mails and old counters; expire certificates of closed requests.

    The leases of workers that are gone are swept, and what an undo needed whose time is over. What
    is searched is brought up to date. What is older than the settings let it be is taken away.
    """
    _tidy(services)
    keep_retention(services)
    keep_searchable(services)


def _tidy(services: Services) -> None:
    now = services.clock.now()
    _expire_of_closed(services)
    before = now - timedelta(days=services.settings.retention.sent_bytes_days)
    with services.store.read() as tx:
        nothing = not tx.outbox.has_purgeable(before) and not tx.counters.has_older(
            now - _COUNTERS_KEPT
        )
        left = tx.leases.has_over(now)
        undone = tx.undo.has_over(now)
    if undone:
        services.store.run(lambda tx: tx.undo.purge(now))
    if left:
        services.store.run(lambda tx: tx.leases.sweep(now))
    if nothing:
        return
    services.store.run(lambda tx: tx.outbox.purge_sent(before, _PORTION))
    services.store.run(lambda tx: tx.counters.purge(now - _COUNTERS_KEPT))


def _expire_of_closed(services: Services) -> None:
    """Mark certificates of closed requests as expired: a closed request has no deadlines."""
    now = services.clock.now()
    with services.store.read() as tx:
        over = [row for row in tx.certificates.live_until(now, _PORTION) if _ended(tx, row)]
    if not over:
        return

    def work(tx: Transaction) -> None:
        for found in over:
            row = tx.certificates.lock(found.id)
            if row is None or row.state is not CertificateState.LIVE:
                continue  # revoked meanwhile
            ended = replace(
                row, state=CertificateState.EXPIRED, ended_at=row.expires_at, end_reason="expired"
            )
            tx.certificates.save(ended, before=row)

    services.store.run(work)


def _ended(tx: Transaction, row: CertificateRecord) -> bool:
    record = tx.requests.get(row.request_id)
    return record is None or record.state.ended
