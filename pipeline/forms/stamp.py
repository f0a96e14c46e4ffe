"""Writes and reads the identity of a blank: its form, its version and its language."""

import re
import unicodedata
from dataclasses import dataclass

from pipeline.model.form import FormKind

_PREFIX = "WA-FORM"
_PRINTED = re.compile(
    r"WA\s?-\s?FORM\s+(onboarding|migration|qr)\s+([0-9]{1,4}(?:\.[0-9]{1,4}){0,2})\s+([a-z]{2})\b",
    re.IGNORECASE,
)
_KINDS = {kind.value: kind for kind in FormKind}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a blank says of itself; ``version`` and ``language`` may be ones that we do not know."""

    kind: FormKind
    version: str
    language: str

    @property
    def text(self) -> str:
        """The identity as it is printed in the footer, such as ``WA-FORM onboarding 1.0 en``."""
        return f"{_PREFIX} {self.kind.value} {self.version} {self.language}"


def read_stamp(text: str) -> Stamp | None:
    """Return the first identity that is printed in ``text``, or None.

    Full-width characters, other blanks and a print's dashes are understood.
    """
    folded = re.sub(r"[‐-―−]", "-", unicodedata.normalize("NFKC", text))
    found = _PRINTED.search(folded)
    return make_stamp(*found.groups()) if found else None


def make_stamp(kind: str, version: str, language: str) -> Stamp | None:
    """Return the stamp of three texts from a file, or None when ``kind`` is none of our forms."""
    found = _KINDS.get(kind.strip().lower())
    if found is None:
        return None
    return Stamp(found, version.strip()[:20], language.strip().lower()[:10])
