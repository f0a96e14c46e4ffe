"""A reviewer works from the queue to its end: with keys alone, with the mouse, without scripts."""

from collections.abc import Callable

from pipeline.model.request import Status
from tests.browser.console import Running
from tests.browser.people import Browsers, Person, leave, tick


def _open(person: Person, reference: str) -> None:
    """Go to the queue and open the request, by keys."""
    person.follow("g", "q")
    for _ in range(60):
        person.press("j")
        if person.page.locator("tr.here").inner_text().startswith(reference):
            break
    assert person.follow("o") == f"/r/{reference}"


def _sent(person: Person) -> None:
    """Send the form by its keys; what asks for a second click gets it, by Tab and Enter."""
    person.follow("Control+Enter")
    if person.page.locator("button.grave").count():
        person.press("Tab", "Enter")  # the skip link
        while not person.page.evaluate("document.activeElement.matches('button.grave')"):
            person.press("Tab")
        person.follow("Enter")
    assert person.page.locator(".notice.done").count() == 1, person.page.inner_text("main")


def _approve(person: Person) -> None:
    person.follow("1")
    _sent(person)


def _ask(person: Person) -> None:
    person.press("n")
    assert person.page.evaluate("document.activeElement.matches('[data-problem]')")
    person.press("p")
    person.follow("2")
    person.press("Space", "Tab", "Tab", "Space")
    person.page.locator("#in-text").focus()
    person.page.keyboard.type("Is this the name 1 2 3 on your register?")
    _sent(person)


def _reject(person: Person) -> None:
    person.follow("3")
    person.press("ArrowDown")
    _sent(person)


def _hold(person: Person) -> None:
    person.follow("h")
    person.page.keyboard.type("Is the shop ours? 1 a c")
    _sent(person)


def _note(person: Person) -> None:
    person.follow("c")
    person.page.keyboard.type("Rang them up; they call back.")
    _sent(person)


def _take(person: Person) -> None:
    person.follow("a")
    assert person.page.locator(".notice.done").count() == 1


def _edit(person: Person) -> None:
    person.follow("e")
    person.press("ControlOrMeta+a")
    person.page.keyboard.type("Never used")
    person.press("Escape")
    assert person.follow("u").startswith("/r/")


#: What is done to each of the twelve, and where it stands then.
_WORK: tuple[tuple[Callable[[Person], None], Status], ...] = (
    (_approve, Status.BUSINESS_VERIFICATION),
    (_ask, Status.NEEDS_CORRECTION),
    (_reject, Status.REJECTED),
    (_hold, Status.HELD),
    (_note, Status.POLICY_REVIEW),
    (_take, Status.POLICY_REVIEW),
    (_approve, Status.BUSINESS_VERIFICATION),
    (_ask, Status.NEEDS_CORRECTION),
    (_edit, Status.POLICY_REVIEW),
    (_reject, Status.REJECTED),
    (_hold, Status.HELD),
    (_approve, Status.BUSINESS_VERIFICATION),
)


def test_twelve_requests_by_keys_alone(console: Running, browsers: Browsers) -> None:
    references = console.fresh(12)
    person = browsers.person("keys")
    person.go("/q/needs-me")
    for reference, (work, after) in zip(references, _WORK, strict=True):
        _open(person, reference)
        work(person)
        assert console.record(reference).status is after, reference
    assert console.record(references[5]).reference in person.go("/q/all?mine=1").content()


def test_a_request_by_the_mouse_alone(console: Running, browsers: Browsers) -> None:
    (reference,) = console.fresh(1)
    page = browsers.person("mouse").go("/")
    leave(page, f"text={reference}")
    leave(page, "main a:has-text('Ask for corrections')")
    tick(page, "Legal name of the company")
    page.fill("#in-text", "Is it the name of the register?")
    page.wait_for_selector("#outcome :text('Is it the name of the register?')")
    leave(page, "button[data-submit]")
    assert page.locator(".notice.done").count() == 1
    assert console.record(reference).status is Status.NEEDS_CORRECTION


def test_a_request_without_scripts(console: Running, browsers: Browsers) -> None:
    first, second = console.fresh(2)
    person = browsers.person("plain", java_script_enabled=False)
    page = person.page
    person.go("/q/needs-me")
    leave(page, f"text={first}")
    leave(page, "main a:has-text('In the original') >> nth=1")
    assert page.locator("#place").count() == 1
    leave(page, "main a:has-text('Ask for corrections')")
    tick(page, "Legal name of the company")
    page.fill("#in-text", "Is it the name of the register?")
    leave(page, "text=Preview")
    assert "Is it the name of the register?" in page.inner_text("#outcome")
    assert page.input_value("#in-text") == "Is it the name of the register?"
    leave(page, "button[data-submit]")
    assert console.record(first).status is Status.NEEDS_CORRECTION
    person.go(f"/r/{second}/d/reject")
    page.select_option("#in-rejected", index=1)
    leave(page, "button[data-submit]")
    assert console.record(second).status is Status.POLICY_REVIEW
    leave(page, "button.grave")
    assert console.record(second).status is Status.REJECTED
    page.click("details.menu summary")
    leave(page, "text=Dark")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.click("details.menu summary")
    leave(page, "text=Log out")
    assert person.path == "/login"
