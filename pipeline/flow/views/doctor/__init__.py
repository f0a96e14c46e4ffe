"""Checks of everything that a batch needs; each finding says how to fix what is wrong."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TypeVar

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import PipelineError
from pipeline.flow.services import Services, open_services, open_trial
from pipeline.flow.services.state import open_store, trial
from pipeline.flow.views.doctor import machine, servers, state, work
from pipeline.flow.views.doctor.finding import Finding
from pipeline.store.unit_of_work import Store

__all__ = ["NAMES", "OF_SERVERS", "Finding", "attempt", "examine"]

T = TypeVar("T")
Check = Callable[[T], Finding | None]

#: Checks of the machine, which need the settings alone. One that does not apply returns None.
_BEFORE: Mapping[str, Check[Settings]] = {"home": machine.home}
#: Checks of database, keys and work; they need the state to be whole.
_STATE: Mapping[str, Check[Services]] = {
    "database": state.database,
    "log": state.log,
    "token_key": state.token_key,
    "asleep": state.asleep,
    "run": work.run,
    "late": work.late,
    "promises": work.promises,
    "sending": work.sending,
    "outbox": work.outbox,
    "quarantine": work.quarantine,
    "lists": work.lists,
    "backup": state.backup,
    "restored": state.restored,
    "authority": state.authority,
}
#: Checks of servers and of the reading child, beside a state that is thrown away.
_SERVERS: Mapping[str, Check[servers.Servers]] = {
    "token": servers.token,
    "mailbox": servers.mailbox,
    "numbering": servers.numbering,
    "clock": servers.clock,
    "courier": servers.courier,
    "reply_address": servers.reply_address,
    "authserv": servers.authserv,
    "child": servers.child,
    "scanner": servers.scanner,
}
_AFTER: Mapping[str, Check[Settings]] = {
    "templates": machine.templates,
    "pdf": machine.pdf,
    "issuer": machine.issuer,
    "meta": servers.meta,
    "alerts": machine.alerts,
    "metrics": machine.metrics,
}
#: All checks in their order; that of the settings comes before them.
NAMES = ("settings", *_BEFORE, *_STATE, *_SERVERS, *_AFTER)
#: Those that ask a server or start a process.
OF_SERVERS = frozenset({*_SERVERS, "meta"})


def examine(settings: Settings, only: Collection[str] = NAMES) -> list[Finding]:
    """Run the checks ``only``; one that fails does not stop the others, and none makes anything."""
    findings = [
        *_tried(_BEFORE, only, settings),
        *_of_state(settings, only),
        *_of_servers(settings, only),
        *_tried(_AFTER, only, settings),
    ]
    return [finding for finding in findings if finding.check in only]


def _of_state(settings: Settings, only: Collection[str]) -> list[Finding]:
    """Check database and keys. The servers are checked beside a state that is thrown away."""
    if not any(name in only for name in _STATE):
        return []
    try:
        with open_services(settings, SystemClock()) as services:
            return _tried(_STATE, only, services)
    except PipelineError as error:
        if error.code == "state_none":
            values = (("path", str(settings.home().absolute())),)
            return [Finding("database", "warn", "nothing_made_yet", values)]
        check = "authority" if error.code == "authority_missing" else "database"
        check = "token_key" if error.code == "token_key_missing" else check
        return [Finding(check, "bad", error=error)]


def _of_servers(settings: Settings, only: Collection[str]) -> list[Finding]:
    if not any(name in only for name in _SERVERS):
        return []
    with ExitStack() as stack:
        token_store = stack.enter_context(_token_store(settings))
        thrown_away = stack.enter_context(trial(settings))
        opened = open_trial(thrown_away, SystemClock(), token_store)
        return _tried(_SERVERS, only, servers.Servers(stack.enter_context(opened)))


def _tried(checks: Mapping[str, Check[T]], only: Collection[str], seen: T) -> list[Finding]:
    found = (attempt(name, partial(check, seen)) for name, check in checks.items() if name in only)
    return [finding for finding in found if finding is not None]


def attempt(check: str, work: Callable[[], Finding | None]) -> Finding | None:
    """Return what a check found; an error that it raises is its finding."""
    try:
        return work()
    except PipelineError as error:
        return Finding(check, "bad", error=error)


@contextmanager
def _token_store(settings: Settings) -> Iterator[Store | None]:
    """Give the real database, if there is one: a replaced refresh token must not be lost."""
    try:
        store = open_store(settings, SystemClock(), make=False)
    except PipelineError:
        store = None  # the checks of the state tell why
    try:
        yield store
    finally:
        if store is not None:
            store.close()
