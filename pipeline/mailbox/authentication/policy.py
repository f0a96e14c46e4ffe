"""Which header fields are believed: the settings of the section ``[sender]``."""

from dataclasses import dataclass
from typing import Literal

MOST_HOPS = 3


@dataclass(frozen=True, slots=True)
class SenderPolicy:
    """Which header fields are believed, and which names are ours.

    ``authserv_ids`` are the names our servers sign their results with. ``dialect`` ``microsoft``:
    results without a name, as Microsoft 365 writes them. ``trust`` ``gateway``: the mailbox has no
    such fields because a gateway lets only proven mail through. ``inner_hops`` counts the SMTP
    relays of our own between the border and the mailbox. ``own_addresses`` and ``known_domains``
    (of our customers) are what a look-alike would imitate, ``own_names`` how our mails are named.
    """

    authserv_ids: tuple[str, ...] = ()
    dialect: Literal["standard", "microsoft"] = "standard"
    trust: Literal["header", "gateway"] = "header"
    inner_hops: int = 0
    own_addresses: tuple[str, ...] = ()
    own_names: tuple[str, ...] = ()
    known_domains: frozenset[str] = frozenset()
