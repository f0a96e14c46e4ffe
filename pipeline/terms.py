"""The terms of the process that more than one room reads: how long, how many, and what there is.

They stand on the ground because the settings read them too: a number is a default, a choice is
what a setting may name. What one room needs alone stays there. Read numbers as ``terms.NAME`` when
they are needed: a test sets others.
"""

from enum import StrEnum
from typing import Self


class Issuer(StrEnum):
    """Who makes the certificates: the choices of ``certificates.issuer``."""

    EMBEDDED = "embedded"
    MANUAL = "manual"
    META = "meta"


class Outcome(StrEnum):
    """What became of a message; ``folder`` is where processed mail is moved to, unless set."""

    folder: str

    REQUEST = "request", "Requests"
    REPLY = "reply", "Replies"
    HELD = "held", "Held"
    IGNORED = "ignored", "Ignored"
    BOUNCE = "bounce", "Bounces"
    QUARANTINE = "quarantine", "Quarantine"

    def __new__(cls, value: str, folder: str) -> Self:
        """Make the outcome ``value`` with its folder."""
        outcome = str.__new__(cls, value)
        outcome._value_ = value
        outcome.folder = folder
        return outcome


#: A certificate expires so many calendar days after it was created, weekends included (the help
#: page of Genesys Cloud). The printed forms say it too: a test names the lines.
CERTIFICATE_DAYS = 7
#: One that ends within so many days is expiring: the customer is reminded of it, and staff see it.
CERTIFICATE_EXPIRING_DAYS = 3
#: Certificates that one approval allows, and how long it does; both are settings.
CERTIFICATES_PER_APPROVAL = 3
APPROVAL_DAYS = 180
#: How long a verified ownership of a number counts; a setting.
OWNERSHIP_DAYS = 14
#: Genesys Cloud deletes an integration that is not active so many days after it was created.
INTEGRATION_DAYS = 30
#: The customer is reminded of it after so many days.
INTEGRATION_REMINDED_AFTER = 25
#: The token of a request proves its bearer's mailbox until so many days after the request ended.
TOKEN_DAYS_AFTER_END = 30
#: So long after the ready date a certificate goes out without asking.
READY_DAYS_BACK = 3
#: Hours that staff may offer at once for the move of a number.
MOST_SLOTS = 3
#: The key of the authority is stretched with 2,048 rounds only, so its passphrase has to be long.
PASSPHRASE_BYTES = 16
