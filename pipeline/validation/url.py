"""Read the address of a web site."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from pipeline.forms.definitions.definition import Question
from pipeline.validation.characters import clean, damaged, fold, squeeze, utf16_length
from pipeline.validation.reading import Hints, Read, ask, ok, reject
from pipeline.validation.scripts import (
    is_host_like,
    is_idna,
    is_known_top,
    is_private,
    is_reserved,
    strange_in_host,
)

_MARKDOWN = re.compile(r"\[([^\]]*)\]\((\S+)\)")
#: A label before the address: URL: https://…, HP：www.…
_LABEL = re.compile(
    r"(?!https?\s?:|ftp|file|mailto|tel|data|javascript|vbscript|about)[^\W\d_][\w -]{0,20}"
    r"\s?[:：]\s*(?=(?:https?://|www\.)\S)",
    re.IGNORECASE,
)
_SITE_LABELS = frozenset(
    "url|web|website|web site|webseite|site|homepage|home page|hp|www|link|address|adresse|internet"  # noqa: SIM905 - a list of words
    "|ホームページ|サイト|ウェブサイト|webサイト|ウェブ|公式サイト|会社hp|アドレス|网址|网站"
    "|홈페이지|sitio web"
    "|sito|sito web|site web|page|our site|our website|company website".split("|")
)
_OVERRIDES = re.compile("\u202e")
_SCHEME = re.compile(
    r"^(?:h{0,2}t{1,3}p{1,2}s?|hp{1,2}ts?)(?:[:;][/\\]*|[/\\]{2,})(?=[^\s/\\])", re.IGNORECASE
)
_ANY_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:(?!\d{1,5}(?:/|$))", re.IGNORECASE)
_IN_TEXT = re.compile(r"https?://[^\s<>\"'()\[\]、。，]+", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@/]+@[^\s@/]+\.[^\s@/]+")
_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{1,62}")
_COMMA_FOR_DOT = re.compile(r"(?:https?://)?[\w.-]+,[a-z]{2,}(?:/\S*)?", re.IGNORECASE)
_USUAL_PORTS = {None, 80, 443}


def read_url(text: str, question: Question, hints: Hints) -> Read:  # noqa: ARG001, PLR0911 - one shape; a return for each outcome
    """Return the address with its scheme; only public http and https sites are good."""
    if damaged(text):
        return ask(None, "damaged_chars", chars=damaged(text))
    whole, notes = clean(text)
    plain = squeeze(whole)
    if _OVERRIDES.search(text):
        return ask(None, "unreadable")  # drawn in another order than it is stored
    marked = _MARKDOWN.fullmatch(plain)
    if marked:
        label, plain = marked.group(1), marked.group(2)
        named = _read(label).value if is_host_like(_bare_host(label)) else None
        if named and _bare_host(named) != _bare_host(plain):
            return ask(None, "two_values", a=label, b=plain)
        notes = (*notes, "markdown")
    labelled = _LABEL.match(plain)
    if labelled:
        named, plain = fold(labelled.group()).strip(" :"), plain[labelled.end() :]
        if named not in _SITE_LABELS and (meant := _read(plain).value):
            return ask(meant, "confirm_value", value=meant)
        notes = (*notes, "words_ignored")
    if plain.endswith("?") and (meant := _read(plain.rstrip("?")).value):
        return ask(meant, "confirm_value", value=meant)
    plain = plain.strip("<>()\"'、。, 「」『』【】《》").replace("。", ".")
    if _EMAIL.fullmatch(plain):
        return ask(None, "url")
    if " " in plain or "、" in plain:
        return _inside(plain).noted(*notes)
    if question.maximum and utf16_length(plain) > question.maximum:
        return reject("too_long", n=question.maximum, m=utf16_length(plain))
    if _COMMA_FOR_DOT.fullmatch(plain) and (meant := _read(plain.replace(",", ".", 1)).value):
        return ask(meant, "confirm_value", value=meant).noted(*notes)
    return _read(plain).noted(*notes)


def _inside(text: str) -> Read:
    """Return the one address within other words, as a question."""
    found = [address.rstrip(".,;") for address in _IN_TEXT.findall(text)]
    found = list(dict.fromkeys(found)) or _hosts_in(text)
    if len(found) > 1:
        return ask(None, "two_values", candidates=tuple(found), a=found[0], b=found[1])
    if found and (read := _read(found[0].rstrip(".,"))).value:
        return ask(read.value, "confirm_value", value=str(read.value))
    return reject("url")


def _hosts_in(text: str) -> list[str]:
    """Return the different names of hosts among the words of ``text``."""
    words = [word.strip(",;:()\"'").rstrip(".") for word in re.split(r"[\s/、|]+", text)]
    if len(words) == 2 and not re.match(r"\S+[:：]\s", text) and not is_host_like(words[0]):  # noqa: PLR2004 - a blank in the name
        return []
    return list(dict.fromkeys(word for word in words if is_host_like(word)))


def _bare_host(text: str) -> str:
    """Return the host of an address without ``www.``, in lower case."""
    rest = text.partition("://")[2] or text
    return re.split(r"[/?#:]", rest.lower(), maxsplit=1)[0].removeprefix("www.")


def _read(plain: str) -> Read:  # noqa: PLR0911 - a return for each outcome
    notes: tuple[str, ...] = ()
    scheme = _SCHEME.match(plain)
    if scheme:
        kind = "https" if "s" in scheme.group().lower() else "http"
        rest = plain[scheme.end() :]
        while again := _SCHEME.match(rest):
            kind = "https" if "s" in again.group().lower() else "http"
            rest = rest[again.end() :]
        repaired = f"{kind}://{rest}"
        notes = () if repaired == plain else ("scheme",)
    elif _ANY_SCHEME.match(plain):
        return reject("url")
    else:
        repaired, notes = f"https://{plain.lstrip('/')}", ("scheme",)
    try:
        parts = urlsplit(repaired)
        port = parts.port
    except ValueError:
        return reject("url")
    host = (parts.hostname or "").rstrip(".")
    if not _is_public(host) or parts.username is not None:
        return reject("url")
    value = _rebuilt(parts, host, port)
    mixed = strange_in_host(host)
    if mixed:
        return ask(None, "lookalike", chars=mixed)
    if not is_idna(host):
        return reject("url")
    if re.search(r"[<>\"^`{|}]", repaired) or not is_known_top(host) or is_reserved(host):
        return ask(value, "confirm_value", value=value).noted(*notes)
    if port not in _USUAL_PORTS:
        return ask(value, "confirm_value", value=value).noted(*notes)
    return ok(value, *notes)


def _rebuilt(parts: SplitResult, host: str, port: int | None) -> str:
    """Return the address with its host in lower case."""
    netloc = host if port is None else f"{host}:{port}"
    return parts._replace(netloc=netloc).geturl()


def _is_public(host: str) -> bool:
    """Return whether ``host`` can be a name of the public web."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return False
    return bool(_HOST.fullmatch(host)) and not is_private(host)
