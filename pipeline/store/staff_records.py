"""The records of those who work with the requests."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pipeline.model.request import EventName


class Role(StrEnum):
    """What a user of the console may do; each includes the ones before."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A user of the console; ``password_hash`` is a finished hash with its own parameters.

    ``name`` is folded: who logs in may write it in any case. ``display`` is how staff see it.
    """

    id: str
    name: str
    role: Role
    password_hash: str
    created_at: datetime
    disabled_at: datetime | None = None
    display: str = ""


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session of the console; ``id`` is the hash of the cookie, never the cookie."""

    id: str
    user_id: str
    csrf: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    peer: str = ""


@dataclass(frozen=True, slots=True)
class PauseRecord:
    """How often a log-in failed in a row, and until when no other is looked at.

    ``key`` is a digest: of a name and where it was tried from, or of where it was tried from.
    """

    key: str
    failures: int
    last_at: datetime
    until: datetime | None = None


class StaffAct(StrEnum):
    """What a line of the log of staff tells."""

    USER_ADDED = "user_added"
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    PASSWORD_SET = "password_set"  # noqa: S105 - the name of an act
    ROLE_SET = "role_set"
    LOGGED_IN = "logged_in"
    LOG_IN_FAILED = "log_in_failed"
    LOGGED_OUT = "logged_out"
    SESSIONS_ENDED = "sessions_ended"
    SECRET_SEEN = "secret_seen"  # noqa: S105 - the name of an act
    QUARANTINE_RELEASED = "quarantine_released"
    QUARANTINE_DROPPED = "quarantine_dropped"
    NUMBER_SET = "number_set"
    NUMBERS_IMPORTED = "numbers_imported"
    REQUEST_ERASED = "request_erased"
    PERSON_EXPORTED = "person_exported"
    PERSON_ERASED = "person_erased"


@dataclass(frozen=True, slots=True)
class StaffLogRecord:
    """A line about what somebody of staff did beside requests; none is changed or removed.

    ``who`` did ``what`` with ``subject`` (a user, a number, or the id of what was looked at or
    decided about); ``detail`` is a code, a count or an address, never a secret and never what an
    unknown person typed.

    ``seq``, ``previous_hash`` and ``hash`` chain the lines; they are made when a line is added, as
    are ``salt`` and ``sealed``, the digest of subject and detail. Where a person was erased from a
    line, ``salt``, subject and detail are empty.
    """

    id: str
    at: datetime
    who: str
    what: StaffAct
    subject: str
    detail: str = ""
    seq: int = 0
    salt: str = ""
    sealed: str = ""
    previous_hash: str = ""
    hash: str = ""

    @property
    def erased(self) -> bool:
        """Whether its subject and detail were taken out of it."""
        return not self.salt


@dataclass(frozen=True, slots=True)
class DeskRecord:
    """Who has taken a request (empty: nobody), and until when it need not be looked at."""

    request_id: str
    assignee: str = ""
    taken_at: datetime | None = None
    snoozed_until: datetime | None = None
    snoozed_by: str = ""


class Lasting(StrEnum):
    """Why a decision cannot be undone."""

    CERTIFICATE = "certificate"
    META = "meta"
    MAIL = "mail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row that a decision changed: what it was, and how to know that nobody changed it since.

    ``before`` are the columns that are to be written back, in plain values: all of a row that is
    gone, none of one that is ``new``. ``after`` is the digest of what the decision left.
    """

    table: str
    key: tuple[Any, ...]
    before: tuple[tuple[str, Any], ...]
    new: bool
    after: str


@dataclass(frozen=True, slots=True)
class UndoRecord:
    """The last decision on a request, while it can be undone: ``until`` then, by whom it was made.

    ``event`` is what it was, or ``what`` where it was none of the machine's. ``lasting`` (a member
    of :class:`Lasting`, or empty) tells that it cannot be undone. ``mails`` are those that it put
    into the outbox, ``told`` how many mails each request had then, ``lines`` the first and last
    line that it wrote into the history of each request. ``permission`` is what it needed, and what
    an undo needs: a member of the table of roles.
    """

    request_id: str
    at: datetime
    until: datetime
    who: str
    event: EventName | None
    what: str
    lasting: str
    mails: tuple[str, ...]
    told: tuple[tuple[str, int], ...]
    lines: tuple[tuple[str, int, int], ...]
    rows: tuple[KeptRow, ...]
    permission: str = ""


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
