"""A folder of backups: which are in it, which are kept, and the blobs that they share.

A blob lies there once, however many backups name it. It is copied, never linked to the one that the
program works with: what damages one file leaves the other.
"""

import hashlib
import heapq
import os
import re
import shutil
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.durable import flush_folder, make_folder
from pipeline.errors import PipelineError
from pipeline.flow.upkeep.backup.archive import Archive
from pipeline.store.blobs import Blobs

#: Where a backup is made before it has its name.
UNFINISHED = ".unfinished"
LOCK = ".lock"
_NAME = re.compile(r"requests-(\d{8}T\d{6}Z)(?:-\d+)?\.backup")
_MOMENT = "%Y%m%dT%H%M%SZ"
_CHUNK = 1 << 20
_YOUNG = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long backups are kept: the last one of so many days, weeks and months."""

    days: int
    weeks: int
    months: int


def free_name(folder: Path, at: datetime) -> Path:
    """Return a path for a backup that is made ``at``."""
    stem = f"requests-{at.astimezone(UTC).strftime(_MOMENT)}"
    names = [f"{stem}.backup", *(f"{stem}-{number}.backup" for number in range(2, 1000))]
    return next(folder / name for name in names if not (folder / name).exists())


def made_at(path: Path) -> datetime | None:
    """Return when a backup of this name was made, or None: it is none of ours."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


def backups_in(folder: Path) -> list[Path]:
    """Return the backups of a folder by their names, the newest first."""
    found = [path for path in folder.iterdir() if made_at(path) and path.is_file()]
    return sorted(found, key=lambda path: (made_at(path), len(path.name), path.name), reverse=True)


def superseded(found: Iterable[Path], keeping: Keeping, now: datetime) -> list[Path]:
    """Return the backups that are kept for no day, week or month, of those, the newest first.

    Days without a backup do not count. The newest one, and any that is not a day old, is kept.
    """
    counted: list[set[object]] = [set(), set(), set()]
    limits = (keeping.days, keeping.weeks, keeping.months)
    over = []
    for position, path in enumerate(found):
        at = made_at(path)
        if at is None:
            continue
        spans = (at.date(), at.isocalendar()[:2], (at.year, at.month))
        kept = position == 0 or now - at < _YOUNG
        for seen, span, most in zip(counted, spans, limits, strict=True):
            if span not in seen and len(seen) < most:
                seen.add(span)
                kept = True
        if not kept:
            over.append(path)
    return over


def store_blob(source: Path, kept: Blobs, name: str, *, drafts: Path) -> int | None:
    """Copy a blob into the folder, or find it there; return its bytes, or None: it is damaged.

    One that is missing counts as damaged. The folder is left to be flushed.
    """
    target = kept.path(name)
    try:
        size = source.stat().st_size
        if target.exists() and target.stat().st_size == size:
            return size
        make_folder(target.parent)
        return copied(source, target, name, draft=drafts / name)
    except FileNotFoundError:
        return None


def copied(source: Path, target: Path, name: str, *, draft: Path) -> int | None:
    """Copy the blob ``name`` durably; return its bytes, or None when its digest is another."""
    digest, size = hashlib.sha256(), 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    with source.open("rb") as read, os.fdopen(os.open(draft, flags, 0o600), "wb") as written:
        while data := read.read(_CHUNK):
            digest.update(data)
            size += len(data)
            written.write(data)
        if digest.hexdigest() == name:
            written.flush()
            os.fsync(written.fileno())
    if digest.hexdigest() != name:
        draft.unlink()
        return None
    draft.replace(target)
    return size


def flush_blobs(kept: Blobs, names: Iterable[str]) -> None:
    """Make the names of new blobs durable."""
    for folder in {kept.path(name).parent for name in names}:
        flush_folder(folder)


def sweep(folder: Path, kept: Blobs) -> int:
    """Remove the blobs that no backup of the folder names; return how many.

    While one of the files cannot be read, nobody knows what it names: then nothing is removed.
    """
    try:
        archives = [Archive(path, glance=True) for path in folder.glob("*.backup")]
        for archive in archives:
            deque(
                archive.lines(), maxlen=0
            )  # a list that is damaged is found before it is believed
        named = heapq.merge(*(_names(archive) for archive in archives))
        return _swept(kept, named)
    except PipelineError:
        return 0


def _swept(kept: Blobs, named: Iterator[str]) -> int:
    """Go through both sorted lists side by side."""
    removed, current = 0, next(named, None)
    for name in kept.names():
        while current is not None and current < name:
            current = next(named, None)
        if current != name:
            removed += kept.delete(name)
    return removed


def _names(archive: Archive) -> Iterator[str]:
    return (name for name, _ in archive.lines())


def clear(folder: Path) -> Path:
    """Return an empty folder to work in; what a killed backup left there is removed."""
    path = folder / UNFINISHED
    shutil.rmtree(path, ignore_errors=True)
    make_folder(path)
    return path
