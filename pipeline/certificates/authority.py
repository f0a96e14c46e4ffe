"""The authority: its key and its self-signed certificate, made once and then kept."""

import os
import stat
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline import terms
from pipeline.certificates.names import CERTIFICATE_FILE, KEY_FILE, new_serial
from pipeline.durable import locked, make_folder, remove_drafts, remove_file, write_file
from pipeline.errors import ConfigurationError
from pipeline.private import read_private

RETIRED_FOLDER = "retired"
_NEXT_FOLDER = "next"
_LOCK_FILE = "authority.lock"

#: IANA's private-enterprise number for documentation (RFC 5612); a setting replaces it.
DEFAULT_ARC = "1.3.6.1.4.1.32473"

_LIFE = timedelta(days=7305)
#: A clock that was set back, or a story that starts in the past, still finds the authority valid.
_BACKDATED = timedelta(days=30)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def signature_algorithm() -> ec.ECDSA:
    """Return ECDSA with SHA-256 and deterministic nonces (RFC 6979)."""
    return ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class Authority:
    """The key that signs our certificates; it never leaves this object."""

    def __init__(
        self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, arc: str
    ) -> None:
        self._key = key
        self.certificate = certificate
        self.arc = arc

    def __repr__(self) -> str:
        return f"Authority(fingerprint={self.fingerprint!r})"

    @classmethod
    def make(
        cls,
        folder: Path,
        *,
        passphrase: bytes | None,
        name: str,
        arc: str = DEFAULT_ARC,
        now: datetime,
    ) -> "Authority":
        """Make an authority in ``folder`` under a lock, or finish making it; then return it.

        A key that is there is kept. The key is PKCS#8 in PEM, encrypted when ``passphrase`` is
        given (at least 16 octets). The certificate is valid from 30 days before ``now``'s day for
        20 years. Raises what :meth:`open` raises.
        """
        _check_arc(arc)
        _check_passphrase(passphrase)
        make_folder(folder)
        _check_folder(folder)
        with locked(folder / _LOCK_FILE):
            if not _there(folder / KEY_FILE):
                if _there(folder / CERTIFICATE_FILE):
                    raise _missing(folder / KEY_FILE)
                remove_drafts(folder / KEY_FILE)
                write_file(folder / KEY_FILE, _new_key(passphrase))
            key = _read_key(folder / KEY_FILE, passphrase)
            if not _there(folder / CERTIFICATE_FILE):
                made = _self_signed(key, name, now)
                remove_drafts(folder / CERTIFICATE_FILE)
                write_file(folder / CERTIFICATE_FILE, made.public_bytes(serialization.Encoding.PEM))
        return cls.open(folder, passphrase=passphrase, arc=arc)

    @classmethod
    def open(cls, folder: Path, *, passphrase: bytes | None, arc: str = DEFAULT_ARC) -> "Authority":
        """Return the authority in ``folder``; nothing is made.

        Raises ConfigurationError when a file is missing (``authority_missing``), when the folder or
        a file can be read by others or is a link, when the passphrase does not fit, or when the two
        files do not belong together.
        """
        _check_arc(arc)
        _check_passphrase(passphrase)
        for path in (folder, folder / KEY_FILE, folder / CERTIFICATE_FILE):
            if not _there(path):
                raise _missing(path)
        _check_folder(folder)
        present = _present(folder)
        key = _read_key(present / KEY_FILE, passphrase)
        certificate = _read_certificate(present / CERTIFICATE_FILE, key)
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
        its revocation list can still be signed. The new pair counts from the moment when it is
        whole in ``next/``; a crash before leaves the old one, a crash after it the new one.
        """
        old = cls.open(folder, passphrase=passphrase, arc=arc)
        kept, coming = folder / RETIRED_FOLDER / old.fingerprint, folder / _NEXT_FOLDER
        present = _present(folder)
        make_folder(kept)
        for file in (CERTIFICATE_FILE, KEY_FILE):
            write_file(kept / file, (present / file).read_bytes())
        cls._take_over(folder)
        make_folder(coming)
        # what a killed rotation left of its pair there is in place already, or never was whole
        remove_file(coming / KEY_FILE)
        cls.make(coming, passphrase=passphrase, name=name, arc=arc, now=now)
        cls._take_over(folder)
        return cls.open(folder, passphrase=passphrase, arc=arc)

    @staticmethod
    def _take_over(folder: Path) -> None:
        """Put the pair that is whole in ``next/`` into its place, if there is one."""
        coming = _present(folder)
        if coming == folder:
            return
        with locked(folder / _LOCK_FILE):
            for file in (KEY_FILE, CERTIFICATE_FILE):
                write_file(folder / file, (coming / file).read_bytes())
            # while the certificate is in ``next/`` the pair there is the one that counts
            for file in (CERTIFICATE_FILE, KEY_FILE):
                remove_file(coming / file)

    @property
    def certificate_pem(self) -> str:
        """The authority's own certificate in PEM (public)."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of the authority's certificate (DER) in hexadecimal."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def ends_at(self) -> datetime:
        """When the authority's own certificate expires."""
        return self.certificate.not_valid_after_utc

    @cached_property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half of the key."""
        return self._key.public_key()

    @cached_property
    def subject(self) -> x509.Name:
        """The name that its certificates have as their issuer."""
        return self.certificate.subject

    @cached_property
    def key_identifier(self) -> bytes:
        """The identifier of the public key (RFC 5280, section 4.2.1.2)."""
        return x509.SubjectKeyIdentifier.from_public_key(self.public_key).digest

    @cached_property
    def as_issuer(self) -> x509.AuthorityKeyIdentifier:
        """What its certificates name their issuer's key by (RFC 5280, section 4.2.1.1)."""
        own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)

    def sign(self, to_be_signed: bytes) -> bytes:
        """Return the signature of ``to_be_signed`` in DER; the same bytes give the same one."""
        return self._key.sign(to_be_signed, signature_algorithm())

    def sign_revocation_list(
        self, builder: x509.CertificateRevocationListBuilder
    ) -> x509.CertificateRevocationList:
        """Return the revocation list that ``builder`` describes, signed."""
        return builder.sign(self._key, hashes.SHA256(), ecdsa_deterministic=True)


def retired_certificates(folder: Path) -> str:
    """Return the certificates of all retired authorities in ``folder``, in PEM, by their names.

    Verification takes them together with the present one.
    """
    return "".join(_read_public(file) for file in _retired_files(folder, CERTIFICATE_FILE))


def trusted_certificates(folder: Path) -> str:
    """Return the present authority's certificate and those of retired ones, in PEM; no key is read.

    Empty when there is none.
    """
    present = _present(folder) / CERTIFICATE_FILE
    own = _read_public(present) if present.exists() else ""
    return own + retired_certificates(folder)


def retired_fingerprints(folder: Path) -> frozenset[str]:
    """Return the fingerprints of the retired authorities in ``folder``."""
    text = retired_certificates(folder)
    found = x509.load_pem_x509_certificates(text.encode("ascii")) if text else []
    return frozenset(one.fingerprint(hashes.SHA256()).hex() for one in found)


def retired_folders(folder: Path) -> list[Path]:
    """Return where the retired authorities lie whose keys are still there.

    Each can be opened as any other, to sign its revocation list. An operator may have removed a key
    that was exposed.
    """
    return [file.parent for file in _retired_files(folder, KEY_FILE)]


def _retired_files(folder: Path, name: str) -> list[Path]:
    """Return the files ``name`` of the retired pairs.

    A rotation that was killed has kept the pair that still signs: that one is not retired.
    """
    own = _present(folder) / CERTIFICATE_FILE
    present = _read_public(own) if own.exists() else ""
    found = sorted((folder / RETIRED_FOLDER).glob(f"*/{CERTIFICATE_FILE}"))
    retired = [file.parent / name for file in found if _read_public(file) != present]
    return [file for file in retired if file.exists()]


def _read_public(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("authority_certificate_unreadable", path=str(path)) from error


def _check_arc(arc: str) -> None:
    # Go and the linters refuse 2.25.<UUID>, and an integer beyond 64 bits breaks other readers.
    try:
        x509.ObjectIdentifier(arc)
    except ValueError as error:
        raise ConfigurationError("oid_arc_malformed", arc=arc) from error
    if arc == "2.25" or arc.startswith("2.25."):
        raise ConfigurationError("oid_arc_refused", arc=arc)


def _check_passphrase(passphrase: bytes | None) -> None:
    if passphrase is not None and len(passphrase) < terms.PASSPHRASE_BYTES:
        raise ConfigurationError("authority_passphrase_short", minimum=terms.PASSPHRASE_BYTES)


def _there(path: Path) -> bool:
    """Whether there is anything at ``path``, also a link that leads nowhere."""
    return os.path.lexists(path)


def _present(folder: Path) -> Path:
    """Return where the pair lies that counts: ``next/`` while it is whole there."""
    coming = folder / _NEXT_FOLDER
    whole = all((coming / file).exists() for file in (KEY_FILE, CERTIFICATE_FILE))
    return coming if whole else folder


def _missing(path: Path) -> ConfigurationError:
    return ConfigurationError("authority_missing", path=str(path))


def _check_folder(folder: Path) -> None:
    """Refuse a folder that others may use, that is a link to elsewhere, or is another user's."""
    mode = folder.lstat()
    if mode.st_mode & _OTHERS or stat.S_ISLNK(mode.st_mode) or mode.st_uid != os.geteuid():
        permissions = f"{stat.S_IMODE(mode.st_mode):04o}"
        raise ConfigurationError("authority_folder_open", path=str(folder), mode=permissions)


def _new_key(passphrase: bytes | None) -> bytes:
    """Return a new private key in PEM, encrypted when there is a passphrase."""
    encryption = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, encryption)


def _read_key(path: Path, passphrase: bytes | None) -> ec.EllipticCurvePrivateKey:
    content = read_private(path, links=False)
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


def _read_certificate(path: Path, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(read_private(path, links=False))
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
