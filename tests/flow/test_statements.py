"""How many statements a mail costs from its claim to its commit, by the kind of the mail.

The numbers are the costs of today: one more needs a reason, one fewer is written down here. One of
the writes is the mark that a request is to be searched anew.
"""

from collections import Counter

import pytest
from sqlalchemy import event

from pipeline.flow import services
from pipeline.flow.inbound import process, receive
from pipeline.flow.inbound.read import Reading
from pipeline.flow.services import Work
from pipeline.store.records import MessageRecord
from tests.flow.test_corrections import wrong
from tests.world.customers import HANAKO, form
from tests.world.world import World


class Counted:
    """The statements of the last transaction that received mails, by their first word."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch) -> None:
        self._seen: list[str] = []
        self._receiving = False
        self.last: Counter[str] = Counter()
        self._receive = receive.receive
        _ = world.services.sender_policy  # made by the first try of the first mail
        patch.setattr(process, "receive", self._received)
        engine = world.services.store._engine
        event.listen(engine, "before_cursor_execute", self._run)
        event.listen(engine, "commit", self._commit)
        event.listen(engine, "rollback", self._rollback)

    def _run(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self._seen.append(statement)

    def _received(self, work: Work, row: MessageRecord, reading: Reading) -> MessageRecord:
        if not self._receiving:
            self._seen.clear()
        self._receiving = True
        return self._receive(work, row, reading)

    def _commit(self, _connection: object) -> None:
        if self._receiving:
            self.last = Counter(statement.split()[0] for statement in self._seen)
        self._receiving = False

    def _rollback(self, _connection: object) -> None:
        self._receiving = False

    @property
    def numbers(self) -> tuple[int, int]:
        """How many statements read, and how many write."""
        writes = self.last["INSERT"] + self.last["UPDATE"] + self.last["DELETE"]
        return self.last["SELECT"], writes


@pytest.fixture
def counted(world: World, monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(world, monkeypatch)


def test_a_new_form(world: World, counted: Counted) -> None:
    world.mail(HANAKO, form())
    assert counted.numbers == (6, 13)


def test_a_form_with_a_mistake_and_its_correction(world: World, counted: Counted) -> None:
    world.mail(HANAKO, wrong())
    assert counted.numbers == (6, 13)
    world.reply(world.request(), "", form())
    assert counted.numbers == (11, 14)


def test_a_reply_with_words(world: World, counted: Counted) -> None:
    world.mail(HANAKO, form())
    world.reply(world.request(), "When will you answer me?")
    assert counted.numbers == (6, 5)


def test_an_automatic_mail(world: World, counted: Counted) -> None:
    world.deliver(world.customer.write(HANAKO, headers={"Auto-Submitted": "auto-replied"}))
    world.run()
    assert counted.numbers == (2, 1)


def test_the_same_mail_again(world: World, counted: Counted) -> None:
    raw = world.customer.write(HANAKO, form())
    world.deliver(raw)
    world.run()
    world.deliver(raw)
    world.run()
    assert counted.numbers == (1, 1)


def test_ten_new_forms_write_as_many_statements_as_one(
    world: World, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they ask is asked before, for all of them; what they write goes out together."""
    monkeypatch.setattr(services, "_LONG_SECONDS", 60)
    world.deliver_forms(*range(10))
    world.run()
    assert counted.numbers == (0, 13)
