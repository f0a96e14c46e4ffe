"""Two people at one request, and a customer who writes while somebody decides."""

from pipeline.model.request import Status
from tests.browser.console import Running
from tests.browser.people import Browsers, leave, tick

_NAME = "Legal name of the company"
_TEXT = "Is this the name\non your register? 「株」"


def test_the_second_is_told_what_is_new_and_loses_no_text(
    console: Running, browsers: Browsers
) -> None:
    (reference,) = console.fresh(1)
    sato, mori = browsers.person("sato"), browsers.person("mori")
    page = sato.go(f"/r/{reference}/d/ask")
    tick(page, _NAME)
    page.fill("#in-text", _TEXT)
    other = mori.go(f"/r/{reference}/d/hold")
    other.fill("#in-text", "Legal looks at it.")
    leave(other, "button[data-submit]")
    assert console.record(reference).status is Status.HELD

    leave(page, "button[data-submit]")
    told = page.inner_text("main")
    assert "mori" in told
    assert page.locator("[role=alert]").count() == 1
    assert console.record(reference).status is Status.HELD
    if page.locator("#in-text").count():  # a held request may still be asked about
        assert page.input_value("#in-text") == _TEXT
        assert page.is_checked(f"label.tick:has-text('{_NAME}') input")
    else:
        assert _TEXT.splitlines()[1] in told


def test_a_customer_writes_while_somebody_decides(console: Running, browsers: Browsers) -> None:
    (reference,) = console.fresh(1)
    page = browsers.person("sato").go(f"/r/{reference}/d/ask")
    tick(page, _NAME)
    page.fill("#in-text", _TEXT)
    record = console.record(reference)
    console.world.reply(record, "Please wait, our shop gets a new name.")
    leave(page, "button[data-submit]")
    assert "our shop gets a new name" in page.inner_text("[role=alert]")
    assert page.input_value("#in-text") == _TEXT
    leave(page, "button[data-submit]")  # now it is known
    assert page.locator(".notice.done").count() == 1
    assert console.record(reference).status is Status.NEEDS_CORRECTION


def test_who_looks_too_and_what_is_new_is_told_on_an_open_page(
    console: Running, browsers: Browsers
) -> None:
    (reference,) = console.fresh(1)
    sato, mori = browsers.person("sato"), browsers.person("mori")
    page = sato.go(f"/r/{reference}")
    mori.go(f"/r/{reference}")
    console.world.reply(console.record(reference), "One more thing.")
    with page.expect_response("**/here"):
        page.evaluate(
            "htmx.ajax('POST', document.querySelector('#here').getAttribute('hx-post'),"
            " {source: '#here', target: '#here'})"
        )
    page.wait_for_selector("#here [role=status]")
    told = page.inner_text("#here")
    assert "mori" in told
    assert page.locator("#here[aria-live=polite]").count() == 1


def test_a_double_click_decides_once(console: Running, browsers: Browsers) -> None:
    (reference,) = console.fresh(1)
    page = browsers.person("sato").go(f"/r/{reference}/d/note")
    page.fill("#in-text", "Said once.")
    page.dblclick("button[data-submit]")
    page.wait_for_selector(".notice.done")
    record = console.record(reference)
    assert [note.text for note in console.world.notes(record)].count("Said once.") == 1
