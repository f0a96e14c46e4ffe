"""What we sent, as digests: enough to know our own words again in a reply, not to read them.

A mail is kept as its pieces in their order: a piece is a sentence, or as much of it as stands on
one line of ours.
"""

import hashlib
import re
import struct
from collections.abc import Callable, Iterator
from functools import lru_cache

from pipeline.mailbox.reply.letters import folded

RECORD = struct.Struct(">BB2s6s")
HEAD = 4  # letters that a piece is looked up by
LONGEST = 200
MOST_PIECES = 600
# Written by everybody; a word or slot to answer with; the beginning of a slot.
COMMON, REPLY, LETTER = 1, 2, 4
# The end of a piece: of a line, or of a sentence on it.
_PIECE = re.compile(r"[^\n.!?:。！？：]+(?:[.!?:](?!\s)[^\n.!?:。！？：]*)*[.!?:。！？：]*")
# An hour to choose: behind its letter, or alone when it is the only one.
_SLOT = re.compile(
    r"\s*[A-Za-zＡ-Ｚ](?:\s{2,}|\u3000)(?=.{0,60}\d)|(?=[^\n:：]{0,60}\d{1,2}:\d{2}[–～])"
)
_LABELLED = re.compile(r"[^\n:：]{1,40}[:：]\s*\S")
_ROW = re.compile(r"([^\n:：]{1,80}[:：])\s*(\S.*)")
_FULL_STOPS = frozenset(".!?。！？")

#: Flags, number of letters, digest of the first letters, digest of all.
Piece = tuple[int, int, bytes, bytes]
IsReply = Callable[[str], bool]


def _none(_words: str) -> bool:
    return False


def digests_of(text: str, body: str, key: str, is_reply: IsReply = _none, rows: str = "") -> bytes:
    """Return the digests of the plain text of a mail of ours, as they are kept.

    ``body`` is the part between greeting and closing: what frames it is said by everybody, and so
    are facts (a number, a name), which may be an answer.
    ``is_reply`` tells the words that a customer may answer with. ``key`` keeps digests of different
    requests apart. ``rows`` are those of the tables in ``body``, as a program that shows HTML
    quotes them.
    """
    start = text.find(body) if body else 0
    end, rows_start = start + len(body or text), len(text)
    digests = Digests(key)
    found, place = [], 0
    for line in f"{text}\n{rows}".split("\n"):
        for at, letters, told in _pieces(line, is_reply):
            frames = not (start <= place + at < end or place + at >= rows_start)
            flags = told | COMMON if frames else told
            for first in range(0, len(letters), LONGEST):
                part = letters[first : first + LONGEST]
                head = digests.head(part[:HEAD])
                found.append(RECORD.pack(flags, len(part), head, digests.whole(part)))
        place += len(line) + 1
    return b"".join(found[:MOST_PIECES])


@lru_cache(maxsize=4096)
def _pieces(line: str, is_reply: IsReply) -> tuple[tuple[int, str, int], ...]:
    """Return the pieces of a line: each with its place, its letters and what it is.

    Most are sentences of our templates.
    """
    return tuple(
        (hit.start(), *_looked_at(hit[0], line, is_reply))
        for hit in _PIECE.finditer(line)
        if hit[0].strip()
    )


def _looked_at(source: str, line: str, is_reply: IsReply) -> tuple[str, int]:
    """Return the letters of a piece and what it is."""
    fact = _is_value(source, line) and not _asks_for(source, line, is_reply)
    flags = COMMON if fact else 0
    if _SLOT.match(line):
        flags |= REPLY | (LETTER if line.startswith(source) else 0)
    elif is_reply(source):
        flags |= REPLY
    return folded(source), flags


def _is_value(source: str, line: str) -> bool:
    """Whether a piece is a fact or its label, which the customer writes too: no sentence."""
    if source.rstrip()[-1:] in _FULL_STOPS:
        return False
    told = bool(_LABELLED.match(line))
    return told or not re.search(r"\S\s+\S|[\u3040-\u30ff]", source.strip())


def _asks_for(source: str, line: str, is_reply: IsReply) -> bool:
    """Whether a piece is the label before a word to answer with: nobody else writes that."""
    row = _ROW.fullmatch(line.strip())
    return row is not None and source.strip() == row[1] and is_reply(row[2])


class Digests:
    """Makes the digests of one request: of the first letters of a piece, and of all."""

    def __init__(self, key: str) -> None:
        self._head, self._whole = (
            hashlib.blake2b(digest_size=size, key=key.encode()[:64]) for size in (2, 6)
        )

    def head(self, letters: str) -> bytes:
        """Return the digest that a piece is looked up by."""
        state = self._head.copy()
        state.update(letters.encode())
        return state.digest()

    def whole(self, letters: str) -> bytes:
        """Return the digest by which a piece is known."""
        state = self._whole.copy()
        state.update(letters.encode())
        return state.digest()


def heads_in(mail: bytes) -> Iterator[tuple[int, int]]:
    """Return the bytes of the digests that the pieces of a mail are looked up by."""
    return zip(mail[2 :: RECORD.size], mail[3 :: RECORD.size], strict=True)
