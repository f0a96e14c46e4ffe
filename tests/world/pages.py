"""Pages of the console as a person reads them, and their forms as a browser sends them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

from httpx2 import Response

from pipeline.store.staff_records import Role
from tests.world.console import Browser, Staff
from tests.world.records import Records

_VOID = frozenset({"input", "link", "meta", "br", "hr", "img", "use", "path", "rect", "circle"})
#: What no person reads.
_NO_NAME = "-"
_UNREAD = frozenset({"script", "style"})
Values = dict[str, list[str]]


@dataclass
class PageForm:
    """A form of a page, filled in as it was when the page came."""

    action: str
    method: str
    values: Values = field(default_factory=dict)


@dataclass
class Letter:
    """A mail that a page shows before it is written: the language, its subject and its text."""

    language: str
    subject: str = ""
    text: str = ""


class Parsed(HTMLParser):
    """A page: its tags with their attributes, its words, links and forms."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.forms: list[PageForm] = []
        self.letters: list[Letter] = []
        #: What stands in boxes that belong to no form.
        self.written: list[str] = []
        self._open: list[str] = []
        self._area = ""
        self._select = ""
        self._letter = ""
        self.feed(text)
        self.close()

    @property
    def text(self) -> str:
        """What a person reads."""
        return "\n".join(self.words)

    @property
    def links(self) -> list[str]:
        """Where the links of the page lead."""
        return [had["href"] for tag, had in self.tags if tag == "a" and "href" in had]

    def form(self, action: str) -> PageForm:
        """Return the form that is sent to ``action``."""
        (found,) = [one for one in self.forms if urlsplit(one.action).path == action]
        return found

    @property
    def _boxes(self) -> list[str]:
        is_named = self._area != _NO_NAME
        return self.forms[-1].values[self._area] if is_named else self.written

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = {name: value or "" for name, value in attrs}
        self.tags.append((tag, had))
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "form":
            self.forms.append(PageForm(had.get("action", ""), had.get("method", "get")))
        if "letter-text" in had.get("class", "").split():
            self.letters.append(Letter(had.get("lang", "")))
            self._letter = "subject"
        if tag == "pre" and self._letter:
            self._letter = "text"
        self._field(tag, had)

    def _field(self, tag: str, had: Mapping[str, str]) -> None:
        name = had.get("name", "")
        if tag == "textarea" and not name:
            self.written.append("")
            self._area = _NO_NAME
        if not self.forms or (not name and tag != "option"):
            return
        values = self.forms[-1].values
        if tag == "input" and name:
            ticked = had.get("type") not in {"checkbox", "radio"} or "checked" in had
            if ticked and had.get("type") != "file":
                values.setdefault(name, []).append(had.get("value", ""))
        elif tag == "textarea":
            self._area = name
            values.setdefault(name, []).append("")
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in had:
            values.setdefault(self._select, []).append(had.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass
        if tag == "textarea":
            found = self._boxes
            found[-1] = found[-1].removeprefix("\n")
            self._area = ""
        if tag == "pre":
            self._letter = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self._boxes[-1] += data
            return
        if self._letter == "subject" and data.strip():
            self.letters[-1].subject += data
        if self._letter == "text":
            self.letters[-1].text += data
        if data.strip() and not _UNREAD & set(self._open):
            self.words.append(data.strip())


def read(answer: Response) -> Parsed:
    """Return a page as it is read."""
    return Parsed(answer.text)


@dataclass
class AtConsole:
    """Somebody in front of the console of a world, who takes decisions as its pages offer them."""

    world: Records
    browser: Browser

    def page(self, path: str) -> Parsed:
        """Load a page, which has to be there."""
        answer = self.browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code, read(answer).text)
        return read(answer)

    def request(self, reference: str) -> Parsed:
        """Load the page of a request."""
        return self.page(f"/r/{reference}")

    def offered(self, reference: str) -> list[str]:
        """Return the decisions that the page of a request leads to."""
        start = f"/r/{reference}/d/"
        found = (urlsplit(link).path for link in self.request(reference).links)
        return list(dict.fromkeys(path[len(start) :] for path in found if path.startswith(start)))

    def preview(self, reference: str, decision: str, **values: Any) -> Parsed:
        """Fill in the form of a decision and look at what would come of it."""
        path = f"/r/{reference}/d/{decision}"
        form = self.page(path).form(path)
        answer = self.browser.send(f"{path}/preview", form.values | values)
        assert answer.status_code == 200, read(answer).text
        return read(answer)

    def sent(self, reference: str, decision: str, **values: Any) -> Response:
        """Fill in the form of a decision and send it; click again where that is asked for."""
        path = f"/r/{reference}/d/{decision}"
        form = self.page(path).form(path)
        answer = self.browser.send(path, form.values | values)
        asked = read(answer)
        if answer.status_code == 200 and _is_confirmation(asked, path):
            answer = self.browser.send(path, asked.form(path).values)
        return answer

    def take(self, reference: str, decision: str, **values: Any) -> Parsed:
        """Take a decision, which has to be taken; return the page of the request after it."""
        answer = self.sent(reference, decision, **values)
        assert answer.status_code == 200, (decision, read(answer).text)
        done = parse_qs(urlsplit(str(answer.url)).query).get("done")
        assert done == [decision], (decision, str(answer.url), read(answer).text)
        return read(answer)

    def refused(self, reference: str, decision: str, **values: Any) -> str:
        """Try a decision, which is refused; return what the page says."""
        answer = self.sent(reference, decision, **values)
        assert answer.status_code in {400, 409}, (decision, answer.status_code)
        return read(answer).text

    def not_offered(self, reference: str, decision: str) -> str:
        """Try a decision that is not possible; return what the page says."""
        assert decision not in self.offered(reference)
        path = f"/r/{reference}/d/{decision}"
        self.browser.get(f"/r/{reference}")
        for answer in (self.browser.send(path), self.browser.get(path)):
            assert answer.status_code == 404, (decision, answer.status_code)
        return read(answer).text


def _is_confirmation(page: Parsed, path: str) -> bool:
    return any(one.action.startswith(path) and "confirmed" in one.values for one in page.forms)


def attacks(page: Parsed) -> Iterator[str]:
    """Yield what a page would run, or lead to, that is none of ours."""
    for tag, had in page.tags:
        for name, value in had.items():
            if name.startswith("on") or name in {"style", "srcdoc"}:
                yield f"<{tag} {name}={value[:60]}>"
            if name in {"href", "src", "action", "formaction", "xlink:href"}:
                target = value.strip().lower()
                if not target.startswith(("/", "#", "?", "mailto:")) or target.startswith("//"):
                    yield f"<{tag} {name}={value[:60]}>"


def at_console(
    world: Records, staff: Staff, name: str = "sato", role: Role = Role.APPROVER
) -> AtConsole:
    """Return somebody who is logged in, with English pages."""
    browser = staff.person(name, role)
    browser.client.headers["accept-language"] = "en"
    return AtConsole(world, browser)
