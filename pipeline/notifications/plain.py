"""The plain part of a mail, complete by itself."""

from dataclasses import dataclass
from functools import lru_cache, partial

from pipeline.notifications.blocks import Block, BlockKind, Fact, Line
from pipeline.notifications.seal import Vault, has_value
from pipeline.notifications.words import Words
from pipeline.notifications.wrap import fill, width

_WIDEST_LABEL = 20
#: So many paragraphs of templates are kept as lines.
_PARAGRAPHS = 2048
_RUNNING = frozenset({BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.ITEM})


@lru_cache(maxsize=_PARAGRAPHS)
def _of_template(paragraph: str, limit: int, *, east_asian: bool) -> tuple[str, ...]:
    """Return a paragraph of a template, without a value in it, as lines."""
    return fill(paragraph, limit, east_asian=east_asian)


@dataclass(frozen=True)
class PlainWriter:
    """Writes blocks as plain text in the layout of one language."""

    words: Words
    vault: Vault

    @property
    def _east_asian(self) -> bool:
        return bool(self.words.section("layout").get("east_asian", False))

    def write(self, blocks: tuple[Block, ...]) -> str:
        """Return the text of ``blocks``, without a newline at its end."""
        limit = self.words.number("layout", "columns")
        return "\n".join(self._blocks(blocks, limit))

    def _blocks(self, blocks: tuple[Block, ...], limit: int) -> list[str]:
        lines: list[str] = []
        for block in blocks:
            if block.gap:
                lines.append("")
            lines.extend(block.kept("plain", self.words.language, partial(self._written, limit)))
        return lines

    def _written(self, limit: int, block: Block) -> list[str]:
        return (self._block if block.kind in _RUNNING else self._fenced)(block, limit)

    def _block(self, block: Block, limit: int) -> list[str]:
        layout = self.words.section("layout")
        if block.kind is BlockKind.HEADING:
            return self._hanging(str(layout["heading"]), block.lines, limit)
        if block.kind is BlockKind.ITEM:
            marker = f"{block.number}. " if block.number else str(layout["bullet"])
            return self._hanging(marker, block.lines, limit)
        return self._hanging("", block.lines, limit)

    def _fenced(self, block: Block, limit: int) -> list[str]:
        layout = self.words.section("layout")
        match block.kind:
            case BlockKind.FACTS:
                return self._facts(block.facts, limit)
            case BlockKind.ACT:
                return self._act(block.facts, limit)
            case BlockKind.TABLE:
                return self._table(block.rows, limit)
            case _:
                top = str(layout["forward_open"]).format(title=self.vault.open_line(block.title))
                return [top, *self._blocks(block.blocks, limit), str(layout["forward_close"])]

    def _paragraphs(self, lines: tuple[Line, ...]) -> list[str]:
        """Return what is filled as one: a line where lines are kept, else up to a hard break."""
        keep = self._east_asian
        filled, text = [], ""
        for line in lines:
            text = f"{text} {line.text}" if text else line.text
            if line.hard or keep:
                filled.append(text)
                text = ""
        return filled

    def _hanging(self, marker: str, lines: tuple[Line, ...], limit: int) -> list[str]:
        wide = self._east_asian
        columns = width(marker, east_asian=wide)
        rest = "\u3000" * (columns // 2) + " " * (columns % 2) if wide else " " * columns
        found: list[str] = []
        for paragraph in self._paragraphs(lines):
            if has_value(paragraph):
                opened = self.vault.open_text(paragraph)
                found.extend(fill(opened, limit - columns, east_asian=wide))
            else:
                found.extend(_of_template(paragraph, limit - columns, east_asian=wide))
        return [
            f"{rest if index else marker}{line}".rstrip(" ") for index, line in enumerate(found)
        ]

    def _facts(self, facts: tuple[Fact, ...], limit: int) -> list[str]:
        wide = self._east_asian
        labels = [self.vault.open_line(fact.label) for fact in facts]
        widest = max((width(label, east_asian=wide) for label in labels), default=0)
        lines: list[str] = []
        for fact, label in zip(facts, labels, strict=True):
            own = width(label, east_asian=wide)
            column = own if wide else widest + 2
            hang = column if column <= _WIDEST_LABEL else 2
            blank = "\u3000" * (hang // 2) + " " * (hang % 2) if wide else " " * hang
            head = label + " " * (column - own)
            for number, value in enumerate(fact.values):
                opened = self.vault.open_text(value)
                filled = fill(opened, limit - column, east_asian=wide)
                lines.append((blank if number else head) + filled[0])
                lines.extend(blank + more for more in filled[1:])
        return lines

    def _act(self, facts: tuple[Fact, ...], limit: int) -> list[str]:
        """Return each label and its value on one line, where they fit into one."""
        blank = "" if self._east_asian else " "
        lines = (f"{fact.label}{blank}{value}" for fact in facts for value in fact.values)
        return [row for line in lines for row in self._hanging("", (Line(line, hard=True),), limit)]

    def _table(self, rows: tuple[tuple[str, ...], ...], limit: int) -> list[str]:
        """Return the rows as a numbered list, each cell behind the head of its column."""
        found: list[str] = []
        heads, *body = rows
        for number, (first, *cells) in enumerate(body, 1):
            named = (
                self.labelled(head, cell)
                for head, cell in zip(heads[1:], cells, strict=True)
                if cell
            )
            lines = tuple(Line(text, hard=True) for text in (first, *named))
            found.extend(["", *self._hanging(f"{number}. ", lines, limit)])
        return found[1:]

    def rows(self, blocks: tuple[Block, ...]) -> str:
        """Return the rows of all tables as a reply quotes them from the HTML: a line each."""
        rows = (cells for block in blocks for cells in block.rows)
        return "\n".join(self.vault.open_line("\t".join(cells)) for cells in rows)

    def labelled(self, head: str, cell: str) -> str:
        """Return a cell behind the head of its column."""
        return self.words.text("layout", "cell").format(head=head, cell=cell)
