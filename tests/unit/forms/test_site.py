"""The download page: its links, its words, its freshness."""

import re
import shutil
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from pipeline.config import Settings
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.site import write_site
from pipeline.forms.texts import form_texts
from pipeline.model.form import FileFormat
from pipeline.resources import languages, read_toml, root

_ADDRESS = Settings().mailbox.address
_PRIVACY = Settings().forms.privacy


class _Page(HTMLParser):
    """Gathers the links, anchors and languages of a page, and what could run or load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.loads: list[str] = []
        self.headings: list[int] = []
        self.language = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = found["lang"]
        if tag == "a":
            self.links.append(found["href"])
        if "id" in found:
            self.anchors.add(found["id"])
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in {"script", "img", "iframe", "object"} or "src" in found or "onclick" in found:
            self.loads.append(tag)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the published forms and the pages made of them."""
    folder = tmp_path_factory.mktemp("site")
    for path in (root() / "forms").iterdir():
        if path.suffix in {f".{name.value}" for name in FileFormat}:
            shutil.copy(path, folder)
    write_site(folder, address=_ADDRESS, privacy=_PRIVACY)
    return folder


def test_published_pages_are_fresh(site: Path) -> None:
    pages = sorted(site.glob("*.html"))
    assert [page.stem for page in pages] == sorted([*languages(), "index"])
    for page in pages:
        published = root() / "forms" / page.name
        assert published.read_text("utf-8") == page.read_text("utf-8"), "run: make forms"


@pytest.mark.parametrize("language", languages())
def test_page_links_every_form_and_nothing_that_is_not_there(site: Path, language: str) -> None:
    text = (site / f"{language}.html").read_text("utf-8")
    page = _Page(text)
    assert page.language == language
    assert page.loads == []
    files = {link for link in page.links if "." in link and ":" not in link and "#" not in link}
    forms = {f"{kind.value}_{language}.{name.value}" for kind in FORMS for name in FileFormat}
    others = {f"{other}.html" for other in languages() if other != language}
    assert files == forms | others
    assert all((site / name).is_file() for name in files)
    within = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert within <= page.anchors
    assert {kind.value for kind in FORMS} <= within
    mails = {unquote(link).partition("?")[0] for link in page.links if link.startswith("mailto:")}
    assert mails == {f"mailto:{_ADDRESS}"}
    assert page.headings[0] == 1
    assert all(two - one <= 1 for one, two in zip(page.headings, page.headings[1:], strict=False))


@pytest.mark.parametrize("language", languages())
def test_page_tells_facts_addresses_and_what_to_have_at_hand(site: Path, language: str) -> None:
    text = unescape((site / f"{language}.html").read_text("utf-8"))
    texts = form_texts(language)
    for said in (*texts.facts, _ADDRESS, _PRIVACY):
        assert said in text
    for kind, form in FORMS.items():
        words = texts.form(kind)
        assert form.version in text
        for said in (words.title, words.purpose, words.time_needed, *words.have_at_hand):
            assert said in text


def test_index_leads_to_every_language(site: Path) -> None:
    page = _Page((site / "index.html").read_text("utf-8"))
    assert page.links == [f"{language}.html" for language in languages()]
    assert page.loads == []


def test_languages_have_the_same_words_and_use_all_of_them() -> None:
    words = {language: read_toml("site", f"{language}.toml") for language in languages()}
    assert len({frozenset(found) for found in words.values()}) == 1
    pages = root() / "templates" / "site"
    used = "".join(path.read_text("utf-8") for path in pages.glob("*.jinja"))
    used += (root() / "pipeline" / "forms" / "site.py").read_text("utf-8")
    for key, said in words["en"].items():
        assert f"'{key}'" in used or f'"{key}"' in used, key
        places = [set(re.findall(r"\{(\w+)\}", found[key])) for found in words.values()]
        assert all(place == places[0] for place in places), key
        assert said == said.strip()


def test_a_hostile_address_of_the_settings_is_only_text(tmp_path: Path, site: Path) -> None:
    for path in site.glob("*_en.*"):
        shutil.copy(path, tmp_path)
    write_site(tmp_path, address='a"><script>x@b.example', privacy="<b>p", of=("en",))
    page = _Page((tmp_path / "en.html").read_text("utf-8"))
    assert page.loads == []
