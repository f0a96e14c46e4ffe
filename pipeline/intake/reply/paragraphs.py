"""A reply as blocks of sentences, each cut into pieces that say something or are courtesy."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from itertools import islice

from pipeline.intake.phrases import load_table
from pipeline.intake.reply.doubts import Doubt, doubts, signs, takes_back
from pipeline.intake.reply.folding import Listed, fold, is_japanese, pattern
from pipeline.intake.reply.vocabulary import is_formula, is_sign_off, says

#: More than this is no answer to one of our mails; nothing of it acts.
_MAX_TEXT, _MAX_LINES, _MAX_SENTENCES = 20_000, 600, 400
_MAX_SENTENCE, _MAX_PIECES = 300, 12
_GREETING_WORDS, _GREETING_LETTERS = 5, 40
_INTRODUCTION, _SIGN_OFF_WORDS, _NAMES = 60, 7, 3
_SIGNATURE_LINES, _SIGNATURE_LENGTH = 10, 120
COURTESY = "courtesy"

#: The words of a link or an address say nothing.
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"”」]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}")
_LINK_WORD = "(link)"
_QUOTED = re.compile(r"[>＞]")
_RULE = re.compile(r"[\s\-_=*~─━―－＿＝＊・]*\Z")
_BULLET = re.compile(r"(?:[-*+•‣▪●・※]\s|\(?\d{1,2}[.)]\s)")
_END = ".!?。．！？｡…‼⁇⁈⁉;；"
_CLOSERS = " \t\"'”’」』)）]】>*_"
_SENTENCE = re.compile(r"[.!?。．！？｡…‼⁇⁈⁉;；]+[\"'”’」』)）\]*_]*")
_PIECE = re.compile(r"[,、，､/／]|\s[-–—−]{1,3}\s|[—―]|[:：](?=\s)")
#: What a piece can end with: most texts have none of these.
_PIECE_SIGNS = re.compile(r"[,、，､/／\-–—−―:：]")
_CONTINUES = re.compile(r"[a-zà-öø-ÿぁ-ゖ,、，)）」』”&+]")
#: "A." or "Dr." before a name: a letter, or a few without a vowel.
_SHORTENED = re.compile(r"[A-Z][^aeiouyAEIOUY\W\d_]{0,3}\.")
_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x200E, 0x200F])


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence with what it says: a label, ``courtesy``, or nothing that we know."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as it was written (lines joined), and its pieces."""

    text: str
    pieces: tuple[Piece, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """What the sentence says, when each of its pieces is known; else nothing."""
        if not all(piece.label for piece in self.pieces):
            return ()
        said = (piece.label for piece in self.pieces if piece.label != COURTESY)
        return tuple(dict.fromkeys(said))

    @property
    def signs(self) -> tuple[Doubt, ...]:
        """What its signs say against it: a question mark, a box, a cross."""
        return signs(self.text)

    @property
    def empty(self) -> bool:
        """Whether it is courtesy alone."""
        return all(piece.label == COURTESY for piece in self.pieces)


class Place(StrEnum):
    """Where in a reply a block stands; only the customer's own words act."""

    WORDS = "words"
    SIGNATURE = "signature"
    FOOTER = "footer"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a part of one, with its lines joined to sentences."""

    text: str
    sentences: tuple[Sentence, ...]
    place: Place = Place.WORDS
    lines: tuple[str, ...] = ()

    @property
    def aside(self) -> bool:
        """Whether nothing in it acts."""
        return self.place is not Place.WORDS

    @property
    def looks_like_signature(self) -> bool:
        """Whether it is a few short lines without a sentence: names, numbers, addresses."""
        return len(self.lines) <= _SIGNATURE_LINES and not any(
            len(line) > _SIGNATURE_LENGTH or ends_sentence(line) or doubts(fold(line))
            for line in self.lines
        )


Known = Callable[[str], str]


def phrases_of(table: str) -> Known:
    """Return what tells the name of the list of ``table`` that a text is a phrase of."""
    return lambda text: next(iter(says(table, text)), "")


def read_blocks(text: str, known: Known) -> tuple[Block, ...] | None:
    """Return the blocks of ``text``, or None when it is too long for a reply.

    ``known`` returns the label of a sentence or a piece of one, or nothing.
    """
    shown = text[: _MAX_TEXT + 1]
    shown = shown if shown.isascii() else shown.translate(_INVISIBLE)
    if "@" in shown or "://" in shown or "www." in shown:
        shown = _LINK.sub(_LINK_WORD, shown)
    lines = shown.splitlines()
    if len(text) > _MAX_TEXT or len(lines) > _MAX_LINES:
        return None
    reader = _Reader(known)
    blocks: list[Block] = []
    count = 0
    for block_lines, place in _cut(lines):
        block = reader.block(block_lines, place)
        count += len(block.sentences)
        if count > _MAX_SENTENCES:
            return None
        blocks.append(block)
    return tuple(blocks)


def ends_sentence(line: str) -> bool:
    """Tell whether ``line`` ends as a sentence does: with a sign, or a Japanese verb."""
    if line.rstrip(_CLOSERS)[-1:] in _END:
        return True
    return is_japanese(line) and fold(line).endswith(_folded("finite"))


def is_introduction(text: str) -> bool:
    """Tell whether ``text`` says who writes ("This is Anna of Sample Ltd"), and no more."""
    folded = fold(text)
    if len(folded) > _INTRODUCTION or doubts(folded):
        return False
    if is_japanese(folded):
        return folded.endswith(_folded("introduced")) or folded.startswith(_folded("introduces"))
    return f"{folded} ".startswith(_spaced("introduces"))


def is_footer(text: str) -> bool:
    """Tell whether ``text`` has words of a legal footer or of a mailing's last lines."""
    return _footers().stand_in(fold(text))


def _cut(lines: list[str]) -> Iterator[tuple[list[str], Place]]:
    """Yield the lines of each block; the formula that closes a letter ends its block."""
    block: list[str] = []
    below = place = Place.WORDS
    for line in lines:
        blank = not line.strip() or _RULE.match(line) is not None
        quoted = _QUOTED.match(line.lstrip()) is not None
        footer = not blank and is_footer(line)
        changes = quoted is not (place is Place.QUOTE) or (footer and place is not Place.FOOTER)
        if blank or changes:
            if block:
                yield block, place
            block, place = [], below
        if blank:
            continue
        if quoted or footer:
            place = Place.QUOTE if quoted else Place.FOOTER
        block.append(line)
        if below is Place.WORDS and place is Place.WORDS and _is_sign_off(line):
            yield block, place
            block, below, place = [], Place.SIGNATURE, Place.SIGNATURE
    if block:
        yield block, place


class _Reader:
    """Cuts blocks into sentences and sentences into pieces, by what is known of them."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def block(self, lines: list[str], place: Place) -> Block:
        """Return the block that ``lines`` are."""
        runs: list[str] = []
        for line in lines:
            if runs and not self._ends(runs[-1], line):
                blank = "" if is_japanese(runs[-1][-1:]) and is_japanese(line.strip()[:1]) else " "
                runs[-1] += blank + line.strip()
            else:
                runs.append(line.strip())
        texts = islice((text for run in runs for text in _sentences(run)), _MAX_SENTENCES + 1)
        return Block("\n".join(runs), tuple(self._named(texts)), place, tuple(lines))

    def _named(self, texts: Iterable[str]) -> list[Sentence]:
        """Return the sentences; the full stop of "Dr. A. Ready" ends none."""
        found: list[Sentence] = []
        goes_on = False
        for text in texts:
            alone = self._sentence(text)
            shortened = _SHORTENED.fullmatch(text) is not None
            if goes_on:
                found[-1] = self._sentence(f"{found[-1].text} {text}")
            else:
                found.append(alone)
            goes_on = shortened and (goes_on or not (alone.labels or alone.empty))
        return found

    def _ends(self, before: str, line: str) -> bool:
        """Tell whether a sentence ends at the end of the line ``before``."""
        if before.rstrip(_CLOSERS)[-1:] in _END or _BULLET.match(line.lstrip()):
            return True
        if _says_nothing(line):
            return True
        *_, last = "", *_sentences(before[-2 * _MAX_SENTENCE :])
        if _says_nothing(last):
            return True
        if _CONTINUES.match(line.lstrip()) or before.rstrip()[-1:] in ",、，:：":
            return False
        if is_japanese(before[-1:]):
            folded = fold(last)
            if any(folded.endswith(end) for end in _folded("finite")):
                return True
        return bool(self._sentence(last).labels)

    def _sentence(self, text: str) -> Sentence:
        if len(text) > _MAX_SENTENCE:
            return Sentence(text, (Piece(text),))
        whole = self._piece(text)
        if whole.label:
            return Sentence(text, (whole,))
        parts = _parts_of(text)
        if len(parts) > _MAX_PIECES:
            return Sentence(text, (whole,))
        known = (whole if part == text else self._piece(part) for part in parts)
        pieces = [piece for part in known for piece in self._joined(part)]
        if len(pieces) > 1 and pieces[-2].label == COURTESY and _is_name(pieces[-1].text):
            pieces[-1] = Piece(pieces[-1].text, pieces[-1].label or COURTESY)
        return Sentence(text, tuple(pieces))

    def _piece(self, text: str) -> Piece:
        label = self._known(text)
        return Piece(text, label or (COURTESY if _says_nothing(text) else ""))

    def _joined(self, piece: Piece) -> list[Piece]:
        """Return the piece, or what it joins by "and" when each part of that is known."""
        if piece.label:
            return [piece]
        folded = f" {fold(piece.text)} "
        for joint in _patterns("joints"):
            if joint in folded:
                parts = [self._piece(part) for part in folded.split(joint) if part.strip()]
                # "…ので" ends the first half of a sentence, and its comma is gone already
                halves = len(parts) > 1 or (is_japanese(joint) and folded.rstrip().endswith(joint))
                if parts and halves and all(part.label for part in parts):
                    return parts
        return [piece]


def _sentences(run: str) -> Iterator[str]:
    """Yield the sentences of joined lines; a full stop within a date or number ends none."""
    start = 0
    for found in _SENTENCE.finditer(run):
        before, after = run[: found.start()][-3:], run[found.end() : found.end() + 2]
        plain = found[0].startswith(".")
        if found[0].startswith(("..", "…")) and after.strip()[:1].islower():
            continue  # "ready... for what"
        if plain and after[:1] and not after[:1].isspace() and not is_japanese(after[:1]):
            continue
        of_day = before[-1:].isdigit() and not (before.isdigit() and len(before) == 3)  # noqa: PLR2004
        of_month = after.strip()[:1].isdigit() and not before[-1:].isdigit()
        if plain and after and (of_day or (of_month and len(run[start : found.start()]) > 0)):
            continue
        if run[start : found.end()].strip():
            yield run[start : found.end()].strip()
        start = found.end()
    if run[start:].strip():
        yield run[start:].strip()


def _parts_of(text: str) -> list[str]:
    """Return the parts of a sentence that have words."""
    parts = _PIECE.split(text) if _PIECE_SIGNS.search(text) else [text]
    return [part for part in parts if fold(part)]


@lru_cache(maxsize=4096)
def _says_nothing(line: str) -> bool:
    parts = _parts_of(line)
    return len(parts) <= _MAX_PIECES and all(
        is_formula(part) or _is_greeting(part) or _is_sign_off(part) for part in parts
    )


def _is_sign_off(line: str) -> bool:
    """Tell whether a letter is closed here; a name or two may follow in the line."""
    words = _PIECE.split(line, maxsplit=1)[0].split()
    last = len(words)
    while last and len(words) - last < _NAMES and words[last - 1][:1].isupper():
        last -= 1  # from here on it may be names
    ends = range(min(len(words), _SIGN_OFF_WORDS), max(last, 1) - 1, -1)
    return any(is_sign_off(" ".join(words[:end])) for end in ends)


def _is_name(text: str) -> bool:
    """Tell whether ``text`` may be the name behind thanks: a few words in capitals."""
    words = text.strip(" .!").split()
    folded = fold(text)
    capitals = all(word[:1].isupper() and word[1:].islower() for word in words)
    return 0 < len(words) <= _NAMES and capitals and not (doubts(folded) or takes_back(folded))


def _is_greeting(text: str) -> bool:
    """Tell whether ``text`` is "Dear Mr Lindner" or the line with the name of an addressee."""
    folded = fold(text)
    if is_japanese(folded):
        short = len(folded) <= _GREETING_LETTERS and not doubts(folded)
        return short and folded.endswith(_folded("addressed"))
    padded = f"{folded} "
    if not padded.startswith(_spaced("greetings")):
        return False
    start = next(word for word in _spaced("greetings") if padded.startswith(word))
    named = padded[len(start) :].split()
    if len(named) > _GREETING_WORDS or doubts(" ".join(named)):
        return False
    capitals = {fold(word) for word in text.split() if word[:1].isupper() and not word.isupper()}
    return len(named) <= 1 or all(name in capitals or name in _folded("named") for name in named)


@cache
def _footers() -> Listed:
    return Listed(_patterns("footer"))


@cache
def _folded(name: str) -> tuple[str, ...]:
    return tuple(fold(word) for word in load_table("courtesy", name))


@cache
def _spaced(name: str) -> tuple[str, ...]:
    return tuple(f"{word} " for word in _folded(name))


@cache
def _patterns(name: str) -> tuple[str, ...]:
    return tuple(pattern(word) for word in load_table("courtesy", name))
