"""Issuing certificates: reserve, prepare, lint, sign what is stored, record, mail.

One by one, each with the decision that orders it; and those of a batch, which go each step together
and whose orders were committed before.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.batch import run_batch
from pipeline.flow.lifecycle import issuance
from pipeline.flow.services import Services
from pipeline.flow.staff import review as decisions
from pipeline.model.certificate import CertificateState
from pipeline.model.request import EventName
from pipeline.store.records import RequestRecord
from tests.benchmarks.conftest import OpenServices
from tests.benchmarks.measuring import medians, show, tell
from tests.world.crowd import form_mail
from tests.world.records import Records
from tests.world.world import deliver

#: Issued in a round; the first round, which imports and compiles, counts for neither side.
_CERTIFICATES = 20
_ROUNDS = 5
_FLOOR = "two signatures, two commits each"


@pytest.mark.benchmark
def test_certificates_against_bare_signatures(services_in: OpenServices, tmp_path: Path) -> None:
    services = services_in(tmp_path)
    count = _CERTIFICATES * (1 + _ROUNDS)
    waiting = _awaiting_names(services, count)

    def issue() -> None:
        for _ in range(_CERTIFICATES):
            _approve_name(services, waiting.pop())

    ours, floor = medians(issue, lambda: _sign(tmp_path / "bare.sqlite3"), rounds=_ROUNDS)
    assert not waiting
    assert _certificates(services) == count
    show(f"issuing {_CERTIFICATES} certificates", ours, floor, _FLOOR)
    tell(f"certificates: {_CERTIFICATES / ours:.0f} a second in one process")


@pytest.mark.benchmark
def test_certificates_of_a_batch_against_bare_signatures(
    services_in: OpenServices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = services_in(tmp_path)
    count = _CERTIFICATES * (1 + _ROUNDS)
    waiting = _awaiting_names(services, count)
    with monkeypatch.context() as patched:
        patched.setattr(services, "stopping", lambda: True)  # right after each order
        for record in waiting:
            _approve_name(services, record)
    monkeypatch.setattr(issuance, "_PORTION", _CERTIFICATES)

    def issue() -> None:
        assert issuance.issue_pending(services) == _CERTIFICATES

    ours, floor = medians(issue, lambda: _sign(tmp_path / "bare.sqlite3"), rounds=_ROUNDS)
    assert _certificates(services) == count
    show(f"issuing {_CERTIFICATES} ordered certificates in a batch", ours, floor, _FLOOR)


def _awaiting_names(services: Services, count: int) -> list[RequestRecord]:
    """Return requests whose names are the last that is to be approved."""
    now = datetime.now(UTC)
    deliver(services, *(form_mail(position, now) for position in range(count)))
    run_batch(services)
    waiting = [_reviewed(services, record) for record in Records(services).requests()]
    assert len(waiting) == count
    return waiting


def _approve_name(services: Services, record: RequestRecord) -> None:
    decisions.advance(services, record, "staff", event=EventName.NAME_APPROVED)


def _certificates(services: Services) -> int:
    with services.store.read() as tx:
        found = tx.certificates.list("all", limit=1000)
    return sum(row.state is CertificateState.LIVE for row in found)


def _reviewed(services: Services, record: RequestRecord) -> RequestRecord:
    return decisions.approve(services, record, "staff", ticked="all", business_verified=True)


def _sign(path: Path) -> None:
    """Do what cannot be left out: sign a draft, keep it, sign, keep it."""
    key = ec.generate_private_key(ec.SECP256R1())
    rule = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS signed (value)")
        for number in range(_CERTIFICATES):
            for step in (b"draft", b"final"):
                value = key.sign(step + b"%d" % number * 200, rule)
                connection.execute("INSERT INTO signed VALUES (?)", (value,))
