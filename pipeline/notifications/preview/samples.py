"""Notices as they look: realistic facts of nobody, for previews and for the check of templates.

The facts are in ``templates/notices/sample.toml``, their words in ``sample.<lang>.toml``. The files
are those that the notice carries (see ``enclosed``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from pipeline import resources
from pipeline.model.form import FileFormat
from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.notifications.compose import Composed, compose
from pipeline.notifications.enclosed import file_names
from pipeline.notifications.sources import variants_of

_FACTS = TypeAdapter(NoticeFacts)
_XLSX = FileFormat.XLSX


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
            for case, found in _cases(language, name.value, variant).items():
                facts = _FACTS.validate_python({"form": None, **found})
                files = file_names(name, variant, facts, language, _format(found))
                yield Sample(name, variant, language, case, replace(facts, files=files))


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


def _format(found: dict[str, Any]) -> FileFormat:
    """Return the format in which the customer's answers came, and go back."""
    return FileFormat(str(found["file_name"]).rpartition(".")[2]) if "file_name" in found else _XLSX


def _cases(language: str, notice: str, variant: str) -> dict[str, dict[str, Any]]:
    """Return the facts by case; the one without a name is always there, and the first."""
    common, own = _tables(language)
    found: dict[str, dict[str, Any]] = {"": _usual(language)}
    for case in common["case"]:
        if _is_about(case, notice, variant):
            name = case.get("name", "")
            facts = {
                key: value
                for key, value in found.get(name, found[""]).items()
                if key not in case.get("without", ())
            }
            words = {key: own["words"][word] for key, word in case.get("words", {}).items()}
            found[name] = facts | case.get("facts", {}) | words
    return found


def _is_about(case: dict[str, Any], notice: str, variant: str) -> bool:
    """Tell whether ``case`` is about the notice: all of them where it names none."""
    notices, variants = case.get("notice", [notice]), case.get("variant", [variant])
    return notice in notices and variant in variants
