"""How much of the database a finished request takes when what is kept for a while is purged."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.batch import run_batch
from pipeline.flow.staff import review as decisions
from tests.benchmarks.conftest import OpenServices
from tests.benchmarks.measuring import tell
from tests.world.crowd import form_mail
from tests.world.records import Records
from tests.world.world import deliver

_REQUESTS = 60
_MOST = 8 * 1024
#: What is purged in time: the bytes of mails, and what was counted for the caps.
_PURGED = (
    "UPDATE outbox SET content = x'', kept_since = NULL",
    "UPDATE messages SET raw_since = NULL",
    "DELETE FROM counters",
)


@pytest.mark.benchmark
def test_a_finished_request_takes_few_bytes(services_in: OpenServices, tmp_path: Path) -> None:
    """Each is received, acknowledged, rejected and told; the pages of the second half count."""
    services = services_in(tmp_path)
    now = datetime.now(UTC)
    bytes_of = []
    for half in range(2):
        first = half * _REQUESTS
        deliver(services, *(form_mail(at, now) for at in range(first, first + _REQUESTS)))
        run_batch(services)
        for record in Records(services).requests():
            if record.state.ended_at is None:
                decisions.reject(services, record, "staff", reason="invalid_number")
        assert run_batch(services).exit_code == 0
        bytes_of.append(_bytes(tmp_path / "requests.sqlite3"))
    each = (bytes_of[1] - bytes_of[0]) / _REQUESTS
    tell(f"a finished request takes {each / 1024:.1f} KB of the database")
    assert each <= _MOST


def _bytes(path: Path) -> int:
    """Return the size of the database without what is purged in time."""
    with closing(sqlite3.connect(path, isolation_level=None)) as rows:
        for purge in _PURGED:
            rows.execute(purge)
        rows.execute("VACUUM")
        (pages,), (size,) = (
            rows.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
        )
        return int(pages * size)
