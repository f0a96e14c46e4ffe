"""How pages look: weights that every font has, and words that stay on their line."""

import pytest

from tests.browser.console import Running
from tests.browser.people import Browsers

_WEIGHTS = """() => [...new Set([...document.querySelectorAll("body *")]
    .filter(one => one.getClientRects().length && one.tagName !== "KBD")
    .map(one => getComputedStyle(one).fontWeight))]"""
#: How many lines an age takes.
_LINES = """() => [...document.querySelectorAll("td.age time")]
    .map(one => one.getClientRects().length)"""


@pytest.mark.parametrize("language", ["en", "ja"])
def test_words_are_as_bold_in_japanese_as_beside_it(
    console: Running, browsers: Browsers, language: str
) -> None:
    """A font that has two cuts shows all that lies between regular and bold as one of them."""
    first = console.fresh(1)[0]
    person = browsers.person("sato", locale=language)
    for path in ("/q/open", f"/r/{first}", f"/r/{first}/d/hold"):
        person.go(path)
        assert set(person.page.evaluate(_WEIGHTS)) <= {"400", "500", "700"}, path


@pytest.mark.parametrize("width", [320, 701, 1100, 1400])
def test_the_age_of_a_request_stays_on_its_line(
    console: Running, browsers: Browsers, width: int
) -> None:
    console.fresh(1)
    person = browsers.person("sato", viewport={"width": width, "height": 900})
    person.go("/q/open")
    lines = person.page.evaluate(_LINES)
    assert lines
    assert set(lines) == {1}
