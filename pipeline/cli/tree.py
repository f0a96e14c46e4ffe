"""The tree of commands; a command is imported when it is called, and help imports none."""

import importlib
from typing import Any

import click

from pipeline.collector import loading
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
    "serve": "staff.serving",
    "form": "forms",
    "request": "requests",
    "number": "numbers",
    "organisation": "organisations",
    "certificate": "certificates",
    "authority": "authority",
    "token": "tokens",
    "user": "staff.users",
    "qr": "qr",
    "template": "templates",
    "mail": "mail",
    "outbox": "outbox",
    "quarantine": "quarantine",
    "db": "database",
    "backup": "backups",
    "config": "configuration",
    "report": "overview",
    "metrics": "overview",
    "export": "records.exports",
    "audit": "records.audit",
    "privacy": "records.privacy",
}


def command_paths() -> list[tuple[str, ...]]:
    """Return the path of every command in the order of their help; a group is no command."""
    paths = words.helped_paths()
    groups = {path[:1] for path in paths if len(path) > 1}
    return [path for path in paths if path not in groups]


def command_at(path: tuple[str, ...]) -> click.Command:
    """Return the command at ``path``, importing its module."""
    with loading():
        module = importlib.import_module(f"pipeline.cli.commands.{MODULES[path[0]]}")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, click.Command) and value.name == path[-1]
    )


class Context(click.Context):
    """A context whose help is ours."""

    def make_formatter(self) -> click.HelpFormatter:
        """Return what writes the help or the usage, after the command was given its words."""
        from pipeline.cli import help as pages  # noqa: PLC0415 - a command that works needs none

        pages.put_into_words(self)
        return pages.Formatter()


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
            command = command_at(path)
            command.context_class = Context
            return command
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
