"""Secrets to look for, in whatever dress they may turn up: encoded, folded, quoted."""

import base64
import binascii
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

_WINDOW = 30
#: What stands between the pieces of a folded text: blanks, soft line ends (RFC 2045, 6.7), marks of
#: quotations, line ends of JSON and Python, frames of tables.
_FOLDS = re.compile(
    rb"=\r?\n|\\r\\n|\\n|\\r|[\s>|\"'\\,]|&#?\w{2,6};|<br\s*/?>|\xe2\x94[\x80-\xbf]"
)


@dataclass
class Needles:
    """The secrets of one kind each, and every form in which they are looked for."""

    _forms: dict[str, set[bytes]] = field(default_factory=dict)

    def add(self, kind: str, *secrets: str | bytes) -> None:
        """Look for ``secrets`` as they are, and in pieces when they are long."""
        for secret in secrets:
            raw = secret.encode() if isinstance(secret, str) else secret
            for piece in _pieces(raw):
                self._forms.setdefault(kind, set()).update(_dressed(piece))

    @property
    def kinds(self) -> set[str]:
        """The kinds that are looked for."""
        return set(self._forms)

    def found_in(self, content: str | bytes) -> set[str]:
        """Return the kinds of secrets that ``content`` holds."""
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        texts = (raw, _FOLDS.sub(b"", raw))
        return {
            kind
            for kind, forms in self._forms.items()
            if any(form in text for text in texts for form in forms)
        }


def _pieces(secret: bytes) -> Iterator[bytes]:
    """Yield windows of a long secret: a part of it may be cut off."""
    if len(secret) <= _WINDOW:
        yield secret
        return
    for start in range(0, len(secret) - _WINDOW + 1, _WINDOW // 2):
        yield secret[start : start + _WINDOW]


def _dressed(piece: bytes) -> Iterator[bytes]:
    """Yield ``piece`` as it is, and as encodings in use write it."""
    yield piece
    yield piece[::-1]
    yield binascii.hexlify(piece)
    yield binascii.hexlify(piece).upper()
    # wherever it stands in what is encoded; the edges hold bits of its neighbours
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + piece)
        whole = text[4 if shift else 0 :].rstrip(b"=")
        yield whole[:-2]
        yield whole[:-2].translate(bytes.maketrans(b"+/", b"-_"))
    yield quote(piece).encode()
    if piece.isascii():
        shown = piece.decode()
        yield html.escape(shown).encode()
        yield shown.encode("utf-16-le")
        yield b"".join(b"=%02X" % byte for byte in piece)


def kept(where: Mapping[str, Iterable[str]], place: str) -> set[str]:
    """Return the kinds that may stand at ``place``, by the prefixes of places in ``where``."""
    return {kind for prefix, kinds in where.items() if place.startswith(prefix) for kind in kinds}
