"""The child process that reads hostile bytes is killed from outside."""

import os
import signal
from datetime import timedelta

import pytest

from pipeline.errors import ExitCode
from pipeline.flow.inbound.child import read_message
from pipeline.guard import Guard, GuardError
from pipeline.store.records import MessageState
from pipeline.terms import Outcome
from tests.world.world import World


def _child(guard: Guard) -> int:
    assert guard.process_id is not None
    return guard.process_id


def die() -> int:
    """Kill the process that this runs in, as the kernel does when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_a_child_that_is_killed_between_two_runs_is_replaced(box: World) -> None:
    box.deliver_forms(0)
    box.batch()
    os.kill(_child(box.services.guard), signal.SIGKILL)
    box.deliver_forms(1, 2)
    summary = box.batch()
    assert (summary.processed, summary.sent, summary.exit_code) == (2, 2, ExitCode.DONE)
    assert [row.outcome for row in box.messages()] == [Outcome.REQUEST] * 3


def test_a_message_that_kills_its_reader_goes_to_the_quarantine_alone(
    box: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.deliver_forms(0, 1, 2)
    call = Guard.call
    deadly: list[bytes] = []

    def killed_by_one(guard: Guard, function: object, raw: bytes) -> object:
        if not deadly:
            deadly.append(raw)
        if raw == deadly[0]:
            return call(guard, die)
        return call(guard, read_message, raw)

    with monkeypatch.context() as patched:
        patched.setattr(Guard, "call", killed_by_one)
        summary = box.batch()
    assert (summary.processed, summary.quarantined) == (2, 1)
    assert summary.exit_code == ExitCode.UNFINISHED
    (entry,) = box.services.store.run(lambda tx: tx.quarantine.list())
    states = {row.id: row.state for row in box.messages()}
    assert states.pop(entry.message_row) is MessageState.QUARANTINED
    assert set(states.values()) == {MessageState.PROCESSED}
    assert box.batch(after=timedelta(hours=1)).exit_code == ExitCode.DONE


def test_a_killed_child_is_reported_as_such(box: World) -> None:
    guard = box.services.guard
    with pytest.raises(GuardError) as raised:
        guard.call(die)
    assert raised.value.reason in {"memory", "crash"}
    assert guard.call(read_message, b"").submissions == ()
