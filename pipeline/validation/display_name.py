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
    takes_back,
    utf16_length,
)
from pipeline.validation.choices.assent import words as assent_words
from pipeline.validation.dummies import KEYBOARD_ROWS, is_dummy
from pipeline.validation.geography.country import is_country_name
from pipeline.validation.geography.places import countries_of_place
from pipeline.validation.reading import Finding, Hints, Read, ask, reject
from pipeline.validation.remarks import without_remark, words_of
from pipeline.validation.scripts import is_host_like
from pipeline.validation.text import EMAIL, MARKUP

_ACRONYM = 4
_MASHED = 4
_LEGAL_ALONE = frozenset(
    {"株式会社", "有限会社", "合同会社", "gmbh", "ltd", "inc", "llc", "kk", "co., ltd"}
)
_URL = re.compile(r"https?://|www\.|^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/\S*)?$", re.IGNORECASE)
_PHONE = re.compile(r"\+?\d[\d\s().‐-]{7,}\d")
_META = re.compile(
    r"whats\s?-?app|wh[a4]tsapp|facebook|instagram|messenger|\bmeta\b|\boculus\b", re.IGNORECASE
)
_ABBREVIATION = re.compile(r"(?:\b[^\W\d_]{1,4}|\.[^\W\d_])\.$")
_EDGES = "*!@#~^_=|?$%.,;:-/\\"
_INNER = re.compile(r"[*#~^_=|$%\\<>{}\[\]]|([!?@&.-])\1+")
#: An address or link within a name, as a word of it.
_LINK_WORD = re.compile(r"\S+\.\S{2,}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
#: What stands between two names of which one is meant.
_OR = re.compile(r"\s+/\s+|\s*／\s*|\s+(?:or|oder|ou|o)\s+|または|もしくは", re.IGNORECASE)
#: UTF-8 that was read as Latin-1 or Windows-1252: MÃ¼ller, ä¼š.
_MOJIBAKE = re.compile("[ÂÃâãäåæçèéð][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
#: Words of a claim that WhatsApp makes itself (display name guidelines: verification).
_CLAIMS = re.compile(
    r"\b(?:official|verified|offiziell|verifiziert)\b|公式|認証済み", re.IGNORECASE
)
#: What stands for a name that is not there, or for no name at all.
_FILLERS = frozenset(
    "undefined|null|nil|lorem ipsum|foo|bar|foobar|foo bar|baz|qux|string|text|name|none|empty"  # noqa: SIM905 - a list of words
    "|test|testing|dummy|sample|example|placeholder|default|blank|abc|abcd|abcde|xyz|asdf|asdfg"
    "|qwerty|qwertz|aaa|hoge|fuga|piyo|ほげ|ふが|テスト|サンプル|ダミー|あああ|ああああ|会社名"
    "|店舗名|表示名"
    "|same as legal name|same as company name|same as company|see above|as above|same|firmenname"
    "|anzeigename|mustermann|musterfirma|muster gmbh|john doe|jane doe|acme|todo|tbd|to do"
    "|company name|your company|my company|display name|business name|brand name"
    "|同じ|会社名と同じ".split("|")
)
#: A reference to another answer instead of a name.
_REFERENCE = re.compile(
    r"(?:siehe|s\.|see|same as|as in|like|wie|gleich|voir|ver|véase|vedi|idem|dito|ditto)\s"
    r"|^(?:同上|上記|前記)"
)
#: Words that name no brand (WhatsApp's display name guidelines).
_GENERIC = frozenset(
    "support|customer support|customer service|customer care|customer|help|help desk|helpdesk|info"  # noqa: SIM905 - a list of words
    "|information|contact|contact us|service|services|sales|shop|store|online shop|company|business"
    "|test|demo|admin|office|team|bot|chat|chatbot|fashion|restaurant|hotel|bank|marketing"
    "|notification|notifications|alerts|our|my|your|the|new|best|name|display|official|store name"
    "|center"
    "|centre|desk|hotline|bookshop|bookstore|flowershop|toyshop|workshop|butcher|pharmacy|bakery|barber|salon|florist|dentist"
    "|doctor|lawyer|hospital|school|clinic|gym|supermarket|grocery|insurance|plumber|electrician"
    "|taxi|bar|pub|beauty|apotheke|bäckerei|metzgerei|friseur|arzt|praxis|schule|restaurante"
    "|farmacia|boulangerie|boucherie|薬局|美容院|病院|学校|レストラン|カフェ|居酒屋|ホテル|銀行"
    "|歯科|医院|nan|true|false|void|inf|group|global|international|international group"
    "|japan office"
    "|お客様サポート|お客様相談室|お客様窓口|カスタマーサポート"
    "|カスタマーサービス|サポート|サポート窓口|お問い合わせ|お問合せ|問い合わせ窓口|窓口|会社"
    "|弊社|当社"
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
    proposal = None if _two_names(name) else _proposal(name)
    return Read(proposal, Verdict.ASK, notes, findings=tuple(findings), literal=name)


def _proposal(name: str) -> str:
    """Return the name as WhatsApp would take it."""
    bare = squeeze(MARKUP.sub("", without_remark(name) or name)) or name
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


def _disguised(name: str, _question: Question) -> Finding | None:
    """Find letters in another dress (𝐋𝐮𝐜𝐤𝐲, Ⓢhop): the name cannot be searched for."""
    dressed = [sign for sign in name if _is_dressed(sign)]
    chars = "".join(dict.fromkeys(dressed))
    return Finding("name_symbols", (("chars", chars),)) if chars else None


def _is_dressed(sign: str) -> bool:
    folded = unicodedata.normalize("NFKC", sign)
    dressed = folded != unicodedata.normalize("NFC", sign) and folded.isascii() and folded.isalnum()
    return dressed and sign not in "ªº"


def _broken(name: str, _question: Question) -> Finding | None:
    found = _MOJIBAKE.search(name)
    return Finding("damaged_chars", (("chars", found.group()),)) if found else None


def _url(name: str, _question: Question) -> Finding | None:
    inside = any(_is_link(word) for word in _LINK_WORD.findall(name))
    spelled = re.sub(r"(?<=[a-z0-9])。(?=[a-z])", ".", name, flags=re.IGNORECASE)
    return Finding("name_url") if inside or _URL.search(spelled) else None


def _is_link(word: str) -> bool:
    """Return whether ``word`` is a host under a top-level domain: t.me/shop, and not Dr.Weber."""
    host = word.partition("://")[2] or word
    host = re.split(r"[/?#:]", host.strip("()[],;!\"'"), maxsplit=1)[0]
    top = host.rpartition(".")[2]
    return "@" not in word and top.islower() and not _is_legal(top) and is_host_like(host)


def _is_legal(top: str) -> bool:
    return top in {"ltd", "inc", "co", "llc", "kg", "ag", "sa", "nv", "as"}


def _email(name: str, _question: Question) -> Finding | None:
    found = EMAIL.search(name)
    return Finding("name_email", (("given", found.group()),)) if found else None


def _digits(name: str, _question: Question) -> Finding | None:
    """Find a name without a letter: digits and marks alone."""
    letterless = not any(sign.isalpha() for sign in name) and any(map(str.isnumeric, name))
    return Finding("name_digits", (("given", name),)) if letterless else None


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


def _remark(name: str, _question: Question) -> Finding | None:
    bare = without_remark(name)
    return Finding("confirm_value", (("value", bare),)) if bare else None


def _either(name: str, _question: Question) -> Finding | None:
    both = _two_names(name)
    return Finding("two_values", (("a", both[0]), ("b", both[1]))) if both else None


def _two_names(name: str) -> tuple[str, ...]:
    """Return the two names of which one is meant; nothing when they have no word in common."""
    parts = tuple(part for part in _OR.split(name) if part)
    if len(parts) != 2:  # noqa: PLR2004 - one or the other
        return ()
    return parts if words_of(parts[0]) & words_of(parts[1]) else ()


def _generic(name: str, _question: Question) -> Finding | None:
    folded = fold(name)
    words = re.findall(r"[^\W_]+", folded)
    generic = (
        folded in _GENERIC
        or folded in _FILLERS
        or (
            bool(words)
            and all(word in _GENERIC or word in _FILLERS or word.isdigit() for word in words)
        )
        or re.sub(r"\d+$", "", folded) in _FILLERS
        or folded.strip("()") in _LEGAL_ALONE
        or folded in assent_words()
        or _is_mashed(folded)
        or bool(_REFERENCE.match(folded))
        or bool(_UUID.search(name))
        or bool(_CLAIMS.search(name))
        or is_country_name(name)
        or bool(countries_of_place(name))
        or (name.islower() and takes_back(name))  # to be decided
    )
    return Finding("name_generic") if generic else None


def _is_mashed(folded: str) -> bool:
    """Return whether one key was pressed all the time, or neighbouring ones."""
    letters = re.sub(r"[\W_]", "", folded)
    alike = len(letters) >= _MASHED and len(set(letters)) == 1
    rows = any(letters[:_MASHED] == row[:_MASHED] for row in KEYBOARD_ROWS)
    return alike or (len(letters) >= _MASHED and (rows or is_dummy(letters)))


_RULES: tuple[Callable[[str, Question], Finding | None], ...] = (
    _long,
    _short,
    _markup,
    _lookalike,
    _disguised,
    _broken,
    _url,
    _email,
    _digits,
    _phone,
    _meta,
    _symbols,
    _capitals,
    _remark,
    _either,
    _generic,
)
