"""The HTML part of a mail: the same words, one column, readable at 320 px, light and dark."""

from dataclasses import dataclass
from itertools import groupby

from pipeline.notifications.blocks import Block, BlockKind, Line
from pipeline.notifications.seal import Vault
from pipeline.notifications.words import Words

# Colours are left to the mail program, so that light and dark both have their own contrast.
_PAGE = (
    '<!DOCTYPE html>\n<html lang="{lang}" dir="ltr">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n'
    '<meta name="supported-color-schemes" content="light dark">\n'
    "<title>{title}</title>\n"
    "<style>:root{{color-scheme:light dark}}"
    "@media (max-width:480px){{th,td{{display:block}} }}</style>\n</head>\n"
    '<body style="margin:0;padding:0">\n'
    '<div style="max-width:40em;margin:0 auto;padding:16px;font-family:{fonts};font-size:16px;'
    'line-height:1.6;overflow-wrap:anywhere;word-break:{breaks}">\n{body}\n</div>\n</body>\n</html>\n'
)
_FONTS = "system-ui,-apple-system,'Segoe UI',Arial,sans-serif"
_EAST_ASIAN_FONTS = "'Hiragino Sans','BIZ UDPGothic','Yu Gothic',Meiryo,'Noto Sans JP',sans-serif"
# Breaks between phrases where the program knows how (CSS Text 4); the others keep the first value.
_EAST_ASIAN_BREAKS = "normal;word-break:auto-phrase"
_PARAGRAPH = "margin:0 0 1em"
_HEADING = "font-size:1.1em;line-height:1.4;margin:1.5em 0 .4em"
_LIST = "margin:0 0 1em;padding-left:1.5em"
_ITEM = "margin:0 0 .5em"
_TABLE = "border-collapse:collapse;margin:0 0 1em"
_LABEL = "text-align:left;vertical-align:top;white-space:nowrap;padding:0 .8em .25em 0"
_VALUE = "vertical-align:top;padding:0 0 .25em"
_BOX = "border:1px solid #767676;border-radius:4px;padding:12px 16px 0;margin:0 0 1em"
_SIGNATURE = "border-top:1px solid #767676;margin-top:2em;padding-top:1em;font-size:.9em"


@dataclass(frozen=True)
class HtmlWriter:
    """Writes blocks as HTML with inline style, in the layout of one language."""

    words: Words
    vault: Vault

    @property
    def _east_asian(self) -> bool:
        return bool(self.words.section("layout").get("east_asian", False))

    def page(self, title: str, parts: tuple[tuple[Block, ...], ...]) -> str:
        """Return the whole document; the last of ``parts`` is the signature."""
        written = [self._blocks(part) for part in parts]
        signature = f'<div style="{_SIGNATURE}">\n{written[-1]}\n</div>'
        return _PAGE.format(
            lang=self.words.language,
            title=self.vault.open_html(title),
            fonts=_EAST_ASIAN_FONTS if self._east_asian else _FONTS,
            breaks=_EAST_ASIAN_BREAKS if self._east_asian else "normal",
            body="\n".join([*filter(None, written[:-1]), signature]),
        )

    def _blocks(self, blocks: tuple[Block, ...]) -> str:
        pieces: list[str] = []
        for kind, group in groupby(blocks, key=_group):
            run = tuple(group)
            if kind in {"ol", "ul"}:
                items = "\n".join(f'<li style="{_ITEM}">{self._lines(b.lines)}</li>' for b in run)
                pieces.append(f'<{kind} style="{_LIST}">\n{items}\n</{kind}>')
            else:
                pieces.extend(map(self._block, run))
        return "\n".join(pieces)

    def _block(self, block: Block) -> str:
        if block.kind is BlockKind.HEADING:
            return f'<h2 style="{_HEADING}">{self._lines(block.lines)}</h2>'
        if block.kind is BlockKind.FACTS:
            return self._facts(block)
        if block.kind is BlockKind.FORWARD:
            title = self.vault.open_html(block.title)
            inner = self._blocks(block.blocks)
            head = f'<h3 style="{_HEADING};margin-top:0">{title}</h3>'
            return f'<div style="{_BOX}">\n{head}\n{inner}\n</div>'
        return f'<p style="{_PARAGRAPH}">{self._lines(block.lines)}</p>'

    def _facts(self, block: Block) -> str:
        rows = [
            f'<tr><th scope="row" style="{_LABEL}">{self.vault.open_html(fact.label)}</th>'
            f'<td style="{_VALUE}">{"<br>".join(map(self.vault.open_html, fact.values))}</td></tr>'
            for fact in block.facts
        ]
        return f'<table style="{_TABLE}">\n' + "\n".join(rows) + "\n</table>"

    def _lines(self, lines: tuple[Line, ...]) -> str:
        """Return the lines as running text; a sentence of Japanese begins on its own line."""
        ends = self.words.text("layout", "sentence_ends")
        text = ""
        for line, following in zip(lines, (*lines[1:], None), strict=True):
            text += self.vault.open_html(line.text)
            if following is None:
                break
            if line.hard or (ends and line.text.endswith(tuple(ends))):
                text += "<br>\n"
            elif not self._east_asian or _are_latin(line.text, following.text):
                text += " "
        return text


def _group(block: Block) -> str:
    if block.kind is BlockKind.ITEM:
        return "ol" if block.number else "ul"
    return "block"


def _are_latin(left: str, right: str) -> bool:
    """Return whether a line break between the two stands for a blank."""
    return left[-1:].isascii() and right[:1].isascii()
