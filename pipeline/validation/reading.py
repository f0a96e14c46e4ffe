"""What a reader makes of one text, before it is put beside its field."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from pipeline.model.checked import M2mCertainty
from pipeline.model.problem import Audience, Severity, Verdict
from pipeline.model.submission import CellType
from pipeline.validation.phone.policy import DEFAULT, PhonePolicy

_SEVERITY = {
    Verdict.REJECT: Severity.ERROR,
    Verdict.ASK: Severity.ASK,
    Verdict.OK: Severity.WARNING,
    Verdict.BLANK: Severity.ERROR,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem without its field; ``severity`` None means: what the verdict weighs."""

    code: str
    params: tuple[tuple[str, str | int], ...] = ()
    severity: Severity | None = None
    audience: Audience = Audience.CUSTOMER


@dataclass(frozen=True, slots=True)
class Read:
    """The outcome of one reader.

    ``value`` is the canonical text, with ``ask`` the proposal. ``literal`` is what the words say
    when a person confirms them as they stand (empty: the proposal is all there is).
    """

    value: str | None
    verdict: Verdict
    notes: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    literal: str = ""
    m2m: M2mCertainty = M2mCertainty.NONE

    def noted(self, *notes: str) -> "Read":
        """Return the same with further notes, each once, in their order."""
        told = tuple(dict.fromkeys((*self.notes, *notes)))
        return self if told == self.notes else replace(self, notes=told)

    def severity(self, finding: Finding) -> Severity:
        """Return how much ``finding`` weighs in this reading."""
        return finding.severity or _SEVERITY[self.verdict]


@dataclass(frozen=True, slots=True)
class Hints:
    """What a reader may know beside the text itself; ``today`` matters to dates alone.

    ``country`` is the stated country (alpha-2) or None; ``language`` the language of the form;
    ``words`` are the folded words of a choice with their codes; ``known`` are the folded words of
    the customer's own names; ``phones`` says which numbers are taken.
    """

    today: date = date(1970, 1, 1)
    country: str | None = None
    language: str = ""
    cell_type: CellType = CellType.TEXT
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    phones: PhonePolicy = DEFAULT
    known: frozenset[str] = frozenset()


def ok(value: str, *notes: str, findings: tuple[Finding, ...] = ()) -> Read:
    """Return a reading with one meaning."""
    return Read(value, Verdict.OK, tuple(dict.fromkeys(notes)), findings=findings)


def ask(
    value: str | None, code: str, /, *, candidates: tuple[str, ...] = (), **params: str | int
) -> Read:
    """Return a doubtful reading with a proposal (``value``) or candidates."""
    finding = Finding(code, tuple(params.items()))
    return Read(value, Verdict.ASK, candidates=candidates, findings=(finding,))


def reject(code: str, /, **params: str | int) -> Read:
    """Return a reading of which nothing is usable."""
    return Read(None, Verdict.REJECT, findings=(Finding(code, tuple(params.items())),))
