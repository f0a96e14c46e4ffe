"""The files of a mail, for staff who want to look at one: a proof, a scan, a second form."""

from pipeline.errors import NotFoundError, RefusedError
from pipeline.flow.inbound.child import read_files
from pipeline.flow.inbound.faults import fault_of
from pipeline.flow.services import Services
from pipeline.guard import GuardError
from pipeline.mailbox.scanner import InfectedError
from pipeline.model.message import Attachment


def mail_files(services: Services, message: str) -> tuple[Attachment, ...]:
    """Return the files of a message of the ledger, read in the guarded child.

    Those inside other files follow them. Raises NotFoundError ``message_unknown`` without stored
    bytes, RefusedError ``mail_files_unreadable`` where they are infected or cannot be read within
    the limits.
    """
    with services.store.read() as tx:
        row = tx.messages.get(message)
    if row is None or not row.has_bytes:
        raise NotFoundError("message_unknown", message=message)
    raw = services.blobs.get(row.sha256)
    try:
        if services.scanner is not None:
            services.scanner.scan(raw)
        return services.guard.call(read_files, raw)
    except (GuardError, InfectedError) as error:
        reason = fault_of(error).reason
        raise RefusedError("mail_files_unreadable", message=message, reason=reason) from error
