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
from pipeline.errors import ConfigurationError, ExitCode, PipelineError
from pipeline.wording import calling
from pipeline.wording import console as words

#: Where each command lives: path of words → module and attribute.
COMMANDS: dict[tuple[str, ...], str] = {
    ("demo",): "pipeline.cli.commands.demo:demo",
    ("init",): "pipeline.cli.commands.setting_up:init",
    ("doctor",): "pipeline.cli.commands.doctor:doctor",
    ("status",): "pipeline.cli.commands.overview:status",
    ("run",): "pipeline.cli.commands.running:run",
    ("queue",): "pipeline.cli.commands.overview:queue",
    ("version",): "pipeline.cli.commands.setting_up:version",
    ("form", "list"): "pipeline.cli.commands.forms:list_forms",
    ("form", "build"): "pipeline.cli.commands.forms:build",
    ("form", "fields"): "pipeline.cli.commands.forms:fields",
    ("form", "check"): "pipeline.cli.commands.forms:check",
    ("request", "show"): "pipeline.cli.commands.requests:show",
    ("request", "advance"): "pipeline.cli.commands.requests:advance",
    ("request", "approve"): "pipeline.cli.commands.requests:approve",
    ("request", "ask"): "pipeline.cli.commands.requests:ask",
    ("request", "reject"): "pipeline.cli.commands.requests:reject",
    ("request", "route"): "pipeline.cli.commands.requests:route",
    ("request", "hold"): "pipeline.cli.commands.requests:hold",
    ("request", "release"): "pipeline.cli.commands.requests:release",
    ("request", "confirm-sender"): "pipeline.cli.commands.requests:confirm_sender",
    ("request", "note"): "pipeline.cli.commands.requests:note",
    ("request", "edit"): "pipeline.cli.commands.requests:edit",
    ("request", "withdraw"): "pipeline.cli.commands.requests:withdraw",
    ("request", "merge"): "pipeline.cli.commands.requests:merge",
    ("request", "mark-created"): "pipeline.cli.commands.requests:mark_created",
    ("request", "mark-active"): "pipeline.cli.commands.requests:mark_active",
    ("number", "list"): "pipeline.cli.commands.numbers:list_numbers",
    ("number", "show"): "pipeline.cli.commands.numbers:show",
    ("number", "set"): "pipeline.cli.commands.numbers:set_number",
    ("number", "import"): "pipeline.cli.commands.numbers:import_numbers",
    ("certificate", "show"): "pipeline.cli.commands.certificates:show",
    ("certificate", "list"): "pipeline.cli.commands.certificates:list_certificates",
    ("certificate", "verify"): "pipeline.cli.commands.certificates:verify",
    ("certificate", "issue"): "pipeline.cli.commands.certificates:issue",
    ("certificate", "reissue"): "pipeline.cli.commands.certificates:reissue",
    ("certificate", "revoke"): "pipeline.cli.commands.certificates:revoke",
    ("certificate", "crl"): "pipeline.cli.commands.certificates:crl",
    ("authority", "show"): "pipeline.cli.commands.certificates:show_authority",
    ("authority", "export"): "pipeline.cli.commands.certificates:export_authority",
    ("qr", "preview"): "pipeline.cli.commands.qr:preview",
    ("mail", "inject"): "pipeline.cli.commands.mail:inject",
    ("mail", "list"): "pipeline.cli.commands.mail:list_messages",
    ("mail", "show"): "pipeline.cli.commands.mail:show",
    ("mail", "raw"): "pipeline.cli.commands.mail:raw",
    ("outbox", "list"): "pipeline.cli.commands.outbox:list_outbox",
    ("outbox", "cancel"): "pipeline.cli.commands.outbox:cancel",
    ("outbox", "retry"): "pipeline.cli.commands.outbox:retry",
    ("quarantine", "list"): "pipeline.cli.commands.quarantine:list_quarantine",
    ("quarantine", "show"): "pipeline.cli.commands.quarantine:show",
    ("quarantine", "release"): "pipeline.cli.commands.quarantine:release",
    ("quarantine", "drop"): "pipeline.cli.commands.quarantine:drop",
    ("db", "status"): "pipeline.cli.commands.database:status",
    ("db", "migrate"): "pipeline.cli.commands.database:migrate",
    ("config", "show"): "pipeline.cli.commands.configuration:show",
    ("config", "check"): "pipeline.cli.commands.configuration:check",
    ("config", "schema"): "pipeline.cli.commands.configuration:schema",
    ("report",): "pipeline.cli.commands.report:report",
}


def worded(command: click.Command, path: tuple[str, ...]) -> click.Command:
    """Give a command and its options their help of ``templates/console``."""
    command.help = words.help_text(path)
    command.context_class = Context
    for param in command.params:
        if isinstance(param, click.Option) and param.help is None:
            param.help = words.option_help(param.name or "")
    return command


class LazyGroup(click.Group):
    """A group that imports a command only when it is called; help needs no import."""

    context_class = Context

    def __init__(self, path: tuple[str, ...] = (), **attributes: Any) -> None:
        super().__init__(name=path[-1] if path else "pipeline", **attributes)
        self.path = path

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands and groups below this one, in the order of the table."""
        depth = len(self.path)
        names = [path[depth] for path in COMMANDS if path[:depth] == self.path]
        return list(dict.fromkeys(names))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return the command or group called ``cmd_name``, importing its module."""
        path = (*self.path, cmd_name)
        if path in COMMANDS:
            module, _, attribute = COMMANDS[path].partition(":")
            return worded(getattr(importlib.import_module(module), attribute), path)
        if any(known[: len(path)] == path for known in COMMANDS):
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
