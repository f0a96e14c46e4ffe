"""Whether a person wrote it, and what may be done with it: no loops, no backscatter.

A mail is classified by the table of :mod:`signs`. What a program wrote is never answered; but a
weak sign buries nothing that is strong: a readable form in it is held for staff, a genuine token
makes it a note with its request. A bounce is believed only as far as it names a Message-ID that we
issued.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum

from pipeline.mailbox.automatic.signs import Evidence, Weight, signs_of
from pipeline.model.message import Automation, InboundMessage, MessageKind

_EACH_LINE = re.IGNORECASE | re.MULTILINE
_DELAYED = re.compile(r"^(?:status\s{0,9}:\s{0,9}4\.|action\s{0,9}:\s{0,9}delayed)", _EACH_LINE)
_FAILED = re.compile(r"^(?:status\s{0,9}:\s{0,9}5\.|action\s{0,9}:\s{0,9}failed)", _EACH_LINE)
#: So many of the last mails are looked at for a list that our address stands on.
LOOKED_AT = 20
_LIST_ID = re.compile(r"<([^<>\s]{1,255})>")


class Action(StrEnum):
    """What is done with a message. Only what is answered can get a mail from us."""

    ANSWERED = "answered"
    HELD = "held"
    NOTE = "note"
    IGNORED = "ignored"


def classify(
    message: InboundMessage,
    own_addresses: frozenset[str],
    own_message_id: Callable[[str], bool],
) -> Automation:
    """Return whether a person wrote ``message``, why we think so, and which of our mails bounced.

    ``own_addresses`` are ours in lower case. ``own_message_id`` tells whether an id (with its angle
    brackets) was issued by us; it alone decides what bounced, so a forged bounce does nothing.
    """
    evidence = Evidence(message, own_addresses, own_message_id)
    shown = signs_of(evidence)
    if not shown or sum(sign.weight for sign in shown) < Weight.WEAK:
        return Automation(MessageKind.HUMAN)
    first = max(shown, key=lambda sign: sign.weight)  # of equal ones the first of the table
    bounce = first.kind is MessageKind.BOUNCE
    return Automation(
        first.kind,
        first.name,
        bounced_message_ids=evidence.returned_ids if bounce and first.weight > Weight.WEAK else (),
        permanent=_is_permanent(message) if bounce else True,
        certain=first.weight is Weight.CERTAIN,
    )


def action_on(automation: Automation, *, form: bool, named: bool) -> Action:
    """Return what is done with a message.

    ``form``: it carries a form that can be read. ``named``: it names a request, by a genuine token
    or, from the address of record, by its reference.

    ==================================== =========== ========== ==========
    ..                                    a form      a request  neither
    ==================================== =========== ========== ==========
    a person wrote it                     answered    answered   answered
    certainly a report, or ours           ignored     ignored    ignored
    a bounce of a mail that we sent       ignored     ignored    ignored
    a program wrote it                    held        a note     ignored
    ==================================== =========== ========== ==========
    """
    if automation.kind is MessageKind.HUMAN:
        return Action.ANSWERED
    if automation.certain or automation.bounced_message_ids:
        return Action.IGNORED
    if form:
        return Action.HELD
    return Action.NOTE if named else Action.IGNORED


def list_id(message: InboundMessage) -> str:
    """Return the identifier of the list that a message came through (RFC 2919, 3), or empty."""
    for value in message.header("List-Id"):
        found = _LIST_ID.search(value[:2000])
        identifier = found.group(1) if found else value.strip()[:255]
        if identifier:
            return identifier.lower()
    return ""


def common_list(identifiers: Sequence[str]) -> str:
    """Return the list that more than half of the last 20 mails came through, or empty.

    ``identifiers`` are those of the last mails, empty where one came through none. Then our address
    stands on that list, and our own mail may come back through it.
    """
    if len(identifiers) < LOOKED_AT:
        return ""
    name, count = Counter(identifiers).most_common(1)[0]
    return name if count * 2 > len(identifiers) else ""


def _is_permanent(message: InboundMessage) -> bool:
    """Whether the report speaks of a failure for good; a mere delay is not one."""
    report = message.report_text
    return bool(_FAILED.search(report)) or not _DELAYED.search(report)
