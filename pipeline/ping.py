"""Tell a monitor that a run begins and how it ended, as Healthchecks wants it.

``URL/start``, then ``URL`` for a run without fault, else ``URL/CODE``. A server that is down passes
by itself: exit code 75 goes to ``URL/log``, which changes no state there, and only a success that
stays away alarms. A ping that fails is logged; it never fails a run, nor keeps one waiting.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline import logs
from pipeline.config import PingSettings
from pipeline.config.places import is_endpoint
from pipeline.errors import ExitCode, PipelineError
from pipeline.signals import StopNowError

_OK, _AFTER_OK = 200, 300


@dataclass
class Ending:
    """The exit code that a run ends with; a run that says none has ended well.

    None is for a run that was broken off because its process is to end: nobody is told of it.
    """

    code: int | None = ExitCode.DONE


@contextmanager
def pinged(settings: PingSettings) -> Iterator[Ending]:
    """Ping the begin of a run and, whatever comes, its end."""
    ending = Ending()
    url = _url(settings)
    _send(url, "/start", settings.timeout_seconds)
    try:
        yield ending
    except BaseException as error:
        ending.code = _code_of(error)
        raise
    finally:
        if ending.code is not None:
            _send(url, _suffix(ending.code), settings.timeout_seconds)


def _code_of(error: BaseException) -> int | None:
    if isinstance(error, StopNowError):
        return None
    if isinstance(error, PipelineError):
        return error.exit_code
    return ExitCode.BUG if isinstance(error, Exception) else ExitCode.INTERRUPTED


def _suffix(code: int) -> str:
    if code == ExitCode.DONE:
        return ""
    return "/log" if code == ExitCode.TRY_LATER else f"/{int(code)}"


def _url(settings: PingSettings) -> str:
    """Return where pings go; empty where none are wanted, or where the setting is of no use."""
    if not settings.url.is_set():
        return ""
    try:
        url = settings.url.text()
    except PipelineError as error:
        _failed(error.code)
        return ""
    if not is_endpoint(url):
        _failed("ping_url")
        return ""
    return url.rstrip("/")


def _send(url: str, suffix: str, seconds: int) -> None:
    """Send one ping; a name that nobody resolves may hold its thread, but not the run."""
    if not url:
        return
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(_asked(url + suffix, seconds)))
    thread.daemon = True
    thread.start()
    thread.join(seconds)
    fault = said[0] if said else "slow"
    if fault:
        _failed(fault)


def _asked(url: str, seconds: int) -> str:
    """Ask for ``url``; return what failed, or nothing."""
    from pipeline.meta.errors import MetaError  # noqa: PLC0415 - slow to import, few have a monitor
    from pipeline.meta.transport import Request, Transport  # noqa: PLC0415 - as above

    try:
        transport = Transport(encrypted=url.startswith("https:"))
        try:
            status = transport.send(Request("ping", "POST", url), seconds).status
        finally:
            transport.close()
    except MetaError as error:
        return error.reason.value
    except Exception as error:  # noqa: BLE001 - a ping never fails a run
        return type(error).__name__
    return "" if _OK <= status < _AFTER_OK else f"http_{status}"


def _failed(code: str) -> None:
    logs.event("ping", "not_sent", logging.WARNING, code=code)
