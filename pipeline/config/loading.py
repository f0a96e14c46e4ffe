"""Load the settings: everything that is wrong with them is found and told at once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.checking import validated
from pipeline.config.faults import setting_faults
from pipeline.config.reading import Sources, read_sources
from pipeline.config.sections import Settings
from pipeline.errors import ConfigurationError, SettingsError


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with defaults in place of the wrong ones, and what is wrong."""

    settings: Settings
    faults: tuple[ConfigurationError, ...]
    sources: Sources


def look(
    path: Path | None = None,
    home: Path | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    optional: bool = False,
) -> Loaded:
    """Return the settings and all their faults; ``optional``: without a configuration, defaults.

    Raises ConfigurationError: ``config_none``, ``config_missing``, ``config_unreadable``,
    ``config_encoding``, ``config_syntax``.
    """
    environment = os.environ if environment is None else environment
    return judged(read_sources(path, home, environment, optional=optional))


def judged(sources: Sources) -> Loaded:
    """Return the settings of ``sources`` and all that is wrong with them."""
    settings, faults, wrong = validated(sources)
    further = [
        fault
        for fault in setting_faults(settings, sources.place)
        if not any(f"{key}.".startswith(f"{fault.params['key']}.") for key in wrong)
    ]
    return Loaded(settings, (*sources.faults, *faults, *further), sources)


def load(
    path: Path | None = None,
    home: Path | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    optional: bool = False,
) -> Settings:
    """Return the settings of ``path`` (or PIPELINE_CONFIG, or ``pipeline.toml``) and environment.

    Raises ConfigurationError, or SettingsError when more than one thing is wrong.
    """
    found = look(path, home, environment, optional=optional)
    if len(found.faults) > 1:
        raise SettingsError(found.faults)
    if found.faults:
        raise found.faults[0]
    return found.settings
