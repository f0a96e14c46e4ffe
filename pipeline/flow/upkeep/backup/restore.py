"""Put a backup back into an empty folder, as a state that knows that it is an older one.

While it lasts, a file in the folder says that it is unfinished, and every command refuses it. The
file goes last: a restore that was killed is refused for good, and its folder is to be removed.
"""

import errno
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline import logs
from pipeline.clock import Clock
from pipeline.durable import flush_folder, make_folder, remove_file, write_file
from pipeline.errors import ConfigurationError, RefusedError, TryLaterError
from pipeline.flow.services import restored
from pipeline.flow.services.restored import Restored
from pipeline.flow.upkeep.backup import archive, folder
from pipeline.flow.upkeep.backup.archive import Archive
from pipeline.flow.upkeep.backup.keys import opened_keys, put_back_keys
from pipeline.flow.upkeep.backup.verify import kept_blobs, read_instant, unpack
from pipeline.store.blobs import Blobs
from pipeline.store.snapshot.put_back import onto_server, refuse_used
from pipeline.store.snapshot.take import Engine
from pipeline.store.unit_of_work import Store, Transaction

_DATABASE = "requests.sqlite3"
_PORTION = 500


@dataclass(frozen=True, slots=True)
class PutBack:
    """A state that was put back: ``in_doubt`` are its mails that may have gone out since.

    ``missing`` blobs are not in the backup.
    """

    home: Path
    made_at: datetime
    blobs: int
    missing: int
    in_doubt: int
    with_keys: bool


def restore(
    path: Path, home: Path, clock: Clock, server: str = "", passphrase: bytes | None = None
) -> PutBack:
    """Put the backup ``path`` back into the folder ``home``, which is empty or not there.

    ``server`` is the URL of the empty database that a dump of PostgreSQL goes into. Without a
    ``passphrase`` the keys stay in the backup. Raises RefusedError or ConfigurationError:
    ``restore_not_empty``, ``restore_no_room``, ``backup_needs_server``, the codes of
    :func:`pipeline.flow.upkeep.backup.verify.verify`, and those of the store.
    """
    found = Archive(path)
    at = read_instant(found)
    on_server = found.manifest.engine == Engine.POSTGRESQL
    if on_server and not server.startswith("postgresql"):
        raise ConfigurationError("backup_needs_server", path=path)
    keys = None
    if passphrase is not None and found.with_keys:
        keys = b"".join(found.plain(archive.KEYS))
        opened_keys(keys, passphrase)  # before anything is written
    if on_server:
        refuse_used(server)
    try:
        _begin(found, home)
        missing = _put_back_blobs(found, Blobs(home / "blobs"), home)
        write_file(home / archive.SETTINGS, b"".join(found.plain(archive.SETTINGS)))
        in_doubt = _put_back_database(found, home, server if on_server else "", clock, at)
        if keys is not None and passphrase is not None:
            put_back_keys(keys, passphrase, home)
        remove_file(restored.unfinished(home))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise TryLaterError("storage_unwritable", where=str(home), reason=reason) from error
        raise ConfigurationError("home_unusable", path=home, reason=reason) from error
    logs.event("flow.backup", "put_back", file=path.name, in_doubt=in_doubt)
    return PutBack(home, at, found.manifest.blobs, missing, in_doubt, keys is not None)


def _begin(found: Archive, home: Path) -> None:
    """Make the folder, and let it say that it is unfinished."""
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise RefusedError("restore_not_empty", path=home.absolute())
    make_folder(home)
    home.chmod(0o700)
    needed = found.manifest.blob_bytes + sum(found.manifest.sizes.values())
    free = shutil.disk_usage(home).free
    if needed > free:
        megabytes = -(-needed // 1_000_000)
        raise RefusedError("restore_no_room", path=home.absolute(), megabytes=megabytes)
    write_file(restored.unfinished(home), b"")


def _put_back_blobs(found: Archive, blobs: Blobs, home: Path) -> int:
    """Copy all blobs, each checked by its digest; return how many the backup lacks."""
    kept, fresh, wrong, missing = kept_blobs(found), [], [], 0
    make_folder(blobs.folder)
    for name, size in found.lines():
        if size is None:
            missing += 1
            continue
        target = blobs.path(name)
        make_folder(target.parent)
        try:
            written = folder.copied(kept.path(name), target, name, draft=home / f".{name}")
        except FileNotFoundError:
            written = None
        if written != size:
            wrong.append(name)
            break
        fresh.append(name)
        if len(fresh) >= _PORTION:
            folder.flush_blobs(blobs, fresh)
            fresh.clear()
    folder.flush_blobs(blobs, fresh)
    if wrong:
        paths = str(kept.path(wrong[0]))
        raise ConfigurationError("backup_blobs_damaged", count=len(wrong), paths=paths)
    flush_folder(blobs.folder)
    return missing


def _put_back_database(
    found: Archive, home: Path, server: str, clock: Clock, made_at: datetime
) -> int:
    """Put the database back; return how many mails of it are in doubt now."""
    where: str | Path = server or home / _DATABASE
    if server:
        dump = home / ".dump"
        unpack(found, archive.DATABASE, dump)
        onto_server(server, dump)
        remove_file(dump)
    else:
        unpack(found, archive.DATABASE, home / _DATABASE)
    with Store.open(
        where,
        mailbox_id=found.manifest.mailbox_id,
        blobs=home / "blobs",
        create=False,
        check=False,
    ) as store:
        store.migrate()
        now = clock.now()

        def mark(tx: Transaction) -> int:
            restored.mark(tx, Restored(made_at, now))
            return tx.outbox.waiting(now)

        return store.run(mark)
