"""Writes and reads the identity of a blank: its form, its version and its language."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.model.form import FormKind

#: The names under which a file carries its identity: of hidden fields or of its properties.
IDENTITY_NAMES = ("_form", "_version", "_lang")
VERSION_NAME = IDENTITY_NAMES[1]
_PREFIX = "WA-FORM"
_PRINTED = re.compile(
    rf"WA\s?-\s?FORM\s+({'|'.join(kind.value for kind in FormKind)})"
    r"\s+([0-9]{1,4}(?:\.[0-9]{1,4}){0,2})\s+([a-z]{2})\b",
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

    @property
    def entries(self) -> tuple[tuple[str, str], ...]:
        """The identity as a file carries it: names and values."""
        values = (self.kind.value, self.version, self.language)
        return tuple(zip(IDENTITY_NAMES, values, strict=True))


def read_stamp(text: str) -> Stamp | None:
    """Return the first identity that is printed in ``text``, or None.

    Full-width characters, other blanks and a print's dashes are understood.
    """
    found = _PRINTED.search(_plain(text))
    return make_stamp(*found.groups()) if found else None


def printed_stamps(text: str) -> tuple[Stamp, ...]:
    """Return all identities that are printed in ``text``, each once."""
    found = (make_stamp(*parts) for parts in _PRINTED.findall(_plain(text)))
    return tuple(dict.fromkeys(stamp for stamp in found if stamp is not None))


def count_printed(text: str) -> int:
    """Return how often an identity is printed in ``text``: once on each page of a form."""
    return len(_PRINTED.findall(_plain(text)))


def _plain(text: str) -> str:
    return re.sub(r"[‐-―−]", "-", unicodedata.normalize("NFKC", text))


def stamp_of(entries: Mapping[str, str]) -> Stamp | None:
    """Return the stamp that a file carries as ``entries``, or None when it carries none of ours."""
    return make_stamp(*(entries.get(name, "") for name in IDENTITY_NAMES))


def make_stamp(kind: str, version: str, language: str) -> Stamp | None:
    """Return the stamp of three texts from a file, or None when ``kind`` is none of our forms."""
    found = _KINDS.get(kind.strip().lower())
    if found is None:
        return None
    return Stamp(found, version.strip()[:20], language.strip().lower()[:10])
