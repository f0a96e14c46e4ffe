"""A mailbox in a folder of this machine: Maildir++, with UIDs of our own that never change.

Each folder has an index ``pipeline-uids``: a first line with the UIDVALIDITY, then one line a mail,
its UID and its name without flags. Lines are only ever added, under a lock and flushed to disk; a
half-written last line is cut off. When the index is lost, the UIDVALIDITY is a new one.
"""

import errno
import os
import re
import secrets
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.durable import flush_folder, locked, make_folder, write_file
from pipeline.errors import ConfigurationError, TryLaterError
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

_INDEX = "pipeline-uids"
_LOCK = "pipeline-uids.lock"
_SUBFOLDERS = ("new", "cur", "tmp")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _()&+-]{0,99}\Z")
_ID_BYTES = 64 * 1024
_LOOK_SECONDS = 0.5
#: What does not pass by itself: a right or a path that somebody has to correct.
_TO_CORRECT = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ELOOP}
)


class MaildirMailbox:
    """A Maildir as a mailbox; see :class:`pipeline.mailbox.protocol.Mailbox`.

    One that is ``only_looking`` makes no folder and numbers nothing: new mails get the UIDs that
    they would get.
    """

    def __init__(
        self, account: str, root: Path, *, folder: str = "INBOX", only_looking: bool = False
    ) -> None:
        self.account = account
        self._root = root
        self._folder = folder
        self._only_looking = only_looking

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
        """Do nothing: there is no connection."""

    def new_messages(
        self,
        known: Known,
        *,
        count: int = COUNT,
        total_bytes: int = TOTAL_BYTES,
        message_bytes: int = MESSAGE_BYTES,
    ) -> list[FetchedMessage]:
        """Return the oldest mails that are not known; see the protocol."""
        with self._guarded():
            place = self._open(self._folder)
            if self._only_looking and not place.is_dir():
                return []
            validity, uids = _look(place) if self._only_looking else _number(place)
            seen = known(validity, sorted(uids))
            found: list[FetchedMessage] = []
            room = total_bytes
            for uid in sorted(set(uids) - seen):
                if len(found) >= count:
                    break
                mail = _read(uids[uid], message_bytes, room if found else None)
                if mail is None:
                    continue  # moved away since it was listed
                size, raw, at = mail
                if raw is None and size <= message_bytes:
                    break  # no room left in this batch
                room -= len(raw or b"")
                found.append(
                    FetchedMessage(self.account, self._folder, validity, uid, size, raw, at)
                )
            return found

    def file(self, folder: str, uidvalidity: int, uid: int, target: str) -> bool:
        """Move a mail to ``target``; see the protocol."""
        with self._guarded():
            place = self._open(folder)
            validity, uids = _number(place)
            if validity != uidvalidity:
                return False
            path = uids.get(uid)
            if path is not None:
                self._move(path, target)
            return True

    def file_by_id(self, folder: str, message_id: str, target: str) -> bool:
        """Move the mails with this Message-ID to ``target``; see the protocol."""
        with self._guarded():
            found = self._with_id(folder, message_id)
            for path in found:
                self._move(path, target)
            return bool(found)

    def _move(self, path: Path, target: str) -> None:
        goal = self._open(target) / path.parent.name
        name = path.name
        if (goal / name).exists():
            base, colon, flags = name.partition(":")
            name = f"{base}.{secrets.token_hex(4)}{colon}{flags}"
        try:
            path.rename(goal / name)
        except FileNotFoundError:
            return  # another program has moved it
        flush_folder(goal)
        flush_folder(path.parent)

    def append(self, folder: str, raw: bytes, *, seen: bool = False) -> None:
        """Put a mail into ``folder``; see the protocol."""
        with self._guarded():
            place = self._open(folder)
            host = re.sub(r"[^\w.-]", "_", socket.gethostname())
            stamp = f"{time.time_ns() // 1_000_000_000}.{os.getpid()}_{secrets.token_hex(8)}.{host}"
            goal = place / "cur" / f"{stamp}:2,S" if seen else place / "new" / stamp
            write_file(goal, raw, draft=place / "tmp" / stamp)

    def holds(self, folder: str, message_id: str) -> bool:
        """Return whether ``folder`` has a mail with this Message-ID."""
        with self._guarded():
            return bool(self._with_id(folder, message_id))

    def _with_id(self, folder: str, message_id: str) -> list[Path]:
        wanted = re.compile(
            rb"^message-id:\s*" + re.escape(message_id.encode("utf-8")) + rb"\s*$",
            re.IGNORECASE | re.MULTILINE,
        )
        place = self._path(folder)
        if not place.is_dir():
            return []
        return [path for path in _mails(place).values() if wanted.search(_head(path))]

    def folders(self) -> tuple[str, ...]:
        """Return the names of all folders with ``/`` between levels, sorted."""
        with self._guarded():
            self._open(self._folder)
            below = (path for path in self._root.glob(".*") if (path / "cur").is_dir())
            return tuple(sorted(["INBOX", *(path.name[1:].replace(".", "/") for path in below)]))

    def arrivals(self) -> "MaildirArrivals":
        """Return the arrivals of new mail; see the protocol."""
        return MaildirArrivals(self)

    def new_names(self) -> frozenset[str]:
        """Return the names of what was delivered and not yet looked at by a mail program."""
        with self._guarded(), os.scandir(self._open(self._folder) / "new") as entries:
            return frozenset(entry.name for entry in entries)

    def contents(self, folder: str) -> Contents | None:
        """Return the mails of ``folder`` without their bytes; see the protocol."""
        with self._guarded():
            place = self._path(folder)
            if not (place / "cur").is_dir():
                return None
            validity, paths = _look(place)
            mails = []
            for uid, path in sorted(paths.items()):
                with suppress(FileNotFoundError):  # moved away since it was listed
                    mails.append(StoredMail(uid, path.stat().st_size, _id_of(path)))
            return Contents(validity, mails)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _TO_CORRECT:
                raise ConfigurationError(
                    "mailbox_path", path=error.filename or self._root, reason=error.strerror
                ) from error
            raise TryLaterError(
                "mailbox_unreachable", account=self.account, reason=type(error).__name__
            ) from error

    def _path(self, folder: str) -> Path:
        if folder.upper() == "INBOX":
            return self._root
        levels = folder.split("/")
        if not all(_NAME.match(level) for level in levels):
            raise ConfigurationError("mailbox_folder_name", account=self.account, folder=folder)
        return self._root / ("." + ".".join(levels))

    def _open(self, folder: str) -> Path:
        """Return the path of ``folder``, made when missing."""
        place = self._path(folder)
        if not self._only_looking and not all((place / name).is_dir() for name in _SUBFOLDERS):
            for name in _SUBFOLDERS:
                make_folder(place / name)
            if place != self._root:
                (place / "maildirfolder").touch(mode=0o600)
            flush_folder(place)
        return place


class MaildirArrivals:
    """The arrivals in a Maildir: a look at ``new`` every half second."""

    def __init__(self, mailbox: MaildirMailbox) -> None:
        self._mailbox = mailbox
        self._before: frozenset[str] | None = None

    def wait(self, seconds: float, wake: int) -> bool:
        """Wait for new mail; see the protocol. The first call only looks."""
        end = time.monotonic() + seconds
        while True:
            names = self._mailbox.new_names()
            before, self._before = self._before, names
            if before is None or names - before:
                return True
            left = end - time.monotonic()
            if left <= 0 or select.select([wake], [], [], min(_LOOK_SECONDS, left))[0]:
                return False

    def close(self) -> None:
        """Do nothing: there is no connection."""


def _mails(place: Path) -> dict[str, Path]:
    """Return the mails of a folder by their name without flags; links and folders are no mails."""
    found: dict[str, Path] = {}
    for name in ("new", "cur"):
        if not (place / name).is_dir():
            continue
        with os.scandir(place / name) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False):
                    path = Path(entry.path)
                    found[_base(path)] = path
    return found


def _base(path: Path) -> str:
    """Return the name of a mail without its flags."""
    return path.name.partition(":")[0]


def _arrival(item: tuple[str, Path]) -> tuple[int, str]:
    try:
        return item[1].stat().st_mtime_ns, item[0]
    except FileNotFoundError:
        return 0, item[0]


def _number(place: Path) -> tuple[int, dict[int, Path]]:
    """Return the UIDVALIDITY of a folder and its mails by UID; new ones get the next numbers."""
    with locked(place / _LOCK):
        mails = _mails(place)
        validity, known = _read_index(place)
        fresh = _numbered(mails, known)
        if validity == 0 or fresh:
            lines = [f"{uid} {name}\n" for name, uid in fresh.items()]
            if validity == 0:
                validity = secrets.randbelow((1 << 31) - 1) + 1
                lines.insert(0, f"{validity}\n")
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            with os.fdopen(os.open(place / _INDEX, flags, 0o600), "ab") as file:
                file.write("".join(lines).encode("utf-8", "surrogateescape"))
                file.flush()
                os.fsync(file.fileno())
        return validity, {
            uid: mails[name] for name, uid in (known | fresh).items() if name in mails
        }


def _look(place: Path) -> tuple[int, dict[int, Path]]:
    """Return what :func:`_number` would return, and write nothing."""
    mails = _mails(place)
    validity, known, _cut = _parse_index(_index_bytes(place))
    numbers = known | _numbered(mails, known)
    return validity, {uid: mails[name] for name, uid in numbers.items() if name in mails}


def _numbered(mails: dict[str, Path], known: dict[str, int]) -> dict[str, int]:
    """Return the numbers of the mails that have none yet, in the order of their arrival."""
    fresh = [name for name, _ in sorted(mails.items(), key=_arrival) if name not in known]
    return {name: uid for uid, name in enumerate(fresh, max(known.values(), default=0) + 1)}


def _read_index(place: Path) -> tuple[int, dict[str, int]]:
    """Return what the index holds; cut off what a crash left unfinished. 0: there is none."""
    raw = _index_bytes(place)
    validity, known, whole = _parse_index(raw)
    if raw and not validity:
        (place / _INDEX).unlink()
    elif whole != len(raw):
        os.truncate(place / _INDEX, whole)
    return validity, known


def _index_bytes(place: Path) -> bytes:
    try:
        return (place / _INDEX).read_bytes()
    except FileNotFoundError:
        return b""


def _parse_index(raw: bytes) -> tuple[int, dict[str, int], int]:
    """Return UIDVALIDITY (0: none), numbers by name, and the length of the whole lines."""
    whole = raw[: raw.rfind(b"\n") + 1]
    first, *rest = whole.decode("utf-8", "surrogateescape").split("\n")
    if not first.isdigit():
        return 0, {}, len(whole)
    pairs = (line.partition(" ") for line in rest if line)
    return int(first), {name: int(uid) for uid, _, name in pairs if uid.isdigit()}, len(whole)


def _read(
    path: Path, message_bytes: int, room: int | None
) -> tuple[int, bytes | None, datetime] | None:
    """Return size, bytes (None: too big, or no room left) and arrival; None when it is gone."""
    try:
        facts = path.stat()
        fits = facts.st_size <= message_bytes and (room is None or facts.st_size <= room)
        raw = path.read_bytes() if fits else None
    except FileNotFoundError:
        return None
    return facts.st_size, raw, datetime.fromtimestamp(facts.st_mtime, UTC)


def _id_of(path: Path) -> str:
    """Return the Message-ID of a mail; empty when it has none, or cannot be read."""
    try:
        return message_id_of(_head(path))
    except OSError:
        return ""


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(_ID_BYTES).replace(b"\r\n", b"\n")
    except FileNotFoundError:
        return b""
    return start.partition(b"\n\n")[0]
