"""The console in this process, and a browser that keeps cookies and sends its pages' own forms."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from httpx2 import Client, Response
from starlette.testclient import TestClient

from pipeline.flow.services import Services
from pipeline.flow.staff.people import users
from pipeline.store.staff_records import Role
from pipeline.web.application import application
from pipeline.web.console import Console

ORIGIN = "http://127.0.0.1:8765"
PASSWORD = "correct-horse-battery-staple"
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_MARK = re.compile(r'name="mark" value="([^"]+)"')


@dataclass
class Browser:
    """One person in front of the console; ``client`` keeps the cookies."""

    client: Client
    last: Response | None = field(default=None, repr=False)
    origin: str = ORIGIN

    def get(self, path: str, **headers: str) -> Response:
        """Load a page."""
        self.last = self.client.get(path, headers=headers)
        return self.last

    def send(self, path: str, values: Mapping[str, Any] | None = None, **headers: str) -> Response:
        """Send a form of the page that was loaded last, with its token and mark."""
        sent = {**self.tokens(), **(values or {})}
        self.last = self.client.post(path, data=sent, headers={"origin": self.origin, **headers})
        return self.last

    def tokens(self) -> dict[str, str]:
        """Return the token and the mark of the page that was loaded last."""
        text = self.last.text if self.last else ""
        named = {"csrf": _CSRF.search(text), "mark": _MARK.search(text)}
        return {name: html.unescape(found[1]) for name, found in named.items() if found}

    def log_in(self, name: str, password: str = PASSWORD) -> Self:
        """Log in."""
        answer = self.send("/login", {"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        assert 'name="password"' not in answer.text
        return self


@dataclass
class Staff:
    """The console of a world, and who works at it."""

    services: Services

    def __post_init__(self) -> None:
        self.console = Console(self.services, ORIGIN)
        self.application = application(self.console)

    def browser(self) -> Browser:
        """Return a browser that nobody is logged in with."""
        return Browser(TestClient(self.application, base_url=ORIGIN, raise_server_exceptions=True))

    def person(self, name: str, role: Role = Role.APPROVER) -> Browser:
        """Return the browser of ``name``, who is logged in; a new user where there is none."""
        with self.services.store.read() as tx:
            known = tx.users.by_name(name)
        if known is None:
            users.add(self.services, name, role, "test", password=PASSWORD)
        return self.browser().log_in(name)
