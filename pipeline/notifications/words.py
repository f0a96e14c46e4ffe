"""The words of one language that notices share: ``templates/notices/words.<lang>.toml``."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline import resources

#: The language that everything exists in.
FALLBACK = "en"


@dataclass(frozen=True)
class Words:
    """The shared words of ``language``: tables of text by section and key."""

    language: str
    tables: dict[str, Any]

    def section(self, name: str) -> dict[str, Any]:
        """Return the table ``name``; empty when the language has none."""
        found = self.tables.get(name, {})
        return found if isinstance(found, dict) else {}

    def text(self, section: str, key: str, default: str = "") -> str:
        """Return one text, or ``default`` when there is none."""
        return str(self.section(section).get(key, default))

    def lines(self, section: str, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(map(str, self.section(section).get(key, ())))

    def number(self, section: str, key: str) -> int:
        """Return a whole number; the key must exist."""
        return int(self.section(section)[key])


def has_language(language: str) -> bool:
    """Return whether there are shared words in ``language`` (a code of two letters)."""
    known = len(language) == len(FALLBACK) and language.isascii() and language.isalpha()
    return known and resources.template("notices", f"words.{language}.toml").is_file()


@cache
def words_of(language: str) -> Words:
    """Return the shared words of ``language``; English when there are none."""
    code = language if has_language(language) else FALLBACK
    return Words(code, resources.read_toml("notices", f"words.{code}.toml"))
