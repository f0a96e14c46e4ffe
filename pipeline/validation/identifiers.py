"""Read ids: organisation ids (UUID), Meta's ids (digits) and codes of a fixed pattern."""

import re
from urllib.parse import parse_qsl, urlsplit

from pipeline.forms.definitions.definition import Question
from pipeline.model.submission import CellType
from pipeline.validation.characters import (
    UNKNOWN_WORDS,
    clean,
    damaged,
    decimal_digits,
    fold,
    squeeze,
)
from pipeline.validation.reading import Hints, Read, ask, ok, reject

_DASHES = "‐‑‒–—―−ー－ｰ─━﹣⁃-"
_HEX = r"[0-9a-f]"
_UUID = re.compile(
    rf"(?<![0-9a-z]){_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}(?![0-9a-z-])"
)
_LOOSE_UUID = re.compile(rf"(?<![0-9a-z])(?:{_HEX}-?){{31}}{_HEX}(?![0-9a-z-])")
_SCIENTIFIC = re.compile(r"\d[.,]\d+e\+?\d+", re.IGNORECASE)
_LOOKALIKES = str.maketrans("olOIl", "01011")
_EXACT_DIGITS = 15
#: Parts of Meta's links that hold a business id or an account id.
_ID_PARTS = ("business_id", "waba_id", "asset_id", "global_scope_id", "id")
#: A number with a fraction is no id.
_FRACTION = re.compile(r"(?<!\d)\d{4,}[.,]\d{1,2}(?!\d)")
_RUN = re.compile(r"\d[\d\s.,-]*\d")
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
    if found and not found[0].strip("0-"):
        return reject("org_id")
    if found:
        around = () if plain.strip("{}() ") == found[0] else ("words_ignored",)
        return ok(found[0], *notes, *around)
    loose = _LOOSE_UUID.findall(re.sub(r"(?<=[0-9a-f-])\s+(?=[0-9a-f-])", "", plain))
    if len(loose) == 1:
        digits = loose[0].replace("-", "")
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        value = "-".join(parts)
        if "-" not in loose[0]:
            return ok(value, *notes, "hyphens_added")
        return ask(value, "confirm_value", value=value).noted(*notes)
    meant = _UUID.findall(plain.translate(_LOOKALIKES))
    if len(meant) == 1:
        return ask(meant[0], "confirm_value", value=meant[0])
    return reject("org_id")


def read_digits(text: str, question: Question, hints: Hints) -> Read:  # noqa: PLR0911 - a return for each outcome
    """Return the digits of an id of Meta's; ``unknown`` where the question allows it.

    A numeric cell keeps fifteen digits; beyond that some are lost for ever.
    """
    whole, notes = clean(text)
    plain = decimal_digits(squeeze(whole))
    if question.unknown and fold(plain).strip(".!。") in UNKNOWN_WORDS:
        return ok("unknown")
    if _SCIENTIFIC.fullmatch(plain.replace(" ", "")):
        return ask(None, "cell_digits_lost")
    linked = _from_link(plain)
    plain = linked or re.sub(r"(?<=\d)\.0$", "", plain)
    if _FRACTION.search(plain):
        return reject("digits_id", min=question.minimum, max=question.maximum)
    pieces = (run for part in _BETWEEN.split(plain) for run in _RUN.findall(part))
    runs = [re.sub(r"[\s.,-]", "", run) for run in pieces]
    runs = list(dict.fromkeys(run for run in runs if len(run) >= question.minimum))
    if len(runs) > 1:
        return ask(None, "two_values", candidates=tuple(runs), a=runs[0], b=runs[1])
    if not runs or len(runs[0]) > question.maximum:
        return reject("digits_id", min=question.minimum, max=question.maximum)
    value = runs[0]
    if not value.strip("0"):
        return reject("digits_id", min=question.minimum, max=question.maximum)
    if not linked and re.search(r"\d[A-Za-z]|[OoIl]\d", plain):
        return _letters(plain, question)
    if hints.cell_type is CellType.NUMBER:
        if len(value) > _EXACT_DIGITS:
            return ask(None, "cell_digits_lost")
        notes = (*notes, "numeric_cell")
    if linked:
        notes = (*notes, "link")
    elif re.search(r"[^\d\s.,-]", plain):
        notes = (*notes, "words_ignored")
    return _usual(value, question).noted(*notes)


def _letters(text: str, question: Question) -> Read:
    """Return the id whose O or l was meant as a digit, as a question; else nothing usable."""
    meant = re.sub(r"[\s.,-]", "", text.translate(_LOOKALIKES))
    if meant.isdecimal() and question.minimum <= len(meant) <= question.maximum:
        return ask(meant, "confirm_value", value=meant)
    return reject("digits_id", min=question.minimum, max=question.maximum)


def _usual(value: str, question: Question) -> Read:
    low, high = question.usual or (question.minimum, question.maximum)
    if low <= len(value) <= high:
        return ok(value)
    return ask(value, "digits_id_unusual", min=low, max=high, m=len(value))


def _from_link(text: str) -> str:
    """Return the id in a link of Meta's, or empty."""
    if "://" not in text:
        return ""
    try:
        query = dict(parse_qsl(urlsplit(text.strip()).query))
    except ValueError:
        return ""
    return next((query[name] for name in _ID_PARTS if query.get(name, "").isdigit()), "")


def read_pattern(text: str, question: Question, hints: Hints) -> Read:  # noqa: ARG001 - one shape
    """Return the code that ``question.pattern`` matches whole, in upper case."""
    whole, notes = clean(text)
    plain = decimal_digits(squeeze(whole))
    link = re.search(r"wa\.me/(?:message|qr)/([^/?#\s]+)", plain, re.IGNORECASE)
    if link:
        plain, notes = link.group(1), (*notes, "link")
    code = re.sub(r"[\s-]", "", plain).upper()
    if not re.fullmatch(question.pattern, code):
        return reject("qr_code_id")
    return ok(code, *notes)
