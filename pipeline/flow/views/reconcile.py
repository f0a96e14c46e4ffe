"""What the server has, set against what the ledger says: the types that people are shown."""

from dataclasses import dataclass
from enum import StrEnum


class Difference(StrEnum):
    """How server and ledger differ about a mail.

    A batch takes care of ``not_fetched``, ``not_moved`` and ``numbered_anew``; mending takes care
    of ``not_moved`` and ``came_back``. The others are for a person to judge.
    """

    #: It waits in the folder that mail comes in, and is not in the ledger.
    NOT_FETCHED = "not_fetched"
    #: It was decided on, and waits to be moved.
    NOT_MOVED = "not_moved"
    #: It counts as moved, and stands where it came in: a restored server, for example.
    CAME_BACK = "came_back"
    #: Its folder has another UIDVALIDITY than when it came in.
    NUMBERED_ANEW = "numbered_anew"
    #: It stands in another folder than that of its outcome.
    ELSEWHERE = "elsewhere"
    #: It is in the ledger, and in no folder of ours.
    MISSING = "missing"
    #: It stands in a folder of ours, and the ledger knows nothing of it, or of one copy less.
    NOT_IN_LEDGER = "not_in_ledger"


@dataclass(frozen=True, slots=True)
class DifferentMail:
    """A mail about which server and ledger differ.

    ``folder`` and ``uid`` are where it stands (empty and 0: nowhere), ``belongs`` is the folder
    where the ledger expects it, ``message`` its row there (empty: none).
    """

    difference: Difference
    folder: str
    uid: int
    belongs: str
    message: str
    message_id: str


@dataclass(frozen=True, slots=True)
class FolderStock:
    """A folder of ours: how many mails it has, how many the ledger expects, how many are both."""

    folder: str
    there: bool
    on_server: int
    expected: int
    agreed: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The folders of ours and all differences; and what mending did before they were looked at."""

    folders: tuple[FolderStock, ...]
    differences: tuple[DifferentMail, ...]
    put_back: int = 0
    moved: int = 0
