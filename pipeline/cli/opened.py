"""What a command works with, opened: the services, a request, and who decides."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.cli.context import settings
from pipeline.clock import SystemClock
from pipeline.errors import NotFoundError, UsageError
from pipeline.flow.services import Services, open_services
from pipeline.model.identifiers import read_prefix
from pipeline.store.records import RequestRecord
from pipeline.store.unit_of_work import Transaction


@contextmanager
def services(*, make: bool = False) -> Iterator[Services]:
    """Open the services for this command; ``make`` allows it to be the first use of the folder."""
    with open_services(settings(), SystemClock(), make=make) as opened:
        yield opened


def os_user() -> str:
    """Return the name that decisions are recorded under when ``--as`` is not given."""
    return getpass.getuser()


def one_request(tx: Transaction, text: str) -> RequestRecord:
    """Return the one request that ``text`` (a reference or a unique prefix, any case) names.

    Raises NotFoundError ``request_unknown`` or UsageError ``request_ambiguous``.
    """
    prefix = read_prefix(text)
    found = tx.requests.by_prefix(prefix)
    if not found:
        raise NotFoundError("request_unknown", reference=text)
    if len(found) > 1:
        names = ", ".join(record.reference for record in found[:5])
        raise UsageError("request_ambiguous", reference=text, found=names)
    return found[0]
