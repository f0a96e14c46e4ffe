"""Types and ranges: what pydantic finds, each told as one of our errors without a secret."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.reading import Sources, model_at
from pipeline.config.secret import Secret
from pipeline.config.sections import Settings
from pipeline.config.written import quoted
from pipeline.errors import ConfigurationError

_QUOTED = re.compile(r"'([^']*)'")
_TYPES = re.compile(r"(int|float|bool|string|path|tuple|list|dict|model)\w*_(?:type|parsing)\w*")


def validated(sources: Sources) -> tuple[Settings, list[ConfigurationError], set[str]]:
    """Return the settings with defaults in place of wrong ones, the faults, and the wrong keys."""
    faults: list[ConfigurationError] = []
    wrong: set[str] = set()
    values = dict(sources.values)
    while True:
        try:
            return Settings.model_validate(values), faults, wrong
        except ValidationError as error:
            for details in error.errors(include_url=False):
                place = _place(details)
                if (key := ".".join(place)) not in wrong:
                    wrong.add(key)
                    faults.append(_explained(details, place, sources.place(key)))
                values = _without(values, place)


def _place(details: ErrorDetails) -> list[str]:
    """Return the place without the numbers of list items: a list is one setting."""
    place: list[str] = []
    for part in details["loc"]:
        if isinstance(part, int):
            break
        place.append(part)
    return place


def _without(values: Mapping[str, Any], place: list[str]) -> dict[str, Any]:
    """Return a copy of ``values`` without what stands at ``place``."""
    rest = dict(values)
    inner = rest.get(place[0])
    if len(place) > 1 and isinstance(inner, dict):
        rest[place[0]] = _without(inner, place[1:])
    else:
        rest.pop(place[0], None)
    return rest


def _explained(details: ErrorDetails, place: list[str], where: str) -> ConfigurationError:
    key, kind = ".".join(place), details["type"]
    if kind == "extra_forbidden":
        return _unknown(key, place, where)
    if kind.startswith("model") and _is_secret(place):
        return ConfigurationError("secret_in_clear", key=key, where=where)
    if (own := _of_name(kind, key, where)) is not None:
        return own
    if _is_secret(place[:-1]):  # its value may be the secret itself
        return ConfigurationError("secret_malformed", key=key, where=where)
    return _of_value(kind, details.get("ctx", {}), key, quoted(details["input"]), where)


def _is_secret(place: list[str]) -> bool:
    model = model_at(place)
    return model is not None and issubclass(model, Secret)


def _of_name(kind: str, key: str, where: str) -> ConfigurationError | None:
    """Return the error for a path or a source of a secret that names nothing."""
    match kind:
        case "path_blank":
            return ConfigurationError("setting_path_blank", key=key, where=where)
        case "path_control":
            return ConfigurationError("setting_path_control", key=key, where=where)
        case "source_blank":
            return ConfigurationError("secret_source_blank", key=key, where=where)
    return None


def _unknown(key: str, place: list[str], where: str) -> ConfigurationError:
    model = model_at(place[:-1])
    near = get_close_matches(place[-1], model.model_fields if model else (), n=1)
    if not near:
        return ConfigurationError("config_unknown_key_alone", key=key, where=where)
    return ConfigurationError("config_unknown_key", key=key, near=near[0], where=where)


def _of_value(
    kind: str, context: Mapping[str, object], key: str, value: str, where: str
) -> ConfigurationError:
    match kind:
        case "literal_error":
            allowed = ", ".join(_QUOTED.findall(str(context.get("expected", ""))))
            return ConfigurationError(
                "config_choice", key=key, value=value, allowed=allowed, where=where
            )
        case "greater_than_equal":
            least = context.get("ge", "")
            return ConfigurationError(
                "config_too_small", key=key, value=value, least=least, where=where
            )
        case "less_than_equal":
            most = context.get("le", "")
            return ConfigurationError(
                "config_too_big", key=key, value=value, most=most, where=where
            )
    return _of_type(kind, key, value, where)


def _of_type(kind: str, key: str, value: str, where: str) -> ConfigurationError:
    match = _TYPES.fullmatch(kind)
    match match.group(1) if match else "":
        case "int" | "float":
            return ConfigurationError("config_number", key=key, value=value, where=where)
        case "bool":
            return ConfigurationError("config_switch", key=key, value=value, where=where)
        case "string" | "path":
            return ConfigurationError("config_text", key=key, value=value, where=where)
        case "tuple" | "list":
            return ConfigurationError("config_list", key=key, value=value, where=where)
        case "model" | "dict":
            return ConfigurationError("config_table", key=key, where=where)
    return ConfigurationError("config_value", key=key, value=value, where=where)
