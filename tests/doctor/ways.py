"""Ways in which an installation breaks: of its settings and files, its state, and its work."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from pipeline.certificates.authority import Authority
from pipeline.flow.services import restored
from pipeline.flow.services.restored import Restored
from pipeline.model.identifiers import new_id
from pipeline.store.migrations import REVISIONS
from pipeline.store.outbox_records import OutboxState
from pipeline.store.schema.mail_and_requests import messages, outbox, quarantine, requests
from tests.doctor.installation import Installation


@dataclass(frozen=True)
class Broken:
    """One way to break an installation, and what ``doctor`` has to say of it.

    ``check`` and ``state`` are its finding, ``what`` a part of what it finds, ``mend`` of what is
    to be done; ``code`` is the exit code.
    """

    name: str
    break_it: Callable[[Installation], object]
    check: str
    state: str
    what: str
    mend: str
    code: int = 4


def _misspelt(it: Installation) -> None:
    it.set("team", contry="JP")


def _open_password(it: Installation) -> None:
    (it.folder / "password").chmod(0o644)


def _no_password(it: Installation) -> None:
    (it.folder / "password").unlink()


def _no_authorities(it: Installation) -> None:
    it.set("courier", ca_file=str(it.folder / "gone.pem"))


def _writable_settings(it: Installation) -> None:
    it.config.chmod(0o666)


def _open_home(it: Installation) -> None:
    it.home.chmod(0o755)
    it.database.chmod(0o644)


def _home_in_a_file(it: Installation) -> None:
    shutil.rmtree(it.home)
    (it.folder / "file").touch()
    it.home.symlink_to(it.folder / "file" / "state")


def _nothing_yet(it: Installation) -> None:
    shutil.rmtree(it.home)


def _no_metrics_folder(it: Installation) -> None:
    it.set("metrics", textfile=str(it.folder / "gone" / "requests.prom"))


def _nobody_is_told(it: Installation) -> None:
    it.set("team", alert_to="")


def _no_database(it: Installation) -> None:
    it.database.unlink()


def _damaged_database(it: Installation) -> None:
    with it.database.open("r+b") as file:
        length = file.seek(0, os.SEEK_END)
        for place in range(8192, length, 4096):
            file.seek(place)
            file.write(b"\xff" * 2048)


def _old_tables(it: Installation) -> None:
    it.sql(f"UPDATE alembic_version SET version_num = '{REVISIONS[0]}'")


def _newer_tables(it: Installation) -> None:
    it.sql("UPDATE alembic_version SET version_num = '9999'")


def _no_mails(it: Installation) -> None:
    shutil.rmtree(it.home / "blobs")


def long_log(it: Installation) -> sqlite3.Connection:
    """Let somebody keep the log of the database from being emptied; return who."""
    connection = sqlite3.connect(it.database, isolation_level=None)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE ballast (x)")
    connection.execute("INSERT INTO ballast VALUES (zeroblob(70000000))")
    connection.execute("DROP TABLE ballast")
    return connection


def _no_token_key(it: Installation) -> None:
    (it.home / "token.key").unlink()


def _other_token_key(it: Installation) -> None:
    (it.home / "token.key").write_bytes(os.urandom(32))


def _open_token_key(it: Installation) -> None:
    (it.home / "token.key").chmod(0o640)


def _no_authority(it: Installation) -> None:
    shutil.rmtree(it.home / "authority")


def _open_authority(it: Installation) -> None:
    (it.home / "authority" / "authority.key").chmod(0o644)


def _other_authority(it: Installation) -> None:
    shutil.rmtree(it.home / "authority")
    _authority(it, it.now)


def _old_authority(it: Installation) -> None:
    """Let the authority be one that was made nineteen and a half years ago."""
    shutil.rmtree(it.home / "authority")
    made = _authority(it, it.ago(days=7125))
    known = json.loads(_value(it, "keys"))
    it.remember("keys", {**known, "authority": made.fingerprint})


def _authority(it: Installation, now: datetime) -> Authority:
    folder = it.home / "authority"
    Authority.make(folder, passphrase=None, name="Test", now=now)
    return Authority.open(folder, passphrase=None)


def _value(it: Installation, key: str) -> str:
    with closing(sqlite3.connect(it.database)) as connection:
        found = connection.execute("SELECT value FROM memory WHERE key = ?", (key,)).fetchone()
    return str(found[0])


def asleep(it: Installation) -> None:
    """Let all requests wait for years, as a clock that ran ahead does."""
    late = it.now + timedelta(days=2000)
    it.change(sa.update(requests).where(requests.c.next_at.is_not(None)).values(next_at=late))


def _no_run(it: Installation) -> None:
    it.remember("last_batch", None)


def _no_run_of_late(it: Installation) -> None:
    it.remember("last_batch", it.ago(days=3).isoformat())


def _failed_run(it: Installation) -> None:
    it.set("mailbox", port=it.ports["nobody"])
    assert it.call("run").code == 75
    it.set("mailbox", port=it.ports["imap"])


def _late(it: Installation) -> None:
    late = it.ago(hours=5)
    it.change(sa.update(requests).where(requests.c.next_at.is_not(None)).values(next_at=late))


def _broken_promise(it: Installation) -> None:
    late = it.ago(days=1)
    it.change(
        sa.update(requests).where(requests.c.open_since.is_not(None)).values(overdue_since=late)
    )


def _paused(it: Installation) -> None:
    refused = {"what": "554", "answer": "554 5.7.1 blocked", "mails": ["1", "2", "3", "4", "5"]}
    it.remember("courier:refusals", {**refused, "paused_at": it.now.isoformat()})


def _stuck(it: Installation) -> None:
    it.change(sa.update(outbox).values(state=OutboxState.QUEUED, next_at=it.ago(hours=9)))


def _failed_mail(it: Installation) -> None:
    failed = {"state": OutboxState.FAILED, "attention_since": it.ago(hours=1)}
    it.change(sa.update(outbox).values(**failed))


def _quarantined(it: Installation) -> None:
    values = {"id": new_id(), "at": it.now, "open_since": it.now, "reason": "broken"}
    first = sa.select(messages.c.id).limit(1).scalar_subquery()
    kept = {"mailbox_id": "main", "message_row": first, "attempts": 3, **values}
    it.change(sa.insert(quarantine).values(**kept))


def _no_backup(it: Installation) -> None:
    it.remember("backups", None)


def _no_backup_folder(it: Installation) -> None:
    it.remember("backups", None)
    it.set("backup", folder="")


def _backup(it: Installation, part: str, **values: object) -> None:
    known = json.loads(_value(it, "backups"))
    it.remember("backups", {**known, part: {**known[part], **values}})


def _late_backup(it: Installation) -> None:
    _backup(it, "made", at=it.ago(days=4).isoformat())


def _unchecked_backup(it: Installation) -> None:
    known = json.loads(_value(it, "backups"))
    it.remember("backups", {**known, "whole": None, "checked": None})


def _damaged_backup(it: Installation) -> None:
    (path,) = (it.folder / "backups").glob("*.backup")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert it.call("backup", "verify").code != 0


def _backup_without_keys(it: Installation) -> None:
    known = json.loads(_value(it, "backups"))
    it.remember("backups", {**known, "keys_at": None})


def _newer_keys(it: Installation) -> None:
    assert it.call("token", "rotate").code == 0


def _unmounted_backups(it: Installation) -> None:
    shutil.rmtree(it.folder / "backups")


def _put_back(it: Installation) -> None:
    put_back = Restored(it.ago(days=1), it.now)
    it.remember(
        restored._ROW, {"made_at": put_back.made_at.isoformat(), "at": put_back.at.isoformat()}
    )


def _half_put_back(it: Installation) -> None:
    restored.unfinished(it.home).touch(mode=0o600)


SETTINGS = (
    Broken("a setting is misspelt", _misspelt, "settings", "bad", "no setting", "country?"),
    Broken("a password is open", _open_password, "settings", "bad", "Other users", "chmod 600"),
    Broken("no password", _no_password, "settings", "bad", "password", "doctor"),
    Broken("no authorities", _no_authorities, "settings", "bad", "gone.pem", "courier.ca_file"),
    Broken(
        "settings can be written", _writable_settings, "settings", "warn", "Others can change",
        "chmod go-w", 0,
    ),
    Broken("the state is open", _open_home, "home", "warn", "Others can read", "chmod go-rwx", 0),
    Broken("no state folder can be made", _home_in_a_file, "home", "bad", "state", "store.home"),
    Broken("nothing was made", _nothing_yet, "database", "warn", "Nothing", "pipeline run", 0),
    Broken(
        "no folder for metrics", _no_metrics_folder, "metrics", "warn", "cannot be written",
        "metrics.textfile", 0,
    ),
    Broken("nobody is told", _nobody_is_told, "alerts", "warn", "nobody", "team.alert_to", 0),
)  # fmt: skip
STATE = (
    Broken("no database", _no_database, "database", "bad", "requests.sqlite3", "from a copy"),
    Broken("a damaged database", _damaged_database, "database", "bad", "damaged", "newest copy"),
    Broken("old tables", _old_tables, "database", "bad", "older program", "db migrate"),
    Broken("newer tables", _newer_tables, "database", "bad", "newer", "Install the newer"),
    Broken("no mails", _no_mails, "database", "bad", "blobs", "from a copy"),
    Broken("no token key", _no_token_key, "token_key", "bad", "token.key", "from a copy"),
    Broken("another token key", _other_token_key, "token_key", "bad", "key", "state folder"),
    Broken("an open token key", _open_token_key, "token_key", "bad", "mode 0640", "chmod 600"),
    Broken("no authority", _no_authority, "authority", "bad", "authority", "from a copy"),
    Broken("an open authority", _open_authority, "authority", "bad", "mode 0644", "chmod 600"),
    Broken("another authority", _other_authority, "authority", "bad", "key", "state folder"),
    Broken("an authority that ends", _old_authority, "authority", "warn", "ends", "rotate", 0),
    Broken("no backup", _no_backup, "backup", "warn", "no backup yet", "backup create", 0),
    Broken("no place for any", _no_backup_folder, "backup", "warn", "no backup", "--to FOLDER", 0),
    Broken("a late backup", _late_backup, "backup", "warn", "longer ago", "backup create", 0),
    Broken("an unchecked one", _unchecked_backup, "backup", "warn", "none was", "backup verify", 0),
    Broken("a damaged one", _damaged_backup, "backup", "warn", "damaged", "backup create", 0),
    Broken("no keys in it", _backup_without_keys, "backup", "warn", "None has", "--with-keys", 0),
    Broken("newer keys", _newer_keys, "backup", "warn", "was replaced", "--with-keys", 0),
    Broken("no backup disk", _unmounted_backups, "backup", "warn", "is not there", "Mount", 0),
    Broken("a restored state", _put_back, "restored", "bad", "put back", "backup settle"),
    Broken("a half restored state", _half_put_back, "database", "bad", "restore", "backup restore"),
)  # fmt: skip
WORK = (
    Broken("rows asleep", asleep, "asleep", "warn", "ran ahead", "doctor --mend", 0),
    Broken("no run yet", _no_run, "run", "warn", "No run", "pipeline run", 0),
    Broken("no run of late", _no_run_of_late, "run", "warn", "since", "systemctl", 0),
    Broken("a failed run", _failed_run, "run", "warn", "exit code 75", "pipeline run", 0),
    Broken("late deadlines", _late, "late", "warn", "reminders", "pipeline run", 0),
    Broken("a broken promise", _broken_promise, "promises", "warn", "passed", "pipeline queue", 0),
    Broken("sending is paused", _paused, "sending", "bad", "paused", "outbox resume"),
    Broken("mails are stuck", _stuck, "outbox", "warn", "an hour ago", "outbox list", 0),
    Broken("a mail failed", _failed_mail, "outbox", "warn", "failed", "list attention", 0),
    Broken("quarantine", _quarantined, "quarantine", "warn", "not be", "quarantine list", 0),
)
