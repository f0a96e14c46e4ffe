"""What the flow works with: settings, clock, store, guard, keys; opened once for a command."""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, TypeVar

from pipeline.certificates.issue import CertificateIssuer
from pipeline.certificates.issuers.choose import choose
from pipeline.clock import Clock
from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from pipeline.flow.services import state, token_keys
from pipeline.flow.services.making import Making, Unmade
from pipeline.flow.services.restored import Restored, restore_of
from pipeline.flow.services.tokens import AlertOnce, Unwatched, bearer_of
from pipeline.guard import Guard
from pipeline.mailbox.authentication.policy import SenderPolicy
from pipeline.mailbox.providers import is_provider
from pipeline.model.problem import Verdict
from pipeline.model.request import TrackPolicy
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.sasl import Bearer
from pipeline.store.blobs import Blobs
from pipeline.store.unit_of_work import Store, Transaction
from pipeline.validation.phone.policy import PhonePolicy

if TYPE_CHECKING:
    from pipeline.certificates.authority import Authority
    from pipeline.mailbox.authentication.own_check import TxtRecord
    from pipeline.mailbox.scanner import Scanner
    from pipeline.notifications.headers import SenderIdentity
    from pipeline.tokens.keeper import Watch

T = TypeVar("T")

#: One more step, and what is sent at the end, take half as long again; 50 ms is too long to wait.
_LONG_SECONDS = 0.032
#: How many customers' domains a look-alike is held against.
_MOST_KNOWN = 5000
#: What the guarded child imports before it shuts itself in.
READERS = ("pipeline.flow.inbound.child", "pipeline.intake.preload")


def phone_policy(settings: Settings) -> PhonePolicy:
    """Return which numbers the settings take."""
    rows = settings.phones.model_dump()
    restricted = rows.pop("restricted")
    verdicts = {kind: Verdict(verdict) for kind, verdict in rows.items()}
    return PhonePolicy(**verdicts, restricted=restricted)


def _worker_id() -> str:
    """Return a name that no other worker has; host and process are there for people.

    Containers of one image often share both, so the random part alone tells two workers apart.
    """
    return f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(8)}"


class Rehearsal(Protocol):
    """Sees the transactions that are only tried."""

    def begin(self, tx: Transaction) -> None:
        """Be shown a transaction before anything is done in it."""
        ...

    def __call__(self, tx: Transaction) -> None:
        """Be shown a transaction before it is taken back."""
        ...


@dataclass
class Services:
    """The rooms, opened and set up; one for each command."""

    settings: Settings
    clock: Clock
    store: Store
    blobs: Blobs
    guard: Guard
    worker: str = field(default_factory=_worker_id)
    #: Where tokens outlive this command; None where the state is thrown away.
    token_store: Store | None = None
    #: Whether this command only looks: it tells nobody of failures.
    looking: bool = False
    #: Whether this process is to end: what works in portions asks it before the next one.
    stopping: Callable[[], bool] = lambda: False
    #: Whether a certificate was revoked that the kept lists do not have: a hint to look.
    lists_are_behind: bool = False
    #: Sees each transaction that is taken back; None where changes are kept.
    rehearsal: Rehearsal | None = None

    def work(self, tx: Transaction) -> "Work":
        """Return the work that is done in ``tx``, at this instant."""
        return Work(tx, self, self.clock.now())

    def run(self, change: "Callable[[Work], T]") -> T:
        """Run ``change`` in one write transaction, as :meth:`Store.run` does.

        It is tried again when it needs files that take long to make (:mod:`.making`). Each try has
        an instant of its own. In a rehearsal nothing of it is kept.
        """
        making = Making()
        run = self.store.run if self.rehearsal is None else self.store.rehearse
        while True:
            try:
                return run(partial(self._try, change, making))
            except Unmade:
                making.make()

    def _try(self, change: "Callable[[Work], T]", making: Making, tx: Transaction) -> T:
        if self.rehearsal is not None:
            self.rehearsal.begin(tx)
        result = making.tried(lambda: change(Work(tx, self, self.clock.now(), making)))
        if self.rehearsal is not None:
            self.rehearsal(tx)
        return result

    @cached_property
    def policy(self) -> TrackPolicy:
        """The numbers of the tracks, from the settings."""
        certificates = self.settings.certificates
        return TrackPolicy(
            certificates_per_approval=certificates.per_approval,
            approval_lapses=timedelta(days=certificates.approval_days),
            ownership_window=timedelta(days=certificates.ownership_days),
            manual_issuer=not self.issuer.automatic,
            two_people=self.settings.approval.two_people,
        )

    @cached_property
    def team(self) -> WorkingCalendar:
        """The team's working days."""
        return WorkingCalendar(self.settings.team.country, self.settings.team.time_zone)

    @cached_property
    def sender_policy(self) -> SenderPolicy:
        """How senders are judged."""
        sender = self.settings.sender
        return SenderPolicy(
            authserv_ids=sender.authserv_ids,
            dialect=sender.dialect,
            trust=sender.trust,
            inner_hops=sender.inner_hops,
            own_addresses=tuple(sorted(self.own_addresses)),
            own_names=self.identity.names,
            known_domains=self._known_domains,
        )

    @cached_property
    def _known_domains(self) -> frozenset[str]:
        """The domains of customers that we know, as they are when the command begins."""
        with self.store.read() as tx:
            owners = tx.numbers.organisations(_MOST_KNOWN)
            said = [record.domain for record in tx.organisations.list()]
        domains = {name.rpartition("@")[2] for name in owners} | set(said)
        return frozenset(name for name in domains if "." in name and not is_provider(name))

    @cached_property
    def txt_record(self) -> "TxtRecord":
        """Who looks up the keys of DKIM signatures. Raises ConfigurationError ``dkim_library``."""
        from pipeline.mailbox.authentication.own_check import dns_txt_record  # noqa: PLC0415 - slow

        if find_spec("dkim") is None:
            raise ConfigurationError("dkim_library")
        return dns_txt_record

    @cached_property
    def scanner(self) -> "Scanner | None":
        """Who looks at each mail before it is opened, if the settings name one."""
        from pipeline.mailbox.scanner import Scanner  # noqa: PLC0415 - few installations have one

        address = self.settings.scanner.address
        return Scanner(address) if address else None

    @cached_property
    def phones(self) -> PhonePolicy:
        """Which numbers are taken."""
        return phone_policy(self.settings)

    @cached_property
    def identity(self) -> "SenderIdentity":
        """Who our mails are from."""
        from pipeline.notifications.headers import SenderIdentity  # noqa: PLC0415 - slow to import

        return SenderIdentity(
            name=self.settings.courier.from_name,
            address=self.settings.mailbox.address,
            reply_style=self.settings.mailbox.reply_address,
            message_id_domain=self.settings.courier.message_id_domain,
        )

    @cached_property
    def own_addresses(self) -> frozenset[str]:
        """The addresses that are ours, in lower case."""
        mailbox = self.settings.mailbox
        return frozenset(name.lower() for name in (mailbox.address, *mailbox.own_addresses))

    @cached_property
    def bearer(self) -> Bearer | None:
        """Who has access tokens for mailbox and mail out; None where passwords are used."""
        return bearer_of(self.settings, self.clock, self.token_store, self.watch)

    @property
    def watch(self) -> "Watch":
        """Who is told of log-ins that fail."""
        return Unwatched() if self.looking else AlertOnce(self.store, self.clock)

    @cached_property
    def token_keys(self) -> tuple[bytes, ...]:
        """The live keys of reply tokens and Message-IDs: the one that makes them, and the old."""
        with self.store.read() as tx:
            return token_keys.live(tx, self.settings)

    @property
    def token_key(self) -> bytes:
        """The key that makes reply tokens and Message-IDs."""
        return self.token_keys[0]

    def read_keys_again(self) -> None:
        """Let a process that stays alive know of keys that were rotated meanwhile.

        The authority is opened, and the rights of its files are checked, when it is next needed.
        """
        for name in ("token_keys", "authority", "issuer", "restored"):
            self.__dict__.pop(name, None)
        _ = self.token_keys

    def is_genuine(self, reference: str, recipient: str, token: str) -> bool:
        """Tell whether ``token`` was made by a live key for ``reference`` and ``recipient``."""
        from pipeline.notifications.token import is_genuine  # noqa: PLC0415 - mails alone have one

        return any(is_genuine(key, reference, recipient, token) for key in self.token_keys)

    def is_our_message_id(self, message_id: str) -> bool:
        """Tell whether we made ``message_id`` with a live key; a forged one fails."""
        from pipeline.notifications.token import is_our_message_id  # noqa: PLC0415 - as above

        return any(is_our_message_id(key, message_id) for key in self.token_keys)

    @cached_property
    def authority(self) -> "Authority":
        """The embedded certificate authority."""
        authority = state.open_authority(self.settings)
        with self.store.read() as tx:
            state.check_keys(tx, self.settings, authority=authority.fingerprint)
        return authority

    @property
    def authority_is_open(self) -> bool:
        """Whether the authority was opened already; it costs the work of its passphrase."""
        return "authority" in self.__dict__

    @cached_property
    def restored(self) -> Restored | None:
        """That the state was put back from a backup and is not compared yet, or None."""
        with self.store.read() as tx:
            return restore_of(tx)

    @cached_property
    def issuer(self) -> CertificateIssuer:
        """The issuer that the settings name; the authority is opened when it is needed."""
        return choose(self.settings.certificates, lambda: self.authority)


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction at one instant: what every step of it works with."""

    tx: Transaction
    services: Services
    now: datetime
    #: What takes long to make; at once where the transaction only reads, and locks nobody out.
    making: Making = field(default_factory=partial(Making, rounds=0))
    began: float = field(default_factory=time.monotonic)

    @property
    def keeps_others_waiting(self) -> bool:
        """Whether a transaction of several steps should end here, and the rest be another's.

        On SQLite everybody else who writes waits for it; on PostgreSQL only who wants the same.
        """
        long = time.monotonic() - self.began > _LONG_SECONDS
        return long and not self.tx.context.on_postgresql


@contextmanager
def open_to_look(settings: Settings, clock: Clock) -> Iterator[Services]:
    """Open the services to look at a mailbox and at what a batch would do.

    Where nothing was made yet, the state is one that is thrown away. Raises what
    :func:`open_services` raises, but ``state_none``.
    """
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(open_services(settings, clock, looking=True))
        except ConfigurationError as error:
            if error.code != "state_none":
                raise
            trial = stack.enter_context(state.trial(settings))
            opened = stack.enter_context(open_trial(trial, clock, None))
        yield opened


@contextmanager
def open_trial(trial: Settings, clock: Clock, token_store: Store | None) -> Iterator[Services]:
    """Open the services on a state that is thrown away; tokens are kept in the real one, if any."""
    with open_services(trial, clock, make=True, looking=True) as services:
        services.token_store = token_store
        yield services


@contextmanager
def open_services(
    settings: Settings, clock: Clock, *, make: bool = False, looking: bool = False
) -> Iterator[Services]:
    """Open store, blobs and guard for one command and close them after it.

    ``make`` allows keys and database to be made in a state folder that has none of them;
    ``looking``: nobody is told of log-ins that fail. Raises
    what :func:`pipeline.flow.state.open_store` raises.
    """
    store = state.open_store(settings, clock, make=make)
    try:
        with Guard(preload=READERS, private=(str(settings.home()),)) as guard:
            yield Services(
                settings, clock, store, store.blobs, guard, token_store=store, looking=looking
            )
    finally:
        store.close()
