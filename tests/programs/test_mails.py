"""Our mails before other programs' eyes: a spam filter, a validator, a reader, axe.

The ordinary suite shows them some of the mails, the long one shows all.
"""

import email
import email.policy
import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from pipeline.notifications.preview.samples import Sample, samples
from tests.programs.finished_mails import LANGUAGES, finished, one_of_each, written
from tests.programs.running import NODE_MODULES, VNU, call_node, missing_package

HERE = Path(__file__).parent
_MOST_POINTS = 0.5
_SCORE = re.compile(
    r"(?m)^X-Spam-Status: \w+, score=(-?[\d.]+)[^\n]*((?:\n[ \t][^\n]*)*)"
    r"(?:\n(?!X-Notice-Template)[^\n]+)*\nX-Notice-Template: (\S+)"
)
#: A mail program knows CSS that the validator's list does not (mso-…), and attributes that only
#: Outlook needs; a table of facts has no header of its columns.
_KNOWN = re.compile(
    r"^CSS: |attribute on the .(?:table|td|th). element is obsolete|“mso-|property|supported-color"
)
#: Impacts of axe that a mail must not have.
_SERIOUS = frozenset({"serious", "critical"})

#: The text of what reaches over the edge of the column, which is 600 pixels wide at most.
_OUTSIDE = """() => {
  const column = document.querySelector("table table").getBoundingClientRect();
  const edge = Math.min(column.right, column.left + 600, document.documentElement.clientWidth);
  return [...document.querySelectorAll("table table, table table *")]
    .filter((element) => element.getBoundingClientRect().right > edge + 1)
    .map((element) => element.textContent.trim().slice(0, 40));
}"""


def all_of_each() -> tuple[Sample, ...]:
    return tuple(chain.from_iterable(one_of_each(language) for language in LANGUAGES))


def every_case() -> tuple[Sample, ...]:
    return tuple(chain.from_iterable(samples(language) for language in LANGUAGES))


def some() -> tuple[Sample, ...]:
    """Return every 17th mail, so that each language and most notices are among them."""
    return all_of_each()[::17]


def _scores(paths: tuple[Path, ...]) -> dict[str, tuple[float, str]]:
    """Return the points of each mail, and by which tests; local tests only."""
    box = b"".join(b"From lint@localhost Tue Nov 24 06:40:00 2026\n" + _lines(p) for p in paths)
    done = subprocess.run(
        ["spamassassin", "-L", "--mbox", "--cf=required_score 50", "--cf=report_safe 0"],
        input=box,
        capture_output=True,
        check=True,
        timeout=540,
    )
    # the mails come back in another order
    found = _SCORE.findall(done.stdout.decode("utf-8", "replace"))
    assert len(found) == len(paths)
    return {template: (float(points), tests) for points, tests, template in found}


def _lines(path: Path) -> bytes:
    return path.read_bytes().replace(b"\r\n", b"\n") + b"\n\n"


def _assert_no_spam(chosen: tuple[Sample, ...], folder: Path) -> None:
    if shutil.which("spamassassin") is None:
        pytest.skip("spamassassin is not installed")
    scores = _scores(written(iter(chosen), folder))
    assert {name: found for name, found in scores.items() if found[0] > _MOST_POINTS} == {}


def test_a_spam_filter_finds_nothing_in_some(tmp_path: Path) -> None:
    _assert_no_spam(some(), tmp_path)


@pytest.mark.long
def test_a_spam_filter_finds_nothing_in_any(tmp_path: Path) -> None:
    _assert_no_spam(all_of_each(), tmp_path)


def _pages(chosen: tuple[Sample, ...], folder: Path) -> tuple[Path, ...]:
    paths = []
    for sample in chosen:
        path = folder / f"{sample.name}.{sample.language}.html"
        path.write_text(sample.compose().html, encoding="utf-8")
        paths.append(path)
    return tuple(paths)


def _assert_valid(chosen: tuple[Sample, ...], folder: Path) -> None:
    if shutil.which("java") is None or not VNU.is_file():
        pytest.skip("java or vnu-jar is not installed")
    pages = _pages(chosen, folder)
    done = subprocess.run(
        ["java", "-jar", VNU, "--format", "json", "--exit-zero-always", *pages],
        capture_output=True,
        check=True,
        timeout=300,
    )
    told = json.loads(done.stderr)["messages"]
    faults = {
        f"{Path(one['url']).stem}: {one['message']}"
        for one in told
        if one["type"] == "error" and not _KNOWN.search(one["message"])
    }
    assert sorted(faults) == []


def test_a_validator_finds_no_fault_in_the_pages(tmp_path: Path) -> None:
    _assert_valid(all_of_each(), tmp_path)


@pytest.mark.long
def test_a_validator_finds_no_fault_in_any_page(tmp_path: Path) -> None:
    _assert_valid(every_case(), tmp_path)


def _assert_accessible(chosen: tuple[Sample, ...], folder: Path) -> None:
    if shutil.which("chromium") is None or missing_package("axe-core"):
        pytest.skip("chromium or axe-core is not installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    axe = (NODE_MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    faults = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 320, "height": 900}, color_scheme=scheme)
            for path in _pages(chosen, folder):
                page.goto(path.as_uri())
                # axe takes the page for white where it has no colour of its own
                page.add_style_tag(content="html{background:Canvas}")
                page.evaluate(axe)
                found = page.evaluate("async () => (await axe.run()).violations")
                faults += [
                    f"{path.stem} {scheme}: {one['id']}"
                    for one in found
                    if one["impact"] in _SERIOUS
                ]
                wide = page.evaluate("document.documentElement.scrollWidth")
                faults += [f"{path.stem} {scheme}: {wide} pixels wide"] if wide > 320 else []
        browser.close()
    assert faults == []


def test_axe_finds_nothing_serious_in_some_at_320_pixels(tmp_path: Path) -> None:
    _assert_accessible(some(), tmp_path)


@pytest.mark.long
def test_axe_finds_nothing_serious_in_any_at_320_pixels(tmp_path: Path) -> None:
    _assert_accessible(all_of_each(), tmp_path)


def _assert_fits(chosen: tuple[Sample, ...]) -> None:
    """Nothing stands outside the column of a mail, in the windows where its layout changes."""
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    faults = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        for sample in chosen:
            page.set_content(sample.compose().html, wait_until="commit")
            for width in (320, 481, 601, 1200):
                page.set_viewport_size({"width": width, "height": 900})
                faults += [
                    f"{sample.name} ({sample.language}) at {width}: {text}"
                    for text in page.evaluate(_OUTSIDE)
                ]
        browser.close()
    assert faults == []


def test_some_mails_fit_into_every_window() -> None:
    _assert_fits(some())


@pytest.mark.long
def test_every_mail_fits_into_every_window() -> None:
    _assert_fits(every_case())


def _read_by_postal_mime(paths: tuple[Path, ...], folder: Path) -> list[dict[str, Any]]:
    if missing := missing_package("postal-mime"):
        pytest.skip(f"{missing} is not installed")
    listed, target = folder / "paths.json", folder / "read.json"
    listed.write_text(json.dumps([str(path) for path in paths]), encoding="utf-8")
    call_node(HERE / "read_mails.mjs", listed, target, folder=folder)
    found: list[dict[str, Any]] = json.loads(target.read_text(encoding="utf-8"))
    return found


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")


def test_two_readers_read_the_same_that_was_written(tmp_path: Path) -> None:
    chosen = all_of_each()
    paths = written(iter(chosen), tmp_path)
    for sample, path, theirs in zip(
        chosen, paths, _read_by_postal_mime(paths, tmp_path), strict=True
    ):
        mail, composed = finished(sample), sample.compose()
        ours = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        text, page = ours.get_body(("plain",)), ours.get_body(("html",))
        assert text is not None
        assert page is not None
        files = [
            {
                "name": part.get_filename(),
                "type": part.get_content_type(),
                "size": len(part.get_payload(decode=True)),
            }
            for part in ours.iter_attachments()
        ]
        assert ours["Subject"] == theirs["subject"] == mail.subject
        assert _unix(text.get_content()) == _unix(theirs["text"]) == _unix(composed.text)
        assert _unix(page.get_content()) == _unix(theirs["html"]) == _unix(composed.html)
        assert files == theirs["files"]
        assert [one["name"] for one in files] == list(sample.facts.files)
        assert theirs["from"]["address"] == "GenesysCloudWhatsAppRequests@genesys.com"


def test_no_line_of_a_mail_is_longer_than_the_standards_want() -> None:
    """Encoded parts have 76 characters a line (RFC 2045, 6.8), encoded words 75 (RFC 2047, 2)."""
    for sample in all_of_each():
        head, _, body = finished(sample).content.partition(b"\r\n\r\n")
        encoded = [line for line in body.split(b"\r\n") if b" " not in line]
        assert max(map(len, encoded)) <= 76, sample.name
        assert [word for word in re.findall(rb"=\?[^ ]*?\?=", head) if len(word) > 75] == []


def _dates_and_words(text: str) -> Iterator[str]:
    yield from re.findall(r"WA-[0-9A-Z]{8}|\d{1,2}:\d{2}|\+\d[\d -]+\d", text)


def test_both_parts_tell_the_same_facts() -> None:
    for sample in all_of_each():
        mail = sample.compose()
        page = html.unescape(re.sub(r"<[^>]+>", "", mail.html.partition("<body")[2]))
        assert set(_dates_and_words(mail.text)) == set(_dates_and_words(page)), sample.name
