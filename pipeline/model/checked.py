"""A checked form: what was read from each answer, the verdicts, and all problems at once."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.model.problem import Audience, Problem, Severity, Verdict
from pipeline.model.submission import Submission


class M2mCertainty(StrEnum):
    """What the M2M table says of a number."""

    NONE = "none"
    WARNING = "warning"
    OVERRIDE = "override"
    CERTAIN = "certain"


@dataclass(frozen=True, slots=True)
class FieldReading:
    """What one answer was read as.

    ``value`` is the canonical text of the typed value (E.164, ISO date, UUID in lower case, choice
    code, ``yes``/``no``), or None when nothing usable was read; with ``ask`` it is the proposal.
    ``notes`` are codes of repairs (``fullwidth``, ``trunk_prefix`` …); ``candidates`` are the
    possible values when there is more than one.
    """

    field: str
    raw: str
    where: str
    value: str | None
    verdict: Verdict
    notes: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether ``value`` may be built on: read, and no question to the customer is open.

        A doubt that staff alone settle (a country where WhatsApp may not be offered) leaves the
        verdict at ``ask`` and the value usable.
        """
        if self.value is None or self.verdict is Verdict.OK:
            return self.value is not None
        return self.verdict is Verdict.ASK and not any(item.blocks for item in self.problems)


@dataclass(frozen=True, slots=True)
class CheckedForm:
    """A submission with the reading of every field and the problems of fields and rules."""

    submission: Submission
    readings: tuple[FieldReading, ...]
    problems: tuple[Problem, ...]
    m2m: M2mCertainty = M2mCertainty.NONE

    def value(self, field: str) -> str | None:
        """Return the canonical value of ``field`` when nothing of it is left open, else None."""
        reading = self.reading(field)
        return reading.value if reading and reading.usable else None

    def reading(self, field: str) -> FieldReading | None:
        """Return the reading of ``field``, or None when the form has no such field."""
        return next((reading for reading in self.readings if reading.field == field), None)

    @property
    def customer_problems(self) -> tuple[Problem, ...]:
        """The problems that the customer must act on."""
        return tuple(problem for problem in self.problems if problem.blocks)

    @property
    def staff_warnings(self) -> tuple[Problem, ...]:
        """The problems that staff must tick off before they approve."""
        return tuple(
            problem
            for problem in self.problems
            if problem.audience is Audience.STAFF and problem.severity is not Severity.NOTE
        )

    @property
    def verdict(self) -> Verdict:
        """The verdict of the whole form: reject with an error, ask with an ask, else ok."""
        severities = {problem.severity for problem in self.customer_problems}
        if Severity.ERROR in severities:
            return Verdict.REJECT
        return Verdict.ASK if Severity.ASK in severities else Verdict.OK
