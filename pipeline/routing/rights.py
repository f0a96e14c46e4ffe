"""What a mail about a known request may do: one table, by who wrote it and how that is proven.

Only *pass* advances by itself. A token proves that its bearer got our mail, and so the mailbox of a
sender who has no better proof. But whoever is sent a copy of that mail has the token too; and where
a request began with *pass*, its sender has better proof.
"""

from collections.abc import Mapping
from enum import StrEnum
from itertools import product
from types import MappingProxyType

from pipeline.model.message import SenderJudgement, SenderVerdict
from pipeline.model.request import EventName


class Act(StrEnum):
    """What a mail asks for.

    ``confirm`` is the answer to a receipt: yes, no, or the form again. ``words`` are all commands
    that have no column of their own.
    """

    CONFIRM = "confirm"
    REVISE = "revise"
    WITHDRAW = "withdraw"
    REISSUE = "reissue"
    ACTIVATED = "activated"
    WORDS = "words"
    STATUS = "status"


class Beginning(StrEnum):
    """How the sender of a request was proven when it began.

    ``doubtful`` is *fail* or *unknown*; staff let such a request go on.
    """

    PASS = "pass"  # noqa: S105 - a verdict, no password
    NONE = "none"
    DOUBTFUL = "doubtful"


class Proof(StrEnum):
    """How the sender of this mail is proven; ``dmarc_failed`` is *none* with dmarc=fail."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    NONE = "none"
    DMARC_FAILED = "dmarc_failed"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Right(StrEnum):
    """What comes of it.

    ``act``: it is done. ``suggest``: it is a note, and staff can do it with one key. ``note``: it
    is a note. ``held``: it is a note of a doubtful sender, and nothing is mailed out.
    """

    ACT = "act"
    SUGGEST = "suggest"
    NOTE = "note"
    HELD = "held"


#: The columns are the acts in their order. The rows: how the request began, how the sender of this
#: mail is proven, whether it carries the genuine token of this request; ``*`` fits everything, and
#: the first row that fits counts.
_TABLE = """
began     mail          token   confirm  revise   withdraw  reissue  activated  words    status
*         fail          *       held     held     held      held     held       held     held
*         unknown       *       held     held     held      held     held       held     held
none      dmarc_failed  yes     act      suggest  suggest   suggest  suggest    suggest  note
*         dmarc_failed  yes     suggest  suggest  suggest   suggest  suggest    suggest  note
*         dmarc_failed  no      note     held     note      note     note       note     note
none      none          yes     act      act      act       act      act        act      act
*         none          yes     suggest  suggest  suggest   suggest  suggest    suggest  act
*         none          no      note     held     note      note     note       note     note
*         pass          yes     act      act      act       act      act        act      act
*         pass          no      suggest  act      note      note     note       note     note
"""


def _rows(table: str) -> Mapping[tuple[Beginning, Proof, bool, Act], Right]:
    """Return the table by its keys; every combination has its right."""
    heading, *lines = (line.split() for line in table.strip().splitlines())
    acts = [Act(name) for name in heading[3:]]
    found: dict[tuple[Beginning, Proof, bool, Act], Right] = {}
    for began, mail, carried, *rights in lines:
        beginnings = Beginning if began == "*" else [Beginning(began)]
        tokens = {"*": (True, False), "yes": (True,), "no": (False,)}[carried]
        for beginning, with_token in product(beginnings, tokens):
            for act, right in zip(acts, rights, strict=True):
                found.setdefault((beginning, Proof(mail), with_token, act), Right(right))
    return MappingProxyType(found)


RIGHTS = _rows(_TABLE)

#: The acts with a column of their own; all other commands are words.
_ACT_OF = {
    EventName.WITHDRAW: Act.WITHDRAW,
    EventName.UNDO_WITHDRAW: Act.WITHDRAW,
    EventName.NEW_CERTIFICATE: Act.REISSUE,
    EventName.ACTIVATED: Act.ACTIVATED,
}
_DOUBTFUL = frozenset({SenderVerdict.FAIL, SenderVerdict.UNKNOWN})


def act_of(event: EventName) -> Act:
    """Return the act that the words of a customer mean by ``event``."""
    return _ACT_OF.get(event, Act.WORDS)


def beginning_of(verdict: SenderVerdict) -> Beginning:
    """Return how a request began whose first mail had ``verdict``."""
    return Beginning.DOUBTFUL if verdict in _DOUBTFUL else Beginning(verdict.value)


def proof_of(sender: SenderJudgement) -> Proof:
    """Return how the sender of a mail is proven."""
    if sender.verdict is SenderVerdict.NONE and sender.dmarc_failed:
        return Proof.DMARC_FAILED
    return Proof(sender.verdict.value)


def right(began: SenderVerdict, sender: SenderJudgement, act: Act, *, token: bool) -> Right:
    """Return what a mail of ``sender`` may do about a request that began with ``began``."""
    return RIGHTS[beginning_of(began), proof_of(sender), token, act]
