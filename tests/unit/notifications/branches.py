"""Which branches of the templates of notices are taken: each gets a mark that tells of itself."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from pipeline.model.notice import NoticeName
from pipeline.notifications import compose as composing
from pipeline.notifications import sources

_TAG = re.compile(r"\{%-?\s*(if|elif|else|endif|for|endfor)\b(.*?)-?%\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Branch:
    """A way through a template: the condition that leads into it; ``else`` where none holds."""

    template: str
    index: int
    condition: str


@dataclass
class Marked:
    """A template with a mark in each of its branches."""

    source: str
    branches: list[Branch] = field(default_factory=list)

    def mark(self) -> str:
        pieces, end = [], 0
        inside: list[tuple[str, str, bool]] = []
        for tag in _TAG.finditer(self.source):
            pieces.append(self.source[end : tag.start()])
            end = tag.end()
            word, condition = tag[1], tag[2].strip()
            if word == "endif":
                _, opened, has_else = inside.pop()
                if not has_else:
                    pieces.append("{% else %}" + self._hit(f"else of {opened}"))
                pieces.append(tag[0])
                continue
            pieces.append(tag[0])
            if word in {"if", "for"}:
                inside.append((word, condition, False))
            elif word == "endfor":
                inside.pop()
                continue
            elif word == "else":
                of, opened, _ = inside.pop()
                inside.append((of, opened, True))
                condition = f"else of {opened}"
            pieces.append(self._hit(condition))
        return "".join([*pieces, self.source[end:]])

    def _hit(self, condition: str) -> str:
        self.branches.append(Branch(self.source, len(self.branches), condition))
        return f"{{% if hit({len(self.branches) - 1}) %}}{{% endif %}}"


def marked(source: str) -> Marked:
    """Return ``source`` with its branches found."""
    found = Marked(source)
    found.mark()
    return found


def templates(language: str) -> Iterator[tuple[str, str]]:
    """Yield each template of ``language`` with a name, those of the shared parts too."""
    for notice in NoticeName:
        for variant in sources.variants_of(notice.value, language):
            source = sources.find_source(notice.value, variant, (), language)
            name = f"{notice.value}.{variant or '-'}"
            yield f"{name} subject", source.subject
            yield f"{name} preheader", source.preheader
            yield name, source.body
    for part, text in sources._shared(language).items():
        yield f"part {part}", text


@contextmanager
def traced(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[tuple[str, int]]]:
    """Note in which branches mails are written, as (template, index of its branch)."""
    taken: set[tuple[str, int]] = set()

    @cache
    def template(source: str) -> Any:
        def hit(index: int) -> bool:
            taken.add((source, index))
            return False

        found = Marked(source)
        return composing._environment().from_string(found.mark(), globals={"hit": hit})

    with monkeypatch.context() as patch:
        patch.setattr(composing, "_template", template)
        yield taken
