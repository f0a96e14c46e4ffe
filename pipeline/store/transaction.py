"""One transaction: all tables of one mailbox, changed together or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.store.context import Context
from pipeline.store.tables.alerts import Alerts
from pipeline.store.tables.certificates import Certificates, Signings
from pipeline.store.tables.counters import Counters
from pipeline.store.tables.events import Events
from pipeline.store.tables.leases import Leases
from pipeline.store.tables.memory import Memory
from pipeline.store.tables.messages import Messages
from pipeline.store.tables.notes import Attachments, Notes, SentTexts
from pipeline.store.tables.numbers import Numbers
from pipeline.store.tables.organisations import Organisations
from pipeline.store.tables.outbox import Outbox
from pipeline.store.tables.privacy import Privacy
from pipeline.store.tables.quarantine import Quarantine
from pipeline.store.tables.requests import Requests
from pipeline.store.tables.revisions import Revisions
from pipeline.store.tables.users import Sessions, Tokens, Users


class Transaction:
    """The tables as attributes; made by ``Store.run`` and ``Store.read``."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.messages = Messages(context)
        self.requests = Requests(context)
        self.revisions = Revisions(context)
        self.events = Events(context)
        self.notes = Notes(context)
        self.attachments = Attachments(context)
        self.numbers = Numbers(context)
        self.organisations = Organisations(context)
        self.certificates = Certificates(context)
        self.signings = Signings(context)
        self.outbox = Outbox(context)
        self.sent_texts = SentTexts(context)
        self.counters = Counters(context)
        self.quarantine = Quarantine(context)
        self.alerts = Alerts(context)
        self.leases = Leases(context)
        self.memory = Memory(context)
        self.tokens = Tokens(context)
        self.users = Users(context)
        self.sessions = Sessions(context)
        self.privacy = Privacy(context)

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
