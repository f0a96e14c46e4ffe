"""One mail of a Maildir folder: a file that may be gone, or not be readable, at any moment."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.mailbox.header_block import HEADER_BYTES, header_of
from pipeline.mailbox.one_by_one import UndeliveredError
from pipeline.mailbox.words import message_id_of

_ID_BYTES = 64 * 1024


class UnreadableError(UndeliveredError):
    """A file that the machine does not give; ``cause`` is its error."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(cause.strerror or type(cause).__name__)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class MailFile:
    """The size of a mail and its arrival (aware).

    ``raw`` is None when it is too big, so that only its ``header`` was read, or when there was no
    room left for it.
    """

    size: int
    at: datetime
    raw: bytes | None = None
    header: bytes = b""


def read(path: Path, message_bytes: int, room: int | None) -> MailFile | None:
    """Return a mail; None when it is gone. Raises UnreadableError."""
    try:
        facts = path.stat()
        size, at = facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC)
        if size > message_bytes:
            return MailFile(size, at, header=header_of(_start(path, HEADER_BYTES)))
        fits = room is None or size <= room
        return MailFile(size, at, path.read_bytes() if fits else None)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableError(error) from error


def readable(path: Path) -> bool:
    """Return whether the machine gives anything of a mail."""
    try:
        _start(path, 1)
    except OSError:
        return False
    return True


def id_of(path: Path) -> str:
    """Return the Message-ID of a mail; empty when it has none, or cannot be read."""
    try:
        return message_id_of(head(path))
    except OSError:
        return ""


def head(path: Path) -> bytes:
    """Return the first fields of a mail with bare line feeds; nothing when it is gone."""
    try:
        start = _start(path, _ID_BYTES).replace(b"\r\n", b"\n")
    except FileNotFoundError:
        return b""
    return start.partition(b"\n\n")[0]


def _start(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)
