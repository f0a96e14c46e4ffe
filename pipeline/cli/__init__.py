"""The command line: a face of the flow; each command is imported when it is called."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from pipeline import __version__, logs
from pipeline.cli import streams
from pipeline.cli.help import Context
from pipeline.cli.misuse import tell_misuse
from pipeline.cli.output import tell_lines
from pipeline.cli.team_language import speak_teams_language
from pipeline.errors import ConfigurationError, ExitCode, PipelineError
from pipeline.wording import calling
from pipeline.wording import console as words

#: The module of each first word of a command; its commands are found there by their names.
MODULES: dict[str, str] = {
    "demo": "demo",
    "init": "setting_up",
    "version": "setting_up",
    "doctor": "doctor",
    "status": "overview",
    "queue": "overview",
    "run": "running",
    "watch": "running",
    "form": "forms",
    "request": "requests",
    "number": "numbers",
    "organisation": "organisations",
    "certificate": "certificates",
    "authority": "authority",
    "token": "tokens",
    "qr": "qr",
    "template": "templates",
    "mail": "mail",
    "outbox": "outbox",
    "quarantine": "quarantine",
    "db": "database",
    "config": "configuration",
    "report": "overview",
}


def command_paths() -> list[tuple[str, ...]]:
    """Return the path of every command in the order of their help; a group is no command."""
    paths = words.helped_paths()
    groups = {path[:1] for path in paths if len(path) > 1}
    return [path for path in paths if path not in groups]


def command_at(path: tuple[str, ...]) -> click.Command:
    """Return the command at ``path``, importing its module."""
    module = importlib.import_module(f"pipeline.cli.commands.{MODULES[path[0]]}")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, click.Command) and value.name == path[-1]
    )


def worded(command: click.Command, path: tuple[str, ...]) -> click.Command:
    """Give a command and its options their help of ``templates/console``."""
    command.help = words.help_text(path)
    command.context_class = Context
    for param in command.params:
        if isinstance(param, click.Option):
            param.help = words.option_help(param.name or "")
    return command


class LazyGroup(click.Group):
    """A group that imports a command only when it is called; help needs no import."""

    context_class = Context

    def __init__(self, path: tuple[str, ...] = (), **attributes: Any) -> None:
        super().__init__(name=path[-1] if path else "pipeline", **attributes)
        self.path = path

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands and groups below this one, in the order of help."""
        depth = len(self.path)
        names = [path[depth] for path in command_paths() if path[:depth] == self.path]
        return list(dict.fromkeys(names))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return the command or group called ``cmd_name``, importing its module."""
        path = (*self.path, cmd_name)
        known = command_paths()
        if path in known:
            return worded(command_at(path), path)
        if any(longer[: len(path)] == path for longer in known):
            return LazyGroup(path)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with the first sentence of their help."""
        rows = [
            (name, words.help_text((*self.path, name)).split("\n")[0])
            for name in self.list_commands(ctx)
        ]
        with formatter.section(words.word("commands")):
            formatter.write_dl(rows)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the help of the group."""
        with formatter.indentation():
            formatter.write_paragraph()
            formatter.write_text(words.help_text(self.path))


class OutputError(Exception):
    """Standard output takes no more: its reader is gone, or the disk is full."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _Root(LazyGroup):
    """The programme. Errors of its output are told from those of files and servers."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Read the command line (``--help`` prints here)."""
        with _output_apart():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _output_apart():
            return super().invoke(ctx)


@contextmanager
def _output_apart() -> Iterator[None]:
    """Raise OutputError in place of the OSError of standard output.

    Click would take a broken pipe for its own affair and leave with 1.
    """
    try:
        yield
    except OSError as error:
        if _is_of_output(error):
            raise OutputError(error) from error
        raise


def _is_of_output(error: OSError) -> bool:
    """Tell whether ``error`` arose while something was printed: in click's echo, and not below."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code is click.echo.__code__


def _root() -> _Root:
    params = [
        click.Option(
            ["--config"], type=click.Path(dir_okay=False), help=words.option_help("config")
        ),
        click.Option(["--home"], type=click.Path(file_okay=False), help=words.option_help("home")),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            help=words.option_help("version"),
            callback=_print_version,
        ),
    ]
    return _Root(
        params=params, callback=_remember, context_settings={"help_option_names": ["-h", "--help"]}
    )


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001, FBT001 - click's signature
    if value and not ctx.resilient_parsing:
        click.echo(f"pipeline {__version__}")
        ctx.exit()


@click.pass_context
def _remember(ctx: click.Context, config: str | None, home: str | None) -> None:
    ctx.obj = {"config": config, "home": home}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    streams.secure()
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code (spec: 0, 1, 2, 3, 4, 5, 6, 75 or 130)."""
    logs.configure("warning")
    speak_teams_language(arguments)
    try:
        code = _call(arguments)
        sys.stdout.flush()
    except OSError as error:
        return _output_failed(error)
    return code


def _call(arguments: list[str] | None) -> int:
    """Run the command and tell what went wrong; raises OSError when the output takes no more."""
    try:
        name = calling.programme()
        result = _root().main(args=arguments, prog_name=name, standalone_mode=False)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        tell_misuse(error)
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        tell_lines(words.word("interrupted"))
        return ExitCode.INTERRUPTED
    except OutputError as error:
        raise error.cause from error
    except (PipelineError, OSError) as error:
        told = error if isinstance(error, PipelineError) else _of_the_machine(error)
        tell_lines(words.explain(told))
        for remark in getattr(error, "__notes__", ()):
            tell_lines(remark)
        return told.exit_code
    except Exception as error:  # noqa: BLE001 - told by its type: its words may be a customer's
        mark = logs.unknown("cli", error)
        tell_lines(words.word("unknown_error", kind=type(error).__name__, mark=mark))
        return ExitCode.BUG
    return result if isinstance(result, int) else ExitCode.DONE


def _of_the_machine(error: OSError) -> PipelineError:
    """Return what to tell of a file, a folder or a device that cannot be used."""
    logs.told("cli", error)
    reason = error.strerror or type(error).__name__
    return ConfigurationError("file_unusable", path=error.filename or "-", reason=reason)


def _output_failed(error: OSError) -> int:
    """Return the exit code when standard output takes no more.

    Who closed it (``| head``) has read enough; a full disk is told of.
    """
    # what is still in the buffers would fail once more when the interpreter ends
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):
        os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    if isinstance(error, BrokenPipeError):
        return ExitCode.DONE
    told = ConfigurationError("output_unwritable", reason=error.strerror or type(error).__name__)
    tell_lines(words.explain(told))
    return told.exit_code
