"""What the programme needs of a mailbox, whatever kind it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from pipeline.errors import PipelineError

Known = Callable[[int, Sequence[int]], set[int]]
"""Given a UIDVALIDITY and UIDs, tells which of them the ledger has already."""

COUNT = 50
TOTAL_BYTES = 20 * 1024 * 1024
MESSAGE_BYTES = 25 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FetchedMessage:
    """A mail as it stands on the server.

    ``raw`` is None when the mail is over the size limit, so that its ``header`` alone was
    downloaded (cut after :data:`HEADER_BYTES`), or when the server does not deliver it:
    ``withheld`` is then what it said. ``received_at`` (aware) is when the server got it.
    """

    account: str
    folder: str
    uidvalidity: int
    uid: int
    size: int
    raw: bytes | None
    received_at: datetime | None
    withheld: str = ""
    header: bytes = b""

    @property
    def content(self) -> bytes:
        """What was downloaded: the whole mail, or its header."""
        return self.header if self.raw is None else self.raw


@dataclass(frozen=True, slots=True)
class Portion:
    """The mails of a portion; ``left`` are the UIDs for which no room was left.

    ``renumbered``: the folder has another UIDVALIDITY now, and nothing was fetched.
    """

    messages: Sequence[FetchedMessage] = ()
    left: Sequence[int] = ()
    renumbered: bool = False


@dataclass(frozen=True, slots=True)
class Filed:
    """What came of a move of several mails; those that are not ``refused`` are where they belong.

    ``renumbered``: the folder has another UIDVALIDITY now, so the numbers mean other mails; nothing
    was moved, and the mails come again under their new numbers.
    """

    refused: Mapping[int, PipelineError] = field(default_factory=dict)
    renumbered: bool = False


class Arrivals(Protocol):
    """Tells when new mail may have come: a hint only; who waits must look at times anyway."""

    def wait(self, seconds: float, wake: int) -> bool:
        """Wait for new mail; True when there may be some.

        False when ``seconds`` have passed, or the descriptor ``wake`` can be read. The first call
        returns at once, True. Raises as :class:`Mailbox` does; the next call begins anew.
        """
        ...

    def close(self) -> None:
        """Let go of the connection; it may be used again."""
        ...


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail in a folder, without its bytes; ``message_id`` is empty when it has none."""

    uid: int
    size: int
    message_id: str


@dataclass(frozen=True, slots=True)
class Contents:
    """All mails of a folder."""

    uidvalidity: int
    mails: Sequence[StoredMail]


class Mailbox(Protocol):
    """A mailbox: new mail is read without a trace, processed mail is moved to a folder.

    Folder names use ``/`` between levels. Every method may raise
    :class:`pipeline.errors.TryLaterError` (``mailbox_unreachable``) or
    :class:`pipeline.errors.ConfigurationError`; the connection is dropped then and made anew by
    the next call.
    """

    account: str

    def new_messages(
        self,
        known: Known,
        *,
        count: int = COUNT,
        total_bytes: int = TOTAL_BYTES,
        message_bytes: int = MESSAGE_BYTES,
    ) -> list[FetchedMessage]:
        """Return the oldest mails that are not ``known``, changing nothing on the server.

        At most ``count`` mails and about ``total_bytes`` in all (one mail at least); mails over
        ``message_bytes`` come with their header alone.
        """
        ...

    def list_new(self, known: Known) -> tuple[int, list[int]]:
        """Return the UIDVALIDITY, and the UIDs of all mails that are not ``known``, in order."""
        ...

    def fetch(
        self,
        folder: str,
        uidvalidity: int,
        uids: Sequence[int],
        *,
        total_bytes: int = TOTAL_BYTES,
        message_bytes: int = MESSAGE_BYTES,
    ) -> Portion:
        """Return the mails with these UIDs, as many as ``total_bytes`` hold (one at least).

        A mail that is gone is left out. One that the server does not deliver, while it delivers
        others, comes as ``withheld``. Raises TryLaterError when it delivers none.
        """
        ...

    def file_many(self, folder: str, uidvalidity: int, uids: Sequence[int], target: str) -> Filed:
        """Move mails to ``target`` (made when missing) at a time; one that is gone is done.

        Raises ConfigurationError when a right, a folder or the space of the mailbox keeps all of
        them from it.
        """
        ...

    def file(self, folder: str, uidvalidity: int, uid: int, target: str) -> bool:
        """Move a mail to ``target`` (made when missing); True also when it is gone already.

        False: the folder has another UIDVALIDITY now, so the number means another mail; nothing
        was moved, and the mail comes again under its new number.
        """
        ...

    def file_by_id(self, folder: str, message_id: str, target: str) -> bool:
        """Move the mails of ``folder`` with this Message-ID to ``target`` (made when missing).

        False: there is none, which is no error.
        """
        ...

    def append(self, folder: str, raw: bytes, *, seen: bool = False) -> None:
        """Put a mail into ``folder`` (made when missing)."""
        ...

    def holds(self, folder: str, message_id: str) -> bool:
        """Return whether ``folder`` has a mail with this Message-ID (with its angle brackets)."""
        ...

    def holds_anywhere(self, message_id: str) -> bool:
        """Return whether any folder has a mail with this Message-ID (with its angle brackets).

        A folder that cannot be opened for good is passed over, but not the one mail comes in.
        """
        ...

    def delete(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> bool:
        """Delete mails for good; one that is gone is done.

        False: the folder has another UIDVALIDITY now; nothing was deleted.
        """
        ...

    def folders(self) -> tuple[str, ...]:
        """Return the names of all folders, sorted."""
        ...

    def arrivals(self) -> Arrivals:
        """Return what tells of new mail; it has a connection of its own."""

    def contents(self, folder: str) -> Contents | None:
        """Return the mails of ``folder`` without their bytes, changing nothing; None: no folder."""
        ...

    def close(self) -> None:
        """Let go of the connection; the mailbox may be used again."""
        ...

    def __enter__(self) -> Self:
        """Return the mailbox itself."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        ...
