"""Our own words in a reply, known again by the digests of what we sent.

They are looked for letter by letter, so it does not matter where a program ends a line. Our mails
ask for words ("reply READY"), so a word is ours only where its neighbours are ours too.
"""

from bisect import bisect, bisect_left
from collections.abc import Sequence
from functools import cached_property, reduce
from itertools import chain, pairwise
from typing import NamedTuple

from pipeline.mailbox.reply.digests import (
    HEAD,
    LETTER,
    LONGEST,
    MOST_PIECES,
    RECORD,
    REPLY,
    Digests,
    Piece,
    heads_in,
)
from pipeline.mailbox.reply.letters import Letters, has_letters, letters_of, visible, weight

_TELLING = 20  # letters that nobody writes by chance
_LEFT_OUT = 6  # letters of a piece that a program may leave out (the number in a list, "End")
_SHORT = 3
_TRIED = 6
_FEW = 5
_PAIR = 2
_MOST_MAILS = 60
_HALF = 0.5
_ENDS = frozenset(".!?:;。！？：；…")
_NEAR = 60
_BEYOND = MOST_PIECES
_BELOW = 12  # lines that a piece may go on in


class _Hit(NamedTuple):
    """A piece found in a reply: its place among the letters, and in which mail it stands where."""

    start: int
    end: int
    mail: int
    piece: int


_Run = list[_Hit]


class SentText:
    """The mails that we sent on a thread, oldest first, as ``digests_of`` kept them."""

    def __init__(self, mails: Sequence[bytes], key: str) -> None:
        self._digests = Digests(key)
        unique = dict.fromkeys(mails[-_MOST_MAILS:])
        self._kept = [mail for mail in unique if mail and len(mail) % RECORD.size == 0]
        lengths = set[int]().union(*(mail[1 :: RECORD.size] for mail in self._kept))
        self._heads = [size for size in range(HEAD) if size in lengths]
        self._heads += [HEAD] if lengths and max(lengths) >= HEAD else []
        # two bytes each: enough to see that none of ours begins at most words of a reply
        self._begun = set(chain.from_iterable(map(heads_in, self._kept)))

    @cached_property
    def _mails(self) -> list[list[Piece]]:
        return [list(RECORD.iter_unpack(mail)) for mail in self._kept]

    @cached_property
    def _places(self) -> dict[tuple[int, bytes], list[tuple[int, int]]]:
        """Where each piece stands in our mails."""
        found: dict[tuple[int, bytes], list[tuple[int, int]]] = {}
        for number, mail in enumerate(self._mails):
            for index, (_, length, _, whole) in enumerate(mail):
                found.setdefault((length, whole), []).append((number, index))
        return found

    @cached_property
    def _by_head(self) -> dict[bytes, dict[tuple[int, bytes], None]]:
        """The pieces that begin alike, each once, in the order of our mails."""
        found: dict[bytes, dict[tuple[int, bytes], None]] = {}
        for mail in self._mails:
            for _, length, head, whole in mail:
                found.setdefault(head, {})[length, whole] = None
        return found

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

    def may_begin_in(self, lines: Sequence[str], top: int) -> bool:
        """Tell whether what is taken as ours may begin in the first ``top`` of ``lines``.

        It may end below them; where too little of that is looked at to know, the answer is yes.
        """
        above = "\n".join(lines[:top])
        if not self._may_stand_in(above):
            return False
        letters = letters_of("\n".join(lines[: top + _BELOW]))
        known: dict[str, bytes] = {}
        for start in letters.words:
            if letters.places[start] >= len(above):
                return False
            if not _begins_there(letters, start):
                continue
            if len(letters.text) < start + LONGEST and top + _BELOW < len(lines):
                return True
            if self._best(letters, start, None, known):
                return True
        return False

    def _may_stand_in(self, text: str) -> bool:
        """Tell whether something in ``text`` begins as a piece of ours does.

        A link may go on below the text, and so may its last letters: then the answer is yes.
        """
        if "://" in text:
            return True
        letters = letters_of(text)
        for start in letters.words:
            if not _begins_there(letters, start):
                continue
            begin = letters.text[start : start + HEAD]
            if len(begin) < HEAD:
                return True
            if any(tuple(self._digests.head(begin[:size])) in self._begun for size in self._heads):
                return True
        return False

    # finding

    def _runs(self, letters: Letters) -> list[_Run]:
        """Return what is found of ours, in the order of the reply; runs do not overlap."""
        found: list[_Run] = []
        known: dict[str, bytes] = {}
        words = letters.words
        last: _Hit | None = None
        place = 0
        while place < len(words):
            start = words[place]
            place += 1
            best = self._best(letters, start, last, known)
            if not best:
                continue
            if found and found[-1][-1].end > start:
                if found[-1][-1].end - found[-1][0].start >= best[-1].end - start:
                    continue
                found.pop()  # a word that the longer run holds
            found.append(best)
            if weight(letters.text[start : best[-1].end]) >= _TELLING:
                last = best[-1]
                place = bisect_left(words, last.end, place)
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
                head = known[begin] = self._digests.head(begin)
            if tuple(head) not in self._begun:
                continue
            for size, whole in self._by_head[head]:
                if min(size, HEAD) != length or not self._stands(letters, start, size, whole):
                    continue
                for mail, index in _tried(self._places[size, whole], last):
                    run = self._follow(letters, _Hit(start, start + size, mail, index))
                    goes_on = last is not None and mail == last.mail and index > last.piece
                    if (run[-1].end, goes_on) > best_rank:
                        best, best_rank = run, (run[-1].end, goes_on)
        return best

    def _follow(self, letters: Letters, first: _Hit) -> _Run:
        """Return the pieces of one mail that stand behind each other from ``first`` on."""
        run = [first]
        mail = self._mails[first.mail]
        at, since = first.end, first.piece
        for index in range(first.piece + 1, len(mail)):
            _, length, _, whole = mail[index]
            if self._stands(letters, at, length, whole):
                run.append(_Hit(at, at + length, first.mail, index))
                at, since = at + length, index
            elif length > _LEFT_OUT or since < index - 1:
                break
        return run

    def _stands(self, letters: Letters, start: int, length: int, whole: bytes) -> bool:
        end = start + length
        if end > len(letters.text):
            return False
        if length <= _SHORT and end < len(letters.text):
            places = letters.places
            if places[end] <= places[end - 1] + 1:  # in the middle of a word or number
                return False
        return self._digests.whole(letters.text[start:end]) == whole

    # deciding

    def _answers_left(self, runs: list[_Run], letters: Letters) -> list[_Run]:
        """Take a reply word off the end of a run where the next run begins with the same one.

        It stands there twice, and we wrote it once: behind its label when it stands on that line.
        """
        for run, following in pairwise(runs):
            last, first = run[-1], following[0]
            is_twice = (last.mail, last.piece) == (first.mail, first.piece)
            if is_twice and len(following) > 1 and self._flag(last) & REPLY:
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
            if len(run) > _FEW or (len(run) > 1 and self._flags(run) & REPLY):
                taken.append(run)
                used.update((hit.mail, hit.piece) for hit in run)
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
        own = (hit.mail, hit.piece)
        if own not in used:
            return own
        return next((place for place in self._same(hit) if place not in used), None)

    def _flags(self, run: _Run) -> int:
        """Return all flags that a piece of ``run`` has."""
        return reduce(int.__or__, (self._flag(hit) for hit in run), 0)

    def _tells(self, run: _Run, letters: Letters) -> bool:
        """Whether a run can only be ours: long enough, and more than a slot or one phrase."""
        if weight(letters.text[run[0].start : run[-1].end]) < _TELLING:
            return False
        flags = [self._flag(hit) for hit in run]
        if any(flag == 0 for flag in flags):
            return True
        if all(flag & REPLY for flag in flags):
            return self._is_whole_list(run)
        return len(run) > _PAIR

    def _is_whole_list(self, run: _Run) -> bool:
        """Whether a run of slots is all that we offered: nobody chooses by copying them all."""
        if sum(bool(self._flag(hit) & LETTER) for hit in run) < _PAIR:
            return False
        mail = self._mails[run[0].mail]
        around = (run[0].piece - 1, run[-1].piece + 1)
        return not any(0 <= index < len(mail) and mail[index][0] & REPLY for index in around)

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
            if run[0].start in chosen or self._flags(run) & REPLY:
                continue
            for mail, index in self._same(run[0]):
                if mail not in quoted or (mail, index) in used:
                    continue
                place = bisect(starts[mail], run[0].start)
                before = quoted[mail][place - 1][-1].piece if place else -1
                after = quoted[mail][place][0].piece if place < len(starts[mail]) else _BEYOND
                if before < index and index + run[-1].piece - run[0].piece < after:
                    used.add((mail, index))
                    more.append(run)
                    break
        return [*taken, *more]

    def _is_quoted(self, number: int, used: set[tuple[int, int]]) -> bool:
        mail = self._mails[number]
        whole = sum(length for _, length, _, _ in mail)
        found = sum(piece[1] for index, piece in enumerate(mail) if (number, index) in used)
        return found >= _HALF * whole

    def _flag(self, hit: _Hit) -> int:
        return self._mails[hit.mail][hit.piece][0]

    def _same(self, hit: _Hit) -> list[tuple[int, int]]:
        _, length, _, whole = self._mails[hit.mail][hit.piece]
        return self._places[length, whole]


def _tried(places: list[tuple[int, int]], last: _Hit | None) -> list[tuple[int, int]]:
    """Return the places of a piece that are worth a look: the newest, and what comes next."""
    if len(places) <= _TRIED:
        return places
    following = [
        place
        for place in places
        if last is not None and place[0] == last.mail and place[1] > last.piece
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


def _begins_there(letters: Letters, start: int) -> bool:
    """Whether a run may begin with this letter: :func:`_trimmed` cuts off all before such a one."""
    place = letters.places[start]
    if (
        place
        and letters.bare[place - 1] == " "
        and start
        and letters.places[start - 1] == place - 2
    ):
        return False  # within a sentence, as most words are
    return _is_edge(letters.bare, place, -1)


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
        if has_letters(character):
            return False
    return True
