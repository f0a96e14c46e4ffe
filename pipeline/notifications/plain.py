"""The plain part of a mail, complete by itself."""

from dataclasses import dataclass

from pipeline.notifications.blocks import Block, BlockKind, Fact, Line
from pipeline.notifications.seal import Vault
from pipeline.notifications.words import Words
from pipeline.notifications.wrap import fill, width

_WIDEST_LABEL = 20


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
            lines.extend(self._block(block, limit))
        return lines

    def _block(self, block: Block, limit: int) -> list[str]:
        layout = self.words.section("layout")
        if block.kind is BlockKind.HEADING:
            return self._hanging(str(layout["heading"]), block.lines, limit)
        if block.kind is BlockKind.ITEM:
            marker = f"{block.number}. " if block.number else str(layout["bullet"])
            return self._hanging(marker, block.lines, limit)
        if block.kind is BlockKind.FACTS:
            return self._facts(block.facts, limit)
        if block.kind is BlockKind.FORWARD:
            top = str(layout["forward_open"]).format(title=self.vault.open_line(block.title))
            return [top, *self._blocks(block.blocks, limit), str(layout["forward_close"])]
        return self._hanging("", block.lines, limit)

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
            opened = self.vault.open_text(paragraph)
            found.extend(fill(opened, limit - columns, east_asian=wide))
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
