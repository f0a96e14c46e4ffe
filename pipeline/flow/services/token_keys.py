"""The keys of reply tokens and Message-IDs: two are live, so that one can be replaced.

``token.key`` makes tokens; ``token-previous.key`` is the one before it, whose tokens stay genuine.
The database remembers the digests of both: a key that it does not know is of another mailbox, or of
a backup that is too old.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.config import Settings
from pipeline.durable import write_file
from pipeline.errors import ConfigurationError
from pipeline.private import read_private
from pipeline.store.unit_of_work import Store, Transaction

#: The row of ``memory`` with the digest of each key that is in use.
REMEMBERED = "keys"
#: The row with what the last rotation replaced, when, and by whom.
_ROTATION = "token_rotation"
_TOKEN_KEY = "token_key"  # noqa: S105 - its name
_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyAges:
    """When the live keys were made; ``previous`` is None when none was replaced yet."""

    current: datetime
    previous: datetime | None
    #: Whether the file holds the old key still: it was rotated elsewhere, or a rotation was killed.
    behind: bool


def path_of(settings: Settings) -> Path:
    """Return where the key lies that makes tokens."""
    return settings.home() / "token.key"


def previous_path_of(settings: Settings) -> Path:
    """Return where the key before it lies."""
    return settings.home() / "token-previous.key"


def new() -> bytes:
    """Return a key that nobody has."""
    return secrets.token_bytes(_BYTES)


def digest(key: bytes) -> str:
    """Return what the database remembers of a key."""
    return hashlib.sha256(b"token key of this mailbox" + key).hexdigest()


def read(settings: Settings) -> bytes:
    """Return the key that makes tokens.

    Raises ConfigurationError ``token_key_missing``, ``token_key_damaged``, and what
    :func:`pipeline.private.read_private` raises.
    """
    path = path_of(settings)
    if not path.exists():
        raise ConfigurationError("token_key_missing", path=path)
    return _key_in(path)


def live(tx: Transaction, settings: Settings) -> tuple[bytes, ...]:
    """Return the keys whose tokens are genuine, first the one that makes them.

    Raises ConfigurationError ``keys_differ`` when the database was made with another key, and what
    :func:`read` raises.
    """
    key = read(settings)
    known = _known(tx)
    if known and digest(key) not in known:
        raise ConfigurationError("keys_differ", path=settings.home().absolute())
    path = previous_path_of(settings)
    previous = _key_in(path) if path.exists() else None
    if previous in {None, key} or digest(previous or b"") not in known:
        return (key,)
    return (key, previous or b"")


def rotate(store: Store, settings: Settings, who: str, now: datetime) -> None:
    """Let a new key make tokens; the one in use becomes the previous one, and that one dies.

    The order survives a kill: while the new key is not written, the file holds the old one, which
    the database knows as the previous key. Raises what :func:`live` raises.
    """
    with store.read() as tx:
        old = live(tx, settings)[0]
        made = ages(tx, settings).current
    write_file(previous_path_of(settings), old)
    key = new()

    def remember(tx: Transaction) -> None:
        tx.memory.put(REMEMBERED, {**remembered(tx), _TOKEN_KEY: digest(key)})
        rotation = {
            "previous": digest(old),
            "previous_made": made.isoformat(),
            "at": now.isoformat(),
            "by": who,
        }
        tx.memory.put(_ROTATION, rotation)  # type: ignore[arg-type]  # a dict of texts is JSON

    store.run(remember)
    write_file(path_of(settings), key)


def ages(tx: Transaction, settings: Settings) -> KeyAges:
    """Return when the live keys were made: the first one by its file, others by the database."""
    written = datetime.fromtimestamp(path_of(settings).stat().st_mtime, UTC)
    rotation = _rotation(tx)
    if not rotation:
        return KeyAges(written, None, behind=False)
    behind = digest(read(settings)) != remembered(tx).get(_TOKEN_KEY)
    at = datetime.fromisoformat(rotation["at"])
    return KeyAges(at, datetime.fromisoformat(rotation["previous_made"]), behind)


def rotated_at(tx: Transaction) -> datetime | None:
    """Return when the key was last replaced by a new one, or None: never."""
    at = _rotation(tx).get("at")
    return datetime.fromisoformat(at) if at else None


def remembered(tx: Transaction) -> dict[str, str]:
    """Return the digest of each key that the database was made with, by its part."""
    return _texts(tx, REMEMBERED)


def _rotation(tx: Transaction) -> dict[str, str]:
    return _texts(tx, _ROTATION)


def _known(tx: Transaction) -> set[str]:
    """Return the digests of the live keys; empty: the database remembers none."""
    found = {remembered(tx).get(_TOKEN_KEY, ""), _rotation(tx).get("previous", "")}
    return found - {""}


def _texts(tx: Transaction, row: str) -> dict[str, str]:
    value = tx.memory.get(row)
    return {name: str(text) for name, text in value.items()} if isinstance(value, dict) else {}


def _key_in(path: Path) -> bytes:
    key = read_private(path, links=False)
    if len(key) != _BYTES:
        raise ConfigurationError("token_key_damaged", path=path)
    return key
