"""``doctor --mend``: put right what can be put right without a doubt."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import PipelineError
from pipeline.flow.services import open_services
from pipeline.flow.staff.mend.wake import wake
from pipeline.flow.views.doctor import Finding
from pipeline.flow.views.doctor.machine import (
    OPEN_TO_OTHERS,
    WRITABLE_BY_OTHERS,
    open_to_others,
    writable_by_others,
)
from pipeline.flow.views.doctor.state import LONG_LOG, counted

#: Keys that others could read: whoever closes them has to ask who did, so a person does it.
_KEYS = frozenset({"authority", "token.key", "token-previous.key"})


def mend(settings: Settings, path: Path | None, who: str) -> list[Finding]:
    """Mend what has one way to be mended, and return what was done; ``path``: the configuration.

    Rights that others have of files are taken away, the long log of the database is emptied, and
    what a clock that ran ahead has put to sleep is woken, with ``who`` in the history. What cannot
    be mended is left to the checks, which tell why.
    """
    done = [*_closed_settings(path), *_closed_home(settings.home())]
    with suppress(PipelineError), open_services(settings, SystemClock()) as services:
        if services.store.log_bytes() >= LONG_LOG and services.store.empty_log():
            done.append(Finding("log", "good", "log_emptied"))
        woken = wake(services, who)
        if woken.total:
            done.append(Finding("asleep", "good", "asleep_woken", counted(woken)))
    return done


def _closed_settings(path: Path | None) -> Iterator[Finding]:
    if path is not None and writable_by_others(path) and _closed(path, WRITABLE_BY_OTHERS):
        yield Finding("settings", "good", "settings_closed", (("path", str(path)),))


def _closed_home(home: Path) -> Iterator[Finding]:
    wanted = [path for path in open_to_others(home) if path.name not in _KEYS]
    done = [str(path) for path in wanted if _closed(path, OPEN_TO_OTHERS)]
    if done:
        yield Finding("home", "good", "home_closed", (("paths", ", ".join(done)),))


def _closed(path: Path, rights: int) -> bool:
    """Take ``rights`` away; False: the file is another user's."""
    try:
        path.chmod(path.stat().st_mode & ~rights)
    except OSError:
        return False
    return True
