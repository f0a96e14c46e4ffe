"""The settings that a command was called with."""

from pathlib import Path

import click

from pipeline import logs
from pipeline.config import Settings, load
from pipeline.wording import console as words


def named_places() -> tuple[Path | None, Path | None]:
    """Return the configuration file and the state folder that the command line names."""
    options = click.get_current_context().find_root().obj or {}
    config, home = options.get("config"), options.get("home")
    return Path(config) if config else None, Path(home) if home else None


def settings(*, optional: bool = False) -> Settings:
    """Return the settings that this command was called with.

    Without a configuration an ``optional`` call gets the defaults; another raises
    ConfigurationError ``config_none``.
    """
    config, home = named_places()
    found = load(config, home, optional=optional)
    logs.configure(found.logs.level, as_json=found.logs.json_lines)
    words.speak_as_team(lambda: found.team.language)
    return found
