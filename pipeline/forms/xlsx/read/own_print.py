"""Tells our own print from what was added to it: texts of every version and language.

Texts are compared without blanks and breaks, which programs change when they save a workbook.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts, fold_word, form_texts, printed_versions
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.read.printed_texts import CHECK_WORDS, MARK_WORDS
from pipeline.model.form import FormKind
from pipeline.resources import languages

#: What is printed in one cell has at most so many characters; longer texts are not kept.
_LONGEST = 700
#: A part of a longer text of ours is told by so many characters: lines are broken at any width.
_SHORTEST_PART = 16
#: So many characters that are ours make the rest of a text what was added to it.
_SHORTEST_PRINT = 2
#: What a text ends with that is cut, as it is compared.
_CUT = ".…"
_KEPT = 4_096
#: The rows of all forms in all languages are some 400, each with a few words of its check.
_ROWS_KEPT = 2_048
#: So many characters has a row of ours at most, with its formulas.
_ROW_LENGTH = 2_500
#: What our own formulas have in common: those that check answers, and the one that counts them.
_OWN_FORMULAS = ("TRIM(", f'"#{at.FIELD_PREFIX.upper()}"&INDEX(')
_CHECKS = (*CHECK_WORDS, "check_none", "none")
_BULLET = re.compile(r"\A(?:•|[0-9]{1,2}\.)")
_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
#: What a setting puts into a text: an address of mail or of the web, or a number.
_WORD = re.compile("[!-~]{1,320}")
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_|~-]{1,64}@[a-z0-9.-]{1,255}(?<=[a-z0-9])")
_FILLED = "\x01"


def plain(text: str) -> str:
    """Return ``text`` as it is compared."""
    return _plain_once(text) if len(text) <= _LONGEST else _plain(text)


def _plain(text: str) -> str:
    return "".join(fold_word(text).split())


_plain_once = lru_cache(maxsize=_KEPT)(_plain)


@dataclass(frozen=True, slots=True)
class RowPrint:
    """What stands beside the answer to one question: as it is compared, and as it is printed.

    ``texts`` are the longest first; ``checks`` are the words of the check column.
    """

    folded: frozenset[str]
    checks: frozenset[str]
    texts: tuple[str, ...]

    def added(self, text: str) -> str:
        """Return what of ``text`` is not ours."""
        said = plain(text)
        if said in self.folded or said in self.checks:
            return ""
        begins = said.rstrip(_CUT)
        if len(begins) >= _SHORTEST_PART and any(item.startswith(begins) for item in self.folded):
            return ""  # the beginning of our own words, as titles of prompts are cut
        lines = [line for line in text.splitlines() if plain(line) not in self.folded]
        return _rest("\n".join(lines), self.texts)


@cache
def row_print(kind: FormKind, field: str) -> RowPrint:
    """Return what is printed in the row of ``field`` in every language and version."""
    texts = {text for words in printed_versions(kind) for text in _of_row(words, kind, field)}
    numbers = FORMS[kind].numbers_of_versions[field]
    lines = {line for text in texts for line in text.split("\n")}
    checks = {words.words(key) for words in printed_versions(kind) for key in _CHECKS}
    return RowPrint(
        frozenset(plain(text) for text in (*texts, *lines, *numbers, field)),
        frozenset(map(plain, checks)),
        _longest_first((*texts, *lines, field)),
    )


def said_beside(kind: FormKind, field: str, text: str) -> tuple[str, bool]:
    """Return what of ``text``, in the row of ``field``, is not ours, and whether it is a check."""
    return (_said_once if len(text) <= _LONGEST else _said)(kind, field, text)


def _said(kind: FormKind, field: str, text: str) -> tuple[str, bool]:
    found = row_print(kind, field)
    return found.added(text), plain(text) in found.checks


_said_once = lru_cache(maxsize=_KEPT)(_said)


def is_own_row(kind: FormKind, field: str, said: Sequence[tuple[str, str | None]]) -> bool:
    """Whether a row says nothing but our print; ``said`` are the texts and formulas of its cells.

    The cell of the answer is none of them. False does not mean that something was added: a row
    that says much, or has two checks, wants a closer look.
    """
    length = sum([len(text) + len(formula or "") for text, formula in said])
    return length <= _ROW_LENGTH and _is_own_row(kind, field, tuple(said))


@lru_cache(maxsize=_ROWS_KEPT)
def _is_own_row(kind: FormKind, field: str, said: tuple[tuple[str, str | None], ...]) -> bool:
    checks = 0
    for text, formula in said:
        is_own = formula is not None and is_own_formula(formula)
        added, is_check = _said(
            kind, field, behind(text) if is_own and text == f"={formula}" else text
        )
        if added:
            return False
        checks += is_own or is_check
    return checks <= 1


def behind(formula: str) -> str:
    """Return what was typed behind a ``formula`` of ours, which ends with a bracket."""
    return formula.rpartition(")")[2]


def is_own_formula(formula: str) -> bool:
    """Whether ``formula`` checks an answer, or counts what is left to answer."""
    return any(part in formula.upper() for part in _OWN_FORMULAS)


def _of_row(words: FormTexts, kind: FormKind, field: str) -> Iterator[str]:
    yield words.requirement(kind, field)
    yield from words.beside(kind, field)


def _longest_first(texts: Iterable[str]) -> tuple[str, ...]:
    found = {text for text in texts if len(text) >= _SHORTEST_PRINT}
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def _says(sign: str) -> bool:
    """Whether ``sign`` may be an answer or a doubt: a letter, a digit, a mark such as ✗ or ?."""
    return sign.isalnum() or sign in "?？×○◯" or "\u2600" <= sign <= "\u27bf"


def _rest(text: str, prints: Iterable[str]) -> str:
    """Return ``text`` without the print in it, or all of it when there is none."""
    for print_ in prints:
        if print_ in text:
            rest = text.replace(print_, " ", 1).strip()
            return rest if any(map(_says, rest)) else ""
    return text


@cache
def mark_words() -> tuple[str, ...]:
    """Return what the check column says first at an answer that we marked."""
    return tuple(
        {
            plain(words.words(key))
            for kind in FORMS
            for words in printed_versions(kind)
            for key in MARK_WORDS
        }
    )


@cache
def own_authors() -> frozenset[str]:
    """Return the names that our notes have as their author."""
    return frozenset(
        plain(words.words("marked_by")) for kind in FORMS for words in printed_versions(kind)
    )


@cache
def own_titles() -> frozenset[str]:
    """Return the titles of our sheets."""
    said = {
        plain(words.words(key))
        for kind in FORMS
        for words in printed_versions(kind)
        for key in ("start_sheet", "form_sheet")
    }
    return frozenset({*said, at.IDENTITY_SHEET, at.LISTS_SHEET})


@dataclass(frozen=True, slots=True)
class _Around:
    """What is printed around the questions: whole texts, all of them in one, and as printed.

    ``filled`` are the pieces of those that a setting or a number is filled into.
    """

    whole: frozenset[str]
    joined: str
    filled: tuple[tuple[str, ...], ...]
    texts: tuple[str, ...]


@cache
def _around() -> _Around:
    texts = {
        _with_names(text, words)
        for kind in FORMS
        for words in printed_versions(kind)
        for text in words.around
    }
    texts |= {*_identities(), *_counters()}
    checks = {words.words(key) for words in map(form_texts, languages()) for key in _CHECKS}
    plains = {plain(_PLACEHOLDER.sub(_FILLED, text)) for text in texts - checks}
    return _Around(
        whole=frozenset(plains),
        joined="\n".join(sorted(plains)),
        filled=tuple(
            tuple(map(plain, _PLACEHOLDER.split(text)))
            for text in sorted(texts)
            if _PLACEHOLDER.search(text)
        ),
        texts=_longest_first(text for text in texts if not _PLACEHOLDER.search(text)),
    )


def _with_names(text: str, words: FormTexts) -> str:
    """Return ``text`` with the names of our own sheet and columns in their places."""
    for name, key in (("sheet", "form_sheet"), ("answer", "answer"), ("check", "check")):
        text = text.replace(f"{{{name}}}", words.words(key))
    return text


def _counters() -> Iterator[str]:
    """Yield what tells how many answers are left: each but the last has a link behind it."""
    for words in map(form_texts, languages()):
        for key in ("left_one", "left_many", "left_marked_one", "left_marked_many"):
            yield words.words(key) + words.words("left_go")


def _identities() -> Iterator[str]:
    yield at.KEY_HEADER
    for kind, form in FORMS.items():
        for version, words in product((*form.older_versions, form.version), printed_versions(kind)):
            for language in languages():
                stamp = Stamp(kind, version, language).text
                yield stamp
                yield words.words("identity").format(stamp=stamp)


def _fits(text: str, pieces: tuple[str, ...]) -> bool:
    """Whether ``text`` is ``pieces`` with one word between each two of them."""
    said, folded = plain(text), fold_word(text)
    first, *others = pieces
    if not said.startswith(first):
        return False
    end = len(first)
    for number, piece in enumerate(others, 1):
        is_last = number == len(others)
        begin = len(said) - len(piece) if is_last else said.find(piece, end + 1)
        word = said[end:begin]
        if begin <= end or not said.startswith(piece, begin) or not _WORD.fullmatch(word):
            return False
        if word not in folded:  # more than one word, whose blanks were left out
            return False
        end = begin + len(piece)
    return True


def is_around(text: str, before: str = "") -> bool:
    """Whether ``text`` is printed around the questions; ``before`` is the line above it.

    A line of a longer text is known by itself when it is long, or with the line above.
    """
    return len(text) <= _LONGEST and _is_around(text, before)


@lru_cache(maxsize=_KEPT)
def _is_around(text: str, before: str) -> bool:
    said, around = _comparable(text), _around()
    if said in around.whole or plain(text) in around.whole:
        return True
    if len(said) >= _SHORTEST_PART and said in around.joined:
        return True
    if before and _comparable(before) + said in around.joined:
        return True
    return _is_whole(text) or (
        bool(before) and not _is_whole(before) and _is_whole(f"{before} {text}")
    )


@lru_cache(maxsize=_KEPT)
def _is_whole(text: str) -> bool:
    """Whether ``text`` is one of ours from its beginning to its end."""
    around = _around()
    if plain(text) in around.whole or _comparable(text) in around.whole:
        return True
    return any(_fits(text, pieces) for pieces in around.filled)


def _comparable(text: str) -> str:
    """Return ``text`` as it is compared, without a number or dot before it and with no address."""
    bare = _BULLET.sub("", plain(text), count=1)
    return _ADDRESS.sub(_FILLED, bare) if "@" in bare else bare


@lru_cache(maxsize=_KEPT)
def is_own_rule(kind: FormKind, text: str) -> bool:
    """Whether ``text`` is that of a window of a rule of ours: a title or a message.

    Some programs leave rules behind when rows move, so a title may be of any question.
    """
    if is_around(text):
        return True
    return any(not row_print(kind, name).added(text) for name in FORMS[kind].questions)


def added_around(text: str) -> str:
    """Return what of ``text``, which is not our print as a whole, is not ours."""
    return _rest(text, (item for item in _around().texts if len(item) >= _SHORTEST_PART))
