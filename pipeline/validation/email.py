"""Read an e-mail address (RFC 5321, RFC 6531 for other scripts)."""

import re
import unicodedata
from dataclasses import replace
from difflib import get_close_matches

from email_validator import EmailNotValidError, validate_email

from pipeline.forms.definitions.definition import Question
from pipeline.model.problem import Severity, Verdict
from pipeline.validation.characters import clean, damaged, squeeze, takes_back
from pipeline.validation.reading import Finding, Hints, Read, ask, ok, reject
from pipeline.validation.remarks import is_doubted
from pipeline.validation.scripts import (
    disguised_letters,
    foreign_letters,
    is_idna,
    is_known_top,
    is_private,
    looks_latin,
    scripts_in,
    strange_in_host,
    unicode_host,
)

#: Domains where anybody can have an address: no proof of a company (the default list).
FREE_MAIL_DOMAINS = frozenset(
    "gmail.com|googlemail.com|outlook.com|outlook.jp|hotmail.com|hotmail.co.jp|live.com|live.jp"  # noqa: SIM905 - a list of words
    "|msn.com|yahoo.com|yahoo.co.jp|yahoo.co.uk|ymail.com|ymail.ne.jp|icloud.com|me.com|mac.com"
    "|aol.com|gmx.com|gmx.de|gmx.net|web.de|t-online.de|freenet.de|mail.com|mail.ru|yandex.ru"
    "|yandex.com|proton.me|protonmail.com|tutanota.com|zoho.com|orange.fr|free.fr|laposte.net"
    "|libero.it|qq.com|163.com|126.com|sina.com|naver.com|daum.net|hanmail.net|docomo.ne.jp"
    "|ezweb.ne.jp|au.com|softbank.ne.jp|i.softbank.jp|excite.co.jp|nifty.com|biglobe.ne.jp"
    "|ocn.ne.jp|so-net.ne.jp|rediffmail.com|uol.com.br|bol.com.br|terra.com.br".split("|")
)
_LONGEST = 320
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"|、，；/]+@[^\s<>()\[\],;:\"|、，；/]+")
#: What stands between a name and its address.
_BEFORE = (":", ";", ",", "-", "|")
#: Top-level domains that a slip may be meant for.
_USUAL_TOPS = ("com", "net", "org", "jp", "de", "uk", "fr", "info", "biz", "eu")
_CLOSE = 0.6
_SHORT_TOP = re.compile(r"\.[^.]$")
#: Japanese carriers once gave out addresses with dots that RFC 5321 forbids.
_DOTTED_CARRIERS = ("docomo.ne.jp", "ezweb.ne.jp", "au.com")
_DOTTED = re.compile(r"[\w.+?/-]+")
#: Slips of well-known domains: told, never changed.
_TYPOS = frozenset(
    "gmial.com|gmai.com|gmal.com|gamil.com|gmail.co|gmail.cm|gmail.con|hotmial.com|hotmai.com"  # noqa: SIM905 - a list of words
    "|hotmail.con|yaho.com|yahoo.con|yahoo.co|outlok.com|outlook.con|iclod.com|icloud.con".split(
        "|"
    )
)


def read_email(  # noqa: PLR0911 - a return for each outcome
    text: str,
    question: Question,  # noqa: ARG001 - one shape
    hints: Hints,  # noqa: ARG001 - one shape
) -> Read:
    """Return the address: the local part as written, the domain in lower case."""
    if damaged(text):
        return ask(None, "damaged_chars", chars=damaged(text))
    if len(text) > _LONGEST:
        return reject("too_long", n=_LONGEST, m=len(text))
    whole, notes = clean(text)
    plain = squeeze(whole).replace("。", ".").replace("｡", ".")
    if "://" in plain or "@" not in plain.replace("(at)", "@").replace("[at]", "@"):
        return reject("email_format")
    plain = plain.strip("「」『』【】《》")
    plain = re.sub(r"^mailto:", "", plain, flags=re.IGNORECASE)
    plain = re.sub(r"\[([^\]]*@[^\]]*)\]\(mailto:\1\)", r"\1", plain)
    if re.search(r"[/=]", plain.partition("@")[0]) and _is_valid(_canonical(plain)):
        whole_address = _canonical(plain)  # rare signs, but not the edge of another address
        return replace(
            ask(whole_address, "confirm_value", value=whole_address), literal=whole_address
        )
    found = [item.strip(".'`") for item in _ADDRESS.findall(plain)]
    distinct = list(dict.fromkeys(_canonical(item) for item in found))
    valid = [item for item in distinct if _is_valid(item)]
    if len(distinct) > 1 and len(distinct) >= plain.count("@"):
        return ask(None, "two_values", candidates=tuple(valid), a=distinct[0], b=distinct[1])
    if len(valid) == 1 and _stands_alone(plain, found[0]):
        read = _valid(valid[0]).noted(*notes, *_around(plain, found))
        if read.verdict is Verdict.OK and _is_doubted(plain, found[0]):
            return ask(valid[0], "confirm_value", value=valid[0])
        return read
    if distinct and _is_dotted_carrier(distinct[0]):
        return ask(distinct[0], "confirm_value", value=distinct[0])
    return _repaired(plain, valid).noted(*notes)


def _canonical(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def _is_valid(address: str) -> bool:
    if _SHORT_TOP.search(address):
        return False
    try:
        validate_email(address, check_deliverability=False, strict=True, test_environment=False)
    except EmailNotValidError:
        return address.endswith(("@example.com", ".test")) and _is_example(address)
    return True


def _is_example(address: str) -> bool:
    """Return whether only the reserved domain makes ``address`` refused."""
    try:
        validate_email(address, check_deliverability=False, strict=True, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def _is_doubted(text: str, address: str) -> bool:
    """Return whether the words around ``address`` may change it; a name before ``<`` does not."""
    before, _, after = text.partition(address)
    named = before.rstrip().endswith(("<", "(", "["))
    doubt = takes_back(before) if named else is_doubted(before)
    after = re.sub(r"^\s*([々\u3040-\u30ff\u3400-\u9fff]{1,8})\s*$", r"(\1)", after)  # 佐藤: a name
    return doubt or is_doubted(after.replace(address, " "), names=True)


def _stands_alone(text: str, address: str) -> bool:
    """Return whether nothing touches ``address`` that may belong to it: ``taro @example.com``."""
    before, _, after = text.partition(address)
    inside_brackets = before.rstrip().endswith(("<", "(", "["))
    return (
        inside_brackets
        or not before.strip()
        or (before.endswith((" ", ":", ";", "|")) and before.rstrip().endswith(_BEFORE))
        or "@" in before
    ) and not re.match(r",\s*\w|[:/?#]\w", after)


def _around(text: str, found: list[str]) -> tuple[str, ...]:
    if len(found) > 1:
        return ("same_twice",)
    return ("words_ignored",) if text.strip(". ") != found[0] else ()


def _valid(address: str) -> Read:  # noqa: PLR0911 - a return for each outcome
    """Return ``address``, or the question about what looks like another one."""
    local, _, domain = address.rpartition("@")
    shown = unicode_host(domain)
    mixed = foreign_letters(local) or strange_in_host(domain) or disguised_letters(local)
    mixed = mixed or (local if looks_latin(local) else "")
    if mixed:
        return ask(address, "lookalike", chars=mixed)
    symbols = "".join(sign for sign in local if not sign.isascii() and not _is_letter(sign))
    if symbols or not is_idna(domain):
        return ask(None, "chars", chars=symbols or domain)
    if is_private(domain):
        return reject("email_format")
    if not is_known_top(domain):
        return _unknown_top(address, domain)
    if not local.isascii() and not scripts_in(local) <= scripts_in(shown) | {"Latn"}:
        return replace(ask(address, "confirm_value", value=address), literal=address)
    if domain in _TYPOS:
        typo = Finding("email_typo", (("domain", domain),), Severity.WARNING)
        return ok(address, findings=(typo,))
    return ok(address)


def _is_letter(sign: str) -> bool:
    return sign.isalnum() or unicodedata.combining(sign) > 0 or unicodedata.category(sign) == "Mc"


def _unknown_top(address: str, domain: str) -> Read:
    """Return the question about a domain under a top-level domain that does not exist."""
    before, _, top = domain.rpartition(".")
    close = get_close_matches(top, _USUAL_TOPS, n=1, cutoff=_CLOSE)
    meant = f"{address[: -len(domain)]}{before}.{close[0]}" if close else None
    return ask(meant, "email_typo", domain=domain)


def _is_dotted_carrier(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    return domain.endswith(_DOTTED_CARRIERS) and bool(_DOTTED.fullmatch(local))


def _repaired(text: str, valid: list[str]) -> Read:
    """Return the address that one slip away was meant, as a question; else nothing usable."""
    spaced = re.sub(r"\s*(?:@|\(at\)|\[at\])\s*", "@", text, count=1, flags=re.IGNORECASE)
    spaced = re.sub(r"\s*[(\[](?:dot|punkt)[)\]]\s*", ".", spaced, flags=re.IGNORECASE)
    local, _, domain = spaced.strip(". ").rpartition("@")
    meant = re.sub(r"\s*[,、。]\s*", ".", domain)
    meant = re.sub(r"\.{2,}", ".", re.sub(r"\s+", "", meant))
    if re.search(r"\w,\w[^\s,]*$", local):
        local = local.replace(",", ".")  # a comma for the dot before the @, too
    candidate = f"{local.removesuffix('@')}@{meant.lower()}"
    if candidate != text and _is_valid(candidate) and is_known_top(meant.lower()):
        return ask(candidate, "confirm_value", value=candidate)
    if len(valid) == 1 and text.count("@") == 1 and "?" not in text:
        return ask(valid[0], "confirm_value", value=valid[0])
    return reject("email_format")
