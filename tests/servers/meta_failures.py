"""How the fake of Meta fails on demand: errors of Graph, broken answers, slow and cut lines."""

import gzip
import json
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any

#: What can be asked of :meth:`tests.servers.meta.FakeMeta.fail` beside the codes of Graph.
FAILURES = frozenset({
    "500", "502", "503", "html", "html_404", "broken_json", "list", "number", "null", "empty",
    "wrong_types", "redirect", "huge", "gzip_bomb", "gzip", "slow", "drip", "drip_headers",
    "hang_up", "reset", "cut", "deep_json", "not_utf8", "huge_headers", "informed",
})  # fmt: skip
_HUGE = 100_000_000
_STEP = 0.02


def error_body(
    code: int, subcode: int | None = None, *, message: str = "", user: str = ""
) -> dict[str, Any]:
    """Return an error as Graph writes it."""
    error: dict[str, Any] = {
        "message": f"(#{code}) {message or 'An error'}",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "AXsgnV2Cm3ZMGF3dF_cfYIn",
    }
    if subcode is not None:
        error["error_subcode"] = subcode
    if user:
        error |= {"error_user_title": message, "error_user_msg": user, "is_transient": False}
    return {"error": error}


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(30_000_000), 1)


@dataclass
class Line:
    """The connection of one request; ``headers`` are sent with every answer."""

    handler: BaseHTTPRequestHandler
    released: threading.Event
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Send a whole answer."""
        self.head(status, {"Content-Length": str(len(body)), **headers})
        self.handler.wfile.write(body)

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the head of an answer."""
        self.handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **self.headers, **headers}.items():
            self.handler.send_header(name, value)
        self.handler.end_headers()

    def write(self, data: bytes) -> None:
        """Send bytes at once."""
        self.handler.wfile.write(data)
        self.handler.wfile.flush()


@dataclass
class Failure:
    """One failure; see :meth:`tests.servers.meta.FakeMeta.fail`."""

    kind: str
    code: int | None = None
    subcode: int | None = None
    status: int = 400
    headers: dict[str, str] = field(default_factory=dict)
    message: str = ""
    done: bool = False

    def play(self, line: Line) -> None:
        """Answer with it."""
        if self.code is not None:
            body = error_body(self.code, self.subcode, message=self.message)
            line.send(self.status, json.dumps(body).encode(), self.headers)
            return
        if self.kind.isdigit():
            line.send(int(self.kind), b"", self.headers)
            return
        getattr(self, f"_{self.kind}")(line)

    def _html(self, line: Line) -> None:
        line.send(200, b"<html>\xff sign in</html>", {"Content-Type": "text/html"})

    def _html_404(self, line: Line) -> None:
        line.send(404, b"<html>not found</html>", {"Content-Type": "text/html"})

    def _broken_json(self, line: Line) -> None:
        line.send(200, b'{"data": [{"id": "1", ', {})

    def _deep_json(self, line: Line) -> None:
        line.send(200, b"[" * 200_000, {})

    def _not_utf8(self, line: Line) -> None:
        line.send(200, b'{"id": "\xff\xfe"}', {})

    def _list(self, line: Line) -> None:
        line.send(200, b"[]", {})

    def _number(self, line: Line) -> None:
        line.send(200, b"1" * 100_000, {})

    def _null(self, line: Line) -> None:
        line.send(200, b"null", {})

    def _empty(self, line: Line) -> None:
        line.send(200, b"", {})

    def _wrong_types(self, line: Line) -> None:
        wrong = {"id": 17, "data": {"a": 1}, "success": "yes", "code": None, "deep_link_url": [],
                 "prefilled_message": {}, "display_phone_number": 1.5, "status": []}  # fmt: skip
        line.send(200, json.dumps(wrong).encode(), {})

    def _redirect(self, line: Line) -> None:
        host = line.handler.headers.get("Host", "")
        line.send(307, b"", {"Location": f"http://{host}/v23.0/1/phone_numbers"})

    def _huge(self, line: Line) -> None:
        line.head(200, {"Content-Length": str(_HUGE)})
        block = b" " * 1_000_000
        for _ in range(_HUGE // len(block)):
            line.write(block)

    def _gzip_bomb(self, line: Line) -> None:
        line.send(200, _bomb(), {"Content-Encoding": "gzip"})

    def _gzip(self, line: Line) -> None:
        line.send(200, gzip.compress(b'{"data": []}'), {"Content-Encoding": "gzip"})

    def _slow(self, line: Line) -> None:
        line.released.wait(60)

    def _drip(self, line: Line) -> None:
        line.head(200, {})
        while not line.released.wait(_STEP):
            line.write(b" ")

    def _drip_headers(self, line: Line) -> None:
        line.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not line.released.wait(_STEP):
            line.write(b"x")

    def _huge_headers(self, line: Line) -> None:
        line.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(1000):
            line.write(b"X-More: " + b"x" * 10_000 + b"\r\n")

    def _informed(self, line: Line) -> None:
        """Say again and again that the answer will come (RFC 9110, 15.2)."""
        while not line.released.wait(_STEP):
            line.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")

    def _hang_up(self, line: Line) -> None:
        """Close without a word."""

    def _reset(self, line: Line) -> None:
        connection: socket.socket = line.handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def _cut(self, line: Line) -> None:
        """Announce more than is sent."""
        line.head(200, {"Content-Length": "1000"})
        line.write(b'{"data": [')
