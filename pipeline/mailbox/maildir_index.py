"""The mails of a Maildir folder and their UIDs.

Each folder has an index ``pipeline-uids``: a first line with the UIDVALIDITY, then one line a mail,
its UID and its name without flags. Lines are only ever added, under a lock and flushed to disk; a
half-written last line is cut off. When the index is lost, the UIDVALIDITY is a new one.
"""

import os
import secrets
from pathlib import Path

from pipeline.durable import locked

_INDEX = "pipeline-uids"
_LOCK = "pipeline-uids.lock"


def mails_of(place: Path) -> dict[str, Path]:
    """Return the mails of a folder by their name without flags; links and folders are no mails."""
    found: dict[str, Path] = {}
    for name in ("new", "cur"):
        if not (place / name).is_dir():
            continue
        with os.scandir(place / name) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False):
                    path = Path(entry.path)
                    found[base_name(path)] = path
    return found


def base_name(path: Path) -> str:
    """Return the name of a mail without its flags."""
    return path.name.partition(":")[0]


def _arrival(item: tuple[str, Path]) -> tuple[int, str]:
    try:
        return item[1].stat().st_mtime_ns, item[0]
    except FileNotFoundError:
        return 0, item[0]


def number(place: Path) -> tuple[int, dict[int, Path]]:
    """Return the UIDVALIDITY of a folder and its mails by UID; new ones get the next numbers."""
    with locked(place / _LOCK):
        mails = mails_of(place)
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


def foreseen_numbers(place: Path) -> tuple[int, dict[int, Path]]:
    """Return what :func:`number` would return, and write nothing."""
    mails = mails_of(place)
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
