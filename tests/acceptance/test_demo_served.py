"""``pipeline demo --serve``: a visitor logs in with what it prints, and Ctrl-C ends it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

_ROOT = Path(__file__).parents[2]
_TOLD = re.compile(r"at (http://127\.0\.0\.1:\d+) .* as (\w+) with the password (\S+)")
_SECONDS = 60


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the demo without a terminal."""
    code = "from pipeline.cli import main; main()"
    command = [sys.executable, "-c", code, "demo", "--dir", str(tmp_path / "story"), "--serve"]
    environment = {**os.environ, "PIPELINE_LANG": "en"}
    with subprocess.Popen(
        command,
        cwd=_ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def test_a_visitor_sees_the_console_with_what_is_printed(
    demo: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert demo.stdout is not None
    told = next(found for line in demo.stdout if (found := _TOLD.search(line)))
    address, name, password = told.groups()
    with httpx.Client(
        base_url=address, headers={"origin": address}, follow_redirects=True, timeout=_SECONDS
    ) as browser:
        refused = browser.post("/login", data={"name": name, "password": password + "x"})
        assert refused.status_code == 401
        page = browser.post("/login", data={"name": name, "password": password})
        assert page.url.path == "/q/needs-me"
        assert "WA-" in page.text
        assert browser.get("/admin").status_code == 200
    kept = [path for path in (tmp_path / "story").rglob("*") if path.is_file()]
    assert [path for path in kept if password.encode() in path.read_bytes()] == []
    demo.send_signal(signal.SIGINT)
    assert demo.wait(_SECONDS) == 0
