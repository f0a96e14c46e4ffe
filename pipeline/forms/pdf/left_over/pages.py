"""Tells which pages of a file show anything else than those of the blank; most files have none.

The programs that fill in a form take its pages over as they are packed, so their bytes are compared
first, and what they unpack to when these differ.
"""

import io
import itertools
import zlib
from functools import lru_cache
from typing import Any

import pikepdf

from pipeline.forms.blanks import published
from pipeline.forms.pdf.own import is_own_page, packed_contents
from pipeline.forms.stamp import Stamp

_BLANKS_KEPT = 16
_MOST_PAGES = 200
_MOST_BYTES = 10_000_000
#: What programs put around the content of a page without a change of what it shows.
_AROUND = frozenset({b"q", b"Q"})


def changed_pages(pdf: Any, stamp: Stamp | None) -> tuple[int, ...]:
    """Return the pages of the open ``pdf`` that are neither of the blank nor drawn by us.

    None are told when the blank is not at hand. Raises whatever pikepdf raises on a broken file.
    """
    known = _packed(stamp) if stamp else frozenset()
    if not known:
        return ()
    found = []
    for index, page in enumerate(itertools.islice(pdf.pages, _MOST_PAGES)):
        contents = packed_contents(page.obj)
        if (len(contents) == 1 and contents[0] in known) or is_own_page(page.obj, contents):
            continue
        if stamp and _unpacked(page.obj) not in _contents(stamp):
            found.append(index)
    return tuple(found)


def is_at_hand(stamp: Stamp | None) -> bool:
    """Return whether the pages of a file can be compared with its blank."""
    return stamp is not None and bool(_packed(stamp))


def _unpacked(page: Any) -> tuple[bytes, ...]:
    """Return the operators and operands of a page, without what programs put around them."""
    contents = page.get("/Contents")
    streams = contents if isinstance(contents, pikepdf.Array) else [contents]
    parts, left = [], _MOST_BYTES
    for stream in streams:
        if isinstance(stream, pikepdf.Stream):
            parts.append(bytes(stream.read_bytes()))
            left -= len(parts[-1])
        if left < 0:
            return ()
    return _tokens(b"\n".join(parts))


def _tokens(content: bytes) -> tuple[bytes, ...]:
    tokens = content.split()
    start, end = 0, len(tokens)
    while start < end and tokens[start] in _AROUND:
        start += 1
    while end > start and tokens[end - 1] in _AROUND:
        end -= 1
    return tuple(tokens[start:end])


@lru_cache(maxsize=_BLANKS_KEPT)
def _packed(stamp: Stamp) -> frozenset[bytes]:
    """Return the packed contents of the pages of the blank; none when it is not at hand."""
    blank = published(stamp.kind, stamp.language, version=stamp.version)
    if blank is None:
        return frozenset()
    with pikepdf.open(io.BytesIO(blank)) as pdf:
        return frozenset(content for page in pdf.pages for content in packed_contents(page.obj))


@lru_cache(maxsize=_BLANKS_KEPT)
def _contents(stamp: Stamp) -> frozenset[tuple[bytes, ...]]:
    return frozenset(_tokens(zlib.decompress(content)) for content in _packed(stamp))
