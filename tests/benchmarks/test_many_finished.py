"""What a batch with nothing to do and a status cost when many requests are finished.

``BENCH_REQUESTS`` says how many (100,000; the requirement is about 1,000,000).
"""

import os
from pathlib import Path

import pytest

from pipeline.batch import run_batch
from pipeline.flow.services import Services
from pipeline.flow.staff import review as decisions
from tests.benchmarks.conftest import OpenServices
from tests.benchmarks.copying import analyze, copy_rows, no_bytes
from tests.benchmarks.measuring import medians, python, show
from tests.world.crowd import form_mail
from tests.world.records import Records
from tests.world.settings import write_settings
from tests.world.world import deliver

_FEW = 1_000
_MANY = int(os.environ.get("BENCH_REQUESTS", "100000"))
_COMMAND = "import sys; from pipeline.cli import main; main(sys.argv[1:])"
#: What makes each copied row another one: the unique columns of its table, by a running number.
_NEW_VALUES = {
    "requests": {
        "id": "'r' || n.i",
        "reference": "'WA-' || n.i",
        "number": "'+8190' || (10000000 + n.i)",
    },
    "messages": {"id": "'m' || n.i", "uid": "1000 + n.i", "request_id": "'r' || n.i"},
    "events": {"request_id": "'r' || n.i"},
    "outbox": {
        "id": "'o' || n.i",
        "message_id": "'<' || n.i || '@x>'",
        "request_id": "'r' || n.i",
        "kept_since": "NULL",  # long ago: the bytes were purged
    },
    "message_requests": {"message_row": "'m' || n.i", "request_id": "'r' || n.i"},
    "outbox_requests": {"outbox_id": "'o' || n.i", "request_id": "'r' || n.i"},
}


@pytest.mark.benchmark
def test_a_batch_with_nothing_to_do_and_a_status(services_in: OpenServices, tmp_path: Path) -> None:
    few = with_finished(services_in, tmp_path / "few", _FEW)
    many = with_finished(services_in, tmp_path / "many", _MANY)
    spent, floor = medians(lambda: run_batch(many), lambda: run_batch(few), rounds=15)
    show(f"idle batch over {_MANY} finished requests", spent, floor, f"over {_FEW}")
    for floor_work, against in (
        (lambda: _status(tmp_path, "few"), f"over {_FEW}"),
        (lambda: python(tmp_path / "bytecode", "pass"), "the bare interpreter"),
    ):
        spent, floor = medians(lambda: _status(tmp_path, "many"), floor_work, rounds=5)
        show(f"pipeline status over {_MANY} finished requests", spent, floor, against)


def _status(folder: Path, name: str) -> None:
    options = ["--config", str(folder / name / "pipeline.toml"), "--home", str(folder / name)]
    python(folder / "bytecode", _COMMAND, *options, "status")


def with_finished(services_in: OpenServices, folder: Path, count: int, url: str = "") -> Services:
    """Open services over ``count`` rejected requests, copies of one that came the whole way."""
    services = services_in(folder, url)
    write_settings(folder / "pipeline.toml", store={"url": url})
    deliver(services, form_mail(0))
    run_batch(services)
    (record,) = Records(services).requests()
    decisions.reject(services, record, "staff", reason="invalid_number")
    run_batch(services)
    for table, values in _NEW_VALUES.items():
        purged = {"content": no_bytes(services)} if table == "outbox" else {}
        copy_rows(services, table, {**values, **purged}, count)
    analyze(services)
    assert run_batch(services).exit_code == 0
    return services
