"""Short ways to write down the cases of one program."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.odd_files.case import Case, Make, Outcome


def on_bytes(change: Callable[[bytes], bytes]) -> Make:
    """Return what makes a file with ``change`` alone."""
    return lambda content, _folder: change(content)


@dataclass
class Writer:
    """Collects the cases of one program and format."""

    program: str
    suffix: str
    needs: tuple[str, str] = ("", "")
    cases: list[Case] = field(default_factory=list)

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)

    def add(
        self, name: str, habit: str, make: Make | Callable[[bytes], bytes], **about: Any
    ) -> None:
        """Add a case; ``expected`` is accepted unless ``about`` says something else."""
        about.setdefault("expected", Outcome.ACCEPTED)
        words = about.pop("words", ())
        at = about.pop("at", ())
        self.cases.append(
            Case(
                name=name,
                program=self.program,
                habit=habit,
                make=_make(make),
                words=(words,) if isinstance(words, str) else words,
                at=(at,) if isinstance(at, str) else at,
                suffix=self.suffix,
                needs=self.needs,
                **about,
            )
        )

    def asked(
        self, name: str, habit: str, make: Make | Callable[[bytes], bytes], at: str, **about: Any
    ) -> None:
        """Add a case in which the customer is asked at the question ``at``."""
        self.add(name, habit, make, at=at, expected=Outcome.ASKED, **about)

    def staff(
        self, name: str, habit: str, make: Make | Callable[[bytes], bytes], **about: Any
    ) -> None:
        """Add a case in which staff are told."""
        self.add(name, habit, make, expected=Outcome.STAFF, **about)

    def refused(
        self, name: str, habit: str, make: Make | Callable[[bytes], bytes], code: str, **about: Any
    ) -> None:
        """Add a case in which the customer reads why the file could not be taken."""
        self.add(name, habit, make, at=code, expected=Outcome.REFUSED, **about)


def _make(change: Any) -> Make:
    count = change.__code__.co_argcount
    return change if count == 2 else on_bytes(change)


def written(content: bytes, folder: Path, name: str) -> Path:
    """Write ``content`` as a file of ``folder``."""
    path = folder / name
    path.write_bytes(content)
    return path
