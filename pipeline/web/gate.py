"""What a request must have before a page is made, and what each answer tells the browser.

The host is one of ours (a page elsewhere cannot reach a console on loopback by a name of its own),
what changes something comes from our own pages (the browser says so itself, in ``Origin`` or
``Sec-Fetch-Site``), and a body has an end. OWASP: Cross-Site Request Forgery Prevention.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.console import Console

#: Of an upload: a certificate, or a table of numbers, with the words beside it.
BODY_BYTES = 4_000_000
_SAFE = frozenset({"GET", "HEAD"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: A page has nothing but our own files; it is in no frame of another page.
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}


class _TooLongError(Exception):
    """A body that has no end."""


class Gate:
    """Lets a request in, or answers it with a word; for machines, so in English."""

    def __init__(self, app: ASGIApp, console: Console) -> None:
        self._app = app
        self._hosts = _hosts(console.origin)
        self._encrypted = console.is_encrypted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request and pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope["method"], headers)
        counted = _Counted(receive)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(MutableHeaders(scope=message))
            await send(message)

        if refusal is not None:
            await refusal(scope, receive, dressed)
            return
        try:
            await self._app(scope, counted, dressed)
        except _TooLongError:
            await PlainTextResponse("too large", 413)(scope, receive, dressed)

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        if headers.get("host", "").lower() not in self._hosts:
            return PlainTextResponse("unknown host", 421)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > BODY_BYTES:
            return PlainTextResponse("too large", 413)
        if method not in _SAFE and not self._is_ours(headers):
            return PlainTextResponse("sent by another site", 403)
        return None

    def _is_ours(self, headers: Headers) -> bool:
        """Tell whether the browser says that one of our pages sent it; saying nothing is a no."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None and site != "same-origin":
            return False
        if origin is None:
            return site == "same-origin"
        found = urlsplit(origin)
        wanted = "https" if self._encrypted else "http"
        return found.scheme == wanted and found.netloc.lower() in self._hosts

    def _dress(self, headers: MutableHeaders) -> None:
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        if self._encrypted:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")


class _Counted:
    """Receives a body piece by piece, and not more of it than we take."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = BODY_BYTES

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _TooLongError
        return message


def _hosts(origin: str) -> frozenset[str]:
    """Return what a browser may name as the host; on loopback each of its names."""
    parts = urlsplit(origin)
    if parts.hostname not in _LOOPBACK:
        return frozenset({parts.netloc.lower()})
    port = f":{parts.port}" if parts.port else ""
    return frozenset({f"127.0.0.1{port}", f"localhost{port}", f"[::1]{port}"})
