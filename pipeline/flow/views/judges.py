"""Who judges the senders, as the mails in the mailbox show it: for ``init`` and ``doctor``."""

from dataclasses import dataclass
from typing import Literal

from pipeline.config import SenderSettings
from pipeline.flow.connections import open_mailbox
from pipeline.flow.services import Services
from pipeline.mailbox.authentication.detection import Judge, detect_judges
from pipeline.mailbox.parse import parse_message

LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Detected:
    """The settings of the section ``[sender]`` that fit the newest mails; ``seen`` has them all."""

    authserv_ids: tuple[str, ...] = ()
    dialect: Literal["standard", "microsoft"] = "standard"
    inner_hops: int = 0
    seen: tuple[Judge, ...] = ()

    def settings(self) -> dict[str, object]:
        """Return what differs from the defaults, as it stands in the file."""
        found: dict[str, object] = {}
        if self.authserv_ids:
            found["authserv_ids"] = self.authserv_ids
        if self.dialect != "standard":
            found["dialect"] = self.dialect
        if self.inner_hops:
            found["inner_hops"] = self.inner_hops
        return found


def detect(services: Services) -> Detected:
    """Look at the newest mails of the mailbox."""
    with open_mailbox(services, only_looking=True) as mailbox:
        mails = mailbox.new_messages(lambda _uidvalidity, _uids: set(), count=LOOKED_AT)
    messages = [services.guard.call(parse_message, mail.raw) for mail in mails if mail.raw]
    return fitting(detect_judges(messages))


def fitting(judges: tuple[Judge, ...]) -> Detected:
    """Return the settings that believe the likeliest of ``judges``, and its equals in distance."""
    if not judges:
        return Detected()
    first = judges[0]
    if not first.authserv_id:
        return Detected(dialect="microsoft", seen=judges)
    names = tuple(
        judge.authserv_id
        for judge in judges
        if judge.authserv_id and judge.inner_hops == first.inner_hops
    )
    return Detected(names, "standard", first.inner_hops, judges)


Fault = Literal["", "not_set", "differs", "hops"]


def fault_of(sender: SenderSettings, found: Detected) -> Fault:
    """Return what would keep the settings from believing the judges that were found.

    A box without mails speaks against nothing.
    """
    wanted = {name.lower() for name in sender.authserv_ids}
    if sender.dialect == "microsoft":
        return "differs" if found.seen and all(one.authserv_id for one in found.seen) else ""
    if not wanted:
        return "not_set"
    ours = [judge for judge in found.seen if judge.authserv_id in wanted]
    if not ours:
        return "differs" if found.seen else ""
    return "" if any(judge.inner_hops == sender.inner_hops for judge in ours) else "hops"
