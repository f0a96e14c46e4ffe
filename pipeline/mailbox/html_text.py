"""HTML to plain text with the standard library: the words, their lines, and quotes marked."""

import re
from html.parser import HTMLParser

_CAP = 1 << 20
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 "
        "h6 header hr li main nav ol p pre section table tbody tfoot thead tr ul",
    )
)
_HIDDEN = frozenset({"script", "style", "head", "title", "template", "noscript", "object"})
_DECLARATION = re.compile(r"<!\[[^>]{0,200}>")
_OPEN_TAG = re.compile(r"<(?![^<>]{0,20000}>)")
"""A tag that never ends: the parser would look for its end again and again."""
_TAG = re.compile(r"<[^<>]{0,2000}>")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._line: list[str] = []
        self._hidden = 0
        self._quotes = 0
        self._literal = 0

    def handle_starttag(
        self,
        tag: str,
        attrs: list[tuple[str, str | None]],  # noqa: ARG002 - the parser's own signature
    ) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "body":
            self._hidden = 0  # a head that was never closed
        elif tag == "br":
            self.end_line(always=True)
        elif tag in {"td", "th"} and self._line:
            self._line.append("\t")
        elif tag in _BLOCKS:
            self.end_line()
            if tag == "blockquote":
                self._quotes += 1
            elif tag == "pre":
                self._literal += 1
            elif tag == "li":
                self._line.append("- ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self.end_line()
            if tag == "blockquote":
                self._quotes = max(0, self._quotes - 1)
            elif tag == "pre":
                self._literal = max(0, self._literal - 1)
            elif tag == "p":
                self.end_line(always=True)

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
        reader.end_line()
        text = "\n".join(reader.lines)
    except AssertionError:  # the parser's own way to give up on a declaration
        text = _TAG.sub(" ", source)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")
