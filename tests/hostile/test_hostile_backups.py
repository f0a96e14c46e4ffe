"""A backup that a stranger made: whole by its digest, and refused before anything is written."""

import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.clock import SettableClock
from pipeline.errors import PipelineError
from pipeline.flow.upkeep.backup import archive
from pipeline.flow.upkeep.backup.archive import Archive, Manifest
from pipeline.flow.upkeep.backup.restore import restore

_CLOCK = SettableClock(datetime(2026, 11, 23, tzinfo=UTC))
_NOTHING = zlib.compress(b"")


def _entry(name: str, content: bytes, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.type, entry.linkname = len(content), 0o600, kind, link
    return entry.tobuf(tarfile.GNU_FORMAT) + content + b"\0" * (-len(content) % 512)


def _manifest(**changed: object) -> bytes:
    values: dict[str, object] = {
        "format": archive.FORMAT,
        "made_at": "2026-11-23T00:00:00+00:00",
        "program": "1",
        "mailbox_id": "main",
        "engine": "sqlite",
        "revision": "0001",
        "sizes": {archive.DATABASE: 0, archive.BLOBS: 0, archive.SETTINGS: 0},
        "blobs": 0,
        "blob_bytes": 0,
        "missing": 0,
    }
    return json.dumps(values | changed).encode()


def _sealed(*entries: bytes) -> bytes:
    """Return a file with a right digest over whatever is in it."""
    body = b"".join(entries)
    digest = hashlib.sha256(body).hexdigest().encode()
    return body + _entry("sha256", digest) + b"\0" * 1024


def _with(manifest: bytes, **members: bytes) -> bytes:
    content = {
        archive.MANIFEST: manifest,
        archive.DATABASE: members.get("database", _NOTHING),
        archive.BLOBS: members.get("blobs", _NOTHING),
        archive.SETTINGS: members.get("settings", b""),
    }
    return _sealed(*(_entry(name, data) for name, data in content.items()))


def _first(entry: bytes) -> bytes:
    return _sealed(entry, _entry(archive.DATABASE, _NOTHING))


def _sizes(**sizes: int) -> dict[str, int]:
    usual = {archive.DATABASE: 0, archive.BLOBS: 0, archive.SETTINGS: 0}
    return usual | {f"{name}.z": size for name, size in sizes.items()}


_BOMB = zlib.compress(b"\0" * 50_000_000, 9)
_UP = b"../" * 20 + b"x" * 4 + b" 4\n"
FILES: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "no tar": lambda: _sealed(b"x" * 512),
    "name that leads up": lambda: _first(_entry("../../manifest.json", _manifest())),
    "absolute name": lambda: _first(_entry("/manifest.json", _manifest())),
    "symbolic link": lambda: _first(_entry("manifest.json", b"", tarfile.SYMTYPE, "/etc/passwd")),
    "hard link": lambda: _first(_entry("manifest.json", b"", tarfile.LNKTYPE, "/etc/passwd")),
    "device": lambda: _first(_entry("manifest.json", b"", tarfile.CHRTYPE)),
    "folder": lambda: _first(_entry("manifest.json", b"", tarfile.DIRTYPE)),
    "sparse file": lambda: _first(_entry("manifest.json", b"", tarfile.GNUTYPE_SPARSE)),
    "stranger among ours": lambda: _sealed(
        _entry(archive.MANIFEST, _manifest()), _entry(".bashrc", b"evil")
    ),
    "twice": lambda: _sealed(*[_entry(archive.MANIFEST, _manifest())] * 2),
    "too little": lambda: _sealed(_entry(archive.MANIFEST, _manifest())),
    "length beyond the end": lambda: _first(_entry("manifest.json", b"x" * 512)[:512]),
    "manifest without end": lambda: _with(_manifest(program="x" * 100_000)),
    "manifest of lists": lambda: _with(b"[" * 10_000 + b"]" * 10_000),
    "manifest of numbers": lambda: _with(_manifest(blobs="9")),
    "manifest without an instant": lambda: _with(_manifest(made_at="yesterday")),
    "manifest of another kind": lambda: _with(_manifest(format="pipeline/backup/9")),
    "bomb that hides its size": lambda: _with(_manifest(), database=_BOMB),
    "bomb of blobs": lambda: _with(_manifest(), blobs=_BOMB),
    "bomb that names a huge size": lambda: _with(
        _manifest(sizes=_sizes(database=1 << 62)), database=_BOMB
    ),
    "blob that leads up": lambda: _with(
        _manifest(sizes=_sizes(blobs=len(_UP)), blobs=1, blob_bytes=4), blobs=zlib.compress(_UP)
    ),
    "blobs without line ends": lambda: _with(
        _manifest(sizes=_sizes(blobs=50_000_000)), blobs=_BOMB
    ),
    "more behind the packed bytes": lambda: _with(_manifest(), database=_NOTHING + b"more"),
    "database that is none": lambda: _with(
        _manifest(sizes=_sizes(database=5000)), database=zlib.compress(b"x" * 5000)
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_strangers_backup_is_refused_and_leaves_nothing_that_works(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "requests-20261123T000000Z.backup"
    path.write_bytes(FILES[name]())
    home = tmp_path / "home"
    with pytest.raises(PipelineError) as raised:
        restore(path, home, _CLOCK)
    assert raised.value.code.startswith(("backup_", "restore_", "database_"))
    assert {each.name for each in tmp_path.iterdir()} <= {"in", "home"}
    if home.exists() and any(home.iterdir()):
        assert (home / "restore-unfinished").exists()
        assert sum(each.stat().st_size for each in home.rglob("*")) < 2_000_000


def test_imitation_is_refused_for_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "requests-20261123T000000Z.backup"
    path.write_bytes(_with(_manifest()))
    found: Manifest = Archive(path).manifest
    assert found.mailbox_id == "main"
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as seen:
        assert seen.getnames()[0] == archive.MANIFEST
