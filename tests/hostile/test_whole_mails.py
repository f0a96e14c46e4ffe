"""One mailbox of hostile mails with good forms between them: each is decided soon, none in vain."""

import time
from dataclasses import dataclass

import pytest

from pipeline.guard import Guard
from pipeline.guard.patience import Progress, progress_of
from pipeline.model.request import Status
from pipeline.store.records import MessageState
from tests.hostile.measuring import peak_of
from tests.hostile.whole_mails import WHOLE_MAILS, sent_by
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.mails import trace_of
from tests.world.pace import is_slow, soon
from tests.world.world import World

#: Those with more parts or levels than a mail may have: put aside with their reason.
_REFUSED = frozenset({
    *("100,000 parts", "1,001 parts", "parts with the boundary of their parent"),
    *("60 levels of parts", "5,000 levels of parts", "60 enclosed mails", "20,000 enclosed mails"),
    *("report of a megabyte", "45 mails that are called files"),
})  # fmt: skip
_SECONDS = 10.0
_BYTES = 500 << 20


@dataclass
class Cost:
    """What the costliest mail took."""

    processor: float = 0.0
    memory: int = 0


@pytest.fixture
def cost(monkeypatch: pytest.MonkeyPatch) -> Cost:
    """Measure the child from outside at each message."""
    found = Cost()
    call = Guard.call

    def measured(guard: Guard, *arguments: object) -> object:
        before = _progress(guard)
        try:
            return call(guard, *arguments)  # type: ignore[arg-type]  # handed on as it came
        finally:
            after = _progress(guard)
            if before and after and after.processor >= before.processor:
                found.processor = max(found.processor, after.processor - before.processor)
            if after:
                found.memory = max(found.memory, peak_of(guard))

    monkeypatch.setattr(Guard, "call", measured)
    return found


def _progress(guard: Guard) -> Progress | None:
    return progress_of(guard.process_id) if guard.process_id else None


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)])
def test_hostile_mails_are_decided_soon_and_good_ones_are_served(
    world: World, cost: Cost, every: int
) -> None:
    slow = is_slow()
    chosen = dict(list(WHOLE_MAILS.items())[::every])
    world.deliver(world.customer.write(HANAKO, form()))
    for number, make in enumerate(chosen.values()):
        sender = f"a{number}@firm{number}.example"
        trace = trace_of("pass", sender, sender.partition("@")[2], world.clock.now())
        world.deliver(sent_by(sender, trace, make))
    world.deliver(world.customer.write(OLIVER, form(language="en")))
    began = time.process_time()
    sent: list[str] = []
    for _ in range(4):  # an hour has a cap on mails; what was refused is tried again
        sent += [mail.to for mail in world.later(hours=1)]
    ours = time.process_time() - began
    rows = world.messages()
    assert len(rows) == len(chosen) + 2
    assert {row.state for row in rows} <= {MessageState.PROCESSED, MessageState.QUARANTINED}
    aside = [row for row in rows if row.state is MessageState.QUARANTINED]
    late = [row.last_error for row in aside if row.last_error in {"guard_cpu", "guard_time"}]
    assert late == [] or slow or is_slow()
    others = [row.last_error for row in aside if row.last_error not in late]
    assert len(others) == len(_REFUSED & set(chosen)), (others, late)
    assert world.request(HANAKO).status is Status.POLICY_REVIEW
    assert {HANAKO, OLIVER} - set(sent) == set()
    assert soon(cost.processor, _SECONDS)
    assert 0 < cost.memory < _BYTES
    assert soon(ours, len(chosen))


def test_there_are_more_than_fifty_hostile_mails() -> None:
    assert len(WHOLE_MAILS) // 2 >= 50
    assert set(WHOLE_MAILS) >= _REFUSED
