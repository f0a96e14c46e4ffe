"""Where mail goes out by SMTP, and what is told when a server or a setting hinders all mail."""

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from typing import Literal

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.sasl import Bearer
from pipeline.tls import answered_plain

PERMANENT = 500
_DETAIL_LENGTH = 200
#: "System not accepting network messages", as of a host that is shutting down (RFC 3463, 3.4).
_NOT_NOW = re.compile(r"\d{3}[ -]5\.3\.2\b")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes out.

    ``encryption`` ``none`` is allowed on a loopback address only. ``time_scale`` multiplies all
    time-outs. ``tls`` knows whom to trust, where it is not the authorities of this machine.
    ``bearer`` has access tokens of OAuth 2, which are used in the place of a password. ``copy_to``
    is our own mailbox, a second recipient of each mail that leaves no trace in it.
    """

    host: str
    port: int = 587
    encryption: Literal["tls", "starttls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    time_scale: float = 1.0
    tls: ssl.SSLContext | None = None
    bearer: Bearer | None = field(default=None, repr=False)
    copy_to: str = ""

    @property
    def place(self) -> str:
        """Host and port, as they are told."""
        return f"{self.host}:{self.port}"

    def down(self, reason: str) -> TryLaterError:
        """Return what is told of a server that takes no mail now."""
        return TryLaterError("courier_unreachable", place=self.place, reason=reason)

    def login_refused(self, reason: str) -> ConfigurationError:
        """Return what is told of a server that does not let us in."""
        user = self.user or "-"
        return ConfigurationError("courier_login", host=self.host, user=user, reason=reason)

    def out_of_step(self, said: str, *, offers_login: bool) -> PipelineError:
        """Return what is told of a server that wants something else before any mail (503).

        One that offers a log-in wants that, where no user is set.
        """
        return self.login_refused(said) if offers_login and not self.user else self.down(said)

    def copy_refused(self, code: int, said: str) -> PipelineError:
        """Return what is told of a server that does not take our own mailbox as a recipient."""
        if code >= PERMANENT:
            return ConfigurationError("courier_copy_refused", address=self.copy_to, reason=said)
        return TryLaterError("courier_copy_deferred", address=self.copy_to, reason=said)

    def fault_of_answer(self, error: smtplib.SMTPResponseException) -> PipelineError:
        """Return what is told of a refusal of the greeting, EHLO, STARTTLS or the log-in.

        A permanent one does not pass by itself: somebody has to correct something.
        """
        said = answer(error.smtp_code, error.smtp_error)
        if error.smtp_code < PERMANENT or _NOT_NOW.match(said):
            return self.down(said)
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return self.login_refused(said)
        return ConfigurationError("courier_refuses_us", place=self.place, reason=said)

    def fault_of_line(self, error: Exception) -> PipelineError:
        """Return why there is no line to the server, or none that is safe."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return ConfigurationError(
                "courier_tls_refused", host=self.host, reason=error.verify_message
            )
        if answered_plain(error):
            return self.wrong_encryption()
        if isinstance(error, socket.gaierror | UnicodeError):
            return TryLaterError("courier_host_unknown", host=self.host)
        return self.down(reason_of(error))

    def wrong_encryption(self) -> ConfigurationError:
        """Return what is told of a port that speaks TLS at once, or never."""
        return ConfigurationError(
            "courier_encryption", place=self.place, encryption=self.encryption
        )


def answer(code: int, text: bytes | str) -> str:
    """Return an answer of a server as one line, cut; what has no code is told as it came."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = " ".join((f"{code} {words}" if code > 0 else words).split())
    return line[:_DETAIL_LENGTH] or str(code)


def timed_out(error: BaseException) -> bool:
    """Return whether the server was silent; smtplib tells it as a line that broke."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, TimeoutError):
        seen = seen.__cause__ or seen.__context__
    return seen is not None


def reason_of(error: BaseException) -> str:
    """Return why a line broke, in a word for operators."""
    return TimeoutError.__name__ if timed_out(error) else type(error).__name__
