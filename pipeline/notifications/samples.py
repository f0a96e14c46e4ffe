"""Notices as they look: realistic facts of nobody, for previews and for the check of templates.

The facts are in ``templates/notices/sample.toml``, their words in ``sample.<lang>.toml``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from pipeline import resources
from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.notifications.compose import Composed, compose
from pipeline.notifications.sources import variants_of

_FACTS = TypeAdapter(NoticeFacts)


@dataclass(frozen=True, slots=True)
class Sample:
    """One notice in one variant and language with facts; ``case`` names what is particular."""

    notice: NoticeName
    variant: str
    language: str
    case: str
    facts: NoticeFacts

    @property
    def name(self) -> str:
        """What it is called in lists and file names."""
        return ".".join(filter(None, (self.notice.value, self.variant, self.case)))

    def compose(self) -> Composed:
        """Write the mail."""
        return compose(self.notice, self.variant, self.language, self.facts)


def samples(language: str, notice: NoticeName | None = None) -> Iterator[Sample]:
    """Yield every notice in every variant and case, or those of ``notice``, in ``language``.

    Raises pydantic.ValidationError for facts that no notice has.
    """
    for name in (notice,) if notice else NoticeName:
        for variant in variants_of(name.value, language):
            for case, changes in _cases(language, name.value, variant).items():
                facts = _FACTS.validate_python(_usual(language) | changes)
                yield Sample(name, variant, language, case, facts)


def usual_facts(language: str) -> NoticeFacts:
    """Return the facts of a request for onboarding in Tokyo, with words of ``language``."""
    return _FACTS.validate_python(_usual(language))


def _tables(language: str) -> tuple[dict[str, Any], dict[str, Any]]:
    files = ("sample.toml", f"sample.{language}.toml")
    common, own = (resources.read_toml("notices", file) for file in files)
    return common, own


@cache
def _usual(language: str) -> dict[str, Any]:
    common, own = _tables(language)
    return {**common["usual"], **own["usual"]}


def _cases(language: str, notice: str, variant: str) -> dict[str, dict[str, Any]]:
    """Return the changes of the facts by case; the one without a name is always there."""
    found: dict[str, dict[str, Any]] = {"": {}}
    for table in _tables(language):
        for case in table.get("case", ()):
            if case["notice"] == notice and case.get("variant", variant) == variant:
                name = case.get("name", "")
                found[name] = found.get(name, {}) | case["facts"]
    return {name: found[""] | changes for name, changes in found.items()}
