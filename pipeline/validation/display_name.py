"""Read a display name: real brands look odd, so almost everything odd is only asked about."""

import re
import unicodedata
from collections.abc import Callable

from pipeline.forms.definitions.definition import Question
from pipeline.model.problem import Verdict
from pipeline.validation.characters import (
    clean,
    damaged,
    fold,
    is_cell_error,
    mixed_letters,
    squeeze,
    utf16_length,
)
from pipeline.validation.country import is_country_name
from pipeline.validation.reading import Finding, Hints, Read, ask, reject
from pipeline.validation.text import MARKUP

_ACRONYM = 4
_URL = re.compile(r"https?://|www\.|^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/\S*)?$", re.IGNORECASE)
_PHONE = re.compile(r"\+?\d[\d\s().‐-]{7,}\d")
_META = re.compile(r"whatsapp|facebook|instagram|messenger|\bmeta\b|\boculus\b", re.IGNORECASE)
_ABBREVIATION = re.compile(r"(?:\b[^\W\d_]{1,4}|\.[^\W\d_])\.$")
_EDGES = "*!@#~^_=|?$%.,;:-/\\"
_INNER = re.compile(r"[*#~^_=|$%\\<>{}\[\]]|([!?@&.-])\1+")
#: Words that name no brand (WhatsApp's display name guidelines).
_GENERIC = frozenset(
    "support|customer support|customer service|customer care|customer|help|help desk|helpdesk|info"  # noqa: SIM905 - a list of words
    "|information|contact|contact us|service|services|sales|shop|store|online shop|company|business"
    "|test|demo|admin|office|team|bot|chat|chatbot|fashion|restaurant|hotel|bank|marketing"
    "|notification|notifications|alerts|お客様サポート|お客様相談室|お客様窓口|カスタマーサポート"
    "|カスタマーサービス|サポート|サポート窓口|お問い合わせ|お問合せ|問い合わせ窓口|窓口|会社|弊社|当社"
    "|テスト|ショップ|kundenservice|kundendienst|kundenbetreuung|service client|soporte|atendimento"
    "|客服|客戶服務|客户服务".split("|")
)


def read_display_name(text: str, question: Question, hints: Hints) -> Read:  # noqa: ARG001 - one shape
    """Return the name; refused only when empty, longer than allowed, or an error of a cell."""
    if is_cell_error(text):
        return reject("cell_error", given=text.strip())
    broken = damaged(text)
    if broken:
        return ask(None, "damaged_chars", chars=broken)
    whole, notes = clean(text)
    name = squeeze(whole)
    length = utf16_length(name)
    if question.maximum and length > question.maximum:
        return reject("too_long", n=question.maximum, m=length).noted(*notes)
    findings = [found for rule in _RULES if (found := rule(name, question))]
    if not findings:
        return Read(name, Verdict.OK, notes)
    return Read(_proposal(name), Verdict.ASK, notes, findings=tuple(findings), literal=name)


def _proposal(name: str) -> str:
    """Return the name as WhatsApp would take it."""
    bare = squeeze(MARKUP.sub("", name)) or name
    if not _URL.search(bare):
        bare = "".join(sign for sign in bare if not _is_emoji(sign))
        bare = squeeze(bare).strip(_EDGES + " ") or name
    return bare.title() if _shouts(bare) else bare


def _is_emoji(sign: str) -> bool:
    """Return whether ``sign`` is a picture or a mark; ㈱ and № are letters in one sign."""
    if sign in "™®©℠":
        return True
    if unicodedata.decomposition(sign):
        return False
    return unicodedata.category(sign) in {"So", "Sk", "Cs"} or sign in "\u200d\ufe0f"


def _shouts(name: str) -> bool:
    """Return whether all letters that have cases are capitals, in more than an acronym."""
    cased = "".join(sign if sign.upper() != sign.lower() else " " for sign in name).split()
    return (
        bool(cased)
        and all(word.isupper() for word in cased)
        and any(len(word) > _ACRONYM for word in cased)
    )


def _long(name: str, question: Question) -> Finding | None:
    usual, length = question.usual, utf16_length(name)
    if usual and length > usual[1]:
        return Finding("name_long", (("n", usual[1]), ("m", length)))
    return None


def _short(name: str, question: Question) -> Finding | None:
    usual, length = question.usual, utf16_length(name)
    if usual and length < usual[0]:
        return Finding("name_short", (("n", usual[0]),))
    return None


def _markup(name: str, _question: Question) -> Finding | None:
    found = MARKUP.search(name)
    return Finding("markup", (("given", found.group()),)) if found else None


def _lookalike(name: str, _question: Question) -> Finding | None:
    mixed = mixed_letters(name)
    return Finding("lookalike", (("chars", mixed),)) if mixed else None


def _url(name: str, _question: Question) -> Finding | None:
    return Finding("name_url") if _URL.search(name) else None


def _phone(name: str, _question: Question) -> Finding | None:
    found = _PHONE.search(name)
    return Finding("name_phone", (("given", found.group()),)) if found else None


def _meta(name: str, _question: Question) -> Finding | None:
    found = _META.search(name)
    return Finding("name_meta", (("given", found.group()),)) if found else None


def _symbols(name: str, _question: Question) -> Finding | None:
    bare = MARKUP.sub("", name)
    signs = [sign for sign in bare if _is_emoji(sign)]
    signs += [sign for run in _INNER.finditer(bare) for sign in run.group()]
    if _ABBREVIATION.search(bare):
        bare = bare[:-1]
    stripped = bare.strip(_EDGES + " ")
    edges = bare.replace(stripped, "", 1) if stripped else bare
    signs += [sign for sign in edges if not sign.isspace()]
    if not signs or _URL.search(name):
        return None
    return Finding("name_symbols", (("chars", "".join(dict.fromkeys(signs))),))


def _capitals(name: str, _question: Question) -> Finding | None:
    return Finding("name_capitals", (("given", name),)) if _shouts(name) else None


def _generic(name: str, _question: Question) -> Finding | None:
    generic = fold(name) in _GENERIC or is_country_name(name)
    return Finding("name_generic") if generic else None


_RULES: tuple[Callable[[str, Question], Finding | None], ...] = (
    _long,
    _short,
    _markup,
    _lookalike,
    _url,
    _phone,
    _meta,
    _symbols,
    _capitals,
    _generic,
)
