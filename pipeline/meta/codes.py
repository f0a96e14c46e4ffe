"""What Meta's error codes mean to us: the reason, and whose fault it is.

Sources: Graph API, Handling Errors; WhatsApp, Error Codes; the errors of request_code and
verify_code in the reference; the guide on migrating numbers. Where a code tells nothing the status
of HTTP decides (RFC 9110, 15).
"""

from collections.abc import Mapping
from typing import Any

from pipeline.meta.errors import About, Reason

Judged = tuple[Reason, About]

_REDIRECT, _CLIENT, _SERVER = 300, 400, 500
_PERMISSIONS = range(200, 300)
#: Calls about the account: what fails here fails for all numbers.
ACCOUNT_CALLS = frozenset({"numbers", "find_number", "add_number"})
#: "Requires whatsapp_business_messaging or whatsapp_business_management permission".
_TOKEN_LACKS = 1349176
_NUMBERS_FULL = 1349175
_INVALID_PARAMETER = 100
#: "Object does not exist, or cannot be loaded due to missing permissions"; the second of URLs.
_NO_OBJECT = frozenset({33, 803})

_CODES: Mapping[int, Judged] = {
    # authorisation: the token or what it may do
    0: (Reason.TOKEN, About.SETTING),
    102: (Reason.TOKEN, About.SETTING),
    104: (Reason.TOKEN, About.SETTING),
    190: (Reason.TOKEN, About.SETTING),
    3: (Reason.PERMISSION, About.SETTING),
    5: (Reason.PERMISSION, About.SETTING),
    10: (Reason.PERMISSION, About.SETTING),
    131005: (Reason.PERMISSION, About.SETTING),
    # integrity: the account is locked for all its numbers
    368: (Reason.BLOCKED, About.SETTING),
    131031: (Reason.BLOCKED, About.SETTING),
    133007: (Reason.BLOCKED, About.ITEM),
    # the address or its version
    12: (Reason.ADDRESS, About.SETTING),
    2500: (Reason.ADDRESS, About.SETTING),
    2635: (Reason.ADDRESS, About.SETTING),
    # the server
    1: (Reason.SERVER, About.SERVER),
    2: (Reason.SERVER, About.SERVER),
    131000: (Reason.SERVER, About.SERVER),
    131016: (Reason.SERVER, About.SERVER),
    131057: (Reason.SERVER, About.SERVER),
    133004: (Reason.SERVER, About.SERVER),
    # rates of the app, the token and the account; of a pair or a number
    4: (Reason.RATE_LIMITED, About.SERVER),
    17: (Reason.RATE_LIMITED, About.SERVER),
    32: (Reason.RATE_LIMITED, About.SERVER),
    341: (Reason.RATE_LIMITED, About.SERVER),
    613: (Reason.RATE_LIMITED, About.SERVER),
    80007: (Reason.RATE_LIMITED, About.SERVER),
    80008: (Reason.RATE_LIMITED, About.SERVER),
    130429: (Reason.RATE_LIMITED, About.SERVER),
    131048: (Reason.RATE_LIMITED, About.ITEM),
    131056: (Reason.RATE_LIMITED, About.ITEM),
    # registration
    133000: (Reason.DEREGISTERED_HALF, About.ITEM),
    133005: (Reason.PIN_WRONG, About.ITEM),
    133006: (Reason.NOT_VERIFIED, About.ITEM),
    133008: (Reason.PIN_BLOCKED, About.ITEM),
    133009: (Reason.PIN_BLOCKED, About.ITEM),
    133010: (Reason.NOT_REGISTERED, About.ITEM),
    133015: (Reason.REGISTERING, About.ITEM),
    133016: (Reason.REGISTRATION_LIMIT, About.ITEM),
    131037: (Reason.NAME_NOT_APPROVED, About.ITEM),
    131045: (Reason.NO_CERTIFICATE, About.ITEM),
    # the code of ownership
    136024: (Reason.CODE_NOT_SENT, About.ITEM),
    136025: (Reason.CODE_WRONG, About.ITEM),
}
#: Subcodes that say more than their code.
_SUBCODES: Mapping[int, Judged] = {
    2207051: (Reason.NOT_REGISTERED, About.ITEM),
    2388001: (Reason.NO_CERTIFICATE, About.ITEM),
    2388012: (Reason.ALREADY_THERE, About.ITEM),
    2388091: (Reason.CODE_NOT_SENT, About.ITEM),
    2388093: (Reason.CODE_NOT_SENT, About.ITEM),
}
#: What "Invalid parameter" means where one parameter alone can be wrong.
_INVALID: Mapping[str, Judged] = {
    "request_code": (Reason.CODE_NOT_SENT, About.ITEM),
    "verify_code": (Reason.CODE_WRONG, About.ITEM),
}
_NOT_NOW = frozenset({408, 425})
_NOT_FOUND, _CONFLICT = 404, 409
_NOT_THERE = frozenset({404, 405, 410})


def numbers_of(error: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return code and subcode of an error; some versions write them as text."""
    return _number(error.get("code")), _number(error.get("error_subcode"))


def judge(call: str, status: int, error: Mapping[str, Any]) -> Judged:
    """Return what an error of Graph means for ``call``."""
    code, subcode = numbers_of(error)
    transient = error.get("is_transient") is True
    found = _special(call, status, (code, subcode))
    if found is not None:
        return found
    if code == _INVALID_PARAMETER:
        return _invalid(call, status, transient=transient)
    if code in _PERMISSIONS:
        return _forbidden(call, everywhere=subcode == _TOKEN_LACKS)
    if code is not None and code in _CODES:
        return _CODES[code]
    return (Reason.SERVER, About.SERVER) if transient else _of_status(call, status)


def _special(call: str, status: int, numbers: tuple[int | None, int | None]) -> Judged | None:
    """Return what subcode, call or status say more exactly than the code, if they do."""
    code, subcode = numbers
    for number in numbers:
        if number is not None and number in _SUBCODES:
            return _SUBCODES[number]
    if call == "add_number" and status == _CONFLICT:
        return Reason.IN_USE, About.ITEM
    if call == "add_number" and subcode == _NUMBERS_FULL and code in _PERMISSIONS:
        return Reason.NUMBERS_FULL, About.ITEM
    if code in _NO_OBJECT or (code == _INVALID_PARAMETER and subcode in _NO_OBJECT):
        return _missing(call)
    return None


def judge_unread(call: str, status: int) -> Judged:
    """Return what an answer without an error of Graph means: something else answered."""
    if _REDIRECT <= status < _CLIENT or (status in _NOT_THERE and call in ACCOUNT_CALLS):
        return Reason.ADDRESS, About.SETTING
    if status in _NOT_THERE or status < _CLIENT:
        return Reason.UNREADABLE, About.SERVER
    reason, about = _of_status(call, status)
    return (Reason.UNREADABLE, About.SERVER) if reason is Reason.REFUSED else (reason, about)


def _of_status(call: str, status: int) -> Judged:
    if status >= _SERVER or status in _NOT_NOW:
        return Reason.SERVER, About.SERVER
    match status:
        case 401:
            return Reason.TOKEN, About.SETTING
        case 403:
            return _forbidden(call)
        case 404:
            return _missing(call)
        case 429:
            return Reason.RATE_LIMITED, About.SERVER
        case _:
            return _refused(call)


def _invalid(call: str, status: int, *, transient: bool) -> Judged:
    if transient or status >= _SERVER:
        return Reason.SERVER, About.SERVER
    if status == _NOT_FOUND:
        return _missing(call)
    return _INVALID.get(call) or _refused(call)


def _refused(call: str) -> Judged:
    # a list has nothing that belongs to one number: whatever it is refused for is a setting
    listing = call in ACCOUNT_CALLS and call != "add_number"
    return Reason.REFUSED, About.SETTING if listing else About.ITEM


def _missing(call: str) -> Judged:
    if call in ACCOUNT_CALLS:
        return Reason.WABA, About.SETTING
    return Reason.NOT_FOUND, About.ITEM


def _forbidden(call: str, *, everywhere: bool = False) -> Judged:
    """Return whose fault a missing permission is.

    A number that left the account is forbidden too: that must not speak for the others.
    """
    about = About.SETTING if everywhere or call in ACCOUNT_CALLS else About.ITEM
    return Reason.PERMISSION, about


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:  # noqa: PLR2004
        return int(value)
    return value if isinstance(value, int) else None
