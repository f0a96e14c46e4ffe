"""What each role may do: one table that commands and pages ask."""

from collections.abc import Mapping
from enum import StrEnum

from pipeline.errors import RefusedError
from pipeline.store.staff_records import Role, UserRecord


class Permission(StrEnum):
    """Something that not everybody may do."""

    LOOK = "look"
    ASK = "ask"
    NOTE = "note"
    TAKE = "take"
    SNOOZE = "snooze"
    ROUTE = "route"
    EDIT = "edit"
    HOLD = "hold"
    RELEASE = "release"
    ANSWER = "answer"
    OUTBOX = "outbox"
    QUARANTINE = "quarantine"
    APPROVE = "approve"
    REJECT = "reject"
    SECOND = "second"
    CERTIFICATE_ISSUE = "certificate_issue"
    CERTIFICATE_REVOKE = "certificate_revoke"
    CERTIFICATE_REVEAL = "certificate_reveal"
    NUMBER_OWNER = "number_owner"
    USERS = "users"
    SETTINGS = "settings"
    STAFF_LOG = "staff_log"


#: What a role may do beyond the role before it.
_MORE: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.LOOK}),
    Role.REVIEWER: frozenset(
        {
            Permission.ASK,
            Permission.NOTE,
            Permission.TAKE,
            Permission.SNOOZE,
            Permission.ROUTE,
            Permission.EDIT,
            Permission.HOLD,
            Permission.RELEASE,
            Permission.ANSWER,
            Permission.OUTBOX,
            Permission.QUARANTINE,
        }
    ),
    Role.APPROVER: frozenset(
        {
            Permission.APPROVE,
            Permission.REJECT,
            Permission.SECOND,
            Permission.CERTIFICATE_ISSUE,
            Permission.CERTIFICATE_REVOKE,
            Permission.CERTIFICATE_REVEAL,
            Permission.NUMBER_OWNER,
        }
    ),
    Role.ADMIN: frozenset({Permission.USERS, Permission.SETTINGS, Permission.STAFF_LOG}),
}


def _with_those_before() -> dict[Role, frozenset[Permission]]:
    found: dict[Role, frozenset[Permission]] = {}
    all_before: frozenset[Permission] = frozenset()
    for role in Role:  # from the least to the most
        all_before = found[role] = all_before | _MORE[role]
    return found


#: All that each role may do.
PERMISSIONS: Mapping[Role, frozenset[Permission]] = _with_those_before()


def may(user: UserRecord, permission: Permission) -> bool:
    """Tell whether ``user`` may do what ``permission`` names; one who is disabled may nothing."""
    return user.disabled_at is None and permission in PERMISSIONS[user.role]


def require(user: UserRecord, permission: Permission) -> None:
    """Refuse what ``user`` may not do; raises RefusedError ``not_permitted``."""
    if not may(user, permission):
        raise RefusedError("not_permitted", name=user.name, role=user.role.value)
