"""One transaction: all tables of one mailbox, changed together or not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from pipeline.store.audit.staff_log import StaffLog
from pipeline.store.context import Context
from pipeline.store.tables.alerts import Alerts
from pipeline.store.tables.certificates import Certificates, Signings
from pipeline.store.tables.counters import Counters
from pipeline.store.tables.events import Events
from pipeline.store.tables.leases import Leases
from pipeline.store.tables.memory import Memory
from pipeline.store.tables.messages import Messages
from pipeline.store.tables.notes import Attachments, Notes, SentTexts
from pipeline.store.tables.numbers import MetaAskings, MetaNumbers, Numbers, ShortLinks
from pipeline.store.tables.organisations import Organisations
from pipeline.store.tables.outbox import Outbox
from pipeline.store.tables.privacy import Privacy
from pipeline.store.tables.quarantine import Quarantine
from pipeline.store.tables.requests import Requests
from pipeline.store.tables.revisions import Revisions
from pipeline.store.tables.users import Desk, LogInPauses, Sessions, Tokens, Users
from pipeline.store.undoing.table import Undo

T = TypeVar("T")


class _Table(Generic[T]):
    """One table of a transaction, which is made when it is first asked for."""

    def __init__(self, kind: Callable[[Context], T]) -> None:
        self._kind = kind

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, tx: "Transaction", owner: type) -> T:
        made = tx.__dict__[self._name] = self._kind(tx.context)
        return made


class Transaction:
    """The tables as attributes; made by ``Store.run`` and ``Store.read``."""

    messages = _Table(Messages)
    requests = _Table(Requests)
    revisions = _Table(Revisions)
    events = _Table(Events)
    notes = _Table(Notes)
    attachments = _Table(Attachments)
    numbers = _Table(Numbers)
    organisations = _Table(Organisations)
    certificates = _Table(Certificates)
    signings = _Table(Signings)
    short_links = _Table(ShortLinks)
    outbox = _Table(Outbox)
    sent_texts = _Table(SentTexts)
    counters = _Table(Counters)
    desk = _Table(Desk)
    undo = _Table(Undo)
    quarantine = _Table(Quarantine)
    alerts = _Table(Alerts)
    leases = _Table(Leases)
    memory = _Table(Memory)
    tokens = _Table(Tokens)
    users = _Table(Users)
    sessions = _Table(Sessions)
    log_in_pauses = _Table(LogInPauses)
    staff_log = _Table(StaffLog)
    privacy = _Table(Privacy)
    meta_numbers = _Table(MetaNumbers)
    meta_askings = _Table(MetaAskings)

    def __init__(self, context: Context) -> None:
        self.context = context

    @contextmanager
    def savepoint(self, *, sends: bool = True) -> Iterator[None]:
        """Undo what the block did when it raises, and nothing before it.

        What it has written is sent at its end, so that an error of the database is raised there;
        ``sends=False``, where no such error is handled: it is sent with what comes after it.
        """
        with self.context.savepoint():
            yield
            if sends:
                self.context.send()
