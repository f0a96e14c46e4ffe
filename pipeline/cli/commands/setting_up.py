"""``pipeline init`` and ``pipeline version``."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pipeline import __version__
from pipeline.cli.context import named_places
from pipeline.clock import SystemClock
from pipeline.config import Settings, file_faults
from pipeline.durable import write_file
from pipeline.errors import ConfigurationError, ExitCode, PipelineError, RefusedError
from pipeline.terms import Issuer
from pipeline.wording import console as words

_Decorated = Callable[..., Any]


@click.command("version")
@click.option("--json", "as_json", is_flag=True)
def version(*, as_json: bool) -> None:
    """Print the version."""
    click.echo(json.dumps({"version": __version__}) if as_json else f"pipeline {__version__}")


def _secret_options(name: str) -> Callable[[_Decorated], _Decorated]:
    def add(command: _Decorated) -> _Decorated:
        for source in ("credential", "command", "file"):
            command = click.option(f"--{name}-{source}")(command)
        return command

    return add


_ENCRYPTION = click.Choice(("tls", "starttls", "none"))


@click.command("init")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="pipeline.toml")
@click.option("--address")
@click.option("--host")
@click.option("--encryption", type=_ENCRYPTION)
@click.option("--port", type=int)
@click.option("--user")
@_secret_options("password")
@click.option("--ca-file")
@click.option("--smtp-host")
@click.option("--smtp-encryption", type=_ENCRYPTION)
@click.option("--smtp-port", type=int)
@click.option("--smtp-user")
@_secret_options("smtp-password")
@click.option("--smtp-ca-file")
@click.option("--country")
@click.option("--time-zone")
@click.option("--alert-to")
@click.option("--language")
@click.option("--issuer", type=click.Choice([issuer.value for issuer in Issuer]))
@click.option("--meta-waba-id")
@_secret_options("meta-token")
@click.option("--store-url")
@click.option("--force", is_flag=True)
def init(out: Path, *, force: bool, **options: str | int | None) -> int:
    """Write a configuration that can work, then say whether the servers let us in."""
    from pipeline.cli.pages.interview import Interview, to_toml  # noqa: PLC0415 - used here only

    _check_place(out, force=force)
    _, home = named_places()
    options["home"] = str(home) if home else None
    interview = Interview(out.absolute(), options, terminal=sys.stdin.isatty())
    settings = interview.hold().settings
    text = interview.text()
    _write(out, text)
    code, sender = _look(settings)
    if sender:
        _write(out, f"{text}\n{to_toml({'sender': sender})}")
    click.echo(words.word("init_done", path=out))
    code = _make_state(settings) or code
    _say_what_is_open(settings, judged=bool(sender), reached=code == ExitCode.DONE)
    return code


def _check_place(out: Path, *, force: bool) -> None:
    """Tell before any question that the file cannot be written.

    Raises RefusedError ``config_exists`` or ConfigurationError ``file_unusable``.
    """
    if out.exists() and not force:
        raise RefusedError("config_exists", path=out)
    if not os.access(out.absolute().parent, os.W_OK):
        reason = os.strerror(13 if out.absolute().parent.is_dir() else 2)
        raise ConfigurationError("file_unusable", path=out, reason=reason)


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all, for this user alone; a link keeps leading to it."""
    write_file(Path(os.path.realpath(path)), text.encode())


def _look(settings: Settings) -> tuple[int, dict[str, object]]:
    """Try what was set and tell each fault.

    Return the exit code, and the settings that say who judges the senders.
    """
    faults: list[PipelineError] = [error for _, error in file_faults(settings)]
    sender: dict[str, object] = {}
    servers = settings.mailbox.kind == "imap" or settings.courier.kind == "smtp"
    if (servers or settings.asks_meta()) and not faults:
        from pipeline.flow.views.first_look import first_look  # noqa: PLC0415 - slow to import

        faults, found = first_look(settings)
        sender = found.settings()
    for fault in faults:
        click.echo(words.explain(fault), err=True)
    return (faults[0].exit_code if faults else ExitCode.DONE), sender


def _make_state(settings: Settings) -> int:
    """Make keys and database, or find them; return the exit code of what stands in the way."""
    from pipeline.flow.services.state import open_store  # noqa: PLC0415 - slow to import

    try:
        open_store(settings, SystemClock(), make=True).close()
    except PipelineError as error:
        click.echo(words.explain(error), err=True)
        return error.exit_code
    click.echo(words.word("init_state", path=settings.home().absolute()))
    return ExitCode.DONE


def _say_what_is_open(settings: Settings, *, judged: bool, reached: bool) -> None:
    click.echo(words.word(f"issuer_{settings.certificates.issuer}"))
    if not settings.team.alert_to:
        click.echo(words.word("no_alert_address"), err=True)
    if not reached:
        click.echo(words.word("init_check_failed"), err=True)
    elif settings.mailbox.kind == "imap" and not judged:
        click.echo(words.word("init_no_authserv"), err=True)
