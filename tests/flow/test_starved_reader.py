"""A machine that is too busy for the wall clock: good forms are read all the same."""

import os
import signal
import threading

import pytest

from pipeline.guard import Guard, GuardLimits
from pipeline.intake import preload
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import notices
from tests.world.world import World


def test_good_forms_are_served_though_the_child_stood_still_beyond_the_wall_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver(world.customer.write(HANAKO, form()))
    world.deliver(world.customer.write(OLIVER, form(language="en")))
    wall = 0.5
    with Guard(GuardLimits(wall_seconds=wall), preload=(preload.__name__,)) as guard:
        guard.locks()
        child = guard.process_id
        assert child is not None
        monkeypatch.setattr(world.services, "guard", guard)
        os.kill(child, signal.SIGSTOP)
        waking = threading.Timer(wall * 2, os.kill, (child, signal.SIGCONT))
        waking.start()
        sent = world.run()
        waking.join()
        assert guard.process_id == child
    assert notices(sent) == ["acknowledged", "acknowledged"]
    assert (world.summary.deferred, world.quarantined()) == (0, [])
