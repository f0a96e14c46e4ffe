"""Bodies to plain text: HTML with the standard library, flowed text as RFC 3676 folds it."""

import re
from collections import Counter
from html.parser import HTMLParser

_CAP = 1 << 20
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 "
        "h6 header hr li main nav ol p pre section table tbody tfoot thead tr ul",
    )
)
_HOLDERS = frozenset({"blockquote", "div", "section", "table"})
_LONGEST_NAME = 500
_HIDDEN = frozenset({"script", "style", "head", "title", "template", "noscript", "object"})
_DECLARATION = re.compile(r"<!\[[^>]{0,200}>")
_OPEN_TAG = re.compile(r"<(?![^<>]{0,20000}>)")
"""A tag that never ends: the parser would look for its end again and again."""
_TAG = re.compile(r"<[^<>]{0,2000}>")
_QUOTED = re.compile(r">*")
#: What mail programs call an element that holds what they quote, and what they draw beside it.
_QUOTE_NAME = re.compile(
    r"(?:\A|[\s_-])(?:blockquote|quote|quoted|cite|zmail_extra|reference-message)(?![A-Za-z])",
    re.IGNORECASE,
)
_QUOTE_BESIDE = re.compile(
    r"border-left(?:-width)?\s*:(?!\s*(?:none|0(?![.\d])))[^;]{0,80}?(?:solid|\d)", re.IGNORECASE
)
#: What Gmail puts around its quotes; people also answer in it, between them and below.
_AROUND_QUOTES = re.compile(r"(?:\A|\s)gmail_quote(?![A-Za-z])")
_INDENTED = re.compile(r"border(?:-width)?\s*:\s*(?:none|0)", re.IGNORECASE)
_RULE_ABOVE = re.compile(r"border-top\s*:[^;]{0,40}solid", re.IGNORECASE)
_RULE = "_" * 32
_SIGNATURE = "-- "
#: What a person struck through, in the tags of HTML and in styles.
_STRUCK_TAGS = frozenset({"s", "strike", "del"})
_STRUCK_STYLE = re.compile(r"text-decoration(?:-line)?\s*:[^;]{0,80}line-through", re.IGNORECASE)
_STRIKE = "~~"
#: HTML that says what its plain text cannot: something struck through, a box to tick.
_SAYS_MORE = re.compile(
    r"<(?:s|strike|del)[\s>]|line-through|<input[^<>]{0,200}checkbox", re.IGNORECASE
)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._line: list[str] = []
        self._hidden = 0
        # the open elements that can hold a quote, and whether each does; of those around quotes
        # also where they begin, and how many quotes there were before
        self._holders: list[tuple[str, bool]] = []
        self._around: dict[int, tuple[int, int]] = {}
        self._begun = 0
        self._opened: Counter[str] = Counter()
        self._quotes = 0
        self._literal = 0
        # the open elements whose text is struck through, with how many of their kind are within
        self._struck: list[list[str | int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "body":
            self._hidden = 0  # a head that was never closed
        elif tag == "br":
            self.end_line(always=True)
        elif tag in {"td", "th"} and self._line:
            self._line.append("\t")
        elif tag == "input":
            self._draw_box(dict(attrs))
        elif tag in _BLOCKS:
            self.end_line()
            if tag in _HOLDERS:
                self._open(tag, dict(attrs))
            elif tag == "pre":
                self._literal += 1
            elif tag == "li":
                self._line.append("- ")
            elif tag == "hr":
                self._draw_rule()
        self._begin_strike(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._end_strike(tag)
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self.end_line()
            if tag in _HOLDERS:
                self._close(tag)
            elif tag == "pre":
                self._literal = max(0, self._literal - 1)
            elif tag == "p":
                self.end_line(always=True)

    def _begin_strike(self, tag: str, attributes: dict[str, str | None]) -> None:
        """Mark where text that is struck through begins, as writers of plain text do."""
        if tag in _STRUCK_TAGS or _STRUCK_STYLE.search(attributes.get("style") or ""):
            self._struck.append([tag, 0])
            self._line.append(_STRIKE)
        elif self._struck and self._struck[-1][0] == tag:
            self._struck[-1][1] = int(self._struck[-1][1]) + 1

    def _end_strike(self, tag: str) -> None:
        if not self._struck or self._struck[-1][0] != tag:
            return
        if self._struck[-1][1]:
            self._struck[-1][1] = int(self._struck[-1][1]) - 1
        else:
            self._struck.pop()
            self._line.append(_STRIKE)

    def _draw_box(self, attributes: dict[str, str | None]) -> None:
        if (attributes.get("type") or "").lower() == "checkbox":
            self._line.append("☑ " if "checked" in attributes else "☐ ")

    def _open(self, tag: str, attributes: dict[str, str | None]) -> None:
        style = attributes.get("style") or ""
        if tag == "table" and any(self.lines[-1:]):
            self.end_line(always=True)  # no line of the text before it goes on in a table
        if _RULE_ABOVE.search(style):
            self._draw_rule()
        quotes = _is_quote(tag, attributes)
        if quotes and tag == "div" and _AROUND_QUOTES.search(attributes.get("class") or ""):
            self._around[len(self._holders)] = len(self.lines), self._begun
            quotes = False
        self._begun += quotes
        self._quotes += quotes
        self._holders.append((tag, quotes))
        self._opened[tag] += 1

    def _close(self, tag: str) -> None:
        """Close the innermost open ``tag``, and what was left open in it."""
        if not self._opened[tag]:
            return
        closed = ""
        while closed != tag:
            closed, quotes = self._holders.pop()
            self._quotes -= quotes
            self._opened[closed] -= 1
            start, before = self._around.pop(len(self._holders), (0, -1))
            if self._begun == before:  # no quote in it: a mail that is forwarded, or bare
                self._begun += 1
                self.lines[start:] = [f"> {line}".rstrip() for line in self.lines[start:]]

    def finish(self) -> str:
        """Close what is open and return the text."""
        self.end_line()
        for tag, _ in self._holders[:1]:
            while self._opened[tag]:
                self._close(tag)
        return "\n".join(self.lines)

    def _draw_rule(self) -> None:
        """Draw the line that programs put above a mail, as their plain text has it."""
        if self.lines:
            self._line.append(_RULE)
            self.end_line()

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._literal:
            first, *rest = data.split("\n")
            self._line.append(first)
            for line in rest:
                self.end_line(always=True)
                self._line.append(line)
            return
        text = re.sub(r"[ \t\r\n\f\u00a0]+", " ", data)
        if text.strip() or self._line:
            self._line.append(text)

    def end_line(self, *, always: bool = False) -> None:
        text = "".join(self._line)
        text = text.rstrip() if self._literal else text.strip()
        self._line = []
        if text or always:
            self.lines.append(("> " * min(self._quotes, 5) + text).rstrip())


def _is_quote(tag: str, attributes: dict[str, str | None]) -> bool:
    """Whether an element holds what was quoted, and is not only indented."""
    style = attributes.get("style") or ""
    if _QUOTE_BESIDE.search(style):
        return True
    names = [attributes.get(name) or "" for name in ("class", "id", "name")]
    if any(_QUOTE_NAME.search(name[:_LONGEST_NAME]) for name in names):
        return True
    return tag == "blockquote" and ("type" in attributes or not _INDENTED.search(style))


def _without_comments(html: str) -> str:
    """Return ``html`` without its comments; one that never ends takes the rest with it."""
    found: list[str] = []
    end = 0
    while (start := html.find("<!--", end)) >= 0:
        found.append(html[end:start])
        close = html.find("-->", start + 4)
        if close < 0:
            return "".join(found)
        end = close + 3
    return "".join([*found, html[end:]])


def html_to_text(html: str) -> str:
    """Return the text of ``html``; block elements end a line, quoted blocks get ``>`` marks.

    Scripts, styles and the head are dropped. Reads one megabyte at most. Never raises.
    """
    source = _OPEN_TAG.sub("&lt;", _DECLARATION.sub("", _without_comments(html[:_CAP])))
    reader = _Reader()
    try:
        reader.feed(source)
        reader.close()
        text = reader.finish()
    except AssertionError:  # the parser's own way to give up on a declaration
        text = _TAG.sub(" ", source)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def says_more(html: str) -> bool:
    """Tell whether ``html`` shows what a plain text beside it leaves out, such as a strike."""
    return bool(_SAYS_MORE.search(html[:_CAP]))


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Return flowed ``text`` with each paragraph on one line, its quote marks before it.

    A line that ends in a blank goes on in the next one of the same quote depth; ``delete_space``
    (DelSp=yes) tells that this blank is none of the text. One blank that was stuffed in front goes;
    the mark of a signature is a line of its own (RFC 3676, 4).
    """
    found: list[str] = []
    pending: list[str] = []
    depth = 0
    for line in text.split("\n"):
        quoted = _QUOTED.match(line)
        here = quoted.end() if quoted else 0
        words = line[here:].removeprefix(" ")
        is_mark = words == _SIGNATURE
        if pending and (here != depth or is_mark):  # a paragraph that its writer did not end
            found.append(_paragraph(pending, depth))
            pending = []
        depth = here
        flows = words.endswith(" ") and not is_mark
        pending.append(words[:-1] if flows and delete_space else words)
        if not flows:
            found.append(_paragraph(pending, depth))
            pending = []
    if pending:
        found.append(_paragraph(pending, depth))
    return "\n".join(found)


def _paragraph(lines: list[str], depth: int) -> str:
    words = "".join(lines)
    return f"{'>' * depth} {words}" if depth else words
