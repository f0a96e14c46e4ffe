"""The words on what we make for a number, in the language of the form."""

from pipeline.resources import languages, read_toml

_DEFAULT = "en"


def spoken(language: str) -> str:
    """Return ``language``, or English where we have no words for it."""
    return language if language in languages() else _DEFAULT


def words(language: str, name: str) -> str:
    """Return the words ``name`` in a spoken ``language``."""
    return str(read_toml("qr", f"{language}.toml")[name])
