"""The records of those who work with the requests."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a user of the console may do; each includes the ones before."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A user of the console; ``password_hash`` is a finished hash with its own parameters."""

    id: str
    name: str
    role: Role
    password_hash: str
    created_at: datetime
    disabled_at: datetime | None = None
    failures: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session of the console; ``id`` is the hash of the cookie, never the cookie."""

    id: str
    user_id: str
    csrf: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DeskRecord:
    """Who has taken a request (empty: nobody), and until when it need not be looked at."""

    request_id: str
    assignee: str = ""
    taken_at: datetime | None = None
    snoozed_until: datetime | None = None
    snoozed_by: str = ""


class SigningPhase(StrEnum):
    """Where a signing stands."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


class Signed(StrEnum):
    """What the authority signs."""

    AUTHORITY = "authority"
    CERTIFICATE = "certificate"
    REVOCATION_LIST = "revocation_list"


@dataclass(frozen=True, slots=True)
class SigningRecord:
    """A line about one signing of the authority: before it, or what came of it.

    ``subject`` is the serial number of a certificate, the number of a revocation list, or the
    fingerprint of an authority; ``authority`` the fingerprint of who signs, ``error`` a code.
    """

    id: str
    at: datetime
    phase: SigningPhase
    what: Signed
    subject: str
    authority: str = ""
    actor: str = ""
    error: str = ""
