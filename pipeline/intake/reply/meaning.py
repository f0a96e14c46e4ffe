"""What the new text of a reply asks for: an event, the status, or a note for staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache

from pipeline.intake.phrases import load_table
from pipeline.intake.reply.doubts import Doubt, doubts
from pipeline.intake.reply.evidence import elsewhere, in_paragraph, speaks_of
from pipeline.intake.reply.folding import Listed, fold, pattern
from pipeline.intake.reply.new_date import read_new_date
from pipeline.intake.reply.paragraphs import Block, Sentence, is_introduction, read_blocks
from pipeline.intake.reply.slots import Offer, read_choice
from pipeline.intake.reply.vocabulary import COMMANDS, SLOTS, says
from pipeline.model.message import Command, ReadReply, ReplyKind
from pipeline.model.request import EventName, Slot

#: The events that a word of a reply asks for; what is not here asks for none.
EVENTS: Mapping[str, tuple[EventName, ...]] = {
    Command.READY: (EventName.READY,),
    Command.ACTIVE: (EventName.ACTIVATED,),
    Command.NEW_CERTIFICATE: (EventName.NEW_CERTIFICATE,),
    Command.WITHDRAW: (EventName.WITHDRAW,),
    Command.DONE: (EventName.TWO_STEP_OFF,),
    Command.OK: (EventName.ACCEPT_SLOT,),
    Command.CREATED: (EventName.MARK_CREATED,),
    Command.UNDO: (EventName.UNDO_WITHDRAW, EventName.UNDO_ACTIVATED),
    Command.FIRST: (EventName.FIRST_COUNTS,),
    Command.SECOND: (EventName.SECOND_COUNTS,),
}
_CHOICE, _OTHER_TIME, _MIXED, _DATE = "choice", "other_time", "mixed", "date"
_ONLY_TIMES, _ONLY_DATE = "only_times", "only_date"
#: What acts only when it is all that the text says.
_ALONE = frozenset({Command.WITHDRAW.value, Command.UNDO.value, _ONLY_TIMES})
#: What takes a choice up again is what takes up an "ok".
_TOPIC = {_CHOICE: Command.OK.value}
#: Words that only go along with another command of the same sentence: "done, it is active".
_WEAK = (Command.OK.value, Command.DONE.value)
_SIGNS = frozenset({Doubt.EMPTY_BOX, Doubt.CROSS, Doubt.STRUCK, Doubt.QUOTED})
#: What a question or an offer may have in its paragraph.
_ASKING = frozenset(Doubt) - _SIGNS
_OFFERING = _ASKING - {Doubt.REPORTED, Doubt.CONDITION}
#: What nobody should be offered to do with one key: the customer has said no.
_DENIED = frozenset({Doubt.EMPTY_BOX, Doubt.CROSS, Doubt.STRUCK, Doubt.TAKEN_BACK})
_A_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Situation:
    """What a reply can do now.

    ``possible`` are the events of a customer in the present status, ``slots`` the times that are
    offered, ``zone`` (IANA) the customer's, ``today`` the day there. ``now`` tells which of the
    times have begun (None: none of them).
    """

    today: date
    possible: frozenset[EventName]
    slots: tuple[Slot, ...] = ()
    zone: str = "UTC"
    now: datetime | None = None

    @property
    def only_slot(self) -> Slot | None:
        """The time that a plain yes means: the only one, or the only one that has not begun."""
        now = self.now
        ahead = [slot for slot in self.slots if now is None or now < slot.start]
        chosen = self.slots if len(self.slots) == 1 else ahead
        return chosen[0] if len(chosen) == 1 else None


@dataclass(frozen=True, slots=True)
class _Said:
    block: Block
    sentence: Sentence
    label: str


def read_reply(text: str, situation: Situation) -> ReadReply:
    """Return what ``text`` asks for; only what is said and not spoken against acts.

    A command is a sentence that is a phrase of ``templates/commands``. In its paragraph a
    question, a denial, a condition, the future, a box, a cross, a stroke or quotation marks speak
    against it; in another paragraph whatever takes it back or takes it up again in doubt. Two
    different commands are for staff.
    """
    blocks = read_blocks(text, _Reader(situation).label)
    if blocks is None:
        return ReadReply(ReplyKind.NOTE, reasons=("too_long",))
    said = _without_weak(
        [
            _Said(block, sentence, label)
            for block in blocks
            if not block.aside
            for sentence in block.sentences
            for label in sentence.labels
        ],
        situation,
    )
    labels = tuple(dict.fromkeys(item.label for item in said))
    if not labels:
        return _near_miss(blocks, situation)
    signs = _signs(said)
    if len(labels) > 1 and signs:
        return ReadReply(ReplyKind.NOTE, reasons=signs, sentence=said[0].sentence.text)
    if len(labels) > 1 or labels[0] == _MIXED:
        reason = "other_date" if labels == (_MIXED,) else "two_commands"
        return ReadReply(ReplyKind.STAFF, reasons=(reason,), sentence=said[0].sentence.text)
    return _judged(blocks, said, situation)


def _signs(said: Sequence[_Said]) -> tuple[str, ...]:
    """Return the signs against all that is said: a list of empty boxes says nothing."""
    found = [in_paragraph(item.block, item.sentence) for item in said]
    if not all(_SIGNS.intersection(each) for each in found):
        return ()
    return tuple(doubt.value for doubt in dict.fromkeys(found[0]) if doubt in _SIGNS)


class _Reader:
    """Tells what a sentence says, in this situation."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._offer = Offer(situation.slots, situation.zone, situation.today)

    def label(self, text: str) -> str:
        possible = self._situation.possible
        if EventName.ACCEPT_SLOT in possible and self._offer.slots:
            choice = read_choice(text, self._offer)
            if choice.slot is not None:
                return f"{_CHOICE}:{choice.slot}"
            if choice.mixed:
                return _MIXED
            if choice.other or says(SLOTS, text):
                return _OTHER_TIME
            if choice.only:
                return _ONLY_TIMES
        if EventName.NEW_DATE in possible and (found := read_new_date(text, self._situation.today)):
            return f"{_ONLY_DATE if found.alone else _DATE}:{found.written}"
        commands = says(COMMANDS, text)
        legal = (name for name in commands if _legal(name, possible))
        return next(legal, next(iter(commands), ""))


def _without_weak(said: list[_Said], situation: Situation) -> list[_Said]:
    """Drop "ok" where it agrees to nothing, and what only goes along in a sentence."""
    kept = []
    for item in said:
        others = [label for label in item.sentence.labels if label not in _WEAK]
        agrees = item.label != Command.OK or EventName.ACCEPT_SLOT in situation.possible
        if not (item.label in _WEAK and others) and (agrees or len(said) == 1):
            kept.append(item)
    return kept


def _judged(blocks: Sequence[Block], said: Sequence[_Said], situation: Situation) -> ReadReply:
    label = said[0].label
    reading = _reading(label, situation)
    reading = replace(reading, sentence=said[0].sentence.text)
    if reading.kind is ReplyKind.NOTE:
        return reading
    against = _against(blocks, said)
    alone = _is_alone(blocks)
    if label in _ALONE or label.startswith(_ONLY_DATE):
        against = against if alone else (*against, "not_alone")
    if not against:
        return replace(reading, asks_more=not alone and _asks_more(blocks))
    denied = any(doubt in _DENIED for doubt in against)
    if reading.kind is ReplyKind.STATUS or denied:
        return ReadReply(ReplyKind.NOTE, reasons=against, sentence=reading.sentence)
    return replace(reading, kind=ReplyKind.SUGGESTION, reasons=against)


def _reading(label: str, situation: Situation) -> ReadReply:
    """Return what a label means when nothing speaks against it."""
    kind, _, which = label.partition(":")
    if kind == Command.STATUS:
        return ReadReply(ReplyKind.STATUS, reasons=("status",))
    if kind in {_OTHER_TIME, _ONLY_TIMES}:
        return ReadReply(ReplyKind.EVENT, EventName.ANOTHER_TIME, reasons=("another_time",))
    if kind == _CHOICE:
        slot = situation.slots[int(which)]
        return ReadReply(ReplyKind.EVENT, EventName.ACCEPT_SLOT, slot, reasons=("offered_time",))
    if kind in {_DATE, _ONLY_DATE}:
        return _new_date(which, situation)
    return _command(kind, situation)


def _command(command: str, situation: Situation) -> ReadReply:
    name = _legal(command, situation.possible)
    if name is None:
        return ReadReply(ReplyKind.NOTE, reasons=("not_now",))
    if command != Command.OK:
        return ReadReply(ReplyKind.EVENT, name, reasons=("phrase",))
    if situation.only_slot is None:
        return ReadReply(ReplyKind.NOTE, reasons=("several_slots",))
    return ReadReply(ReplyKind.EVENT, name, situation.only_slot, reasons=("phrase",))


def _new_date(written: str, situation: Situation) -> ReadReply:
    if not written:
        return ReadReply(ReplyKind.NOTE, reasons=("date_unclear",))
    day = date.fromisoformat(written)
    if not situation.today <= day <= situation.today + _A_YEAR:
        return ReadReply(ReplyKind.NOTE, reasons=("date_out_of_range",))
    return ReadReply(ReplyKind.EVENT, EventName.NEW_DATE, new_date=day, reasons=("new_date",))


def _against(blocks: Sequence[Block], said: Sequence[_Said]) -> tuple[str, ...]:
    label = said[0].label
    topics = _topics(_TOPIC.get(label.partition(":")[0], label))
    found: list[Doubt] = []
    for item in said:
        found += in_paragraph(item.block, item.sentence)
        found += elsewhere(blocks, item.block, topics)
    if label == Command.ACTIVE and speaks_of(blocks, Doubt.TROUBLE):
        found.append(Doubt.TROUBLE)
    allowed = _allowed(label)
    return tuple(doubt.value for doubt in dict.fromkeys(found) if doubt not in allowed)


def _allowed(label: str) -> frozenset[Doubt]:
    """Return what may stand beside a label without speaking against it."""
    if label == Command.STATUS:
        return _ASKING
    if label in {_OTHER_TIME, _ONLY_TIMES}:
        return _OFFERING
    if label.startswith((_DATE, _ONLY_DATE)):
        return _OFFERING - {Doubt.QUESTION}
    if label == Command.UNDO:
        return frozenset({Doubt.TAKEN_BACK, Doubt.UNSURE})
    return frozenset()


def _is_alone(blocks: Sequence[Block]) -> bool:
    """Tell whether the text is one command but for greeting, introduction and signature."""
    began = False
    for block in blocks:
        if began and block.looks_like_signature:
            continue
        if block.aside:
            # a list of links may end in our very word
            if not began and block.looks_like_signature:
                return False
            continue
        for sentence in block.sentences:
            began = began or bool(sentence.labels)
            introduced = not began and is_introduction(sentence.text)
            if not (sentence.labels or sentence.empty or introduced):
                return False
    return True


def _asks_more(blocks: Sequence[Block]) -> bool:
    return any(
        Doubt.QUESTION in (*doubts(fold(sentence.text)), *sentence.signs)
        for block in blocks
        if not block.aside
        for sentence in block.sentences
        if not sentence.labels and not sentence.empty
    )


def _near_miss(blocks: Sequence[Block], situation: Situation) -> ReadReply:
    """Return a note; with a suggestion when one command is nearly said and not denied."""
    found: dict[str, str] = {}
    for block in blocks:
        for sentence in block.sentences if not block.aside else ():
            folded = fold(sentence.text)
            if sentence.empty or doubts(folded) or sentence.signs:
                continue
            pieces = [piece.label for piece in sentence.pieces if piece.label in _commands()]
            for name in pieces or _mentioned_in(folded):
                if name not in _WEAK and _legal(name, situation.possible):
                    found.setdefault(name, sentence.text)
    if len(found) == 1:
        name, sentence_text = next(iter(found.items()))
        event = _legal(name, situation.possible)
        return ReadReply(
            ReplyKind.SUGGESTION, event, reasons=("no_phrase",), sentence=sentence_text
        )
    return ReadReply(ReplyKind.NOTE, reasons=("no_phrase",))


def _mentioned_in(folded: str) -> list[str]:
    """Return the commands that a folded sentence speaks of."""
    if not _every_topic().stand_in(folded):
        return []
    return [name for name in _commands() if _topic_of(name).stand_in(folded)]


def _legal(command: str, possible: frozenset[EventName]) -> EventName | None:
    events = EVENTS.get(Command(command), ()) if command in _commands() else ()
    return next((event for event in events if event in possible), None)


@cache
def _commands() -> frozenset[str]:
    return frozenset(command.value for command in Command)


@cache
def _topic_of(command: str) -> Listed:
    return Listed(_topics(command))


@cache
def _every_topic() -> Listed:
    return Listed(word for command in _commands() for word in _topics(command))


@cache
def _topics(label: str) -> tuple[str, ...]:
    return tuple(pattern(word) for word in load_table("topics", label))
