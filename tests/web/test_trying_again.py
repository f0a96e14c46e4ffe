"""Trying again: what came of the last try is told, and what no try can change is not offered."""

from datetime import timedelta

import pytest

from pipeline.errors import RefusedError
from pipeline.flow.services import pause
from pipeline.flow.staff import outbox, review
from pipeline.model.identifiers import new_id
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import QuarantineRecord
from pipeline.store.schema.mail_and_requests import outbox as outbox_table
from tests.world.console import Staff
from tests.world.customers import HANAKO, form
from tests.world.outbox import queue_to
from tests.world.pages import AtConsole, at_console, read
from tests.world.world import World


@pytest.fixture
def sato(world: World, staff: Staff) -> AtConsole:
    """Who decides."""
    return at_console(world, staff)


def _in_state(world: World, mail: OutboxRecord, state: OutboxState, error: str = "") -> None:
    world.services.run(
        lambda work: work.tx.context.connection.execute(
            outbox_table.update()
            .where(outbox_table.c.id == mail.id)
            .values(state=state.value, next_at=None, last_error=error)
        )
    )


def _actions(at: AtConsole, path: str) -> list[str]:
    return [one.action for one in at.page(path).forms]


def test_a_mail_that_is_out_of_date_is_not_sent_again(world: World, sato: AtConsole) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    sato.take(record.reference, "ask", fields=["company_legal_name"], text="？")
    mail = world.mails_of(world.request())[-1]
    _in_state(world, mail, OutboxState.FAILED, "550 no")
    path = f"/outbox/{mail.id}"
    assert f"{path}/retry" in _actions(sato, path)
    review.withdraw(world.services, world.request(), "mori")
    page = sato.page(path)
    assert f"{path}/retry" not in [one.action for one in page.forms]
    assert "out of date" in page.text
    answer = sato.browser.send(f"{path}/retry")
    assert answer.status_code == 409
    assert "out of date" in read(answer).text
    assert outbox.retry_all(world.services, OutboxState.FAILED, "mori") == 0
    with pytest.raises(RefusedError, match="outbox_overtaken"):
        outbox.retry(world.services, mail.id, "mori")


@pytest.mark.parametrize("why", ["undone", "overtaken"])
def test_what_we_took_back_for_good_has_no_button(world: World, sato: AtConsole, why: str) -> None:
    (mail,) = queue_to(world.services, "a@shrub.example")
    _in_state(world, mail, OutboxState.CANCELLED, why)
    path = f"/outbox/{mail.id}/retry"
    assert path not in _actions(sato, "/outbox?view=all")


def test_a_mail_queued_again_in_a_pause_promises_no_run(world: World, sato: AtConsole) -> None:
    (mail,) = queue_to(world.services, "a@shrub.example")
    _in_state(world, mail, OutboxState.FAILED, "550 no")
    found = pause.Refusals("554", "554 no", (mail.id,), ("before",), world.clock.now())
    world.services.run(lambda work: pause.keep(work.tx, found))
    sato.page(f"/outbox/{mail.id}")
    text = read(sato.browser.send(f"/outbox/{mail.id}/retry")).text
    assert "once sending goes on" in text
    assert "with the next run" not in text
    assert "Last try\n550 no" in text
    assert "resumed before" in sato.page("/outbox").text


def _put(world: World, message: str, reason: str) -> str:
    name = new_id()
    row = QuarantineRecord(name, message, world.clock.now(), reason, 4)
    world.services.run(lambda work: work.tx.quarantine.put(row))
    return name


def test_a_mail_that_came_back_for_the_same_reason_says_so(world: World, sato: AtConsole) -> None:
    world.deliver(world.customer.write(HANAKO, text="Hello", subject="Hello"))
    world.run()
    with world.services.store.read() as tx:
        (message,) = tx.messages.list("all", 10)
    first = _put(world, message.id, "guard_memory")
    page = sato.page(f"/quarantine/{first}")
    assert "put back" not in page.text
    released = read(sato.browser.send(f"/quarantine/{first}/release"))
    assert "The next run tries it again." in released.text
    assert f"/quarantine/{first}/release" not in [one.action for one in released.forms]
    world.clock.advance(timedelta(minutes=5))
    second = _put(world, message.id, "guard_memory")
    page = sato.page(f"/quarantine/{second}")
    assert "came back for the same reason" in page.text
    assert f"/quarantine/{first}" in page.links
    assert f"/quarantine/{second}/release" in [one.action for one in page.forms]
