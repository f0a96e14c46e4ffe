"""What runs in the guarded child: everything that touches the bytes of a stranger."""

from dataclasses import dataclass, replace

from pipeline.intake.find import find_forms
from pipeline.intake.read import read_forms
from pipeline.mailbox.parse import parse_message
from pipeline.model.message import InboundMessage
from pipeline.model.submission import Submission, UnreadableFile


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """A message with the submissions that were read from its files.

    The attachments of ``message`` are emptied: their bytes stay in the raw message.
    """

    message: InboundMessage
    submissions: tuple[Submission, ...]
    unreadable: tuple[UnreadableFile, ...]
    other_files: tuple[str, ...]


def read_message(raw: bytes) -> ReadMessage:
    """Parse the raw bytes of a mail, find the forms in it, and read them."""
    message = parse_message(raw)
    read = read_forms(find_forms(message))
    emptied = tuple(replace(attachment, content=b"") for attachment in message.attachments)
    return ReadMessage(
        message=replace(message, attachments=emptied),
        submissions=read.submissions,
        unreadable=read.unreadable,
        other_files=read.other_files,
    )
