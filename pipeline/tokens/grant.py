"""What a source of tokens gives, and what a token endpoint answered (RFC 6749, 5)."""

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from pipeline.errors import TryLaterError

# RFC 6750, 2.1; VSCHAR of RFC 6749, A.12 is wider than what a header or SASL can carry
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_LONGEST_LIFE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token, how long it holds (None: nobody said), and the next refresh token."""

    access_token: str = field(repr=False)
    lifetime: timedelta | None = None
    refresh_token: str = field(default="", repr=False)


class TokenSource(Protocol):
    """One way to get tokens."""

    @property
    def kind(self) -> str:
        """``microsoft``, ``google`` or ``endpoint``."""
        ...

    @property
    def place(self) -> str:
        """Host and port of who is asked."""
        ...

    @property
    def identity(self) -> str:
        """A name for this source and account, without a secret."""
        ...

    @property
    def rotates(self) -> bool:
        """Whether a refresh token is used, which each answer may replace."""
        ...

    def request(self, refresh_token: str) -> Grant:
        """Ask for a new token; ``refresh_token`` is the newest one, empty for that of the settings.

        Raises TryLaterError or ConfigurationError.
        """
        ...


def read_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer, empty when it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_grant(fields: dict[str, Any], place: str) -> Grant:
    """Return the grant of a successful answer (RFC 6749, 5.1).

    Raises TryLaterError ``token_answer`` when it holds no bearer token.
    """
    token, kind = fields.get("access_token"), fields.get("token_type", "bearer")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise TryLaterError("token_answer", place=place, reason="access_token")
    if not isinstance(kind, str) or kind.casefold() != "bearer":
        raise TryLaterError("token_answer", place=place, reason="token_type")
    renewal = fields.get("refresh_token")
    usable = isinstance(renewal, str) and renewal.isprintable()
    return Grant(token, _lifetime(fields.get("expires_in")), str(renewal) if usable else "")


def _lifetime(value: object) -> timedelta | None:
    """Return ``expires_in``; some servers write the number as text, some leave it out."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
        lifetime = timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return None
    return max(timedelta(0), min(lifetime, _LONGEST_LIFE))
