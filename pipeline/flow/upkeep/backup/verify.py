"""Check a backup: put its database back in a scratch folder, and read every blob that it names."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import zip_longest
from pathlib import Path

from pipeline import logs
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.flow.services import Services
from pipeline.flow.services.backups import Checked, note_checked
from pipeline.flow.services.soundness import check_sound, check_tables
from pipeline.flow.upkeep.backup import archive
from pipeline.flow.upkeep.backup.archive import Archive
from pipeline.flow.upkeep.backup.keys import opened_keys
from pipeline.store.blobs import Blobs
from pipeline.store.snapshot.put_back import looked_at
from pipeline.store.snapshot.take import Engine, blobs_of
from pipeline.store.unit_of_work import Store

_CHUNK = 1 << 20
#: So many damaged blobs are named.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Verified:
    """A backup that is whole; ``revision`` is that of its tables.

    ``keys_opened``: the passphrase fits; None: nobody tried, or it has no keys.
    """

    path: Path
    digest: str
    made_at: datetime
    engine: str
    revision: str
    blobs: int
    blob_bytes: int
    missing: int
    with_keys: bool
    keys_opened: bool | None


def verify(path: Path, server: str, passphrase: bytes | None = None) -> Verified:
    """Check all of the backup ``path``; ``server`` is where a dump of PostgreSQL is tried.

    Raises ConfigurationError: ``backup_damaged``, ``backup_unreadable``,
    ``backup_of_another_format``, ``backup_blobs_damaged``, ``backup_needs_server``,
    ``backup_passphrase_wrong``, ``database_damaged`` and others of the store.
    """
    found = Archive(path)
    manifest = found.manifest
    at = read_instant(found)
    on_server = manifest.engine == Engine.POSTGRESQL
    if on_server and not server.startswith("postgresql"):
        raise ConfigurationError("backup_needs_server", path=path)
    count, size, missing = _check_blobs(found)
    if (count, size, missing) != (manifest.blobs, manifest.blob_bytes, manifest.missing):
        raise archive.damaged(path, archive.BLOBS)
    for _ in found.plain(archive.SETTINGS):
        pass
    with tempfile.TemporaryDirectory(prefix="pipeline-verify-") as scratch:
        database = Path(scratch) / "database"
        unpack(found, archive.DATABASE, database)
        with looked_at(database, manifest.mailbox_id, server if on_server else "") as store:
            _check_database(found, store)
    opened = None
    if passphrase is not None and found.with_keys:
        opened_keys(b"".join(found.plain(archive.KEYS)), passphrase)
        opened = True
    return Verified(
        path=path,
        digest=found.digest,
        made_at=at,
        engine=manifest.engine,
        revision=manifest.revision,
        blobs=count,
        blob_bytes=size,
        missing=missing,
        with_keys=found.with_keys,
        keys_opened=opened,
    )


def remember(services: Services, path: Path, found: Verified | PipelineError) -> None:
    """Let the state know what a check has found, and when."""
    now = services.clock.now()
    if isinstance(found, Verified):
        checked = Checked(path.name, found.digest, found.made_at, now)
    else:
        checked = Checked(path.name, "", now, now, found.code)
    services.store.run(partial(note_checked, checked=checked))
    logs.event("flow.backup", "checked", file=path.name, fault=checked.fault)


def read_instant(found: Archive) -> datetime:
    """Return when a backup was made; ConfigurationError ``backup_damaged`` when that is none."""
    try:
        at = datetime.fromisoformat(found.manifest.made_at)
    except (ValueError, TypeError) as error:
        raise archive.damaged(found.path, archive.MANIFEST) from error
    if at.tzinfo is None:
        raise archive.damaged(found.path, archive.MANIFEST)
    return at


def unpack(found: Archive, name: str, target: Path) -> None:
    """Write a member to the new file ``target`` (0600), flushed."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
        for data in found.plain(name):
            file.write(data)
        file.flush()
        os.fsync(file.fileno())


def kept_blobs(found: Archive) -> Blobs:
    """Return the blobs beside a backup."""
    return Blobs(found.path.absolute().parent / "blobs")


def _check_blobs(found: Archive) -> tuple[int, int, int]:
    """Read every blob; return how many there are, their bytes, and how many were missing."""
    kept, wrong = kept_blobs(found), []
    count = total = missing = 0
    for name, size in found.lines():
        count += 1
        if size is None:
            missing += 1
            continue
        total += size
        if not _is_whole(kept.path(name), name, size):
            wrong.append(name)
    if wrong:
        named = " ".join(str(kept.path(name)) for name in wrong[:NAMED])
        raise ConfigurationError("backup_blobs_damaged", count=len(wrong), paths=named)
    return count, total, missing


def _is_whole(path: Path, name: str, size: int) -> bool:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != size:
                return False
            while data := file.read(_CHUNK):
                digest.update(data)
    except OSError:
        return False
    return digest.hexdigest() == name


def _check_database(found: Archive, store: Store) -> None:
    """Check pages and tables, and that the rows name the blobs of the list and no others."""
    check_sound(store, thorough=True)
    check_tables(store)
    if store.revision() != found.manifest.revision:
        raise archive.damaged(found.path, archive.DATABASE)
    with store.read() as tx:
        listed: Iterator[str] = (name for name, _ in found.lines())
        if any(one != other for one, other in zip_longest(listed, blobs_of(tx))):
            raise archive.damaged(found.path, archive.BLOBS)
