"""Bodies to plain text: HTML with the standard library, flowed text as RFC 3676 folds it."""

import re
from collections import Counter
from html.parser import HTMLParser

_CAP = 1 << 20
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote caption center dd details div dl dt fieldset figcaption "
        "figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table "
        "tbody tfoot thead tr ul",
    )
)
_HOLDERS = frozenset({"blockquote", "div", "section", "table"})
_LONGEST_NAME = 500
_HIDDEN = frozenset(
    re.findall(r"\w+", "script style head title template noscript object select datalist button")
)
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
#: Text that no reader of the mail sees (CSS Display 2.6, Color 4), and text that he may not see:
#: it depends on what lies behind it, or on the program.
_UNSEEN = re.compile(
    r"(?<![\w-])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|opacity\s*:\s*(?:0|\.0|0\.0{1,4})(?![\d.]))",
    re.IGNORECASE,
)
_HARDLY_SEEN = re.compile(
    r"(?<![\w-])(?:mso-hide\s*:\s*all|max-height\s*:\s*0(?![\d.])|text-indent\s*:\s*-\d{3}"
    r"|(?:left|top|right)\s*:\s*-\d{3}|font-size\s*:\s*(?:0(?:\.\d{1,4})?|[12])(?:px|pt|(?![\w.%]))"
    r"|color\s*:\s*(?:white|transparent|#fff(?:fff)?|rgba?\(\s*255\s*,\s*255\s*,\s*255)(?!\w))",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(r"(?<![\w-])background", re.IGNORECASE)
_WHITE = re.compile(r"\s*(?:white|#?fff(?:fff)?)\s*\Z", re.IGNORECASE)
#: A style sheet, and the names of what a rule of it speaks of.
_STYLE_SHEET = re.compile(r"<style(?=[\s>])", re.IGNORECASE)
_STYLE_END = re.compile(r"</style", re.IGNORECASE)
_STYLE_NAME = re.compile(r"[.#][\w-]{1,80}")
#: Elements without an end: nothing stands in them.
_EMPTY_TAGS = frozenset(re.findall(r"\w+", "area base br col embed hr img input link meta wbr"))
#: HTML that says what its plain text cannot: something struck through or unseen, a box to tick.
_SAYS_MORE = re.compile(
    r"<(?:s|strike|del)[\s>]|line-through|<input[^<>]{0,200}(?:checkbox|radio)"
    r"|<[a-z][^<>]{0,300}\shidden[\s=>]|\scolor=[\"']?(?:white|#?fff(?:fff)?)[\"'\s>]"
    rf"|{_UNSEEN.pattern}|{_HARDLY_SEEN.pattern}",
    re.IGNORECASE,
)


class _Mark:
    """An open element whose text is struck through, doubtful to see, or not seen at all."""

    def __init__(self, tag: str, holders: int, *, unseen: bool) -> None:
        self.tag = tag
        self.holders = holders
        self.unseen = unseen
        self.within = 0  # how many of its kind are open in it


class _Reader(HTMLParser):
    def __init__(self, hidden_names: frozenset[str] = frozenset()) -> None:
        super().__init__(convert_charrefs=True)
        self._hidden_names = hidden_names
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
        self._marks: list[_Mark] = []
        self._unseen = 0

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
        elif tag == "q":
            self._line.append("“")
        self._begin_mark(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._end_mark(tag)
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
        elif tag == "q":
            self._line.append("”")

    def _begin_mark(self, tag: str, attributes: dict[str, str | None]) -> None:
        """Mark where text begins that is struck through, as writers of plain text do.

        What may be unseen is marked as that is: it shall not act. What is unseen is left out.
        """
        if self._marks and self._marks[-1].tag == tag:
            if tag != "p":  # a paragraph ends where the next one begins
                self._marks[-1].within += 1
                return
            self._pop_mark()
        if tag in _EMPTY_TAGS or tag in {"html", "body"}:
            return
        style = attributes.get("style") or ""
        unseen = "hidden" in attributes or bool(_UNSEEN.search(style))
        if unseen or tag in _STRUCK_TAGS or _STRUCK_STYLE.search(style) or self._fades(attributes):
            self._marks.append(_Mark(tag, len(self._holders), unseen=unseen))
            self._unseen += unseen
            if not unseen:
                self._line.append(_STRIKE)

    def _fades(self, attributes: dict[str, str | None]) -> bool:
        """Tell whether a reader may not see what stands in an element."""
        style = attributes.get("style") or ""
        names = {f".{name}" for name in (attributes.get("class") or "")[:_LONGEST_NAME].split()}
        if self._hidden_names & (names | {f"#{attributes.get('id')}"}):
            return True
        if _BACKGROUND.search(style) or "bgcolor" in attributes:
            return False
        return bool(_HARDLY_SEEN.search(style) or _WHITE.match(attributes.get("color") or ""))

    def _end_mark(self, tag: str) -> None:
        if not self._marks or self._marks[-1].tag != tag:
            return
        if self._marks[-1].within:
            self._marks[-1].within -= 1
        else:
            self._pop_mark()

    def _pop_mark(self) -> None:
        mark = self._marks.pop()
        self._unseen -= mark.unseen
        if not mark.unseen:
            self._line.append(_STRIKE)

    def _draw_box(self, attributes: dict[str, str | None]) -> None:
        if (attributes.get("type") or "").lower() in {"checkbox", "radio"} and not self._unseen:
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
            while self._marks and self._marks[-1].holders > len(self._holders):
                self._pop_mark()  # never closed itself
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
        if self._hidden or self._unseen:
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

    Scripts, styles, the head and what no reader sees are dropped. Reads one megabyte at most. Never
    raises.
    """
    source = _OPEN_TAG.sub("&lt;", _DECLARATION.sub("", _without_comments(html[:_CAP])))
    reader = _Reader(_hidden_names(html[:_CAP]))
    try:
        reader.feed(source)
        reader.close()
        text = reader.finish()
    except AssertionError:  # the parser's own way to give up on a declaration
        text = _TAG.sub(" ", source)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def _hidden_names(source: str) -> frozenset[str]:
    """Return the classes and names (".x", "#y") whose elements a style sheet may hide."""
    found: set[str] = set()
    for begun in _STYLE_SHEET.split(source)[1:]:
        for rule in _STYLE_END.split(begun, maxsplit=1)[0].split("}"):
            selectors, _, style = rule.rpartition("{")
            if _UNSEEN.search(style) or (
                _HARDLY_SEEN.search(style) and not _BACKGROUND.search(style)
            ):
                found.update(_STYLE_NAME.findall(selectors))
    return frozenset(found)


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
