"""Why a token endpoint gives no token (RFC 6749, 5.2), told by who can mend it."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.tokens.transport import Answer, Transport

_CODE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,60}")
_SAID_LENGTH = 200
#: A clock that is wrong by more than this makes signed assertions invalid at some server.
_SKEW_SECONDS = 120
#: RFC 6749 4.1.2.1 lends the first two to the authorization endpoint; servers use them here too.
_PASSES = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


def refusal(
    fields: dict[str, Any], answer: Answer | None, place: str, secrets: Sequence[str]
) -> PipelineError:
    """Return what to tell of an answer without a token; ``secrets`` are taken out of its words."""
    error = fields.get("error")
    if not isinstance(error, str) or not _CODE.fullmatch(error):
        status = answer.status if answer else 0
        if answer is None or answer.good:
            return TryLaterError("token_answer", place=place, reason="no OAuth 2")
        return ConfigurationError("token_refused", place=place, reason=f"HTTP {status}")
    said = _said(error, fields.get("error_description"), secrets)
    return _of_code(error, place, said)


def _of_code(error: str, place: str, said: str) -> PipelineError:
    if error in _PASSES:
        return TryLaterError("token_endpoint_down", place=place, reason=said)
    return ConfigurationError(_code(error), place=place, reason=said)


def _code(error: str) -> str:
    """Return our code: what is not listed is a fault of the request, so of a setting."""
    code = "token_refused"
    match error:
        case "invalid_client":
            code = "token_client"
        case "invalid_grant":
            code = "token_grant"
        case "unauthorized_client" | "access_denied":
            code = "token_unauthorized"
        case "invalid_scope" | "invalid_target" | "invalid_resource":
            code = "token_scope"
        case "invalid_tenant":
            code = "token_tenant"
    return code


def clock_fault(transport: Transport, place: str) -> PipelineError | None:
    """Return the fault of a clock that differs from the server's, for requests that are dated."""
    answer, asked_at = transport.last, transport.asked_at
    if answer is None or answer.at is None or asked_at is None:
        return None
    seconds = round((asked_at - answer.at).total_seconds())
    if abs(seconds) <= _SKEW_SECONDS:
        return None
    return ConfigurationError("token_clock", place=place, seconds=seconds)


def _said(error: str, description: object, secrets: Sequence[str]) -> str:
    """Return code and words of the server on one line, without our secrets."""
    words = description if isinstance(description, str) else ""
    text = f"{error}: {words}" if words else error
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    seen = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    return " ".join(seen.split())[:_SAID_LENGTH]
