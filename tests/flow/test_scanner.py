"""A scanner looks at each mail before it is opened; what it finds is put aside alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.flow.views.doctor import examine
from pipeline.guard import Guard
from pipeline.model.request import Status
from tests.servers.clamd import EICAR, running_clamd
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices


def test_scanner_find_is_quarantined_unopened_and_the_others_go_on(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    call = Guard.call

    def noting(guard: Guard, function: Callable[..., Any], *given: Any) -> Any:
        opened.append(given[0])
        return call(guard, function, *given)

    monkeypatch.setattr(Guard, "call", noting)
    with running_clamd() as clamd:
        world = make_world(scanner={"address": clamd.address})
        bad = world.customer.write(HANAKO, ("form.com", EICAR))
        bad = bad.replace(b"Subject:", b"X-Sign: " + EICAR + b"\r\nSubject:", 1)
        world.deliver(bad)
        world.deliver(world.customer.write(OLIVER, form(language="en")))
        assert [mail.to for mail in world.run()] == [OLIVER]
    assert world.request(OLIVER).status is Status.POLICY_REVIEW
    assert world.folders() == {"Requests": 1, "Quarantine": 1}
    assert "quarantined" in world.alerts()
    with world.services.store.read() as tx:
        (entry,) = tx.quarantine.list()
    assert (entry.reason, entry.attempts) == ("infected", 1)
    assert bad not in opened
    assert len(opened) == 1


def test_scanner_that_is_down_makes_mail_wait_and_costs_no_attempt(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    address = f"unix:{tmp_path / 'clamd.ctl'}"
    world = make_world(scanner={"address": address})
    world.deliver(world.customer.write(OLIVER, form(language="en")))
    assert world.run() == []
    assert (world.summary.unreachable, int(world.summary.exit_code)) == ("scanner", 75)
    assert (world.summary.fetched, world.quarantined()) == (1, [])
    with world.services.store.read() as tx:
        assert [row.attempts for row in tx.messages.list()] == [0]
    (finding,) = [item for item in examine(world.services.settings) if item.check == "scanner"]
    assert (finding.state, finding.error.code if finding.error else "") == (
        "bad", "scanner_unreachable",
    )  # fmt: skip
    with running_clamd(tmp_path / "clamd.ctl"):
        assert notices(world.run()) == ["acknowledged"]
        (finding,) = [item for item in examine(world.services.settings) if item.check == "scanner"]
    assert (finding.state, finding.values[0][1][:6]) == ("good", "ClamAV")


def test_scanner_that_refuses_one_mail_stops_no_other(make_world: MakeWorld) -> None:
    with running_clamd(limit=200_000) as clamd:
        world = make_world(scanner={"address": clamd.address})
        world.deliver(world.customer.write(HANAKO, ("big.bin", b"x" * 400_000)))
        world.deliver(world.customer.write(OLIVER, form(language="en")))
        assert [mail.to for mail in world.run()] == [OLIVER]
        assert int(world.summary.exit_code) == 4
        assert world.quarantined() == []
