"""Keys under a passphrase, as a backup takes them with it: scrypt (RFC 7914) and AES-256-GCM."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from pipeline import terms
from pipeline.errors import ConfigurationError

_MAGIC = b"pipeline keys 1\n"
_SALT, _NONCE = 16, 12
#: 64 MiB and about a quarter of a second for each guess.
_COST, _BLOCK, _LANES = 2**16, 8, 1


def check_passphrase(passphrase: bytes) -> None:
    """Refuse a passphrase that is short. Raises ConfigurationError ``backup_passphrase_short``."""
    if len(passphrase) < terms.PASSPHRASE_BYTES:
        raise ConfigurationError("backup_passphrase_short", minimum=terms.PASSPHRASE_BYTES)


def seal(content: bytes, passphrase: bytes) -> bytes:
    """Return ``content`` so that only who knows ``passphrase`` can read or change it."""
    check_passphrase(passphrase)
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, content, _MAGIC)
    return _MAGIC + salt + nonce + sealed


def unseal(sealed: bytes, passphrase: bytes) -> bytes:
    """Return what was sealed; ConfigurationError ``backup_passphrase_wrong`` when it is another."""
    salt_at, nonce_at = len(_MAGIC), len(_MAGIC) + _SALT
    start = nonce_at + _NONCE
    try:
        key = _key(passphrase, sealed[salt_at:nonce_at])
        return AESGCM(key).decrypt(sealed[nonce_at:start], sealed[start:], sealed[:salt_at])
    except (InvalidTag, ValueError) as error:
        raise ConfigurationError("backup_passphrase_wrong") from error


def _key(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_LANES).derive(passphrase)
