"""What is written around a number: links, remarks, extensions, a second number, floats."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

_SCHEMES = re.compile(
    r"^(?:tel|callto|sms|smsto|mobile|phone|facetime(?:-audio)?|skype|im):(?://)?(?=[+\d(%])",
    re.IGNORECASE,
)
_CONTEXT = re.compile(r";phone-context=(\+\d[\d.()-]*)", re.IGNORECASE)
#: Parameters of a tel URI that change nothing about the number (RFC 3966, 5.3), and Skype's.
_PARAMETERS = re.compile(r"(?:;(?!ext=|postd=)[a-z][a-z\d-]{0,30}(?:=[^;]*)?)+$", re.IGNORECASE)
#: RFC 3261, 19.1.6: the user part of a SIP URI may be a telephone number.
_SIP = re.compile(r"^sips?:([+\d%][^@;]{0,40})(?:;[^@]*)?@[^@\s]*$", re.IGNORECASE)
#: Brazil writes "any carrier" as 0XX before the area code (Anatel).
_ANY_CARRIER = re.compile(r"(?<!\d)0[xX]{2}(?=[\s()-]{0,3}\d{2}[\s()-]{0,3}9?\d{4}[\s-]?\d{4}\D*$)")
_CHAT_HOSTS = frozenset(
    {"send", "wa.me", "www.wa.me", "api.whatsapp.com", "web.whatsapp.com", "chat.whatsapp.com"}
)
#: Links of other programs that carry the number: scheme, host, parameter.
_OTHER_CHATS = {("viber", "chat"): "number", ("viber", "add"): "number"}

_LINK = re.compile(r"^(?:[a-z][a-z0-9+.-]*://|www\.|wa\.me/|api\.whatsapp\.com/)", re.IGNORECASE)
_EXTENSION = re.compile(
    r"[\s,;(（-]*(?:;ext=|\bext(?:ension|n)?(?![a-z])\.?|(?:\b|(?<=\d{4}))x(?=\.?\s?\d)|内線?(?:番号)?|分机|分機|내선|\bramal\b"
    r"|\bd\.?w\.?(?=\s?\d)|\bdurchwahl\b|\bklappe\b|\bposte\b|\banexo\b|\binterno\b|\btoestel\b|\bint\b\.?|доб(?:авочный)?\.?"
    r"|#)\s*[:：.=]?\s*(\d{1,7})[\s)）#]*$",
    re.IGNORECASE,
)
#: A word within digits, and what follows it: App. 12, wew. 12, p44.
_WORD_INSIDE = re.compile(r"(?<=[\d)\s,;])[\s,;(]*[^\W\d_]+[.:]?[^\W\d_]*[\s:]*(?=\d)")
_FLOAT = re.compile(r"(\d{5,})[.,]0{1,2}")
_LOOSE_FLOAT = re.compile(r"(.*\d)\.0")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?e\+?(\d{1,3})", re.IGNORECASE)
_SEPARATORS = re.compile(
    r"[,;、，；|\n]|\s/\s|／|\b(?:or|oder|ou|and|und|et|y|e)\b|または|又は|もしくは|及び|および|或者|或いは|和|(?<=\d)と(?=\d)|→|⇒|->|=>|(?<=\d)\s=\s|\bnew\b|新",
    re.IGNORECASE,
)
_FAX = re.compile(r"\bfax\b|ファックス|ファクス|ﾌｧｯｸｽ|факс|传真|傳真|\btelefax\b|℻", re.IGNORECASE)
_MASKED = re.compile(
    r"\d[\s().-]*[*＊●○■□?xX×✕…]+(?![^\W\d_])|[*＊●○■□?×✕xX]{2,}[\s().-]*\d|\d-{4,}\d|\d-{3,}$"
)
_DATE = re.compile(r"(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?:[T\s].*)?")
_LIST_MARKS = re.compile(r"(?:^|(?<=\s))[1-9][).]\s+(?=[+(]?\d)")
_WORDS = re.compile(r"[^\W\d_]{2,}[.:]?")
_CUTS = re.compile(
    r"\s+(?:or|oder|ou|または|又は)\s+|[,;/~]\s*|\s+|-(?=\d{1,6}$|[+0])", re.IGNORECASE
)
_BRACKETS = re.compile(r"[()（）\[\]]")
_LONG_ENOUGH = 7


@dataclass(frozen=True, slots=True)
class Link:
    """A link: the digits of its chat address (with plus), or empty when it hides the number."""

    number: str


def unwrap(text: str) -> tuple[str, bool]:
    """Return ``text`` without ``tel:`` and its relatives, and whether there was one (RFC 3966)."""
    bare = text.strip("<> ")
    sip = _SIP.match(bare)
    if sip:
        return unquote(sip.group(1)), True
    inner = _SCHEMES.sub("", bare)
    if inner == bare:
        return bare if bare != text and "@" not in bare else text, False
    inner = inner.partition("?")[0]  # RFC 5724: what follows is the message
    if inner.count(":") == 1 and inner.rpartition(":")[0].lstrip("+").isdecimal():
        inner = inner.partition(":")[0]  # smsto:number:message, as QR codes have it
    context = _CONTEXT.search(inner)
    inner = _PARAMETERS.sub("", _CONTEXT.sub("", inner))
    inner = unquote(inner)
    if context and not inner.startswith("+"):
        inner = f"{context.group(1)} {inner}"
    return inner, True


def chat_link(text: str) -> Link | None:
    """Return what a link says, or None when ``text`` is no link."""
    if not _LINK.match(text):
        return None
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").lower()
    except ValueError:
        return Link("")
    other = _OTHER_CHATS.get((parts.scheme, host))
    if other:
        text = parse_qs(parts.query.replace("+", "%2B")).get(other, [""])[0]
        return Link(_plus(text))
    if host not in _CHAT_HOSTS or (host == "send" and parts.scheme != "whatsapp"):
        return Link("")
    digits = parse_qs(parts.query.replace("+", "%2B")).get("phone", [""])[0]
    if not digits:
        path = unquote(parts.path).strip("/").removeprefix("c/")
        digits = path if re.fullmatch(r"\+?[\d\s().-]{6,}", path) else ""
    return Link(_plus(digits))


def _plus(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return f"+{digits}" if digits else ""


def without_any_carrier(text: str) -> str:
    """Return ``text`` with Brazil's 0XX, which stands for any carrier, as its trunk zero."""
    return _ANY_CARRIER.sub("0", text)


def extension(text: str) -> tuple[str, str]:
    """Return ``text`` without its extension, and the extension's digits (empty: none)."""
    found = _EXTENSION.search(text)
    if not found or sum(character.isdigit() for character in text[: found.start()]) < _LONG_ENOUGH:
        return text, ""
    return text[: found.start()], found.group(1)


@dataclass(frozen=True, slots=True)
class Float:
    """A number that a spreadsheet or a script printed; ``exact`` is false when digits are lost."""

    digits: str
    exact: bool
    clean: bool = True


def as_float(text: str) -> Float | None:
    """Return the digits of ``819012345678.0`` or ``8.19012345678E+11``, or None."""
    whole = _FLOAT.fullmatch(text)
    if whole:
        return Float(whole.group(1), exact=True)
    scientific = _SCIENTIFIC.fullmatch(text.replace(" ", ""))
    if scientific:
        lead, rest, power = scientific.group(1), scientific.group(2) or "", int(scientific.group(3))
        whole_digits, fraction = rest[:power], rest[power:]
        exact = len(whole_digits) == power and not fraction.strip("0")
        return Float(lead + whole_digits, exact=exact)
    loose = _LOOSE_FLOAT.fullmatch(text)
    if loose and "." not in loose.group(1):
        return Float(loose.group(1), exact=True, clean=False)
    return None


def several(text: str) -> tuple[str, ...]:
    """Return the pieces of ``text`` that can each be a number: one, or several to choose from."""
    if len(_LIST_MARKS.findall(text)) > 1:
        text = _LIST_MARKS.sub("\n", text)
    for pieces in (
        [part for piece in _SEPARATORS.split(text) for part in _by_plus(piece.strip())],
        text.split("/"),
        _BRACKETS.split(text),
        _WORDS.split(text),
    ):
        long = tuple(piece.strip() for piece in pieces if _digits(piece) >= _LONG_ENOUGH)
        if len(long) > 1:
            return long
    return (text,)


def halves(text: str) -> tuple[tuple[str, str, str], ...]:
    """Return each way to cut ``text`` in two: before, what stands between, after."""
    return tuple(
        (text[: cut.start()], cut.group().strip(), text[cut.end() :])
        for cut in _CUTS.finditer(text)
        if _digits(text[: cut.start()]) >= _LONG_ENOUGH and _digits(text[cut.end() :])
    )


def before_word(text: str) -> tuple[str, str]:
    """Return ``text`` cut at the first word after a whole number: before it, and from it on."""
    for word in _WORD_INSIDE.finditer(text):
        if _digits(text[: word.start()]) >= _LONG_ENOUGH:
            return text[: word.start()], text[word.start() :]
    return text, ""


#: A remark with digits behind a whole number: a bracket, opening hours.
_REMARK = re.compile(
    r"[(（](?=[^()（）]*\d)[^()（）]*[)）]\s*$"
    r"|[\s,;]+\d{1,2}(?:[:.]\d\d)?\s?[-–]\s?\d{1,2}(?:[:.]\d\d)?\s?(?:(?:uhr|h|hrs|hours|am|pm)\b|時).*$",
    re.IGNORECASE,
)


def before_remark(text: str) -> tuple[str, str]:
    """Return ``text`` cut before a remark that has digits of its own."""
    found = _REMARK.search(text)
    if found and _digits(text[: found.start()]) >= _LONG_ENOUGH:
        return text[: found.start()], found.group()
    return text, ""


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _by_plus(piece: str) -> list[str]:
    """Split where a second plus begins another whole number."""
    parts = re.split(r"(?=\+)", piece)
    parts = [part for part in parts if part.strip()]
    if len(parts) > 1 and all(_digits(part) >= _LONG_ENOUGH for part in parts):
        return parts
    return [piece]


def is_fax(text: str) -> bool:
    """Return whether the words around the number call it a fax number."""
    return bool(_FAX.search(text))


def is_masked(text: str) -> bool:
    """Return whether digits are hidden (090-****-5678) or not readable (090-1234-567X)."""
    return bool(_MASKED.search(text))


def is_date(text: str) -> bool:
    """Return whether ``text`` is a date, year first."""
    return bool(_DATE.fullmatch(text.strip()))
