"""Types and ranges: what the sections refuse, each told as one of our errors without a secret."""

from difflib import get_close_matches

from pipeline.config.kinds import RefusedValueError
from pipeline.config.reading import Sources, section_at
from pipeline.config.secret import Secret
from pipeline.config.section import Place
from pipeline.config.sections import Settings
from pipeline.config.written import quoted
from pipeline.errors import ConfigurationError

#: Faults of a path or of the source of a secret: they tell no value.
_OF_NAMES = frozenset({"setting_path_blank", "setting_path_control", "secret_source_blank"})


def validated(sources: Sources) -> tuple[Settings, list[ConfigurationError], set[str]]:
    """Return the settings with defaults in place of wrong ones, the faults, and the wrong keys."""
    faults: list[ConfigurationError] = []
    wrong: set[str] = set()

    def refuse(place: Place, error: RefusedValueError) -> None:
        key = ".".join(place)
        wrong.add(key)
        faults.append(_explained(place, error, sources.place(key)))

    return Settings.from_written(sources.values, refuse), faults, wrong


def _explained(place: Place, error: RefusedValueError, where: str) -> ConfigurationError:
    key = ".".join(place)
    if error.code == "config_unknown_key":
        return _unknown(key, place, where)
    if error.code in _OF_NAMES:
        return ConfigurationError(error.code, key=key, where=where)
    if _is_secret(place):
        return ConfigurationError("secret_in_clear", key=key, where=where)
    if _is_secret(place[:-1]):  # its value may be the secret itself
        return ConfigurationError("secret_malformed", key=key, where=where)
    if error.code == "config_table":
        return ConfigurationError(error.code, key=key, where=where)
    value = quoted(error.value)
    return ConfigurationError(error.code, key=key, value=value, where=where, **error.params)


def _is_secret(place: Place) -> bool:
    section = section_at(place)
    return section is not None and issubclass(section, Secret)


def _unknown(key: str, place: Place, where: str) -> ConfigurationError:
    section = section_at(place[:-1])
    near = get_close_matches(place[-1], section.types if section else (), n=1)
    if not near:
        return ConfigurationError("config_unknown_key_alone", key=key, where=where)
    return ConfigurationError("config_unknown_key", key=key, near=near[0], where=where)
