"""One request over HTTP to Meta: checked TLS, a limit for the whole time, a limit for the size.

The time limits of httpx are for single reads: a server that sends a byte now and then would hold
us for ever. So every wait of a request is cut to what is left of its whole time.
"""

import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import httpcore
import httpx

from pipeline.meta.errors import About, MetaError, Reason, unreadable
from pipeline.tls import answered_plain


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of any status; its bytes may be a certificate."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; its headers hold the token, its body may hold a code."""

    call: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    most_bytes: int = 1_000_000

    @property
    def writes(self) -> bool:
        """Whether it changes something at Meta."""
        return self.method != "GET"


class Transport:
    """Sends requests over kept connections; not for several threads."""

    def __init__(self, ca_file: str = "", *, encrypted: bool = True) -> None:
        self._deadline = _Deadline()
        # reading the authorities of the machine takes longer than a request on loopback
        trusted = ssl.create_default_context(cafile=ca_file or None) if encrypted else None
        self._reading = self._opened(trusted, kept=2)
        # A kept connection may be closed by the server just as we write, and then nobody knows
        # whether it was read. A read is tried again; a write gets a connection of its own.
        self._writing = self._opened(trusted, kept=0)

    def _opened(self, trusted: ssl.SSLContext | None, kept: int) -> httpx.Client:
        pool = httpcore.ConnectionPool(
            ssl_context=trusted,
            max_keepalive_connections=kept,
            keepalive_expiry=5,
            network_backend=_Backend(self._deadline),
        )
        # no proxy, no netrc, no file of authorities of the environment: only what the settings say
        client = httpx.Client(transport=_Pool(pool), trust_env=False, follow_redirects=False)
        # those of httpx would name it and take compressed answers, which may be bombs
        client.headers = httpx.Headers({"Accept-Encoding": "identity"})
        return client

    def close(self) -> None:
        """Close all connections."""
        self._reading.close()
        self._writing.close()

    def send(self, request: Request, seconds: float) -> Answer:
        """Send one request; it takes ``seconds`` at most, from the first byte to the last.

        Raises MetaError: UNREACHABLE, SLOW, TLS, UNREADABLE for too many bytes, or REFUSED for what
        cannot be sent.
        """
        self._deadline.start(seconds)
        client = self._writing if request.writes else self._reading
        made = _made(client, request)
        try:
            with closing(client.send(made, stream=True)) as response:
                body = self._body(response, request)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, headers, body)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _told(error, request) from None

    def _body(self, response: httpx.Response, request: Request) -> bytes:
        encoding = response.headers.get("Content-Encoding", "identity")
        if encoding.strip().lower() not in {"", "identity"}:
            said = f"HTTP {response.status_code}, {encoding[:20]}"
            raise unreadable(request.call, said, written=request.writes)
        parts, length = [], 0
        for part in response.iter_raw():
            parts.append(part)
            length += len(part)
            if length > request.most_bytes:
                said = f"> {request.most_bytes} bytes"
                raise unreadable(request.call, said, written=request.writes)
        return b"".join(parts)


class _Deadline:
    """The end of the present request."""

    def __init__(self) -> None:
        self._at = 0.0

    def start(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, late: type[httpcore.TimeoutException]) -> float:
        left = self._at - time.monotonic()
        if left <= 0:
            raise late
        return left


class _Backend(httpcore.SyncBackend):
    """Opens connections whose waits end with the deadline."""

    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - ours is for the whole request
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection."""
        left = self._deadline.left(httpcore.ConnectTimeout)
        stream = super().connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    """A connection whose waits end with the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Read what there is."""
        return self._inner.read(max_bytes, self._deadline.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Write all."""
        self._inner.write(buffer, self._deadline.left(httpcore.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Begin with TLS."""
        left = self._deadline.left(httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Tell about the connection."""
        return self._inner.get_extra_info(info)


class _Pool(httpx.BaseTransport):
    """httpx over a pool of connections of our own, as its own transport is over one of its."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        content = request.stream
        assert isinstance(content, httpx.SyncByteStream)  # noqa: S101 - for the type checker
        answered = self._pool.handle_request(
            httpcore.Request(request.method, url, headers=request.headers.raw, content=content)
        )
        stream = answered.stream
        assert isinstance(stream, Iterable)  # noqa: S101 - for the type checker
        return httpx.Response(
            answered.status, headers=answered.headers, stream=_Body(stream, answered)
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """The bytes of an answer as they come."""

    def __init__(self, stream: Iterable[bytes], answered: httpcore.Response) -> None:
        self._stream = stream
        self._answered = answered

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        """Give the connection back, or end it when the answer was not read."""
        self._answered.close()


def _made(client: httpx.Client, request: Request) -> httpx.Request:
    try:
        return client.build_request(
            request.method,
            request.url,
            params=dict(request.params) or None,
            headers=dict(request.headers),
            json=request.json,
        )
    except (httpx.InvalidURL, ValueError) as error:  # half a surrogate pair in a text is one
        said = type(error).__name__
    raise MetaError(Reason.REFUSED, call=request.call, about=About.ITEM, said=said)


def _told(error: Exception, request: Request) -> MetaError:
    # httpcore cuts the cause off and leaves it as the context
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        said = cause.verify_message
        return MetaError(Reason.TLS, call=request.call, about=About.SETTING, said=said)
    if cause is not None and answered_plain(cause):
        return MetaError(Reason.TLS, call=request.call, about=About.SETTING, said="no TLS")
    slow = isinstance(error, httpcore.TimeoutException)
    sent = not isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout)
    named = cause or error
    return MetaError(
        Reason.SLOW if slow else Reason.UNREACHABLE,
        call=request.call,
        about=About.SERVER,
        said=getattr(named, "strerror", None) or type(named).__name__,
        outcome_unknown=request.writes and sent,
    )
