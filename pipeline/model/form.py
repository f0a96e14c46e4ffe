"""The three forms, the files they come in, and what a file of the world turned out to be."""

from dataclasses import dataclass
from enum import StrEnum


class FormKind(StrEnum):
    """Which blank document."""

    ONBOARDING = "onboarding"
    MIGRATION = "migration"
    QR = "qr"


class FileFormat(StrEnum):
    """The format of a form."""

    XLSX = "xlsx"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file of a message that may be a form, told by its magic bytes and not by its name.

    ``position`` counts the attachments of the message from 0 (files of a zip share its position).
    """

    name: str
    content: bytes
    format: FileFormat
    sha256: str
    position: int


@dataclass(frozen=True, slots=True)
class Filling:
    """What is written into a fresh form: answers, and sentences at the answers that are marked.

    ``answers`` maps field ids to text (a choice by its code, a tick by ``yes``); ``marks`` maps
    field ids to the sentences a person reads there, already in the form's language. ``to_check``
    tells that the marked answers are ours, and have to be checked rather than corrected.
    """

    answers: tuple[tuple[str, str], ...] = ()
    marks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    to_check: bool = False
