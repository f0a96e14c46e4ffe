"""Write the database of a demo as one of a released schema: ``python -m ... PATH``."""

import gzip
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from tests.migration.released import FOLDER


def main(path: Path) -> None:
    """Write the SQL of the database ``path``, named by its revision; ``path`` is not changed."""
    copy = sqlite3.connect(":memory:")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
        source.backup(copy)
    with closing(copy):
        copy.execute("UPDATE outbox SET content = x'' WHERE state = 'sent'")
        copy.commit()
        (revision,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
        text = "\n".join(copy.iterdump())
    (FOLDER / f"{revision}.sql.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
