"""Chromium: its own PDF viewer, in which a person clicks, types, chooses, ticks and saves."""

import base64
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.model.form import FileFormat
from tests.programs.boxes import Box, boxes, chosen_box
from tests.programs.job import Entry, Job

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Playwright switches off what the viewer is made of.
_NOT_PLAYWRIGHTS = (
    "--disable-extensions",
    "--disable-component-extensions-with-background-pages",
)
_ZOOM = 50  # per cent: the fewer pixels, the faster
_PIXELS_PER_POINT = 96 / 72 * _ZOOM / 100
_WIDTH = 600
_PAGE_AND_GAP = 580  # pixels of an A4 page at this zoom
_TOOLBAR = 120
_PATIENCE = 20_000  # milliseconds
_BETWEEN_CLICKS = 200
_VIEWER = "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/"
_IS_LOADED = """() => {
  const viewer = document.querySelector("pdf-viewer");
  return Boolean(viewer && viewer.viewport_ && viewer.loadState_ === "success");
}"""
_HAS_FOCUS = '() => document.querySelector("pdf-viewer").formFieldFocus_ !== "none"'
_PAGES = """count => {
  const viewer = document.querySelector("pdf-viewer");
  const plugin = viewer.shadowRoot.querySelector("embed").getBoundingClientRect();
  return Array.from({ length: count }, (_, index) => {
    const page = viewer.viewport.getPageScreenRect(index);
    return [plugin.x + page.x, plugin.y + page.y];
  });
}"""
#: There is no window in which to say where to save: the file chosen is a piece of memory.
_TAKE_SAVED_FILE = """() => {
  window.savedFile = "";
  const reader = new FileReader();
  reader.onload = () => { window.savedFile = reader.result.split(",")[1]; };
  const writer = { write: blob => reader.readAsDataURL(blob) };
  const file = { createWriter: ready => ready(writer) };
  chrome.fileSystem.chooseEntry = (_, chosen) => chosen(file);
}"""


class Chromium:
    """The viewer of Chromium, one page for each form in one start.

    With ``keyboard_only`` the pointer is used once, to get into the first box; from there the Tab
    key leads from answer to answer, and the space bar ticks.
    """

    name = "Chromium"
    file_format = FileFormat.PDF

    def __init__(self, *, keyboard_only: bool = False) -> None:
        self._keyboard_only = keyboard_only

    def missing(self) -> str:
        if shutil.which("chromium") is None:
            return "chromium"
        return "" if find_spec("playwright") else "playwright"

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - slow to import

        try:
            with sync_playwright() as playwright, _served(jobs) as addresses:
                browser = playwright.chromium.launch_persistent_context(
                    folder / "profile",
                    executable_path=shutil.which("chromium"),
                    headless=False,  # the flag below means the new headless mode, with the viewer
                    args=_FLAGS,
                    ignore_default_args=list(_NOT_PLAYWRIGHTS),
                )
                try:
                    for job, address in zip(jobs, addresses, strict=True):
                        page = browser.new_page()
                        _fill(page, job, address, keyboard_only=self._keyboard_only)
                        page.close()
                finally:
                    browser.close()
        except Error as error:
            raise RuntimeError(f"Chromium: {error}") from error


class _Quiet(SimpleHTTPRequestHandler):
    """A web server that logs nothing."""

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@contextmanager
def _served(jobs: Sequence[Job]) -> Iterator[tuple[str, ...]]:
    """Serve the blanks on a loopback port; yield their addresses in the order of ``jobs``."""
    root = Path(os.path.commonpath([job.blank.parent for job in jobs]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=root))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        base = f"http://127.0.0.1:{server.server_address[1]}"
        yield tuple(f"{base}/{job.blank.relative_to(root).as_posix()}" for job in jobs)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _fill(page: Any, job: Job, address: str, *, keyboard_only: bool) -> None:
    """Open the blank in a window that shows it whole, fill it and save it with the changes."""
    places = boxes(job.blank)
    count = 1 + max(box.page for found in places.values() for box in found)
    page.set_viewport_size({"width": _WIDTH, "height": _TOOLBAR + _PAGE_AND_GAP * count})
    page.goto(f"{address}#zoom={_ZOOM}&navpanes=0")
    viewer = _viewer(page)
    corners = viewer.evaluate(_PAGES, count)
    steps = [(entry, chosen_box(places[entry.field], entry)) for entry in job.entries]
    steps.sort(key=lambda step: (step[1].page, step[1].index))
    for index, (entry, box) in enumerate(steps):
        left, top = corners[box.page]
        x, y = left + box.x * _PIXELS_PER_POINT, top + box.y * _PIXELS_PER_POINT
        if index and keyboard_only:
            page.keyboard.press("Tab")
        else:
            page.mouse.click(x, y)
        if index == 0:
            _wait_for_focus(page, viewer, x, y)
        _enter(page, entry, box)
        if keyboard_only and entry.way not in {"text", "list"}:
            _press_space(page)
    page.keyboard.press("Tab")
    job.target.write_bytes(_saved(viewer))


def _viewer(page: Any) -> Any:
    """Return the frame of the viewer in ``page`` once it shows the file."""
    for _ in range(_PATIENCE // 50):
        found = next((one for one in page.frames if one.url.startswith(_VIEWER)), None)
        if found is not None:
            found.wait_for_function(_IS_LOADED, timeout=_PATIENCE)
            return found
        page.wait_for_timeout(50)
    raise RuntimeError("Chromium did not open its PDF viewer")


def _wait_for_focus(page: Any, viewer: Any, x: float, y: float) -> None:
    """Click until the viewer, which has just shown the file, takes the box for clicked."""
    for _ in range(_PATIENCE // _BETWEEN_CLICKS):
        page.wait_for_timeout(_BETWEEN_CLICKS)
        if viewer.evaluate(_HAS_FOCUS):
            return
        page.mouse.click(x, y)
    raise RuntimeError("Chromium's PDF viewer takes no clicks")


def _enter(page: Any, entry: Entry, box: Box) -> None:
    """Give the answer of the box that was just clicked (which is how a tick is given)."""
    if entry.way == "text":
        for index, line in enumerate(entry.text.split("\n")):
            if index:
                page.keyboard.press("Enter")
            page.keyboard.insert_text(line)
    elif entry.way == "list":
        # nothing is chosen at first: the first press leads to the first of the list
        for _ in range(box.codes.index(entry.code) + 1):
            page.keyboard.press("ArrowDown")


def _press_space(page: Any) -> None:
    """Send the character of the space bar; the key itself is taken without ticking the box."""
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchKeyEvent", {"type": "char", "text": " "})
    session.detach()


def _saved(viewer: Any) -> bytes:
    """Press the button of the tool bar and choose "With your changes"; return the file."""
    viewer.evaluate(_TAKE_SAVED_FILE)
    viewer.locator("#downloads #save").click()
    viewer.locator("#downloads #save-edited").click()
    viewer.wait_for_function("() => window.savedFile", timeout=_PATIENCE)
    return base64.b64decode(viewer.evaluate("() => window.savedFile"))
