"""SASL with an access token of OAuth 2, for mail in and mail out alike.

XOAUTH2 is Google's and Microsoft's mechanism; OAUTHBEARER is its standard form (RFC 7628).
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pipeline.errors import PipelineError

Mechanism = Literal["XOAUTH2", "OAUTHBEARER"]

_LONGEST_CHALLENGE = 8_192
_LONGEST_STATUS = 60


class Bearer(Protocol):
    """Who has access tokens for a log-in."""

    def token(self) -> str:
        """Return a token that should hold.

        Raises TryLaterError when none can be had now, ConfigurationError when somebody has to
        mend a setting or an account.
        """
        ...

    def another(self, refused: str) -> str | None:
        """Return a newer token than one that a server refused, or None when there is none.

        Raises what :meth:`token` raises.
        """
        ...

    def accepted(self, server: str) -> None:
        """Take note that ``server`` let us in."""
        ...

    def refused(self, server: str, user: str, reason: str) -> PipelineError:
        """Return what to tell of a server that refuses also a new token, or the only one."""
        ...


def choose(offered: Collection[str]) -> Mechanism | None:
    """Return the mechanism to use of those that a server offers, or None."""
    names = {name.upper() for name in offered}
    if "XOAUTH2" in names:
        return "XOAUTH2"
    return "OAUTHBEARER" if "OAUTHBEARER" in names else None


@dataclass
class TokenExchange:
    """One authentication: answers the server's challenges and keeps the status of a refusal.

    The first answer is the initial client response. A further challenge is the server's reason for
    a refusal (RFC 7628, 3.2.2); its answer is an empty line for XOAUTH2 and one ^A for OAUTHBEARER
    (3.2.3), after which the server ends the exchange.
    """

    mechanism: Mechanism
    user: str
    token: str = field(repr=False)
    host: str = ""
    port: int = 0
    status: str = ""
    _begun: bool = False

    def __call__(self, challenge: bytes | None = None) -> str:
        """Return the answer to ``challenge``."""
        if not self._begun:
            self._begun = True
            return self.initial()
        self.status = _status_of(challenge or b"")
        return "" if self.mechanism == "XOAUTH2" else "\x01"

    def initial(self) -> str:
        """Return the initial client response."""
        if self.mechanism == "XOAUTH2":
            return f"user={self.user}\x01auth=Bearer {self.token}\x01\x01"
        # RFC 5801, 4: the comma and the equals sign of a name are escaped in the GS2 header
        name = self.user.replace("=", "=3D").replace(",", "=2C")
        place = f"host={self.host}\x01port={self.port}\x01"
        return f"n,a={name},\x01{place}auth=Bearer {self.token}\x01\x01"


def _status_of(challenge: bytes) -> str:
    """Return the ``status`` of an error challenge; empty when there is none."""
    try:
        found = json.loads(challenge[:_LONGEST_CHALLENGE])
    except (ValueError, RecursionError):
        return ""
    status = found.get("status") if isinstance(found, dict) else None
    text = str(status) if isinstance(status, str | int) else ""
    return text[:_LONGEST_STATUS] if text.isprintable() else ""
