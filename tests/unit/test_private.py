"""Key and secret files: who may own them, who may read them, and what has to be in them."""

import os
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.private import check_private, read_private

_ANOTHER_USER = 54321


def _file(folder: Path, content: bytes = b"secret\n", mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def _code(path: Path, *, links: bool = True) -> str:
    with pytest.raises(ConfigurationError) as raised:
        check_private(path, links=links)
    return raised.value.code


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_of_ours_alone_is_read(tmp_path: Path, mode: int) -> None:
    assert read_private(_file(tmp_path, mode=mode), links=False) == b"secret\n"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644, 0o777])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    assert _code(_file(tmp_path, mode=mode)) == "file_open_to_others"


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\t", b"\0" * 32, b"\0\0\n"])
def test_a_file_without_content_is_refused(tmp_path: Path, content: bytes) -> None:
    assert _code(_file(tmp_path, content)) == "file_empty_or_zeros"


def test_a_file_that_is_too_long_is_refused_and_not_cut(tmp_path: Path) -> None:
    assert len(read_private(_file(tmp_path, b"x" * 1_000_000), links=False)) == 1_000_000
    assert _code(_file(tmp_path, b"x" * 1_000_001)) == "file_too_long"


def test_a_key_with_some_zeros_is_a_key(tmp_path: Path) -> None:
    assert read_private(_file(tmp_path, b"\0\1\0\2"), links=False) == b"\0\1\0\2"


def test_a_link_is_followed_only_where_links_are_allowed(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(_file(tmp_path))
    assert read_private(link, links=True) == b"secret\n"
    assert _code(link, links=False) == "file_is_link"


def test_the_target_of_a_link_is_what_is_checked(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(_file(tmp_path, mode=0o644))
    assert _code(link) == "file_open_to_others"


def test_folders_and_pipes_are_no_secrets(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    assert _code(pipe) == "file_not_regular"
    assert _code(tmp_path) == "file_not_regular"


def test_a_missing_file_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_private(tmp_path / "nosuch", links=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path)
    os.chown(path, _ANOTHER_USER, -1)
    assert _code(path) == "file_of_another_user"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root owns files of root")
def test_root_may_share_a_file_with_a_group_where_that_is_allowed(tmp_path: Path) -> None:
    path = _file(tmp_path, mode=0o640)
    assert read_private(path, links=True, root_may_share=True) == b"secret\n"
    path.chmod(0o660)
    with pytest.raises(ConfigurationError, match="file_open_to_others"):
        check_private(path, links=True, root_may_share=True)
