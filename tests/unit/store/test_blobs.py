import hashlib
from pathlib import Path

import pytest

from pipeline.errors import NotFoundError, PipelineError, TryLaterError
from pipeline.store import Blobs


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "state" / "blobs")


def test_blob_comes_back_under_its_hash(blobs: Blobs) -> None:
    name = blobs.put(b"mail")
    assert name == hashlib.sha256(b"mail").hexdigest()
    assert blobs.get(name) == b"mail"
    assert blobs.path(name).stat().st_mode & 0o777 == 0o600


def test_same_bytes_are_kept_once(blobs: Blobs) -> None:
    names = blobs.put_many([b"a", b"b", b"a"])
    blobs.put(b"b")
    assert sorted(set(names)) == list(blobs.names())
    files = [path for path in blobs.folder.rglob("*") if path.is_file()]
    assert len(files) == 2


def test_empty_folder_has_no_names(blobs: Blobs) -> None:
    assert list(blobs.names()) == []


def test_missing_blob_is_not_found(blobs: Blobs) -> None:
    with pytest.raises(NotFoundError) as missing:
        blobs.get("0" * 64)
    assert missing.value.code == "blob_missing"
    assert not blobs.exists("0" * 64)
    assert not blobs.delete("0" * 64)


def test_damaged_blob_is_noticed_and_put_right(blobs: Blobs) -> None:
    name = blobs.put(b"mail")
    blobs.path(name).write_bytes(b"mal")
    with pytest.raises(PipelineError) as damaged:
        blobs.get(name)
    assert damaged.value.code == "blob_damaged"
    blobs.put(b"mail")
    assert blobs.get(name) == b"mail"


def test_deleted_blob_is_gone(blobs: Blobs) -> None:
    name = blobs.put(b"mail")
    assert blobs.delete(name)
    assert not blobs.exists(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_name_that_is_no_hash_is_refused(blobs: Blobs, name: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal"):
        blobs.get(name)


def test_failed_write_leaves_no_file(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(TryLaterError, match=r"storage_unwritable.*No space"):
        blobs.put(b"mail")
    assert [path for path in blobs.folder.rglob("*") if path.is_file()] == []


def test_damaged_blob_of_the_right_size_is_replaced_by_the_good_bytes(blobs: Blobs) -> None:
    name = blobs.put(b"good mail")
    blobs.path(name).write_bytes(b"bad! mail")
    with pytest.raises(PipelineError) as damaged:
        blobs.get(name)
    assert damaged.value.code == "blob_damaged"
    assert blobs.put(b"good mail") == name
    assert blobs.get(name) == b"good mail"
    assert [path.name for path in blobs.folder.rglob("*") if path.is_file()] == [name]
