"""What we sent, as digests: enough to know our own words again in a reply, not to read them.

A mail is kept as its pieces in their order: a piece is a sentence, or as much of it as stands on
one line of ours. In a reply they are looked for letter by letter, so it does not matter where its
program ends a line. Our mails ask for words ("reply READY"), so a word is ours only where its
neighbours are ours too.
"""

import functools
import hashlib
import re
import struct
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.mailbox.reply.letters import Letters, fold, letters_of, visible, weight

_RECORD = struct.Struct(">BB2s6s")
_HEAD = 4  # letters that a piece is looked up by
_LONGEST = 200
_MOST_PIECES = 600
# Written by everybody; a word or slot to answer with; the beginning of a slot.
_COMMON, _REPLY, _LETTER = 1, 2, 4
_TELLING = 20  # letters that nobody writes by chance
_LEFT_OUT = 6  # letters of a piece that a program may leave out (the number in a list, "End")
_SHORT = 3
_TRIED = 6
_FEW = 5
_PAIR = 2
_MOST_MAILS = 60
_HALF = 0.5
# The end of a piece: of a line, or of a sentence on it.
_PIECE = re.compile(r"[^\n.!?:。！？：]+(?:[.!?:](?!\s)[^\n.!?:。！？：]*)*[.!?:。！？：]*")
# An hour to choose: behind its letter, or alone when it is the only one.
_SLOT = re.compile(
    r"\s*[A-Za-zＡ-Ｚ](?:\s{2,}|\u3000)(?=.{0,60}\d)|(?=[^\n:：]{0,60}\d{1,2}:\d{2}[–～])"
)
_LABELLED = re.compile(r"[^\n:：]{1,40}[:：]\s*\S")
_ROW = re.compile(r"([^\n:：]{1,80}[:：])\s*(\S.*)")
_FULL_STOPS = frozenset(".!?。！？")
_ENDS = frozenset(".!?:;。！？：；…")
_NEAR = 60
_BEYOND = _MOST_PIECES


@dataclass(frozen=True, slots=True)
class _Piece:
    flags: int
    length: int
    head: bytes
    whole: bytes


@dataclass(frozen=True, slots=True)
class _Hit:
    """A piece found in a reply: its place among the letters, and in which mail it stands where."""

    start: int
    end: int
    mail: int
    index: int


_Run = list[_Hit]
IsReply = Callable[[str], bool]


def _none(_words: str) -> bool:
    return False


def digests_of(text: str, body: str, key: str, is_reply: IsReply = _none) -> bytes:
    """Return the digests of the plain text of a mail of ours, as they are kept.

    ``body`` is the part between greeting and closing: what frames it is said by everybody, and so
    are facts (a number, a name), which may be an answer.
    ``is_reply`` tells the words that a customer may answer with. ``key`` keeps digests of different
    requests apart.
    """
    start = text.find(body) if body else 0
    within = range(start, start + len(body or text))
    found = []
    for place, source, line in _pieces(text):
        letters = letters_of(source).text
        fact = _is_value(source, line) and not _asks_for(source, line, is_reply)
        flags = 0 if place in within and not fact else _COMMON
        if _SLOT.match(line):
            flags |= _REPLY | (_LETTER if line.startswith(source) else 0)
        elif is_reply(source):
            flags |= _REPLY
        for first in range(0, len(letters), _LONGEST):
            part = letters[first : first + _LONGEST]
            head = _digest(part[:_HEAD], key, 2)
            found.append(_RECORD.pack(flags, len(part), head, _digest(part, key, 6)))
    return b"".join(found[:_MOST_PIECES])


def _pieces(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the pieces of ``text``: each with its place, itself and the line that it stands on."""
    start = 0
    for line in text.split("\n"):
        for hit in _PIECE.finditer(line):
            if hit[0].strip():
                yield start + hit.start(), hit[0], line
        start += len(line) + 1


def _is_value(source: str, line: str) -> bool:
    """Whether a piece is a fact or its label, which the customer writes too: no sentence."""
    if source.rstrip()[-1:] in _FULL_STOPS:
        return False
    told = bool(_LABELLED.match(line))
    return told or not re.search(r"\S\s+\S|[\u3040-\u30ff]", source.strip())


def _asks_for(source: str, line: str, is_reply: IsReply) -> bool:
    """Whether a piece is the label before a word to answer with: nobody else writes that."""
    row = _ROW.fullmatch(line.strip())
    return row is not None and source.strip() == row[1] and is_reply(row[2])


def _digest(letters: str, key: str, size: int) -> bytes:
    return hashlib.blake2b(letters.encode(), digest_size=size, key=key.encode()[:64]).digest()


class SentText:
    """The mails that we sent on a thread, oldest first, as :func:`digests_of` kept them."""

    def __init__(self, mails: Sequence[bytes], key: str) -> None:
        self._key = key
        unique = dict.fromkeys(mails[-_MOST_MAILS:])
        self._mails = [
            [_Piece(*fields) for fields in _RECORD.iter_unpack(mail)]
            for mail in unique
            if mail and len(mail) % _RECORD.size == 0
        ]
        self._by_head: dict[tuple[int, bytes], dict[tuple[int, bytes], list[tuple[int, int]]]] = {}
        for number, mail in enumerate(self._mails):
            for index, piece in enumerate(mail):
                head = (min(piece.length, _HEAD), piece.head)
                places = self._by_head.setdefault(head, {})
                places.setdefault((piece.length, piece.whole), []).append((number, index))
        self._heads = sorted({length for length, _ in self._by_head})

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the places in ``text`` that are ours: (start, end) of the first and last letter.

        Taken are runs of pieces that follow each other as they do in our mail, and a sentence that
        stands alone, as often as we sent it; never a slot or a reply word that stands alone.
        """
        letters = letters_of(text)
        runs = [_trimmed(run, letters) for run in self._runs(letters)]
        runs = self._answers_left([run for run in runs if run], letters)
        taken, used = self._clearly_ours(runs, letters)
        taken = self._in_order(runs, taken, used)
        chosen = sorted((run[0].start, run[-1].end) for run in taken)
        places, seen = letters.places, visible(text)
        found = [(places[start], places[end - 1]) for start, end in chosen]
        if seen is not None:
            found = [(seen[start], seen[end]) for start, end in found]
        return [(start, end + 1) for start, end in found]

    # finding

    def _runs(self, letters: Letters) -> list[_Run]:
        """Return what is found of ours, in the order of the reply; runs do not overlap."""
        found: list[_Run] = []
        known: dict[str, bytes] = {}
        busy_until = 0
        last: _Hit | None = None
        for start in _word_starts(letters):
            if start < busy_until:
                continue
            best = self._best(letters, start, last, known)
            if not best:
                continue
            if found and found[-1][-1].end > start:
                if found[-1][-1].end - found[-1][0].start >= best[-1].end - start:
                    continue
                found.pop()  # a word that the longer run holds
            found.append(best)
            if weight(letters.text[start : best[-1].end]) >= _TELLING:
                busy_until, last = best[-1].end, best[-1]
        return found

    def _best(
        self, letters: Letters, start: int, last: _Hit | None, known: dict[str, bytes]
    ) -> _Run:
        """Return the longest run that begins at ``start``; of equals the one that goes on."""
        best: _Run = []
        best_rank = (0, False)
        for length in self._heads:
            begin = letters.text[start : start + length]
            if len(begin) < length:
                break
            head = known.get(begin)
            if head is None:
                head = known.setdefault(begin, _digest(begin, self._key, 2))
            for (size, whole), places in self._by_head.get((length, head), {}).items():
                if not self._stands(letters, start, size, whole):
                    continue
                for mail, index in _tried(places, last):
                    run = self._follow(letters, _Hit(start, start + size, mail, index))
                    goes_on = last is not None and mail == last.mail and index > last.index
                    if (run[-1].end, goes_on) > best_rank:
                        best, best_rank = run, (run[-1].end, goes_on)
        return best

    def _follow(self, letters: Letters, first: _Hit) -> _Run:
        """Return the pieces of one mail that stand behind each other from ``first`` on."""
        run = [first]
        mail = self._mails[first.mail]
        while True:
            at, index = run[-1].end, run[-1].index + 1
            while index < len(mail):
                piece = mail[index]
                if self._stands(letters, at, piece.length, piece.whole):
                    run.append(_Hit(at, at + piece.length, first.mail, index))
                    break
                if piece.length > _LEFT_OUT or run[-1].index < index - 1:
                    return run
                index += 1
            else:
                return run

    def _stands(self, letters: Letters, start: int, length: int, whole: bytes) -> bool:
        end = start + length
        if end > len(letters.text):
            return False
        if length <= _SHORT and end < len(letters.text):
            places = letters.places
            if places[end] <= places[end - 1] + 1:  # in the middle of a word or number
                return False
        return _digest(letters.text[start:end], self._key, 6) == whole

    # deciding

    def _answers_left(self, runs: list[_Run], letters: Letters) -> list[_Run]:
        """Take a reply word off the end of a run where the next run begins with the same one.

        It stands there twice, and we wrote it once: behind its label when it stands on that line.
        """
        for run, following in pairwise(runs):
            last, first = run[-1], following[0]
            is_twice = (last.mail, last.index) == (first.mail, first.index)
            if is_twice and len(following) > 1 and self._piece(last).flags & _REPLY:
                if len(run) > 1 and _on_one_line(run[-2], last, letters):
                    following.pop(0)
                else:
                    run.pop()
        return [run for run in runs if run]

    def _clearly_ours(
        self, runs: list[_Run], letters: Letters
    ) -> tuple[list[_Run], set[tuple[int, int]]]:
        """Return the runs that need no other evidence, and the pieces that they use up.

        A few sentences are taken as often as we sent them. What is longer, or holds a word that
        could be an answer, is a quote however often it stands there.
        """
        taken, few = [], []
        used: set[tuple[int, int]] = set()
        for run in runs:
            if not self._tells(run, letters):
                continue
            if len(run) > _FEW or (len(run) > 1 and self._flags(run) & _REPLY):
                taken.append(run)
                used.update((hit.mail, hit.index) for hit in run)
            else:
                few.append(run)
        for run in sorted(few, key=len, reverse=True):
            places = [self._free(hit, used) for hit in run]
            free = [place for place in places if place is not None]
            if len(free) == len(run):
                used.update(free)
                taken.append(
                    [_Hit(hit.start, hit.end, *place) for hit, place in zip(run, free, strict=True)]
                )
        return taken, used

    def _free(self, hit: _Hit, used: set[tuple[int, int]]) -> tuple[int, int] | None:
        """Return where a piece stands in our mails that is not used up: here, else anywhere."""
        own = (hit.mail, hit.index)
        if own not in used:
            return own
        return next((place for place in self._same(hit) if place not in used), None)

    def _flags(self, run: _Run) -> int:
        """Return all flags that a piece of ``run`` has."""
        return functools.reduce(int.__or__, (self._piece(hit).flags for hit in run), 0)

    def _tells(self, run: _Run, letters: Letters) -> bool:
        """Whether a run can only be ours: long enough, and more than a slot or one phrase."""
        if weight(letters.text[run[0].start : run[-1].end]) < _TELLING:
            return False
        flags = [self._piece(hit).flags for hit in run]
        if any(flag == 0 for flag in flags):
            return True
        if all(flag & _REPLY for flag in flags):
            return self._is_whole_list(run)
        return len(run) > _PAIR

    def _is_whole_list(self, run: _Run) -> bool:
        """Whether a run of slots is all that we offered: nobody chooses by copying them all."""
        if sum(bool(self._piece(hit).flags & _LETTER) for hit in run) < _PAIR:
            return False
        mail = self._mails[run[0].mail]
        around = (run[0].index - 1, run[-1].index + 1)
        return not any(0 <= index < len(mail) and mail[index].flags & _REPLY for index in around)

    def _in_order(
        self,
        runs: list[_Run],
        taken: list[_Run],
        used: set[tuple[int, int]],
    ) -> list[_Run]:
        """Add the short pieces (greeting, heading) that stand in their place of a quoted mail.

        Only where most of the mail is quoted, and never a word that could be an answer.
        """
        chosen = {run[0].start for run in taken}
        quoted: dict[int, list[_Run]] = {}
        mails = {mail for mail in {mail for mail, _ in used} if self._is_quoted(mail, used)}
        for run in sorted(taken, key=lambda run: run[0].start):
            if run[0].mail in mails:
                quoted.setdefault(run[0].mail, []).append(run)
        starts = {mail: [run[0].start for run in found] for mail, found in quoted.items()}
        more: list[_Run] = []
        for run in runs:
            if run[0].start in chosen or self._flags(run) & _REPLY:
                continue
            for mail, index in self._same(run[0]):
                if mail not in quoted or (mail, index) in used:
                    continue
                place = bisect(starts[mail], run[0].start)
                before = quoted[mail][place - 1][-1].index if place else -1
                after = quoted[mail][place][0].index if place < len(starts[mail]) else _BEYOND
                if before < index and index + run[-1].index - run[0].index < after:
                    used.add((mail, index))
                    more.append(run)
                    break
        return [*taken, *more]

    def _is_quoted(self, number: int, used: set[tuple[int, int]]) -> bool:
        mail = self._mails[number]
        whole = sum(piece.length for piece in mail)
        found = sum(piece.length for index, piece in enumerate(mail) if (number, index) in used)
        return found >= _HALF * whole

    def _piece(self, hit: _Hit) -> _Piece:
        return self._mails[hit.mail][hit.index]

    def _same(self, hit: _Hit) -> list[tuple[int, int]]:
        piece = self._piece(hit)
        head = (min(piece.length, _HEAD), piece.head)
        return self._by_head[head][piece.length, piece.whole]


def _word_starts(letters: Letters) -> Iterator[int]:
    """Yield where something begins: a word, a line, a character after a mark."""
    if letters.places:
        yield 0
    for index, (left, right) in enumerate(pairwise(letters.places), 1):
        if right > left + 1:
            yield index


def _tried(places: list[tuple[int, int]], last: _Hit | None) -> list[tuple[int, int]]:
    """Return the places of a piece that are worth a look: the newest, and what comes next."""
    if len(places) <= _TRIED:
        return places
    following = [
        place
        for place in places
        if last is not None and place[0] == last.mail and place[1] > last.index
    ]
    return [*following[:1], *places[-_TRIED:]]


def _trimmed(run: _Run, letters: Letters) -> _Run:
    """Return the part of a run that begins and ends where a sentence or a line of the reply does.

    What a person added to a line of ours keeps that line: without it his words mean nothing.
    """
    first, last = 0, len(run)
    while first < last and not _is_edge(letters.bare, letters.places[run[first].start], -1):
        first += 1
    while first < last and not _is_edge(letters.bare, letters.places[run[last - 1].end - 1], 1):
        last -= 1
    return run[first:last]


def _on_one_line(first: _Hit, second: _Hit, letters: Letters) -> bool:
    between = slice(letters.places[first.end - 1], letters.places[second.start])
    return "\n" not in letters.bare[between]


def _is_edge(text: str, place: int, step: int) -> bool:
    """Whether a line or a sentence begins (ends) at ``place``, but for marks between."""
    for index in range(place + step, place + step * _NEAR, step):
        if not 0 <= index < len(text):
            return True
        character = text[index]
        if character == "\n" or character in _ENDS:
            return True
        if fold(character):
            return False
    return True
