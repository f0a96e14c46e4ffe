"""An installation on real servers: its configuration, its state, and ways to break it."""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from imapclient import IMAPClient

from pipeline.clock import SystemClock
from pipeline.config import load
from pipeline.flow.services.state import open_store
from pipeline.store.unit_of_work import Transaction
from tests.servers.dovecot import Dovecot
from tests.world.command_line import Call
from tests.world.settings import write_settings

Sections = dict[str, dict[str, object]]
Picture = dict[str, Any]


@dataclass
class Installation:
    """One installation; whatever is done to it, the one that it was copied from stays whole."""

    folder: Path
    sections: Sections
    call: Call
    dovecot: Dovecot
    ports: Mapping[str, int]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def home(self) -> Path:
        """The state folder."""
        return self.folder / "state"

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "pipeline.toml"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "requests.sqlite3"

    def set(self, section: str, **values: object) -> None:
        """Change settings of one section."""
        kept = {**self.sections.get(section, {}), **values}
        self.sections = {**self.sections, section: kept}
        write_settings(self.config, **self.sections)

    def secret(self, name: str, text: str = "secret") -> dict[str, str]:
        """Write a secret file, and return the setting that names it."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return {"file": str(path)}

    def change(self, statement: sa.Executable) -> None:
        """Change rows of the database past every rule."""

        def work(tx: Transaction) -> None:
            tx.context.raw.execute(statement)

        with open_store(load(self.config, self.home, {}), SystemClock(), make=False) as store:
            store.run(work)

    def remember(self, key: str, value: object) -> None:
        """Let the database remember a plain value (None: nothing)."""

        def work(tx: Transaction) -> None:
            if value is None:
                tx.memory.forget(key)
            else:
                tx.memory.put(key, value)  # type: ignore[arg-type]  # plain values of a test

        with open_store(load(self.config, self.home, {}), SystemClock(), make=False) as store:
            store.run(work)

    def ago(self, **span: float) -> datetime:
        """Return an instant that lies in the past."""
        return self.now - timedelta(**span)

    def sql(self, statement: str) -> None:
        """Execute a statement on the SQLite file."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(statement)

    def append(self, user: str, raw: bytes, at: datetime) -> None:
        """Put a mail into the INBOX of a user, as the server got it ``at`` that time."""
        with IMAPClient(self.dovecot.host, self.dovecot.port, ssl=False) as client:
            client.login(user, "secret")
            client.append("INBOX", raw)
        mails = [*self.dovecot.mail(user).glob("new/*"), *self.dovecot.mail(user).glob("cur/*")]
        path = max(mails, key=lambda path: path.stat().st_ctime_ns)
        os.utime(path, (at.timestamp(), at.timestamp()))


#: What SQLite keeps beside a file while it is open.
_BESIDE = ("-wal", "-shm")


def picture(folder: Path) -> Picture:
    """Return the mode and the bytes of each file, and of a database the rows of each table."""
    found: Picture = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or path.name.endswith(_BESIDE):
            continue
        name, mode = str(path.relative_to(folder)), path.stat().st_mode
        found[name] = (
            mode,
            b"" if path.is_dir() or path.suffix == ".sqlite3" else path.read_bytes(),
        )
        if path.suffix == ".sqlite3":
            found |= {f"{name} {table}": rows for table, rows in rows_of(path).items()}
    return found


def rows_of(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of each table; of a damaged file its bytes."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        try:
            listed = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
            # an index of words has tables of its own, which are listed as well
            names = [name for name, made in connection.execute(listed) if "VIRTUAL" not in made]
            return {
                name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names
            }
        except sqlite3.DatabaseError:
            return {"damaged": [(database.read_bytes(),)]}
