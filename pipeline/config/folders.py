"""Folders: those of the mailbox that staff see, and those on the disk that mail lies in."""

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from pipeline.config.sections import Settings
from pipeline.config.written import Origin, quoted
from pipeline.errors import ConfigurationError

#: A level of a name that a Maildir takes; mailbox.maildir asks the same.
MAILDIR_LEVEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _()&+-]{0,99}\Z")
_STATE_PARTS = ("authority", "blobs", "requests.sqlite3", "token.key", "token-previous.key")
_MAILDIR_PARTS = frozenset({"new", "cur", "tmp"})


def folder_faults(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    """Yield names that a mailbox cannot have or that two outcomes share, and misplaced folders."""
    named = {f"folders.{key}": name for key, name in settings.folders.model_dump().items()}
    named["mailbox.folder"] = settings.mailbox.folder
    if settings.courier.archive_folder or settings.courier.archive == "bcc":
        named["courier.archive_folder"] = settings.copies_folder()
    seen: dict[str, str] = {}
    for key, name in named.items():
        if code := _name_fault(name, maildir=settings.mailbox.kind == "maildir"):
            yield ConfigurationError(code, key=key, value=quoted(name), where=origin(key))
            continue
        # INBOX is the same in any case (RFC 3501), and for many servers every name is.
        other = seen.setdefault(unicodedata.normalize("NFC", name).casefold(), key)
        if other != key:
            yield ConfigurationError(
                "setting_folder_twice", key=key, other=other, value=quoted(name), where=origin(key)
            )
    yield from _places(settings, origin)


def _name_fault(name: str, *, maildir: bool) -> str:
    levels = name.split("/")
    # A name that begins with # is of another namespace (RFC 3501, 5.1.2).
    if any(level.strip() in {"", ".", ".."} for level in levels) or name.startswith("#"):
        return "setting_folder_level"
    if any(not sign.isprintable() or sign in "*%\\" for sign in name):
        return "setting_folder"
    if maildir and not all(MAILDIR_LEVEL.match(level) for level in levels):
        return "setting_folder_maildir"
    return ""


def _places(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    """Yield Maildirs that are the same folder, or lie where the programme keeps its state."""
    home = _real(settings.home())
    kept = [home / part for part in _STATE_PARTS]
    used: list[Path] = []
    for key, section in (("mailbox.path", settings.mailbox), ("courier.path", settings.courier)):
        if section.kind != "maildir":
            continue
        place = _real(settings.below_home(section.path))
        if home.is_relative_to(place) or any(place.is_relative_to(part) for part in kept):
            yield ConfigurationError(
                "setting_path_of_state",
                key=key,
                value=quoted(str(place)),
                home=home,
                where=origin(key),
            )
        else:
            used.append(place)
    if settings.backup.folder:
        place = _real(settings.below_home(Path(settings.backup.folder)))
        if home.is_relative_to(place) or any(place.is_relative_to(part) for part in kept):
            yield ConfigurationError(
                "setting_path_of_state",
                key="backup.folder",
                value=quoted(str(place)),
                home=home,
                where=origin("backup.folder"),
            )
    if len(used) > 1 and _clash(*used):
        yield ConfigurationError(
            "setting_path_twice",
            key="courier.path",
            value=quoted(str(used[1])),
            where=origin("courier.path"),
        )


def _clash(inbox: Path, sent: Path) -> bool:
    if inbox == sent:
        return True
    inner, outer = (sent, inbox) if sent.is_relative_to(inbox) else (inbox, sent)
    return inner.is_relative_to(outer) and inner.relative_to(outer).parts[0] in _MAILDIR_PARTS


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
