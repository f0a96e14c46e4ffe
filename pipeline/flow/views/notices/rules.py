"""The rules for the mails that we send, each a function from a mail to what is wrong with it.

The words that they look for are in ``templates/notices/check.<lang>.toml``.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

from pipeline import resources
from pipeline.intake.reply.meaning import EVENTS
from pipeline.intake.reply.vocabulary import COMMANDS, CONFIRMATION, says
from pipeline.model.notice import NoticeName, Saying
from pipeline.model.request import Actor, EventName, Status
from pipeline.model.transition import DeadlineKind
from pipeline.notifications.compose import Composed
from pipeline.notifications.preview.samples import Sample
from pipeline.notifications.view import View
from pipeline.notifications.view.asked import LETTERS
from pipeline.notifications.words import words_of
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.promises import saying_of

_MOST_OF_PREHEADER = 90
_VISIBLE = 90
_CODE = re.compile(r"(?<![\w.@/`-])[a-z]+_[a-z_]+(?![\w@`/-]|\.[a-z])")
_QUOTED = re.compile(r"`[^`]*`")
_ACT = re.compile(r'<table class="facts act".*?</table>', re.DOTALL)
_ROW = re.compile(r"<tr><th[^>]*>(.*?)</th><td[^>]*>(.*?)</td></tr>", re.DOTALL)
_LISTS = re.compile(r"<ol.*?</ol>", re.DOTALL)
_ITEM = re.compile(r"<li[^>]*>(.*?)</li>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_WRAPPER = re.compile(r'<table role="presentation" width="\d+%?"')
_HIDDEN = re.compile(r'<div style="display:none.*?</div>', re.DOTALL)
#: Reminders whose subject says how much time is left.
_OF_AN_END = frozenset({NoticeName.CERTIFICATE_REMINDER, NoticeName.INTEGRATION_REMINDER})


@cache
def _table(file: str) -> dict[str, Any]:
    return resources.read_toml("notices", file)


def _plain(page: str) -> str:
    return html.unescape(_TAG.sub("", page))


@dataclass(frozen=True)
class Mail:
    """A mail with the facts that it was written with."""

    sample: Sample
    composed: Composed

    @cached_property
    def phrases(self) -> dict[str, Any]:
        """What is looked for in its language."""
        return _table(f"check.{self.composed.language}.toml")

    @cached_property
    def view(self) -> View:
        """Its facts in words."""
        return View(self.sample.facts, words_of(self.composed.language))

    @cached_property
    def flowing(self) -> str:
        """Return its text without the breaks of lines."""
        wide = bool(words_of(self.composed.language).section("layout").get("east_asian"))
        text = self.composed.text.replace("\u2060", "")
        return ("" if wide else " ").join(text.split())

    @cached_property
    def acts(self) -> tuple[tuple[str, str], ...]:
        """What it asks for in blocks of their own, as (label, value)."""
        blocks = _ACT.findall(self.composed.html)
        rows = (row for block in blocks for row in _ROW.findall(block))
        return tuple((_plain(label).strip(), _plain(value).strip()) for label, value in rows)

    @property
    def source(self) -> str:
        """The name of its document, such as ``question.m2m``."""
        return self.composed.template_id.rpartition("/")[0].rpartition(".")[0]

    def says(self, section: str, key: str = "phrases") -> str:
        """Return what it says of a list of phrases, or empty."""
        return self.finds(self.phrases.get(section, {}).get(key, ()))

    def finds(self, patterns: list[str]) -> str:
        """Return the first words that one of ``patterns`` finds, or empty."""
        found = (re.search(pattern, self.flowing) for pattern in patterns)
        return next((match[0] for match in found if match), "")


Rule = Callable[[Mail], Iterator[str]]


def enclosure(mail: Mail) -> Iterator[str]:
    """Check: a file is said to be attached when one is, and only then."""
    files = mail.sample.facts.files if _may_carry(mail) else ()
    said = mail.says("attached", "any")
    if said and not files:
        yield said
    if files and not said:
        yield ", ".join(files)
    # the calendar file beside a certificate is told of apart
    count = sum(not name.endswith(".ics") for name in files)
    one, several = mail.says("attached", "one"), mail.says("attached", "several")
    if one and count > 1:
        yield f"{one}: {count}"
    if several and count == 1:
        yield f"{several}: 1"


def _may_carry(mail: Mail) -> bool:
    return mail.composed.notice is not NoticeName.STAFF_ALERT


def deadline(mail: Mail) -> Iterator[str]:
    """Check: a deadline lies ahead, before the hours that it is about, and holds."""
    facts = mail.sample.facts
    if facts.due_at is None or mail.view.due not in mail.flowing or facts.status in _PASSED:
        return
    if facts.due_at <= facts.now:
        yield mail.view.due
    ahead = [slot.start for slot in facts.slots if slot.start > facts.now]
    if facts.status is Status.SLOT_PROPOSED and ahead and facts.due_at >= min(ahead):
        yield mail.view.due
    certificate = facts.certificate
    live = facts.status is Status.CERTIFICATE_ISSUED and certificate is not None
    if live and certificate and facts.due_at > certificate.expires_at:
        yield mail.view.due


_PASSED = frozenset({Status.CLOSED_NO_RESPONSE})


def consequence(mail: Mail) -> Iterator[str]:
    """Check: the close of a request is announced only where its deadline brings it about."""
    facts = mail.sample.facts
    said = mail.says("closes")
    if not said:
        return
    step = TRACKS[facts.track].step(facts.status)
    closes = step is not None and any(due.kind is DeadlineKind.CLOSE for due in step.deadlines)
    if facts.due_at is None or not facts.closes or not closes or facts.status is Status.HELD:
        yield said


def reminder(mail: Mail) -> Iterator[str]:
    """Check: a reminder says in its subject that it is one, and a first mail does not."""
    start = mail.phrases["reminder"]["starts"]
    reminds = mail.sample.facts.reminder > 0 and mail.composed.notice not in _OF_AN_END
    if mail.composed.subject.startswith(start) != reminds:
        yield mail.composed.subject


def state(mail: Mail) -> Iterator[str]:
    """Check: nothing is said that does not fit what the request is and where it stands."""
    facts = mail.sample.facts
    last = facts.certificate is not None and facts.certificate.is_last
    is_so = {
        "track": facts.track.value,
        "status": facts.status.value,
        "notice": mail.composed.notice.value,
        "last": last and "our_mistake" not in {facts.reason, mail.view.revoked_because},
    }
    for entry in mail.phrases.get("forbidden", ()):
        if mail.composed.notice in entry.get("except", ()):
            continue
        if all(is_so[key] == entry[key] for key in entry.keys() & is_so.keys()):
            said = mail.finds(entry["phrases"])
            if said:
                yield said


def promise(mail: Mail) -> Iterator[str]:
    """Check: a date by which we write stands only in mails that may name one."""
    saying = saying_of(mail.composed.notice, mail.sample.variant)
    may = saying.names_a_new_date or saying is Saying.REPEATS
    leaves = saying is Saying.LEAVES and mail.sample.facts.promise_at is not None
    if mail.composed.promised and not may and not leaves:
        yield mail.view.promise


def actor(mail: Mail) -> Iterator[str]:
    """Check: the customer is said to have asked for it only when it was the customer."""
    said = mail.says("asked")
    if said and mail.sample.facts.by_staff:
        yield said


def raw_code(mail: Mail) -> Iterator[str]:
    """Check: no code of the program is in a mail."""
    facts = mail.sample.facts
    text = _QUOTED.sub("", _plain(mail.composed.html.partition("<body")[2])).replace("\u2060", "")
    theirs = (facts.file_name, facts.chat_link, *facts.files, *(item.given for item in facts.items))
    for value in (*theirs, *(one.file_name for one in facts.requests)):
        text = text.replace(value, "") if value else text
    yield from _CODE.findall(text)


def announced(mail: Mail) -> Iterator[str]:
    """Check: a word to reply with is read, and does something in this status."""
    section = mail.phrases["announced"]
    if mail.source in _table("check.toml")["answers_for_staff"]:
        return
    between = re.compile("|".join(map(re.escape, section["between"])))
    for label, value in mail.acts:
        if not label.startswith(section["label"]):
            continue
        for word in filter(None, map(str.strip, between.split(value))):
            if not _does_something(mail, word):
                yield word


def _does_something(mail: Mail, word: str) -> bool:
    facts = mail.sample.facts
    if len(word) == 1 and word in LETTERS:
        return facts.status is Status.SLOT_PROPOSED
    commands = says(COMMANDS, word)
    if not commands:
        return bool(says(CONFIRMATION, word))
    step = TRACKS[facts.track].step(facts.status)
    rules = step.rules if step else ()
    legal = {rule.event for rule in rules if Actor.CUSTOMER in rule.actors and not rule.refuse}
    # a word that asks for the event of its name has no other meaning in a status that forbids it
    named = {name for name, events in EVENTS.items() if name in {one.value for one in events}}
    return any(name not in named or EventName(name) in legal for name in commands)


def weekday(mail: Mail) -> Iterator[str]:
    """Check: every date in full has its weekday."""
    full, bare = _dates(mail.composed.language)
    text = mail.flowing
    for match in bare.finditer(full.sub("", text)):
        yield match[0]


@cache
def _dates(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a date in full, with its weekday and without."""
    section = words_of(language).section("dates")
    form = " ".join(str(section["date"]).split())
    parts = {
        "weekday": "|".join(map(re.escape, section["weekdays"])),
        "month": "|".join(map(re.escape, section["months"])),
        "day": r"\d{1,2}",
        "number": r"\d{1,2}",
        "year": r"\d{4}",
    }
    bare = max(form.split("{weekday}"), key=len).strip(" ,（(")
    return tuple(  # type: ignore[return-value] # two of them
        re.compile(re.sub(r"\\\{(\w+)\\\}", lambda name: f"(?:{parts[name[1]]})", re.escape(text)))
        for text in (form, bare)
    )


def count_of_dates(mail: Mail) -> int:
    """Return how many dates in full the mail has."""
    return len(_dates(mail.composed.language)[0].findall(mail.flowing))


def preheader(mail: Mail) -> Iterator[str]:
    """Check: the line beside the subject says something of its own, not the addressee."""
    shown = mail.composed.preheader
    if not shown or len(shown) > _MOST_OF_PREHEADER or shown == mail.composed.subject:
        yield shown
    body = mail.composed.html.partition("<body")[2]
    hidden = _HIDDEN.search(body)
    first = _plain(hidden[0] if hidden else body.partition(">")[2])
    if not _plain(first).startswith(shown) or len(first) < _VISIBLE:
        yield first[:_VISIBLE]


def calque(mail: Mail) -> Iterator[str]:
    """Check: no words are taken over from another language."""
    said = mail.says("calques")
    if said:
        yield said


def mood(mail: Mail) -> Iterator[str]:
    """Check: the items of a numbered list end alike."""
    ends = mail.phrases.get("moods", {}).get("ends", ())
    for numbered in _LISTS.findall(mail.composed.html):
        items = [_plain(item).strip() for item in _ITEM.findall(numbered)]
        found = {next((end for end in ends if item.endswith(end)), "") for item in items}
        if ends and len(found) > 1:
            yield " / ".join(item[-12:] for item in items)


def subject(mail: Mail) -> Iterator[str]:
    """Check: the deadline of the customer is in the subject where the mail names it."""
    facts, view = mail.sample.facts, mail.view
    dates = {
        view.due: (view.due_day, view.expires_short, view.slot_short),
        view.expires: (view.expires_short, view.due_day),
        view.deleted: (view.deleted_day,),
    }
    if mail.source in _table("check.toml")["subject_without_date"]:
        return
    for _, value in mail.acts:
        wanted = dates.get(value, ())
        if wanted and not any(day and day in mail.composed.subject for day in wanted):
            yield f"{value} · {facts.reference}"


def layout(mail: Mail) -> Iterator[str]:
    """Check: the page has its wrapper; what is asked for stands in its block, in bold."""
    page = mail.composed.html
    if not _WRAPPER.search(page):
        yield '<table role="presentation" width="…">'
    for block in _ACT.findall(page):
        for _, value in _ROW.findall(block):
            if "<strong" not in value:
                yield _plain(value)
    due = html.escape(mail.view.due)
    bold = any(value == mail.view.due for _, value in mail.acts)
    if due and due in page and not bold and mail.source not in _told_only():
        yield mail.view.due


def _told_only() -> frozenset[str]:
    """Return the mails that name the date and ask nothing by it."""
    return frozenset(_table("check.toml")["subject_without_date"])


#: Every rule by its code, in the order in which it is told.
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "enclosure": enclosure,
        "deadline": deadline,
        "consequence": consequence,
        "reminder": reminder,
        "state": state,
        "promise": promise,
        "actor": actor,
        "raw_code": raw_code,
        "announced": announced,
        "weekday": weekday,
        "preheader": preheader,
        "calque": calque,
        "mood": mood,
        "subject": subject,
        "layout": layout,
    }
)
