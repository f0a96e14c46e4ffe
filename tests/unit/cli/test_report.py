"""The report: one page, complete, inert, and without secrets."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from .conftest import Call

_VOID = {"meta", "br", "hr", "img", "link", "input"}


class _Page(HTMLParser):
    """Collects tags, ids, links and unbalanced tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.ids += [value for key, value in attrs if key == "id" and value]
        self.links += [values[key] or "" for key in ("href", "src") if key in values]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)


def read(path: Path) -> tuple[str, _Page]:
    text = path.read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    return text, page


@pytest.fixture
def written(pipeline: Call, tmp_path: Path) -> tuple[str, _Page]:
    path = tmp_path / "report.html"
    called = pipeline("report", "--out", str(path))
    assert (called.code, called.out) == (0, f"{path}\n")
    return read(path)


def test_report_has_a_section_and_a_link_for_every_request(
    pipeline: Call, written: tuple[str, _Page]
) -> None:
    _, page = written
    references = [row["reference"] for row in pipeline("queue", "all", "--json").json()]
    assert len(references) == 3
    assert [name for name in page.ids if re.fullmatch("WA-[0-9A-Z]{8}", name)] == references
    assert {f"#{name}" for name in references} <= set(page.links)


def test_report_is_one_wellformed_file_without_scripts_or_links_outside(
    written: tuple[str, _Page],
) -> None:
    text, page = written
    assert (page.unbalanced, page.open) == ([], [])
    assert len(page.ids) == len(set(page.ids))
    assert [link for link in page.links if not link.startswith("#")] == []
    assert {"script", "img", "link", "iframe", "form"} & set(page.tags) == set()
    assert "url(" not in text
    assert "@import" not in text


def test_report_shows_answers_readings_and_mails(written: tuple[str, _Page]) -> None:
    text, _ = written
    assert "０３－１２３４－５６７８" in text or "03-1234-5678" in text
    assert "+81312345678" in text
    assert "Correct 5 answers by" in text
    assert "株式会社サンプル商事" in text
    assert "StrictUndefined" not in text


def test_report_makes_hostile_text_inert(pipeline: Call, home: Path, tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>{{ 7*7 }}"
    rows = pipeline("queue", "--json").json()
    assert pipeline("request", "note", rows[0]["reference"], hostile).code == 0
    path = tmp_path / "report.html"
    assert pipeline("report", "--out", str(path)).code == 0
    text, page = read(path)
    assert "script" not in page.tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in text


def test_figures_of_a_period_are_a_page_or_json(pipeline: Call, tmp_path: Path) -> None:
    path = tmp_path / "figures.html"
    called = pipeline("report", "--days", "7", "--out", str(path))
    assert (called.code, called.out) == (0, f"{path}\n")
    text, page = read(path)
    assert (page.unbalanced, page.open) == ([], [])
    assert {"script", "img", "link", "iframe", "form"} & set(page.tags) == set()
    assert [link for link in page.links if not link.startswith("#")] == []
    assert "株式会社サンプル商事" not in text
    found = pipeline("report", "--days", "7", "--json").json()
    assert (found["days"], len(found["columns"]), found["zone"]) == (7, 7, "Europe/Berlin")
    assert sum(column["received"] for column in found["columns"]) == 3
    assert found["runs"][0]["counts"]
    assert pipeline("report", "--days", "0").code == 2


@pytest.mark.parametrize("days", [(), ("--days", "7")], ids=["requests", "figures"])
@pytest.mark.parametrize("name", ["report.pdf", "report", "report.html.csv"])
def test_report_goes_into_no_file_of_another_kind(
    pipeline: Call, tmp_path: Path, days: tuple[str, ...], name: str
) -> None:
    called = pipeline("report", *days, "--out", str(tmp_path / name))
    assert (called.code, called.out) == (2, "")
    assert "ending .html" in called.err
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_colours_of_the_charts_have_enough_contrast(mode: int) -> None:
    from pipeline.resources import template  # noqa: PLC0415 - the template alone is looked at

    css = template("console", "web", "static", "charts.css").read_text(encoding="utf-8")
    found = re.findall(r"--chart-([a-z0-9]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", css)
    colours = {name: both[mode] for name, *both in found}
    assert len(colours) == 11
    parts = [str(number) for number in range(1, 5)]
    words = [("on", part) for part in parts]
    words += [(name, "card") for name in ("ink", "quiet", "ok", "4")]
    shapes = [(part, other) for part in parts for other in ("card", "track")]
    low = [pair for pair in words if contrast(colours[pair[0]], colours[pair[1]]) < 4.5]
    low += [pair for pair in shapes if contrast(colours[pair[0]], colours[pair[1]]) < 3]
    assert low == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_of_the_report_have_enough_contrast(mode: str) -> None:
    from pipeline.resources import template  # noqa: PLC0415 - the template alone is looked at

    css = template("report", "report.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{([^}]*)\}", css)
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in blocks[:2])
    colours = {**light, **(dark if mode == "dark" else {})}
    pairs = [("ink", "paper"), ("ink", "card"), ("quiet", "paper"), ("quiet", "card")]
    pairs += [("accent", "card"), ("accent", "soft"), ("card", "accent"), ("quiet", "soft")]
    pairs += [(name, f"{name}-soft") for name in ("ok", "ask", "bad", "plain")]
    pairs += [("ink", f"{name}-soft") for name in ("ask", "bad", "plain")]
    low = [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < 4.5]
    assert low == []


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, 1.4.3)."""
    first, second = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_questions_that_fail_most_are_a_table_json_and_a_file(
    pipeline: Call, tmp_path: Path
) -> None:
    called = pipeline("report", "--questions")
    assert called.code == 0
    assert "fails most" in called.out.splitlines()[0]
    assert "By program" in called.out
    assert "LibreOffice" in called.out
    rows = pipeline("report", "--questions", "--json").json()
    assert rows[0].keys() >= {"form", "field", "number", "asked", "wrong", "programs"}
    path = tmp_path / "questions.csv"
    written = pipeline("report", "--questions", "--out", str(path))
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert written.code == 0
    assert f"{len(lines) - 1} lines written." in written.out
    assert len(lines) > len(rows) * 3
    assert pipeline("report", "--questions", "--out", str(tmp_path / "a.html")).code == 2
    assert pipeline("report", "--questions", "--days", "1").code == 0
