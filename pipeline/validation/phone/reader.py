"""Read a phone number: from any spelling to E.164, or to the one question that settles it."""

import re
from dataclasses import replace

import phonenumbers

from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.model.checked import M2mCertainty
from pipeline.model.problem import Verdict
from pipeline.model.submission import CellType
from pipeline.validation.characters import is_cell_error, is_placeholder, squeeze
from pipeline.validation.geography.country import is_country_name
from pipeline.validation.phone.characters import letters_for_digits, normalise
from pipeline.validation.phone.judge import judge
from pipeline.validation.phone.meaning import meaning
from pipeline.validation.phone.number_types import international, region
from pipeline.validation.phone.spelling import (
    as_float,
    before_remark,
    before_word,
    chat_link,
    extension,
    halves,
    is_date,
    is_fax,
    is_masked,
    several,
    unwrap,
    without_any_carrier,
)
from pipeline.validation.reading import Finding, Hints, Read, ask, ok, reject
from pipeline.validation.remarks import is_doubted

_LONGEST = 200
_EXACT_DIGITS = 15
_SPELT = re.compile(r"\+?[\d\s().-]{3,}[A-Za-z][A-Za-z\d\s-]{2,}")
#: Marks of a text that is struck out.
_STRUCK = re.compile(r"~{2,}|<\s?(?:s|del|strike)\b")
_WORD_PLUS = re.compile(r"^\W*plus\s*(?=\d)", re.IGNORECASE)


def read_phone(text: str, question: Question, hints: Hints) -> Read:
    """Return the number that ``text`` spells.

    ``hints.country`` decides what a national number means; without it a number that does not
    begin with a plus is asked about. A contact number is read the same way and judged mildly.
    """
    if len(text) > _LONGEST:
        return reject("too_long", n=_LONGEST, m=len(text))
    normal, notes = normalise(text)
    early = _hopeless(text, normal)
    if early:
        return early
    if hints.cell_type is CellType.NUMBER:
        numeric = _numeric_cell(normal)
        if numeric:
            return numeric
        notes = (*notes, "numeric_cell")
    found = _read(normal, hints, mild=question.kind is AnswerKind.CONTACT_PHONE).noted(*notes)
    return _doubted(found, ("confirm_value", "")) if _STRUCK.search(text) else found


def _hopeless(text: str, normal: str) -> Read | None:
    """Return the refusal of what holds no number at all."""
    if is_cell_error(text):
        return reject("cell_error", given=text.strip())
    if is_date(normal) or not re.search(r"\d", normal) or is_placeholder(normal):
        return reject("placeholder", given=text.strip())
    return None


def _numeric_cell(normal: str) -> Read | None:
    """Return what is wrong with a numeric cell: no number, or more digits than a cell keeps."""
    digits = re.sub(r"\D", "", normal.split(".", maxsplit=1)[0])
    if normal.startswith("-") or not digits.strip("0"):
        return reject("placeholder", given=normal)
    if len(digits) > _EXACT_DIGITS and not as_float(normal):
        return ask(None, "cell_digits_lost")
    return None


def _read(normal: str, hints: Hints, *, mild: bool) -> Read:
    bare, wrapped = unwrap(normal)
    link = chat_link(bare)
    if link is not None:
        return _from_link(link.number, hints, mild=mild)
    bare, home = _flagged(bare, hints)
    hints = replace(hints, country=home)
    main, inner = extension(without_any_carrier(bare))
    lettered, letters = letters_for_digits(main)
    plussed = _WORD_PLUS.sub("+", lettered)
    if is_masked(plussed):
        return ask(None, "phone_masked", given=bare)
    floating = as_float(plussed)
    if floating and not floating.exact:
        return ask(None, "cell_digits_lost")
    number = floating.digits if floating else plussed
    found = _one_or_several(number, hints, mild=mild)
    notes = [
        name
        for name, applies in (("link", wrapped), ("float", floating), ("extension", inner))
        if applies
    ]
    spelled = plussed != lettered or bool(floating and not floating.clean)
    doubt = _doubt(bare, letters, spelled=spelled, wrapped=wrapped, names=mild)
    if inner and mild and found.verdict is Verdict.OK and found.value:
        return ok(f"{found.value};ext={inner}", *found.notes, *notes)
    return _doubted(found, ("phone_extension", "") if inner else doubt).noted(*notes)


_FLAG = re.compile("([\U0001f1e6-\U0001f1ff])([\U0001f1e6-\U0001f1ff])")
_IN_BRACKETS = re.compile(r"[(（]([^\d()（）]{2,60})[)）]")


def _flagged(text: str, hints: Hints) -> tuple[str, str | None]:
    """Return ``text`` without flags and names of countries in brackets, and the number's country.

    A flag names the country where none is stated.
    """
    text = _IN_BRACKETS.sub(lambda hit: " " if is_country_name(hit[1]) else hit[0], text)
    flag = _FLAG.search(text)
    if flag is None:
        return text, hints.country
    named = "".join(chr(ord(sign) - 0x1F1E6 + ord("A")) for sign in flag.groups())
    return _FLAG.sub(" ", text).strip(), hints.country or named


def _from_link(number: str, hints: Hints, *, mild: bool) -> Read:
    """Return the number of a chat link, whose digits begin with the country code."""
    if not number:
        return reject("phone_link")
    found = judge(meaning(number, hints), hints, number, mild=mild).noted("link")
    if found.verdict is Verdict.REJECT and number.startswith("+0"):
        return ask(None, "phone_link").noted("link")
    return found


def _doubt(
    text: str, letters: str, *, spelled: bool, wrapped: bool, names: bool
) -> tuple[str, str]:
    """Return the code and the characters of what makes a readable number doubtful."""
    if letters:
        return "phone_letters", letters
    if is_fax(text):
        return "phone_fax", ""
    if not wrapped and is_doubted(re.sub(r"[\d+]", " ", without_any_carrier(text)), names=names):
        return "confirm_value", ""
    return ("confirm_value", "") if spelled else ("", "")


def _doubted(found: Read, doubt: tuple[str, str]) -> Read:
    """Return ``found`` as a question when there is a ``doubt`` and a number to propose."""
    code, chars = doubt
    if not code or found.verdict is not Verdict.OK or found.value is None:
        return found
    params: dict[str, str] = {"chars": chars} if chars else {"value": international(found.value)}
    finding = Finding(code, tuple(params.items()))
    return replace(found, verdict=Verdict.ASK, findings=(finding,))


def _another(text: str, whole: Read, hints: Hints) -> Read:
    """Return a reading of a text that is no number as a whole, cut in two or spelt in letters.

    Two numbers with a blank between, an extension after a comma, ``/5679``, ``1-800-FLOWERS``.
    """
    if whole.verdict is Verdict.REJECT and whole.m2m is M2mCertainty.NONE:
        for first, between, second in halves(text):
            main = judge(meaning(first, hints), hints, first, mild=True)
            if main.verdict is not Verdict.OK or main.value is None:
                continue
            there = replace(hints, country=hints.country or region(main.value) or None)
            other = judge(meaning(second, there), there, second, mild=True)
            shown = international(main.value)
            if other.value == main.value and other.verdict is Verdict.OK:
                return main.noted("same_twice")
            if other.value:
                values = (main.value, other.value)
                b = international(other.value)
                return ask(None, "phone_two", candidates=values, a=shown, b=b)
            if between in {",", ";", "-"}:
                return ask(main.value, "phone_extension", value=shown)
            if between:
                return ask(main.value, "phone_two", a=shown, b=squeeze(second))
    spelt = _keypad(text)
    read = judge(meaning(spelt, hints), hints, spelt, mild=True) if spelt else None
    if read and read.value:
        chars = "".join(dict.fromkeys(sign for sign in text if sign.isalpha()))
        return ask(read.value, "phone_letters", chars=chars)
    return whole


def _before_remark(text: str, hints: Hints) -> Read | None:
    """Return the question about a number, a word, and further digits: ``089 3216812 App. 12``."""
    first, rest = before_remark(text)
    if not rest:
        first, rest = before_word(text)
    main = judge(meaning(first, hints), hints, first, mild=True) if rest else None
    if main and main.verdict is Verdict.OK and main.value:
        return ask(main.value, "phone_extension", value=international(main.value))
    return None


def _before_slash(text: str, hints: Hints) -> Read | None:
    """Return the question about ``030 23125012/13``: two numbers, though one whole is possible."""
    for first, between, second in halves(text):
        main = judge(meaning(first, hints), hints, first, mild=True) if between == "/" else None
        if main and main.verdict is Verdict.OK and main.value:
            shown = international(main.value)
            return ask(main.value, "phone_two", a=shown, b=squeeze(second))
    return None


def _at_home(
    pieces: tuple[str, ...], readings: list[Read], hints: Hints, *, mild: bool
) -> list[Read]:
    """Return the readings; a national spelling of the same number is read in its country."""
    known = {
        region(found.value) for found in readings if found.verdict is Verdict.OK and found.value
    }
    if hints.country or len(known) != 1:
        return readings
    there = replace(hints, country=known.pop())
    values = {found.value for found in readings if found.verdict is Verdict.OK}
    again = [judge(meaning(piece, there), there, piece, mild=mild) for piece in pieces]
    return again if {found.value for found in again} == values else readings


def _keypad(text: str) -> str:
    """Return ``text`` with the letters of a telephone's keys as digits, or empty (ITU-T E.161)."""
    if not _SPELT.fullmatch(text.strip()):
        return ""
    return str(phonenumbers.convert_alpha_characters_in_number(text))


def _one_or_several(text: str, hints: Hints, *, mild: bool) -> Read:
    """Return the one number of ``text``; two different ones are asked about."""
    pieces = several(text)
    readings = [judge(meaning(piece, hints), hints, piece, mild=mild) for piece in pieces]
    if len(pieces) == 1:
        remark = _before_remark(text, hints)
        if remark:
            return remark
        if not readings[0].value:
            return _another(text, readings[0], hints)
        return _before_slash(text, hints) or readings[0]
    if "/" in text and not readings[0].value:
        whole = judge(meaning(text, hints), hints, text, mild=mild)
        if whole.verdict is Verdict.OK:  # what stands before the slash is an area code
            return whole
    readings = _at_home(pieces, readings, hints, mild=mild)
    values = list(dict.fromkeys(found.value for found in readings if found.value))
    settled = [found for found in readings if found.verdict is Verdict.OK]
    if len(values) == 1 and len(settled) == len(readings):
        return settled[0].noted("same_twice")
    shown = [
        international(found.value) if found.value else squeeze(piece)
        for found, piece in zip(readings, pieces, strict=True)
    ]
    distinct = list(dict.fromkeys(shown))
    return ask(
        values[0] if len(values) == 1 else None,
        "phone_two",
        candidates=tuple(values),
        a=distinct[0],
        b=distinct[1] if len(distinct) > 1 else squeeze(pieces[1]),
    )
