"""Certificates for servers of the tests, signed by themselves."""

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa


def make_certificate(folder: Path, address: str, *, days: int = 1) -> Path:
    """Return a file with a key and its certificate for ``address``; expired when ``days`` < 0."""
    san = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    return _write(folder, ec.generate_private_key(ec.SECP256R1()), (address, san, days))


def make_rsa_certificate(folder: Path, name: str) -> Path:
    """Return a file with an RSA key and its certificate, as a client signs with."""
    san = x509.SubjectAlternativeName([x509.DNSName(name)])
    return _write(folder, rsa.generate_private_key(65537, 2048), (name, san, 1))


def _write(
    folder: Path,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    what: tuple[str, x509.SubjectAlternativeName, int],
) -> Path:
    common_name, san, days = what
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=9))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(san, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def server_context(certificate: Path) -> ssl.SSLContext:
    """Return what a server with the certificate needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
