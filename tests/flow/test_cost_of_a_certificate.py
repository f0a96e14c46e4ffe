"""How many transactions and statements a certificate costs, from the decision to its mail.

The numbers are the costs of today: one more needs a reason, one fewer is written down here.
"""

from collections import Counter
from typing import NoReturn

import pytest
from sqlalchemy import event

from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.flow.lifecycle.issuance import issue_pending
from pipeline.flow.staff import review as decisions
from pipeline.model.request import EventName, Status
from tests.world.customers import HANAKO, form
from tests.world.world import World


def test_a_certificate(world: World) -> None:
    world.mail(HANAKO, form())
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    _ = world.services.authority  # opened for the first certificate of a process
    seen: list[str] = []

    def run(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(world.services.store._engine, "before_cursor_execute", run)
    issued = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    assert issued.status is Status.CERTIFICATE_ISSUED
    counted = Counter(statement.split()[0] for statement in seen)
    assert [statement for statement in seen if statement.startswith("BEGIN")] == [
        "BEGIN IMMEDIATE"  # the decision with its draft, the signature with its mail
    ] * 2
    assert counted["SELECT"] <= 15
    # two of them mark the request for the search, one keeps what an undo would need
    assert counted["INSERT"] + counted["UPDATE"] <= 16
    assert counted["SAVEPOINT"] == 0
    assert issued == world.again(record)


def test_a_draft_that_cannot_be_built_stops_no_decision(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.mail(HANAKO, form())
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    _ = world.services.authority
    with monkeypatch.context() as patched:
        patched.setattr(EmbeddedIssuer, "prepare", _broken)
        with pytest.raises(ZeroDivisionError):
            decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    assert world.again(record).status is Status.APPROVED
    assert issue_pending(world.services) == 1
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def _broken(*_: object) -> NoReturn:
    raise ZeroDivisionError
