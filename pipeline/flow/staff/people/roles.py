"""What each role may do: one table that commands and pages ask."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import chain

from pipeline.errors import RefusedError
from pipeline.model.request import EventName
from pipeline.store.staff_records import Role, UserRecord


class Permission(StrEnum):
    """Something that not everybody may do."""

    LOOK = "look"
    OPEN = "open"
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
            Permission.OPEN,
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


#: What a decision needs, by what it writes into the history: an event of the machine, or an act
#: that is none. What is not here is entered as answers are.
_NEEDED: Mapping[str, Permission] = {
    EventName.APPROVE: Permission.APPROVE,
    EventName.SENDER_CONFIRMED: Permission.APPROVE,
    EventName.SECOND: Permission.SECOND,
    EventName.ASK: Permission.ASK,
    EventName.ASK_OWNER: Permission.ASK,
    EventName.SEND_FORM: Permission.ASK,
    "reply_asked": Permission.ASK,
    EventName.REJECT: Permission.REJECT,
    EventName.FINALLY_REFUSED: Permission.REJECT,
    EventName.DROP: Permission.REJECT,
    EventName.WITHDRAW: Permission.REJECT,
    EventName.RELEASE: Permission.RELEASE,
    EventName.MERGE: Permission.RELEASE,
    EventName.OWNER_SETTLED: Permission.NUMBER_OWNER,
    "number_owner": Permission.NUMBER_OWNER,
    "same_organisation": Permission.NUMBER_OWNER,
    EventName.ANSWER: Permission.ANSWER,
    "answer_written": Permission.ANSWER,
    "delayed_written": Permission.ANSWER,
    "reply_accepted": Permission.ANSWER,
    EventName.ROUTE: Permission.ROUTE,
    EventName.HOLD: Permission.HOLD,
    EventName.ISSUED: Permission.CERTIFICATE_ISSUE,
    EventName.NEW_CERTIFICATE: Permission.CERTIFICATE_ISSUE,
    EventName.REVOKE: Permission.CERTIFICATE_REVOKE,
    "reply_ticked": Permission.NOTE,
    "taken": Permission.TAKE,
    "given_back": Permission.TAKE,
    "snoozed": Permission.SNOOZE,
}


def needed_for(line: str) -> Permission:
    """Return what a decision needs that writes ``line``, an event or an act, into the history."""
    return _NEEDED.get(line, Permission.EDIT)


def needed_by(events: Iterable[EventName], acts: Iterable[str]) -> Permission:
    """Return what a decision needed that wrote all these lines, in this order.

    An act tells more than an event beside it: a reply that was let act is an answer, whatever its
    words asked for.
    """
    acted = (act for act in acts if act in _NEEDED)
    return needed_for(next(chain(acted, events), ""))


def may(user: UserRecord, permission: Permission) -> bool:
    """Tell whether ``user`` may do what ``permission`` names; one who is disabled may nothing."""
    return user.disabled_at is None and permission in PERMISSIONS[user.role]


def require(user: UserRecord, permission: Permission) -> None:
    """Refuse what ``user`` may not do; raises RefusedError ``not_permitted``."""
    if not may(user, permission):
        raise RefusedError("not_permitted", name=user.name, role=user.role.value)
