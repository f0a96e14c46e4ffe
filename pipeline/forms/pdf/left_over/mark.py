"""A mark: one thing that was put on a page of a form."""

from dataclasses import dataclass

from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.values import without_surrogates
from pipeline.model.submission import LeftOverKind

#: Longer words are cut: staff have the file itself.
_MOST_CHARACTERS = 2_000
_CUT = "…"


@dataclass(frozen=True, slots=True)
class Mark:
    """What was added: page from 0 on, its places there (none when it says none), its words.

    ``is_typed`` tells of a text that was typed over the page, which may be an answer. ``by`` is
    whose it is: the author of a note, the name of a field.
    """

    page: int
    places: tuple[Edges, ...]
    kind: LeftOverKind
    words: str
    is_typed: bool = False
    by: str = ""

    @property
    def where(self) -> str:
        """The place as people count pages, and whose it is."""
        return ", ".join(filter(None, [f"p. {self.page + 1}", self.by]))


def is_of_words(name: str) -> bool:
    """Return whether a person gave something its ``name``: programs count, or write no blank."""
    name = name.strip()
    return bool(name) and not name[-1].isdigit() and (not name.isascii() or " " in name)


def tidied(text: str) -> str:
    """Return the words of a mark as they are kept: without lone surrogates, and not too long."""
    text = without_surrogates(text).strip()
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + _CUT
