"""The command line: a face of the flow; each command is imported when it is called."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from pipeline import __version__
from pipeline.cli import streams
from pipeline.cli.team_language import team_language
from pipeline.cli.tree import MODULES, LazyGroup, command_at, command_paths
from pipeline.errors import ConfigurationError, ExitCode
from pipeline.wording import calling
from pipeline.wording import console as words

__all__ = ["MODULES", "OutputError", "command_at", "command_paths", "main", "run"]


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
        from pipeline import logs  # noqa: PLC0415 - the version and the help log nothing

        logs.configure("warning")
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
        click.Option(["--config"], type=click.Path(dir_okay=False)),
        click.Option(["--home"], type=click.Path(file_okay=False)),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
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
    words.speak_as_team(lambda: team_language(arguments))
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
    except OutputError as error:
        raise error.cause from error
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - every error has its words
        from pipeline.cli.failures import tell  # noqa: PLC0415 - a command that works needs none

        return tell(error)
    return result if isinstance(result, int) else ExitCode.DONE


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
    from pipeline.cli.failures import tell  # noqa: PLC0415 - output that is taken needs none

    reason = error.strerror or type(error).__name__
    return tell(ConfigurationError("output_unwritable", reason=reason))
