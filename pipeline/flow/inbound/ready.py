"""Loads what the first message of a process needs, before its transaction keeps others waiting.

Phrases of replies, holidays and templates are read when they are needed first; together that takes
a hundred milliseconds. The rarer names of countries are read when a form has one, which is judged
before its transaction as well.
"""

import gc
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache

from pipeline.collector import paused
from pipeline.flow.answers.judge import judge
from pipeline.flow.services import Services
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.intake.reply.vocabulary import is_reply
from pipeline.mailbox.authentication.domains import organisational
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.model.request import Status, Track
from pipeline.model.submission import Answer, Submission
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.notifications.compose import compose
from pipeline.validation.phone.policy import PhonePolicy

#: An answer of each kind that makes its reader look something up.
_TEXTS = {
    AnswerKind.COUNTRY: "Japan",
    AnswerKind.TIME_ZONE: "Asia/Tokyo",
    AnswerKind.PHONE: "+81 3 1234 5678",
    AnswerKind.EMAIL: "a@example.com",
    AnswerKind.URL: "https://example.com",
    AnswerKind.DATE: "2026-01-05",
    AnswerKind.DATE_TIME: "2026-01-05 10:00",
    AnswerKind.CONTACT_PHONE: "+81 3 1234 5678",
}
_LANGUAGE = "en"
_KEPT = 4
#: So many objects are new before the collector looks at them.
_YOUNG = 10_000
#: Seconds after which a thread that waits for the interpreter gets it.
_TURN = 0.0005


def make_ready(services: Services) -> None:
    """Judge and answer made-up forms, once a day; no store is read, and nothing is written.

    What fails here fails again where a message needs it, and is told there.
    """
    with suppress(Exception), paused():
        team = services.team
        _judge_and_answer(team, services.phones, team.local_date(services.clock.now()))
    _settle()


@lru_cache(maxsize=_KEPT)
def _judge_and_answer(team: WorkingCalendar, phones: PhonePolicy, day: date) -> None:
    team.on_or_after(day)
    for kind in FORMS:
        judge(phones, _made_up(kind), datetime.combine(day, time(), UTC))
    compose(NoticeName.ACKNOWLEDGED, "", _LANGUAGE, _facts(day))
    is_reply("x")
    organisational("example.com")


@cache
def _settle() -> None:
    """Let the collector of cycles pass over what was loaded, most of what there is: it stays.

    Looking through it takes tens of milliseconds, which a transaction that is open would wait.
    What one message makes is looked through once, not a dozen times.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
    # The thread that feeds the guarded child needs the interpreter for moments, ten times a mail:
    # if it waited Python's five milliseconds for each, the child would have nothing to read.
    sys.setswitchinterval(_TURN)


def _facts(day: date) -> NoticeFacts:
    """Return the facts of a request that nobody has made."""
    now = datetime.combine(day, time(), UTC)
    return NoticeFacts(
        reference="WA-7K3M9Q4M",
        track=Track.HELP,
        form=next(iter(FORMS)),
        status=Status.POLICY_REVIEW,
        zone="Asia/Tokyo",
        now=now,
        number_shown="+81 3-1234-5678",
        received_at=now,
        promise_at=now,
    )


def _made_up(kind: FormKind) -> Submission:
    answers = tuple(
        Answer(name, _TEXTS.get(question.kind, "x"), "")
        for name, question in FORMS[kind].questions.items()
    )
    return Submission(kind, FORMS[kind].version, _LANGUAGE, FileFormat.XLSX, "", "", answers)
