"""The download page in a browser, without JavaScript, and before a validator and axe."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.resources import languages, root
from tests.programs.running import NODE_MODULES, VNU, missing_package

_PAGES = [*languages(), "index"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium."""
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Serve the published pages on loopback; return their address."""
    handler = partial(_Quiet, directory=root() / "forms")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files and writes no log."""

    def log_message(self, *_: object) -> None:
        pass


def test_axe_finds_nothing_and_nothing_stands_outside(browser: Any, site: str) -> None:
    if missing_package("axe-core"):
        pytest.skip("axe-core is not installed")
    axe = (NODE_MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    faults = []
    for scheme in ("light", "dark"):
        for width in (320, 1280):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            for name in _PAGES:
                page.goto(f"{site}/{name}.html")
                page.evaluate(axe)
                found = page.evaluate("async () => (await axe.run()).violations")
                faults += [f"{name} {scheme} {width}: {one['id']}" for one in found]
                wide = page.evaluate("document.documentElement.scrollWidth")
                faults += [f"{name} {scheme}: {wide} pixels wide"] if wide > width else []
            page.close()
    assert faults == []


def test_a_validator_finds_no_fault() -> None:
    if shutil.which("java") is None or not VNU.is_file():
        pytest.skip("java or vnu-jar is not installed")
    pages = [root() / "forms" / f"{name}.html" for name in _PAGES]
    done = subprocess.run(
        ["java", "-jar", VNU, "--format", "json", "--exit-zero-always", *pages],
        capture_output=True,
        check=True,
        timeout=120,
    )
    told = json.loads(done.stderr)["messages"]
    assert [one["message"] for one in told if one["type"] == "error"] == []


@pytest.mark.parametrize("language", languages())
def test_two_answers_lead_to_a_form_without_javascript(
    browser: Any, site: str, tmp_path: Path, language: str
) -> None:
    context = browser.new_context(java_script_enabled=False, accept_downloads=True)
    page = context.new_page()
    page.goto(f"{site}/index.html")
    page.click(f"a[href='{language}.html']")
    page.click("#which .questions > li:first-child a >> nth=0")
    assert page.url.endswith(f"/{language}.html#second")
    page.click("#second a >> nth=2")
    assert page.url.endswith("#migration")
    with page.expect_download() as under_way:
        page.click("#migration a[href$='.pdf']")
    name = under_way.value.suggested_filename
    under_way.value.save_as(tmp_path / name)
    published = root() / "forms" / f"migration_{language}.pdf"
    assert (tmp_path / name).read_bytes() == published.read_bytes()
    context.close()
