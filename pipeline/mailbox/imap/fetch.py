"""Fetching mails from an IMAP server: many at a time, or one by one where one stops the others.

A server may answer NO or BAD, NIL, nothing, an empty text, or cut the line, for one mail that its
store has damaged (Dovecot: a wrong size in a file's name; Gmail: "Some messages could not be
FETCHed"). Each is asked for alone then.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.errors import PipelineError, TryLaterError
from pipeline.mailbox.header_block import HEADER_BYTES, header_of
from pipeline.mailbox.imap.connection import from_line, lost, words
from pipeline.mailbox.one_by_one import UndeliveredError, one_by_one
from pipeline.mailbox.protocol import FetchedMessage, Portion

if TYPE_CHECKING:
    from imapclient import IMAPClient

T = TypeVar("T")

_FACTS = ("RFC822.SIZE", "INTERNALDATE")
_BODY = "BODY.PEEK[]"
#: All that is asked for of a mail over the limit (RFC 9051, 6.4.5: a part of a section).
_HEADER = f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>"
#: Where to look for a mail that the server does deliver.
_NEWEST = 5
_SPREAD = 5
_FOLDERS = 20
_ASKED = 30
_LINES_LOST = 2


@dataclass(frozen=True, slots=True)
class Server:
    """An IMAP server as this module uses it.

    ``steadily`` runs work on a connection, again where it breaks; ``examine`` opens a folder to
    read and returns its UIDVALIDITY; ``folders`` names all folders.
    """

    account: str
    steadily: "Callable[[Callable[[IMAPClient], Any]], Any]"
    examine: "Callable[[IMAPClient, str], int]"
    folders: "Callable[[IMAPClient], Sequence[str]]"


@dataclass(frozen=True, slots=True)
class Fetching:
    """One portion: from which folder, under which UIDVALIDITY, how much at most."""

    server: Server
    folder: str
    uidvalidity: int
    total_bytes: int
    message_bytes: int

    def portion(self, uids: Sequence[int]) -> Portion:
        """Return the mails with these UIDs; see :meth:`pipeline.mailbox.protocol.Mailbox.fetch`."""
        try:
            found: Portion = self.server.steadily(lambda client: self._at_once(client, uids))
        except UndeliveredError:
            # the line is gone with the answer, so nobody knows which mail it was
            return self._singly(list(uids), ())
        missing = [mail.uid for mail in found.messages if mail.withheld]
        if not missing:
            return found
        whole = [mail for mail in found.messages if not mail.withheld]
        singly = self._singly(missing, whole)
        both = sorted([*whole, *singly.messages], key=lambda mail: mail.uid)
        return Portion(both, sorted([*found.left, *singly.left]))

    def _at_once(self, client: "IMAPClient", uids: Sequence[int]) -> Portion:
        if self.server.examine(client, self.folder) != self.uidvalidity:
            return Portion(renumbered=True)
        facts = _asked(lambda: client.fetch(uids, _FACTS))
        listed = sorted(facts) if len(facts) == len(uids) else _still_there(client, uids)
        wanted: dict[str, list[int]] = {_BODY: [], _HEADER: []}
        chosen: list[int] = []
        room = self.total_bytes
        for uid in listed:
            if uid in facts:
                size = _size(facts[uid])
                item = self._item(size)
                if item == _BODY:
                    if wanted[_BODY] and size > room:
                        break
                    room -= size
                wanted[item].append(uid)
            chosen.append(uid)
        found: dict[int, dict[bytes, Any]] = {}
        for item, some in wanted.items():
            found |= _asked(partial(client.fetch, some, [item])) if some else {}
        gone = {uid for some in wanted.values() for uid in some} - set(found)
        gone -= set(_still_there(client, sorted(gone))) if gone else set()
        return Portion(
            [
                self._message(uid, facts.get(uid, {}), found.get(uid, {}))
                for uid in chosen
                if uid not in gone
            ],
            [uid for uid in listed if uid not in chosen],
        )

    def _item(self, size: int) -> str:
        """Return what to ask for of a mail of ``size``: all of it, or its header."""
        return _BODY if size <= self.message_bytes else _HEADER

    def _singly(self, uids: Sequence[int], whole: Sequence[FetchedMessage]) -> Portion:
        room = self.total_bytes - sum(len(mail.content) for mail in whole)
        some = bool(whole)
        left: list[int] = []
        control = _Control(self, set(uids), [mail.uid for mail in whole[-1:]])

        def deliver(uid: int) -> FetchedMessage | None:
            nonlocal room, some
            if left:
                left.append(uid)
                return None
            found = self.alone(self.folder, uid)
            if isinstance(found, FetchedMessage):
                size = len(found.content)
                if some and size > room:
                    left.append(uid)
                    return None
                room -= size
                some = True
                control.good[:] = [uid]
            return found

        try:
            done = one_by_one(uids, deliver, control.works)
        except UndeliveredError as error:
            raise TryLaterError(
                "mailbox_unreachable", account=self.server.account, reason=error.reason
            ) from error
        withheld = [
            FetchedMessage(
                self.server.account, self.folder, self.uidvalidity, uid, 0, None, None, reason
            )
            for uid, reason in done.withheld.items()
        ]
        both = sorted([*done.found.values(), *withheld], key=lambda mail: mail.uid)
        return Portion(both, left)

    def alone(self, folder: str, uid: int) -> FetchedMessage | None:
        """Return one mail, or None when it is gone. Raises UndeliveredError."""
        found = self.server.steadily(lambda client: self._alone(client, folder, uid))
        if isinstance(found, str):
            raise UndeliveredError(found)
        return found  # type: ignore[no-any-return]  # _alone says what it is

    def _alone(self, client: "IMAPClient", folder: str, uid: int) -> FetchedMessage | str | None:
        """Return one mail, what the server said instead, or None."""
        validity = self.server.examine(client, folder)
        if folder == self.folder and validity != self.uidvalidity:
            return None
        try:
            facts = _asked(lambda: client.fetch([uid], _FACTS)).get(uid, {})
            found = {}
            if facts:
                item = self._item(_size(facts))
                found = _asked(lambda: client.fetch([uid], [item])).get(uid, {})
        except _RefusedError as refused:
            return refused.reason if _still_there(client, [uid]) else None
        if not (facts and found) and not _still_there(client, [uid]):
            return None
        mail = self._message(uid, facts, found)
        return mail.withheld or mail

    def _message(
        self, uid: int, facts: dict[bytes, Any], found: dict[bytes, Any]
    ) -> FetchedMessage:
        size = _size(facts)
        section = b"BODY[]" if self._item(size) == _BODY else b"BODY[HEADER]"
        raw = next((found[key] for key in sorted(found) if key.startswith(section)), None)
        withheld, header = "", b""
        if not isinstance(raw, bytes) or (not raw and size):
            withheld = _lack(facts, section, found)
            raw = None
        elif size > self.message_bytes or len(raw) > self.message_bytes:
            # a server that tells a wrong size has sent the whole mail
            size, header = max(size, len(raw)), header_of(raw)
            raw = None
        received = facts.get(b"INTERNALDATE")
        return FetchedMessage(
            account=self.server.account,
            folder=self.folder,
            uidvalidity=self.uidvalidity,
            uid=uid,
            size=len(raw) if raw is not None else size,
            raw=raw,
            received_at=received.astimezone(UTC) if isinstance(received, datetime) else None,
            withheld=withheld,
            header=header,
        )


class _RefusedError(UndeliveredError):
    """The server refused a FETCH, and the connection is whole."""


class _Control:
    """Whether the server delivers any other mail, after some that it did not deliver."""

    def __init__(self, fetching: Fetching, failing: Collection[int], good: list[int]) -> None:
        self._fetching = fetching
        self._failing = failing
        self.good = good

    def works(self) -> bool:
        """Ask for other mails: one that came before, some of the folder, some of other folders."""
        broken = 0
        for folder, uid in islice(self._candidates(), _ASKED):
            try:
                found = self._fetching.alone(folder, uid)
            except UndeliveredError as error:
                broken += error.__cause__ is not None  # else the server answered
                if broken >= _LINES_LOST:
                    return False
                continue
            if found is not None and found.content:
                return True
        return False

    def _candidates(self) -> Iterator[tuple[str, int]]:
        here = self._fetching.folder
        yield from ((here, uid) for uid in list(self.good))
        yield from ((here, uid) for uid in self._some(here, self._failing))
        folders = self._fetching.server.steadily(self._fetching.server.folders)
        for folder in [name for name in folders if name != here][:_FOLDERS]:
            yield from ((folder, uid) for uid in self._some(folder, ())[:2])

    def _some(self, folder: str, without: Collection[int]) -> list[int]:
        """Return the newest mails of a folder, and some from all over it."""

        def look(client: "IMAPClient") -> list[int]:
            self._fetching.server.examine(client, folder)
            return sorted(client.search("UNDELETED"))

        try:
            found: list[int] = self._fetching.server.steadily(look)
        except PipelineError:
            return []  # a folder that cannot be opened
        uids = [uid for uid in found if uid not in without]
        newest = uids[: -_NEWEST - 1 : -1]
        return newest + uids[: -_NEWEST : max(1, len(uids) // _SPREAD)][:_SPREAD]


def _asked(command: Callable[[], T]) -> T:
    """Return what ``command`` returns.

    Raises UndeliveredError when the line broke: it is no error of the mailbox as a whole yet, so it
    must not be tried again as a whole. Raises _RefusedError when the server answered NO or BAD.
    """
    try:
        return command()
    except Exception as error:
        if not from_line(error):
            raise
        kind = UndeliveredError if lost(error) else _RefusedError
        raise kind(words(error)) from error


def _still_there(client: "IMAPClient", uids: Sequence[int]) -> list[int]:
    """Return those of ``uids`` that the server lists."""
    if not uids:
        return []
    wanted = ",".join(str(uid) for uid in uids)
    return sorted(set(client.search(["UNDELETED", "UID", wanted])) & set(uids))


def _size(facts: dict[bytes, Any]) -> int:
    size = facts.get(b"RFC822.SIZE")
    return size if isinstance(size, int) else 0


def _lack(facts: dict[bytes, Any], section: bytes, found: dict[bytes, Any]) -> str:
    """Return what is missing of a mail, in the words of the protocol."""
    if not facts:
        return "listed, and no answer to FETCH RFC822.SIZE"
    asked = section.decode()
    told = [value for key, value in found.items() if key.startswith(section)]
    if not told:
        return f"no answer to FETCH {asked}"
    return f"{asked} NIL" if None in told else f"{asked} empty, RFC822.SIZE {_size(facts)}"
