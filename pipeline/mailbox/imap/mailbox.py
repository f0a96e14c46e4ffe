"""An IMAP mailbox (RFC 9051, 3501) through imapclient: read without a trace, move.

Whatever fails, the connection is dropped and the next call makes a new one: a half-read answer must
never be taken for the answer to the next question.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from imaplib import IMAP4
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.mailbox.imap.connection import (
    ImapAccess,
    from_line,
    lost,
    open_connection,
    passes,
    told_as,
    words,
)
from pipeline.mailbox.imap.contents import FACTS, as_text, stored_mails, validity_of
from pipeline.mailbox.imap.fetch import Fetching, Server
from pipeline.mailbox.imap.idle import ImapArrivals, Line
from pipeline.mailbox.imap.move import Moving
from pipeline.mailbox.imap.search import other_holds, selected_holds
from pipeline.mailbox.protocol import (
    COUNT,
    MESSAGE_BYTES,
    TOTAL_BYTES,
    Contents,
    FetchedMessage,
    Filed,
    Known,
    Portion,
)
from pipeline.model.retry import Retry

if TYPE_CHECKING:
    from imapclient import IMAPClient

__all__ = ["ImapAccess", "ImapMailbox"]

T = TypeVar("T")

_CHUNK = 1000
_HINT_SECONDS = 15.0  # who waits for a hint must not be late for the next look
_FOLDERS_NAMED = 20
#: The waits before a broken connection is made again; then it is left to the next batch.
_AGAIN = Retry.doubling(timedelta(seconds=0.25), timedelta(seconds=0.5), attempts=3)


class ImapMailbox:
    """A mailbox on an IMAP server; see :class:`pipeline.mailbox.protocol.Mailbox`."""

    def __init__(
        self, access: ImapAccess, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self.account = access.account
        self._sleep = sleep
        self._access = access
        self._client: IMAPClient | None = None
        self._prefix, self._separator = "", "/"
        self._made: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Log out and let go of the connection; never raises."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                client.logout()

    def new_messages(
        self,
        known: Known,
        *,
        count: int = COUNT,
        total_bytes: int = TOTAL_BYTES,
        message_bytes: int = MESSAGE_BYTES,
    ) -> list[FetchedMessage]:
        """Return the oldest mails that are not known; see the protocol."""
        validity, uids = self._steadily(lambda client: self._list(client, known, count))
        if not uids:
            return []
        portion = self.fetch(
            self._access.folder,
            validity,
            uids[:count],
            total_bytes=total_bytes,
            message_bytes=message_bytes,
        )
        return list(portion.messages)

    def list_new(self, known: Known) -> tuple[int, list[int]]:
        """Return the UIDVALIDITY and all new UIDs; see the protocol."""
        return self._steadily(lambda client: self._list(client, known))

    def _list(
        self, client: "IMAPClient", known: Known, enough: int | None = None
    ) -> tuple[int, list[int]]:
        selected = self._select_inbox(client)
        validity, self._next = validity_of(selected), selected.get(b"UIDNEXT")
        new: list[int] = []
        # UNDELETED: a server may still list what another client has moved away
        uids = sorted(client.search("UNDELETED"))
        for start in range(0, len(uids), _CHUNK):
            chunk = uids[start : start + _CHUNK]
            seen = known(validity, chunk)
            new += [uid for uid in chunk if uid not in seen]
            if enough is not None and len(new) >= enough:
                break
        return validity, new

    def fetch(
        self,
        folder: str,
        uidvalidity: int,
        uids: Sequence[int],
        *,
        total_bytes: int = TOTAL_BYTES,
        message_bytes: int = MESSAGE_BYTES,
    ) -> Portion:
        """Return the mails with these UIDs; see the protocol."""
        if not uids:
            return Portion()
        server = Server(self.account, self._steadily, self._examine, self._folders)
        fetching = Fetching(server, folder, uidvalidity, total_bytes, message_bytes)
        return self._unless_gone(folder, lambda: fetching.portion(uids), Portion())

    def _unless_gone(self, folder: str, work: Callable[[], T], otherwise: T) -> T:
        """Return ``otherwise`` when a folder that mail came in once is not there any more."""
        try:
            return work()
        except ConfigurationError as error:
            if folder == self._access.folder or error.code != "mailbox_folder_missing":
                raise
            return otherwise

    def _examine(self, client: "IMAPClient", folder: str) -> int:
        return validity_of(self._open_to_read(client, folder))

    def file(self, folder: str, uidvalidity: int, uid: int, target: str) -> bool:
        """Move a mail to ``target``; see the protocol."""
        filed = self.file_many(folder, uidvalidity, [uid], target)
        for error in filed.refused.values():
            raise error
        return not filed.renumbered

    def file_many(self, folder: str, uidvalidity: int, uids: Sequence[int], target: str) -> Filed:
        """Move mails to ``target``; see the protocol."""

        def move(client: "IMAPClient") -> Filed:
            if validity_of(self._select(client, folder)) != uidvalidity:
                return Filed(renumbered=True)
            return Filed(self._moving(client, folder).move(uids, target))

        return self._unless_gone(folder, lambda: self._steadily(move), Filed())

    def file_by_id(self, folder: str, message_id: str, target: str) -> bool:
        """Move the mails with this Message-ID to ``target``; see the protocol."""

        def move(client: "IMAPClient") -> bool:
            if not client.folder_exists(self._name(folder)):
                return False
            self._select(client, folder)
            uids = client.search(["UNDELETED", "HEADER", "Message-ID", message_id])
            if uids:
                for error in self._moving(client, folder).move(uids, target).values():
                    raise error
            return bool(uids)

        return self._steadily(move)

    def _moving(self, client: "IMAPClient", folder: str) -> Moving:
        return Moving(
            client,
            self._access,
            select=lambda: self._select(client, folder),
            make=lambda target: self._ensure(client, target),
            forget=lambda target: self._made.discard(self._name(target)),
        )

    def _select(self, client: "IMAPClient", folder: str) -> dict[bytes, object]:
        """Open a folder to move mails out of it."""
        name = self._name(folder)
        try:
            selected: dict[bytes, object] = client.select_folder(name)
        except IMAP4.readonly as error:
            raise ConfigurationError(
                "mailbox_no_right", account=self.account, folder=folder, reason=words(error)
            ) from error
        except IMAP4.error as error:
            self._raise_missing(client, error, folder)
            raise
        return selected

    def append(self, folder: str, raw: bytes, *, seen: bool = False) -> None:
        """Put a mail into ``folder``; see the protocol."""
        flags = (rb"\Seen",) if seen else ()
        with self._connected() as client:
            try:
                client.append(self._ensure(client, folder), raw, flags=flags)
            except IMAP4.error as error:
                if lost(error):
                    raise
                raise told_as(error, self._access, folder) from error

    def holds(self, folder: str, message_id: str) -> bool:
        """Return whether ``folder`` has a mail with this Message-ID."""

        def look(client: "IMAPClient") -> bool:
            name = self._name(folder)
            if not client.folder_exists(name):
                return False
            client.select_folder(name, readonly=True)
            return selected_holds(client, message_id)

        return self._steadily(look)

    def holds_anywhere(self, message_id: str) -> bool:
        """Return whether any folder has a mail with this Message-ID; see the protocol."""

        def look(client: "IMAPClient") -> bool:
            self._select_inbox(client)
            return selected_holds(client, message_id) or other_holds(client, message_id)

        return self._steadily(look)

    def delete(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> bool:
        """Delete mails for good; see the protocol."""

        def work(client: "IMAPClient") -> bool:
            if validity_of(self._select(client, folder)) != uidvalidity:
                return False
            self._moving(client, folder).delete(uids)
            return True

        return self._unless_gone(folder, lambda: self._steadily(work), otherwise=True)

    def folders(self) -> tuple[str, ...]:
        """Return the names of all folders with ``/`` between levels, sorted."""
        return self._steadily(self._folders)

    def _folders(self, client: "IMAPClient") -> tuple[str, ...]:
        found = [str(name) for _, _, name in client.list_folders()]
        own = (name.removeprefix(self._prefix) for name in found)
        return tuple(sorted(name.replace(self._separator, "/") for name in own if name))

    def arrivals(self) -> ImapArrivals:
        """Return the arrivals of new mail, on a connection of their own; see the protocol."""
        patience = min(self._access.timeout_seconds, _HINT_SECONDS)
        own = ImapMailbox(replace(self._access, timeout_seconds=patience))
        return ImapArrivals(Line(own._connected, own._select_inbox, own._drop))

    def contents(self, folder: str) -> Contents | None:
        """Return the mails of ``folder`` without their bytes; see the protocol."""
        with self._connected() as client:
            if not client.folder_exists(self._name(folder)):
                return None
            validity = self._look_into(client, folder)
            uids = sorted(client.search("UNDELETED"))

        def reach() -> None:
            with self._connected() as client:
                self._look_into(client, folder)

        def ask(some: Sequence[int]) -> Mapping[int, Mapping[bytes, Any]]:
            with self._connected() as client:
                facts: Mapping[int, Mapping[bytes, Any]] = client.fetch(some, FACTS)
                return facts

        return Contents(validity, stored_mails(uids, reach, ask))

    def _look_into(self, client: "IMAPClient", folder: str) -> int:
        return validity_of(client.select_folder(self._name(folder), readonly=True))

    # --- the connection -------------------------------------------------------------------

    def _steadily(self, work: "Callable[[IMAPClient], T]") -> T:
        """Run ``work``; when the connection breaks, wait a little and run it again on a new one.

        A line that fell silent is not waited for twice.
        """
        failures = 0
        while True:
            try:
                with self._connected() as client:
                    return work(client)
            except TryLaterError as error:
                failures += 1
                if _AGAIN.given_up_after(failures) or isinstance(error.__cause__, TimeoutError):
                    raise
            self._sleep(_AGAIN.wait_after(failures).total_seconds())

    @contextmanager
    def _connected(self) -> Iterator["IMAPClient"]:
        try:
            if self._client is None:
                self._client = self._open()
            yield self._client
        except PipelineError:
            self._drop()
            raise
        except BaseException as error:
            self._drop()
            if not from_line(error):
                raise
            raise told_as(error, self._access) from error

    def _drop(self) -> None:
        client, self._client = self._client, None
        self._made.clear()
        if client is not None:
            with suppress(Exception):
                client.shutdown()

    def _open(self) -> "IMAPClient":
        client = open_connection(self._access)
        try:
            self._learn_names(client)
        except BaseException:
            with suppress(Exception):
                client.shutdown()
            raise
        return client

    def _learn_names(self, client: "IMAPClient") -> None:
        """Ask for the separator of folder levels and the prefix of the user's own folders."""
        for _, separator, _ in client.list_folders("", ""):
            self._separator = as_text(separator) or "/"
        if client.has_capability("NAMESPACE") and (personal := client.namespace().personal):
            self._prefix, separator = personal[0]
            self._separator = as_text(separator) or self._separator

    def _name(self, folder: str) -> str:
        """Return the server's name of ``folder``: its separator, below its personal prefix."""
        if folder.upper() == "INBOX":
            return "INBOX"
        name = folder.replace("/", self._separator)
        return name if name.startswith(self._prefix) else self._prefix + name

    def _select_inbox(self, client: "IMAPClient") -> dict[bytes, object]:
        """Look into the folder that mail comes in; it is never made: the name would be wrong."""
        return self._open_to_read(client, self._access.folder)

    def _open_to_read(self, client: "IMAPClient", folder: str) -> dict[bytes, object]:
        name = self._name(folder)
        try:
            selected: dict[bytes, object] = client.select_folder(name, readonly=True)
        except IMAP4.error as error:
            self._raise_missing(client, error, folder)
            raise
        return selected

    def _raise_missing(self, client: "IMAPClient", error: IMAP4.error, folder: str) -> None:
        """Raise ConfigurationError when ``folder``, which could not be opened, is not there."""
        if passes(error) or client.folder_exists(self._name(folder)):
            return
        there = ", ".join(self._folders(client)[:_FOLDERS_NAMED])
        raise ConfigurationError(
            "mailbox_folder_missing", account=self.account, folder=folder, folders=there
        ) from error

    def _ensure(self, client: "IMAPClient", folder: str) -> str:
        name = self._name(folder)
        if name not in self._made and name != "INBOX" and not client.folder_exists(name):
            try:
                client.create_folder(name)
            except IMAP4.error as error:
                # another worker may have made it in between
                if passes(error):
                    raise
                if not client.folder_exists(name):
                    raise ConfigurationError(
                        "mailbox_folder_not_made",
                        account=self.account,
                        folder=folder,
                        reason=words(error),
                    ) from error
            with suppress(IMAP4.error):
                client.subscribe_folder(name)
        self._made.add(name)
        return name
