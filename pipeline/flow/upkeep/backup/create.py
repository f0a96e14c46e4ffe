"""Make a backup while batches run, and remove those that are kept for nothing any more.

The blobs are stored first, then the file gets its name in one step: a backup that was killed has no
name, and what it left is removed by the next one.
"""

import errno
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from pipeline import __version__, logs
from pipeline.clock import Clock
from pipeline.config import Settings
from pipeline.durable import flush_folder, locked, make_folder, write_file
from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.flow.services.backups import Made, note_made, remembered
from pipeline.flow.services.state import lock_of
from pipeline.flow.upkeep.backup import archive, folder
from pipeline.flow.upkeep.backup.archive import Archive, Manifest
from pipeline.flow.upkeep.backup.folder import Keeping
from pipeline.flow.upkeep.backup.keys import sealed_keys
from pipeline.store.blobs import Blobs
from pipeline.store.snapshot.take import take
from pipeline.store.unit_of_work import Store

#: So many new blobs are made durable at a time.
_PORTION = 500


@dataclass(frozen=True, slots=True)
class Created:
    """A new backup: ``new`` of its ``blobs`` were not in the folder yet.

    ``missing`` blobs are named by rows, and not there or damaged. ``removed`` are older backups
    that are kept no longer.
    """

    path: Path
    digest: str
    bytes: int
    blobs: int
    new: int
    missing: int
    with_keys: bool
    removed: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What is backed up: a database whose tables may be those of an older programme, and keys.

    ``shown`` is what is kept of the settings; no secret is in it.
    """

    store: Store
    settings: Settings
    shown: bytes


def create(state: State, target: Path, clock: Clock, passphrase: bytes | None) -> Created:
    """Make a backup in the folder ``target``, with the keys if there is a ``passphrase``.

    Two at the same time go one after the other. Raises ConfigurationError
    ``backup_folder_unusable``, TryLaterError ``storage_unwritable``, the codes of
    :func:`pipeline.store.snapshot.take.take`, and those of the keys.
    """
    try:
        make_folder(target)
        with locked(target / folder.LOCK):
            return _create(state, target, clock, passphrase)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise TryLaterError("storage_unwritable", where=str(target), reason=reason) from error
        raise ConfigurationError("backup_folder_unusable", path=target, reason=reason) from error


def _create(state: State, target: Path, clock: Clock, passphrase: bytes | None) -> Created:
    store, at = state.store, clock.now()
    work = folder.clear(target)
    members = {name: work / name for name in (archive.DATABASE, archive.BLOBS, archive.SETTINGS)}
    database, names = work / "database", work / "names"
    with locked(lock_of(state.settings)):  # no key is rotated between the two
        keys = sealed_keys(state.settings, passphrase)
        taken = take(store, database, names)
    stored = _Stored(store.blobs, Blobs(target / "blobs"), work)
    listed = work / "listed"
    stored.all(names, listed)
    write_file(members[archive.SETTINGS], state.shown)
    sizes = {
        archive.DATABASE: archive.pack(database, members[archive.DATABASE]),
        archive.BLOBS: archive.pack(listed, members[archive.BLOBS]),
        archive.SETTINGS: len(state.shown),
    }
    if keys is not None:
        members[archive.KEYS] = work / archive.KEYS
        write_file(members[archive.KEYS], keys)
        sizes[archive.KEYS] = len(keys)
    manifest = Manifest(
        format=archive.FORMAT,
        made_at=at.isoformat(),
        program=__version__,
        mailbox_id=store.mailbox_id,
        engine=taken.engine.value,
        revision=taken.revision,
        sizes=sizes,
        blobs=stored.count,
        blob_bytes=stored.bytes,
        missing=stored.missing,
    )
    digest = archive.write(work / "backup", manifest, members)
    path = folder.free_name(target, at)
    (work / "backup").rename(path)
    flush_folder(target)
    made = Made(path.name, digest, at, with_keys=keys is not None)
    store.run(lambda tx: note_made(tx, made))
    removed = _removed(state, target, at)
    folder.clear(target).rmdir()
    logs.event("flow.backup", "made", file=path.name, blobs=stored.count, new=stored.new)
    return Created(
        path=path,
        digest=digest,
        bytes=path.stat().st_size,
        blobs=stored.count,
        new=stored.new,
        missing=stored.missing,
        with_keys=keys is not None,
        removed=removed,
    )


class _Stored:
    """Brings blobs into the folder, and lists them with their bytes."""

    def __init__(self, blobs: Blobs, kept: Blobs, work: Path) -> None:
        self._blobs = blobs
        self._kept = kept
        self._work = work
        self.count = self.bytes = self.new = self.missing = 0

    def all(self, names: Path, listed: Path) -> None:
        """Store the blobs that the file ``names`` lists; write the new file ``listed``."""
        make_folder(self._kept.folder)
        fresh: list[str] = []
        with names.open(encoding="ascii") as read, listed.open("x", encoding="ascii") as written:
            for line in read:
                name = line.strip()
                size = self._one(name, fresh)
                written.write(f"{name} {'-' if size is None else size}\n")
                if len(fresh) >= _PORTION:
                    self._flush(fresh)
        self._flush(fresh)

    def _one(self, name: str, fresh: list[str]) -> int | None:
        known = self._kept.exists(name)
        size = folder.store_blob(self._blobs.path(name), self._kept, name, drafts=self._work)
        self.count += 1
        if size is None:
            self.missing += 1
            return None
        self.bytes += size
        if not known:
            self.new += 1
        fresh.append(name)
        return size

    def _flush(self, fresh: list[str]) -> None:
        folder.flush_blobs(self._kept, fresh)
        fresh.clear()


def _removed(state: State, target: Path, now: datetime) -> tuple[Path, ...]:
    """Remove backups of this mailbox that are kept no longer, and blobs that none names.

    What is no backup of ours stays, and so does the last one that was found whole.
    """
    with state.store.read() as tx:
        known = remembered(tx)
    rules = state.settings.backup
    keeping = Keeping(rules.days, rules.weeks, rules.months)
    mine = partial(_is_ours, mailbox_id=state.store.mailbox_id)
    found = [path for path in folder.backups_in(target) if mine(path)]
    whole = known.whole.file if known.whole is not None else ""
    removed = []
    for path in folder.superseded(found, keeping, now):
        if path.name != whole:
            path.unlink()
            removed.append(path)
    if removed:
        flush_folder(target)
        folder.sweep(target, Blobs(target / "blobs"))
    return tuple(removed)


def _is_ours(path: Path, mailbox_id: str) -> bool:
    try:
        return Archive(path, glance=True).manifest.mailbox_id == mailbox_id
    except PipelineError:
        return False
