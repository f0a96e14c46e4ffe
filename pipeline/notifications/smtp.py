"""A courier that speaks SMTP (RFC 5321), over one connection for a batch."""

import contextlib
import smtplib
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal

from pipeline.errors import ConfigurationError
from pipeline.notifications.addresses import on_the_wire
from pipeline.notifications.courier import Delivery, DeliveryKind

_PERMANENT = 500
_CLOSING = 421
_READY_FOR_DATA = 354
_OK = 250
_DETAIL_LENGTH = 200


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes out. ``encryption`` ``none`` is allowed on a loopback address only."""

    host: str
    port: int = 587
    encryption: Literal["tls", "starttls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 60.0
    tls: ssl.SSLContext | None = None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _answer(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = " ".join(f"{code} {words}".split())
    return line[:_DETAIL_LENGTH]


def _refusal(code: int, text: bytes | str) -> Delivery:
    kind = DeliveryKind.FAILED if code >= _PERMANENT else DeliveryKind.DEFERRED
    return Delivery(kind, _answer(code, text))


class SmtpCourier:
    """Hands mails to one server; a broken connection is opened again for the next mail.

    Raises ConfigurationError ``smtp_plain_not_local`` when the mail and the password would cross a
    network without encryption.
    """

    def __init__(self, server: SmtpServer) -> None:
        if server.encryption == "none" and not _is_loopback(server.host):
            raise ConfigurationError("smtp_plain_not_local", host=server.host)
        self._server = server
        self._line: smtplib.SMTP | None = None

    def deliver(self, message_bytes: bytes, envelope_sender: str, recipient: str) -> Delivery:
        """Hand over one mail.

        Before the final dot a broken line means deferred, after it in doubt; 4yz means deferred,
        5yz about this mail failed.
        """
        line = self._open()
        if isinstance(line, Delivery):
            return line
        wire = on_the_wire(recipient)
        if not wire.isascii() and not line.has_extn("smtputf8"):
            return Delivery(DeliveryKind.FAILED, "smtputf8_missing")
        try:
            refused = self._envelope(line, envelope_sender, wire)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Delivery(DeliveryKind.DEFERRED, type(error).__name__)
        if refused is not None:
            return refused
        return self._data(line, message_bytes)

    def check(self) -> Delivery:
        """Connect and log in; nothing is sent."""
        line = self._open()
        return line if isinstance(line, Delivery) else Delivery(DeliveryKind.SENT)

    def _open(self) -> smtplib.SMTP | Delivery:
        """Return the connection, or why there is none."""
        try:
            return self._connected()
        except smtplib.SMTPResponseException as error:
            answer = _answer(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            answer = type(error).__name__
        self._drop()
        return Delivery(DeliveryKind.DEFERRED, answer, unreachable=True)

    def close(self) -> None:
        """Say goodbye to the server."""
        line, self._line = self._line, None
        if line is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                line.quit()

    def _drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _connected(self) -> smtplib.SMTP:
        if self._line is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                if self._line.noop()[0] == _OK:
                    return self._line
            self._drop()
        server = self._server
        context = server.tls or ssl.create_default_context()
        if server.encryption == "tls":
            self._line = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.timeout, context=context
            )
        else:
            self._line = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        if server.encryption == "starttls":
            self._line.starttls(context=context)
        self._line.ehlo_or_helo_if_needed()
        if server.user:
            self._line.login(server.user, server.password)
        return self._line

    def _envelope(self, line: smtplib.SMTP, sender: str, recipient: str) -> Delivery | None:
        """Name sender and recipient; return the refusal, or None when both are taken."""
        options = [] if recipient.isascii() else ["SMTPUTF8"]
        line.command_encoding = "ascii" if recipient.isascii() else "utf-8"
        code, text = line.mail(sender, options)
        if code == _OK:
            code, text = line.rcpt(recipient)
        if code in {_OK, _OK + 1}:
            return None
        if code == _CLOSING:
            self._drop()
        else:
            line.rset()
        return _refusal(code, text)

    def _data(self, line: smtplib.SMTP, message_bytes: bytes) -> Delivery:
        dotted = False
        try:
            code, text = line.docmd("DATA")
            if code != _READY_FOR_DATA:
                line.rset()
                return _refusal(code, text)
            body = message_bytes if message_bytes.endswith(b"\r\n") else message_bytes + b"\r\n"
            line.send(_dot_stuffed(body))
            dotted = True
            line.send(b".\r\n")
            code, text = line.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            kind = DeliveryKind.IN_DOUBT if dotted else DeliveryKind.DEFERRED
            return Delivery(kind, type(error).__name__)
        if code == _CLOSING:
            self._drop()
        if code == _OK:
            return Delivery(DeliveryKind.SENT, _answer(code, text))
        return _refusal(code, text)


def _dot_stuffed(message_bytes: bytes) -> bytes:
    """Return the mail with each leading dot of a line doubled (RFC 5321, 4.5.2)."""
    stuffed = message_bytes.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
