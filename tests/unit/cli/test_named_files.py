"""Files that are named on the command line: regular ones of a sane size, the others are told of."""

import os
import socket
from pathlib import Path

import pytest

from pipeline.cli.files import read_named
from pipeline.errors import UsageError

from .conftest import Call

READERS = (
    ("form", "check"),
    ("number", "import"),
    ("mail", "inject"),
    ("certificate", "verify"),
    ("certificate", "issue", "WA-0000-0000", "--file"),
    ("form", "build", "--prefill"),
)


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_what_is_no_regular_file_is_refused_at_once(
    fresh_pipeline: Call, tmp_path: Path, command: tuple[str, ...]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        called = fresh_pipeline(*command, str(path))
        assert called.code == 2, path
        assert called.err.startswith(f"{path} is no regular file")
        assert called.out == ""


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_missing_file_is_not_found(
    fresh_pipeline: Call, tmp_path: Path, command: tuple[str, ...]
) -> None:
    for path in (tmp_path / "missing", Path("-")):
        called = fresh_pipeline(*command, str(path))
        assert called.code == 5
        assert called.err.startswith(f"There is no such file: {path}")


def test_too_big_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(1_000_000)
    assert len(read_named(path, 1)) == 1_000_000
    with path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(UsageError) as caught:
        read_named(path, 1)
    assert (caught.value.code, caught.value.params["limit"]) == ("path_too_big", 1)


def test_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(UsageError) as caught:
            read_named(Path("socket"))
    assert caught.value.code == "path_not_regular"
