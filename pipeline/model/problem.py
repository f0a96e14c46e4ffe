"""Problems are values: a code and its parameters; the sentences are in ``templates/problems``."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem weighs.

    ``error``: must be corrected. ``ask``: must be confirmed or chosen. ``warning``: told, nothing
    needed of the one it is told to (a staff warning must be ticked off before approval).
    ``note``: for information.
    """

    ERROR = "error"
    ASK = "ask"
    WARNING = "warning"
    NOTE = "note"


class Audience(StrEnum):
    """Who is told."""

    CUSTOMER = "customer"
    STAFF = "staff"


class Verdict(StrEnum):
    """What the reader of one field says of its answer."""

    OK = "ok"
    ASK = "ask"
    REJECT = "reject"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about an answer or a file.

    ``field`` is the field id, or empty when the problem is about the whole file. ``params`` are the
    values of the sentence's placeholders; they may carry hostile text and are escaped, cut and
    isolated where they are shown. Parameters named ``type``, ``part``, ``thing``, ``statement``,
    ``spot``, ``mark``, ``country*`` and ``label*`` are keys (an ISO code, a field id …) that the
    catalogue puts into the reader's language; all others are shown as they are.
    """

    code: str
    severity: Severity
    audience: Audience = Audience.CUSTOMER
    field: str = ""
    params: tuple[tuple[str, str | int], ...] = ()

    def param(self, name: str) -> str | int | None:
        """Return the parameter ``name``, or None."""
        return dict(self.params).get(name)

    @property
    def blocks(self) -> bool:
        """Whether the customer has to act before the request can go on."""
        return self.audience is Audience.CUSTOMER and self.severity in {
            Severity.ERROR,
            Severity.ASK,
        }
