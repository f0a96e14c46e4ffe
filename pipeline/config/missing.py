"""A setting that another one needs and that is not there."""

from pipeline.config.secret import Secret
from pipeline.config.sections import Settings
from pipeline.config.written import Origin
from pipeline.errors import ConfigurationError


def missing(key: str, because: str, origin: Origin) -> ConfigurationError:
    """Return the fault that ``key`` is missing, which ``because`` needs."""
    section, _, name = key.partition(".")
    secret = isinstance(getattr(getattr(Settings(), section), name), Secret)
    variable = f"PIPELINE_{section}__{name}{'__file' if secret else ''}".upper()
    code = "setting_secret_missing" if secret else "setting_missing"
    return ConfigurationError(code, key=key, because=because, variable=variable, where=origin(key))
