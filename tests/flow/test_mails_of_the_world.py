"""All odd mails of the world go through whole batches: none sticks, none stops another."""

from pathlib import Path

import pytest

from pipeline.model.request import Status
from pipeline.store.records import MessageState
from tests.world.customers import OLIVER, form
from tests.world.fixtures import MakeWorld

WORLD = Path(__file__).parents[2].parent / "shared" / "corpus"


@pytest.mark.skipif(not WORLD.is_dir(), reason="the corpus of odd mails is not beside the checkout")
def test_mails_of_the_world_are_all_decided_and_a_good_form_among_them_too(
    make_world: MakeWorld,
) -> None:
    world = make_world(limits={"batch": 500}, mailbox={"fetch_count": 500})
    mails = sorted(WORLD.rglob("*.eml"))
    for number, path in enumerate(mails):
        world.deliver(path.read_bytes())
        if number == len(mails) // 2:
            world.deliver(world.customer.write(OLIVER, form(language="en")))
    world.run()
    with world.services.store.read() as tx:
        rows = tx.messages.list(limit=1000)
    assert len(rows) == len(mails) + 1
    assert [row.last_error for row in rows if row.last_error] == []
    assert {row.state for row in rows} == {MessageState.PROCESSED}
    assert world.quarantined() == []
    assert world.request(OLIVER).status is Status.POLICY_REVIEW
