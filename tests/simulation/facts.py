"""What each mail was written from: the facts are kept as they go into ``compose``."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from pipeline.flow.outgoing import notices
from pipeline.model.notice import NoticeFacts, OutboundMessage
from pipeline.notifications.compose import Composed, compose
from pipeline.notifications.headers import assemble


@dataclass(frozen=True)
class Written:
    """A mail with the facts that it was written from, and the names of its files."""

    facts: NoticeFacts
    composed: Composed
    files: tuple[str, ...]


@contextmanager
def kept_facts() -> Iterator[dict[str, Written]]:
    """Keep what every mail is written from, by its Message-ID; the last of one id counts."""
    found: dict[str, Written] = {}
    facts_of: dict[int, tuple[Composed, NoticeFacts]] = {}

    def composing(notice: Any, variant: str, language: str, facts: NoticeFacts) -> Composed:
        composed = compose(notice, variant, language, facts)
        facts_of[id(composed)] = (composed, facts)
        return composed

    def assembling(composed: Composed, **more: Any) -> OutboundMessage:
        mail = assemble(composed, **more)
        _, facts = facts_of[id(composed)]
        names = tuple(file.name for file in more["files"])
        found[mail.message_id] = Written(facts, composed, names)
        return mail

    with (
        patch.object(notices, "compose", composing),
        patch.object(notices, "assemble", assembling),
    ):
        yield found
