"""What the sender wrote now: the text without quotes, without what we sent, without signature."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.mailbox.reply.letters import has_letters
from pipeline.mailbox.reply.quotes import (
    Ours,
    attribution_at,
    block_at,
    introduced_at,
    is_marked,
    is_original,
    is_rule,
    marked_block,
    with_plain_marks,
    with_rules,
    without_marks,
)
from pipeline.mailbox.reply.sent_text import SentText
from pipeline.mailbox.reply.signature import without_signature
from pipeline.model.message import MailAddress, NewText

_CAP_LINES = 20_000
_CAP = 300_000
_NOBODY = Ours()
_CLOSERS = " \t.,:;)]}>。、：；）」』］〉》“”\"'"
_BANNER = 12  # lines that a gateway may put between a copied header and the text


def answered(
    recipients: Iterable[MailAddress],
    subject: str,
    addresses: Iterable[str] = (),
    names: tuple[str, ...] = (),
) -> Ours:
    """Return how the mail that a message answers is named in it: who wrote it is answered now.

    A forwarded mail names others. ``addresses`` and ``names`` are ours, where they are known.
    """
    found = {address.lower() for address in addresses}
    for recipient in recipients:
        local, at, domain = recipient.address.lower().rpartition("@")
        if at:
            found |= {f"{local}@{domain}", f"{local.partition('+')[0]}@{domain}"}
    return Ours(frozenset(found), names, subject)


def read_new_text(text: str, ours: Ours = _NOBODY, sent: SentText | None = None) -> NewText:
    """Return what the sender wrote now, and how much of it may act.

    ``ours`` tells how our mails are named, ``sent`` what we sent on the thread. Text below, between
    or above quotes stays. A forwarded mail is shown and does not act. When nothing is left, the
    whole text is shown.
    """
    text = text[:_CAP]
    lines = with_plain_marks(text.split("\n", _CAP_LINES)[:_CAP_LINES])
    reading = _Reading(lines, ours)
    marked = reading.take_marked()
    foreign = reading.headed_by_others(marked)
    if sent is not None:
        top = None if foreign else reading.words_on_top()
        if top is None or sent.may_begin_in(lines, top):
            reading.take_sent(sent.spans("\n".join(lines)))
        else:  # all that is ours stands under marks
            reading.take_sent(())
    reading.keep_forwards(foreign)
    reading.take_introductions()
    cut, forwarded = reading.cut()
    own = reading.own_words(cut)
    shown = "\n\n".join(part for part in (own, *reading.forwards, forwarded) if part)
    return NewText(shown, own) if own.strip() else NewText(text.strip("\n"), "")


@dataclass(slots=True)
class _Reading:
    """The lines of a mail while they are told apart: ``gone`` are those of a quote."""

    lines: list[str]
    ours: Ours
    gone: list[bool] = field(init=False)
    kept: list[str] = field(init=False)
    forwards: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gone = [False] * len(self.lines)
        self.kept = list(self.lines)

    def take_marked(self) -> list[tuple[int, int]]:
        """Take the lines with a mark before them; return where they stand together."""
        found: list[tuple[int, int]] = []
        first: int | None = None
        self.gone = [is_marked(line) for line in self.lines]
        for index, marked in enumerate(self.gone):
            if marked:
                first = index if first is None else first
            elif first is not None and self.lines[index].strip():
                found.append((first, index))
                first = None
        if first is not None:
            found.append((first, len(self.lines)))
        return found

    def words_on_top(self) -> int | None:
        """Return the first marked line when all words without a mark stand above it, else None."""
        if True not in self.gone:
            return None
        top = self.gone.index(True)
        rest = zip(self.lines[top:], self.gone[top:], strict=True)
        return None if any(has_letters(line) for line, gone in rest if not gone) else top

    def headed_by_others(self, marked: Sequence[tuple[int, int]]) -> list[tuple[int, int, str]]:
        """Return what stands under marks with the header of somebody else's mail, and where."""
        found = []
        for first, end in marked:
            block = marked_block(self.lines[first:end], self.ours)
            if block is not None and not block.ours:
                shown = "\n".join(map(without_marks, self.lines[first:end]))
                found.append((first, end, shown.strip("\n")))
        return found

    def keep_forwards(self, foreign: Sequence[tuple[int, int, str]]) -> None:
        """Keep to be shown what stands under another's header, and has none of our words."""
        for first, end, text in foreign:
            if self.kept[first:end] == self.lines[first:end]:
                self.forwards.append(text)

    def take_sent(self, spans: Sequence[tuple[int, int]]) -> None:
        """Take what stands between the places of ``spans`` in the text."""
        if spans:
            self._blank(spans)
        for index, line in enumerate(self.kept):
            if self.gone[index]:
                continue
            if line != self.lines[index] and not has_letters(line):
                self.gone[index] = True
            elif index and self.gone[index - 1] and line.strip() and not line.strip(_CLOSERS):
                self.gone[index] = True  # a line was folded before its last mark
        self._take_lines_between()

    def _blank(self, spans: Sequence[tuple[int, int]]) -> None:
        """Put blanks in the place of ``spans``."""
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        index = 0
        for start, end in spans:
            while starts[index + 1] <= start:
                index += 1
            while index < len(self.lines) and starts[index] < end:
                line = self.kept[index]
                # places count in the line as it came: what was taken before is blank now
                begin = max(start - starts[index], 0)
                stop = min(end - starts[index], len(self.lines[index]))
                self.kept[index] = line[:begin] + " " * (stop - begin) + line[stop:]
                if starts[index + 1] > end:
                    break
                index += 1
            index = min(index, len(self.lines) - 1)

    def _take_lines_between(self) -> None:
        """Take the lines without a letter (rules, lone marks) inside of what was taken."""
        last: int | None = None
        for index, gone in enumerate(self.gone):
            if gone:
                if last is not None and last < index - 1:
                    self.gone[last + 1 : index] = [True] * (index - last - 1)
                last = index
            elif last is not None and has_letters(self.lines[index]):
                last = None

    def take_introductions(self) -> None:
        """Take what stands above each quote and tells whose it is."""
        for index, gone in enumerate(self.gone):
            if gone and not (index and self.gone[index - 1]):
                top = introduced_at(self.lines, index, self.ours)
                self.gone[top:index] = [True] * (index - top)

    def cut(self) -> tuple[int, str]:
        """Return the line where a quote begins that only its header tells of, and what is shown.

        The mail of somebody else is shown: it may be forwarded.

        A header above a quote that was found already is taken with all lines between them.
        """
        lines = ["" if gone else line for line, gone in zip(self.lines, self.gone, strict=True)]
        index = 0
        while index < len(lines):
            if not lines[index].strip():
                index += 1
                continue
            block = block_at(lines, index, self.ours)
            taken = block.end - index if block else attribution_at(lines, index, self.ours)
            if not taken and not is_original(lines[index]):
                index += 1
                continue
            top = with_rules(lines, index)
            quote = self._quote_below(index + max(taken, 1))
            if quote is None:
                head = "\n".join(lines[index : index + taken])
                is_ours = block.ours if block else not taken or self.ours.named_in(head)
                return top, "" if is_ours else "\n".join(self.lines[top:]).strip("\n")
            self.gone[top:quote] = [True] * (quote - top)
            index = quote
        return len(self.lines), ""

    def _quote_below(self, index: int) -> int | None:
        words = 0
        for place in range(index, len(self.lines)):
            if self.gone[place]:
                return place
            words += bool(self.lines[place].strip())
            if words > _BANNER:
                return None
        return None

    def own_words(self, cut: int) -> str:
        """Return the lines above ``cut`` that are left, each stretch without its signature."""
        found: list[str] = []
        stretch: list[str] = []
        begun = False
        for index in range(cut + 1):
            if index < cut and not self.gone[index]:
                stretch.append(self._left(index))
                continue
            if not stretch:
                continue
            stretch = _without_rules(stretch, begun=index - len(stretch) > 0, ended=index < cut)
            if any(line.strip() for line in stretch):
                words = without_signature(stretch, first=not begun)
                begun = True
                text = "\n".join(words).strip("\n")
                found += [text] if text.strip() else []
            stretch = []
        return "\n\n".join(found)

    def _left(self, index: int) -> str:
        line = self.kept[index]
        if line == self.lines[index]:
            return line.rstrip()
        # the marks around a sentence of ours go with it
        words = line.strip().lstrip(".,;:!?。、，．：；！？）」』)]}>”\"' \t")
        return " ".join(words.split())


def _without_rules(lines: list[str], *, begun: bool, ended: bool) -> list[str]:
    """Cut the rules that are drawn between words and a quote above or below them."""
    first, last = 0, len(lines)
    while begun and first < last and _is_empty(lines[first]):
        first += 1
    while ended and first < last and _is_empty(lines[last - 1]):
        last -= 1
    return lines[first:last]


def _is_empty(line: str) -> bool:
    return not line.strip() or is_rule(line, bare=True)
