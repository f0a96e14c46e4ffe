"""What few commands work with, and what is slow to import: opened when it is first asked for."""

from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec

from pipeline.certificates.authority import Authority
from pipeline.errors import ConfigurationError
from pipeline.flow.services import Services, state
from pipeline.flow.services.tokens import AlertOnce, Unwatched, bearer_of
from pipeline.mailbox.authentication.own_check import TxtRecord, dns_txt_record
from pipeline.mailbox.authentication.policy import SenderPolicy
from pipeline.mailbox.providers import is_provider
from pipeline.mailbox.scanner import Scanner
from pipeline.notifications.headers import SenderIdentity
from pipeline.notifications.token import is_genuine, is_our_message_id
from pipeline.sasl import Bearer
from pipeline.tokens.keeper import Watch

#: How many customers' domains a look-alike is held against.
_MOST_KNOWN = 5000


@dataclass
class Rooms:
    """The rooms of ``services`` that a look at the database needs not."""

    services: Services

    @cached_property
    def sender_policy(self) -> SenderPolicy:
        """How senders are judged."""
        sender = self.services.settings.sender
        return SenderPolicy(
            authserv_ids=sender.authserv_ids,
            dialect=sender.dialect,
            trust=sender.trust,
            inner_hops=sender.inner_hops,
            own_addresses=tuple(sorted(self.services.own_addresses)),
            own_names=self.identity.names,
            known_domains=self._known_domains,
        )

    @cached_property
    def _known_domains(self) -> frozenset[str]:
        """The domains of customers that we know, as they are when the command begins."""
        with self.services.store.read() as tx:
            owners = tx.numbers.organisations(_MOST_KNOWN)
            said = [record.domain for record in tx.organisations.list()]
        domains = {name.rpartition("@")[2] for name in owners} | set(said)
        return frozenset(name for name in domains if "." in name and not is_provider(name))

    @property
    def txt_record(self) -> TxtRecord:
        """Who looks up the keys of DKIM signatures. Raises ConfigurationError ``dkim_library``."""
        if find_spec("dkim") is None:
            raise ConfigurationError("dkim_library")
        return dns_txt_record

    @cached_property
    def scanner(self) -> Scanner | None:
        """Who looks at each mail before it is opened, if the settings name one."""
        address = self.services.settings.scanner.address
        return Scanner(address) if address else None

    @cached_property
    def identity(self) -> SenderIdentity:
        """Who our mails are from."""
        settings = self.services.settings
        return SenderIdentity(
            name=settings.courier.from_name,
            address=settings.mailbox.address,
            reply_style=settings.mailbox.reply_address,
            message_id_domain=settings.courier.message_id_domain,
        )

    @cached_property
    def bearer(self) -> Bearer | None:
        """Who has access tokens for mailbox and mail out; None where passwords are used."""
        services = self.services
        return bearer_of(services.settings, services.clock, services.token_store, self.watch)

    @property
    def watch(self) -> Watch:
        """Who is told of log-ins that fail."""
        services = self.services
        return Unwatched() if services.looking else AlertOnce(services.store, services.clock)

    def is_genuine(self, reference: str, recipient: str, token: str) -> bool:
        """Tell whether ``token`` was made by a live key for ``reference`` and ``recipient``."""
        keys = self.services.token_keys
        return any(is_genuine(key, reference, recipient, token) for key in keys)

    def is_our_message_id(self, message_id: str) -> bool:
        """Tell whether we made ``message_id`` with a live key; a forged one fails."""
        return any(is_our_message_id(key, message_id) for key in self.services.token_keys)

    @cached_property
    def authority(self) -> Authority:
        """The embedded certificate authority."""
        services = self.services
        authority = state.open_authority(services.settings)
        with services.store.read() as tx:
            state.check_keys(tx, services.settings, authority=authority.fingerprint)
        return authority
