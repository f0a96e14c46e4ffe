"""A mailbox of hostile mail with good forms between: the batch ends, each gets its answer."""

import pytest

from pipeline.model.request import Status
from tests.hostile.catalogue import CATALOGUE
from tests.hostile.making import Hostile
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.poison import poisoned
from tests.world.world import World

_EVERY = 20


def _write(world: World, number: int, hostile: Hostile) -> tuple[str, bytes]:
    sender = f"a{number}@firm{number}.example"
    if hostile.is_mail:
        content = hostile.make().replace(OLIVER.encode(), sender.encode())
        return sender, content
    return sender, world.customer.write(sender, (hostile.file_name, hostile.make()), text="Form.")


def _run(world: World, catalogue: tuple[Hostile, ...]) -> None:
    files = [hostile for hostile in catalogue if not hostile.is_mail]
    world.deliver(world.customer.write(HANAKO, form()))
    senders = []
    for number, hostile in enumerate(files):
        sender, raw = _write(world, number, hostile)
        world.deliver(raw)
        senders.append(sender)
    world.deliver(poisoned(world.customer.write("dead@firm.example", form())))
    world.deliver(world.customer.write(OLIVER, form(language="en")))
    sent = [mail.to for mail in world.run()]
    for _ in range(5):  # an hour has a cap on mails
        sent += [mail.to for mail in world.later(hours=1)]
    assert set(senders) - set(sent) == set()
    assert {HANAKO, OLIVER} - set(sent) == set()
    assert len(world.quarantined()) == 1
    assert world.requests_of("dead@firm.example") == []
    assert world.request(HANAKO).status is Status.POLICY_REVIEW
    folders = world.folders()
    assert (folders.pop("Quarantine"), folders.pop("INBOX", 0)) == (1, 0)
    assert sum(folders.values()) == len(files) + 2


@pytest.mark.usefixtures("deadly")
def test_every_hostile_mail_is_answered_and_a_killed_child_takes_only_its_own(world: World) -> None:
    _run(world, CATALOGUE[::_EVERY])


@pytest.mark.long
@pytest.mark.usefixtures("deadly")
def test_whole_catalogue_in_one_mailbox(world: World) -> None:
    _run(world, CATALOGUE)
