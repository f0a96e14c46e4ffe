"""The HTML part of a mail: the same words, one column, readable at 320 px, light and dark."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from pipeline.notifications.blocks import Block, BlockKind, Line
from pipeline.notifications.seal import Vault, has_value
from pipeline.notifications.unbroken import is_moment, moment, unbroken
from pipeline.notifications.words import Words

# Colours of text are left to the mail program, so that light and dark both have their own contrast.
# The tables around the text are for Outlook, whose Word engine knows no max-width.
_PAGE = (
    '<!DOCTYPE html>\n<html lang="{lang}" dir="ltr">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n'
    '<meta name="supported-color-schemes" content="light dark">\n'
    # programs that make links of numbers and dates by themselves make none of what is no number
    '<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">\n'
    "<title>{title}</title>\n<style>{style}</style>\n</head>\n"
    '<body style="margin:0;padding:0">\n{preheader}'
    '<table role="presentation" width="100%" style="width:100%;{wrapper}">\n'
    '<tr><td align="center">\n'
    '<table role="presentation" width="600" style="width:600px;max-width:100%;{wrapper}">\n'
    '<tr><td style="padding:16px;text-align:left;font-family:{fonts};font-size:16px;'
    'line-height:1.6;overflow-wrap:anywhere;word-break:{breaks}">\n{body}\n</td></tr>\n</table>\n'
    "</td></tr>\n</table>\n</body>\n</html>\n"
)
# A rule that hides a class would make our table doubtful where a reply quotes it: so the heads of
# columns have no height instead.
_STYLE = (
    ":root{color-scheme:light dark}"
    "@media (prefers-color-scheme:dark){.act{border-color:#6cb1ff!important}a{color:#6cb1ff} }"
    "@media (max-width:480px){.facts th,.facts td,.rows td{display:block;width:auto!important}"
    ".rows th{display:block;height:0;overflow:hidden;padding:0!important;border:0!important}"
    ".rows td+td{border-top:0!important}"
    ".rows .head{display:inline!important}"
    # a label belongs to what stands below it; a cell with nothing in it has no height
    ".facts th{padding-bottom:0!important}.facts td{padding-top:0!important}"
    ".facts td{padding-bottom:.6em!important}.act strong{white-space:normal!important}"
    ".rows td:empty{padding:0!important;border-bottom:0!important} }"
    # where one is made all the same, it looks like the words around it
    "a[x-apple-data-detectors]{color:inherit!important;text-decoration:none!important}"
    "@media (min-width:601px){.act th{white-space:nowrap} }"
    "@media (max-width:400px){.whole{font-size:.95em} }"
)
_WRAPPER = "border-collapse:collapse;mso-table-lspace:0;mso-table-rspace:0"
_HIDDEN = "display:none;max-height:0;overflow:hidden;mso-hide:all"
_SHOWN_BY_AN_INBOX = 150
#: So many sentences of templates are kept as HTML.
_SENTENCES = 2048
_FONTS = "system-ui,-apple-system,'Segoe UI',Arial,sans-serif"
_EAST_ASIAN_FONTS = "'Hiragino Sans','BIZ UDPGothic','Yu Gothic',Meiryo,'Noto Sans JP',sans-serif"
# Breaks between phrases where the program knows how (CSS Text 4); the others keep the first value.
_EAST_ASIAN_BREAKS = "normal;word-break:auto-phrase"
_PARAGRAPH = "margin:0 0 1em"
_HEADING = "font-size:1.1em;line-height:1.4;margin:1.5em 0 .4em"
_LIST = "margin:0 0 1em;padding-left:1.5em"
_ITEM = "margin:0 0 .5em"
# In quirks mode, and in Word, a table does not take over the height of lines.
_TABLE = f"{_WRAPPER};line-height:1.6;margin:0 0 1em"
_LABEL = "text-align:left;vertical-align:top;white-space:nowrap;padding:0 .8em .25em 0"
_VALUE = "vertical-align:top;padding:0 0 .25em"
_ACT = f"{_WRAPPER};line-height:1.6;border-left:4px solid #005fb8;margin:0 0 1em"
_ACT_LABEL = (
    "text-align:left;vertical-align:top;font-weight:normal;padding:.25em .8em .25em 12px;"
    "overflow-wrap:break-word"
)
_ACT_VALUE = "vertical-align:top;padding:.25em 0 .25em 12px;font-size:1.125em"
_CELL = (
    "border:1px solid #767676;text-align:left;vertical-align:top;padding:6px 8px;"
    "overflow-wrap:break-word"
)
_LAST_COLUMN = 44  # percent of the table
_LABEL_WIDTH = 160
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

    def page(self, title: str, preheader: str, parts: tuple[tuple[Block, ...], ...]) -> str:
        """Return the whole document; the last of ``parts`` is the signature."""
        written = [self._blocks(part) for part in parts]
        signature = f'<div style="{_SIGNATURE}">\n{written[-1]}\n</div>'
        return _PAGE.format(
            lang=self.words.language,
            title=html.escape(self.vault.open_line(title)),
            style=_STYLE,
            wrapper=f"table-layout:fixed;{_WRAPPER}",
            preheader=self._preheader(preheader),
            fonts=_EAST_ASIAN_FONTS if self._east_asian else _FONTS,
            breaks=_EAST_ASIAN_BREAKS if self._east_asian else "normal",
            body="\n".join([*filter(None, written[:-1]), signature]),
        )

    def _preheader(self, preheader: str) -> str:
        """Return what an inbox shows, filled up so that nothing of the letter runs into it."""
        text = self.vault.open_line(preheader)
        if not text:
            return ""
        filled = "&#847;&zwnj;&nbsp;" * max(1, (_SHOWN_BY_AN_INBOX - len(text)) // 3)
        return f'<div style="{_HIDDEN}">{html.escape(text)}&#8203;&nbsp;{filled}</div>\n'

    def _blocks(self, blocks: tuple[Block, ...]) -> str:
        pieces: list[str] = []
        for kind, group in groupby(blocks, key=_group):
            run = tuple(group)
            if kind in {"ol", "ul"}:
                items = "\n".join(self._kept(block, self._item) for block in run)
                pieces.append(f'<{kind} style="{_LIST}">\n{items}\n</{kind}>')
            else:
                pieces.extend(self._kept(block, self._block) for block in run)
        return "\n".join(pieces)

    def _kept(self, block: Block, write: Callable[[Block], str]) -> str:
        return block.kept("html", self.words.language, write)

    def _item(self, block: Block) -> str:
        return f'<li style="{_ITEM}">{self._lines(block.lines)}</li>'

    def _block(self, block: Block) -> str:
        if block.kind is BlockKind.HEADING:
            return f'<h2 style="{_HEADING}">{self._lines(block.lines)}</h2>'
        if block.kind is BlockKind.FACTS:
            return self._facts(block)
        if block.kind is BlockKind.ACT:
            return self._act(block)
        if block.kind is BlockKind.TABLE:
            return self._table(block)
        if block.kind is BlockKind.FORWARD:
            title = self._open(block.title)
            inner = self._blocks(block.blocks)
            head = f'<h3 style="{_HEADING};margin-top:0">{title}</h3>'
            return f'<div style="{_BOX}">\n{head}\n{inner}\n</div>'
        return f'<p style="{_PARAGRAPH}">{self._lines(block.lines)}</p>'

    def _facts(self, block: Block) -> str:
        rows = [
            f'<tr><th scope="row" width="{_LABEL_WIDTH}" style="{_LABEL}">'
            f"{self.vault.open_html(fact.label)}</th>"
            f'<td style="{_VALUE}">{"<br>".join(map(self._open, fact.values))}</td></tr>'
            for fact in block.facts
        ]
        return f'<table class="facts" style="{_TABLE}">\n' + "\n".join(rows) + "\n</table>"

    def _act(self, block: Block) -> str:
        """Return what is asked of the reader as a block of its own, each value strong."""
        rows = [
            f'<tr><th scope="row" style="{_ACT_LABEL}">{self._open(fact.label)}</th>'
            f'<td style="{_ACT_VALUE}">{"<br>".join(map(self._strong, fact.values))}</td></tr>'
            for fact in block.facts
        ]
        return f'<table class="facts act" style="{_ACT}">\n' + "\n".join(rows) + "\n</table>"

    def _strong(self, value: str) -> str:
        """Return a deadline, or a word to reply with: a word of the template is kept whole."""
        whole = "" if has_value(value) else ' style="white-space:nowrap"'
        return f"<strong{whole}>{self._open(value)}</strong>"

    def _table(self, block: Block) -> str:
        """Return a table whose rows are blocks with their labels where the screen is narrow."""
        heads, *body = block.rows
        share = (100 - _LAST_COLUMN) // max(1, len(heads) - 1)
        widths = (*(share for _ in heads[1:]), _LAST_COLUMN)
        columns = "".join(
            f'<th scope="col" width="{width}%" style="{_CELL}">{self._open(head)}</th>'
            for width, head in zip(widths, heads, strict=True)
        )
        rows = (
            "\n".join(
                f'<td style="{_CELL}">{self._head(head) if index and cell else ""}'
                f"{self._open(cell)}</td>"
                for index, (head, cell) in enumerate(zip(heads, cells, strict=True))
            )
            for cells in body
        )
        lines = "\n".join(f"<tr>{row}</tr>" for row in (columns, *rows))
        return f'<table class="rows" width="100%" style="{_TABLE}">\n{lines}\n</table>'

    def _head(self, head: str) -> str:
        """Return the label of a cell, which Outlook must never show (it knows no ``::before``)."""
        label = self.words.text("layout", "cell").format(head=self._open(head), cell="")
        return f'<span class="head" style="display:none;mso-hide:all">{label}</span>\n'

    def _open(self, source: str) -> str:
        """Return ``source`` as HTML that is broken where a reader expects it."""
        if not has_value(source):
            return _of_template(source)
        return _broken(self.vault.open_html(source))

    def _lines(self, lines: tuple[Line, ...]) -> str:
        """Return the lines as running text.

        A sentence of Japanese begins on its own line, and what follows a line that is a date.
        """
        ends = self.words.text("layout", "sentence_ends")
        text = ""
        for line, following in zip(lines, (*lines[1:], None), strict=True):
            text += self._open(line.text)
            if following is None:
                break
            if line.hard or (ends and self._ends(line.text, tuple(ends))):
                text += "<br>\n"
            elif not self._east_asian or _are_latin(line.text, following.text):
                text += " "
        return text

    def _ends(self, source: str, ends: tuple[str, ...]) -> bool:
        """Return whether the next line begins anew after ``source``: a sentence, or a date."""
        page = self.vault.open_html(source)
        return page.endswith(ends) or is_moment(page)


def _broken(page: str) -> str:
    return moment(page) if is_moment(page) else unbroken(page)


@lru_cache(maxsize=_SENTENCES)
def _of_template(source: str) -> str:
    """Return words of a template, without a value in them, as HTML."""
    return _broken(html.escape(source))


def _group(block: Block) -> str:
    if block.kind is BlockKind.ITEM:
        return "ol" if block.number else "ul"
    return "block"


def _are_latin(left: str, right: str) -> bool:
    """Return whether a line break between the two stands for a blank."""
    return left[-1:].isascii() and right[:1].isascii()
