"""A decision is taken back within its window, by keys and by mouse; where the focus is, is seen."""

from datetime import timedelta

import pytest

from pipeline.model.request import Status
from pipeline.store.outbox_records import OutboxState
from tests.browser.console import Running
from tests.browser.people import Browsers, Person, leave

#: What tells where the focus is: the element, whether it is seen, and where it stands.
_FOCUSED = """() => {
  const e = document.activeElement, box = e.getBoundingClientRect();
  const style = getComputedStyle(e.closest('.search') || e);
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  return {
    tag: e.tagName, name: e.name || e.id || e.textContent.trim().slice(0, 40),
    ring: ring || style.boxShadow !== 'none', shown: box.width > 0 && box.height > 0,
    column: (e.closest('section, header, nav, aside, form') || e).tagName, top: box.top,
  };
}"""
_MOST_STOPS = 400


def _rejected(console: Running, person: Person) -> str:
    """Reject a new request; its page is open then."""
    (reference,) = console.fresh(1)
    page = person.go(f"/r/{reference}/d/reject")
    page.select_option("select[name=rejected]", index=1)
    leave(page, "button[data-submit]")
    if page.locator("button.grave").count():
        leave(page, "button.grave")
    page.wait_for_selector("form.undo")
    page.wait_for_load_state()
    assert console.record(reference).status is Status.REJECTED
    return reference


def _undone(console: Running, person: Person, reference: str) -> None:
    assert person.page.locator(".notice.done").count() == 1
    assert person.page.locator("form.undo").count() == 0
    record = console.record(reference)
    assert record.status is Status.POLICY_REVIEW
    last = console.world.mails_of(record)[-1]
    assert (last.notice, last.state) == ("rejected", OutboxState.CANCELLED)


@pytest.mark.parametrize("by_keys", [True, False])
def test_a_decision_is_taken_back_in_its_window(
    console: Running, browsers: Browsers, *, by_keys: bool
) -> None:
    person = browsers.person("sato")
    reference = _rejected(console, person)
    page = person.page
    left = int(page.get_attribute("form.undo [data-seconds]", "data-seconds") or 0)
    assert 100 < left <= 120
    if by_keys:
        assert person.follow("z") == f"/r/{reference}"
    else:
        leave(page, "form.undo button")
    _undone(console, person, reference)


def test_a_page_that_was_open_for_too_long_undoes_nothing(
    console: Running, browsers: Browsers
) -> None:
    person = browsers.person("sato")
    reference = _rejected(console, person)
    console.world.clock.advance(timedelta(minutes=3))
    person.press("z")
    person.page.wait_for_selector("[role=alert]")
    assert console.record(reference).status is Status.REJECTED
    assert person.go(f"/r/{reference}").locator("form.undo").count() == 0


@pytest.mark.parametrize("path", ["/q/needs-me", "/r/{}", "/r/{}/d/ask", "/r/{}/d/reject"])
def test_the_focus_goes_everywhere_once_and_is_seen(
    console: Running, browsers: Browsers, path: str
) -> None:
    (reference,) = console.fresh(1)
    person = browsers.person("sato")
    page = person.go(path.format(reference))
    stops, stop = [], {"tag": ""}
    while stop["tag"] != "BODY":  # to the end of the page, from whatever has the focus first
        person.press("Tab")
        stop = page.evaluate(_FOCUSED)
    for _ in range(_MOST_STOPS):
        person.press("Tab")
        stop = page.evaluate(_FOCUSED)
        if stop["tag"] == "BODY":
            break
        stops.append(stop)
    assert 10 < len(stops) < _MOST_STOPS
    assert [stop["name"] for stop in stops if not (stop["ring"] and stop["shown"])] == []
    tall = page.evaluate("[...document.querySelectorAll('[tabindex]')].map(e => e.tabIndex)")
    assert [index for index in tall if index > 0] == [], "the order is that of the page"
