"""Meta does not answer, or a setting is wrong: it is let rest, and staff are told once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from pipeline import logs
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work, waits
from pipeline.meta.errors import About, MetaError
from pipeline.store.unit_of_work import Transaction

#: Under these names the memory keeps when Meta is asked again, and which fault staff know of.
_REST = "meta_rest"
_FAULT = "meta_fault"
#: So many rounds in a row without an answer are told: about half an hour.
_LASTS = 5
_LONGEST_REST = timedelta(days=1)


def rests(tx: Transaction, now: datetime) -> bool:
    """Whether Meta is not to be asked yet."""
    rest = tx.memory.get(_REST)
    until = rest.get("until") if isinstance(rest, dict) else None
    return isinstance(until, str) and datetime.fromisoformat(until) > now


def failed(services: Services, error: MetaError) -> None:
    """Let Meta rest when it is at fault, longer each time; tell staff of a fault that lasts.

    A wrong setting is told at once, and asked with again in the next batch: somebody may have
    changed it.
    """
    logs.event("flow.meta", "fault", code=error.code, about=error.about.value)
    services.run(partial(_note, error))


def _note(error: MetaError, work: Work) -> None:
    rest = work.tx.memory.get(_REST, to_change=True)
    before = rest.get("failures") if isinstance(rest, dict) else 0
    failures = before + 1 if isinstance(before, int) else 1
    wait = waits.META_DOWN.wait_after(failures)
    if error.retry_after is not None:
        wait = max(wait, min(error.retry_after, _LONGEST_REST))
    setting = error.about is About.SETTING
    until = work.now if setting else work.now + wait
    work.tx.memory.put(_REST, {"until": until.isoformat(), "failures": failures})
    if (setting or failures >= _LASTS) and work.tx.memory.get(_FAULT) != error.code:
        work.tx.memory.put(_FAULT, error.code)
        alert(work, "meta_setting" if setting else "meta_down", "", error.code)


def answered(services: Services) -> None:
    """Forget the faults."""
    with services.store.read() as tx:
        marked = [key for key in (_REST, _FAULT) if tx.memory.get(key) is not None]
    if marked:
        services.run(partial(_forget, marked))


def _forget(keys: Iterable[str], work: Work) -> None:
    for key in keys:
        work.tx.memory.forget(key)
