"""What one mail tells staff: a line for each thing that needs a person."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.model.request import Status


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One alert: what happened (a code), to which request, and what to type.

    ``reason`` is the code of why, ``detail`` a name or an id that is told as it is; neither is a
    customer's text. ``status`` and ``since`` are those of the request when the digest is written;
    ``more`` counts further alerts of the kind that are not told one by one.
    """

    code: str
    reference: str = ""
    reason: str = ""
    detail: str = ""
    status: Status | None = None
    since: datetime | None = None
    command: str = ""
    more: int = 0


@dataclass(frozen=True, slots=True)
class Digest:
    """The lines, and which request has waited longest for staff (empty and None: none waits)."""

    lines: tuple[DigestLine, ...] = ()
    longest: str = ""
    longest_since: datetime | None = None
