"""An IMAP mailbox (RFC 9051, 3501) through imapclient: read without a trace, move.

Whatever fails, the connection is dropped and the next call makes a new one: a half-read answer must
never be taken for the answer to the next question.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from imaplib import IMAP4
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.mailbox.idle import ImapArrivals, Line
from pipeline.mailbox.imap_connection import ImapAccess, open_connection, passes, told_as, words
from pipeline.mailbox.protocol import (
    COUNT,
    MESSAGE_BYTES,
    TOTAL_BYTES,
    Contents,
    FetchedMessage,
    Known,
    StoredMail,
)
from pipeline.mailbox.words import message_id_of

if TYPE_CHECKING:
    from imapclient import IMAPClient

__all__ = ["ImapAccess", "ImapMailbox"]

_CHUNK = 1000
_HINT_SECONDS = 15.0  # who waits for a hint must not be late for the next look
_FOLDERS_NAMED = 20
#: So often in a row a portion is halved until one mail is alone; more failures are the server's.
_HALVINGS = _CHUNK.bit_length() + 2
_MESSAGE_ID = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"


class ImapMailbox:
    """A mailbox on an IMAP server; see :class:`pipeline.mailbox.protocol.Mailbox`."""

    def __init__(self, access: ImapAccess) -> None:
        self.account = access.account
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
        with self._connected() as client:
            selected = self._select_inbox(client)
            validity = _validity(selected)
            new: list[int] = []
            # UNDELETED: a server may still list what another client has moved away
            uids = sorted(client.search("UNDELETED"))
            for start in range(0, len(uids), _CHUNK):
                chunk = uids[start : start + _CHUNK]
                seen = known(validity, chunk)
                new += [uid for uid in chunk if uid not in seen]
                if len(new) >= count:
                    break
            return self._fetch(client, validity, new[:count], total_bytes, message_bytes)

    def _fetch(
        self,
        client: "IMAPClient",
        validity: int,
        uids: list[int],
        total_bytes: int,
        message_bytes: int,
    ) -> list[FetchedMessage]:
        if not uids:
            return []
        facts = client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
        wanted: list[int] = []
        chosen: list[int] = []
        room = total_bytes
        for uid in uids:
            if uid not in facts:
                continue  # gone since the search
            size = int(facts[uid].get(b"RFC822.SIZE", 0))
            if size <= message_bytes:
                if wanted and size > room:
                    break
                wanted.append(uid)
                room -= size
            chosen.append(uid)
        bodies = client.fetch(wanted, ["BODY.PEEK[]"]) if wanted else {}
        found = []
        for uid in chosen:
            raw = bodies.get(uid, {}).get(b"BODY[]") if uid in wanted else None
            if uid in wanted and raw is None:
                continue
            received = facts[uid].get(b"INTERNALDATE")
            found.append(
                FetchedMessage(
                    account=self.account,
                    folder=self._access.folder,
                    uidvalidity=validity,
                    uid=uid,
                    size=len(raw) if raw is not None else int(facts[uid][b"RFC822.SIZE"]),
                    raw=raw,
                    received_at=received.astimezone(UTC)
                    if isinstance(received, datetime)
                    else None,
                )
            )
        return found

    def file(self, folder: str, uidvalidity: int, uid: int, target: str) -> bool:
        """Move a mail to ``target``; see the protocol."""
        with self._connected() as client:
            if _validity(client.select_folder(self._name(folder))) != uidvalidity:
                return False
            if uid not in client.fetch([uid], ["FLAGS"]):
                return True
            self._move(client, [uid], target)
            return True

    def file_by_id(self, folder: str, message_id: str, target: str) -> bool:
        """Move the mails with this Message-ID to ``target``; see the protocol."""
        with self._connected() as client:
            name = self._name(folder)
            if not client.folder_exists(name):
                return False
            client.select_folder(name)
            uids = client.search(["UNDELETED", "HEADER", "Message-ID", message_id])
            if uids:
                self._move(client, uids, target)
            return bool(uids)

    def _move(self, client: "IMAPClient", uids: list[int], target: str) -> None:
        name = self._ensure(client, target)
        if client.has_capability("MOVE"):
            client.move(uids, name)
            return
        client.copy(uids, name)
        client.add_flags(uids, [rb"\Deleted"], silent=True)
        if client.has_capability("UIDPLUS"):
            client.uid_expunge(uids)

    def append(self, folder: str, raw: bytes, *, seen: bool = False) -> None:
        """Put a mail into ``folder``; see the protocol."""
        with self._connected() as client:
            client.append(self._ensure(client, folder), raw, flags=(rb"\Seen",) if seen else ())

    def holds(self, folder: str, message_id: str) -> bool:
        """Return whether ``folder`` has a mail with this Message-ID."""
        with self._connected() as client:
            name = self._name(folder)
            if not client.folder_exists(name):
                return False
            client.select_folder(name, readonly=True)
            return bool(client.search(["HEADER", "Message-ID", message_id]))

    def folders(self) -> tuple[str, ...]:
        """Return the names of all folders with ``/`` between levels, sorted."""
        with self._connected() as client:
            return self._folders(client)

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
        """Return the mails of ``folder`` without their bytes; see the protocol.

        A mail whose file the server cannot read makes it refuse all that are asked for at once, or
        hang up: they are halved until that one is alone. It is listed without size and id then.
        """
        with self._connected() as client:
            if not client.folder_exists(self._name(folder)):
                return None
            validity = self._look_into(client, folder)
            uids = sorted(client.search("UNDELETED"))
        waiting = [uids[start : start + _CHUNK] for start in range(0, len(uids), _CHUNK)]
        found: list[StoredMail] = []
        failures = 0
        while waiting:
            some = waiting.pop()
            with self._connected() as client:  # else the server is down, and no mail is to blame
                self._look_into(client, folder)
            try:
                found += self._stored(some)
                failures = 0
            except TryLaterError:
                failures += 1
                if failures > _HALVINGS:
                    raise
                half = len(some) // 2
                waiting += [some[:half], some[half:]] if half else []
                found += [] if half else [StoredMail(some[0], 0, "")]
        return Contents(validity, sorted(found, key=lambda mail: mail.uid))

    def _look_into(self, client: "IMAPClient", folder: str) -> int:
        return _validity(client.select_folder(self._name(folder), readonly=True))

    def _stored(self, uids: list[int]) -> list[StoredMail]:
        """Return size and Message-ID of ``uids`` in the selected folder; gone ones are left out."""
        with self._connected() as client:
            facts = client.fetch(uids, ["RFC822.SIZE", _MESSAGE_ID])
        return [
            StoredMail(uid, int(known.get(b"RFC822.SIZE", 0)), message_id_of(_head_of(known)))
            for uid, known in facts.items()
        ]

    # --- the connection -------------------------------------------------------------------

    @contextmanager
    def _connected(self) -> Iterator["IMAPClient"]:
        try:
            if self._client is None:
                self._client = self._open()
            yield self._client
        except PipelineError:
            self._drop()
            raise
        except (IMAP4.error, OSError, EOFError, UnicodeError) as error:
            self._drop()
            raise told_as(error, self._access) from error
        except BaseException:
            self._drop()
            raise

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
            self._separator = _text(separator) or "/"
        if client.has_capability("NAMESPACE") and (personal := client.namespace().personal):
            self._prefix, separator = personal[0]
            self._separator = _text(separator) or self._separator

    def _name(self, folder: str) -> str:
        """Return the server's name of ``folder``: its separator, below its personal prefix."""
        if folder.upper() == "INBOX":
            return "INBOX"
        name = folder.replace("/", self._separator)
        return name if name.startswith(self._prefix) else self._prefix + name

    def _select_inbox(self, client: "IMAPClient") -> dict[bytes, object]:
        """Look into the folder that mail comes in; it is never made: the name would be wrong."""
        folder = self._access.folder
        name = self._name(folder)
        try:
            selected: dict[bytes, object] = client.select_folder(name, readonly=True)
        except IMAP4.error as error:
            if passes(error) or client.folder_exists(name):
                raise
            there = ", ".join(self._folders(client)[:_FOLDERS_NAMED])
            raise ConfigurationError(
                "mailbox_folder_missing", account=self.account, folder=folder, folders=there
            ) from error
        return selected

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


def _head_of(facts: dict[bytes, object]) -> bytes:
    """Return the header field that was asked for, however the server writes its name."""
    heads = (
        value
        for name, value in facts.items()
        if name.startswith(b"BODY[HEADER") and isinstance(value, bytes)
    )
    return next(heads, b"")


def _validity(selected: dict[bytes, object]) -> int:
    value = selected.get(b"UIDVALIDITY")
    if not isinstance(value, int):
        raise OSError("the server tells no UIDVALIDITY")
    return value


def _text(value: bytes | str | None) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value or ""
