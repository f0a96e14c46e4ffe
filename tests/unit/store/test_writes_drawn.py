"""Nobody can tell that writes are put off: steps are drawn, and done once late and once at once."""

import random
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import NumberState
from pipeline.store import Store
from pipeline.store.records import NumberRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction

if TYPE_CHECKING:
    from tests.unit.store.conftest import Database, Make

#: So many scripts are played, each of three transactions with some steps and savepoints.
_SCRIPTS = 30
_NUMBERS = ("+819012345678", "+819012345679", "")
_ADDRESSES = ("a@example.com", "B@example.com", "c@example.org")


class _StoppedError(Exception):
    """Ends a savepoint."""


class Script:
    """One script; ``seen`` is all that its steps have read."""

    def __init__(self, make: "Make", seed: int, *, at_once: bool) -> None:
        self._make = make
        self._draw = random.Random(seed)
        self._at_once = at_once
        self._made: list[RequestRecord] = []
        self._names = 0
        self.seen: list[object] = []

    def play(self, store: Store) -> None:
        for _ in range(3):
            store.run(self._steps)
            with store.read() as tx:
                self._look_at_all(tx)

    def _steps(self, tx: Transaction, depth: int = 0) -> None:
        for _ in range(self._draw.randrange(2, 9)):
            if depth < 2 and self._draw.random() < 0.15:
                self._savepoint(tx, depth)
            self._draw.choice(
                (self._insert, self._save, self._count, self._number, self._foresee, self._lock)
                if not self._made
                else (
                    *(self._insert, self._save, self._thread, self._event, self._mail),
                    *(self._number, self._revision, self._foresee, self._lock, self._look),
                    *(self._count, self._foresee),
                )
            )(tx)
            if self._at_once:
                tx.context.send()
                tx.context.seen.clear()

    def _savepoint(self, tx: Transaction, depth: int) -> None:
        fails, before = self._draw.random() < 0.5, list(self._made)
        with suppress(_StoppedError), tx.savepoint(sends=self._draw.random() < 0.5):
            self._steps(tx, depth + 1)
            if fails:
                self._made = before
                raise _StoppedError

    def _name(self) -> str:
        self._names += 1
        return f"{self._names:05}"

    def _any(self) -> RequestRecord:
        return self._draw.choice(self._made)

    def _insert(self, tx: Transaction) -> None:
        record = self._make.request(
            id=self._name(),
            reference=f"WA-{self._name()}",
            number=self._draw.choice(_NUMBERS),
            address_of_record=self._draw.choice(_ADDRESSES),
            sender_verdict=self._draw.choice([SenderVerdict.PASS, SenderVerdict.NONE]),
            form=self._draw.choice([None, *FormKind]),
        )
        self._made.append(record)
        tx.requests.insert(record)

    def _save(self, tx: Transaction) -> None:
        stored = tx.requests.get(self._any().id) if self._made else None
        if stored is not None:
            state = self._make.state(version=stored.state.version + 1)
            number = self._draw.choice(_NUMBERS)
            tx.requests.save(replace(stored, state=state, number=number), stored.state.version)

    def _thread(self, tx: Transaction) -> None:
        if self._made:
            tx.requests.set_thread(self._any().id, (str(self._draw.random()),))

    def _event(self, tx: Transaction) -> None:
        tx.events.append(self._make.event(self._any()))

    def _mail(self, tx: Transaction) -> None:
        one = self._any().id
        message_id = f"<{one}:{self._draw.randrange(2)}>"
        mail = self._make.mail(id=self._name(), request_id=one, message_id=message_id)
        self.seen.append(tx.outbox.enqueue(mail))

    def _number(self, tx: Transaction) -> None:
        number = self._draw.choice(_NUMBERS[:2])
        if self._draw.random() < 0.7:
            self.seen.append(tx.numbers.lock(number))
        state = self._draw.choice([NumberState.ACTIVE, NumberState.UNKNOWN])
        tx.numbers.set(NumberRecord(number, state, self._draw.choice(_ADDRESSES), None))

    def _revision(self, tx: Transaction) -> None:
        one = self._any()
        seq = tx.revisions.next_seq(one.id)
        tx.revisions.insert(self._make.revision(one, id=self._name(), seq=seq))

    def _foresee(self, tx: Transaction) -> None:
        tx.requests.foresee([self._draw.choice(_ADDRESSES)])
        numbers = self._draw.sample(_NUMBERS, 2)
        tx.numbers.foresee(numbers)
        tx.requests.foresee_numbers(numbers)
        tx.counters.foresee(self._draw.sample(_ADDRESSES, 2), self._make.now)

    def _count(self, tx: Transaction) -> None:
        keys = self._draw.sample(_ADDRESSES, self._draw.choice([1, 2]))
        if self._draw.random() < 0.3:
            tx.counters.add_all({(key, self._make.now): 2 for key in keys})
        self.seen.append(tx.counters.add_to_each(keys, self._make.now))

    def _lock(self, tx: Transaction) -> None:
        if self._made:
            self.seen.append(tx.requests.lock(self._any().id))

    def _look(self, tx: Transaction) -> None:
        number, address, one = (
            self._draw.choice(_NUMBERS),
            self._draw.choice(_ADDRESSES),
            self._any(),
        )
        self.seen += [
            tx.requests.of_number(number, proven=self._draw.random() < 0.5),
            tx.requests.of_sender(address),
            tx.requests.formless_of_sender(address, self._make.now),
            (tx.revisions.latest(one.id), tx.revisions.next_seq(one.id)),
            (tx.events.list(one.id), tx.numbers.get(number), tx.requests.get(one.id)),
        ]

    def _look_at_all(self, tx: Transaction) -> None:
        for one in self._made:
            self.seen += [tx.requests.get(one.id), tx.events.list(one.id), tx.revisions.all(one.id)]
            self.seen += [tx.events.verify(one.id), tx.outbox.of_request(one.id)]
        self.seen += [tx.numbers.get(number) for number in _NUMBERS]
        self.seen.append(tx.counters.values(_ADDRESSES, self._make.now))


def test_any_order_of_steps_gives_what_it_gives_without_delay(
    database: "Database", make: "Make"
) -> None:
    for seed in range(_SCRIPTS):
        late, early = (Script(make, seed, at_once=at_once) for at_once in (False, True))
        for script, name in ((late, "late"), (early, "at once")):
            store = database.open(f"{seed} {name}")
            script.play(store)
            store.close()
        assert late.seen == early.seen, seed
