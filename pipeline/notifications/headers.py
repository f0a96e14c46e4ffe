"""From the words of a notice to a finished mail: threading, token, hygiene, fixed bytes.

The same input makes the same bytes: boundaries are derived and the date is given.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.utils import format_datetime
from hashlib import sha256

from pipeline.model.notice import MailFile, OutboundMessage, Thread
from pipeline.notifications import mime
from pipeline.notifications.addresses import a_label, is_sendable, unquoted
from pipeline.notifications.compose import Composed
from pipeline.notifications.dates import as_utc
from pipeline.notifications.seal import clean
from pipeline.notifications.token import ReplyStyle, make_token, message_id, reply_address
from pipeline.notifications.words import words_of
from pipeline.resources import languages

_ENDS = 10
_LONGEST_ID = 990
_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_TYPE = re.compile(r"[a-z0-9.+-]{1,100}/[a-z0-9.+-]{1,100}")
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
    # two blanks in a quoted local part are two
    local, _, domain = (address if is_sendable(address) else clean(address)).rpartition("@")
    return Address(display_name=clean(name), username=unquoted(local), domain=a_label(domain))


def _ids(message_ids: Iterable[str]) -> list[str]:
    """Drop malformed ids: some mail clients stop threading at one."""
    return [found for found in message_ids if _ID.fullmatch(found) and len(found) <= _LONGEST_ID]


def _thread_fields(thread: Thread) -> dict[str, str]:
    parent = _ids([thread.in_reply_to])
    # a long field is folded by the standard library, which would decode what looks encoded
    others = (found for found in _ids(thread.references) if "=?" not in found)
    references = list(dict.fromkeys([*others, *parent]))
    if parent and references[-1] != parent[0]:
        references.remove(parent[0])
        references.append(parent[0])
    if len(references) > 2 * _ENDS:
        references = references[:_ENDS] + references[-_ENDS:]
    fields = {"In-Reply-To": parent[0]} if parent else {}
    return fields | ({"References": " ".join(references)} if references else {})


def _boundary(seed: str, number: int) -> str:
    """Return the boundary of a multipart, which depends on ``seed`` and its place alone."""
    digest = sha256(f"{seed}\0{number}".encode()).hexdigest()
    return f"=_{digest[:40]}"


def _safe_name(name: str) -> str:
    """Return an ASCII file name without anything that a program could take for a path."""
    return _UNSAFE_IN_NAME.sub("_", name).strip("._") or "file"


def _file(file: MailFile) -> mime.Part:
    kind, _, rest = file.content_type.partition(";")
    content_type = kind.strip() if _TYPE.fullmatch(kind.strip()) else "application/octet-stream"
    if "charset=" in rest or content_type.startswith("text/"):
        content_type += '; charset="utf-8"'
    disposition = f'attachment; filename="{_safe_name(file.name)}"'
    return mime.encoded(content_type, file.content, disposition)


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

    body = mime.multipart(
        "alternative",
        [
            mime.encoded(f'text/{kind}; charset="utf-8"', mime.crlf(text))
            for kind, text in (("plain", composed.text), ("html", composed.html))
        ],
        _boundary(own_id, 1 if files else 0),
    )
    if files:
        parts = [body, *map(_file, files)]
        body = mime.multipart("mixed", parts, _boundary(own_id, 0))
    # an address with other letters is no encoded word: it stands in UTF-8 (RFC 6532, 3.2)
    utf8 = not recipient.rpartition("@")[0].isascii()
    name = sender.name_in(composed.language)
    content = mime.mail(
        {
            "From": _address(sender.address, name),
            "To": _address(recipient),
            "Reply-To": _address(reply_to, name),
            "Subject": subject,
            "Date": format_datetime(as_utc(date).replace(microsecond=0)),
            "Message-ID": own_id,
            **_thread_fields(thread),
            "Auto-Submitted": "auto-replied" if thread.automatic_reply else "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "X-Notice-Template": composed.template_id,
            "Content-Language": composed.language,
        },
        body,
        utf8=utf8,
    )
    return OutboundMessage(
        key=notice_key,
        notice=composed.notice,
        language=composed.language,
        recipient=recipient,
        subject=subject,
        message_id=own_id,
        content=content,
        text=composed.text,
    )
