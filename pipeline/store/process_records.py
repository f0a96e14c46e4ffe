"""The records of the processes themselves: what each holds, and what it logs in with."""

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
class TokenRecord:
    """An OAuth token of an account; a rotated refresh token is stored before it is used."""

    name: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None
    updated_at: datetime
