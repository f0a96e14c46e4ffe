"""The team's language before the settings are loaded: help and errors are read in it too."""

import os
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from pipeline.wording import console as words

_OPTION = "--config"
_FILE = "pipeline.toml"
#: A longer file is no configuration of ours.
_LONGEST = 1_000_000


def speak_teams_language(arguments: Sequence[str] | None) -> None:
    """Speak the language of the team where the environment names none.

    The settings are only peeped at: what is wrong with them is told when they are loaded.
    """
    words.speak_as_team("" if words.named_language() else _team_language(arguments))


def _team_language(arguments: Sequence[str] | None) -> str:
    from_environment = os.environ.get("PIPELINE_TEAM__LANGUAGE", "")
    if from_environment:
        return from_environment
    path = Path(_named(sys.argv[1:] if arguments is None else arguments))
    try:
        if not path.is_file() or path.stat().st_size > _LONGEST:
            return ""
        team = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("team")
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
