"""The team's language before the settings are loaded: help and errors are read in it too."""

import os
import sys
from collections.abc import Sequence

from pipeline.resources import parsed_toml

_OPTION = "--config"
_FILE = "pipeline.toml"
#: A longer file is no configuration of ours.
_LONGEST = 1_000_000


def team_language(arguments: Sequence[str] | None) -> str:
    """Return the language of the team; empty where nothing says it.

    The settings are only peeped at: what is wrong with them is told when they are loaded.
    """
    from_environment = os.environ.get("PIPELINE_TEAM__LANGUAGE", "")
    if from_environment:
        return from_environment
    path = _named(sys.argv[1:] if arguments is None else arguments)
    try:
        if not os.path.isfile(path):
            return ""
        with open(path, encoding="utf-8-sig") as file:
            text = file.read(_LONGEST + 1)
        team = parsed_toml(text).get("team") if len(text) <= _LONGEST else None
    except (OSError, ValueError):
        return ""
    language = team.get("language") if isinstance(team, dict) else ""
    return language if isinstance(language, str) else ""


def _named(arguments: Sequence[str]) -> str:
    """Return the configuration file that a command line or the environment names."""
    for number, argument in enumerate(arguments):
        if argument.startswith(f"{_OPTION}="):
            return argument.partition("=")[2]
        if argument == _OPTION and number + 1 < len(arguments):
            return arguments[number + 1]
    return os.environ.get("PIPELINE_CONFIG") or _FILE
