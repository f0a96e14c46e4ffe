"""Read a choice, a yes or no, and a tick: by the words of every language, never by guessing."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from pipeline.forms.definitions.definition import Question
from pipeline.validation.characters import UNKNOWN_WORDS, clean, fold, squeeze
from pipeline.validation.reading import Hints, Read, ask, ok, reject

_YES = (
    "yes|y|yeah|yep|true|on|1|ok|done|ja|j|oui|o|sí|si|sì|sim|да|tak|evet|ano|kyllä|jah|igen|ναι|はい|有|有り|あり|ある"
    "|可|済|済み|同意|同意する|同意します|確認|確認しました|了承|了承しました|ハイ|あります|います|是|是的|对|對|네|예|vrai|wahr|verdadero|vero"
    "|真|✓|✔|☑|✅|○|◯|〇|●|◎|⭕|レ|/yes|/on|/ja|/はい|checked|agreed|i agree|agree|confirmed"
)
_NO = (
    "no|n|nope|false|off|0|nein|non|não|nao|нет|nie|hayır|ne|ei|nem|όχι|いいえ|いえ|無|無し|なし|ない|不可|未|未済"
    "|否|イイエ|ありません|いません|ないです|不|不是|没有|아니요|아니오|faux|falsch|falso|偽|/off|/no|/nein|/いいえ|unchecked|☐|□"
)
#: A cross is a yes in the West and a no in Japan.
_UNCLEAR = frozenset("x|X|×|✕|✖|✗|✘|❌|☒|☓|+|-".casefold().split("|"))
WORDS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys((fold(word) for word in _YES.split("|")), "yes")
    | dict.fromkeys((fold(word) for word in _NO.split("|")), "no")
)
_EDGES = " .,!。！、,;:()（）[]「」『』„“”«»\"'*"
_CONDITION = re.compile(r"[,、，;:(（–—]|\bbut\b|\bif\b|\baber\b|ただし|但し|-\s")
#: From so many letters on, a word so alike is taken for a slip.
_SHORTEST_TYPO, _LONGEST_TYPO, _CLOSE = 5, 60, 0.8
_YES_NO = {"yes", "no"}


def read_choice(text: str, question: Question, hints: Hints) -> Read:
    """Return the code of the choice that ``text`` names in any language."""
    whole, notes = clean(text)
    plain = squeeze(whole)
    decides = set(question.choices) >= _YES_NO
    if decides and _strip(plain) in _UNCLEAR:
        return _unclear(plain).noted(*notes)
    found = _code(plain, question, hints)
    if found:
        return ok(found, *notes)
    if decides:
        return _yes_or_no(plain, question, hints).noted(*notes)
    named = _named(plain, question, hints)
    if len(named) > 1:
        return ask(None, "two_values", candidates=tuple(named), a=named[0], b=named[1])
    if named:
        return ask(named[0], "list_value").noted(*notes)
    meant = _typo(plain, question, hints)
    return ask(meant, "list_value").noted(*notes) if meant else reject("list_value")


def read_tick(text: str, question: Question, hints: Hints) -> Read:  # noqa: ARG001 - one shape
    """Return ``yes`` for a tick; a no is no consent, and any other sign or word is asked about."""
    plain = squeeze(clean(text)[0])
    word = _strip(plain)
    if word in _UNCLEAR:
        return _unclear(plain)
    found = WORDS.get(word) or hints.words.get(word) or hints.words.get(fold(plain))
    if found is None:
        return _unclear(plain)
    return ok("yes") if found == "yes" else reject("consent", thing="")


def _strip(text: str) -> str:
    stripped = fold(text).strip(_EDGES)
    return stripped or fold(text)


def _code(text: str, question: Question, hints: Hints) -> str | None:
    """Return the code that exactly these words stand for, or None."""
    codes = {code.casefold(): code for code in question.choices}
    for word in (fold(text), _strip(text)):
        code = hints.words.get(word) or codes.get(word)
        if code in question.choices:
            return code
        if word.replace(" ", "_") in codes:
            return codes[word.replace(" ", "_")]
        if "unknown" in question.choices and word in UNKNOWN_WORDS:
            return "unknown"
    return None


def _named(text: str, question: Question, hints: Hints) -> list[str]:
    """Return the codes whose words stand somewhere within ``text``."""
    folded = fold(text)
    words = {word: code for word, code in hints.words.items() if code in question.choices}
    hits = [word for word in words if len(word) > 1 and _stands_in(word, folded)]
    outer = [word for word in hits if not any(word != other and word in other for other in hits)]
    return list(dict.fromkeys(words[word] for word in outer))


def _stands_in(word: str, text: str) -> bool:
    """Return whether ``word`` is in ``text``; a short Latin one (en, de) as a word of its own."""
    if word not in text or len(word) > _SHORTEST_TYPO or not word.isascii():
        return word in text
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text))


def _typo(text: str, question: Question, hints: Hints) -> str | None:
    """Return the one code whose words are a slip away from ``text``; a proposal only."""
    word = _strip(text)
    if not _SHORTEST_TYPO <= len(word) <= _LONGEST_TYPO:
        return None
    words = {known: code for known, code in hints.words.items() if code in question.choices}
    codes = {words[known] for known in get_close_matches(word, words, n=3, cutoff=_CLOSE)}
    return codes.pop() if len(codes) == 1 else None


def _unclear(given: str) -> Read:
    return ask(None, "bool_unclear", given=given)


def _yes_or_no(text: str, question: Question, hints: Hints) -> Read:
    """Return yes or no; a condition after the answer is asked about."""
    word = _strip(text)
    found = WORDS.get(word)
    if found:
        return ok(found)
    halves = {half for part in re.split(r"[/／|・]", word) if (half := WORDS.get(part.strip()))}
    if len(halves) > 1:
        return _unclear(text)
    condition = _CONDITION.search(text)
    if condition and condition.start():
        head = _strip(text[: condition.start()])
        answer = WORDS.get(head) or _code(text[: condition.start()], question, hints)
        if answer in question.choices:
            extra = squeeze(text[condition.start() :]).lstrip(" ,、，;:")
            return ask(answer, "bool_condition", given=text, extra=extra)
    return ask(_typo(text, question, hints), "bool_unclear", given=text)
