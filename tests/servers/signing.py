"""DKIM keys and signatures of tests, made by an independent implementation (dkimpy)."""

import base64
from dataclasses import dataclass
from functools import cache

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SELECTOR = "s1"


@dataclass(frozen=True)
class Key:
    """A key pair: the private half in PEM, and the TXT record of the public one."""

    pem: bytes
    record: str


@cache
def signing_key() -> Key:
    """Return one key for all domains of the tests."""
    private = rsa.generate_private_key(65537, 2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Key(pem, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}")


def record_name(domain: str) -> str:
    """Return the name under which the public key of ``domain`` stands in the DNS."""
    return f"{SELECTOR}._domainkey.{domain}"


def signed(raw: bytes, domain: str, agent: str = "", *, length: bool = False) -> bytes:
    """Return ``raw`` with a signature of ``domain``; ``agent`` is its ``i=``, as it is."""
    field: bytes = dkim.sign(
        raw,
        SELECTOR.encode(),
        domain.encode(),
        signing_key().pem,
        identity=(agent or f"@{domain}").encode(),
        include_headers=[b"from", b"to", b"subject", b"date", b"message-id"],
        length=length,
    )
    return field + raw
