"""The state folder: its parts, when they are made, and when a missing one is a fault.

Keys and database are made together, in a folder that has none of them. Beside the others a missing
one is never made anew: a new key would make certificates and reply tokens worthless, a new
database would forget every request. A first use that was killed is finished by the next one: the
file ``first-use`` is there while it lasts. The database remembers which keys it was made with.
"""

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.certificates.issuers.choose import KEYLESS, OF_AUTHORITY, choose
from pipeline.certificates.names import CERTIFICATE_FILE, KEY_FILE
from pipeline.clock import Clock
from pipeline.config import Settings
from pipeline.durable import locked, make_folder, remove_drafts, remove_file, write_file
from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.flow.services import token_keys
from pipeline.flow.services.restored import refuse_unfinished
from pipeline.store.engine import sqlite_file
from pipeline.store.unit_of_work import Store, Transaction

if TYPE_CHECKING:
    from pipeline.certificates.authority import Authority

_UNFINISHED = "first-use"
_LOCK = "first-use.lock"


class Part(StrEnum):
    """What a state folder has once it was used."""

    DATABASE = "database"
    TOKEN_KEY = "token_key"  # noqa: S105 - its name
    AUTHORITY = "authority"
    BLOBS = "blobs"


def database(settings: Settings) -> str | Path:
    """Return the path of the SQLite file, or the URL of a database on a server.

    A relative path of a ``sqlite:///`` URL is taken from the state folder, so that it is the same
    file wherever a command is called.
    """
    if not settings.store.url:
        return settings.home().absolute() / "requests.sqlite3"
    named = sqlite_file(settings.store.url)
    return settings.store.url if named is None else settings.home().absolute() / named


def lock_of(settings: Settings) -> Path:
    """Return the file that is locked while keys are made."""
    return settings.home() / _LOCK


def authority_folder(settings: Settings) -> Path:
    """Return where the embedded authority lies."""
    return settings.home() / "authority"


def open_store(settings: Settings, clock: Clock, *, make: bool) -> Store:
    """Open the database of the state folder; ``make`` allows this to be the first use.

    Raises ConfigurationError: ``state_none`` when there is nothing yet and ``make`` is false,
    ``database_gone``, ``token_key_missing``, ``authority_missing`` when one is missing beside the
    others, ``keys_elsewhere`` and ``keys_differ`` when the database was made with the keys of
    another folder, ``restore_unfinished``, ``home_unusable``; and the errors of the store.
    """
    try:
        refuse_unfinished(settings)
        if _complete(settings):
            return _open_used(settings)
        if make:
            return _first_use(settings, clock)
        if not is_used(settings) or _unfinished(settings).exists():
            _refuse_used_server(settings)
            raise ConfigurationError("state_none", path=settings.home().absolute())
        return _used(settings)
    except OSError as error:
        raise _unusable(settings, error) from error


def _unusable(settings: Settings, error: OSError) -> PipelineError:
    """Return what to tell of a state folder that cannot be read or written."""
    home = settings.home().absolute()
    reason = error.strerror or type(error).__name__
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return TryLaterError("storage_unwritable", where=str(home), reason=reason)
    return ConfigurationError("home_unusable", path=home, reason=reason)


def open_database(settings: Settings) -> Store:
    """Open the database whatever state its tables are in; nothing is made.

    Raises ConfigurationError ``state_none``, ``database_gone`` or ``restore_unfinished``, and the
    errors of the engine.
    """
    refuse_unfinished(settings)
    if not _database_there(settings):
        if _parts(settings):
            raise ConfigurationError("database_gone", path=database(settings))
        raise ConfigurationError("state_none", path=settings.home().absolute())
    return _open(settings, check=False)


def is_used(settings: Settings) -> bool:
    """Tell whether the folder was used: a database file without tables alone is no use."""
    parts = _parts(settings)
    if parts != {Part.DATABASE}:
        return bool(parts)
    with _open(settings, check=False) as store:
        return store.schema_state() != "empty"


def _open_used(settings: Settings) -> Store:
    """Open a database that was used; one without tables is another one, or was emptied."""
    try:
        return _open(settings)
    except ConfigurationError as error:
        if error.code != "database_empty":
            raise
        where = error.params["where"]
        raise ConfigurationError("database_gone", path=where) from error


def migrate_database(settings: Settings, clock: Clock) -> None:
    """Bring the tables up to date; in a folder that was never used, make everything.

    Raises what :func:`open_store` and the store's ``migrate`` raise.
    """
    refuse_unfinished(settings)
    if is_used(settings) and not _unfinished(settings).exists():
        with open_database(settings) as store:
            if store.schema_state() == "empty":
                raise ConfigurationError("database_gone", path=store.where)
            store.migrate()
    open_store(settings, clock, make=True).close()


@contextmanager
def trial(settings: Settings) -> Iterator[Settings]:
    """Yield ``settings`` with a state folder that is thrown away afterwards.

    For a look at the mailbox and at what a batch would do before anything was made.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = settings.store.model_copy(update={"home": Path(folder), "url": ""})
        mailbox = settings.mailbox.model_copy(
            update={"path": settings.below_home(settings.mailbox.path).absolute()}
        )
        courier = settings.courier.model_copy(
            update={"path": settings.below_home(settings.courier.path).absolute()}
        )
        certificates = settings.certificates.model_copy(update={"issuer": KEYLESS.value})
        changed = {
            "store": store,
            "mailbox": mailbox,
            "courier": courier,
            "certificates": certificates,  # no authority is made for a look
        }
        yield settings.model_copy(update=changed)


def open_authority(settings: Settings) -> "Authority":
    """Return the embedded authority; see :meth:`Authority.open`."""
    from pipeline.certificates.authority import Authority  # noqa: PLC0415 - slow to import

    certificates = settings.certificates
    return Authority.open(
        authority_folder(settings),
        passphrase=certificates.passphrase.read(),
        arc=certificates.private_enterprise_arc,
    )


def check_keys(tx: Transaction, settings: Settings, **digests: str) -> None:
    """Refuse keys (by part, their digests) that are not those the database was made with.

    An authority that was rotated counts as the one that it took the place of. Raises
    ConfigurationError ``keys_differ``.
    """
    remembered = token_keys.remembered(tx)
    for part, digest in digests.items():
        known = remembered.get(part, digest)
        rotated = part == Part.AUTHORITY.value and known != digest and known in _retired(settings)
        if known != digest and not rotated:
            raise ConfigurationError("keys_differ", path=settings.home().absolute())


def _retired(settings: Settings) -> frozenset[str]:
    from pipeline.certificates.authority import retired_fingerprints  # noqa: PLC0415 - slow to import

    return retired_fingerprints(authority_folder(settings))


def known_authority(tx: Transaction) -> str:
    """Return the fingerprint of the authority that the database knows, or empty."""
    return token_keys.remembered(tx).get(Part.AUTHORITY.value, "")


def remember_authority(tx: Transaction, fingerprint: str) -> None:
    """Let the database know the authority that signs from now on."""
    known = token_keys.remembered(tx)
    if known.get(Part.AUTHORITY.value) != fingerprint:
        tx.memory.put(token_keys.REMEMBERED, {**known, Part.AUTHORITY.value: fingerprint})


def _complete(settings: Settings) -> bool:
    """Whether every part is there and no first use is under way; looks at names only.

    The sign of a first use is written before all parts, so it is looked at after them.
    """
    return (
        token_keys.path_of(settings).exists()
        and (not wants_authority(settings) or has_authority(settings))
        and _database_there(settings)
        and not _unfinished(settings).exists()
    )


def wants_authority(settings: Settings) -> bool:
    """Tell whether the state folder needs an authority: the issuer in force signs with it."""
    return choose(settings.certificates, lambda: open_authority(settings)).uses_authority


def has_authority(settings: Settings) -> bool:
    """Tell whether key and certificate of the embedded authority are there; neither is read."""
    folder = authority_folder(settings)
    return (folder / KEY_FILE).exists() and (folder / CERTIFICATE_FILE).exists()


def _database_there(settings: Settings) -> bool:
    """Whether there is a SQLite file with bytes in it; a database on a server counts as there.

    What is no file (a folder, a pipe) is there too: the store tells what is wrong with it.
    """
    where = database(settings)
    if not isinstance(where, Path):
        return True
    return where.exists() and (not where.is_file() or where.stat().st_size > 0)


def _unfinished(settings: Settings) -> Path:
    return settings.home() / _UNFINISHED


def _parts(settings: Settings) -> set[Part]:
    """Return the parts that the folder itself has, whole or not."""
    found = set()
    if isinstance(database(settings), Path) and _database_there(settings):
        found.add(Part.DATABASE)
    if token_keys.path_of(settings).exists():
        found.add(Part.TOKEN_KEY)
    folder = authority_folder(settings)
    if (folder / KEY_FILE).exists() or (folder / CERTIFICATE_FILE).exists():
        found.add(Part.AUTHORITY)
    blobs = settings.home() / "blobs"
    if blobs.is_dir() and any(blobs.iterdir()):
        found.add(Part.BLOBS)
    return found


def _open(settings: Settings, *, create: bool = False, check: bool = True) -> Store:
    return Store.open(
        database(settings),
        mailbox_id=settings.store.mailbox_id,
        blobs=settings.home() / "blobs",
        create=create,
        check=check,
    )


def _first_use(settings: Settings, clock: Clock) -> Store:
    """Make all parts under a lock, or finish what a killed first use began."""
    home = settings.home()
    lock = lock_of(settings)
    if is_used(settings) and not lock.exists():
        _used(settings).close()  # refused before anything is made
    make_folder(home)
    with locked(lock):
        return _made(settings, clock)


def _made(settings: Settings, clock: Clock) -> Store:
    """Return the store after all keys are made; the caller holds the lock.

    In a folder that is in use only a key that the database has never known is made: the issuer was
    changed, or nothing was ever sent.
    """
    first = _unfinished(settings)
    used = not first.exists() and is_used(settings)
    if used:
        _used(settings).close()
    elif not first.exists():
        _refuse_used_server(settings)
        write_file(first, b"")
    _make_keys(settings, clock)
    store = _open(settings, create=not used)
    try:
        _remember(store, settings)
    except BaseException:
        store.close()
        raise
    if not used:
        remove_file(first)
    return store


def _refuse_used_server(settings: Settings) -> None:
    """Refuse to make keys for a database on a server that was used with the keys of elsewhere."""
    if isinstance(database(settings), Path):
        return
    with _open(settings, check=False) as store:
        if store.schema_state() == "empty":
            return
        with store.read() as tx:
            used = token_keys.remembered(tx) or tx.messages.any() or tx.outbox.any()
        if used:
            where = store.where
            raise ConfigurationError("keys_elsewhere", path=settings.home().absolute(), where=where)


def _make_keys(settings: Settings, clock: Clock) -> None:
    if wants_authority(settings):  # first: a passphrase that does not fit stops here
        from pipeline.certificates.authority import Authority  # noqa: PLC0415 - slow to import

        certificates = settings.certificates
        Authority.make(
            authority_folder(settings),
            passphrase=certificates.passphrase.read(),
            name=certificates.authority_name,
            arc=certificates.private_enterprise_arc,
            now=clock.now(),
        )
    path = token_keys.path_of(settings)
    if not path.exists():
        remove_drafts(path)
        write_file(path, token_keys.new())


def _digests(settings: Settings) -> dict[str, str]:
    found = {Part.TOKEN_KEY.value: token_keys.digest(token_keys.read(settings))}
    if wants_authority(settings):
        found[Part.AUTHORITY.value] = open_authority(settings).fingerprint
    return found


def _remember(store: Store, settings: Settings) -> None:
    """Let the database remember the keys; who comes second with other ones is refused."""
    digests = _digests(settings)

    def work(tx: Transaction) -> None:
        check_keys(tx, settings, **digests)
        tx.memory.put(token_keys.REMEMBERED, {**digests, **token_keys.remembered(tx)})

    store.run(work)


def _used(settings: Settings) -> Store:
    """Open the database of a folder that is in use; refuse when a part of it is missing."""
    if not _database_there(settings):
        raise ConfigurationError("database_gone", path=database(settings))
    store = _open_used(settings)
    try:
        with store.read() as tx:
            _refuse_missing_keys(tx, settings)
    except BaseException:
        store.close()
        raise
    return store


def _refuse_missing_keys(tx: Transaction, settings: Settings) -> None:
    found, remembered = _parts(settings), token_keys.remembered(tx)
    if Part.TOKEN_KEY not in found and (Part.TOKEN_KEY in remembered or tx.outbox.any()):
        raise ConfigurationError("token_key_missing", path=token_keys.path_of(settings))
    if not wants_authority(settings) or has_authority(settings):
        return
    half = Part.AUTHORITY in found
    if half or Part.AUTHORITY in remembered or tx.certificates.any_of(OF_AUTHORITY):
        folder = authority_folder(settings)
        names = (name for name in (KEY_FILE, CERTIFICATE_FILE) if not (folder / name).exists())
        raise ConfigurationError("authority_missing", path=folder / next(names))
