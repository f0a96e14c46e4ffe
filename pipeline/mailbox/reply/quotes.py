"""How mail programs introduce what they quote: marks, lines that tell who wrote when, headers.

Their shape is the same in every language; words are asked for last, where the shape says too
little.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from pipeline.mailbox.reply.letters import folded

_CAP = 400
_BLANKS_BETWEEN = 3
_BLOCK_LINES = 16
_FOLDED = 4  # lines that one attribution may take
_NARROW = 50  # columns; shorter lines were not folded by a program
_TITLE = 24
_REAL_BLOCK = 3
_SEVERAL = 3
_SUBJECT = 6  # letters
_EDGE = " \t*_|＊　"

_MARK = re.compile(r"\s*(?:[>＞]|[A-Za-z]{1,4}>|\|(?!.*\|))")
_NAMED = re.compile(r"\s{0,8}([^\W\d][^\s<>]{0,30})>(?=\s|\Z)")
_MARKS = re.compile(r"\s*(?:[>＞|]\s?)*")
_RULE = re.compile(r"[^\w\n]{0,12}[-_=*~―－─━—–]{3,}\s*\Z")
_FENCE = re.compile(r"\s*[-_=―－─━—–]{3,}\s?[^-\s].{0,120}[-_=―－─━—–]{3,}\s*[:：]?\s*\Z")
_LONG_FENCE = re.compile(r"\s*[-_=―－─━—–]{5}")
_FIELD = re.compile(r"(?=[^\W\d])([^:：<>@\n]{1,40}?)[ \t*_]{0,3}[:：՝](.*)\Z", re.DOTALL)
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_IN_BRACKETS = re.compile(
    r"[<\[(（](?:mailto:)?\s?[^\s<>@\[\]]{1,80}@[^\s<>@\[\]]{1,120}\s?[>\])）]"
)
_TIME = re.compile(r"\d{1,2}[:.時시]\s?\d{2}")
_DATE = re.compile(
    r"\d{4}\s?[年년./-]\s?\d{1,2}|\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{2,4}"
    r"|\b(?:19|20|25)\d{2}\b"
)

_FROM = re.compile(
    r"\*{0,2}(?:from|von|de|da|差出人|送信者|送信元|发件人|寄件者)\*{0,2}\s*[:：]", re.IGNORECASE
)
_OTHER = re.compile(
    r"\*{0,2}(?:sent|date|to|subject|cc|gesendet|datum|an|betreff|envoyé|objet|à|inviato|oggetto|"
    r"送信日時|送信日|日時|日付|宛先|件名|发送时间|收件人|主题)\*{0,2}\s*[:：]",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r".{2,300}(?:\b(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev)"
    r"\b.{0,120}|(?:さん|様|氏)?(?:は|が)(?:書きました|書いた)\s*|のメッセージ\s*)[:：]\s*\Z",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"\W{2,}(?:original message|original appointment|forwarded message|forwarded by .{1,80}|"
    r"urspr(?:ü|ue)ngliche nachricht|weitergeleitete nachricht|message d.origine|"
    r"mensaje original|messaggio originale|"
    r"元のメッセージ|元のメール|オリジナルメッセージ|転送メッセージ|转发邮件|原始邮件)\W{0,80}\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Ours:
    """How a mail of ours is named where it is quoted: by address, display names and subject."""

    addresses: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    subject: str = ""

    def named_in(self, line: str) -> bool:
        """Whether ``line`` names one of our addresses, or a display name of ours."""
        low = line.lower()
        if any(address in low for address in self.addresses):
            return True
        told = folded(line)
        names = map(_own_letters, self.names)
        return any(len(name) >= _SUBJECT and name in told for name in names)

    def is_subject(self, value: str) -> bool:
        """Whether ``value`` is the subject of the thread, with or without its prefixes."""
        told, own = folded(value), _own_letters(self.subject)
        shorter, longer = sorted((told, own), key=len)
        return (
            len(shorter) >= _SUBJECT and longer.endswith(shorter) and 2 * len(shorter) > len(longer)
        )


@lru_cache(maxsize=64)
def _own_letters(name: str) -> str:
    """Return the letters of a name or subject of ours, which each line is compared with."""
    return folded(name)


@dataclass(frozen=True, slots=True)
class Block:
    """A copied header from line ``start`` to before line ``end``; ``ours``: of a mail of ours."""

    start: int
    end: int
    ours: bool


def with_plain_marks(lines: Sequence[str]) -> list[str]:
    """Return ``lines`` with ``>`` for a name that is the mark of several of them (supercite)."""
    # most lines of a quote begin with the mark itself, and have no name before it
    named = (line for line in lines if ">" in line and not line.startswith(">"))
    names = Counter(found[1] for line in named if (found := _NAMED.match(line)))
    marks = {name for name, count in names.items() if count >= _SEVERAL}
    if not marks:
        return list(lines)
    return [
        line[found.end() - 1 :] if (found := _NAMED.match(line)) and found[1] in marks else line
        for line in lines
    ]


def is_marked(line: str) -> bool:
    """Whether a mark of a quote stands before ``line``."""
    return line.startswith(">") or _MARK.match(line, 0, _CAP) is not None


def without_marks(line: str) -> str:
    """Return ``line`` without the marks before it."""
    found = _MARKS.match(line)
    return line[found.end() :] if found else line


def is_rule(line: str, *, bare: bool = False) -> bool:
    """Whether ``line`` is drawn; ``bare``: without words in it."""
    line = line[:_CAP]
    return bool(_RULE.match(line) or (not bare and _FENCE.match(line)))


def introduced_at(lines: Sequence[str], quote: int, ours: Ours) -> int:
    """Return the first line of what introduces the quote that begins at line ``quote``.

    It is ``quote`` itself when nothing does.
    """
    above = _above(lines, quote)
    if above < 0:
        return quote
    block = _block_ending(lines, above, ours)
    if block is not None:
        return with_rules(lines, block.start)
    top = _attribution_ending(lines, above, ours)
    if top is not None:
        return with_rules(lines, top)
    line = lines[above]
    if is_rule(line) and (_LONG_FENCE.match(line) or _Evidence.of([line], ours).who):
        return with_rules(lines, quote)
    return quote


def with_rules(lines: Sequence[str], top: int) -> int:
    """Return the first of the rules that are drawn above line ``top``, and of a title in them."""
    above = _above(lines, top)
    titled = 0 < above == top - 1 and len(lines[above].strip()) <= _TITLE
    if titled and not is_rule(lines[above]) and _RULE.match(lines[above - 1][:_CAP]):
        above -= 1
    while above >= 0 and is_rule(lines[above]):
        top, above = above, _above(lines, above)
    return top


def _above(lines: Sequence[str], index: int) -> int:
    """Return the line with words above ``index``, past a few blank ones; -1: there is none."""
    for place in range(index - 1, max(-1, index - 2 - _BLANKS_BETWEEN), -1):
        if lines[place].strip():
            return place
    return -1


# copied headers


def block_at(lines: Sequence[str], index: int, ours: Ours) -> Block | None:
    """Return the copied header that begins at line ``index`` with whatever text below it, or None.

    Without our words below there must be more to it than its shape: people write lists of
    ``Word: value`` too. It begins a paragraph, but for the words that we know.
    """
    if not may_begin_block(lines[index]):
        return None
    named = bool(_FROM.match(lines[index][:_CAP].strip(_EDGE)))
    begins = not index or not lines[index - 1].strip() or is_rule(lines[index - 1])
    if not (begins or named):
        return None
    end = index
    while end < min(len(lines), index + _BLOCK_LINES) and lines[end].strip(_EDGE):
        end += 1
    others = sum(1 for line in lines[index + 1 : end] if _OTHER.match(line[:_CAP].strip()))
    by_words = named and others > 1
    if not (by_words or begins):
        return None
    found = _Evidence.of(lines[index:end], ours)
    told = found.fields >= _REAL_BLOCK and found.when > 0 and found.who + found.subject > 0
    return Block(index, end, found.ours > 0) if told or by_words else None


def may_begin_block(line: str) -> bool:
    """Whether ``line`` has the shape of a header field."""
    return _FIELD.match(line[:_CAP].strip(_EDGE)) is not None


def marked_block(lines: Sequence[str], ours: Ours) -> Block | None:
    """Return the copied header that marked ``lines`` begin with, past gaps and rules, or None."""
    bare = map(without_marks, lines)
    first = next((line for line in bare if line.strip() and not is_rule(line)), None)
    if first is not None and not may_begin_block(first):
        return None
    top = (
        [without_marks(line) for line in lines[:_BLOCK_LINES]]
        if first is None
        else [first, *islice(bare, _BLOCK_LINES - 1)]
    )
    return block_at(top, 0, ours)


def _block_ending(lines: Sequence[str], last: int, ours: Ours) -> Block | None:
    """Return the copied header whose last line is ``last``, right above a quote, or None."""
    if not last or not lines[last - 1].strip():
        return None  # one line is none
    top = last
    while top >= max(0, last - _BLOCK_LINES) and _may_belong(lines[top], ours):
        top -= 1
    bounded = top < 0 or not lines[top].strip(_EDGE) or is_rule(lines[top])
    top += 1
    for start in range(last - 1, top - 1, -1):
        if not _Evidence.of(lines[start : last + 1], ours).is_header:
            continue
        # above it only what tells of a mail, and one field that stands between that and a gap
        while start > top and _Evidence.of([lines[start - 1]], ours).tells:
            start -= 1  # noqa: PLW2901 - the block grows upwards
        rest = _Evidence.of(lines[top:start], ours).fields
        return Block(top if bounded and rest <= 1 else start, last + 1, ours=True)
    return None


def _may_belong(line: str, ours: Ours) -> bool:
    bare = line[:_CAP].lstrip(_EDGE + "->").rstrip(_EDGE)
    if not bare:
        return bool(line.strip()) and not _RULE.match(line[:_CAP])
    if _FENCE.match(line[:_CAP]):
        return False
    return bool(
        _FIELD.match(bare)
        or _IN_BRACKETS.search(bare)
        or ("|" in line and _DATE.search(bare))
        or (line[:1].isspace() and _ADDRESS.search(bare))
        or ours.is_subject(bare)
    )


@dataclass(slots=True)
class _Evidence:
    """How many of some lines tell of a mail: its fields, who wrote it, when, and whether we did.

    ``bare`` are addresses however they are written; ``subject`` is that of the thread.
    """

    fields: int = 0
    who: int = 0
    bare: int = 0
    when: int = 0
    ours: int = 0
    subject: int = 0

    @classmethod
    def of(cls, lines: Sequence[str], ours: Ours) -> "_Evidence":
        found = cls()
        for line in lines:
            bare = line[:_CAP].lstrip(_EDGE + "->").rstrip(_EDGE)
            field = _FIELD.match(bare)
            found.fields += field is not None
            mine = ours.named_in(bare)
            found.ours += mine
            found.subject += field is not None and ours.is_subject(field[2])
            found.who += mine or bool(_IN_BRACKETS.search(bare))
            found.bare += bool(_ADDRESS.search(bare))
            found.when += bool(_DATE.search(bare) and _TIME.search(bare)) or bool(
                field and _DATE.match(field[2].strip())
            )
        return found

    @property
    def is_header(self) -> bool:
        if self.fields >= _REAL_BLOCK:
            return self.who + self.subject > 0 or (self.bare > 1 and self.when > 0)
        return self.fields > 1 and self.who > 0 and self.when > 0

    @property
    def tells(self) -> bool:
        return self.fields > 0 and bool(self.who or self.bare or self.when)


# one line, perhaps folded, that tells who wrote when


def _attribution_ending(lines: Sequence[str], last: int, ours: Ours) -> int | None:
    """Return the first line of the attribution whose last line is ``last``, or None."""
    told: int | None = None
    for count in range(1, _FOLDED + 1):
        top = last - count + 1
        if top < 0 or not lines[top].strip() or is_marked(lines[top]):
            break
        if count > 1 and not _is_folded(lines[top], lines[top + 1]) and not _is_dated(lines, top):
            break
        joined = " ".join(line.strip() for line in lines[top : last + 1])[: 2 * _CAP]
        if joined.rstrip(_EDGE + ">])）")[-1:] not in {":", "："}:
            break
        who = bool(_IN_BRACKETS.search(joined)) or ours.named_in(joined)
        date, time = bool(_DATE.search(joined)), bool(_TIME.search(joined))
        if who and (date or time):
            return top
        if told is None and (who or (date and time) or _WROTE.match(joined)):
            told = top
    return told


def _is_folded(line: str, following: str) -> bool:
    """Whether a program folded ``line`` before ``following``, and no person ended it."""
    return len(line.rstrip()) >= _NARROW or following.lstrip()[:1] in {"<", "(", "（", "["}


def _is_dated(lines: Sequence[str], index: int) -> bool:
    """Whether a paragraph begins with a line that tells a date and a time."""
    line = lines[index][:_CAP]
    begins = not index or not lines[index - 1].strip()
    return begins and bool(_DATE.search(line) and _TIME.search(line))


def attribution_at(lines: Sequence[str], index: int, ours: Ours) -> int:
    """Return how many lines an attribution takes at ``index`` with any text below it; 0: none."""
    if index and lines[index - 1].strip():
        return 0
    for last in range(index, min(len(lines), index + _FOLDED)):
        line = lines[last].rstrip()
        if not line or (last > index and not _is_folded(lines[last - 1], line)):
            return 0
        if line.rstrip(_EDGE)[-1:] not in {":", "："}:
            continue
        joined = " ".join(one.strip() for one in lines[index : last + 1])[: 2 * _CAP]
        who = bool(_IN_BRACKETS.search(joined)) or ours.named_in(joined)
        dated = bool(_DATE.search(joined) or _TIME.search(joined))
        if (who or _WROTE.match(joined)) and dated:
            return last - index + 1
        return 0
    return 0


def is_original(line: str) -> bool:
    """Whether ``line`` is a fence with words such as "Original Message"."""
    return bool(_ORIGINAL.match(line[:_CAP].strip()))
