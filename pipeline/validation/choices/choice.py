"""Read a choice, a yes or no, and a tick: by the words of every language, never by guessing."""

import re
from difflib import get_close_matches

from pipeline.forms.definitions.definition import Question
from pipeline.validation.characters import UNKNOWN_WORDS, clean, fold, squeeze
from pipeline.validation.choices.assent import (
    EMPTY_BOXES,
    UNCLEAR,
    assents,
    bare_signs,
    is_negated,
    proposals,
    words,
)
from pipeline.validation.choices.options import Option, State, options_in
from pipeline.validation.geography.country import is_country_name
from pipeline.validation.reading import Hints, Read, ask, ok, reject
from pipeline.validation.remarks import names_who

_EDGES = " .,!。！、,;:()（）[]「」『』„“”«»\"'*→➔➜▶►⇒>←⇐◀<"
_CONDITION = re.compile(r"[,、，;:(（–—]|\bbut\b|\bif\b|\baber\b|ただし|但し|-\s|->|→")
#: From so many letters on, a word so alike is taken for a slip.
_SHORTEST_TYPO, _LONGEST_TYPO, _CLOSE = 5, 60, 0.8
_SHORTEST_PART = 2
_BETWEEN_ASSENTS = re.compile("[,，、.。;；!！]")
_HUMBLE = re.compile("(?:いた|致)しました")
_BRACKETED = re.compile(r"[\[(]\s?[xX✓✔]\s?[\])]")
#: What may stand between two names of one option: "EMEA (London) eu-west-2".
_PARTS = re.compile(r"[\s()（）/,;:|・、，–—-]+")
_TURNED = re.compile(r"([^()（）]+?)\s*[(（]([^()（）]+)[)）]")
_YES_NO = {"yes", "no"}
#: Since when something is so: a day, a month or a year, in brackets or behind a word of time.
_SINCE = re.compile(
    r"[\s(（,、・]*(?:since|as of|in|on|from|seit|am|im|depuis|desde|dal|sinds)?\s*"
    r"(?P<year>(?:19|20)\d\d)(?:\s*[-/.年]\s*\d{1,2}(?:\s*[-/.月]\s*\d{1,2})?)?"
    r"\s*[年月日]?\s*(?:に|より|から|取得|時点)?[\s)）.。]*"
)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))


def read_choice(text: str, question: Question, hints: Hints) -> Read:
    """Return the code of the choice that ``text`` names in any language."""
    whole, notes = clean(bare_signs(text))
    plain = squeeze(whole)
    decides = set(question.choices) >= _YES_NO
    if decides and _BRACKETED.fullmatch(plain):
        return ask("yes", "bool_unclear", given=plain)
    if decides and not {_strip(plain), fold(plain)}.isdisjoint(UNCLEAR | EMPTY_BOXES):
        return _unclear(plain).noted(*notes)
    found = _code(plain, question, hints)
    if found:
        return ok(found, *notes)
    options = options_in(plain)
    if any(option.label for option in options):
        return _ticked(options, plain, question, hints).noted(*notes)
    if decides:
        return _yes_or_no(plain, question, hints).noted(*notes)
    return _one_named(plain, question, hints).noted(*notes)


def _one_named(text: str, question: Question, hints: Hints) -> Read:
    """Return the choice that ``text`` names among other words, or is a part or a slip of."""
    named = _named(text, question, hints)
    if named and is_negated(_without(named, text, hints)):
        opposite = f"not_{named[0]}"
        return ask(opposite if opposite in question.choices else None, "list_value")
    if len(named) > 1:
        return ask(None, "two_values", candidates=tuple(named), a=named[0], b=named[1])
    if named:
        rest = _without(named, text, hints)
        parts = _parts_of(named[0], hints)
        is_same = _is_past(rest, hints) or all(
            word in parts or is_country_name(word) for word in _PARTS.split(rest) if word
        )
        return ok(named[0], "words_ignored") if is_same else ask(named[0], "list_value")
    turned = _TURNED.fullmatch(text)
    whole = turned and _code(f"{turned[2]} {turned[1]}", question, hints)
    meant = [whole] if whole else _partly(text, question, hints) or _typo(text, question, hints)
    if len(meant) > 1 and not is_negated(text):
        return ask(None, "choose_value", candidates=tuple(meant), a=meant[0], b=meant[1])
    if meant and is_negated(text) and not _typo(text, question, hints):
        return ask(None, "list_value")
    return ask(meant[0], "list_value") if meant else reject("list_value")


def _parts_of(code: str, hints: Hints) -> frozenset[str]:
    """Return the words that stand on the form for ``code``: EMEA and Frankfurt, no number."""
    words = (word for word, of in hints.words.items() if of == code)
    parts = (part for word in words for part in _PARTS.split(word))
    return frozenset(part for part in parts if len(part) > 1 and not part.isdecimal())


def _is_past(rest: str, hints: Hints) -> bool:
    """Return whether ``rest`` says no more than since when something is so."""
    found = _SINCE.fullmatch(rest)
    return found is not None and int(found["year"]) <= hints.today.year


def read_tick(text: str, question: Question, hints: Hints) -> Read:  # noqa: ARG001, PLR0911 - one shape; a return for each outcome
    """Return ``yes`` for a tick or words of assent; a no is no consent, all else is asked about."""
    plain = squeeze(clean(bare_signs(text))[0])
    if _BRACKETED.fullmatch(plain):
        return ask("yes", "bool_unclear", given=plain)
    options = options_in(plain)
    if options and plain[0] in "[(（":
        state, label = options[0].state, options[0].label
        if len(options) > 1 or state is State.CROSSED:
            return _unclear(plain)
        ticked = state is State.FILLED and not is_negated(label)
        if state is State.EMPTY:
            return reject("consent", thing="")
        return ok("yes") if ticked and label else _unclear(plain)
    if options and len(options) == 1 and options[0].label:
        if options[0].state is State.EMPTY or is_negated(options[0].label):
            return reject("consent", thing="")
        filled = options[0].state is State.FILLED
        return ok("yes") if filled else _unclear(plain)
    word = _strip(plain)
    if word in UNCLEAR:
        return _unclear(plain)
    found = words().get(word) or hints.words.get(word) or hints.words.get(fold(plain))
    if found == "yes" or _is_all_assent(plain, hints):
        return ok("yes")
    if found == "no":
        return reject("consent", thing="")
    if is_negated(plain) or _CONDITION.search(plain.strip(_EDGES)):
        return _unclear(plain)
    if assents(plain) or proposals().get(word) == "yes":
        return ask("yes", "bool_unclear", given=plain)
    return _unclear(plain) if plain else reject("consent", thing="")


def _is_all_assent(text: str, hints: Hints) -> bool:
    """Return whether ``text`` is words of assent and nothing else: "Yes, I understand"."""
    parts = [_strip(_plain_verb(part)) for part in _BETWEEN_ASSENTS.split(text) if part.strip()]
    return bool(parts) and all(
        "yes" in {words().get(part), hints.words.get(part)} for part in parts
    )


def _plain_verb(text: str) -> str:
    """Return Japanese ``text`` with the plain verb for the humble one, which means the same."""
    return _HUMBLE.sub("しました", text)


def _ticked(options: tuple[Option, ...], text: str, question: Question, hints: Hints) -> Read:
    """Return the one option that is ticked among those on a line."""
    known = [(_label(option.label, question, hints), option.state) for option in options]
    chosen = [code for code, state in known if state is State.FILLED]
    crossed = [code for code, state in known if state is State.CROSSED]
    empty = [code for code, state in known if state is State.EMPTY]
    picked = chosen or (crossed if empty else [])
    distinct = tuple(dict.fromkeys(code for code in picked if code))
    if len(picked) == 1 and picked[0]:
        sure = bool(chosen) and (all(empty) or not empty) and not crossed
        if sure and is_negated(text) and not _is_plain(options, question, hints):
            sure = False
        return ok(picked[0]) if sure else _asked(picked[0], text, question)
    if len(distinct) > 1:
        return ask(None, "two_values", candidates=distinct, a=distinct[0], b=distinct[1])
    return _asked(None, text, question)


def _asked(value: str | None, text: str, question: Question) -> Read:
    """Return the question in the words of the kind: yes or no, or one of a list."""
    if set(question.choices) >= _YES_NO:
        return ask(value, "bool_unclear", given=text)
    return ask(value, "list_value")


def _is_plain(options: tuple[Option, ...], question: Question, hints: Hints) -> bool:
    """Return whether every label is one of the words of the list."""
    return all(_label(option.label, question, hints) for option in options)


def _label(label: str, question: Question, hints: Hints) -> str:
    """Return the code of a label beside a box, or empty."""
    found = _code(label, question, hints)
    if found:
        return found
    if set(question.choices) >= _YES_NO:
        return words().get(_strip(label), "")
    named = _named(label, question, hints)
    return named[0] if len(named) == 1 and not is_negated(label) else ""


def _strip(text: str) -> str:
    stripped = fold(text).strip(_EDGES)
    return stripped or fold(text)


def _loose(text: str) -> str:
    """Return ``text`` without blanks and marks: ``S.M.S.``, ``CX2``, no-break hyphens."""
    return re.sub(r"[\W_]", "", fold(text))


def _code(text: str, question: Question, hints: Hints) -> str | None:
    """Return the code that exactly these words stand for, or None."""
    codes = {code.casefold(): code for code in question.choices}
    for word in dict.fromkeys((fold(text), _strip(text), fold(text.translate(_DASHES)))):
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
    known = {word: code for word, code in hints.words.items() if code in question.choices}
    hits = [word for word in known if len(word) > 1 and _stands_in(word, folded)]
    outer = [word for word in hits if not any(word != other and word in other for other in hits)]
    return list(dict.fromkeys(known[word] for word in outer))


def _without(named: list[str], text: str, hints: Hints) -> str:
    """Return ``text`` without the words of the codes ``named``: what stands beside them."""
    rest = fold(text)
    for word in sorted(hints.words, key=len, reverse=True):
        if hints.words[word] in named and len(word) > 1:
            rest = rest.replace(word, " ")
    return rest


def _stands_in(word: str, text: str) -> bool:
    """Return whether ``word`` is in ``text``; a short Latin one (en, de) as a word of its own."""
    if word not in text or len(word) > _SHORTEST_TYPO or not word.isascii():
        return word in text
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text))


def _partly(text: str, question: Question, hints: Hints) -> list[str]:
    """Return the codes of which ``text`` is a whole part of a word or label, at most a few."""
    loose = _loose(text)
    if len(loose) < _SHORTEST_PART + (1 if loose.isascii() else 0):
        return []
    known = {word: code for word, code in hints.words.items() if code in question.choices}
    same = [code for word, code in known.items() if _loose(word) == loose]
    if same:
        return list(dict.fromkeys(same))
    inside = [
        code
        for word, code in known.items()
        if (loose in _loose(word) if not loose.isascii() else _is_part(fold(text), word))
        or (any(sign.isdigit() for sign in loose) and _loose(word).endswith(loose))
    ]
    return list(dict.fromkeys(inside))


def _is_part(text: str, word: str) -> bool:
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(text.strip(_EDGES))}(?![a-z0-9])", word))


def _typo(text: str, question: Question, hints: Hints) -> list[str]:
    """Return the codes whose words are a slip away from ``text``; proposals only."""
    word = _strip(text)
    known = {each: code for each, code in hints.words.items() if code in question.choices}
    if len(word) < _SHORTEST_TYPO:
        swapped = [each for each in known if len(each) > 2 and _is_slip(each, word)]  # noqa: PLR2004 - too short to swap
        return list(dict.fromkeys(known[each] for each in swapped))
    if len(word) > _LONGEST_TYPO:
        return []
    close = get_close_matches(word, known, n=3, cutoff=_CLOSE)
    return list(dict.fromkeys(known[each] for each in close))


def _is_slip(known: str, word: str) -> bool:
    """Return whether two letters of a short ``word`` are swapped, or one is doubled."""
    return sorted(known) == sorted(word) or known == re.sub(r"(.)\1", r"\1", word)


def _unclear(given: str) -> Read:
    return ask(None, "bool_unclear", given=given)


def _yes_or_no(text: str, question: Question, hints: Hints) -> Read:
    """Return yes or no; a condition after the answer is asked about."""
    word = _strip(text)
    parts = [part.strip() for part in re.split(r"[/／|・]", word)]
    halves = {half for part in parts if (half := words().get(part))}
    twice = halves if all(part in words() for part in parts) else set()
    if word in words() or len(twice) == 1:
        return ok(words().get(word) or twice.pop())
    if word in proposals():
        return ask(proposals()[word], "bool_unclear", given=text)
    if len(halves) > 1:
        return _unclear(text)
    condition = _CONDITION.search(text)
    if condition and condition.start():
        head = _strip(text[: condition.start()])
        answer = words().get(head) or _code(text[: condition.start()], question, hints)
        extra = squeeze(text[condition.start() :]).lstrip(" ,、，;:-–—→>")
        if answer in question.choices and names_who(extra, hints.known):
            return ok(answer, "words_ignored")
        if answer in question.choices and words().get(_strip(extra), answer) == answer:
            return ask(answer, "bool_condition", given=text, extra=extra)
    meant = _typo(text, question, hints)
    return ask(meant[0] if len(meant) == 1 else None, "bool_unclear", given=text)
