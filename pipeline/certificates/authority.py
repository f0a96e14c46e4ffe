"""The authority: its key and its self-signed certificate, made on first use and then kept."""

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline.errors import ConfigurationError

KEY_FILE = "authority.key"
CERTIFICATE_FILE = "authority.crt"
RETIRED_FOLDER = "retired"
_LOCK_FILE = "authority.lock"

#: IANA's private-enterprise number for documentation (RFC 5612); a setting replaces it.
DEFAULT_ARC = "1.3.6.1.4.1.32473"

#: The library stretches a passphrase with 2,048 rounds only, so it has to be a long secret.
PASSPHRASE_MINIMUM = 16

_LIFE = timedelta(days=7305)
#: A clock that was set back, or a story that starts in the past, still finds the authority valid.
_BACKDATED = timedelta(days=30)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

#: RFC 5280, section 6.2.1.2: 18 octets, the first 0x01, so that no encoder adds or drops an octet.
SERIAL_OCTETS = 18


def new_serial() -> str:
    """Return a new random serial number: 18 octets in hexadecimal, the first 0x01."""
    return "01" + secrets.token_hex(SERIAL_OCTETS - 1)


def signature_algorithm() -> ec.ECDSA:
    """Return ECDSA with SHA-256 and deterministic nonces (RFC 6979)."""
    return ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class Authority:
    """The key that signs our certificates; it never leaves this object."""

    __slots__ = ("_key", "arc", "certificate")

    def __init__(
        self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, arc: str
    ) -> None:
        self._key = key
        self.certificate = certificate
        self.arc = arc

    def __repr__(self) -> str:
        return f"Authority(fingerprint={self.fingerprint!r})"

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        passphrase: bytes | None,
        name: str,
        arc: str = DEFAULT_ARC,
        now: datetime,
    ) -> "Authority":
        """Return the authority in ``folder``; on first use make it, under a lock.

        The key is PKCS#8 in PEM, encrypted when ``passphrase`` is given (at least 16 octets). The
        certificate is valid from 30 days before ``now``'s day for 20 years. Raises
        ConfigurationError when the folder or the key is readable by others, when the passphrase
        does not fit, or when the two files do not belong together.
        """
        _check_arc(arc)
        _check_passphrase(passphrase)
        _make_folder(folder)
        with _locked(folder):
            key = _read_or_make_key(folder / KEY_FILE, passphrase)
            certificate = _read_or_make_certificate(folder / CERTIFICATE_FILE, key, name, now)
        return cls(key, certificate, arc)

    @classmethod
    def rotate(
        cls,
        folder: Path,
        *,
        passphrase: bytes | None,
        name: str,
        arc: str = DEFAULT_ARC,
        now: datetime,
    ) -> "Authority":
        """Retire the authority in ``folder`` and return a new one.

        The old pair is kept below ``retired/<fingerprint>/``: its certificates stay verifiable, and
        its revocation list can still be signed.
        """
        old = cls.open(folder, passphrase=passphrase, name=name, arc=arc, now=now)
        with _locked(folder):
            _make_folder(folder / RETIRED_FOLDER)
            kept = folder / RETIRED_FOLDER / old.fingerprint
            _make_folder(kept)
            for file in (CERTIFICATE_FILE, KEY_FILE):
                (folder / file).rename(kept / file)
            _sync_folder(kept)
            _sync_folder(folder)
        return cls.open(folder, passphrase=passphrase, name=name, arc=arc, now=now)

    @property
    def certificate_pem(self) -> str:
        """The authority's own certificate in PEM (public)."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the authority's certificate (DER) in hexadecimal."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half of the key."""
        return self._key.public_key()

    def sign(self, to_be_signed: bytes) -> bytes:
        """Return the signature of ``to_be_signed`` in DER; the same bytes give the same one."""
        return self._key.sign(to_be_signed, signature_algorithm())

    def sign_revocation_list(
        self, builder: x509.CertificateRevocationListBuilder
    ) -> x509.CertificateRevocationList:
        """Return the revocation list that ``builder`` describes, signed."""
        return builder.sign(self._key, hashes.SHA256(), ecdsa_deterministic=True)


def retired_certificates(folder: Path) -> str:
    """Return the certificates of all retired authorities in ``folder``, in PEM, oldest name first.

    Verification takes them together with the present one.
    """
    files = sorted((folder / RETIRED_FOLDER).glob(f"*/{CERTIFICATE_FILE}"))
    return "".join(file.read_text(encoding="ascii") for file in files)


def _check_arc(arc: str) -> None:
    # Go and the linters refuse 2.25.<UUID>, and an integer beyond 64 bits breaks other readers.
    try:
        x509.ObjectIdentifier(arc)
    except ValueError as error:
        raise ConfigurationError("oid_arc_malformed", arc=arc) from error
    if arc == "2.25" or arc.startswith("2.25."):
        raise ConfigurationError("oid_arc_refused", arc=arc)


def _check_passphrase(passphrase: bytes | None) -> None:
    if passphrase is not None and len(passphrase) < PASSPHRASE_MINIMUM:
        raise ConfigurationError("authority_passphrase_short", minimum=PASSPHRASE_MINIMUM)


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_closed(folder)


def _check_closed(path: Path) -> None:
    """Refuse a file or folder that others may read or write, or that is a link to elsewhere."""
    mode = path.lstat()
    if mode.st_mode & _OTHERS or stat.S_ISLNK(mode.st_mode) or mode.st_uid != os.geteuid():
        permissions = f"{stat.S_IMODE(mode.st_mode):04o}"
        raise ConfigurationError("authority_key_loose", path=str(path), mode=permissions)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    """Write ``content`` so that a crash leaves the whole file or none."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    _sync_folder(path.parent)


def _read_or_make_key(path: Path, passphrase: bytes | None) -> ec.EllipticCurvePrivateKey:
    if not path.exists() and not path.is_symlink():
        if path.with_name(CERTIFICATE_FILE).exists():
            raise ConfigurationError("authority_key_missing", path=str(path))
        key = ec.generate_private_key(ec.SECP256R1())
        encryption = (
            serialization.BestAvailableEncryption(passphrase)
            if passphrase
            else serialization.NoEncryption()
        )
        form = serialization.PrivateFormat.PKCS8
        _write(path, key.private_bytes(serialization.Encoding.PEM, form, encryption))
        return key
    _check_closed(path)
    return _read_key(path, passphrase)


def _read_key(path: Path, passphrase: bytes | None) -> ec.EllipticCurvePrivateKey:
    content = path.read_bytes()
    encrypted = b"ENCRYPTED" in content
    if encrypted and passphrase is None:
        raise ConfigurationError("authority_passphrase_missing", path=str(path))
    if passphrase is not None and not encrypted:
        raise ConfigurationError("authority_key_unprotected", path=str(path))
    try:
        key = serialization.load_pem_private_key(content, passphrase)
    except (ValueError, TypeError) as error:
        code = "authority_passphrase_wrong" if encrypted else "authority_key_unreadable"
        raise ConfigurationError(code, path=str(path)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != ec.SECP256R1.name:
        raise ConfigurationError("authority_key_unreadable", path=str(path))
    return key


def _read_or_make_certificate(
    path: Path, key: ec.EllipticCurvePrivateKey, name: str, now: datetime
) -> x509.Certificate:
    if not path.exists():
        made = _self_signed(key, name, now)
        _write(path, made.public_bytes(serialization.Encoding.PEM))
        return made
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise ConfigurationError("authority_certificate_unreadable", path=str(path)) from error
    if certificate.public_key() != key.public_key():
        raise ConfigurationError("authority_mismatch", path=str(path))
    return certificate


def _self_signed(key: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> x509.Certificate:
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    whole_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(whole_name)
        .issuer_name(whole_name)
        .public_key(key.public_key())
        .serial_number(int(new_serial(), 16))
        .not_valid_before(day - _BACKDATED)
        .not_valid_after(day + _LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(own, critical=False)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
