"""``pipeline serve``: the staff console in the browser."""

import sys
from ipaddress import ip_address

import click

from pipeline.cli.context import named_places, settings
from pipeline.cli.output import print_lines, tell_lines
from pipeline.clock import SystemClock
from pipeline.collector import loading
from pipeline.config import look
from pipeline.config.places import split_bind
from pipeline.errors import UsageError
from pipeline.signals import StopNowError, stop_on_signals
from pipeline.systemd import Manager
from pipeline.wording import console as words


@click.command("serve")
@click.option("--bind", default="")
@click.option("--base-url", default="")
def serve(bind: str, base_url: str) -> None:
    """Serve the staff console until SIGTERM or SIGINT."""
    found = settings()
    host, port = _where(bind or found.console.bind)
    origin = (base_url or found.console.base_url).rstrip("/")
    if not origin:
        if not _is_loopback(host):
            raise UsageError("serve_without_base_url", bind=f"{host}:{port}")
        origin = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if not origin.startswith("https://") and not _is_loopback(host):
        tell_lines(words.word("serve_without_tls"))

    manager = Manager()

    def begun() -> None:
        told = words.word("serving", address=origin)
        print_lines(told)
        sys.stdout.flush()  # whoever started it waits for this line
        manager.status(told)

    try:
        with stop_on_signals() as stop:
            with loading():
                from pipeline.web.serving import Running  # noqa: PLC0415 - slow to import
                from pipeline.web.serving import serve as run  # noqa: PLC0415

            sources = look(*named_places()).sources
            running = Running(stop, manager, begun)
            run(found, SystemClock(), origin, (host, port), running, sources)
    except StopNowError:
        pass  # asked to end; a page that was broken off had not answered yet
    finally:
        manager.close()


def _where(bind: str) -> tuple[str, int]:
    """Return host and port of ``127.0.0.1:8765``. Raises UsageError ``serve_bind``."""
    found = split_bind(bind)
    if found is None:
        raise UsageError("serve_bind", bind=bind)
    return found


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
