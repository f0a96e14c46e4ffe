"""Read ids: organisation ids (UUID), Meta's ids (digits) and codes of a fixed pattern."""

import re
from urllib.parse import parse_qsl, urlsplit

from pipeline.forms.definitions.definition import Question
from pipeline.model.problem import Verdict
from pipeline.model.submission import CellType
from pipeline.validation.characters import (
    UNKNOWN_WORDS,
    clean,
    damaged,
    decimal_digits,
    fold,
    is_unknown,
    squeeze,
)
from pipeline.validation.dummies import is_dummy, is_dummy_uuid
from pipeline.validation.reading import Hints, Read, ask, ok, reject
from pipeline.validation.remarks import is_more_than_labels

_DASHES = "‐‑‒–—―−ー－ｰ─━﹣⁃-"
_HEX = r"[0-9a-f]"
_UUID = re.compile(
    rf"(?<![0-9a-z]){_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}(?![0-9a-z-])"
)
_LOOSE_UUID = re.compile(rf"(?<![0-9a-z])(?:{_HEX}-?){{31}}{_HEX}(?![0-9a-z-])")
_SCIENTIFIC = re.compile(r"\d[.,]\d+e\+?\d+", re.IGNORECASE)
_LOOKALIKES = str.maketrans("olOIl", "01011")
_EXACT_DIGITS = 15
_FEW_WORDS = 6
#: Parts of Meta's links that hold a business id or an account id.
_ID_PARTS = ("business_id", "waba_id", "asset_id", "global_scope_id", "id")
#: A number with a fraction is no id.
_FRACTION = re.compile(r"(?<!\d)\d{4,}[.,]\d{1,2}(?!\d)")
_RUN = re.compile(r"\d[\d\s.,'_-]*\d")
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘`´", "'"))
#: Links that carry a code, and those where they lead to.
_CODE_LINK = re.compile(r"(?:wa\.me|whatsapp\.com)/(?:message|qr)/([^/?#\s]+)", re.IGNORECASE)
_IN_PATH = re.compile(r"/(\d{8,20})(?=/|$)")
#: Ids of other things at Meta: ad accounts.
_OTHER_ACCOUNT = re.compile(r"(?<![a-z])act_?\s?\d", re.IGNORECASE)
#: What stands between two ids.
_BETWEEN = re.compile(r"[,;/|、，]\s+|\s+[-/|]\s+|(?<=\d{8})\s+(?=\d{8})")


def read_uuid(text: str, question: Question, hints: Hints) -> Read:  # noqa: ARG001, PLR0911 - one shape; a return for each outcome
    """Return the UUID in lower case with its hyphens (RFC 9562), wherever it stands in ``text``."""
    if damaged(text):
        return ask(None, "damaged_chars", chars=damaged(text))
    whole, notes = clean(text)
    plain = decimal_digits(whole).lower()
    for dash in _DASHES + "_":
        plain = plain.replace(dash, "-")
    found = tuple(dict.fromkeys(_UUID.findall(plain)))
    if len(found) > 1:
        return ask(None, "two_values", candidates=found, a=found[0], b=found[1])
    if found:
        around = () if plain.strip("{}() ") == found[0] else ("words_ignored",)
        read = _one_uuid(found[0], hints).noted(*notes, *around)
        rest = re.sub(r"(?:https?://|urn:)\S*", " ", plain).replace(found[0], " ")
        return _beside(read, rest, hints)
    loose = _LOOSE_UUID.findall(re.sub(r"(?<=[0-9a-f-])\s+(?=[0-9a-f-])", "", plain))
    if len(loose) == 1:
        digits = loose[0].replace("-", "")
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        value = "-".join(parts)
        read = _one_uuid(value, hints)
        if "-" not in loose[0] or read.verdict is Verdict.REJECT:
            return read.noted(*notes, "hyphens_added")
        return ask(value, "confirm_value", value=value).noted(*notes)
    meant = _UUID.findall(plain.translate(_LOOKALIKES))
    if len(meant) == 1:
        return ask(meant[0], "confirm_value", value=meant[0])
    return reject("org_id")


def _one_uuid(uuid: str, hints: Hints) -> Read:
    """Return ``uuid``; one that nobody gave out is refused, one of no version asked about."""
    if not uuid.strip("0-"):
        return reject("org_id")
    if is_dummy_uuid(uuid) or uuid in hints.words:
        return reject("placeholder", given=uuid)
    return ok(uuid) if _is_random(uuid) else ask(uuid, "confirm_value", value=uuid)


def _is_random(uuid: str) -> bool:
    """Return whether ``uuid`` has a version and a variant of RFC 9562, as all given out do."""
    return uuid[14] in "12345678" and uuid[19] in "89ab"


def read_digits(text: str, question: Question, hints: Hints) -> Read:  # noqa: PLR0911 - a return for each outcome
    """Return the digits of an id of Meta's; ``unknown`` where the question allows it.

    A numeric cell keeps fifteen digits; beyond that some are lost for ever.
    """
    whole, notes = clean(text)
    plain = decimal_digits(squeeze(whole)).translate(_APOSTROPHES)
    if question.unknown and _says_unknown(plain):
        return ok("unknown")
    if _SCIENTIFIC.fullmatch(plain.replace(" ", "")):
        return ask(None, "cell_digits_lost")
    in_link = _in_link(plain, question)
    if len(in_link) > 1:
        return ask(None, "two_values", candidates=in_link, a=in_link[0], b=in_link[1])
    if in_link:
        return _one_id(in_link[0], in_link[0], question, hints).noted(*notes, "link")
    plain = re.sub(r"(?<=\d{8})[.,]0{1,2}$", "", plain)
    if _OTHER_ACCOUNT.search(plain) or _FRACTION.search(plain):
        return reject("digits_id", min=question.minimum, max=question.maximum)
    pieces = (run for part in _BETWEEN.split(plain) for run in _RUN.findall(part))
    runs = [re.sub(r"[\s.,'_-]", "", run) for run in pieces]
    runs = list(dict.fromkeys(run for run in runs if len(run) >= question.minimum))
    if len(runs) > 1:
        return ask(None, "two_values", candidates=tuple(runs), a=runs[0], b=runs[1])
    if not runs or len(runs[0]) > question.maximum:
        return reject("digits_id", min=question.minimum, max=question.maximum)
    words = ("words_ignored",) if re.search(r"[^\d\s.,'_-]", plain) else ()
    read = _one_id(runs[0], plain, question, hints).noted(*notes, *words)
    return _beside(read, re.sub(r"\d", " ", plain), hints)


def _one_id(value: str, plain: str, question: Question, hints: Hints) -> Read:
    """Return the id ``value``, which stands in ``plain``, or what is wrong with it."""
    if is_dummy(value) or value in hints.words:
        return reject("placeholder", given=value)
    if re.search(r"\d[?*]|[?*]\d", plain):
        return ask(None, "unreadable")
    if re.search(r"\d[A-Za-z]|[OoIl]\d", plain):
        return _letters(plain, question)
    if hints.cell_type is CellType.NUMBER and len(value) > _EXACT_DIGITS:
        return ask(None, "cell_digits_lost")
    numeric = ("numeric_cell",) if hints.cell_type is CellType.NUMBER else ()
    return _usual(value, question).noted(*numeric)


def _letters(text: str, question: Question) -> Read:
    """Return the id whose O or l was meant as a digit, as a question; else nothing usable."""
    meant = re.sub(r"[\s.,-]", "", text.translate(_LOOKALIKES))
    if meant.isdecimal() and question.minimum <= len(meant) <= question.maximum:
        return ask(meant, "confirm_value", value=meant)
    return reject("digits_id", min=question.minimum, max=question.maximum)


def _usual(value: str, question: Question) -> Read:
    low, high = question.usual or (question.minimum, question.maximum)
    bare = value.lstrip("0")
    if bare != value:  # a number that somebody filled up
        if len(bare) < question.minimum:
            return reject("digits_id", min=question.minimum, max=question.maximum)
        return ask(bare, "confirm_value", value=bare)
    if low <= len(value) <= high:
        return ok(value)
    return ask(value, "digits_id_unusual", min=low, max=high, m=len(value))


def _in_link(text: str, question: Question) -> tuple[str, ...]:
    """Return the different ids in a link of Meta's; where a business is asked for, its own."""
    if "://" not in text:
        return ()
    try:
        query = dict(parse_qsl(urlsplit(text.strip()).query))
    except ValueError:
        return ()
    found = [query[name] for name in _ID_PARTS if query.get(name, "").isdecimal()]
    if question.group == "company" and query.get("business_id", "").isdecimal():
        return (query["business_id"],)
    path = text.partition("?")[0]
    return tuple(dict.fromkeys([*found, *_IN_PATH.findall(path)]))


def _says_unknown(text: str) -> bool:
    """Return whether ``text`` says that the id is not known, and nothing else."""
    if is_unknown(text):
        return True
    folded = fold(text).strip(".!。 ")
    sentence = re.split(r"[,.;:!。、，(（–—]|\s-\s", folded)[0].strip()
    begins = any(sentence.startswith(f"{word} ") for word in UNKNOWN_WORDS if len(word) > 1)
    short = len(folded.split()) <= _FEW_WORDS
    return not re.search(r"\d", folded) and (sentence in UNKNOWN_WORDS or (begins and short))


def read_pattern(text: str, question: Question, hints: Hints) -> Read:
    """Return the code that ``question.pattern`` matches, in upper case, wherever it stands."""
    whole, notes = clean(text)
    plain = decimal_digits(squeeze(whole))
    link = _CODE_LINK.search(plain)
    if link:
        plain, notes = link.group(1), (*notes, "link")
    code = re.sub(r"[\s-]", "", plain).upper()
    if re.fullmatch(question.pattern, code):
        found: tuple[str, ...] = (code,)
    else:
        words = (word.strip("-") for word in re.split(r"[^A-Z0-9-]+", plain.upper()))
        found = tuple(dict.fromkeys(word for word in words if re.fullmatch(question.pattern, word)))
    if len(found) > 1:
        return ask(None, "two_values", candidates=found, a=found[0], b=found[1])
    if not found:
        return reject("qr_code_id")
    if is_dummy(found[0]) or fold(found[0]) in hints.words:
        return reject("placeholder", given=found[0])
    if found[0] != code and not re.search(r"\d", found[0]):
        return ask(found[0], "confirm_value", value=found[0])  # a word of so many letters
    read = ok(found[0], *notes, *(() if found[0] == code else ("words_ignored",)))
    return read if link else _beside(read, _without_code(plain, found[0]), hints)


def _without_code(text: str, code: str) -> str:
    """Return ``text`` without ``code``, in whatever case and with whatever hyphens."""
    return re.sub(r"[\s-]?".join(code), " ", text, flags=re.IGNORECASE)


def _beside(read: Read, rest: str, hints: Hints) -> Read:
    """Return ``read`` as a question when ``rest`` has more than labels, links and own names."""
    if read.verdict is not Verdict.OK or not read.value:
        return read
    if not is_more_than_labels(rest, hints.known):
        return read
    return ask(read.value, "confirm_value", value=read.value).noted(*read.notes)
