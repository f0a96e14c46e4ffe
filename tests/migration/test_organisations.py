"""0006: an owner that a request brought becomes its address; one that staff wrote is known."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from pipeline.store import Store
from pipeline.store.engine import open_engine
from pipeline.store.migrate import configuration
from tests.migration.test_mails_and_requests import blank_row

_MAILBOX = "m"
#: Number, owner of before, owner now.
_NUMBERS = (
    ("+81901", "firm.example", "Hanako@firm.example".lower()),
    ("+81902", "imported.example", "imported.example"),
    ("+81903", "one@gmail.com", "one@gmail.com"),
    ("+81904", "", ""),
)


@pytest.fixture
def migrated(two_urls: tuple[str, str], tmp_path: Path) -> Store:
    url, _ = two_urls
    engine = open_engine(url, create=True)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0002")
        tables = sa.MetaData()
        tables.reflect(connection)

        def insert(name: str, **given: Any) -> None:
            row = blank_row(tables.tables[name], _MAILBOX)
            connection.execute(sa.insert(tables.tables[name]), row | given)

        firm = {"organisation": "firm.example", "number": "+81901"}
        insert("requests", id="r1", reference="WA-1", address_of_record="taro@firm.example", **firm)
        mine = {"address_of_record": "Hanako@firm.example", **firm}
        insert("requests", id="r2", reference="WA-2", **mine)
        for number, owner, _now in _NUMBERS:
            insert("numbers", e164=number, state="active", organisation=owner)
    engine.dispose()
    store = Store.open(url, mailbox_id=_MAILBOX, blobs=tmp_path, check=False)
    store.migrate()
    return store


def test_owners_are_those_that_somebody_has_said(migrated: Store) -> None:
    with migrated.read() as tx:
        found = [tx.numbers.get(number) for number, _, _ in _NUMBERS]
        known = tx.organisations.list()
    migrated.close()
    assert [row.organisation for row in found if row] == [now for *_, now in _NUMBERS]
    assert [(row.domain, row.added_by) for row in known] == [("imported.example", "number")]
    assert known[0].added_at.tzinfo is not None
