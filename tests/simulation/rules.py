"""What has to hold after each step of a year, whatever went wrong in it.

The rows are read by statements of their own: what is tried here must not answer for itself.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from pipeline.store.audit.chains import histories
from pipeline.store.schema.mail_and_requests import certificates, requests
from pipeline.store.unit_of_work import Store
from tests.simulation.checks import Mail
from tests.simulation.people import Person

#: How long work that is due may wait for a batch that does it.
_LATE = timedelta(hours=12)
_WEEK = timedelta(days=7)
_NAMED = re.compile(r"\bShrub (\d+)\b|\bshrub-(\d+)\.example")

_NO_DIGIT = re.compile(r"\D")

_QUERIES: dict[str, str] = {
    "more mails with a certificate than certificates": """
        SELECT o.request_id, COUNT(*) FROM outbox AS o
        WHERE o.notice IN ('certificate_issued', 'certificate_reissued')
        GROUP BY o.request_id HAVING COUNT(*) >
        (SELECT COUNT(*) FROM certificates AS c WHERE c.request_id = o.request_id)""",
    "two live certificates of a number": """
        SELECT number, COUNT(*) FROM certificates WHERE state = 'live'
        GROUP BY number HAVING COUNT(*) > 1""",
    "an open request that nothing wakes": """
        SELECT reference, status FROM requests WHERE ended_at IS NULL AND next_at IS NULL""",
    "an open request without an owner of the next move": """
        SELECT reference, status FROM requests WHERE ended_at IS NULL AND move = 'nobody'""",
    "a request that was due long ago": """
        SELECT reference, status, next_at FROM requests
        WHERE ended_at IS NULL AND next_at < :late""",
    "a mail that was due long ago": """
        SELECT id, notice, next_at FROM outbox WHERE next_at < :late""",
    "a message that was due long ago": """
        SELECT id, state, next_at FROM messages WHERE next_at < :late""",
    "a certificate that lives on after its end": """
        SELECT number, expires_at FROM certificates WHERE state = 'live' AND expires_at < :late""",
    "a message that was decided twice": """
        SELECT folder, uidvalidity, uid, COUNT(*) FROM messages
        GROUP BY folder, uidvalidity, uid HAVING COUNT(*) > 1""",
}


def broken(store: Store, now: datetime, *, delivered: int, waiting: int) -> Iterator[str]:
    """Yield each rule that does not hold now.

    ``delivered`` are the mails that customers sent, ``waiting`` those that are still in the inbox.
    """
    with store.read() as tx:
        connection = tx.context.connection
        for rule, query in _QUERIES.items():
            late = {":late": now - _LATE} if ":late" in query else {}
            statement = sa.text(query).bindparams(
                *(sa.bindparam(name[1:], at, requests.c.next_at.type) for name, at in late.items())
            )
            for row in connection.execute(statement):
                yield f"{rule}: {tuple(row)}"
        kept = connection.execute(sa.text("SELECT COUNT(*) FROM messages")).scalar_one()
        if kept + waiting < delivered:
            yield f"of {delivered} mails {delivered - kept - waiting} are lost"
        yield from _wrong_ends(connection)


def _wrong_ends(connection: sa.Connection) -> Iterator[str]:
    """Yield certificates that do not end seven days after their creation (UTC)."""
    columns = (certificates.c.number, certificates.c.created_at, certificates.c.expires_at)
    for number, created, expires in connection.execute(
        sa.select(*columns).where(certificates.c.expires_at.is_not(None))
    ):
        if created is not None and expires != created + _WEEK:
            yield f"the certificate of {number}, created {created}, ends {expires}"


def broken_chains(store: Store) -> Iterator[str]:
    """Yield the histories that are not as they were written."""
    for history in histories(store):
        if history.broken:
            yield f"the history of {history.reference} is broken at {history.broken}"


def leaks(mail: Mail, reader: Person, people: Iterable[Person]) -> Iterator[str]:
    """Yield what a mail to ``reader`` tells of other ``people``: names, addresses, numbers."""
    text = mail.written.composed.text
    places = {int(one or two) for one, two in _NAMED.findall(text)} - {reader.place}
    digits = _NO_DIGIT.sub("", text)
    places |= {one.place for one in people if one is not reader and one.number[1:] in digits}
    if places:
        yield f"{mail}: to customer {reader.place}, tells of {sorted(places)}"
