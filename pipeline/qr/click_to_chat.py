"""The click-to-chat link of a number (WhatsApp's help page "How to use click to chat")."""

import re
from urllib.parse import quote

from pipeline.errors import RefusedError

_E164 = re.compile(r"\+([1-9][0-9]{6,14})", re.ASCII)


def chat_link(e164: str, text: str = "") -> str:
    """Return the link that opens a chat with ``e164``, with ``text`` as the message to send.

    The link has the digits without the plus; the text is percent-encoded UTF-8, its line ends are
    line feeds. Raises RefusedError when ``e164`` is no E.164 number.
    """
    found = _E164.fullmatch(e164)
    if not found:
        raise RefusedError("number_not_e164", number=e164)
    link = f"https://wa.me/{found[1]}"
    message = message_of(text)
    if not message:
        return link
    # Half a character (a lone surrogate of a damaged file) has no UTF-8: a question mark it is.
    return f"{link}?text={quote(message, safe='', errors='replace')}"


def message_of(text: str) -> str:
    """Return ``text`` as the message of a chat: line feeds between its lines, no blanks around."""
    return "\n".join(text.splitlines()).strip()
