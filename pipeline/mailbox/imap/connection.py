"""A line to an IMAP server on which we are logged in; or why there is none.

What a response code blames stands in :mod:`pipeline.mailbox.imap.response_codes`.
"""

import binascii
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from imaplib import IMAP4
from typing import TYPE_CHECKING, Literal

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.mailbox.imap.response_codes import Blame, blame_of, code_of
from pipeline.sasl import Bearer, TokenExchange, choose
from pipeline.tls import answered_plain, is_loopback, speaks_tls

if TYPE_CHECKING:
    from imapclient import IMAPClient

#: The libraries whose errors, whatever their type, mean an answer that is none.
_LIBRARIES = ("imapclient", "imaplib")
_REASON_LENGTH = 200


@dataclass(frozen=True, slots=True)
class ImapAccess:
    """Where the mailbox is and how to open it.

    ``security`` ``plain`` is refused for other machines. ``password`` is called for each new
    connection, ``bearer`` asked for an OAuth 2 access token; exactly one of them is given.
    ``ca_file`` adds a certificate authority of the operator's own.
    """

    account: str
    host: str
    port: int
    user: str
    security: Literal["tls", "starttls", "plain"] = "tls"
    password: Callable[[], str] | None = field(default=None, repr=False)
    bearer: Bearer | None = field(default=None, repr=False)
    folder: str = "INBOX"
    timeout_seconds: float = 60.0
    ca_file: str | None = None


class _RefusedError(Exception):
    """The server refuses the log-in, with its reason; another token may be taken."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def open_connection(access: ImapAccess) -> "IMAPClient":
    """Connect, make the line safe and log in.

    A token that is refused although it should hold is replaced once. Raises ConfigurationError or
    TryLaterError, and errors of the line (see :func:`told_as`).
    """
    if access.security == "plain" and not is_loopback(access.host):
        raise ConfigurationError(
            "mailbox_plain_not_loopback", account=access.account, host=access.host
        )
    bearer = access.bearer
    if (access.password is None) == (bearer is None):
        raise ConfigurationError("mailbox_no_secret", account=access.account)
    try:
        if bearer is None:
            return _open(access, "")
        return _open_with_token(access, bearer)
    except _RefusedError as refused:
        raise _refused(access, refused.reason) from refused


def _open_with_token(access: ImapAccess, bearer: Bearer) -> "IMAPClient":
    token = bearer.token()
    try:
        client = _open(access, token)
    except _RefusedError as first:
        newer = bearer.another(token)
        try:
            if newer is None:
                raise
            client = _open(access, newer)
        except _RefusedError as refused:
            raise bearer.refused(access.host, access.user, refused.reason) from first
    bearer.accepted(access.host)
    return client


def _open(access: ImapAccess, token: str) -> "IMAPClient":
    context = _context(access)
    client = _connected(access, context)
    try:
        client.normalise_times = False
        if context is not None and access.security == "starttls":
            _start_tls(client, access, context)
        _log_in(client, access, token)
    except BaseException:
        with suppress(Exception):
            client.shutdown()
        raise
    return client


def told_as(error: BaseException, access: ImapAccess, folder: str = "") -> PipelineError:
    """Return what to tell of a line that could not be made, broke, or refused something.

    ``folder`` is the one that the refused command was about.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConfigurationError(
            "mailbox_tls_refused", account=access.account, reason=error.verify_message
        )
    if answered_plain(error):
        return _does_not_fit(access)
    no_name = isinstance(error, UnicodeError) and not isinstance(error, UnicodeDecodeError)
    if no_name or isinstance(error, socket.gaierror):
        return TryLaterError("mailbox_host_unknown", host=access.host)
    if isinstance(error, IMAP4.readonly):  # it has lost the response code
        return ConfigurationError(
            "mailbox_no_right",
            account=access.account,
            folder=access.folder,
            reason=words(error),
        )
    if not lost(error):
        return _refusal(access, folder or access.folder, words(error))
    return _down(access, words(error))


def _refusal(access: ImapAccess, folder: str, reason: str) -> PipelineError:
    account = access.account
    match blame_of(reason):
        case Blame.RIGHT:
            return ConfigurationError(
                "mailbox_no_right", account=account, folder=folder, reason=reason
            )
        case Blame.FULL:
            return ConfigurationError("mailbox_full", account=account, folder=folder, reason=reason)
        case Blame.FOLDER:
            return ConfigurationError(
                "mailbox_folder_refused", account=account, folder=folder, reason=reason
            )
        case Blame.ADMINISTRATOR:
            return ConfigurationError(
                "mailbox_administrator", account=account, folder=folder, reason=reason
            )
        case Blame.LOGIN:
            return _refused(access, reason)
        case _:
            return _down(access, reason)


def lost(error: BaseException) -> bool:
    """Whether the line broke or said what no server may say; else the server refused a command.

    Python's imaplib raises its ``readonly``, which is an ``abort``, for a folder that may only be
    read: a refusal as well.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, IMAP4.abort | OSError | EOFError):
            return not isinstance(seen, IMAP4.readonly)
        seen = seen.__context__
    return not isinstance(error, IMAP4.error)


def from_line(error: BaseException) -> bool:
    """Whether an error is one of the line: of its own kind, or raised where answers are read."""
    if isinstance(error, IMAP4.error | OSError | EOFError | UnicodeError):
        return True
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = str(trace.tb_frame.f_globals.get("__name__", "")) if trace is not None else ""
    return isinstance(error, Exception) and module.partition(".")[0] in _LIBRARIES


def passes(error: BaseException) -> bool:
    """Whether the server says that it cannot now, or said nothing because the line broke."""
    said = words(error)
    return lost(error) or blame_of(said) is Blame.NOBODY or code_of(said) == "SERVERBUG"


def _context(access: ImapAccess) -> ssl.SSLContext | None:
    """Return how TLS is made; None where it is not: reading all authorities takes 30 ms."""
    if access.security == "plain":
        return None
    try:
        return ssl.create_default_context(cafile=access.ca_file)
    except OSError as error:  # an ssl.SSLError is one: a file that holds no certificate
        reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigurationError(
            "mailbox_ca_file", path=access.ca_file or "-", reason=reason
        ) from error


def _connected(access: ImapAccess, context: ssl.SSLContext | None) -> "IMAPClient":
    from imapclient import IMAPClient  # noqa: PLC0415 - slow; --help must not wait for it

    tls = access.security == "tls"
    try:
        return IMAPClient(
            access.host,
            port=access.port,
            ssl=tls,
            ssl_context=context if tls else None,
            timeout=access.timeout_seconds,
        )
    except TimeoutError as error:
        # a port that begins with TLS says nothing to one who waits for a greeting
        if not tls and speaks_tls(access.host, access.port, access.timeout_seconds):
            raise _does_not_fit(access) from error
        raise


def _start_tls(client: "IMAPClient", access: ImapAccess, context: ssl.SSLContext) -> None:
    try:
        client.starttls(context)
    except OSError:
        raise
    except IMAP4.error as error:
        if passes(error) and client.has_capability("STARTTLS"):
            raise
        raise ConfigurationError("mailbox_no_tls", account=access.account) from error


def _log_in(client: "IMAPClient", access: ImapAccess, token: str) -> None:
    from imapclient.exceptions import LoginError  # noqa: PLC0415 - as above

    try:
        if access.bearer is not None:
            _log_in_with_token(client, access, token)
        elif client.has_capability("LOGINDISABLED"):
            raise ConfigurationError("mailbox_no_login", account=access.account)
        elif access.password is not None:
            client.login(access.user, access.password())
    except LoginError as error:
        if passes(error):
            raise _down(access, words(error)) from error
        raise _RefusedError(words(error)) from error
    except UnicodeError as error:
        raise _RefusedError(type(error).__name__) from error


def _log_in_with_token(client: "IMAPClient", access: ImapAccess, token: str) -> None:
    from imapclient.exceptions import LoginError  # noqa: PLC0415 - as above

    prefix = "AUTH="
    names = [name.decode("ascii", "replace") for name in client.capabilities()]
    offered = [name[len(prefix) :] for name in names if name.upper().startswith(prefix)]
    mechanism = choose(offered)
    if mechanism is None:
        raise ConfigurationError("mailbox_no_login", account=access.account)
    exchange = TokenExchange(mechanism, access.user, token, access.host, access.port)
    try:
        client.sasl_login(mechanism, exchange)
        # Exchange lets a token in that may not open the mailbox, and refuses the first command
        client.list_folders("", "")
    except LoginError as error:
        if passes(error):
            raise
        status = f" ({exchange.status})" if exchange.status else ""
        raise _RefusedError(f"{words(error)}{status}") from error
    except binascii.Error as error:
        raise _down(access, type(error).__name__) from error
    except IMAP4.error as error:
        if passes(error):
            raise
        raise _RefusedError(words(error)) from error


def _refused(access: ImapAccess, reason: str) -> ConfigurationError:
    return ConfigurationError(
        "mailbox_refused_login", account=access.account, user=access.user, reason=reason
    )


def _down(access: ImapAccess, reason: str) -> TryLaterError:
    return TryLaterError("mailbox_unreachable", account=access.account, reason=reason)


def _does_not_fit(access: ImapAccess) -> ConfigurationError:
    encryption = "none" if access.security == "plain" else access.security
    place = f"{access.host}:{access.port}"
    return ConfigurationError("mailbox_encryption", place=place, encryption=encryption)


def words(error: BaseException) -> str:
    """Return what the server said, as one short line."""
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(error)
    return f"{type(error).__name__}: {' '.join(text.split())}"[:_REASON_LENGTH]
