"""The characters of a phone number: what counts as a digit, a plus, a dash, or as nothing.

Never NFKC: ① and ¹ would become digits.
"""

import re
import unicodedata

from pipeline.validation.characters import clean, decimal_digits

_PLUSES = dict.fromkeys(map(ord, "＋➕﹢⁺₊᛭"), "+")
_DASHES = frozenset("‐‑‒–—―−－﹘﹣─━ｰー⁃⁻₋ㅡ᠆¯˗・·•‧⸺⸻➖﹉﹊═⎯➔_＿")
_AS_DASHES = dict.fromkeys(map(ord, _DASHES), "-")
_KANJI = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))
_KANJI_ONLY = re.compile("[〇零一二三四五六七八九]")
_APOSTROPHES = "'’‘`´ʼ＇\""
_IME_PLUS = re.compile(r"^十(?=\s*\d)")
_CIRCLED = re.compile("[①-⑳❶-❿⓵-⓾㊀-㊉]")
_COUNTED = 7
#: A tilde is a dash in 8~10 (Russia) and when there is a second one; alone it may be a range.
_TILDES = dict.fromkeys(map(ord, "〜～∼"), "~")
_RUSSIAN = re.compile(r"^\+?8\s*~\s*(?=10)")
_KEYCAP = "\u20e3"


def plain_signs(text: str) -> str:
    """Return ``text`` with ASCII digits, ``+``, ``-``, parentheses and blanks, sign for sign.

    The length stays, so that a place in the result is the same place in ``text``.
    """
    return "".join(map(_plain_sign, text))


def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return sign
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    if sign in _DASHES:
        return "-"
    plus = _PLUSES.get(ord(sign))
    if plus:
        return plus
    if unicodedata.category(sign) in {"Zs", "Cf"}:
        return " "
    return chr(ord(sign) - 0xFEE0) if 0xFF01 <= ord(sign) <= 0xFF5E else sign  # noqa: PLR2004 - the block of full-width ASCII


def normalise(text: str) -> tuple[str, tuple[str, ...]]:
    """Return ``text`` with ASCII digits, ``+``, ``-`` and blanks, and the codes of the repairs.

    A circled number becomes a line break where it counts items of a list; inside a number it stays.
    """
    notes: list[str] = []
    kept = _CIRCLED.sub(_list_mark, text.translate(_PLUSES)).replace(_KEYCAP, "")
    if not kept.isascii():
        kept = "".join(character for character in kept if not "\ufe00" <= character <= "\ufe0f")
    kept, repairs = clean(kept)
    notes += repairs
    digits = decimal_digits(kept)
    if digits != kept and "fullwidth" not in notes:
        notes.append("other_digits")
    digits = digits.translate(_AS_DASHES)
    digits = _RUSSIAN.sub("8-", digits.translate(_TILDES))
    if digits.count("~") > 1:
        digits = digits.replace("~", "-")
    digits = re.sub(r"(?<=\d)一(?=\d)", "-", digits)  # the kanji one, taken for a dash
    if _KANJI_ONLY.search(digits) and not re.search(r"[\d十百千万]", digits):
        digits = "".join(_KANJI.get(character, character) for character in digits)
        notes.append("kanji_digits")
    if _IME_PLUS.match(digits):
        digits = _IME_PLUS.sub("+", digits)
        notes.append("kanji_plus")
    stripped = digits.strip(_APOSTROPHES + " ")
    if stripped != digits:
        notes.append("apostrophe")
    if stripped.startswith("=") and len(stripped) > 1:
        stripped = stripped.removeprefix("=").strip(_APOSTROPHES)
        notes.append("formula_typed")
    return stripped, tuple(dict.fromkeys(notes))


def _list_mark(circled: re.Match[str]) -> str:
    """Return a line break for a mark before a number, the sign itself within one."""
    before = re.split(r"[①-⑳❶-❿⓵-⓾㊀-㊉]", circled.string[: circled.start()])[-1]
    digits = sum(sign.isdecimal() for sign in before)
    inside = 0 < digits < _COUNTED or "+" in before[-1:]
    return circled.group() if inside else "\n"


_LOOKALIKES = dict.fromkeys(map(ord, "OoОоΟο"), "0") | dict.fromkeys(map(ord, "lI|Іі"), "1")
_NUMBERLIKE = re.compile(r"(?=\S*\d)[\dOoОоΟοlI|Іі().+/-]+")


def letters_for_digits(text: str) -> tuple[str, str]:
    """Return ``text`` with O and l inside a number as digits, and the letters that were meant so.

    A letter counts only in a word of digits, dashes and such letters alone.
    """
    found: list[str] = []
    repaired: list[str] = []
    for token in re.split(r"(\s+)", text):
        letters = [sign for sign in token if ord(sign) in _LOOKALIKES]
        if letters and _NUMBERLIKE.fullmatch(token):
            found += letters
            repaired.append(token.translate(_LOOKALIKES))
        else:
            repaired.append(token)
    return "".join(repaired), "".join(dict.fromkeys(found))


def words(text: str) -> list[str]:
    """Return the words (runs of letters, symbols of a telephone included) around the digits."""
    return re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", text))
