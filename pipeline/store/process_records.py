"""The records of the processes themselves: what each holds, did, and what it logs in with."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """Who holds a named lease, and until when."""

    name: str
    owner: str
    acquired_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One batch, or ``times`` that followed each other with nothing to do.

    ``code`` is its exit code, ``counts`` what it did by name (nothing: left out), ``failures`` are
    the stages that failed with the code of the error, or its type.
    """

    began_at: datetime
    ended_at: datetime
    seconds: float
    code: int
    counts: tuple[tuple[str, int], ...] = ()
    failures: tuple[tuple[str, str], ...] = ()
    times: int = 1

    @property
    def idle(self) -> bool:
        """Whether it found nothing to do, and nothing was wrong."""
        return not (self.code or self.counts or self.failures)


#: Codes of a run that went through to its end: 3 is about messages, not about the run.
WENT_THROUGH = frozenset({0, 3})


@dataclass(frozen=True, slots=True)
class RunTotals:
    """All batches since the state was made, counted.

    ``runs`` are counted by exit code, ``items`` by what was done, ``failures`` by stage and code;
    ``success_at`` is the end of the last batch that went through.
    """

    runs: tuple[tuple[int, int], ...] = ()
    seconds: float = 0.0
    items: tuple[tuple[str, int], ...] = ()
    failures: tuple[tuple[str, str, int], ...] = ()
    success_at: datetime | None = None

    def with_run(self, run: RunRecord) -> "RunTotals":
        """Return the totals with one more batch."""
        failures = Counter({(stage, code): count for stage, code, count in self.failures})
        failures.update(run.failures)
        items = Counter(dict(self.items))
        items.update(dict(run.counts))
        went_through = run.code in WENT_THROUGH
        return RunTotals(
            runs=tuple(sorted((Counter(dict(self.runs)) + Counter({run.code: run.times})).items())),
            seconds=round(self.seconds + run.seconds, 3),
            items=tuple(sorted(items.items())),
            failures=tuple(sorted((*key, count) for key, count in failures.items())),
            success_at=run.ended_at if went_through else self.success_at,
        )


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """An OAuth token of an account; a rotated refresh token is stored before it is used."""

    name: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None
    updated_at: datetime
