"""A mailbox in a folder of this machine: Maildir++, with UIDs of our own that never change."""

import errno
import os
import re
import secrets
import select
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.durable import flush_folder, make_folder, write_file
from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.mailbox.maildir_file import UnreadableError, head, id_of, read, readable
from pipeline.mailbox.maildir_index import foreseen_numbers, mails_of, number
from pipeline.mailbox.one_by_one import one_by_one
from pipeline.mailbox.protocol import (
    COUNT,
    MESSAGE_BYTES,
    TOTAL_BYTES,
    Contents,
    FetchedMessage,
    Filed,
    Known,
    Portion,
    StoredMail,
)

_SUBFOLDERS = ("new", "cur", "tmp")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _()&+-]{0,99}\Z")
_LOOK_SECONDS = 0.5
#: So many other files are tried before the disk is to blame for one that cannot be read.
_TRIED = 1000
#: What does not pass by itself: a right or a path that somebody has to correct.
_TO_CORRECT = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ELOOP}
)
#: No space: it stays so until somebody makes some.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


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
        validity, uids = self.list_new(known)
        portion = self.fetch(
            self._folder,
            validity,
            uids[:count],
            total_bytes=total_bytes,
            message_bytes=message_bytes,
        )
        return list(portion.messages)

    def list_new(self, known: Known) -> tuple[int, list[int]]:
        """Return the UIDVALIDITY and all new UIDs; see the protocol."""
        with self._guarded():
            validity, uids = self._numbers(self._folder)
            seen = known(validity, sorted(uids))
            return validity, sorted(set(uids) - seen)

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
        with self._guarded():
            validity, paths = self._numbers(folder)
            if validity != uidvalidity:
                return Portion(renumbered=True)
            room, some = total_bytes, False
            left: list[int] = []
            failed: set[int] = set()

            def deliver(uid: int) -> FetchedMessage | None:
                nonlocal room, some
                if left:
                    left.append(uid)
                    return None
                failed.add(uid)
                mail = read(paths[uid], message_bytes, room if some else None)
                failed.discard(uid)
                if mail is None:
                    return None  # moved away since it was listed
                if mail.raw is None and mail.size <= message_bytes:
                    left.append(uid)
                    return None
                room -= len(mail.raw or mail.header)
                some = True
                here = (self.account, folder, validity, uid)
                return FetchedMessage(*here, mail.size, mail.raw, mail.at, header=mail.header)

            def works() -> bool:
                newest = (
                    path for uid, path in sorted(paths.items(), reverse=True) if uid not in failed
                )
                return any(map(readable, islice(chain(newest, self._other_mails(folder)), _TRIED)))

            try:
                done = one_by_one([uid for uid in uids if uid in paths], deliver, works)
            except UnreadableError as error:
                raise error.cause from None
            withheld = [
                FetchedMessage(self.account, folder, validity, uid, 0, None, None, reason)
                for uid, reason in done.withheld.items()
            ]
            both = sorted([*done.found.values(), *withheld], key=lambda mail: mail.uid)
            return Portion(both, left)

    def _numbers(self, folder: str) -> tuple[int, dict[int, Path]]:
        place = self._open(folder)
        if not self._only_looking:
            return number(place)
        return foreseen_numbers(place) if place.is_dir() else (0, {})

    def _other_mails(self, folder: str) -> Iterator[Path]:
        """Return some mails of all other folders."""
        here = self._path(folder)
        for place in (self._root, *self._root.glob(".*")):
            if place != here and (place / "cur").is_dir():
                yield from list(mails_of(place).values())[:2]

    def file(self, folder: str, uidvalidity: int, uid: int, target: str) -> bool:
        """Move a mail to ``target``; see the protocol."""
        filed = self.file_many(folder, uidvalidity, [uid], target)
        for error in filed.refused.values():
            raise error
        return not filed.renumbered

    def file_many(self, folder: str, uidvalidity: int, uids: Sequence[int], target: str) -> Filed:
        """Move mails to ``target``; see the protocol."""
        with self._guarded():
            validity, paths = number(self._open(folder))
            if validity != uidvalidity:
                return Filed(renumbered=True)
            refused: dict[int, PipelineError] = {}
            for uid in uids:
                if uid not in paths:
                    continue
                try:
                    self._move(paths[uid], target)
                except OSError as error:
                    refused[uid] = self._told_as(error)
            if refused and len(refused) == len(uids):
                for told in refused.values():
                    if isinstance(told, ConfigurationError):
                        raise told
            return Filed(refused)

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

    def holds_anywhere(self, message_id: str) -> bool:
        """Return whether any folder has a mail with this Message-ID; see the protocol."""
        names = dict.fromkeys((self._folder, *self.folders()))
        return any(self.holds(name, message_id) for name in names)

    def delete(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> bool:
        """Delete mails for good; see the protocol."""
        with self._guarded():
            validity, paths = number(self._open(folder))
            if validity != uidvalidity:
                return False
            for path in (paths[uid] for uid in uids if uid in paths):
                path.unlink(missing_ok=True)
                flush_folder(path.parent)
            return True

    def _with_id(self, folder: str, message_id: str) -> list[Path]:
        wanted = re.compile(
            rb"^message-id:\s*" + re.escape(message_id.encode("utf-8")) + rb"\s*$",
            re.IGNORECASE | re.MULTILINE,
        )
        place = self._path(folder)
        if not place.is_dir():
            return []
        return [path for path in mails_of(place).values() if wanted.search(head(path))]

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
            validity, paths = foreseen_numbers(place)
            mails = []
            for uid, path in sorted(paths.items()):
                with suppress(FileNotFoundError):  # moved away since it was listed
                    mails.append(StoredMail(uid, path.stat().st_size, id_of(path)))
            return Contents(validity, mails)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._told_as(error) from error

    def _told_as(self, error: OSError) -> PipelineError:
        if error.errno in _TO_CORRECT:
            return ConfigurationError(
                "mailbox_path", path=error.filename or self._root, reason=error.strerror
            )
        if error.errno in _FULL:
            return ConfigurationError(
                "mailbox_full", account=self.account, folder=self._folder, reason=error.strerror
            )
        return TryLaterError(
            "mailbox_unreachable", account=self.account, reason=type(error).__name__
        )

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
