"""A real SMTP server on a free loopback port that records what it takes and fails on demand."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

#: What a failure answers: a reply line, or None to drop the connection there.
Answer = str | None


@dataclass
class SmtpSink:
    """The server's address, the mails that it took, and the failures that wait.

    ``failures`` maps a moment (``mail``, ``rcpt``, ``data`` after the final dot, ``drop_in_data``)
    to the answers of the next times; when they are used up, everything is taken again.
    """

    port: int = 0
    host: str = "127.0.0.1"
    messages: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    connections: int = 0
    failures: dict[str, list[Answer]] = field(default_factory=dict)

    def fail(self, moment: str, *answers: Answer) -> None:
        """Let the next times of ``moment`` be answered so."""
        self.failures.setdefault(moment, []).extend(answers)

    def next_failure(self, moment: str) -> tuple[bool, Answer]:
        """Return whether ``moment`` fails now, and how."""
        waiting = self.failures.get(moment, [])
        return (True, waiting.pop(0)) if waiting else (False, None)


class _Handler:
    def __init__(self, sink: SmtpSink) -> None:
        self.sink = sink

    async def handle_EHLO(  # noqa: N802 - aiosmtpd calls it by this name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self.sink.connections += 1
        return responses

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        failed, answer = self.sink.next_failure("mail")
        if failed:
            return _answer(server, answer)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        failed, answer = self.sink.next_failure("rcpt")
        if failed:
            return _answer(server, answer)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        failed, answer = self.sink.next_failure("data")
        if failed:
            return _answer(server, answer)
        content = envelope.content
        assert isinstance(content, bytes)
        self.sink.messages.append((str(envelope.mail_from), list(envelope.rcpt_tos), content))
        return "250 taken"


class FreePortController(Controller):
    """A controller whose port the system chose."""

    def _trigger_server(self) -> None:
        self.port = cast("asyncio.Server", self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _answer(server: SMTP, answer: Answer) -> str:
    if answer is not None:
        return answer
    cast("asyncio.Transport", server.transport).abort()
    return "421 gone"


@contextlib.contextmanager
def smtp_sink(
    *,
    tls: ssl.SSLContext | None = None,
    password: str = "",
    require_starttls: bool = False,
    smtputf8: bool = True,
    mechanisms: object = None,
) -> Iterator[SmtpSink]:
    """Run a sink; with ``tls`` it offers STARTTLS, with ``password`` user ``box`` must log in.

    ``mechanisms`` has methods ``auth_NAME`` of aiosmtpd, of which one has to be used over TLS.
    """
    sink = SmtpSink()
    options: dict[str, Any] = {"enable_SMTPUTF8": smtputf8}
    if tls is not None:
        options |= {"tls_context": tls, "require_starttls": require_starttls}
    if password:
        options |= {"authenticator": _authenticator(password), "auth_required": True}
        options["auth_require_tls"] = tls is not None
    handler = _Handler(sink)
    if mechanisms is not None:
        options |= {"auth_required": True, "auth_require_tls": True}
        options["auth_exclude_mechanism"] = ["LOGIN", "PLAIN"]
        for name in ("auth_XOAUTH2", "auth_OAUTHBEARER"):
            if (method := getattr(mechanisms, name)) is not None:
                setattr(handler, name, method)
    controller = FreePortController(handler, hostname=sink.host, port=0, **options)
    controller.start()
    try:
        sink.port = controller.port
        yield sink
    finally:
        controller.stop()


def _authenticator(password: str) -> Callable[..., AuthResult]:
    def check(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and data == LoginPassword(b"box", password.encode())
        return AuthResult(success=known, handled=False)

    return check
