"""The records of the processes themselves: what each holds, did, and what it logs in with."""

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


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """An OAuth token of an account; a rotated refresh token is stored before it is used."""

    name: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None
    updated_at: datetime
