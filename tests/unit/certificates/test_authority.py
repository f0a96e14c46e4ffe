import multiprocessing
import os
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pipeline.certificates import authority as room
from pipeline.certificates.authority import Authority, retired_certificates
from pipeline.certificates.names import new_serial
from pipeline.errors import ConfigurationError, PipelineError

OpenSsl = Callable[..., subprocess.CompletedProcess[str]]
SECRET = b"correct horse battery staple"


def _make(folder: Path, passphrase: bytes | None = None, **more: str) -> Authority:
    now = datetime(2026, 11, 24, 5, 30, 15, tzinfo=UTC)
    return Authority.make(folder, passphrase=passphrase, name="Requests", now=now, **more)


def _open(folder: Path, passphrase: bytes | None = None) -> Authority:
    return Authority.open(folder, passphrase=passphrase)


def _fingerprint(folder: Path) -> str:
    return _make(folder).fingerprint


def test_first_use_makes_key_and_certificate_that_nobody_else_can_read(folder: Path) -> None:
    _make(folder)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes == {"authority.key": 0o600, "authority.crt": 0o600, "authority.lock": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_second_use_finds_the_same_authority(folder: Path) -> None:
    assert _make(folder).certificate_pem == _open(folder).certificate_pem
    assert _make(folder).certificate_pem == _open(folder).certificate_pem


def test_eight_first_uses_at_once_make_one_authority(folder: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.map(_fingerprint, [folder] * 8)
    assert len(set(found)) == 1


def test_a_crash_between_key_and_certificate_is_repaired(folder: Path) -> None:
    first = _make(folder)
    (folder / "authority.crt").unlink()
    (folder / ".authority.key.1.abcd").write_bytes(b"half a fi")
    assert _make(folder).public_key == first.public_key


def test_opening_makes_nothing(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="authority_missing"):
        _open(folder)
    assert not folder.exists()
    _make(folder)
    before = sorted(folder.iterdir())
    _open(folder)
    assert sorted(folder.iterdir()) == before


def test_a_lost_certificate_is_not_silently_replaced(folder: Path) -> None:
    _make(folder)
    (folder / "authority.crt").unlink()
    with pytest.raises(ConfigurationError, match="authority_missing"):
        _open(folder)
    assert not (folder / "authority.crt").exists()


@pytest.mark.parametrize(
    ("name", "mode"), [("authority.key", 0o640), ("authority.key", 0o604), ("", 0o750)]
)
def test_a_key_or_folder_open_to_others_is_refused(folder: Path, name: str, mode: int) -> None:
    _make(folder)
    (folder / name).chmod(mode)
    with pytest.raises(ConfigurationError) as caught:
        _open(folder)
    code = "file_open_to_others" if name else "authority_folder_open"
    assert caught.value.code == code
    assert caught.value.params["mode"] == f"{mode:04o}"


def test_a_key_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    _make(folder)
    (folder / "authority.key").rename(tmp_path / "elsewhere")
    (folder / "authority.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="file_is_link"):
        _open(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_of_another_user_is_refused(folder: Path) -> None:
    _make(folder)
    os.chown(folder / "authority.key", 12345, 12345)
    with pytest.raises(ConfigurationError, match="file_of_another_user"):
        _open(folder)


def test_a_passphrase_encrypts_the_key(folder: Path) -> None:
    first = _make(folder, SECRET)
    assert b"ENCRYPTED PRIVATE KEY" in (folder / "authority.key").read_bytes()
    assert _open(folder, SECRET).fingerprint == first.fingerprint


@pytest.mark.parametrize(
    ("made_with", "opened_with", "code"),
    [
        (SECRET, None, "authority_passphrase_missing"),
        (SECRET, b"another passphrase", "authority_passphrase_wrong"),
        (None, SECRET, "authority_key_unprotected"),
        (None, b"short", "authority_passphrase_short"),
    ],
)
def test_a_passphrase_that_does_not_fit_is_refused(
    folder: Path, made_with: bytes | None, opened_with: bytes | None, code: str
) -> None:
    _make(folder, made_with)
    with pytest.raises(ConfigurationError) as caught:
        _open(folder, opened_with)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("arc", "code"),
    [
        ("2.25.329800735698586629295641978511506172918", "oid_arc_refused"),
        ("2.25", "oid_arc_refused"),
        ("whatever", "oid_arc_malformed"),
    ],
)
def test_an_arc_that_others_refuse_is_refused(folder: Path, arc: str, code: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _make(folder, arc=arc)
    assert caught.value.code == code


def test_key_and_certificate_of_two_authorities_are_refused(folder: Path, tmp_path: Path) -> None:
    _make(folder)
    _make(tmp_path / "other")
    (tmp_path / "other" / "authority.crt").replace(folder / "authority.crt")
    with pytest.raises(ConfigurationError, match="authority_mismatch"):
        _open(folder)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("authority.key", "authority_key_unreadable"),
        ("authority.crt", "authority_certificate_unreadable"),
    ],
)
def test_a_damaged_file_is_named_and_not_replaced(folder: Path, file: str, code: str) -> None:
    _make(folder)
    (folder / file).write_text("damaged")
    with pytest.raises(ConfigurationError) as caught:
        _open(folder)
    assert (caught.value.code, caught.value.params) == (code, {"path": str(folder / file)})
    assert (folder / file).read_text() == "damaged"


def test_a_lost_key_is_not_silently_replaced(folder: Path) -> None:
    _make(folder)
    (folder / "authority.key").unlink()
    with pytest.raises(ConfigurationError, match="authority_missing"):
        _open(folder)


def test_the_certificate_is_an_authority_for_nothing_but_our_certificates(
    authority: Authority, now: datetime
) -> None:
    certificate = authority.certificate
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert (constraints.critical, constraints.value.ca) == (True, True)
    assert constraints.value.path_length == 0
    assert (usage.critical, usage.value.key_cert_sign, usage.value.crl_sign) == (True, True, True)
    assert usage.value.digital_signature is False
    assert certificate.not_valid_before_utc == datetime(2026, 10, 25, tzinfo=UTC)
    assert certificate.not_valid_after_utc - now > timedelta(days=7300)


def test_openssl_accepts_the_certificate_strictly(
    authority: Authority, folder: Path, now: datetime, openssl: OpenSsl
) -> None:
    file = str(folder / "authority.crt")
    at = str(int(now.timestamp()))
    result = openssl("verify", "-x509_strict", "-attime", at, "-CAfile", file, file)
    assert (result.returncode, result.stdout) == (0, f"{file}: OK\n")


def test_the_same_bytes_give_the_same_signature(authority: Authority) -> None:
    assert authority.sign(b"bytes") == authority.sign(b"bytes")


def test_nothing_shown_of_an_authority_holds_its_key(authority: Authority) -> None:
    assert repr(authority) == f"Authority(fingerprint='{authority.fingerprint}')"


def test_serial_numbers_have_eighteen_octets_and_begin_with_one() -> None:
    serials = {new_serial() for _ in range(500)}
    assert {(len(bytes.fromhex(serial)), serial[:2]) for serial in serials} == {(18, "01")}
    assert len(serials) == 500


def test_rotation_keeps_the_old_pair_and_makes_a_new_one(folder: Path, now: datetime) -> None:
    old = _make(folder)
    new = Authority.rotate(folder, passphrase=None, name="Requests", now=now)
    assert new.public_key != old.public_key
    assert retired_certificates(folder) == old.certificate_pem
    assert _open(folder).fingerprint == new.fingerprint
    kept = folder / room.RETIRED_FOLDER / old.fingerprint
    assert _open(kept).fingerprint == old.fingerprint


def test_an_error_never_holds_the_passphrase(folder: Path) -> None:
    _make(folder, SECRET)
    with pytest.raises(PipelineError) as caught:
        _open(folder, b"another passphrase")
    assert b"another" not in repr(caught.value).encode()


class _PowerCut(BaseException):
    """Ends the programme at once, as a power cut does: no handler of ours catches it."""


def _cut_at(monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    """Cut the power just before a file gets its name for the time number ``moment``."""
    real, calls = Path.replace, iter(range(100))

    def replace(self: Path, target: Path) -> Path:
        if next(calls) == moment:
            raise _PowerCut
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)


@pytest.mark.parametrize("moment", [0, 1])
def test_a_power_cut_while_it_is_made_leaves_one_authority(
    folder: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    _cut_at(monkeypatch, moment)
    with pytest.raises(_PowerCut):
        _make(folder)
    monkeypatch.undo()
    assert _make(folder).fingerprint == _open(folder).fingerprint
    assert sorted(file.name for file in folder.iterdir()) == [
        "authority.crt",
        "authority.key",
        "authority.lock",
    ]


@pytest.mark.parametrize("moment", range(6))
def test_a_power_cut_while_it_is_rotated_loses_no_key(
    folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    old = _make(folder)
    _cut_at(monkeypatch, moment)
    with pytest.raises(_PowerCut):
        Authority.rotate(folder, passphrase=None, name="Requests", now=now)
    monkeypatch.undo()
    present = _open(folder)
    kept = x509.load_pem_x509_certificates(
        (present.certificate_pem + retired_certificates(folder)).encode()
    )
    assert old.public_key in [certificate.public_key() for certificate in kept]
    assert _open(folder).fingerprint == present.fingerprint


def test_a_kill_between_the_last_files_of_a_rotation_hands_no_old_key_to_the_next_one(
    folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make(folder)

    def removed(path: Path) -> None:
        path.unlink(missing_ok=True)
        if path.name == "authority.crt":
            raise _PowerCut

    with monkeypatch.context() as patched:
        patched.setattr(room, "remove_file", removed)
        with pytest.raises(_PowerCut):
            Authority.rotate(folder, passphrase=None, name="Requests", now=now)
    exposed = _open(folder)
    made = Authority.rotate(folder, passphrase=None, name="Requests", now=now)
    assert made.public_key != exposed.public_key


@pytest.mark.parametrize("moment", range(4))
def test_a_kill_while_it_is_rotated_retires_nothing_that_still_signs(
    folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    old = _make(folder)
    _cut_at(monkeypatch, moment)
    with pytest.raises(_PowerCut):
        Authority.rotate(folder, passphrase=None, name="Requests", now=now)
    monkeypatch.undo()
    assert _open(folder).fingerprint == old.fingerprint
    assert room.retired_fingerprints(folder) == frozenset()
    assert room.retired_folders(folder) == []
    assert room.trusted_certificates(folder) == old.certificate_pem


def test_openssl_opens_the_encrypted_key(folder: Path, openssl: OpenSsl) -> None:
    _make(folder, SECRET)
    result = openssl(
        *("pkey", "-in", str(folder / "authority.key"), "-noout", "-text"),
        *("-passin", f"pass:{SECRET.decode()}"),
    )
    assert (result.returncode, "prime256v1" in result.stdout) == (0, True)
