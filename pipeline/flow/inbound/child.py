"""What the guarded child does with the bytes of a message.

The child imports this before it reads anything, and waits for all that this imports: so nothing
here knows the database, the settings, or how mails are written.
"""

from dataclasses import replace

from pipeline.flow.context import ReadMessage
from pipeline.intake.find import files_of, find_forms
from pipeline.intake.read import read_forms
from pipeline.mailbox.parse import enclosed_files, parse_message
from pipeline.model.message import Attachment


def read_message(raw: bytes) -> ReadMessage:
    """Parse the raw bytes of a mail, find the forms in it, and read them."""
    message = parse_message(raw)
    read = read_forms(find_forms(message, enclosed_files))
    emptied = tuple(replace(attachment, content=b"") for attachment in message.attachments)
    return ReadMessage(
        message=replace(message, attachments=emptied),
        submissions=read.submissions,
        unreadable=read.unreadable,
        other_files=read.other_files,
        faults=read.faults,
    )


def read_files(raw: bytes) -> tuple[Attachment, ...]:
    """Parse the raw bytes of a mail and return its files, those inside other files as well."""
    return files_of(parse_message(raw), enclosed_files)
