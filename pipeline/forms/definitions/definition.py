"""Declares what a form is: typed answers, each of which carries its question as metadata.

One declaration drives the blank documents, the readers, the checks, the console and the docs; the
words are in ``templates/forms/<lang>.toml``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import get_args, get_type_hints

from pipeline.model.form import FormKind


class AnswerKind(StrEnum):
    """How an answer is read; each kind has one reader in ``validation``."""

    TEXT = "text"
    DISPLAY_NAME = "display_name"
    EMAIL = "email"
    PHONE = "phone"
    CONTACT_PHONE = "contact_phone"
    COUNTRY = "country"
    UUID = "uuid"
    DIGITS = "digits"
    URL = "url"
    DATE = "date"
    DATE_TIME = "date_time"
    TIME_ZONE = "time_zone"
    CHOICE = "choice"
    TICK = "tick"
    PATTERN = "pattern"


@dataclass(frozen=True, slots=True)
class Condition:
    """A question must be answered when ``field`` was answered with one of ``values``."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a field asks.

    ``group`` is the section of the form. Lengths are in UTF-16 units. ``usual`` is the range
    outside of which we ask instead of refuse. ``choices`` are codes; their words are in the texts.
    ``unknown`` allows the answer "unknown". ``long`` makes a box of several lines.
    """

    kind: AnswerKind
    group: str
    required: bool = True
    when: Condition | None = None
    minimum: int = 0
    maximum: int = 0
    usual: tuple[int, int] | None = None
    choices: tuple[str, ...] = ()
    unknown: bool = False
    pattern: str = ""
    long: bool = False

    @property
    def conditional(self) -> bool:
        """Whether it is required only when its condition holds."""
        return self.when is not None

    def is_required(self, values: Mapping[str, str | None]) -> bool:
        """Return whether it must be answered, given the canonical ``values`` of the others."""
        if self.when is None:
            return self.required
        return values.get(self.when.field) in self.when.values


class Answers:
    """The base of what an application declares: an attribute per answer, with its type.

    ``validation.application`` makes the strict model of it.
    """


@dataclass(frozen=True)
class FormDefinition:
    """One form: its application, its version, and its sections in the order of printing.

    ``older_versions`` asked the same questions in other words, which ``templates/forms/<version>``
    keeps beside the blanks in ``forms/<version>``, in the ``older_order``.
    """

    kind: FormKind
    version: str
    model: type[Answers]
    groups: tuple[str, ...]
    older_versions: tuple[str, ...] = field(default=())
    older_order: tuple[str, ...] = field(default=())

    def asks_the_same(self, version: str) -> bool:
        """Return whether a form of ``version`` (empty: it does not say) has all questions."""
        return version in {"", self.version, *self.older_versions}

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """The questions by field id, in the order in which they are printed."""
        found = [
            (name, item)
            for name, kind in get_type_hints(self.model, include_extras=True).items()
            for item in get_args(kind)
            if isinstance(item, Question)
        ]
        found.sort(key=lambda pair: self.groups.index(pair[1].group))
        return MappingProxyType(dict(found))

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The printed number of each question, from 1 on across the whole form."""
        return MappingProxyType({name: index for index, name in enumerate(self.questions, 1)})

    @cached_property
    def numbers_of_versions(self) -> Mapping[str, frozenset[str]]:
        """The numbers that each question has or had in any version, as they are printed."""
        every = [self.numbers, *map(self.numbers_of, self.older_versions)]
        return MappingProxyType(
            {name: frozenset(str(numbers[name]) for numbers in every) for name in self.questions}
        )

    def numbers_of(self, version: str) -> Mapping[str, int]:
        """Return the printed number of each question in ``version``; unknown ones: the present."""
        if version not in self.older_versions:
            return self.numbers
        return {name: number for number, name in enumerate(self.older_order, 1)}

    def group(self, name: str) -> tuple[tuple[str, Question], ...]:
        """Return the questions of one section."""
        return tuple(pair for pair in self.questions.items() if pair[1].group == name)
