"""The settings as people may see them."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.config.database import hidden
from pipeline.config.faults import secrets_of
from pipeline.config.sections import Settings


def shown(found: Settings) -> dict[str, Any]:
    """Return the settings without the password of the database and the arguments of commands."""
    values: dict[str, Any] = found.model_dump()
    values["store"]["url"] = hidden(values["store"]["url"])
    for key in secrets_of(found):
        section, _, name = key.partition(".")
        secret = values[section][name]
        # an argument may be the secret itself, or a token that leads to it
        secret["command"] = secret["command"][:1]
    return values


def leaves(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each setting by its whole key."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
