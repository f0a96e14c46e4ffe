"""The figures of a period as plain values."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from pipeline.model.form import FormKind
from pipeline.model.request import Move, Status
from pipeline.store.process_records import RunRecord


class Step(StrEnum):
    """What a column of the period stands for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Column:
    """A day, week or month of the period (the first and the last may be cut off by it).

    ``answer`` is the median time to the first answer of the requests that were opened in it.
    """

    first: date
    last: date
    received: int
    finished: int
    answer: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took in ``count`` requests: the median, and nine of ten.

    ``working`` are the same without the days on which the team does not work.
    """

    count: int = 0
    median: timedelta = timedelta()
    ninth: timedelta = timedelta()
    working_median: timedelta = timedelta()
    working_ninth: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Share:
    """``wrong`` of the ``asked`` forms of one kind had the question wrong."""

    name: str
    asked: int
    wrong: int


@dataclass(frozen=True, slots=True)
class QuestionFigures:
    """How often a question was answered so that the customer was asked to correct or confirm it.

    ``number`` is the one that is printed on the present form. Of which program filled a form in is
    known what its file tells (an empty name: nothing).
    """

    form: FormKind
    field: str
    number: int
    asked: int
    wrong: int
    languages: tuple[Share, ...] = ()
    formats: tuple[Share, ...] = ()
    programs: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateFigures:
    """What became of certificates in the period, and how many are valid now."""

    used: int = 0
    expired: int = 0
    reissued: int = 0
    revoked: int = 0
    valid: int = 0

    @property
    def decided(self) -> int:
        """How many of them are used or over."""
        return self.used + self.expired + self.reissued + self.revoked


@dataclass(frozen=True, slots=True)
class ReplyFigures:
    """Replies of customers: those that acted by themselves, and those that a person had to read."""

    alone: int = 0
    read: int = 0

    @property
    def count(self) -> int:
        """How many replies are known of."""
        return self.alone + self.read


@dataclass(frozen=True, slots=True)
class PromiseFigures:
    """Dates by which we promised to write: kept and broken ones; ``overdue`` are broken now."""

    kept: int = 0
    broken: int = 0
    overdue: int = 0

    @property
    def count(self) -> int:
        """How many dates are over."""
        return self.kept + self.broken


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The figures of a period of ``days`` days of the team that ends today.

    ``sample`` is of how many requests the answers, forms and promises are, ``cut`` tells that there
    were more. ``unanswered`` of them have no answer of ours yet. ``forms`` came with them, of which
    ``wrong_forms`` had something to correct or to confirm.
    """

    days: int
    first: date
    last: date
    zone: str
    at: datetime
    step: Step
    columns: tuple[Column, ...]
    sample: int
    cut: bool
    first_answer: Times
    first_decision: Times
    unanswered: int
    forms: int
    wrong_forms: int
    questions: tuple[QuestionFigures, ...]
    certificates: CertificateFigures
    replies: ReplyFigures
    promises: PromiseFigures
    open_by_status: tuple[tuple[Status, int], ...]
    open_by_move: tuple[tuple[Move, int], ...]
    quarantined: int
    mails_in_trouble: int
    mails_overdue: int
    runs: tuple[RunRecord, ...]

    @property
    def received(self) -> int:
        """How many requests were opened."""
        return sum(column.received for column in self.columns)

    @property
    def finished(self) -> int:
        """How many requests ended."""
        return sum(column.finished for column in self.columns)

    @property
    def open(self) -> int:
        """How many requests are open now."""
        return sum(count for _, count in self.open_by_status)
