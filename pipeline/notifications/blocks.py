"""The small Markdown of our notices, as blocks that both writers read.

Known are headings, paragraphs, lists, hard breaks, and four fences: ``facts`` (lines
``Label: value``), ``act`` (the same: what is asked of the reader and by when), ``table`` (lines of
cells between `` | ``, first the heads of the columns) and ``forward TITLE`` (a text to be passed
on). All else is literal text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.notifications.seal import has_value

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_SEPARATOR = re.compile("(:|：)")
_CELL = "|"

T = TypeVar("T")


class BlockKind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    FACTS = "facts"
    ACT = "act"
    TABLE = "table"
    FORWARD = "forward"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the source; ``hard`` tells that the next one begins on a new line everywhere."""

    text: str
    hard: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """A label with its separator, and the values under it."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a mail; ``gap`` tells that a blank line stands before it in the source.

    ``number`` is the number of an item (0: a bullet); ``rows`` are of a table, the first one its
    heads; ``title`` and ``blocks`` are of a text to be passed on. A ``fixed`` one has no value of a
    mail in it: ``written`` keeps what was made of it, by the part of a mail and its language.
    """

    kind: BlockKind
    gap: bool
    lines: tuple[Line, ...] = ()
    number: int = 0
    facts: tuple[Fact, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    title: str = ""
    blocks: tuple["Block", ...] = ()
    fixed: bool = False
    written: dict[tuple[str, ...], Any] = field(default_factory=dict, compare=False, repr=False)

    def kept(self, part: str, language: str, write: Callable[["Block"], T]) -> T:
        """Return what ``write`` makes of this block in a ``part`` of a mail; a fixed one once."""
        if not self.fixed:
            return write(self)
        found: T | None = self.written.get((part, language))
        if found is None:
            found = self.written[part, language] = write(self)
        return found


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - slow to import

    return MarkdownIt("zero").enable(["heading", "list", "fence", "newline", "escape"])


def _lines(inline: "Token") -> tuple[Line, ...]:
    lines, text = [], ""
    for child in inline.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            lines.append(Line(text.strip(" "), hard=child.type == "hardbreak"))
            text = ""
        else:
            text += child.content
    return (*lines, Line(text.strip(" "), hard=True))


def _facts(content: str) -> tuple[Fact, ...]:
    facts: list[Fact] = []
    for line in content.splitlines():
        if not line.strip():
            continue
        if line.startswith((" ", "\u3000")) and facts:
            last = facts.pop()
            facts.append(Fact(last.label, (*last.values, line.strip())))
            continue
        label, separator, value = [*_SEPARATOR.split(line, maxsplit=1), "", ""][:3]
        facts.append(Fact(label + separator, (value.strip(),)))
    return tuple(facts)


def _rows(content: str) -> tuple[tuple[str, ...], ...]:
    lines = (line for line in content.splitlines() if line.strip())
    return tuple(tuple(cell.strip() for cell in line.split(_CELL)) for line in lines)


def _fence(token: "Token", *, gap: bool) -> Block:
    kind, _, title = token.info.strip().partition(" ")
    if kind in {BlockKind.FACTS, BlockKind.ACT}:
        return Block(BlockKind(kind), gap, facts=_facts(token.content))
    if kind == BlockKind.TABLE:
        return Block(BlockKind.TABLE, gap, rows=_rows(token.content))
    return Block(BlockKind.FORWARD, gap, title=title, blocks=read_blocks(token.content))


@dataclass
class _Reader:
    blocks: list[Block]
    end: int = 0
    kind: BlockKind = BlockKind.PARAGRAPH
    number: int = 0
    ordered: bool = False

    def read(self, token: "Token") -> None:
        first, last = token.map or (self.end, self.end)
        gap = first > self.end and bool(self.blocks)
        if token.type == "ordered_list_open":
            self.ordered, self.number = True, 0
        elif token.type == "bullet_list_open":
            self.ordered, self.number = False, 0
        elif token.type == "list_item_open":
            self.kind = BlockKind.ITEM
            self.number += self.ordered
        elif token.type == "heading_open":
            self.kind = BlockKind.HEADING
        elif token.type == "inline":
            self._add(Block(self.kind, gap, _lines(token), self.number), token)
            self.kind, self.end = BlockKind.PARAGRAPH, last
        elif token.type == "fence":
            self._add(_fence(token, gap=gap), token)
            self.end = last

    def _add(self, block: Block, token: "Token") -> None:
        self.blocks.append(replace(block, fixed=not has_value(token.info + token.content)))


@lru_cache(maxsize=512)
def read_blocks(source: str) -> tuple[Block, ...]:
    """Return the blocks of ``source``.

    Values are sealed in it, so mails of one notice often have the same source.
    """
    reader = _Reader([])
    for token in _markdown().parse(source):
        reader.read(token)
    return tuple(reader.blocks)
