"""What a mail asks of its customer, as a template writes it: answers, times, words to reply."""

import re
from dataclasses import dataclass

from pipeline.model.form import FileFormat
from pipeline.model.notice import NoticeFacts, ProblemItem
from pipeline.model.request import EventName, Move, Status
from pipeline.notifications.words import Words
from pipeline.tracks.moves import move_in

#: The letters of offered hours.
LETTERS = "ABCDEFGHIJ"
#: The event that the customer's word brings about in a status.
_ANSWERED_BY = {
    Status.AWAITING_READINESS: EventName.READY,
    Status.CERTIFICATE_EXPIRED: EventName.NEW_CERTIFICATE,
    Status.AWAITING_TWO_STEP_OFF: EventName.TWO_STEP_OFF,
    Status.SLOT_PROPOSED: EventName.ACCEPT_SLOT,
}
_CELL = re.compile(r"(?:.*!)?\$?([A-Z]{1,3})\$?([1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class ItemView:
    """One answer to be corrected, as a template writes it."""

    question: int
    label: str
    where: str
    given: str
    sentence: str


@dataclass(frozen=True)
class Asked:
    """The part of the view that is about what the customer has to do."""

    facts: NoticeFacts
    words: Words

    @property
    def questions(self) -> tuple[ItemView, ...]:
        """The answers to be corrected."""
        return tuple(map(self._item, self.facts.items))

    def _item(self, item: ProblemItem) -> ItemView:
        cell = _CELL.fullmatch(item.where)
        form = self.words.text("where", "cell")
        return ItemView(
            question=item.question,
            label=item.label,
            where=form.format(cell=f"{cell[1]}{cell[2]}") if cell else "",
            given=item.given,
            sentence=self.words.text("punctuation", "between").join(
                map(self.sentence_of, item.sentences)
            ),
        )

    def sentence_of(self, text: str) -> str:
        """Return ``text`` with a full stop at its end."""
        text = text.rstrip()
        ends = tuple(self.words.text("punctuation", "ends"))
        return text if text.endswith(ends) else text + self.words.text("punctuation", "full_stop")

    @property
    def count(self) -> int:
        """How many answers have to be corrected."""
        return len(self.facts.items)

    @property
    def whole(self) -> bool:
        """Whether something is said of the form as a whole, so that all answers are looked at."""
        return any(not item.question for item in self.facts.items)

    @property
    def marked(self) -> int:
        """How many answers are marked in the form that is sent back."""
        return sum(1 for item in self.facts.items if item.question)

    @property
    def new_questions(self) -> int:
        """How many questions were not answered yet."""
        return sum(1 for item in self.facts.items if item.question and not item.given)

    @property
    def waits_for_customer(self) -> bool:
        """Whether the request goes on only when the customer acts."""
        dated = self.facts.due_at is not None or self.facts.due_passed
        asked = self.facts.status is Status.HELD and dated
        return asked or move_in(self.facts.status) is Move.CUSTOMER

    @property
    def last_certificate(self) -> bool:
        """Whether no further certificate can be asked for."""
        return self.facts.certificate is not None and self.facts.certificate.is_last

    @property
    def waiting(self) -> str:
        """What the request waits for, in a sentence."""
        return self.words.text("waiting", self._awaited)

    @property
    def waiting_briefly(self) -> str:
        """What the request waits for, in a sentence that an inbox shows in full."""
        return self.words.text("waiting_briefly", self._awaited, self.waiting)

    @property
    def _awaited(self) -> str:
        """The key of what the request waits for."""
        facts = self.facts
        if facts.status is Status.NEEDS_CORRECTION:
            if facts.form is None or facts.after_route:
                return "awaiting_form"
            if not facts.items:
                return "question"
            return "needs_correction" if facts.has_errors else "checked_form"
        if facts.status is Status.CERTIFICATE_EXPIRED and self.last_certificate:
            return "limit"
        if facts.status is Status.HELD and not self.waits_for_customer:
            return "nothing"
        return facts.status if facts.status in self.words.section("waiting") else "nothing"

    @property
    def reply_word(self) -> str:
        """What the customer can reply in the present status, as a word; empty: there is none."""
        if self.facts.reply_word:
            return self.facts.reply_word
        if self.facts.status is Status.SLOT_PROPOSED and len(self._open_letters) > 1:
            return self.letters
        event = _ANSWERED_BY.get(self.facts.status)
        used_up = event is EventName.NEW_CERTIFICATE and self.last_certificate
        return self.words.text("reply_word", event) if event and not used_up else ""

    @property
    def blanks(self) -> int:
        """How many forms are attached."""
        endings = tuple(f".{item.value}" for item in FileFormat)
        return sum(name.endswith(endings) for name in self.facts.files)

    @property
    def _open_letters(self) -> list[str]:
        """The letters of the offered hours that have not begun."""
        offered = zip(LETTERS, self.facts.slots, strict=False)
        return [letter for letter, slot in offered if slot.start > self.facts.now]

    @property
    def letters(self) -> str:
        """The letters of the offered hours as a choice: ``A, B or C``."""
        letters = self._open_letters
        last = self.words.text("layout", "list_last").join(letters[-2:])
        return self.words.text("layout", "list_separator").join([*letters[:-2], last])
