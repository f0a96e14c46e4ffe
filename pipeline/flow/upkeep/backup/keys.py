"""The keys of a state folder: taken into a backup under a passphrase, and put back from it."""

import base64
import binascii
import json
from pathlib import Path

from pipeline.certificates.sealed import seal, unseal
from pipeline.config import Settings
from pipeline.durable import make_folder, write_file
from pipeline.errors import ConfigurationError
from pipeline.flow.services import state, token_keys
from pipeline.private import read_private

_AUTHORITY = "authority"


def sealed_keys(settings: Settings, passphrase: bytes | None) -> bytes | None:
    """Return all keys under ``passphrase``, or None without one.

    Raises what :func:`pipeline.private.read_private` raises, and ConfigurationError
    ``backup_passphrase_short`` or ``token_key_missing``.
    """
    if passphrase is None:
        return None
    token_keys.read(settings)  # a state without one is told of
    tokens = (token_keys.path_of(settings), token_keys.previous_path_of(settings))
    found = {path.name: path for path in tokens if path.exists()}
    authority = state.authority_folder(settings)
    for path in sorted(authority.rglob("*")):
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".lock":
            found[f"{_AUTHORITY}/{path.relative_to(authority).as_posix()}"] = path
    content = {name: _text(read_private(path, links=False)) for name, path in found.items()}
    return seal(json.dumps(content).encode(), passphrase)


def put_back_keys(sealed: bytes, passphrase: bytes, home: Path) -> None:
    """Write the keys of a backup into the state folder ``home``.

    Raises ConfigurationError ``backup_passphrase_wrong`` or ``backup_keys_strange``.
    """
    for name, content in opened_keys(sealed, passphrase).items():
        path = home / name
        make_folder(path.parent)
        write_file(path, content)


def opened_keys(sealed: bytes, passphrase: bytes) -> dict[str, bytes]:
    """Return the files of the keys by their names below a state folder; raises as above."""
    content = unseal(sealed, passphrase)
    try:
        files = {name: base64.b64decode(text) for name, text in json.loads(content).items()}
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise ConfigurationError("backup_keys_strange", name="keys") from error
    for name in files:
        parts = name.split("/")
        plain = all(part.isprintable() and part not in {"", ".", ".."} for part in parts)
        known = name in {"token.key", "token-previous.key"} or parts[0] == _AUTHORITY
        if not plain or not known or "\\" in name:
            raise ConfigurationError("backup_keys_strange", name=name)
    return files


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
