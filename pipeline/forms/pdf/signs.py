"""The signs by which what we add to a marked copy is known as ours, whoever saved it since."""

import hashlib

#: Sentences and notes on the pages of a marked copy stand in marked content of this tag, around
#: that of the structure: ``/WAMark BMC /P <</MCID 7>> BDC … EMC EMC`` (ISO 32000-2, 14.6).
MARK_TAG = "WAMark"
#: The entry of a page of a marked copy (Annex E: a name of the third class) that has the digests
#: of its content streams, packed and unpacked.
PAGE_DIGEST = "XXWaFormPage"
#: The names (``/NM``, 12.5.2) of the frames and notes at marked answers begin so; the name of the
#: field and ``box`` or ``note`` follow: ``wa-mark:contact_name:box``. Those of our links have a
#: number and ``link``. What the frame or note says is signed by a digest at the end of its name.
MARK_NAME = "wa-mark:"
_DIGITS = 16


def words_digest(words: str) -> str:
    """Return the digest of the words of a frame or note; programs may change blanks and breaks."""
    return hashlib.sha256("".join(words.split()).encode()).hexdigest()[:_DIGITS]
