"""A courier that speaks SMTP (RFC 5321), over one connection for a batch."""

import binascii
import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass, field, replace
from typing import Literal

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.notifications.addresses import on_the_wire
from pipeline.notifications.courier import Delivery, DeliveryKind
from pipeline.sasl import Bearer, TokenExchange, choose
from pipeline.tls import answered_plain, is_loopback, speaks_tls

_PERMANENT = 500
_CLOSING = 421
_LOGIN_WANTED = 530
#: Refusals of MAIL FROM that are about this one mail: its size, or a parameter of it.
_OF_THIS_MAIL = frozenset({552, 555})
_READY_FOR_DATA = 354
_OK = 250
_DETAIL_LENGTH = 200
_COMMAND_LENGTH = 500


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes out.

    ``encryption`` ``none`` is allowed on a loopback address only. ``bearer`` has access tokens of
    OAuth 2, which are used in the place of a password. ``copy_to`` is a second recipient of each
    mail, in the envelope alone: the copy is there if and only if the server took the mail.
    """

    host: str
    port: int = 587
    encryption: Literal["tls", "starttls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 60.0
    tls: ssl.SSLContext | None = None
    bearer: Bearer | None = field(default=None, repr=False)
    copy_to: str = ""


def _answer(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = " ".join(f"{code} {words}".split())
    return line[:_DETAIL_LENGTH]


def _timed_out(error: BaseException) -> bool:
    """Whether the server was silent; smtplib tells it as a line that broke."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def _refusal(code: int, text: bytes | str) -> Delivery:
    kind = DeliveryKind.FAILED if code >= _PERMANENT else DeliveryKind.DEFERRED
    return Delivery(kind, _answer(code, text))


class SmtpCourier:
    """Hands mails to one server; a broken connection is opened again for the next mail.

    Raises ConfigurationError ``smtp_plain_not_local`` when the mail and the password would cross a
    network without encryption.
    """

    def __init__(self, server: SmtpServer) -> None:
        if server.encryption == "none" and not is_loopback(server.host):
            raise ConfigurationError("smtp_plain_not_local", host=server.host)
        self._server = server
        self._line: smtplib.SMTP | None = None

    def deliver(self, message_bytes: bytes, envelope_sender: str, recipient: str) -> Delivery:
        """Hand over one mail.

        Before the final dot a broken line means deferred, after it in doubt; 4yz means deferred,
        5yz about this mail failed. What every other mail would meet as well is a fault.
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
            return self._broken(error)
        if refused is not None:
            return refused
        return self._data(line, message_bytes)

    def check(self) -> Delivery:
        """Connect and log in; nothing is sent.

        Whether our own mailbox is taken as a recipient is asked, too.
        """
        line = self._open()
        if isinstance(line, Delivery):
            return line
        return self._asked_for_copies(line) or Delivery(DeliveryKind.SENT)

    def _asked_for_copies(self, line: smtplib.SMTP) -> Delivery | None:
        ours = self._server.copy_to
        if not ours:
            return None
        try:
            refused = self._envelope(line, ours, on_the_wire(ours))
            if refused is None:
                line.rset()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return self._broken(error)
        if refused is None or refused.fault is not None:
            return refused
        fault = ConfigurationError("courier_copy_refused", address=ours, reason=refused.detail)
        return replace(refused, fault=fault)

    def _open(self) -> smtplib.SMTP | Delivery:
        """Return the connection, or why there is none."""
        try:
            return self._connected()
        except PipelineError as error:
            answer, fault = error.code, error
        except smtplib.SMTPResponseException as error:
            answer = _answer(error.smtp_code, error.smtp_error)
            fault = self._of_answer(error, answer)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            answer, fault = type(error).__name__, self._of_line(error)
        self._drop()
        return Delivery(DeliveryKind.DEFERRED, answer, fault=fault)

    def _of_answer(self, error: smtplib.SMTPResponseException, answer: str) -> PipelineError:
        """Tell what the server answered to the greeting, to STARTTLS or to the log-in."""
        server = self._server
        if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= _PERMANENT:
            return ConfigurationError(
                "courier_login", host=server.host, user=server.user, reason=answer
            )
        return self._down(answer)

    def _of_line(self, error: Exception) -> PipelineError:
        """Tell why there is no line to the server, or none that is safe."""
        server = self._server
        place = f"{server.host}:{server.port}"
        if isinstance(error, ssl.SSLCertVerificationError):
            return ConfigurationError(
                "courier_tls_refused", host=server.host, reason=error.verify_message
            )
        if answered_plain(error) or self._kept_silent(error):
            return ConfigurationError(
                "courier_encryption", place=place, encryption=server.encryption
            )
        if isinstance(error, socket.gaierror | UnicodeError):
            return TryLaterError("courier_host_unknown", host=server.host)
        return self._down(type(error).__name__)

    def _kept_silent(self, error: Exception) -> bool:
        """Whether the server gave no greeting because it waits for TLS."""
        server = self._server
        if self._line is not None or server.encryption == "tls" or not _timed_out(error):
            return False
        return speaks_tls(server.host, server.port, server.timeout)

    def _down(self, reason: str) -> TryLaterError:
        place = f"{self._server.host}:{self._server.port}"
        return TryLaterError("courier_unreachable", place=place, reason=reason)

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
        bearer = self._server.bearer if self._server.user else None
        if bearer is None:
            return self._new_line("")
        return self._line_with_token(bearer)

    def _line_with_token(self, bearer: Bearer) -> smtplib.SMTP:
        """Log in; a token that is refused although it should hold is replaced once."""
        server = self._server
        token = bearer.token()
        try:
            line = self._new_line(token)
        except smtplib.SMTPAuthenticationError as first:
            if first.smtp_code < _PERMANENT:
                raise
            self._drop()
            newer = bearer.another(token)
            try:
                if newer is None:
                    raise
                line = self._new_line(newer)
            except smtplib.SMTPAuthenticationError as error:
                if error.smtp_code < _PERMANENT:
                    raise
                reason = _answer(error.smtp_code, error.smtp_error)
                raise bearer.refused(server.host, server.user, reason) from error
        bearer.accepted(server.host)
        return line

    def _new_line(self, token: str) -> smtplib.SMTP:
        server = self._server
        context = server.tls or ssl.create_default_context()
        if server.encryption == "tls":
            self._line = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.timeout, context=context
            )
        else:
            self._line = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        if server.encryption == "starttls":
            self._start_tls(self._line, context)
        self._line.ehlo_or_helo_if_needed()
        if server.user:
            self._log_in(self._line, token)
        return self._line

    def _start_tls(self, line: smtplib.SMTP, context: ssl.SSLContext) -> None:
        line.ehlo_or_helo_if_needed()
        code = line.starttls(context=context)[0] if line.has_extn("starttls") else _PERMANENT
        if code >= _PERMANENT:
            raise ConfigurationError("courier_no_tls", host=self._server.host)

    def _log_in(self, line: smtplib.SMTP, token: str) -> None:
        server = self._server
        try:
            if server.bearer is None:
                line.login(server.user, server.password)
            else:
                self._log_in_with_token(line, token)
        except smtplib.SMTPResponseException:
            raise
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPException as error:
            # neither is an answer of the server: it offers no log-in, or no kind that we know
            raise ConfigurationError("courier_no_login", host=server.host) from error
        except UnicodeError as error:
            raise ConfigurationError(
                "courier_login", host=server.host, user=server.user, reason=type(error).__name__
            ) from error

    def _log_in_with_token(self, line: smtplib.SMTP, token: str) -> None:
        server = self._server
        mechanism = choose(line.esmtp_features.get("auth", "").split())
        if mechanism is None:
            raise ConfigurationError("courier_no_login", host=server.host)
        exchange = TokenExchange(mechanism, server.user, token, server.host, server.port)
        # with the initial response the command may be too long (RFC 4954, 4; RFC 5321, 4.5.3.1.4)
        short = len(f"AUTH {mechanism} ") + len(exchange.initial()) * 4 / 3 < _COMMAND_LENGTH
        try:
            line.auth(mechanism, exchange, initial_response_ok=short)
        except binascii.Error as error:
            raise self._down(type(error).__name__) from error

    def _envelope(self, line: smtplib.SMTP, sender: str, recipient: str) -> Delivery | None:
        """Name sender and recipient; return the refusal, or None when both are taken."""
        options = [] if recipient.isascii() else ["SMTPUTF8"]
        line.command_encoding = "ascii" if recipient.isascii() else "utf-8"
        code, text = line.mail(sender, options)
        about_us = code >= _PERMANENT and code not in _OF_THIS_MAIL and not options
        if code == _OK:
            code, text = line.rcpt(recipient)
        if code in {_OK, _OK + 1}:
            return self._copied(line, recipient)
        if code != _CLOSING:
            line.rset()
        if about_us and code != _LOGIN_WANTED:
            answer = _answer(code, text)
            fault = ConfigurationError("courier_sender_refused", sender=sender, reason=answer)
            return Delivery(DeliveryKind.DEFERRED, answer, fault=fault)
        return self._refused(code, text)

    def _copied(self, line: smtplib.SMTP, recipient: str) -> Delivery | None:
        """Name our own mailbox as well; return why nothing may be sent, or None."""
        copy_to = on_the_wire(self._server.copy_to)
        if not copy_to or copy_to.lower() == recipient.lower():
            return None
        code, text = line.rcpt(copy_to)
        if code in {_OK, _OK + 1}:
            return None
        answer = _answer(code, text)
        if code == _CLOSING:
            return self._refused(code, text)
        line.rset()
        fault: PipelineError = TryLaterError(
            "courier_copy_deferred", address=copy_to, reason=answer
        )
        if code >= _PERMANENT:
            fault = ConfigurationError("courier_copy_refused", address=copy_to, reason=answer)
        return Delivery(DeliveryKind.DEFERRED, answer, fault=fault)

    def _broken(self, error: Exception) -> Delivery:
        """Return the outcome of a line that broke before the final dot.

        A server that is silent is silent for all. One that hangs up may do so for this mail.
        """
        reason = type(error).__name__
        fault = self._down(reason) if _timed_out(error) else None
        return Delivery(DeliveryKind.DEFERRED, reason, fault=fault)

    def _refused(self, code: int, text: bytes | str) -> Delivery:
        """Return the refusal of one mail, or the fault that the next one would meet too."""
        answer = _answer(code, text)
        if code == _CLOSING:
            self._drop()
            return Delivery(DeliveryKind.DEFERRED, answer, fault=self._down(answer))
        if code == _LOGIN_WANTED:
            server = self._server
            fault = ConfigurationError(
                "courier_login", host=server.host, user=server.user or "-", reason=answer
            )
            return Delivery(DeliveryKind.DEFERRED, answer, fault=fault)
        return _refusal(code, text)

    def _data(self, line: smtplib.SMTP, message_bytes: bytes) -> Delivery:
        dotted = False
        try:
            code, text = line.docmd("DATA")
            if code != _READY_FOR_DATA:
                if code != _CLOSING:
                    line.rset()
                return self._refused(code, text)
            body = message_bytes if message_bytes.endswith(b"\r\n") else message_bytes + b"\r\n"
            line.send(_dot_stuffed(body))
            dotted = True
            line.send(b".\r\n")
            code, text = line.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            if dotted:
                return Delivery(DeliveryKind.IN_DOUBT, type(error).__name__)
            return self._broken(error)
        if code == _OK:
            return Delivery(DeliveryKind.SENT, _answer(code, text))
        return self._refused(code, text)


def _dot_stuffed(message_bytes: bytes) -> bytes:
    """Return the mail with each leading dot of a line doubled (RFC 5321, 4.5.2)."""
    stuffed = message_bytes.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
