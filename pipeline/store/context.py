"""One transaction as the tables see it: what it asks, what it has yet to send, what it knows."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from pipeline.store.schema.types import key
from pipeline.store.statements import MAILBOX, Call, OfSeveral, Statement, own_insert, plain, run
from pipeline.store.undoing.watch import Watch
from pipeline.store.writes import Writes

#: Of what a portion asks for there are so many rows at most; else each mail asks for itself.
_LOOKED_AT = 200
#: Makes the text of each return to a savepoint another one.
_UNDONE = itertools.count()


@dataclass(slots=True)
class Context:
    """One transaction on one mailbox's rows.

    ``seen`` remembers what was read or written and does not change before the transaction ends,
    such as rows that it has locked or made itself. Going back to a savepoint forgets all of it, and
    so does a statement that is not one of ours. ``writes`` are sent before a statement that could
    see them.
    """

    raw: sa.Connection
    mailbox_id: str
    read_only: bool = False
    seen: dict[tuple[str, ...], Any] = field(default_factory=dict)
    writes: Writes = field(default_factory=Writes)
    #: Who looks at what is about to change.
    watch: Watch | None = None
    #: What goes out with the next statement.
    _first: list[Call] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def connection(self) -> sa.Connection:
        """The connection, for statements that are not kept: they see all, and may change all."""
        self.send()
        self.seen.clear()
        return self.raw

    @property
    def on_postgresql(self) -> bool:
        """Whether rows can be locked one by one."""
        return self.raw.dialect.name == "postgresql"

    def upsert(self, table: sa.Table) -> Any:
        """Return the engine's own INSERT, which knows ON CONFLICT."""
        return own_insert(self.raw.dialect.name)(table)

    def rows(self, statement: Statement, **values: object) -> list[Sequence[Any]]:
        """Return all rows of this mailbox that ``statement`` finds."""
        values[MAILBOX] = self.mailbox_id
        found: list[Sequence[Any]] = self._run(
            statement.rows(self.raw.dialect, values, locks=not self.read_only), values
        )
        return found

    def first(self, statement: Statement, **values: object) -> Sequence[Any] | None:
        """Return the first row of this mailbox that ``statement`` finds, or None."""
        values[MAILBOX] = self.mailbox_id
        found: Sequence[Any] | None = self._run(
            statement.first(self.raw.dialect, values, locks=not self.read_only), values
        )
        return found

    def change(self, statement: Statement, **values: object) -> int:
        """Run ``statement`` on this mailbox now; return how many rows it changed."""
        values[MAILBOX] = self.mailbox_id
        changed: int = self._run(statement.change(self.raw.dialect, values), values)
        return changed

    def change_all(self, statement: Statement, rows: Sequence[dict[str, Any]]) -> int:
        """Run ``statement`` now, once for each of ``rows``; return how many it changed in all."""
        if not rows:
            return 0
        changed: int = self._run(statement.change_all(self.raw.dialect, rows), *rows)
        return changed

    def of_several(
        self, statement: OfSeveral, several: Sequence[object], **values: object
    ) -> list[Sequence[Any]]:
        """Return all rows of this mailbox that ``statement`` finds or changes of ``several``."""
        if not several:
            return []
        values[MAILBOX] = self.mailbox_id
        found: list[Sequence[Any]] = self._run(
            statement.rows(self.raw.dialect, several, values), values
        )
        return found

    def learn_missing(
        self, kinds: Sequence[str], statement: OfSeveral, wanted: Iterable[str]
    ) -> None:
        """Learn which of ``wanted`` are in no row, by a ``statement`` that finds those that are.

        It finds some hundred rows at most (``most``); where there are more, nothing is learnt.
        Who writes such a row in this transaction says so (:meth:`is_there`).
        """
        names = {key(name) for name in wanted} - {""}
        found = self.of_several(statement, sorted(names), most=_LOOKED_AT)
        if len(found) < _LOOKED_AT:
            missing = names.difference(row[0] for row in found)
            self.seen.update({(kind,): set(missing) for kind in kinds})

    def is_missing(self, kind: str, name: str) -> bool:
        """Whether ``name`` is known to be in no row."""
        return key(name) in self.seen.get((kind,), ())

    def is_there(self, kind: str, name: str) -> None:
        """Note that a row with ``name`` is written."""
        self.seen.get((kind,), set()).discard(key(name))

    def with_next(self, statement: Statement, values: dict[str, Any]) -> None:
        """Run ``statement`` together with the next one, right before it."""
        self._first.append(statement.change(self.raw.dialect, values))

    def put(self, table: sa.Table, statement: Statement, values: dict[str, Any]) -> None:
        """Write a whole row by ``statement``, later."""
        values[MAILBOX] = self.mailbox_id
        self.writes.put(table, statement, values)
        self._at_once_if_reading()

    def put_off(self, table: sa.Table, values: dict[str, Any], before: dict[str, Any]) -> None:
        """Change columns of a row that is ours until the transaction ends, later."""
        values[MAILBOX] = self.mailbox_id
        self.writes.change(table, values, before)
        self._at_once_if_reading()

    def send(self) -> None:
        """Send what is to be written."""
        calls = [*self._first, *self.writes.calls(self.raw.dialect)]
        self._first.clear()
        if calls:
            self._run_all(calls)

    def _run(self, call: Call, *runs: dict[str, Any]) -> Any:
        calls = [*self._first, call]
        concerns = call.prepared.concerns
        if self.writes and any(self.writes.are_seen_by(concerns, values) for values in runs):
            calls[-1:-1] = self.writes.calls(self.raw.dialect)
        self._first.clear()
        return self._run_all(calls)

    def _run_all(self, calls: Sequence[Call]) -> Any:
        if self.watch is not None:
            self.watch.calls(calls)
        return run(self.raw, calls)

    def _at_once_if_reading(self) -> None:
        """Let the database refuse what is written in a transaction that only reads."""
        if self.read_only:
            self.send()

    @contextmanager
    def watching(self, lasting: frozenset[str] = frozenset()) -> Iterator[Watch]:
        """Give what knows the rows that the block changed, as they were before it.

        What writes a table of ``lasting`` is never put back.
        """
        self.send()
        watch = self.watch = Watch(self.raw, lasting)
        try:
            with watch.listening():
                yield watch
                self.send()
        finally:
            self.watch = None

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block did when it raises, and nothing before it.

        It goes to the database with the first statement in it: without one there is nothing to
        undo there. What was to be sent before it and went out in it is to be sent again.
        """
        mark, name = self.writes.mark(), f"step_{next(self._numbers)}"
        begin = plain(f"SAVEPOINT {name}")
        self._first.append(begin)
        try:
            yield
        except BaseException:
            self.seen.clear()
            self.writes.back_to(mark)
            self._leave(begin, f"ROLLBACK TO SAVEPOINT {name}", now=True)
            raise
        self._leave(begin, f"RELEASE SAVEPOINT {name}", now=False)

    def _leave(self, begin: Call, text: str, *, now: bool) -> None:
        """End a savepoint by ``text``; one that was never sent is forgotten."""
        unsent = [at for at, call in enumerate(self._first) if call is begin]
        if unsent:
            del self._first[unsent[0] :]
        elif not now:
            self._first.append(plain(text))
        elif not self.raw.invalidated:
            self._first.clear()
            # What a broken pipeline left out was never prepared. psycopg forgets that it takes it
            # for prepared when it sees a text of this kind for the first time.
            run(self.raw, [plain(f"{text} /* {next(_UNDONE)} */")])
