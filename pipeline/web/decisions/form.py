"""The form of a decision: what it asks, who may send it, and what it does."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.flow.services import Services
from pipeline.flow.staff.desk.rehearsal import Decide
from pipeline.flow.staff.people.roles import Permission
from pipeline.flow.views.request import RequestView
from pipeline.model.request import EventName
from pipeline.store.records import RequestRecord


class InputKind(StrEnum):
    """How something is asked."""

    TEXT = "text"
    LINE = "line"
    CHOICE = "choice"
    TICKS = "ticks"
    SWITCH = "switch"
    DAY = "day"
    MOMENTS = "moments"
    FILE = "file"
    #: Typed unseen, and in no page that comes back.
    SECRET = "secret"  # noqa: S105 - the name of a kind
    #: The answers of the form, each with its present value.
    ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several: what is sent, what people read, and whether it is chosen at first."""

    value: str
    label: str
    chosen: bool = False
    hint: str = ""
    #: What stands in the box of an answer when the page is made.
    typed: str = ""
    #: The number of an answer in its form.
    number: int = 0


@dataclass(frozen=True, slots=True)
class Subject:
    """What a decision is about; ``at_first`` are values that the address names.

    ``who`` is who looks at it: what that colleague cannot decide is not offered.
    """

    services: Services
    record: RequestRecord
    view: RequestView
    at_first: Mapping[str, str] = field(default_factory=dict)
    who: str = ""


Choices = Callable[[Subject], Iterable[Choice]]


def no_choices(_subject: Subject) -> Iterable[Choice]:
    """Return nothing to choose from."""
    return ()


@dataclass(frozen=True, slots=True)
class Input:
    """Something that is asked; ``name`` is also the key of its label in the words of the pages.

    ``for_customer``: the customer reads what is typed. ``optional``: it may be left out.
    ``only_if`` says whether it is asked at all.
    """

    name: str
    kind: InputKind
    optional: bool = True
    choices: Choices = no_choices
    for_customer: bool = False
    only_if: Callable[[Subject], bool] = lambda _subject: True


@dataclass(frozen=True, slots=True)
class Filled:
    """What was filled in: the values of each input by its name."""

    values: Mapping[str, tuple[str, ...]]

    def text(self, name: str) -> str:
        """Return the one value of an input, or empty."""
        return next(iter(self.values.get(name, ())), "").strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of an input that is not empty."""
        return tuple(value.strip() for value in self.values.get(name, ()) if value.strip())

    def has(self, name: str) -> bool:
        """Tell whether a switch is on."""
        return bool(self.text(name))


@dataclass(frozen=True, slots=True)
class Form:
    """A decision as staff take it: its name is that of the command, and in the address.

    ``events`` are those that the machine has to allow for it; without, ``offered`` says when.
    ``of`` makes the decision from what was filled in; it raises UsageError for what cannot be read.
    ``key`` is the key that opens it.
    """

    name: str
    permission: Permission
    of: Callable[[Filled, Subject], Decide]
    events: frozenset[EventName] = frozenset()
    inputs: tuple[Input, ...] = ()
    key: str = ""
    offered: Callable[[Subject], bool] = lambda _subject: False
    #: Whether it can be shown before it is taken: not where a server elsewhere is asked.
    rehearsed: bool = True
    #: Whether it takes a second click although it can be taken back.
    twice: bool = False
