"""The scanner's answers, from a real socket: clean, found, refused, gone."""

import socket
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, TryLaterError
from pipeline.mailbox.scanner import InfectedError, Scanner
from tests.servers.clamd import EICAR, running_clamd


@pytest.mark.parametrize("by_file", [True, False], ids=["unix", "tcp"])
def test_scanner_tells_clean_from_found(tmp_path: Path, by_file: bool) -> None:
    content = b"x" * 300_000
    with running_clamd(tmp_path / "clamd.ctl" if by_file else None) as clamd:
        scanner = Scanner(clamd.address)
        scanner.scan(content)
        scanner.scan(b"")
        assert clamd.scanned == [content, b""]
        assert scanner.check().startswith("ClamAV")
        with pytest.raises(InfectedError) as caught:
            scanner.scan(b"mail\r\n\r\n" + EICAR)
        assert caught.value.name == "Eicar-Test-Signature"


def test_scanner_that_takes_no_such_size_is_a_fault_of_its_settings() -> None:
    with running_clamd(limit=1000) as clamd, pytest.raises(ConfigurationError) as caught:
        Scanner(clamd.address).scan(b"x" * 5_000_000)
    assert caught.value.code == "scanner_refused"


@pytest.mark.parametrize("kind", ["closed port", "no file", "says nothing", "hangs"])
def test_scanner_that_is_down_is_tried_later(tmp_path: Path, kind: str) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
        if kind == "no file":
            address = f"unix:{tmp_path / 'none.ctl'}"
        elif kind != "closed port":
            held.listen()
        if kind == "says nothing":
            held.close()
        with pytest.raises(TryLaterError) as caught:
            Scanner(address, seconds=0.2).scan(b"x")
    assert caught.value.code == "scanner_unreachable"


@pytest.mark.parametrize("address", ["clamd", "tcp:", "unix:clamd.ctl", "http://a/", "a:b:c"])
def test_scanner_address_that_names_none_is_told(address: str) -> None:
    with pytest.raises(ConfigurationError, match="scanner_address"):
        Scanner(address)


def test_scanner_name_of_a_find_is_plain_text() -> None:
    assert InfectedError("a\nb <script>" + "x" * 200).name == "a_b__script_" + "x" * 88
