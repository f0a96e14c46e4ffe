"""What Meta said, fit to be shown: one short line without our secrets."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pipeline.meta.codes import numbers_of
from pipeline.meta.reading import object_of

_LENGTH = 200
#: Access tokens of Meta begin so; an error of a bad one repeats it.
_TOKEN = re.compile(r"EAA[A-Za-z0-9]{6,}")
_LONGEST_WAIT = timedelta(days=1)


def said_of(status: int, error: Mapping[str, Any], secrets: Iterable[str]) -> str:
    """Return status, codes and words of an error; ``secrets`` are taken out of the words."""
    code, subcode = numbers_of(error)
    numbers = ".".join(str(number) for number in (code, subcode) if number is not None)
    words = error.get("error_user_msg") or _details(error) or error.get("message") or ""
    text = words if isinstance(words, str) else ""
    for secret in sorted((secret for secret in secrets if secret), key=len, reverse=True):
        text = text.replace(secret, "…")
    text = _TOKEN.sub("…", text)
    seen = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    start = f"HTTP {status}" + (f", code {numbers}" if numbers else "")
    line = " ".join(seen.split())[:_LENGTH]
    return f"{start}: {line}" if line else start


def wait_of(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long Meta wants to be left alone.

    That is Retry-After (RFC 9110, 10.2.3: a number or a date), or the longest time of
    X-Business-Use-Case-Usage (Graph API, Rate Limits: minutes until access is regained).
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), _LONGEST_WAIT)
    if text:
        try:
            at = parsedate_to_datetime(text)
            at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
            return max(timedelta(0), min(at - now, _LONGEST_WAIT))
        except (TypeError, ValueError, OverflowError):
            pass
    return _regained(headers.get("x-business-use-case-usage", ""))


def _regained(header: str) -> timedelta | None:
    usage = object_of(header.encode()) or {}
    minutes = [
        item["estimated_time_to_regain_access"]
        for items in usage.values()
        if isinstance(items, list)
        for item in items
        if isinstance(item, dict)
        and type(item.get("estimated_time_to_regain_access")) in {int, float}
    ]
    longest = max(minutes, default=0)
    if not 0 < longest < float("inf"):
        return None
    return min(timedelta(minutes=min(longest, 10_000)), _LONGEST_WAIT)


def _details(error: Mapping[str, Any]) -> object:
    data = error.get("error_data")
    return data.get("details") if isinstance(data, dict) else None
