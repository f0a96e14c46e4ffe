"""What a mail without a form says of the number's WhatsApp so far: who has run it, and whether.

The words are data (``data/help_words.toml``). The names of providers are one part of it only: a
line that calls somebody the provider, or the second answer of a list, names one that no list has.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.model.proposal import Proposal, Proposals, Told

_CAP = 20_000
_MOST_UNITS = 400
_LONGEST_UNIT = 500
_QUOTED = 160
_WRAPPED_AT = 45
_NEAR = 30
_GAP = r"[^\n]{0,16}?"
_WHATSAPP = re.compile(r"whats\s?app|ワッツアップ|ワツアップ|왓츠앱|waba", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[。！？!?])|(?<=[.;；])\s+")
_LIST_MARK = re.compile(
    r"\s{0,8}[-*・●•]?\s{0,3}(?:[(（]?([1-9１-９①-⑨])[.)．、）:：]?)\s{0,4}(\S.{0,200})"
)
_LABELLED = re.compile(r"([^:：,;、，\n]{1,60})[:：]\s{0,8}([^,;、，\n]{1,100})")
_NAME = re.compile(r"[\w&.,'’+/() ・ー-]{1,60}")
_MOST_WORDS = 8
_MOST_ANSWERS = 5
_SOME_DIGITS = 7


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence or a line: as written, and folded for comparison."""

    text: str
    folded: str

    @property
    def quoted(self) -> str:
        return self.text if len(self.text) <= _QUOTED else f"{self.text[:_QUOTED]}…"


def listen(
    text: str, own: Iterable[str] = (), companies: Iterable[str] = (), *, asked: bool = False
) -> Proposals:
    """Return what ``text`` tells of who has run WhatsApp on the number: provider, use, hosting.

    ``asked``: the mail answers who has run it, so that a line may be the whole answer.
    ``own`` are folded names of the writer (labels of the domain): whoever works for a provider says
    nothing of its service by naming it. ``companies`` are the names with a legal form in the text.
    """
    units = _units(text[:_CAP])
    names = frozenset(filter(None, own))
    # a mail to this mailbox that never says the word is about WhatsApp all the same
    unsaid = not any(_WHATSAPP.search(unit.folded) for unit in units)
    found: list[Proposal] = []
    for index, unit in enumerate(units):
        nearby = units[max(index - 1, 0) : index + 2]
        near = unsaid or any(_WHATSAPP.search(other.folded) for other in nearby)
        answers = [*_labelled(unit), *_second_of_list(units, index)]
        if answers:
            for answer in answers:
                found += _answer(answer, unit, names)
            continue
        found += _said(unit, near=near, own=names, companies=tuple(companies))
    if asked and not found:
        found = _bare_answer(units, names)
    return tuple(dict.fromkeys(found))


def undenied(text: str) -> str:
    """Return the sentences of ``text`` that deny nothing: "never with another provider" goes."""
    units = _units(text[:_CAP])
    return "\n".join(unit.text for unit in units if not _denies(unit.folded))


def _units(text: str) -> list[_Unit]:
    """Return the sentences of ``text``: wrapped lines joined, lists and labels line by line."""
    joined: list[str] = []
    wraps = False
    for raw in text.splitlines():
        line = raw.strip()
        if line and wraps and joined and not _LIST_MARK.match(line):
            joined[-1] += (" " if line[0].isascii() else "") + line
        else:
            joined.append(line)
        wide = sum(1 if sign.isascii() else 2 for sign in line)
        wraps = wide >= _WRAPPED_AT and line[-1:] not in ".!?。！？:："
    pieces = (piece.strip() for line in joined for piece in _SENTENCE.split(line))
    kept = [piece[:_LONGEST_UNIT] for piece in pieces if piece][:_MOST_UNITS]
    return [_Unit(piece, _folded(piece)) for piece in kept]


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return " ".join(folded.split())


@cache
def _table(name: str) -> dict[str, list[str]]:
    path = Path(__file__).parent / "data" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def _words(name: str) -> re.Pattern[str]:
    """Return the expression that finds any phrase of the list ``name`` in folded text."""
    return _any_of(_table("help_words")[name])


@cache
def _providers() -> re.Pattern[str]:
    names = _table("providers")["names"]
    return re.compile("|".join(map(_phrase, sorted(names, key=len, reverse=True))), re.IGNORECASE)


@cache
def _carriers() -> re.Pattern[str]:
    """Return the expression for names that are words too: they count as they are written."""
    names = _table("providers")["carriers"]
    return re.compile("|".join(_phrase(name) for name in sorted(names, key=len, reverse=True)))


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    folded = {"…".join(map(_folded, phrase.split("…"))) for phrase in phrases}  # NFKC splits it
    ordered = sorted(folded, key=len, reverse=True)
    return re.compile("|".join(f"(?:{_phrase(phrase)})" for phrase in ordered))


def _phrase(phrase: str) -> str:
    """Return the expression for one phrase; Latin, Greek and Cyrillic words stand alone."""
    parts = _GAP.join(re.escape(part) for part in phrase.split("…"))
    before = r"(?<![^\W\d_])" if _spaced(phrase[0]) else ""
    after = r"(?![^\W\d_])" if _spaced(phrase[-1]) else ""
    if phrase.isascii():  # beside Japanese text stands no blank
        before = before and r"(?<![A-Za-z0-9])"
        after = after and r"(?![A-Za-z0-9])"
    return before + parts + after


def _spaced(sign: str) -> bool:
    return sign.isalpha() and ord(sign) < 0x0900  # noqa: PLR2004 - the scripts written with blanks


def _labelled(unit: _Unit) -> list[str]:
    """Return what stands behind a label that asks for who has run it."""
    return [
        match[2].strip()
        for match in _LABELLED.finditer(unit.text)
        if _words("provider_label").search(_folded(match[1]))
        and sum(sign.isdigit() for sign in match[2]) < _SOME_DIGITS
    ]


def _second_of_list(units: list[_Unit], index: int) -> list[str]:
    """Return the second entry of a list whose first is a number: our two questions, answered."""
    if not index:
        return []
    first, second = (_LIST_MARK.match(units[at].text) for at in (index - 1, index))
    if first is None or second is None or _mark(first) + 1 != _mark(second):
        return []
    digits = sum(sign.isdigit() for sign in first[2])
    more = any(sign.isdigit() for sign in second[2][:_SOME_DIGITS]) and len(second[2]) > _QUOTED
    return [second[2].strip()] if digits >= _SOME_DIGITS and not more else []


def _bare_answer(units: list[_Unit], own: frozenset[str]) -> list[Proposal]:
    """Return what a short reply tells: "none", "I do not know", or a name and nothing else.

    Greetings end in a comma, and what stands below a closing formula is who wrote.
    """
    kept: list[_Unit] = []
    for unit in units:
        if ends_letter(unit.text):
            break
        if not unit.text.endswith((",", "、", "，")):
            kept.append(unit)
    for unit in kept[:_MOST_ANSWERS]:
        told = _answer(unit.text, unit, own)
        named = any(item.about is Told.PROVIDER for item in told)
        if told and (len(kept) == 1 or not named):
            return told
    return []


def _mark(match: re.Match[str]) -> int:
    return int(unicodedata.normalize("NFKC", match[1]))


def _answer(answer: str, unit: _Unit, own: frozenset[str]) -> list[Proposal]:
    """Return what the answer to "who has run WhatsApp for it" tells."""
    folded = _folded(answer).strip(" .。\"'()「」")
    if _words("none").fullmatch(folded) or _denies(folded):
        return [_use("never", unit)]
    if _words("unknown").search(folded):
        return [_use("unknown", unit)]
    told = _said(_Unit(answer, _folded(answer)), near=True, own=own, companies=())
    if told:
        return [Proposal(item.about, item.value, unit.quoted, item.weak) for item in told]
    name = answer.strip(" .。\"'「」")
    plain = _NAME.fullmatch(name) and any(sign.isalpha() for sign in name)
    if not plain or len(name.split()) > _MOST_WORDS:
        return []
    return [Proposal(Told.PROVIDER, name, unit.quoted), _use("business_platform", unit)]


def _use(code: str, unit: _Unit) -> Proposal:
    return Proposal(Told.USE, code, unit.quoted)


def _said(
    unit: _Unit, *, near: bool, own: frozenset[str], companies: tuple[str, ...]
) -> list[Proposal]:
    """Return what one sentence tells; ``near``: it or its neighbour speaks of WhatsApp."""
    folded = unit.folded
    if near and _denies(folded):
        return [_use("never", unit)]
    found: list[Proposal] = []
    names = [] if _asks_of_you(folded) else _named(unit, own, companies)
    found += [Proposal(Told.PROVIDER, name, unit.quoted) for name in dict.fromkeys(names)]
    hosting = next(
        (code for code in ("on_premises", "cloud_api") if near and _words(code).search(folded)), ""
    )
    if hosting:
        found.append(Proposal(Told.HOSTING, hosting, unit.quoted))
    if found or (near and _words("platform").search(folded)):
        found.append(_use("business_platform", unit))
    elif _is_app(folded):
        found.append(_use("whatsapp_app", unit))
    elif _does_not_know(folded, near=near):
        found.append(_use("unknown", unit))
    return found


def _denies(folded: str) -> bool:
    """Return whether a sentence says that something was never used."""
    return bool(_words("never").search(_words("never_but").sub(" ", folded)))


def _named(unit: _Unit, own: frozenset[str], companies: tuple[str, ...]) -> list[str]:
    """Return the providers that a sentence names, as written."""
    written = unicodedata.normalize("NFKC", unit.text)
    known = [match.group() for match in _providers().finditer(written)]
    if _WHATSAPP.search(unit.folded):
        known += [match.group() for match in _carriers().finditer(written)]
    known = [name for name in known if _folded(name).replace(" ", "") not in own]
    related = [_bare_name(name) for name in companies if _runs_it(unit.text, name, own)]
    return [name for name in known if not any(name in other for other in related)] + related


def _bare_name(name: str) -> str:
    """Return ``name`` without the words before it that say what it is: ``Firma``, ``Anbieter``."""
    words = name.split()
    while len(words) > 1 and _words("relation").fullmatch(_folded(words[0])):
        words = words[1:]
    return " ".join(words).rstrip(".")


def _runs_it(text: str, name: str, own: frozenset[str]) -> bool:
    """Return whether a sentence says of the company ``name`` that it runs something for us."""
    at = text.find(name)
    if at < 0 or any(part and part in _folded(name).replace(" ", "") for part in own):
        return False
    called = name.split(maxsplit=1)[0] if _bare_name(name) != name else ""
    before = _folded(f"{text[max(at - _NEAR, 0) : at]} {called}").split()[-3:]
    behind = _folded(text[at + len(name) : at + len(name) + _NEAR // 2])
    if _words("relation_behind").search(behind):
        return True
    return bool(before) and any(_words("relation").fullmatch(word) for word in before)


def _asks_of_you(folded: str) -> bool:
    """Return whether a sentence asks about the reader alone: "do you work with …?"."""
    asks = folded.endswith(("?", "？")) and _words("you").search(folded)
    return bool(asks) and not _words("us").search(folded)


def _is_app(folded: str) -> bool:
    """Return whether the word for an app stands near the word WhatsApp.

    "WhatsApp application" is a request in English, and no app.
    """
    if _words("business_app").search(folded):
        return True
    for match in _WHATSAPP.finditer(folded):
        before = folded[max(match.start() - _NEAR, 0) : match.start()]
        behind = folded[match.end() : match.end() + _NEAR]
        for word in _words("app").finditer(before):
            if not re.search(r"\d", before[word.end() :]):
                return True
        if any(
            not word.group().startswith("application") for word in _words("app").finditer(behind)
        ):
            return True
    return False


def _does_not_know(folded: str, *, near: bool) -> bool:
    """Return whether a sentence says that they do not know who has run WhatsApp."""
    if not _words("unknown").search(folded) or _words("form").search(folded):
        return False
    return near or bool(_words("provider_label").search(folded))


def ends_letter(line: str) -> bool:
    """Return whether a line is a closing formula: few words, no digit, one such as "regards"."""
    folded = _folded(line)
    if len(folded) > _WRAPPED_AT or any(sign.isdigit() for sign in folded):
        return False
    return bool(_words("closing").search(folded))
