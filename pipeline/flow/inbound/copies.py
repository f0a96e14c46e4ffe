"""Our own copies of sent mail (``courier.archive = "bcc"``): known before any rule, never messages.

A copy has the Message-ID of a mail of ours and its body, byte for byte. It gets no row in the
ledger and no blob, and counts nowhere; that it came is noted of a mail in doubt. On the server it
goes to a folder of its own; one that carries a certificate is deleted.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline import logs
from pipeline.flow.inbound.move import turn_to_move
from pipeline.flow.outgoing.notices import CARRIES_CERTIFICATE
from pipeline.flow.outgoing.own_copy import body_digest, head_and_body
from pipeline.flow.outgoing.results import note_sent
from pipeline.flow.services import Services, Work
from pipeline.mailbox.protocol import FetchedMessage, Mailbox
from pipeline.mailbox.words import message_id_of
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.unit_of_work import Transaction

#: An id stands at the top of a mail of ours, below what relays have added.
_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy as it stands on the server, and the mail of ours that it is a copy of."""

    mail: FetchedMessage
    of: OutboxRecord


def without_copies(
    services: Services, fetched: Sequence[FetchedMessage]
) -> tuple[list[FetchedMessage], list[Copy]]:
    """Return the mails of others and the copies of ours; what the copies prove is noted."""
    ids = {mail.uid: found for mail in fetched if (found := _our_id(services, mail.raw))}
    if not ids:
        return list(fetched), []
    with services.store.read() as tx:
        copies = [
            Copy(mail, ours)
            for mail in fetched
            if mail.uid in ids and (ours := copied(tx, ids[mail.uid], mail.raw or b""))
        ]
    proofs = [copy.of for copy in copies if copy.of.state is not OutboxState.SENT]
    if proofs:
        services.run(lambda work: _note(work, proofs))
    known = {copy.mail.uid for copy in copies}
    return [mail for mail in fetched if mail.uid not in known], copies


def is_copy(services: Services, tx: Transaction, raw: bytes) -> bool:
    """Tell whether ``raw`` is a copy of a mail that we sent."""
    found = _our_id(services, raw)
    return bool(found) and copied(tx, found, raw) is not None


def copied(tx: Transaction, message_id: str, raw: bytes) -> OutboxRecord | None:
    """Return the mail of ours with the Message-ID, if ``raw`` has its body as well."""
    ours = tx.outbox.by_message_id(message_id)
    if ours is None:
        return None
    digest = ours.digest or (body_digest(ours.content) if ours.content else "")
    return ours if digest and digest == body_digest(raw) else None


def put_away(services: Services, mailbox: Mailbox, copies: Sequence[Copy]) -> None:
    """Move copies to their folder, and delete those that carry a certificate.

    What another worker is moving just now is left to it; what is left comes again.
    Raises what the mailbox raises.
    """
    if not copies:
        return
    with turn_to_move(services) as mine:
        if not mine:
            return
        filed: dict[tuple[str, int, bool], list[int]] = defaultdict(list)
        for copy in copies:
            secret = copy.of.notice in CARRIES_CERTIFICATE
            filed[copy.mail.folder, copy.mail.uidvalidity, secret].append(copy.mail.uid)
        for (folder, uidvalidity, secret), uids in filed.items():
            if secret:
                mailbox.delete(folder, uidvalidity, sorted(uids))
                continue
            target = services.settings.copies_folder()
            done = mailbox.file_many(folder, uidvalidity, sorted(uids), target)
            for error in done.refused.values():
                raise error


def _our_id(services: Services, raw: bytes | None) -> str:
    """Return the Message-ID of a mail, if we have made it; empty: another's, or none."""
    if raw is None:
        return ""
    found = message_id_of(head_and_body(raw[:_HEAD_BYTES])[0])
    return found if found and services.is_our_message_id(found) else ""


def _note(work: Work, mails: Sequence[OutboxRecord]) -> None:
    for mail in mails:
        if not work.tx.outbox.copied(mail.message_id, work.now):
            continue
        logs.event("flow.copies", "copy_came", outbox=mail.id, state=mail.state.value)
        # one that staff have in hand needs them no more; of the others their worker takes care
        if work.tx.outbox.settle(mail.id, sent_at=work.now):
            note_sent(work, [mail])
