"""Every page before axe, on narrow screens, in the dark, in each language."""

from itertools import cycle, product

import pytest

from pipeline.resources import languages
from pipeline.store.staff_records import Role
from pipeline.web.routes import PAGES
from tests.browser.console import Running
from tests.browser.looking import faults
from tests.browser.pages import NO_PAGES, examples
from tests.browser.people import Browsers, Person
from tests.programs.running import missing_package

#: A phone, a window at 200 %, a laptop, a desk.
_WIDTHS = (320, 640, 1024, 1440)
_THEMES = ("light", "dark")
#: Nothing of the story is so bad that it is put aside.
_NOT_IN_THE_STORY = {"/quarantine/{entry}"}


@pytest.fixture
def axe() -> None:
    if missing_package("axe-core"):
        pytest.skip("axe-core is not installed")


def _reader(browsers: Browsers, theme: str, width: int, language: str) -> Person:
    viewport = {"width": width, "height": 900}
    return browsers.person(
        "admin", Role.ADMIN, color_scheme=theme, viewport=viewport, locale=language
    )


def test_nothing_is_wrong_with_any_kind_of_page(
    axe: None, console: Running, browsers: Browsers
) -> None:
    """Each page is seen once here, in one of several ways; ``test_every_page…`` sees it in all."""
    first = console.fresh(1)[0]
    ways = [("light", 320, "en"), ("dark", 1440, "ja"), ("light", 1024, "de"), ("dark", 320, "de")]
    people = cycle([_reader(browsers, *way) for way in ways])
    pages = examples(console, [console.record(first)])
    known = {page.path for page in PAGES if page.method == "GET"} - NO_PAGES
    assert known == set(pages) - {""}  # none is forgotten
    found = []
    for addresses in pages.values():
        for address, person in zip(addresses[:1], people, strict=False):
            person.go(address)
            found += faults(person)
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize(
    ("theme", "width", "language"), list(product(_THEMES, _WIDTHS, languages()))
)
def test_nothing_is_wrong_with_any_page(
    axe: None, story: Running, readers: Browsers, theme: str, width: int, language: str
) -> None:
    records = story.world.requests()
    pages = examples(story, records)
    assert {pattern for pattern, shown in pages.items() if not shown} <= _NOT_IN_THE_STORY
    person = _reader(readers, theme, width, language)
    titles: dict[str, str] = {}
    found = []
    for address in (one for addresses in pages.values() for one in addresses):
        page = person.go(address)
        page.wait_for_load_state("networkidle")
        found += faults(person)
        if titles.setdefault(page.title(), person.path) != person.path:
            found.append(f"{address} and {titles[page.title()]} are both called {page.title()}")
    assert not found, "\n".join(found)
