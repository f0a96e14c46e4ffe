"""0022: lines of the log of staff that were there are chained in their order."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command

from pipeline.store import Store
from pipeline.store.audit.chains import staff_chain, staff_lines
from pipeline.store.engine import open_engine
from pipeline.store.migrate import configuration
from pipeline.store.staff_records import StaffAct, StaffLogRecord

_AT = "2026-11-23 09:30:15.123456+00:00"


def test_lines_of_old_are_chained(two_urls: tuple[str, str], tmp_path: Path) -> None:
    url, _ = two_urls
    engine = open_engine(url, create=True)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0021")
        for mailbox in ("m", "other"):
            for place in range(3):
                connection.execute(
                    sa.text(
                        "INSERT INTO staff_log (mailbox_id, id, at, who, what, subject, detail)"
                        " VALUES (:mailbox, :id, :at, '田中', 'logged_in', :subject, '')"
                    ),
                    {
                        "mailbox": mailbox,
                        "id": f"id-{place}",
                        "at": _AT,
                        "subject": f"user {place}",
                    },
                )
    engine.dispose()
    with Store.open(url, mailbox_id="m", blobs=tmp_path, check=False) as store:
        store.migrate()
        found = staff_chain(store)
        assert (found.lines, found.emptied, found.broken) == (3, 0, 0)
        assert [line.subject for line in staff_lines(store)] == ["user 0", "user 1", "user 2"]
        at = next(iter(staff_lines(store))).at
        more = StaffLogRecord("id-9", at, "sato", StaffAct.LOGGED_OUT, "sato")
        store.run(lambda tx: tx.staff_log.append(more))
        assert (staff_chain(store).lines, staff_chain(store).broken) == (4, 0)
