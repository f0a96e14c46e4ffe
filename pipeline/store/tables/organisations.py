"""The mail domains that staff have said are one organisation each."""

from collections.abc import Collection

from pipeline.store.context import Context
from pipeline.store.records import OrganisationRecord
from pipeline.store.schema.mail_and_requests import organisations
from pipeline.store.schema.types import key
from pipeline.store.statements import OfSeveral, Statement, param
from pipeline.store.tables.rows import Mapper, Rows

_MAPPER = Mapper(OrganisationRecord, organisations)
#: What is said of a domain is asked several times for one mail; one answer serves them all.
_SEEN = "organisation"
_GET = Statement(lambda: _MAPPER.mine(organisations.c.domain == param("domain")))
_OF_DOMAINS = OfSeveral(organisations.c.domain, _MAPPER.mine)


class Organisations(Rows[OrganisationRecord]):
    """The rows of ``organisations``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, organisations, _MAPPER)

    def get(self, domain: str) -> OrganisationRecord | None:
        """Return what was said of ``domain``, removed or not, or None."""
        seen = (_SEEN, domain)
        if seen not in self._context.seen:
            self._context.seen[seen] = self._one(_GET, domain=domain)
        record: OrganisationRecord | None = self._context.seen[seen]
        return record

    def foresee(self, domains: Collection[str]) -> None:
        """Learn at once what was said of ``domains``."""
        rows = self._context.of_several(_OF_DOMAINS, sorted(domains))
        found = {record.domain: record for record in map(self._mapper.record, rows)}
        self._context.seen.update({(_SEEN, name): found.get(key(name)) for name in domains})

    def known(self, domains: Collection[str]) -> set[str]:
        """Return those of ``domains`` that are known as organisations."""
        said = (self.get(domain) for domain in sorted(domains))
        return {record.domain for record in said if record and record.removed_at is None}

    def set(self, record: OrganisationRecord) -> None:
        """Write what is said of a domain, new or not."""
        self._context.seen.pop((_SEEN, record.domain), None)
        values = self._mapper.values(record)
        statement = self._context.upsert(organisations).values(**self._values(record))
        self._execute(
            statement.on_conflict_do_update(
                index_elements=[organisations.c.mailbox_id, organisations.c.domain],
                set_={name: value for name, value in values.items() if name != "domain"},
            )
        )

    def list(self, *, removed: bool = False) -> "list[OrganisationRecord]":
        """Return the known domains in their order; with ``removed`` the removed ones too."""
        conditions = () if removed else (organisations.c.removed_at.is_(None),)
        return self._all(self._select(*conditions).order_by(organisations.c.domain))
