"""Databases of the schemas that have been out; this writes one more.

``python -m tests.migration.released PATH`` packs the database of a demo.
"""

import gzip
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).parent / "databases"
#: The mailbox of the demo.
MAILBOX = "main"


def main(path: Path) -> None:
    """Pack a copy of the database ``path``, named by its revision, without the bytes of mails."""
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "copy"
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copied, isolation_level=None)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.execute("UPDATE outbox SET content = x'' WHERE state = 'sent'")
            copy.execute("VACUUM")
            (revision,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
        packed = gzip.compress(copied.read_bytes(), 9, mtime=0)
    (FOLDER / f"{revision}.sqlite3.gz").write_bytes(packed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
