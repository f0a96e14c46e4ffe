"""An identity server on loopback: tokens (RFC 6749), introspection (RFC 7662), failures on demand.

It keeps what it gave: a token expires, is revoked, is for one mailbox and one scope; a refresh
token is replaced each time, and its second use ends them all (RFC 9700, 4.14.2).
"""

import base64
import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

from tests.servers.certificates import server_context

#: The scope of tokens that open a mailbox.
SCOPE = "mail"


@dataclass
class Given:
    """A token that was given out."""

    user: str
    until: float
    scope: str = SCOPE


@dataclass
class Asked:
    """One request for a token."""

    path: str
    form: dict[str, str]
    headers: dict[str, str]


@dataclass
class TokenServer:
    """What the server knows and does now; a test changes it at any time.

    ``mode``: ``good``, ``down``, ``busy``, ``garbage``, ``huge``, ``slow``, ``redirect``,
    ``hang_up``, ``gone``, or the ``error`` of a refusal such as ``invalid_client``.
    """

    user: str = "user0"
    client_id: str = "client"
    secret: str = "hush-client"
    lifetime: float | None = 3600
    scope: str = SCOPE
    mode: str = "good"
    description: str = ""
    introspecting: bool = True
    skew: float = 0
    refresh_token: str = "hush-refresh-0"
    keep_refresh_token: bool = False
    given: dict[str, Given] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    asked: list[Asked] = field(default_factory=list)
    introspected: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0
    tls_port: int = 0

    @property
    def url(self) -> str:
        """The token endpoint without encryption."""
        return f"http://127.0.0.1:{self.port}/token"

    @property
    def tls_url(self) -> str:
        """The token endpoint with encryption."""
        return f"https://127.0.0.1:{self.tls_port}/token"

    def give(self, *, lifetime: float | None = None) -> str:
        """Give out a token for the user of now."""
        seconds = self.lifetime if lifetime is None else lifetime
        token = f"hush-access-{len(self.given)}"
        self.given[token] = Given(self.user, time.time() + (seconds or 3600), self.scope)
        return token

    def revoke(self) -> None:
        """End all tokens that were given out."""
        for token in self.given.values():
            token.until = 0

    def seen(self, token: str) -> dict[str, Any]:
        """Return what introspection says of a token."""
        found = self.given.get(token)
        if found is None or found.until <= time.time():
            return {"active": "false"}
        return {"active": "true", "user": found.user, "scope": found.scope}

    def answer(self, asked: Asked) -> tuple[int, dict[str, Any]]:
        """Answer a request for a token."""
        with self.lock:
            self.asked.append(asked)
            if self.mode not in {"good", "slow"}:
                return 400, {"error": self.mode, "error_description": self.description}
            form, grant = asked.form, asked.form.get("grant_type", "")
            if grant == "refresh_token":
                return self._refreshed(form)
            if grant == "client_credentials" and not self._knows(asked):
                return 401, {"error": "invalid_client", "error_description": form.get("x", "no")}
            return 200, self._token()

    def _knows(self, asked: Asked) -> bool:
        form, basic = asked.form, asked.headers.get("authorization", "")
        pair = (form.get("client_id", ""), form.get("client_secret", ""))
        if basic.startswith("Basic "):
            one, _, two = base64.b64decode(basic[6:]).decode().partition(":")
            pair = (unquote_plus(one), unquote_plus(two))
        return "client_assertion" in form or pair == (self.client_id, self.secret)

    def _refreshed(self, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        token = form.get("refresh_token", "")
        if token in self.used:
            self.refresh_token = ""  # somebody has a copy: all end
        if not token or token != self.refresh_token:
            return 400, {"error": "invalid_grant", "error_description": f"not {token}"}
        answer = self._token()
        if not self.keep_refresh_token:
            self.used.add(token)
            self.refresh_token = f"hush-refresh-{len(self.used)}"
            answer["refresh_token"] = self.refresh_token
        return 200, answer

    def _token(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"access_token": self.give(), "token_type": "Bearer"}
        if self.lifetime is not None:
            answer["expires_in"] = self.lifetime
        return answer


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_GET(self) -> None:
        known, parts = self.server.known, urlsplit(self.path)
        if parts.path.endswith("/openid-configuration"):
            base = f"https://127.0.0.1:{known.tls_port}{parts.path.partition('/v2.0')[0]}"
            if known.mode == "invalid_tenant":
                self._say(400, {"error": "invalid_tenant", "error_description": known.description})
                return
            self._say(200, {"issuer": base, "token_endpoint": f"{base}/token",
                            "authorization_endpoint": f"{base}/authorize"})  # fmt: skip
            return
        known.introspected += 1
        if not known.introspecting:
            self._say(503, {})
            return
        self._say(200, known.seen(parse_qs(parts.query).get("token", [""])[0]))

    def do_POST(self) -> None:
        known = self.server.known
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.path, form, headers)
        fail = getattr(self, f"_{known.mode}", None)
        if fail is not None:
            known.asked.append(asked)
            fail()
            return
        self._say(*known.answer(asked))

    def _down(self) -> None:
        self._say(503, {})

    def _busy(self) -> None:
        self._say(429, {}, {"Retry-After": "120"})

    def _gone(self) -> None:
        self._say(404, {})

    def _redirect(self) -> None:
        self._say(307, {}, {"Location": f"http://127.0.0.1:{self.server.known.port}/elsewhere"})

    def _garbage(self) -> None:
        self._send(200, b"<html>\xff hush-client sign in", {"Content-Type": "text/html"})

    def _huge(self) -> None:
        self._send(200, b'{"access_token": "' + b"x" * 3_000_000 + b'"}', {})

    def _hang_up(self) -> None:
        self.close_connection = True

    def _slow(self) -> None:
        """Send a byte at a time, each soon enough for a time limit of single reads."""
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.known.released.wait(0.05):
                self.wfile.write(b" ")

    def _say(
        self, status: int, fields: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        kind = {"Content-Type": "application/json"}
        self._send(status, json.dumps(fields).encode(), {**kind, **(headers or {})})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Tell the time of the server's clock."""
        at = time.time() if timestamp is None else timestamp
        return super().date_time_string(int(at + self.server.known.skew))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    known: TokenServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is what some tests want."""


@contextmanager
def token_server(certificate: Path | None = None, **more: Any) -> Iterator[TokenServer]:
    """Run the server; with ``certificate`` (key and certificate) over TLS as well."""
    known = TokenServer(**more)
    servers = [_Server(("127.0.0.1", 0), _Handler)]
    known.port = servers[0].server_port
    if certificate is not None:
        safe = _Server(("127.0.0.1", 0), _Handler)
        safe.socket = server_context(certificate).wrap_socket(
            safe.socket, server_side=True, do_handshake_on_connect=False
        )
        known.tls_port = safe.server_port
        servers.append(safe)
    threads = []
    for server in servers:
        server.known = known
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        threads.append(thread)
    try:
        yield known
    finally:
        known.released.set()
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()
