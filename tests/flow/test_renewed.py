"""A mail that waited past its date and is written anew stays the mail of who caused it."""

from pipeline.flow.lifecycle.renew import renew
from pipeline.flow.staff import review as decisions
from pipeline.store.outbox_records import OutboxState
from tests.world.customers import HANAKO, form
from tests.world.world import World


def test_mail_of_staff_stays_theirs_however_often_it_is_renewed(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form())
    record = decisions.approve(world.services, world.request(), "saki", ticked="all")
    first = world.mails_of(record)[-1]
    for _ in range(3):
        waiting = world.mails_of(record)[-1]
        world.services.run(
            lambda work, mail=waiting: renew(work, world.again(record), mail)  # type: ignore[misc]
        )
        renewed = world.mails_of(record)[-1]
        assert renewed.id != waiting.id
        assert renewed.triggered_by == "saki"
        assert renewed.subject == first.subject
        assert renewed.state is OutboxState.QUEUED
        assert renewed.next_at == renewed.created_at  # the undo window was over long ago
