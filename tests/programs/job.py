"""What a program is given: a blank, the answers of one person, and where to save."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from pipeline.model.form import FileFormat, FormKind

Way = Literal["text", "list", "radio", "tick"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer as a person gives it.

    ``text`` is what is typed, or the word of the list in the language of the form; ``code`` is the
    code behind that word (empty for typed answers; ``yes`` for a tick). ``way`` is how it is given.
    """

    field: str
    text: str
    code: str
    way: Way


@dataclass(frozen=True, slots=True)
class Job:
    """Fill ``blank`` with ``entries`` and save the result as ``target``."""

    kind: FormKind
    language: str
    blank: Path
    entries: tuple[Entry, ...]
    target: Path


class Program(Protocol):
    """A program that fills forms of one format."""

    name: str
    file_format: FileFormat

    def missing(self) -> str:
        """Return what is not installed, in words for the list of skips; empty when all is here."""
        ...

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        """Do all ``jobs``, with ``folder`` (empty) for settings and packages of its own.

        Raises RuntimeError with the program's own words when it fails.
        """
        ...
