"""Certificates that wait go each step together; each still stands for itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from pipeline.errors import PipelineError
from pipeline.flow import services as flow_services
from pipeline.flow.lifecycle import issuance
from pipeline.flow.services import Work
from pipeline.flow.staff import review as decisions
from pipeline.model.certificate import CertificateState
from pipeline.model.request import EventName, Status
from pipeline.store.records import CertificateRecord, RequestRecord
from tests.world.records import Records
from tests.world.world import World

LIVE, PREPARED, RESERVED = (
    CertificateState.LIVE,
    CertificateState.PREPARED,
    CertificateState.RESERVED,
)
_MANY = 5
Step = Callable[[Work, CertificateRecord], object]


class _KilledError(BaseException):
    """Ends the process, as far as a test can."""


@pytest.fixture(autouse=True)
def _on_a_quick_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_services, "_LONG_SECONDS", 60)


def _ordered(world: World, count: int = _MANY) -> list[RequestRecord]:
    """Bring requests to where their certificates are ordered, and none is made."""
    world.deliver_forms(*range(count))
    world.run()
    records = Records(world.services).requests()
    assert len(records) == count
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipeline.flow.staff.command.issue", lambda *_: [])
        for record in records:
            reviewed = decisions.approve(
                world.services, record, "saki", ticked="all", business_verified=True
            )
            decisions.advance(world.services, reviewed, "saki", event=EventName.NAME_APPROVED)
    assert _states(world, records) == [[RESERVED]] * count
    return records


def _states(world: World, records: list[RequestRecord]) -> list[list[CertificateState]]:
    return [[row.state for row in world.certificates(record)] for record in records]


def _told(world: World) -> list[str]:
    """Return to whom the certificates go, each mail once."""
    mails = world.staff_mails()
    return sorted(mail.to for mail in mails if mail.notice == "certificate_issued")


def _fails_at(step: Step, place: int, error: BaseException) -> Step:
    """Return ``step``, which raises ``error`` for the one certificate at ``place``."""
    seen: list[str] = []

    def run(work: Work, row: CertificateRecord) -> object:
        if row.id not in seen:
            seen.append(row.id)
        if seen.index(row.id) == place:
            raise error
        return step(work, row)

    return run


@contextmanager
def _begun(world: World) -> Iterator[list[str]]:
    """Count the write transactions."""
    begun: list[str] = []

    def run(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement == "BEGIN IMMEDIATE":
            begun.append(statement)

    engine = world.services.store._engine
    event.listen(engine, "before_cursor_execute", run)
    try:
        yield begun
    finally:
        event.remove(engine, "before_cursor_execute", run)


def test_several_share_the_commit_of_each_step(world: World) -> None:
    records = _ordered(world)
    with _begun(world) as begun:
        assert issuance.issue_pending(world.services) == _MANY
    assert len(begun) == len(("prepared", "signed"))
    assert _states(world, records) == [[LIVE]] * _MANY
    assert _told(world) == sorted(record.address_of_record for record in records)
    assert len({world.certificates(record)[0].serial for record in records}) == _MANY


def test_a_step_of_many_ends_early_where_others_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = _ordered(world)
    monkeypatch.setattr(flow_services, "_LONG_SECONDS", -1)
    with _begun(world) as begun:
        assert issuance.issue_pending(world.services) == _MANY
    assert len(begun) == 2 * _MANY
    assert _states(world, records) == [[LIVE]] * _MANY
    assert len(_told(world)) == _MANY


@pytest.mark.parametrize("place", [0, 2, _MANY - 1])
@pytest.mark.parametrize("step", ["_prepare", "_sign"])
def test_one_that_cannot_be_made_is_given_up_alone(
    step: str, place: int, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = _ordered(world)
    failing = _fails_at(getattr(issuance, step), place, PipelineError("certificate_lint_failed"))
    with monkeypatch.context() as patched:
        patched.setattr(issuance, step, failing)
        assert issuance.issue_pending(world.services) == _MANY - 1
    assert sorted(map(tuple, _states(world, records))) == sorted(
        [(LIVE,)] * (_MANY - 1) + [(CertificateState.REVOKED,)]
    )
    issued = [one for one in records if world.again(one).status is Status.CERTIFICATE_ISSUED]
    assert len(issued) == _MANY - 1
    assert _told(world) == sorted(record.address_of_record for record in issued)


@pytest.mark.parametrize("step", ["_prepare", "_sign"])
def test_fault_of_ours_at_one_keeps_it_waiting_and_is_raised(
    step: str, any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = any_world
    records = _ordered(world)
    failing = _fails_at(getattr(issuance, step), 1, KeyError("a bug"))
    with monkeypatch.context() as patched:
        patched.setattr(issuance, step, failing)
        with pytest.raises(KeyError):
            issuance.issue_pending(world.services)
    waits = RESERVED if step == "_prepare" else PREPARED
    assert sorted(map(tuple, _states(world, records))) == sorted(
        [(LIVE,)] * (_MANY - 1) + [(waits,)]
    )
    assert issuance.issue_pending(world.services) == 1
    assert _states(world, records) == [[LIVE]] * _MANY
    assert _told(world) == sorted(record.address_of_record for record in records)


@pytest.mark.parametrize("place", [0, 2, _MANY - 1])
@pytest.mark.parametrize("step", ["_prepare", "_sign"])
def test_killed_in_a_step_of_many_leaves_one_certificate_and_one_mail_each(
    step: str, place: int, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = _ordered(world)
    failing = _fails_at(getattr(issuance, step), place, _KilledError())
    with monkeypatch.context() as patched:
        patched.setattr(issuance, step, failing)
        with pytest.raises(_KilledError):
            issuance.issue_pending(world.services)
    left = RESERVED if step == "_prepare" else PREPARED
    assert _states(world, records) == [[left]] * _MANY  # the whole step is undone
    assert issuance.issue_pending(world.services) == _MANY
    assert _states(world, records) == [[LIVE]] * _MANY
    assert _told(world) == sorted(record.address_of_record for record in records)
