"""One visit to a page: who comes, what was filled in, and how the answer is made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pipeline.errors import NotFoundError, UsageError
from pipeline.flow.services import Services
from pipeline.flow.staff.people import sessions
from pipeline.flow.staff.people.roles import Permission, may
from pipeline.model.identifiers import read_reference
from pipeline.store.records import RequestRecord
from pipeline.store.staff_records import SessionRecord, UserRecord
from pipeline.web.console import Console
from pipeline.web.places import PLACES

#: A text that staff type; longer ones are no text for a mail or a note.
_LONGEST_TEXT = 20_000
_LONGEST_TOKEN = 200


@dataclass
class Visit:
    """A request of a browser. Of a page for everybody, ``session`` may be None."""

    console: Console
    request: Request
    form: FormData = field(default_factory=FormData)

    @cached_property
    def _inside(self) -> tuple[UserRecord, SessionRecord] | None:
        return sessions.session_of(self.services, self.token) if self.token else None

    @property
    def session(self) -> SessionRecord | None:
        """The session of who comes; None where nobody is logged in."""
        return self._inside[1] if self._inside else None

    @property
    def cookie_name(self) -> str:
        """The name of the session's cookie; the prefix binds it to this host (RFC 6265bis)."""
        return "__Host-session" if self.console.is_encrypted else "session"

    @property
    def token(self) -> str:
        """The token of the session that the browser claims."""
        return self.request.cookies.get(self.cookie_name, "")[:_LONGEST_TOKEN]

    @property
    def peer(self) -> str:
        """The address that the connection comes from."""
        return self.request.client.host if self.request.client else ""

    @cached_property
    def services(self) -> Services:
        """What this page works with."""
        return self.console.services()

    @property
    def user(self) -> UserRecord:
        """Who comes; only of pages for people who are logged in."""
        if self._inside is None:
            raise LookupError("a page for everybody asks who comes")
        return self._inside[0]

    @property
    def who(self) -> str:
        """The name that the history keeps."""
        return self.user.name

    @property
    def zone(self) -> str:
        """The zone of the team."""
        return self.console.settings.team.time_zone

    @property
    def is_partial(self) -> bool:
        """Whether only a piece of the page was asked for, to be put into the one that is shown."""
        return self.request.headers.get("hx-request") == "true"

    def may(self, permission: Permission) -> bool:
        """Tell whether who comes may do it."""
        return self._inside is not None and may(self.user, permission)

    def word(self, name: str, default: str = "") -> str:
        """Return a value of the address (``?name=``), or ``default``."""
        return str(self.request.query_params.get(name, default))[:_LONGEST_TEXT]

    def number(self, name: str, *, default: int = 0, most: int = 1_000_000) -> int:
        """Return a whole number of the address; ``default`` where it is none."""
        text = self.word(name)
        return min(int(text), most) if text.isascii() and text.isdecimal() else default

    def text(self, name: str) -> str:
        """Return what was typed, with the line ends of a text. Raises UsageError ``too_long``."""
        value = self.form.get(name, "")
        if not isinstance(value, str):
            return ""
        if len(value) > _LONGEST_TEXT:
            raise UsageError("text_too_long", most=_LONGEST_TEXT)
        return value.replace("\r\n", "\n").strip()

    def secret(self, name: str) -> str:
        """Return a password exactly as it was typed."""
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return all values of a name: the boxes that were ticked."""
        return tuple(item for item in self.form.getlist(name) if isinstance(item, str))

    def upload(self, name: str) -> UploadFile | None:
        """Return the file that was chosen, or None."""
        value = self.form.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def record(self) -> RequestRecord:
        """Return the request that the path names. Raises NotFoundError ``request_unknown``."""
        typed = self.path("reference")
        reference = read_reference(typed)
        with self.services.store.read() as tx:
            found = tx.requests.by_prefix(reference) if reference else []
        if len(found) != 1:
            raise NotFoundError("request_unknown", reference=typed)
        return found[0]

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return the page ``template``, or the piece of it that was asked for."""
        return HTMLResponse(self.rendered(template, **values), status)

    def rendered(self, template: str, **values: Any) -> str:
        """Return a template as text, with what every page shows."""
        shown = {
            "visit": self,
            "user": self._inside[0] if self._inside else None,
            "csrf": self.session.csrf if self.session else "",
            "path": self.request.url.path,
            "theme": self.cookie("theme", ("light", "dark")),
            "keys": self.cookie("keys", ("off",)),
            "views": self._views if self.session else {},
            "places": [place for place in PLACES if self.may(place.needs)],
        }
        return self.console.renderer.render(template, self.zone, shown | values)

    @cached_property
    def _views(self) -> Mapping[str, int]:
        """The views of the queue, each with how many requests it shows."""
        return self.console.counted.views(self.console.base)

    def cookie(self, name: str, known: Sequence[str]) -> str:
        """Return what a browser remembers of how pages look; empty when it is nothing known."""
        found = self.request.cookies.get(name, "")
        return found if found in known else ""

    @staticmethod
    def go(path: str, *parts: str, **words: str) -> Response:
        """Return the way to another page of ours; ``parts`` and ``words`` are quoted."""
        target = "/".join((path.rstrip("/"), *(quote(part, safe="") for part in parts)))
        if words:
            target += "?" + "&".join(f"{key}={quote(value)}" for key, value in words.items())
        return RedirectResponse(target or "/", 303)


Handler = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """A page at ``path``; ``needs`` is None where everybody may come, with a session or without."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    needs: Permission | None
