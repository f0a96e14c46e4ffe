"""The records of what Meta said about numbers, and of what we asked of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Asked(StrEnum):
    """What is asked of Meta about one number."""

    ADD = "add"
    SEND_CODE = "send_code"
    VERIFY_CODE = "verify_code"
    REGISTER = "register"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A certificate that Meta has shown: its fingerprint, and when it was created at the latest."""

    fingerprint: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MetaNumberRecord:
    """What Meta last said about a number, and what we made of it; instants are aware UTC.

    ``next_at`` is when it is looked at again, ``looks`` how often it was the same, ``failures`` how
    often in a row it could not be looked at, ``stumbles`` how often its certificate could not be
    fetched. ``connected_since`` is the first of the uninterrupted looks at which it was connected.
    ``without_at`` is the last look at which it did not have the newest of ``sightings``. ``told``
    are the alerts that staff have about it, each with the reference of its request. ``renewed``:
    the newest certificate is of a name that was reviewed anew, of which the status of the name does
    not speak.
    """

    e164: str
    meta_id: str = ""
    looked_at: datetime | None = None
    next_at: datetime | None = None
    shown: str = ""
    looks: int = 0
    failures: int = 0
    stumbles: int = 0
    connected_since: datetime | None = None
    without_at: datetime | None = None
    sightings: tuple[Sighting, ...] = ()
    told: tuple[str, ...] = ()
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class AskingRecord:
    """One thing that was asked of Meta; ``outcome`` is empty as long as nobody knows it.

    The line is committed before Meta is asked, so that a killed process has counted it.
    """

    id: str
    e164: str
    request_id: str
    what: Asked
    at: datetime
    actor: str
    outcome: str = ""
