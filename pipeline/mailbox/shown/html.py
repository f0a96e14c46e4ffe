"""Makes the HTML of a stranger's mail safe to show: no script, style, form, address or remote file.

ammonia (nh3) reads it as a browser does and writes it anew; what is done between its two runs
cannot bring anything back that the second one does not let through.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

#: Longer HTML is cut: no person wrote it.
_MOST_HTML = 400_000
_MOST_MARKUP = 30_000  # beginnings of tags
_MOST_SHOWN = 8_000_000  # with its pictures
_LONGEST_TARGET = 500
_MOST_PICTURES = 40
_TAGS = frozenset(
    re.findall(
        r"\w+",
        "abbr b bdi big blockquote br caption center cite code col colgroup dd del dfn div dl dt "
        "em figcaption figure h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q rp rt ruby s samp "
        "small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var wbr",
    )
)
#: Elements whose content no mail program shows as words.
_NOT_WORDS = frozenset(
    re.findall(r"\w+", "iframe math noscript object script style svg template title")
)
_SPANS = frozenset({"colspan", "rowspan"})
_ATTRIBUTES = {"td": _SPANS, "th": _SPANS, "ol": frozenset({"start"})}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,30})\s{0,5}:", re.IGNORECASE)
_MOST_SCHEMES = 200
#: Characters that turn or hide what stands beside them; entities are characters by then.
_TURNING = dict.fromkeys(
    [0x61C, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)],
    "\ufffd",
)
_JOINERS = (0x200C, 0x200D)  # emoji and some scripts need them
#: What hides words of a mail from its readers; here they are seen.
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE
)
#: What is no reference to a character, which takes ammonia long to read.
_NO_REFERENCE = re.compile(r"&(?!#[0-9]|#[xX][0-9A-Fa-f]|[A-Za-z])")
_ELEMENT = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})")
#: Elements whose end may be left out, or that have none.
_OPEN_ENDED = frozenset(
    re.findall(
        r"\w+",
        "area base body br col colgroup dd dt embed head hr html img input li link meta option p "
        "param rp rt source tbody td tfoot th thead tr wbr",
    )
)
#: So many elements may be open at once, and of one kind: every paragraph opens them again.
_DEEPEST, _MOST_OPEN = 1_000, 300
TARGET, LEFT_OUT = "link-target", "picture-left-out"

#: Returns a picture of the mail as a ``data:`` address that we made; empty: it cannot be shown.
PictureOf = Callable[[str], str]
#: Leaves out of words what is not to be shown.
Hide = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class SafeHtml:
    """HTML to show in a sandboxed frame.

    ``<span class="link-target">`` has where a link leads, ``<span class="picture-left-out">`` the
    alternative text of a picture that is not shown. ``remote`` counts pictures on other servers,
    ``left_out`` those of the mail itself that cannot be shown. ``hiding``: the mail hides words
    that are seen here. ``cut``: there is more.
    """

    html: str
    remote: int
    left_out: int
    hiding: bool
    cut: bool


def safe_html(source: str, picture_of: PictureOf, hide: Hide = str) -> SafeHtml | None:
    """Return the words, the tables and the own pictures of a mail's HTML; links lead nowhere.

    What stands in attributes and is shown (targets, alternative texts) is shown as ``hide`` has it.

    None for HTML of more markup than a person makes, or nested deeper: it takes too long to read.
    """
    import nh3  # noqa: PLC0415 - used when somebody looks at a mail

    whole = _NO_REFERENCE.sub("&amp;", source[:_MOST_HTML])
    if whole.count("<") > _MOST_MARKUP or _is_too_deep(whole):
        return None
    schemes = {name.lower() for name in _SCHEME.findall(whole)}
    tidy = nh3.clean(
        whole,
        tags={*_TAGS, "a", "img"},
        clean_content_tags=set(_NOT_WORDS),
        attributes={
            **{name: set(known) for name, known in _ATTRIBUTES.items()},
            "a": {"href"},
            "img": {"src", "alt"},
        },
        url_schemes=set(sorted(schemes)[:_MOST_SCHEMES]),
        link_rel=None,
    )
    writer = _Writer(picture_of, hide)
    writer.feed(tidy)
    writer.close()
    ours = frozenset(writer.pictures.values())
    shown = nh3.clean(
        "".join(writer.pieces),
        tags={*_TAGS, "img"},
        attributes={
            **{name: set(known) for name, known in _ATTRIBUTES.items()},
            "img": {"src", "alt"},
        },
        allowed_classes={"span": {TARGET, LEFT_OUT}},
        attribute_filter=lambda tag, name, value: (
            None if (tag, name) == ("img", "src") and value not in ours else value
        ),
        url_schemes={"data"},
        url_relative="deny",
        link_rel=None,
    )
    return SafeHtml(
        shown.translate({code: to for code, to in _TURNING.items() if code not in _JOINERS}),
        writer.remote,
        writer.left_out,
        hiding=bool(_HIDING.search(source)),
        cut=len(source) > _MOST_HTML or writer.is_full,
    )


def _is_too_deep(source: str) -> bool:
    """Whether more elements are left open than any mail program leaves."""
    still_open: Counter[str] = Counter()
    depth = 0
    for end, name in _ELEMENT.findall(source):
        kind = name.lower()
        if kind in _OPEN_ENDED:
            continue
        if not end:
            still_open[kind] += 1
            depth += 1
        elif still_open[kind]:
            still_open[kind] -= 1
            depth -= 1
        if depth > _DEEPEST or still_open[kind] > _MOST_OPEN:
            return True
    return False


class _Writer(HTMLParser):
    """Writes tidy HTML with the targets of links as words and with pictures that we made."""

    def __init__(self, picture_of: PictureOf, hide: Hide) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.pictures: dict[str, str] = {}
        self.remote = 0
        self.left_out = 0
        self._picture_of = picture_of
        self._hide = hide
        self._links: list[str | None] = []
        self._words: list[str] = []
        self._size = 0

    @property
    def is_full(self) -> bool:
        """Whether more was written than is shown."""
        return self._size > _MOST_SHOWN

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "a":
            self._links.append(attributes.get("href"))
            self._words.clear()
        elif tag == "img":
            self._write(self._picture(attributes))
        else:
            written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
            self._write(f"<{tag}{written}>")

    def handle_endtag(self, tag: str) -> None:
        if tag != "a":
            self._write(f"</{tag}>")
            return
        target = self._links.pop() if self._links else None
        words = "".join(self._words).strip()
        if target and target.strip() != words:
            self._write(_marked(TARGET, self._hide(target.strip())[:_LONGEST_TARGET]))

    def handle_data(self, data: str) -> None:
        if self._links:
            self._words.append(data)
        self._write(escape(data))

    def _write(self, piece: str) -> None:
        self._size += len(piece)
        if not self.is_full:
            self.pieces.append(piece)

    def _picture(self, attributes: Mapping[str, str]) -> str:
        source, words = attributes.get("src", "").strip(), self._hide(attributes.get("alt", ""))
        is_own = source.lower().startswith(("data:", "cid:"))
        if not is_own:
            self.remote += 1
            return _marked(LEFT_OUT, words)
        if source not in self.pictures and len(self.pictures) < _MOST_PICTURES:
            self.pictures[source] = self._picture_of(source)
        address = self.pictures.get(source, "")
        if not address:
            self.left_out += 1
            return _marked(LEFT_OUT, words)
        return f'<img src="{address}" alt="{escape(words)}">'


def _marked(name: str, words: str) -> str:
    return f'<span class="{name}">{escape(words)}</span>'
