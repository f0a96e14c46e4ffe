"""What a sentence or a part of one is known to say: the phrases of all tables in one automaton."""

from functools import cache, lru_cache

from pipeline.intake.phrases import load_choices, load_table
from pipeline.intake.reply.folding import fold, is_japanese, key, written
from pipeline.intake.reply.grammar import Automaton

COMMANDS, CONFIRMATION, COURTESY, SLOTS = "commands", "confirmation", "courtesy", "slots"
OTHER_TIME = "other_time"
_FORMULAS, _SIGN_OFF = "phrases", "sign_off"


def says(table: str, text: str) -> tuple[str, ...]:
    """Return the names of the lists of ``table`` that ``text`` is a phrase of."""
    found = _said(key(text))
    if not found and table == COMMANDS and (rest := _without_lead(text)):
        found = _said(key(rest))
    return tuple(name for of, name in (label.split(".") for label in found) if of == table)


def is_reply(text: str) -> bool:
    """Tell whether a customer may answer with ``text``: a command, or yes or no to a receipt."""
    found = _said(key(text))
    if found:
        return any(label.partition(".")[0] in {COMMANDS, CONFIRMATION} for label in found)
    rest = _without_lead(text)
    return bool(rest) and any(label.startswith(f"{COMMANDS}.") for label in _said(key(rest)))


def is_formula(text: str) -> bool:
    """Tell whether ``text`` is thanks or another formula that says nothing to a request."""
    short = key(text)
    return not short or any(label.startswith(COURTESY) for label in _said(short))


def is_sign_off(text: str) -> bool:
    """Tell whether ``text`` is a formula that closes a letter."""
    return f"{COURTESY}.{_SIGN_OFF}" in _said(key(text))


def _without_lead(text: str) -> str:
    """Return what follows a "yes" or "ok" that stands in front without a comma, or nothing."""
    folded = fold(text)
    if not folded.startswith(_leads()):
        return ""
    lead = next(lead for lead in _leads() if folded.startswith(lead))
    return folded[len(lead) :]


@lru_cache(maxsize=4096)
def _said(short: str) -> tuple[str, ...]:
    return _automaton().labels(short) if short else ()


@cache
def _automaton() -> Automaton:
    phrases = [
        (f"{table}.{name}", choice)
        for table, names in (
            (COMMANDS, ()),
            (CONFIRMATION, ()),
            (COURTESY, (_FORMULAS, _SIGN_OFF)),
            (SLOTS, (OTHER_TIME,)),
        )
        for name, choice in load_choices(table, *names)
    ]
    return Automaton(phrases, written)


@cache
def _leads() -> tuple[str, ...]:
    words = [fold(word) for word in load_table(COURTESY, "leads")]
    return tuple(word if is_japanese(word) else f"{word} " for word in words)
