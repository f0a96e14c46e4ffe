"""PostgreSQL's own programs: ``pg_dump`` takes a copy of our schema, ``pg_restore`` puts it back.

The address goes to them in a file that only we may read, and the password in their environment:
whoever lists processes sees neither.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from pipeline.durable import write_file
from pipeline.errors import ConfigurationError

_SERVICE = "pipeline"
#: What a dump says of the schema that every database has.
_USUAL_SCHEMA = re.compile(rb" SCHEMA(?: -)? public\b")
#: So much of what a program says is told.
_SAID = 300


def dump(connection: sa.Connection, target: Path) -> None:
    """Write the schema that ``connection`` works in to the new file ``target``.

    What is written is what the transaction of ``connection`` sees. Raises ConfigurationError
    ``backup_program`` when the program is not there, ``backup_dump_failed`` when it fails.
    """
    snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    options = [
        *("--format=custom", "--compress=0", "--no-owner", "--no-privileges", "--no-password"),
        *(f"--snapshot={snapshot}", f'--schema="{schema}"', f"--file={target}"),
    ]
    _call("pg_dump", [*options, f"--dbname=service={_SERVICE}"], connection.engine.url)


def put_back(url: sa.URL, source: Path) -> None:
    """Make the tables of the dump ``source`` in the database of ``url``: all of them or none.

    Raises as :func:`dump` does.
    """
    options = ["--single-transaction", "--no-owner", "--no-privileges", "--no-password"]
    # the usual schema is there in an empty database
    with tempfile.TemporaryDirectory() as folder:
        listed = _call("pg_restore", ["--list", str(source)], url)
        wanted = [line for line in listed.splitlines() if not _USUAL_SCHEMA.search(line)]
        contents = Path(folder) / "contents"
        write_file(contents, b"\n".join([*wanted, b""]))
        options.append(f"--use-list={contents}")
        _call("pg_restore", [*options, f"--dbname=service={_SERVICE}", str(source)], url)


def _call(program: str, arguments: Sequence[str], url: sa.URL) -> bytes:
    """Run ``program`` and return what it printed."""
    with _environment(url) as environment:
        try:
            done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=environment,
                check=False,
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ConfigurationError("backup_program", program=program, reason=reason) from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()[-_SAID:]
        raise ConfigurationError("backup_dump_failed", program=program, reason=said)
    return done.stdout


@contextmanager
def _environment(url: sa.URL) -> Iterator[dict[str, str]]:
    """Give the environment in which a program finds the database of ``url``."""
    named = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "dbname": url.database,
        **{key: value for key, value in url.query.items() if isinstance(value, str)},
    }
    lines = [f"[{_SERVICE}]", *(f"{key}={value}" for key, value in named.items() if value)]
    with tempfile.TemporaryDirectory() as folder:
        services = Path(folder) / "services"
        write_file(services, "\n".join([*lines, ""]).encode())
        environment = {**os.environ, "PGSERVICEFILE": str(services), "LC_MESSAGES": "C"}
        if url.password:
            environment["PGPASSWORD"] = str(url.password)
        yield environment
