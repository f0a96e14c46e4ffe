"""People with a real browser: a context each, logged in, and every page of it listened to."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.forms.pdf.fonts import CONFIGURATION
from pipeline.store.staff_records import Role
from tests.browser.console import Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

#: Milliseconds that something may take on a machine with much to do.
PATIENCE = 30_000
#: What the browser says of an answer; a page may tell that there is none, what it asks for may not.
_ANSWERED = "responded with a status of"
#: What htmx says when somebody types on before a preview is there: the next one takes its place.
_REPLACED = ("htmx:sendAbort", "htmx:afterRequest")


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Start Chromium with the fonts of the package, so that a page looks the same everywhere."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow to import

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
            env={"FONTCONFIG_FILE": str(CONFIGURATION)},
        )
        yield browser
        browser.close()


@dataclass
class Person:
    """Somebody in front of a page; ``faults`` is what the browser complained of, by page."""

    running: Running
    context: "BrowserContext"
    page: "Page"
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> "Page":
        """Load a page of the console."""
        self.page.goto(self.running.origin + path)
        return self.page

    def press(self, *keys: str) -> None:
        """Press keys, one after another, none of which leads to another page."""
        for key in keys:
            self.page.keyboard.press(key)

    def follow(self, *keys: str) -> str:
        """Press keys, the last of which leads to another page; return its path."""
        self.press(*keys[:-1])
        with self.page.expect_navigation():
            self.page.keyboard.press(keys[-1])
        return self.path

    @property
    def path(self) -> str:
        """The path of the page that is shown, without what follows it."""
        return self.page.url.removeprefix(self.running.origin).partition("?")[0]

    @property
    def focused(self) -> str:
        """The name, the text or the tag of what has the focus."""
        found: str = self.page.evaluate(
            "() => { const e = document.activeElement;"
            " return e.name || e.id || e.textContent.trim() || e.tagName; }"
        )
        return found


@dataclass
class Browsers:
    """Makes people for one test; ``close`` ends them all and returns their faults."""

    browser: "Browser"
    running: Running
    people: list[Person] = field(default_factory=list)

    def person(self, name: str, role: Role = Role.APPROVER, **options: Any) -> Person:
        """Return a new browser of ``name``, who is logged in; ``options`` are of Playwright."""
        options = {"locale": "en", "reduced_motion": "reduce", **options}
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        token = self.running.token(name, role)
        context.add_cookies([{"name": "session", "value": token, "url": self.running.origin}])
        person = Person(self.running, context, context.new_page())
        self.people.append(person)
        _listen(person)
        return person

    def close(self) -> list[str]:
        """Close all browsers; return what they complained of."""
        for person in self.people:
            person.context.close()
        return [fault for person in self.people for fault in person.faults]


def leave(page: "Page", selector: str) -> None:
    """Click what leads to another page; return when that one is loaded.

    A bare click returns when the address has changed, before there is anything to be counted.
    """
    with page.expect_navigation():
        page.click(selector)


def tick(page: "Page", label: str) -> None:
    """Tick a box, which may be among the answers that nothing speaks against."""
    box = f"label.tick:has-text('{label}') input"
    if not page.is_visible(box):
        page.click("fieldset details:not([open]) > summary")
    page.check(box)


def _listen(person: Person) -> None:
    """Note errors of scripts, refusals by the policy, and requests to other hosts."""
    page, origin = person.page, person.running.origin

    def note(what: str) -> None:
        person.faults.append(f"{person.path}: {what}")

    page.on("pageerror", lambda error: note(str(error)))
    page.on(
        "console",
        lambda message: (
            note(message.text)
            if message.type in {"error", "warning"}
            and _ANSWERED not in message.text
            and not message.text.startswith(_REPLACED)
            else None
        ),
    )
    page.on(
        "response",
        lambda answer: (
            note(f"{answer.status} {answer.url}")
            if answer.status >= 400 and answer.request.resource_type != "document"
            else None
        ),
    )
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((origin, "data:")) else note(f"asks {request.url}")
        ),
    )
