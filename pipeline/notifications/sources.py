"""The sources of the notices: ``templates/notices/<name>/<lang>.md``, one document a variant.

A file is a sequence of documents: front matter in TOML between two ``+++`` lines, then the body.
The first document is the notice itself, with the ``name`` that staff read; each further one names
its ``variant``, and in ``when`` the facts that choose it when nobody asks for it by name:
``reason:``, ``hold:``, ``reminder``, ``limit`` (no further certificate), ``actor:``, ``from:``,
``to:``, ``track:``, ``known:``.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline import resources
from pipeline.errors import ConfigurationError
from pipeline.notifications.words import FALLBACK, words_of


@dataclass(frozen=True, slots=True)
class Source:
    """One document: where its words come from and how the mail around it looks.

    ``preheader`` is the sentence that an inbox shows beside the subject.
    ``opening``, ``closing`` and ``signature`` name parts of ``_shared/<lang>.md`` (empty: none);
    ``address`` is ``person``, ``anonymous`` or ``none``.
    """

    name: str
    variant: str
    language: str
    version: int
    subject: str
    preheader: str
    body: str
    address: str
    opening: str
    closing: str
    signature: str
    when: tuple[str, ...] = ()

    @property
    def template_id(self) -> str:
        """The stable id of the template with its version, for the header of the mail."""
        variant = f".{self.variant}" if self.variant else ""
        return f"{self.name}{variant}.{self.language}/{self.version}"


def _documents(*parts: str) -> tuple[tuple[dict[str, Any], str], ...]:
    """Return the documents of a file; raises ConfigurationError ``notice_source`` for a bad one."""
    try:
        return resources.read_documents(*parts)
    except ValueError as error:
        raise ConfigurationError("notice_source", file="/".join(parts)) from error


@cache
def _language(name: str, language: str) -> str:
    code = words_of(language).language
    return code if resources.template("notices", name, f"{code}.md").is_file() else FALLBACK


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


@cache
def _sources(name: str, language: str) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for head, body in _documents("notices", name, f"{language}.md"):
        variant = str(head.get("variant", ""))
        version = head["version"]
        found[variant] = Source(
            name=name,
            variant=variant,
            language=language,
            version=version if isinstance(version, int) else 0,
            subject=str(head["subject"]),
            preheader=str(head.get("preheader", "")),
            body=body.strip("\n") + "\n",
            address=str(head.get("address", "person")),
            opening=str(head.get("opening", "regular")),
            closing=str(head.get("closing", "regular")),
            signature=str(head.get("signature", "full")),
            when=_names(head.get("when", [])),
        )
    return found


def find_source(name: str, variant: str, facts: tuple[str, ...], language: str) -> Source:
    """Return the document ``variant``, else the one that the first fitting of ``facts`` chooses.

    Without either it is the notice's own. The language is English when ``language`` does not have
    the notice. Raises ConfigurationError ``notice_variant`` when there is no such document.
    """
    sources = _sources(name, _language(name, language))
    if variant in sources and variant:
        return sources[variant]
    for fact in facts:
        for source in sources.values():
            if fact in source.when:
                return source
    if "" not in sources:
        raise ConfigurationError("notice_variant", notice=name, variant=variant)
    return sources[""]


def variants_of(name: str, language: str) -> tuple[str, ...]:
    """Return the variants of the notice ``name`` in order (empty: the notice itself)."""
    return tuple(_sources(name, _language(name, language)))


@cache
def _shared(language: str) -> dict[str, str]:
    documents = _documents("notices", "_shared", f"{language}.md")
    return {str(head["part"]): body.strip("\n") + "\n" for head, body in documents}


def shared_part(language: str, part: str) -> str:
    """Return a shared block (``opening_regular``, ``signature_full`` …); empty: there is none."""
    return _shared(language).get(part, "")
