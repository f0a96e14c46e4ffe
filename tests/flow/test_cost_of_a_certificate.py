"""How many transactions and statements a certificate costs, from the decision to its mail.

The numbers are the costs of today: one more needs a reason, one fewer is written down here.
"""

from collections import Counter

from sqlalchemy import event

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
        "BEGIN IMMEDIATE"  # the decision, the draft, the signature with its mail
    ] * 3
    assert counted["SELECT"] <= 22  # five of them keep what an undo of the decision would need
    # two of them mark the request for the search, one keeps what an undo would need
    assert counted["INSERT"] + counted["UPDATE"] <= 16
    assert counted["SAVEPOINT"] == 0
    assert issued == world.again(record)
