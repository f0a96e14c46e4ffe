"""Meta's Graph API on loopback, written from its documentation: what the programme asks of it.

It remembers: numbers with their statuses, codes, certificates that expire after 7 days,
registrations (10 in 72 hours), short links. It fails on demand: :meth:`FakeMeta.fail`. Each
request is compared with the published description where that is there (``meta_contract``); what
does not fit is answered as Meta would, and kept in ``breaches``, which the fixtures look at.
"""

import contextlib
import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pipeline.clock import Clock, SystemClock
from pipeline.config import MetaSettings
from tests.servers import meta_contract
from tests.servers.certificates import server_context
from tests.servers.meta_failures import FAILURES, Failure, Line, error_body
from tests.servers.meta_state import Account, Answered

#: What each path is called: the methods of :class:`pipeline.meta.api.Graph`.
_CALLS = (
    ("GET", r"/v[0-9.]+/{waba}/phone_numbers", "numbers"),
    ("POST", r"/v[0-9.]+/{waba}/phone_numbers", "add_number"),
    ("POST", r"/v[0-9.]+/(\d+)/request_code", "request_code"),
    ("POST", r"/v[0-9.]+/(\d+)/verify_code", "verify_code"),
    ("POST", r"/v[0-9.]+/(\d+)/register", "register"),
    ("GET", r"/v[0-9.]+/(\d+)/message_qrdls", "short_links"),
    ("POST", r"/v[0-9.]+/(\d+)/message_qrdls", "create_link"),
    ("DELETE", r"/v[0-9.]+/(\d+)/message_qrdls/([^/]+)", "delete_link"),
    ("GET", r"/v[0-9.]+/(\d+)", "number"),
    ("GET", r"/images/([^/]+)", "image"),
)


@dataclass
class Asked:
    """One request that came in; ``call`` is the method of the client that makes it."""

    call: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


@dataclass
class FakeMeta:
    """What the server knows and does now; a test changes it at any time."""

    waba_id: str = "102290129340398"
    token: str = "EAABhush-token"
    clock: Clock = field(default_factory=SystemClock)
    #: ``good``, ``expired`` or ``revoked``.
    token_state: str = "good"
    #: Calls that are answered until the account has reached its rate limit; None: all.
    budget: int | None = None
    #: Whether each line is closed after its answer, although the answer does not say so.
    hangs_up: bool = False
    account: Account = field(init=False)
    asked: list[Asked] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    failures: dict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)
    port: int = 0
    tls_port: int = 0

    def __post_init__(self) -> None:
        self.account = Account(self.clock)

    @property
    def url(self) -> str:
        """The base URL without encryption."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        """The base URL with encryption."""
        return f"https://127.0.0.1:{self.tls_port}"

    def settings(self, folder: Path, **more: Any) -> MetaSettings:
        """Return the settings of a client of this server; the token's file is in ``folder``."""
        secret = folder / "meta-token"
        secret.touch(mode=0o600)
        secret.write_text(self.token)
        values = {
            "base_url": self.url,
            "waba_id": self.waba_id,
            "token": {"file": str(secret)},
            "timeout_seconds": 10,
        }
        return MetaSettings(**{**values, **more})

    def fail(
        self, call: str, kind: str | int, *, times: int = 1, done: bool = False, **more: Any
    ) -> None:
        """Let the next ``times`` of ``call`` (or ``*``) fail.

        ``kind`` is a name of ``meta_failures.FAILURES`` or a code of Graph errors (with
        ``subcode``, ``status``, ``headers``, ``message``). ``done``: the call does its work, and
        only its answer is lost.
        """
        failure = Failure(
            str(kind), code=kind if isinstance(kind, int) else None, done=done, **more
        )
        assert failure.code is not None or failure.kind in FAILURES, failure.kind
        with self.lock:
            self.failures[call] += [failure] * times

    def calls(self, call: str | None = None) -> list[Asked]:
        """Return the requests of one call, or all."""
        with self.lock:
            return [asked for asked in self.asked if call in {None, asked.call}]

    def reload(self) -> None:
        """Forget requests and failures that wait."""
        with self.lock:
            self.asked.clear()
            self.failures.clear()

    def answer(self, asked: Asked) -> tuple[Answered, Failure | None]:
        """Answer a request, and say how the answer fails, if it does."""
        with self.lock:
            self.asked.append(asked)
            waiting = self.failures[asked.call] or self.failures["*"]
            failure = waiting.pop(0) if waiting else None
            if failure is not None and not failure.done:
                return Answered({}), failure
            return self._judged(asked), failure

    def _judged(self, asked: Asked) -> Answered:
        if asked.call == "image":
            return self._image(asked)
        found = meta_contract.breaches(
            asked.method, asked.path, asked.query, asked.body, asked.headers
        )
        if found:
            self.breaches += [f"{asked.call}: {text}" for text in found]
            return Answered(error_body(100, message=f"Invalid parameter: {found[0]}"), 400)
        refused = self._refused(asked)
        return refused or self.account.answer(asked.call, _ids(asked), asked.query, asked.body)

    def _refused(self, asked: Asked) -> Answered | None:
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            # the real one repeats the token
            said = f"Malformed access token {asked.headers.get('authorization', '')[7:]}"
            return Answered(error_body(190, message=said), 400)
        if self.token_state != "good":
            subcode = 463 if self.token_state == "expired" else 460
            said = f"Error validating access token: Session has {self.token_state}"
            return Answered(error_body(190, subcode, message=said), 401)
        if asked.call == "" or (
            f"/{self.waba_id}/" not in asked.path and "phone_numbers" in asked.path
        ):
            said = "Unsupported request. Object with ID does not exist"
            return Answered(error_body(100, 33, message=said), 400)
        if self.budget is not None:
            self.budget -= 1
            if self.budget < 0:
                usage = {self.waba_id: [{"type": "whatsapp", "call_count": 100, "total_cputime": 1,
                         "total_time": 1, "estimated_time_to_regain_access": 17}]}  # fmt: skip
                headers = {"X-Business-Use-Case-Usage": json.dumps(usage)}
                body = error_body(80007, 2446079, message="Rate limit issues")
                return Answered(body, 400, headers)
        return None

    def _image(self, asked: Asked) -> Answered:
        if "authorization" in asked.headers:
            self.breaches.append("image: our token was sent to the host of the images")
        kind = "svg+xml" if asked.path.endswith(".svg") else "png"
        content = b"<svg xmlns='http://www.w3.org/2000/svg'/>" if kind == "svg+xml" else _PNG
        return Answered(content, 200, {"Content-Type": f"image/{kind}"})

    def call_of(self, method: str, path: str) -> str:
        """Return what a path is called, empty when nothing is there."""
        for verb, pattern, call in _CALLS:
            if verb == method and re.fullmatch(pattern.replace("{waba}", r"\d+"), path):
                return call
        return ""


#: The head of a PNG: nobody draws it.
_PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


def _ids(asked: Asked) -> list[str]:
    """Return the ids in a path behind the version."""
    return [part for part in asked.path.split("/")[2:] if re.fullmatch(r"\d+|[A-Z0-9]{14}", part)]


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def _handle(self) -> None:
        known, parts = self.server.known, urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = None
        if raw:
            with contextlib.suppress(ValueError):
                body = json.loads(raw)
        call = known.call_of(self.command, parts.path)
        if call == "create_link" and isinstance(body, dict) and "code" in body:
            call = "update_link"
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(call, self.command, parts.path, dict(parse_qsl(parts.query)), body, headers)
        answered, failure = known.answer(asked)
        line = Line(self, known.released)
        with contextlib.suppress(OSError):
            if failure is None:
                # without a word: whoever keeps the line finds out when it is used again
                self.close_connection = known.hangs_up
                answered = self.server.absolute(answered)
                line.send(answered.status, answered.content(), answered.headers)
            else:
                self.close_connection = True
                line.headers["Connection"] = "close"
                failure.play(line)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    known: FakeMeta
    scheme = "http"

    def absolute(self, answered: Answered) -> Answered:
        """Give images an address on this server."""
        return answered.with_host(f"{self.scheme}://127.0.0.1:{self.server_port}")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is what some tests want."""


@contextmanager
def fake_meta(certificate: Path | None = None, **more: Any) -> Iterator[FakeMeta]:
    """Run the server; with ``certificate`` (key and certificate) over TLS as well.

    ``more`` are values of :class:`FakeMeta`: ``clock``, ``token``, ``waba_id`` …
    """
    known = FakeMeta(**more)
    servers = [_Server(("127.0.0.1", 0), _Handler)]
    known.port = servers[0].server_port
    if certificate is not None:
        safe = _Server(("127.0.0.1", 0), _Handler)
        safe.scheme = "https"
        safe.socket = server_context(certificate).wrap_socket(
            safe.socket, server_side=True, do_handshake_on_connect=False
        )
        known.tls_port = safe.server_port
        servers.append(safe)
    threads = []
    for server in servers:
        server.known = known
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
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
