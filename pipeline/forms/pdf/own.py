"""Signs what we add to a copy of a form, so that a reader knows it for ours.

The signs are entries of our own in the file (ISO 32000-2, Annex E: names of the third class): what
we print may look different one day, and what a customer adds may look like ours.
"""

import hashlib
from typing import Any

import pikepdf

_PAGE = pikepdf.Name("/XXWaFormPage")
_NOTE = pikepdf.Name("/XXWaFormNote")
_CONTENTS = pikepdf.Name("/Contents")


def sign_note(annotation: Any) -> None:
    """Sign an annotation of ours; its words must not change after that."""
    annotation[_NOTE] = pikepdf.String(_digest(_words(annotation)))


def is_own_note(annotation: Any) -> bool:
    """Return whether we made the annotation, and nobody changed its words."""
    if _NOTE not in annotation:
        return False
    return bool(str(annotation[_NOTE]) == _digest(_words(annotation)))


def sign_pages(pdf: Any) -> None:
    """Sign the content of all pages of a finished ``pdf``; it is to be saved as it is packed."""
    for page in pdf.pages:
        content = packed_content(page.obj)
        if content is not None:
            page.obj[_PAGE] = pikepdf.String(_digest(content))


def is_own_page(page: Any, content: bytes) -> bool:
    """Return whether we drew the page with the packed ``content``, and nobody drew on it since."""
    return _PAGE in page and bool(str(page[_PAGE]) == _digest(content))


def packed_content(page: Any) -> bytes | None:
    """Return the content stream of a page as it is packed; None when there is not just one.

    Raises whatever pikepdf raises on a broken file.
    """
    content = page[_CONTENTS] if _CONTENTS in page else None
    if not isinstance(content, pikepdf.Stream):
        return None
    return bytes(content.get_raw_stream_buffer())


def _words(annotation: Any) -> bytes:
    return bytes(annotation[_CONTENTS]) if _CONTENTS in annotation else b""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
