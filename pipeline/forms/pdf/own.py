"""Knows what we add to a copy of a form for ours (see ``signs``).

The content of our pages is signed by its digest, so that a page that nobody drew on is known
without a look at what it shows.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import pikepdf

from pipeline.forms.pdf.signs import MARK_NAME, PAGE_DIGEST, words_digest
from pipeline.forms.pdf.values import read_text

_DIGEST = pikepdf.Name(f"/{PAGE_DIGEST}")
_CONTENTS, _NAME = pikepdf.Name("/Contents"), pikepdf.Name("/NM")
_CHANGED = pikepdf.Name("/M")
_MOST_STREAMS = 200


def packed_contents(page: Any) -> tuple[bytes, ...]:
    """Return the content streams of a page as they are packed; none where that is not possible.

    Raises whatever pikepdf raises on a broken file.
    """
    content = page[_CONTENTS] if _CONTENTS in page else None  # noqa: SIM401 - measured
    if isinstance(content, pikepdf.Stream):
        return (bytes(content.get_raw_stream_buffer()),)
    if not isinstance(content, pikepdf.Array) or len(content) > _MOST_STREAMS:
        return ()
    streams = [item for item in content if isinstance(item, pikepdf.Stream)]
    return tuple(bytes(stream.get_raw_stream_buffer()) for stream in streams)


def is_signed(page: Any) -> bool:
    """Return whether a page is one of a marked copy, whoever drew on it since."""
    return _DIGEST in page


def is_own_page(page: Any, contents: Sequence[bytes]) -> bool:
    """Return whether we drew the page with the packed ``contents``, and nobody drew on it since.

    Programs pack streams that are not packed, so what they unpack to is compared as well. Raises
    whatever pikepdf raises on a broken file.
    """
    if _DIGEST not in page:
        return False
    packed, _, unpacked = str(page[_DIGEST]).partition(" ")
    return packed == _digest(contents) or unpacked == _digest(_unpacked(page, len(contents)))


def digest_of(digests: Iterable[bytes]) -> str:
    """Return the digest of a page, of those of its content streams."""
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _digest(contents: Iterable[bytes]) -> str:
    return digest_of(hashlib.sha256(content).digest() for content in contents)


def _unpacked(page: Any, count: int) -> tuple[bytes, ...]:
    content = page[_CONTENTS]
    streams = list(content)[:count] if isinstance(content, pikepdf.Array) else [content]
    return tuple(bytes(one.read_bytes()) for one in streams if isinstance(one, pikepdf.Stream))


def has_own_name(annotation: Any) -> bool:
    """Return whether an annotation has a name that we give."""
    return _NAME in annotation and read_text(annotation[_NAME])[0].startswith(MARK_NAME)


def is_own_note(annotation: Any) -> bool:
    """Return whether an annotation is ours and says what we wrote.

    Those of earlier copies, and links, are not signed: no program says that they were changed.
    """
    if not has_own_name(annotation):
        return False
    digest = _signature(annotation)
    return digest == words_digest(_words(annotation)) if digest else _CHANGED not in annotation


def is_changed_note(annotation: Any) -> bool:
    """Return whether an annotation was ours, and says something else than we wrote."""
    digest = _signature(annotation) if has_own_name(annotation) else ""
    return bool(digest) and digest != words_digest(_words(annotation))


def _signature(annotation: Any) -> str:
    """Return the digest at the end of the name of a frame or note; empty when it has none."""
    return "".join(read_text(annotation[_NAME])[0].removeprefix(MARK_NAME).split(":")[2:])


def _words(annotation: Any) -> str:
    return read_text(annotation[_CONTENTS])[0] if _CONTENTS in annotation else ""
