"""What the mails of a portion will ask of the database, asked once for all of them.

It only saves questions: whoever finds nothing foreseen asks for itself.
"""

from collections.abc import Sequence

from pipeline.flow.context import ReadMessage
from pipeline.flow.inbound.read import Reading
from pipeline.flow.requests import crowding
from pipeline.flow.services import Work
from pipeline.mailbox.providers import lineage
from pipeline.store.records import MessageRecord

_NUMBER = "phone_number"


def foresee(work: Work, rows: Sequence[MessageRecord], reading: Reading) -> None:
    """Learn which of ``rows`` are new, which of their senders are, and what is known of them."""
    if len(rows) < 2:  # noqa: PLR2004 - one mail asks no more than this would
        return
    mails = [found.message for row in rows if isinstance(found := reading.of(row), ReadMessage)]
    work.tx.messages.foresee(rows, [mail.message_id for mail in mails])
    addresses = {sender.address for mail in mails for sender in mail.senders[:1]}
    work.tx.requests.foresee(addresses)
    domains = {name for address in addresses for name in lineage(address.rpartition("@")[2])}
    work.tx.organisations.foresee(domains)
    looks = [look for row in rows if (look := reading.look(row))]
    forms = [checked for look in looks for checked in look.forms]
    asked = {number for checked in forms if (number := checked.value(_NUMBER))}
    work.tx.numbers.foresee(asked)
    work.tx.requests.foresee_numbers(asked)
    crowding.foresee(work, [look.sender for look in looks if look.forms])
