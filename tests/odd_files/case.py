"""One file that a person made with another program or by another habit, and what is right."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pipeline.model.form import FormKind
from tests.programs.running import missing_package
from tests.world.customers import form

_NODE = "node:"

#: Makes the file out of a well filled form; the folder (empty) is for what programs leave.
#: A name of the file is returned when its ending matters.
Make = Callable[[bytes, Path], "bytes | tuple[str, bytes]"]


class Outcome(StrEnum):
    """What is right for a file."""

    #: All answers are taken, and nobody is asked or told anything.
    ACCEPTED = "accepted"
    #: The customer is asked at the question, and reads the words there.
    ASKED = "asked"
    #: Staff read the words, the customer is not asked.
    STAFF = "staff"
    #: The customer reads why the file could not be taken.
    REFUSED = "refused"
    #: Every form in the file becomes a request.
    TWO = "two"
    #: All answers are read from the page, and the customer is asked to check them.
    PRINT = "print"


@dataclass(frozen=True, slots=True)
class Case:
    """One file.

    ``given`` changes the answers of a form that nothing is wrong with (an empty one leaves the
    question open), ``reads`` what is to be read in their place where the program types answers
    itself. ``words`` is all that was put in beside the answers. ``at`` are the questions where the
    customer is asked, or the code of the sentence that a refused file is answered with.
    ``marked`` tells that something without words was put in, which must be told as well.
    ``needs`` is a command (or ``node:`` and a package) that must be there, and its program's name.
    """

    name: str
    program: str
    habit: str
    make: Make
    expected: Outcome
    at: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    kind: FormKind = FormKind.ONBOARDING
    language: str = "en"
    suffix: str = "xlsx"
    given: Mapping[str, str] = field(default_factory=dict)
    reads: Mapping[str, str | None] = field(default_factory=dict)
    marked: bool = False
    needs: tuple[str, str] = ("", "")

    def missing(self) -> str:
        """Return the program that is not installed; empty when it is there."""
        command, program = self.needs
        if command.startswith(_NODE):
            return program if missing_package(command.removeprefix(_NODE)) else ""
        return program if command and shutil.which(command) is None else ""

    def filled(self) -> bytes:
        """Return the form as it was filled in, before anything was done to it."""
        return form(self.kind, self.language, self.suffix, **self.given)[1]

    def build(self, folder: Path) -> tuple[str, bytes]:
        """Return the name and the bytes of the file."""
        made = self.make(self.filled(), folder)
        if isinstance(made, bytes):
            return f"{self.kind.value}_{self.language}.{self.suffix}", made
        return made
