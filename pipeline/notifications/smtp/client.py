"""A courier that speaks SMTP (RFC 5321), over one connection for a batch."""

import binascii
import contextlib
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.errors import ConfigurationError, PipelineError
from pipeline.notifications.addresses import on_the_wire
from pipeline.notifications.courier import Delivery, DeliveryKind, Step
from pipeline.notifications.smtp import line as limits
from pipeline.notifications.smtp.line import Line
from pipeline.notifications.smtp.server import (
    PERMANENT,
    SmtpServer,
    answer,
    reason_of,
    timed_out,
)
from pipeline.sasl import Bearer, TokenExchange, choose
from pipeline.tls import is_loopback, speaks_tls

_TEMPORARY = 400
_CLOSING = 421
_LOGIN_WANTED = 530
#: "Bad sequence of commands" (RFC 5321, 4.2.2): the server is not where we are.
_OUT_OF_STEP = 503
#: Refusals of MAIL FROM that are about this one mail: its size, or a parameter of it.
_OF_THIS_MAIL = frozenset({552, 555})
_READY_FOR_DATA = 354
_OK = 250
_COMMAND_LENGTH = 500
#: After so many seconds without a mail a server is asked whether it is still there.
_FRESH = 5.0
#: ``check`` has a person waiting.
_CHECK_SCALE = 0.1


def _taken(code: int) -> bool:
    """Whether a reply says yes (RFC 5321, 4.2.1: the first digit decides)."""
    return code // 100 == _OK // 100


class SmtpCourier:
    """Hands mails to one server; a broken connection is opened again for the next mail.

    Raises ConfigurationError ``smtp_plain_not_local`` when the mail and the password would cross a
    network without encryption.
    """

    def __init__(self, server: SmtpServer) -> None:
        if server.encryption == "none" and not is_loopback(server.host):
            raise ConfigurationError("smtp_plain_not_local", host=server.host)
        self._server = server
        self._scale = server.time_scale
        self._line: Line | None = None

    def deliver(self, message_bytes: bytes, envelope_sender: str, recipient: str) -> Delivery:
        """Hand over one mail.

        Before the final dot a broken line means deferred, after it in doubt; 4yz means deferred,
        5yz about this mail failed. What every other mail would meet as well is a fault.
        """
        line = self._open()
        if isinstance(line, Delivery):
            return line
        wire = on_the_wire(recipient)
        impossible = limits.impossible(line, wire)
        if impossible:
            return Delivery(DeliveryKind.FAILED, impossible)
        try:
            refused = self._envelope(line, on_the_wire(envelope_sender), wire, with_data=True)
        except _HadEnoughError:
            self._drop()
            return self.deliver(message_bytes, envelope_sender, recipient)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return self._broken(error, Step.SENDER)
        return self._data(line, message_bytes) if refused is None else refused

    def check(self) -> Delivery:
        """Connect and log in; nothing is sent.

        Whether our own mailbox is taken as a recipient is asked, too.
        """
        return self._checked(self._asked_for_copies)

    def takes(self, sender: str, recipient: str) -> Delivery:
        """Ask whether the server takes a mail to ``recipient``; none is handed over."""
        return self._checked(lambda line: self._asked(line, sender, recipient))

    def _checked(self, ask: Callable[[Line], Delivery | None]) -> Delivery:
        self._scale = self._server.time_scale * _CHECK_SCALE
        line = self._open()
        return line if isinstance(line, Delivery) else ask(line) or Delivery(DeliveryKind.SENT)

    def _asked(self, line: Line, sender: str, recipient: str) -> Delivery | None:
        """Return why the server does not take mail to ``recipient``, or None: it does."""
        try:
            refused = self._envelope(line, on_the_wire(sender), on_the_wire(recipient))
            if refused is None:
                self._reset(line, Delivery(DeliveryKind.SENT))
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return self._broken(error, Step.SENDER)
        return refused

    def _asked_for_copies(self, line: Line) -> Delivery | None:
        ours = self._server.copy_to
        refused = self._asked(line, ours, ours) if ours else None
        if refused is None or refused.fault is not None:
            return refused
        fault = ConfigurationError("courier_copy_refused", address=ours, reason=refused.detail)
        return replace(refused, fault=fault)

    def _open(self) -> Line | Delivery:
        """Return the connection, or why there is none."""
        try:
            return self._connected()
        except PipelineError as error:
            said, fault = error.code, error
        except smtplib.SMTPResponseException as error:
            said = answer(error.smtp_code, error.smtp_error)
            fault = self._server.fault_of_answer(error)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            said, fault = reason_of(error), self._of_line(error)
        self._drop()
        return Delivery(DeliveryKind.DEFERRED, said, fault=fault)

    def _of_line(self, error: Exception) -> PipelineError:
        """Return why there is no line; one that says nothing may wait for TLS."""
        server = self._server
        waits = self._line is None and server.encryption != "tls" and timed_out(error)
        if waits and speaks_tls(server.host, server.port, limits.CONNECT * self._scale):
            return server.wrong_encryption()
        return server.fault_of_line(error)

    def close(self) -> None:
        """Say goodbye to the server."""
        line, self._line = self._line, None
        if line is not None:
            line.limit = limits.GOODBYE
            with contextlib.suppress(smtplib.SMTPException, OSError):
                line.quit()

    def _drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _connected(self) -> Line:
        if self._line is not None:
            if time.monotonic() < self._line.last_reply + _FRESH or self._is_there(self._line):
                return self._line
            self._drop()
        bearer = self._server.bearer if self._server.user else None
        if bearer is None:
            return self._new_line("")
        return self._line_with_token(bearer)

    def _is_there(self, line: Line) -> bool:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            return line.ask("noop", limits.RESET)[0] == _OK
        return False

    def _line_with_token(self, bearer: Bearer) -> Line:
        """Log in; a token that is refused although it should hold is replaced once."""
        server = self._server
        token = bearer.token()
        try:
            line = self._new_line(token)
        except smtplib.SMTPAuthenticationError as first:
            if first.smtp_code < PERMANENT:
                raise
            self._drop()
            newer = bearer.another(token)
            try:
                if newer is None:
                    raise
                line = self._new_line(newer)
            except smtplib.SMTPAuthenticationError as error:
                if error.smtp_code < PERMANENT:
                    raise
                reason = answer(error.smtp_code, error.smtp_error)
                raise bearer.refused(server.host, server.user, reason) from error
        bearer.accepted(server.host)
        return line

    def _new_line(self, token: str) -> Line:
        server = self._server
        context = None
        if server.encryption != "none":  # it reads all certificates of this machine
            context = server.tls or ssl.create_default_context()
        at_once = context if server.encryption == "tls" else None
        self._line = line = Line(server.host, server.port, scale=self._scale, tls=at_once)
        line.limit = limits.SESSION
        line.greet()
        if context is not None and at_once is None:
            self._start_tls(line, context)
            line.greet()
        if server.user:
            self._log_in(line, token)
        return line

    def _start_tls(self, line: Line, context: ssl.SSLContext) -> None:
        if not line.has_extn("starttls"):
            raise ConfigurationError("courier_no_tls", host=self._server.host)
        line.set_time_out(limits.SESSION)
        try:
            line.starttls(context=context)
        except smtplib.SMTPResponseException as error:
            if error.smtp_code < PERMANENT:
                raise
            raise ConfigurationError("courier_no_tls", host=self._server.host) from error

    def _log_in(self, line: Line, token: str) -> None:
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
            raise server.login_refused(type(error).__name__) from error
        except binascii.Error as error:
            raise server.down(type(error).__name__) from error

    def _log_in_with_token(self, line: Line, token: str) -> None:
        server = self._server
        mechanism = choose(line.esmtp_features.get("auth", "").split())
        if mechanism is None:
            raise ConfigurationError("courier_no_login", host=server.host)
        exchange = TokenExchange(mechanism, server.user, token, server.host, server.port)
        # with the initial response the command may be too long (RFC 4954, 4; RFC 5321, 4.5.3.1.4)
        short = len(f"AUTH {mechanism} ") + len(exchange.initial()) * 4 / 3 < _COMMAND_LENGTH
        line.auth(mechanism, exchange, initial_response_ok=short)

    def _envelope(
        self, line: Line, sender: str, recipient: str, *, with_data: bool = False
    ) -> Delivery | None:
        """Name sender and recipient; return the refusal, or None when both are taken.

        ``with_data``: DATA may be sent with them. Not when a copy goes to us, since then each
        recipient has to be taken first.
        """
        extended = not (sender.isascii() and recipient.isascii())
        step = Step.SENDER
        copy_to = self._copy_to(recipient)
        if copy_to:
            then = [_rcpt(recipient), _rcpt(copy_to)]
        else:
            then = [_rcpt(recipient), "DATA"] if with_data else [_rcpt(recipient)]
        code, text = self._sender(line, sender, then, extended=extended)
        about_us = code >= PERMANENT and code not in _OF_THIS_MAIL and not extended
        if _taken(code):
            step = Step.RECIPIENT
            code, text = line.ask(_rcpt(recipient), limits.ENVELOPE)
        if _taken(code):
            return self._copied(line, copy_to)
        said = answer(code, text)
        if code == _OUT_OF_STEP and step is Step.SENDER:
            fault = self._server.out_of_step(said, offers_login=line.has_extn("auth"))
            self._drop()
            return Delivery(DeliveryKind.DEFERRED, said, fault=fault)
        if about_us and code != _LOGIN_WANTED:
            refusal = ConfigurationError("courier_sender_refused", sender=sender, reason=said)
            refused = Delivery(DeliveryKind.DEFERRED, said, fault=refusal)
        else:
            refused = self._refused(code, text, step)
        return self._reset(line, refused)

    def _copy_to(self, recipient: str) -> str:
        """Return our own mailbox, if it gets a copy of a mail to ``recipient``."""
        copy_to = on_the_wire(self._server.copy_to)
        return "" if copy_to.lower() == recipient.lower() else copy_to

    def _copied(self, line: Line, copy_to: str) -> Delivery | None:
        """Name our own mailbox as well; return why nothing may be sent, or None."""
        if not copy_to:
            return None
        code, text = line.ask(_rcpt(copy_to), limits.ENVELOPE)
        if _taken(code):
            return None
        refused = self._refused(code, text, Step.RECIPIENT)
        fault = refused.fault or self._server.copy_refused(code, refused.detail)
        return self._reset(line, Delivery(DeliveryKind.DEFERRED, refused.detail, fault=fault))

    def _sender(
        self, line: Line, sender: str, then: Sequence[str], *, extended: bool
    ) -> tuple[int, bytes]:
        """Name the sender; on a line that was used before, the server may have had enough.

        ``then`` are the commands that follow.
        """
        options = " BODY=8BITMIME SMTPUTF8" if extended else ""
        line.command_encoding = "utf-8" if extended else "ascii"
        try:
            command = f"MAIL FROM:<{sender}>{options}"
            line.send_ahead(command, *then)
            code, text = line.ask(command, limits.ENVELOPE)
        except smtplib.SMTPServerDisconnected as error:
            if line.used and not timed_out(error):
                raise _HadEnoughError from error
            raise
        if code in {_CLOSING, _OUT_OF_STEP} and line.used:
            raise _HadEnoughError
        line.used = True
        return code, text

    def _reset(self, line: Line, refused: Delivery) -> Delivery:
        """Make the line ready for the next mail; return ``refused``, with the fault of silence."""
        if self._line is None:
            return refused  # the server has closed it
        try:
            if not line.skip_ahead() or line.ask("RSET", limits.RESET)[0] != _OK:
                self._drop()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            if timed_out(error) and refused.fault is None:
                return replace(refused, fault=self._server.down(reason_of(error)))
        return refused

    def _broken(self, error: Exception, step: Step) -> Delivery:
        """Return the outcome of a line that broke before the final dot.

        A server that is silent is silent for all. One that hangs up may do so for this mail.
        """
        reason = reason_of(error)
        fault = self._server.down(reason) if timed_out(error) else None
        return Delivery(DeliveryKind.DEFERRED, reason, fault=fault, step=step)

    def _refused(self, code: int, text: bytes | str, step: Step) -> Delivery:
        """Return the refusal of one mail, or the fault that the next one would meet too."""
        said = answer(code, text)
        if code == _CLOSING:
            self._drop()
            return Delivery(DeliveryKind.DEFERRED, said, fault=self._server.down(said))
        if code == _LOGIN_WANTED:
            fault = self._server.login_refused(said)
            return Delivery(DeliveryKind.DEFERRED, said, fault=fault)
        kind = DeliveryKind.FAILED if code >= PERMANENT else DeliveryKind.DEFERRED
        return Delivery(kind, said, step=step)

    def _data(self, line: Line, message_bytes: bytes) -> Delivery:
        try:
            code, text = line.ask("DATA", limits.DATA)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return self._broken(error, Step.DATA)
        if code != _READY_FOR_DATA:
            return self._reset(line, self._refused(code, text, Step.DATA))
        line.limit = limits.FINAL_DOT
        try:
            line.send_mail(message_bytes)
            code, text = line.getreply()
        except (smtplib.SMTPException, OSError) as error:
            found = self._broken_in_mail(line, error)
            self._drop()
            return found
        if _taken(code):
            return Delivery(DeliveryKind.SENT, answer(code, text))
        if code < _TEMPORARY:  # no answer at all: garbage, or a word that does not belong here
            self._drop()
            return Delivery(DeliveryKind.IN_DOUBT, answer(code, text), step=Step.END)
        return self._refused(code, text, Step.END)

    def _broken_in_mail(self, line: Line, error: Exception) -> Delivery:
        """Return the outcome of a line that broke while the mail was sent, or after it.

        A server that hangs up in the middle of a mail may have said why.
        """
        broken = self._broken(error, Step.END)
        if line.dot_is_out:
            return replace(broken, kind=DeliveryKind.IN_DOUBT)
        if broken.fault is None:
            line.limit = limits.GOODBYE
            with contextlib.suppress(smtplib.SMTPException, OSError):
                code, text = line.getreply()
                if code >= _TEMPORARY:
                    return self._refused(code, text, Step.END)
        return broken


def _rcpt(address: str) -> str:
    return f"RCPT TO:<{address}>"


class _HadEnoughError(Exception):
    """The server closes a line that was used before; a new one may go on."""
