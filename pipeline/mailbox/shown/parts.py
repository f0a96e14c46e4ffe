"""The HTML of a mail and the pictures that it shows, from its bytes."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes

from pipeline.mailbox import charsets
from pipeline.mailbox.parse import bodies_of
from pipeline.mailbox.parts import Budget, Place, leaves, named_charsets, open_message
from pipeline.mailbox.wrapped import unwrap

_DATA = re.compile(r"data:image/(?:png|jpe?g|gif|webp|bmp)((?:;[\w=-]{1,40}){0,5}),", re.IGNORECASE)
_MOST_PICTURE = 10_000_000


@dataclass(frozen=True, slots=True)
class HtmlParts:
    """The HTML of a mail, and its parts by Content-ID (RFC 2392)."""

    html: str
    by_id: Mapping[str, bytes]

    def picture(self, source: str) -> bytes:
        """Return the bytes that a ``cid:`` or ``data:`` address names, or nothing."""
        if source[:4].lower() == "cid:":
            return self.by_id.get(unquote(source[4:]).strip(), b"")
        found = _DATA.match(source[:200])
        if found is None:
            return b""
        content = unquote_to_bytes(source[found.end() : found.end() + _MOST_PICTURE * 2])
        if ";base64" not in found[1].lower():
            return content
        try:
            return base64.b64decode(content)
        except ValueError:
            return b""


def html_parts(raw: bytes) -> HtmlParts:
    """Return what a mail shows as HTML; empty when it is plain text. Raises as parse_message."""
    hints = named_charsets(raw)
    budget = Budget()
    parts = tuple(leaves(open_message(raw, budget), Place(hints=hints, budget=budget), unwrap))
    texts = [
        charsets.decode(part.content, part.charset, hints)[0]
        for part in bodies_of(parts)
        if part.content_type == "text/html"
    ]
    named = {part.content_id.strip("<> "): part.content for part in parts if part.content_id}
    return HtmlParts("<hr>".join(texts), named)
