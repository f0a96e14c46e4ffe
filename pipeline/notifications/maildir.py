"""A courier that puts mails into a Maildir: for the embedded mailbox and for archives."""

import os
import secrets
from hashlib import sha256
from pathlib import Path

from pipeline.durable import make_folder, write_file
from pipeline.notifications.courier import Delivery, DeliveryKind

_FOLDERS = ("tmp", "new", "cur")


def _file_name(message_bytes: bytes) -> str:
    """Return a name made from the Message-ID, so that a mail delivered again is the same file."""
    head = message_bytes.partition(b"\r\n\r\n")[0]
    for line in head.replace(b"\r\n ", b" ").splitlines():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"message-id":
            return sha256(value.strip()).hexdigest()[:40]
    return sha256(message_bytes).hexdigest()[:40]


class MaildirCourier:
    """Delivers into the Maildir at ``path``: written, synced, then renamed into ``new``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def deliver(self, message_bytes: bytes, envelope_sender: str, recipient: str) -> Delivery:
        """Put the mail into ``new``; a mail that is there already is left as it is."""
        del envelope_sender, recipient
        name = _file_name(message_bytes)
        try:
            for folder in _FOLDERS:
                make_folder(self._path / folder)
            if self._holds(name):
                return Delivery(DeliveryKind.SENT, "already_there")
            self._write(name, message_bytes)
        except OSError as error:
            return Delivery(DeliveryKind.DEFERRED, type(error).__name__)
        return Delivery(DeliveryKind.SENT)

    def check(self) -> Delivery:
        """Say whether the folders can be written, or made; nothing is made."""
        folder = self._path.absolute() / "tmp"
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if not there.is_dir():
            return Delivery(DeliveryKind.DEFERRED, "NotADirectoryError")
        writable = os.access(there, os.W_OK | os.X_OK)
        kind = DeliveryKind.SENT if writable else DeliveryKind.DEFERRED
        return Delivery(kind, "" if writable else "not_writable")

    def close(self) -> None:
        """Nothing is held open."""

    def _holds(self, name: str) -> bool:
        """Return whether the mail is in ``new`` or was read (moved to ``cur`` with flags)."""
        return (self._path / "new" / name).exists() or any((self._path / "cur").glob(f"{name}:2,*"))

    def _write(self, name: str, message_bytes: bytes) -> None:
        draft = self._path / "tmp" / f"{name}.{os.getpid()}.{secrets.token_hex(4)}"
        write_file(self._path / "new" / name, message_bytes, draft=draft)
