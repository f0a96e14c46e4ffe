"""One request over HTTP to a token endpoint: checked TLS, a time limit, a size limit, no redirect.

Secrets go to the named server only. ``http:`` is for this machine.
"""

import contextlib
import email.utils
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlsplit

from pipeline.config.places import is_endpoint
from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.tls import answered_plain

_MOST_BYTES = 1_000_000
_LONGEST_WAIT = 86_400
_OK, _REDIRECT, _CLIENT, _SERVER = 200, 300, 400, 500
#: Answers that are about now, not about us: RFC 9110 15.5.9, RFC 8470 5.2, RFC 6585 4.
_NOT_NOW = frozenset({408, 425, 429})
_NOT_THERE = frozenset({404, 405, 410})


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of 2xx or 4xx; ``at`` is the server's clock (RFC 9110, 6.6.1)."""

    status: int
    body: bytes = field(repr=False)
    at: datetime | None = None

    @property
    def good(self) -> bool:
        """Whether the server did what it was asked."""
        return _OK <= self.status < _REDIRECT


@dataclass
class Transport:
    """Makes requests and remembers the last answer, which a library may not pass on."""

    ca_file: str = ""
    seconds: float = 20.0
    last: Answer | None = None
    asked_at: datetime | None = None

    def request(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and return its answer.

        Raises TryLaterError ``token_endpoint_down`` or ``token_host_unknown``, and
        ConfigurationError ``token_url``, ``token_tls_refused``, ``token_redirect``,
        ``token_not_there``, ``ca_file_unusable``.
        """
        self.last = None
        parts = urlsplit(url) if is_endpoint(url) else None
        if parts is None:
            raise ConfigurationError("token_url")
        place = place_of(url)
        try:
            with self._line(parts) as line:
                answer = self._exchange(line, parts, (method, body, headers or {}))
        except PipelineError:
            raise
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            raise _told(error, parts, place) from error
        self.last = answer
        return answer

    @contextlib.contextmanager
    def _line(self, parts: SplitResult) -> Iterator[socket.socket]:
        """Give a connection that is cut when the time is over, however slowly bytes come in."""
        context = self._context() if parts.scheme == "https" else None
        host = parts.hostname or ""
        port = parts.port or (443 if context else 80)
        with contextlib.ExitStack() as stack:
            line = stack.enter_context(socket.create_connection((host, port), self.seconds))
            if context is not None:
                line = stack.enter_context(
                    context.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
                )
            late = threading.Event()

            def cut() -> None:
                late.set()
                with contextlib.suppress(OSError):
                    # not SSLSocket's own: that would let go of the TLS state another thread uses
                    socket.socket.shutdown(line, socket.SHUT_RDWR)

            timer = threading.Timer(self.seconds, cut)
            timer.daemon = True
            timer.start()
            stack.callback(timer.join)
            stack.callback(timer.cancel)
            try:
                if isinstance(line, ssl.SSLSocket):
                    line.do_handshake()
                yield line
                if late.is_set():
                    raise TimeoutError  # the cut looks like the end of the answer
            except (OSError, http.client.HTTPException, UnicodeError) as error:
                if late.is_set():
                    raise TimeoutError from error
                raise

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:
            raise ConfigurationError(
                "ca_file_unusable", path=self.ca_file, key="oauth.ca_file"
            ) from error

    def _exchange(
        self,
        line: socket.socket,
        parts: SplitResult,
        what: tuple[str, bytes | None, Mapping[str, str]],
    ) -> Answer:
        method, body, headers = what
        host, place = parts.hostname or "", _place(parts)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else None
        connection = (kind or http.client.HTTPConnection)(host, parts.port)
        connection.sock = line
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.asked_at = datetime.now(UTC)
        with contextlib.closing(connection):
            connection.request(method, target, body, dict(headers))
            with connection.getresponse() as response:
                content = response.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise TryLaterError("token_answer", place=place, reason=f"> {_MOST_BYTES} bytes")
        _check_status(response, place)
        return Answer(response.status, content, _date(response.getheader("Date", "")))


def place_of(url: str) -> str:
    """Return host and port of a URL, to be shown."""
    return _place(urlsplit(url))


def _place(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _check_status(response: http.client.HTTPResponse, place: str) -> None:
    """Refuse what no token request is answered with."""
    status, said = response.status, f"HTTP {response.status}"
    if status >= _SERVER or status in _NOT_NOW:
        wait = _seconds(response.getheader("Retry-After", ""))
        reason = f"{said}, Retry-After {wait} s" if wait else said
        raise _BusyError("token_endpoint_down", wait, place=place, reason=reason)
    if _REDIRECT <= status < _CLIENT:
        raise ConfigurationError("token_redirect", place=place, reason=said)
    if status in _NOT_THERE:
        raise ConfigurationError("token_not_there", place=place, reason=said)


class _BusyError(TryLaterError):
    """The endpoint cannot now; ``wait`` is how many seconds it wants to be left alone."""

    def __init__(self, code: str, wait: int, **params: object) -> None:
        super().__init__(code, **params)
        self.wait = wait


def wait_of(error: BaseException) -> int:
    """Return the seconds for which an endpoint wants no further request."""
    return error.wait if isinstance(error, _BusyError) else 0


def _seconds(text: str) -> int:
    """Return Retry-After in seconds (RFC 9110, 10.2.3: a number or a date)."""
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), _LONGEST_WAIT)
    at = _date(text)
    left = (at - datetime.now(UTC)).total_seconds() if at else 0.0
    return max(0, min(int(left), _LONGEST_WAIT))


def _date(text: str) -> datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _told(error: Exception, parts: SplitResult, place: str) -> PipelineError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConfigurationError("token_tls_refused", place=place, reason=error.verify_message)
    if answered_plain(error):
        return ConfigurationError("token_tls_refused", place=place, reason="no TLS")
    if isinstance(error, socket.gaierror | UnicodeError):
        return TryLaterError("token_host_unknown", host=parts.hostname or "")
    reason = "timeout" if isinstance(error, TimeoutError) else type(error).__name__
    return TryLaterError("token_endpoint_down", place=place, reason=reason)
