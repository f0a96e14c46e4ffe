"""The facts of a notice as a template sees them: in words, in the customer's zone."""

from dataclasses import dataclass
from urllib.parse import unquote

from markupsafe import Markup

from pipeline.model.form import FileFormat, FormKind
from pipeline.model.request import Move, Status
from pipeline.notifications.digest import LineView, days_between
from pipeline.notifications.seal import Glued, Link, Mailbox, Number, Own, Whole, unlinked
from pipeline.notifications.view.dated import Dated
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.moves import is_told_done, move_in, next_on_journey

#: What is said of a number already by the name of who runs WhatsApp on it.
_SAID_BY_A_NAME = frozenset({"business_platform", "unknown"})
#: The references that a subject has room for.
_NAMED_IN_SUBJECT = 2

#: The least side of a printed code, border included; long links need more.
_USUAL_PRINT_MM = 20


@dataclass(frozen=True, slots=True)
class RequestView:
    """One of the requests that a mail tells of, as a template writes it."""

    reference: str
    number: str
    file_name: str


@dataclass(frozen=True)
class View(Dated):
    """What the templates may write: ``{{ v.due }}``, ``{{ v.number }}`` …; empty: not known."""

    # who and what

    @property
    def reference(self) -> str:
        """The reference."""
        return Whole(self.facts.reference)

    @property
    def number(self) -> str:
        """The number in international writing."""
        return Number(self.facts.number_shown or self.facts.number)

    @property
    def other_number(self) -> str:
        """The second spelling of a doubtful number."""
        return Number(self.facts.other_number)

    @property
    def e164(self) -> str:
        """The number in E.164."""
        return Number(self.facts.number)

    @property
    def known_number(self) -> str:
        """The number, or numbers, that a mail without a form told."""
        return Number(self.words.text("layout", "list_separator").join(self.facts.known_numbers))

    @property
    def known_use(self) -> str:
        """Who has run WhatsApp on it, as the customer named them, and what was said of it.

        Words that contradict each other are all told. A name says the platform already.
        """
        named = self.facts.known_providers
        uses = [use for use in self.facts.known_uses if not (named and use in _SAID_BY_A_NAME)]
        told = (*named, *(self.words.text("known_use", use) for use in uses))
        return self.words.text("layout", "list_separator").join(told)

    @property
    def track(self) -> str:
        """The word for the track."""
        return self.words.text("track", self.facts.track)

    @property
    def track_with_article(self) -> str:
        """What kind of request it is, as it stands in a sentence."""
        return self.words.text("track_with_article", self.facts.track)

    @property
    def request(self) -> str:
        """What was asked for, in a few words."""
        return self.words.text("request", self.facts.form or self.facts.track)

    @property
    def request_of_track(self) -> str:
        """What the track is for, in a few words."""
        return self.words.text("request", self.facts.track)

    @property
    def form(self) -> str:
        """The name of the form; of the track's form when no form is known; else empty."""
        return self.words.text("form", self.facts.form or self.facts.track)

    @property
    def suggested_form(self) -> str:
        """The name of the suggested form, or empty."""
        return self.words.text("form", self.facts.suggestion) if self.facts.suggestion else ""

    def form_file(self, kind: str) -> str:
        """Return the name of the blank form that goes out with a notice."""
        suffix = FileFormat.XLSX.value
        return Glued(f"{FormKind(kind).value}_{self.words.language}.{suffix}")

    @property
    def mailbox(self) -> str:
        """The address that requests are sent to."""
        return Mailbox(self.facts.mailbox)

    # steps, slots, lists

    @property
    def done_step(self) -> str:
        """The step that is over, when it was a step of the track."""
        before = self.facts.previous_status
        return self.step(before) if before and is_told_done(self.facts.track, before) else ""

    @property
    def next_step(self) -> str:
        """The step after the present one, when it is known, as what is still ahead."""
        ahead = self.facts.next_status or next_on_journey(self.facts.track, self.facts.status)
        return self.words.text("next", ahead, self.step(ahead)) if ahead else ""

    @property
    def is_metas_move(self) -> bool:
        """Whether Meta decides how long it takes."""
        return move_in(self.facts.status) is Move.META

    @property
    def asks_again(self) -> bool:
        """Whether a request that is open again waits for something that was asked before."""
        asked = self.facts.status is not Status.AWAITING_READINESS or self.ready_date_has_come
        return self.waits_for_customer and asked and not self.facts.certificate_ordered

    @property
    def headline(self) -> str:
        """What a change of the status means, for a subject."""
        return self.words.text("headline", self.facts.status, self.words.text("headline", "other"))

    @property
    def digest(self) -> tuple[LineView, ...]:
        """The lines of a staff alert."""
        return tuple(
            LineView(line, self.words, self.facts.zone) for line in self.facts.digest.lines
        )

    @property
    def waits_longest(self) -> str:
        """The reference of the request that has waited longest for staff, or empty."""
        return Glued(self.facts.digest.longest)

    @property
    def longest_days(self) -> int:
        """For how many days it has waited."""
        since = self.facts.digest.longest_since
        return days_between(since, self.facts.now, self.facts.zone) if since else 0

    def rejected(self, part: str) -> Markup:
        """Return why (``why``) or what now (``next``); Markdown of ours, not a value."""
        reasons = self.words.section("rejected")
        other = reasons.get(f"other_{self.facts.track}") or reasons["other"]
        reason = reasons.get(self.facts.reason) or other
        return Markup(str(reason[part]).strip())  # noqa: S704 - a template, not a value

    def step(self, status: Status | None) -> str:
        """Return the words for ``status``, or empty."""
        return self.words.text("step", status) if status else ""

    def word(self, section: str, key: str) -> str:
        """Return a shared word."""
        return self.words.text(section, key)

    @property
    def own_lines(self) -> tuple[str, ...]:
        """The text that staff wrote, line by line, without blank lines."""
        return tuple(Own(line) for line in self.facts.own_words.splitlines() if line.strip())

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """The attached files, each with what it is for (empty: not said)."""
        return tuple((Glued(unlinked(name)), self._use(name)) for name in self.facts.files)

    def _use(self, name: str) -> str:
        stem, _, ending = name.lower().rpartition(".")
        uses = self.words.section("file_use")
        return str(uses.get(f"{ending}_{stem.partition('_')[0]}", uses.get(ending, "")))

    @property
    def requests(self) -> tuple[RequestView, ...]:
        """The requests of the forms of one message, when there are several."""
        return tuple(
            RequestView(Whole(one.reference), Number(one.number), one.file_name)
            for one in self.facts.requests
        )

    @property
    def certificate_follows(self) -> bool:
        """Whether a request of the mail leads to a certificate."""
        tracks = [one.track for one in self.facts.requests] or [self.facts.track]
        return any(not TRACKS[track].needs_active_number for track in tracks)

    @property
    def references(self) -> str:
        """The references of all requests, for a subject; of more than two the first."""
        found = [one.reference for one in self.facts.requests] or [self.facts.reference]
        shown = found if len(found) <= _NAMED_IN_SUBJECT else found[:1]
        return self.words.text("layout", "list_separator").join(shown)

    @property
    def other_reference(self) -> str:
        """The reference of the request that this one is about."""
        return Whole(self.facts.other_reference)

    @property
    def chat_link(self) -> str:
        """The click-to-chat link; without one of its own, the plain link to the number."""
        digits = self.facts.number.removeprefix("+")
        return Link(self.facts.chat_link or (f"https://wa.me/{digits}" if digits else ""))

    @property
    def chat_text(self) -> str:
        """The words that the chat link types in, or empty."""
        return " ".join(unquote(self.facts.chat_link.partition("?text=")[2]).split())

    @property
    def short_link(self) -> str:
        """Meta's short link."""
        return Link(self.facts.short_link)

    @property
    def short_code(self) -> str:
        """The code of Meta's short link, by which it is changed and deleted."""
        return Whole(self.facts.short_link.rpartition("/")[2])

    @property
    def print_size(self) -> str:
        """How wide the code has to be on paper: 2 cm, or more for a link that is long."""
        side = self.facts.print_mm
        told = f"{side} mm" if side > _USUAL_PRINT_MM else f"{_USUAL_PRINT_MM // 10} cm"
        return told.replace(" ", "\u00a0")
