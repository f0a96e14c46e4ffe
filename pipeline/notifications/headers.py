"""From the words of a notice to a finished mail: threading, token, hygiene, fixed bytes.

The same input makes the same bytes: boundaries are derived and the date is given.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import cache
from hashlib import sha256
from typing import Any, cast

from pipeline.model.notice import MailFile, OutboundMessage, Thread
from pipeline.notifications.addresses import a_label, unquoted
from pipeline.notifications.compose import Composed
from pipeline.notifications.dates import as_utc
from pipeline.notifications.seal import clean
from pipeline.notifications.token import ReplyStyle, make_token, message_id, reply_address
from pipeline.notifications.words import words_of
from pipeline.resources import languages

_LONGEST_LINE = 998
_USUAL_LINE = 76
#: Fields whose words are ours or were checked: a plain line of them is written as it is.
_AS_IT_IS = frozenset(
    {
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "X-Notice-Template",
        "Content-Language",
        "MIME-Version",
    }
)
_PLAIN_LINE = re.compile(r"[!-~]+(?: [!-~]+)*")


class _Registry(HeaderRegistry):
    """Makes the class of a field once; the standard library makes it anew for each field."""

    __getitem__ = cache(HeaderRegistry.__getitem__)


class _Policy(EmailPolicy):
    """Parses those of our own fields that need it; the bytes are those of the standard policy."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Take a plain line of a field of ours as it is, where it needs no folding."""
        fits = name in _AS_IT_IS and len(name) + len(": ") + len(value) <= _LONGEST_LINE
        if fits and _PLAIN_LINE.fullmatch(value):
            return name, value  # an id is no encoded word, whatever it looks like (RFC 2047, 5)
        return super().header_store_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Fold a subject as RFC 2047, 2 wants encoded words: none has more than 75 characters."""
        short = self.clone(max_line_length=_USUAL_LINE) if name == "Subject" else self
        return super(_Policy, short).fold_binary(name, value)


# The standard library encodes ids of 77 characters and more as words (RFC 2047), which breaks
# threads in Outlook; a line as long as RFC 5322 allows keeps them whole.
_POLICY = _Policy(linesep="\r\n", max_line_length=_LONGEST_LINE, header_factory=_Registry())
_UTF8_POLICY = _POLICY.clone(utf8=True)
_ENDS = 10
_LONGEST_ID = 990
_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_UNSAFE_IN_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class SenderIdentity:
    """Who our mails are from.

    ``name`` is the display name in every language (empty: the name in the reader's language).
    ``message_id_domain`` is the domain of our Message-IDs (empty: the domain of the address).
    """

    name: str
    address: str
    reply_style: ReplyStyle = "plus"
    message_id_domain: str = ""

    def name_in(self, language: str) -> str:
        """Return the display name for a reader of ``language``."""
        return self.name or words_of(language).text("sender", "name")

    @property
    def names(self) -> tuple[str, ...]:
        """The display names that our mails go out with, over all languages."""
        return tuple(dict.fromkeys(self.name_in(language) for language in languages()))

    @property
    def id_domain(self) -> str:
        """The domain of our Message-IDs as A-labels."""
        return a_label(self.message_id_domain or self.address.rpartition("@")[2])


def _address(address: str, name: str = "") -> Address:
    local, _, domain = clean(address).rpartition("@")
    return Address(display_name=clean(name), username=unquoted(local), domain=a_label(domain))


def _ids(message_ids: Iterable[str]) -> list[str]:
    """Drop malformed ids: some mail clients stop threading at one."""
    return [found for found in message_ids if _ID.fullmatch(found) and len(found) <= _LONGEST_ID]


def _set_thread(mail: EmailMessage, thread: Thread) -> None:
    parent = _ids([thread.in_reply_to])
    # a long field is folded by the standard library, which would decode what looks encoded
    others = (found for found in _ids(thread.references) if "=?" not in found)
    references = list(dict.fromkeys([*others, *parent]))
    if parent and references[-1] != parent[0]:
        references.remove(parent[0])
        references.append(parent[0])
    if len(references) > 2 * _ENDS:
        references = references[:_ENDS] + references[-_ENDS:]
    if parent:
        mail["In-Reply-To"] = parent[0]
    if references:
        mail["References"] = " ".join(references)


def _wrap_encoded(mail: EmailMessage) -> None:
    """Break the lines of encoded parts after 76 characters (RFC 2045, 6.8).

    The policy is one for long headers, and would break them as late.
    """
    for part in mail.walk():
        if part.get("Content-Transfer-Encoding") == "base64":
            content = part.get_payload(decode=True)
            part.set_payload(base64.encodebytes(content).decode("ascii"))  # type: ignore[arg-type]


def _fix_boundaries(mail: EmailMessage, seed: str) -> None:
    """Give every multipart a boundary that depends on ``seed`` and its place alone."""
    parts = [part for part in mail.walk() if part.is_multipart()]
    for number, part in enumerate(parts):
        digest = sha256(f"{seed}\0{number}".encode()).hexdigest()
        part.set_boundary(f"=_{digest[:40]}")


def _safe_name(name: str) -> str:
    """Return an ASCII file name without anything that a program could take for a path."""
    return _UNSAFE_IN_NAME.sub("_", name).strip("._") or "file"


def _attach(mail: EmailMessage, file: MailFile) -> None:
    kind, _, rest = file.content_type.partition(";")
    main, _, sub = kind.strip().partition("/")
    name = _safe_name(file.name)
    mail.add_attachment(
        file.content, maintype=main or "application", subtype=sub or "octet-stream", filename=name
    )
    if "charset=" in rest or main == "text":
        attached = cast("list[EmailMessage]", mail.get_payload())[-1]
        attached.set_param("charset", "utf-8")


def assemble(  # noqa: PLR0913 - a mail has as many parts as it has
    composed: Composed,
    *,
    notice_key: str,
    reference: str,
    recipient: str,
    sender: SenderIdentity,
    key: bytes,
    thread: Thread,
    files: tuple[MailFile, ...],
    date: datetime,
) -> OutboundMessage:
    """Return the finished mail of ``composed`` to ``recipient``.

    ``notice_key`` is unique for the notice of one event of one request and makes the Message-ID.
    ``key`` is the secret of the tokens, ``date`` an aware instant. Raises ConfigurationError
    ``reply_address_too_long``.
    """
    own_id = message_id(key, reference, recipient, notice_key, sender.id_domain)
    token = make_token(key, reference, recipient)
    style = sender.reply_style if reference else "plain"
    reply_to = reply_address(sender.address, reference, token, style)
    subject = clean(composed.subject)

    # an address with other letters is no encoded word: it stands in UTF-8 (RFC 6532, 3.2)
    mail = EmailMessage(policy=_POLICY if recipient.rpartition("@")[0].isascii() else _UTF8_POLICY)
    mail["From"] = _address(sender.address, sender.name_in(composed.language))
    mail["To"] = _address(recipient)
    mail["Reply-To"] = _address(reply_to, sender.name_in(composed.language))
    mail["Subject"] = subject
    mail["Date"] = format_datetime(as_utc(date).replace(microsecond=0))
    mail["Message-ID"] = own_id
    _set_thread(mail, thread)
    mail["Auto-Submitted"] = "auto-replied" if thread.automatic_reply else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["X-Notice-Template"] = composed.template_id
    mail["Content-Language"] = composed.language
    mail.set_content(composed.text, cte="base64")
    mail.add_alternative(composed.html, subtype="html", cte="base64")
    for file in files:
        _attach(mail, file)
    _wrap_encoded(mail)
    _fix_boundaries(mail, own_id)
    return OutboundMessage(
        key=notice_key,
        notice=composed.notice,
        language=composed.language,
        recipient=recipient,
        subject=subject,
        message_id=own_id,
        content=mail.as_bytes(),
        text=composed.text,
    )
