"""Which organisation an address belongs to: only what staff have said makes a domain one."""

from dataclasses import dataclass

from pipeline.flow.services import Work
from pipeline.mailbox.providers import is_provider, lineage
from pipeline.model.message import SenderVerdict
from pipeline.model.request import NumberState
from pipeline.store.records import NumberRecord, RequestRecord


def organisation_of(work: Work, address: str) -> str:
    """Return what stands for the organisation of ``address``: a known domain, or the address.

    A sub-domain belongs to the domain above it that staff have said. A provider of mailboxes is no
    organisation, even when it was said before the list knew it.
    """
    found = address.lower()
    domains = list(lineage(found.rpartition("@")[2]))
    known = work.tx.organisations.known(domains) if domains else set()
    return next((name for name in domains if name in known and not provides(work, name)), found)


def organisation_of_request(work: Work, record: RequestRecord) -> str:
    """Return the organisation of ``record`` as it is known now.

    It was noted when the request began: a domain that is known no longer gives way to the address.
    """
    noted = record.organisation
    if "@" in noted:
        return organisation_of(work, noted)
    known = bool(noted) and noted in work.tx.organisations.known([noted])
    return noted if known else organisation_of(work, record.address_of_record)


def owner_of(work: Work, number: NumberRecord) -> str:
    """Return the organisation that has, claims or had the number; empty: none that we know."""
    if number.state is NumberState.UNKNOWN:
        return ""
    owner = number.organisation
    return organisation_of(work, owner) if "@" in owner else owner


def is_of_another(work: Work, record: RequestRecord) -> bool:
    """Tell whether the number of ``record`` is with somebody else, or claimed by them."""
    number = work.tx.numbers.get(record.number) if record.number else None
    if number is None or number.state not in {NumberState.ACTIVE, NumberState.REQUESTED}:
        return False
    return owner_of(work, number) != organisation_of_request(work, record)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose the number of a request is, for staff: nothing of it is ever told to a customer.

    ``organisation`` is the requester's. ``owner`` has the number, or claims it; ``others`` are the
    proven requests of other organisations for it. ``common_domain`` is the mail domain that the
    requester shares with one of them, when it is not known as one organisation (or empty).
    """

    organisation: str
    owner: str
    others: tuple[RequestRecord, ...]
    common_domain: str


def whose_number(work: Work, record: RequestRecord) -> Owner:
    """Return what is known of the owner of the number of ``record``."""
    number = work.tx.numbers.get(record.number) if record.number else None
    organisation = organisation_of_request(work, record)
    owner = owner_of(work, number) if number is not None else ""
    others = tuple(
        other
        for other in work.tx.requests.of_number(record.number)
        if other.id != record.id
        and other.sender_verdict is SenderVerdict.PASS
        and organisation_of_request(work, other) != organisation
    )
    names = {owner, *(other.address_of_record.lower() for other in others)} - {organisation}
    domain = domain_of(record.address_of_record)
    common = "@" in organisation and domain in {domain_of(name) for name in names}
    return Owner(organisation, owner, others, domain if common else "")


def domain_of(name: str) -> str:
    """Return the domain of an address; a domain is its own."""
    return name.rpartition("@")[2].lower()


def is_same_organisation(work: Work, one: str, other: str) -> bool:
    """Tell whether two addresses are of one organisation that staff have said."""
    found = organisation_of(work, one)
    return "@" not in found and found == organisation_of(work, other)


def provides(work: Work, domain: str) -> bool:
    """Tell whether ``domain`` is a provider of mailboxes, by the list and the settings."""
    return is_provider(domain, work.services.settings.sender.mailbox_providers)
