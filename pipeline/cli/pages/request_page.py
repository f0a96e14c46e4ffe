"""One request as a page of text for the terminal."""

from collections.abc import Iterator, Mapping

import click

from pipeline.cli.output import print_lines
from pipeline.cli.pages.answers import AnswerLine, left_over_line, print_answers
from pipeline.cli.pages.possible import copyable
from pipeline.cli.pages.undone import history_line
from pipeline.flow.staff.desk.tries import tries_of
from pipeline.flow.staff.suggested import suggestion
from pipeline.flow.views.request import RequestView, ShownMail, ShownProblem
from pipeline.model.message import ReadReply, ReplyKind
from pipeline.model.proposal import Proposal, Told
from pipeline.model.request import Actor
from pipeline.store.records import EventRecord
from pipeline.wording import calling
from pipeline.wording import console as words
from pipeline.wording.answers import language_name
from pipeline.wording.instants import span, told, told_twice


def print_request(view: RequestView, zone: str, commands: Mapping[str, str]) -> None:
    """Print all of one request: what it is, the answers, the problems, the mails, the history.

    Instants are told in ``zone``, the team's; the customer's stands beside it where it is the
    customer who has to keep them. ``commands`` are possible now, each with what it records.
    """
    print_lines(f"{view.reference}  {words.step(view.status)}", rest="  ", bold=True)
    if view.overdue_since is not None:
        late = words.word("queue_late", when=told(view.overdue_since, zone))
        print_lines(late, first="  ", rest="      ", bold=True)
    if view.waits_for_second:
        key = "request_second" if view.first_yes else "request_second_both"
        waits = words.word(key, first=view.first_yes)
        print_lines(waits, first="  ", rest="      ", bold=True)
    _facts(view, zone)
    entered = not any(item.words for item in view.proposals)
    _section(
        "proposals_entered" if entered else "proposals",
        [_proposal(item) for item in view.proposals],
    )
    _answers(view)
    _section(
        "slots",
        [
            _beside(span(slot.start, slot.end, zone), span(slot.start, slot.end, view.time_zone))
            for slot in view.slots
        ],
    )
    _section(
        "deadlines",
        [
            f"{told_twice(item.at, zone, view.time_zone)}  {words.named('deadline', item.kind)}"
            + (f"  {words.notice_name(item.notice)}" if item.notice else "")
            for item in view.deadlines
        ],
    )
    _section("tries", list(_tries(view, zone)))
    _section(
        "certificates",
        [
            f"{row.ordinal}. {words.status_word(row.state)}  {row.serial}  "
            f"{told(row.created_at, zone)} - {told_twice(row.expires_at, zone, view.time_zone)}"
            for row in view.certificates
        ],
    )
    _section(
        "mails",
        [
            f"{told(mail.at, zone)}  {words.word(mail.direction)}  {mail.subject}  "
            f"[{_became(mail)}]"
            for mail in view.mails
        ],
    )
    _notes(view, zone, commands)
    _section(
        "history",
        [
            f"{told(line.at, zone)}  {_who(line)}  {_what_happened(line)}  {words.step(line.after)}"
            for line in view.history
        ],
    )
    _possible(view.reference, commands)


def _tries(view: RequestView, zone: str) -> Iterator[str]:
    """Yield what came of the last try at what is waited for, and when the next comes."""
    tries = tries_of(view)
    if tries is not None and tries.at is not None:
        why = [words.word("last_try_why", why=words.reason(tries.failed))] if tries.failed else []
        yield " ".join((words.word("last_try", at=told(tries.at, zone)), *why))
    if tries is not None and tries.next_at is not None:
        yield words.word("next_try", at=told(tries.next_at, zone))


def _became(mail: ShownMail) -> str:
    """Return what became of a mail: why it came to its outcome, or how far ours has come."""
    return words.why(mail.state) if mail.direction == "in" else words.status_word(mail.state)


def _notes(view: RequestView, zone: str, commands: Mapping[str, str]) -> None:
    """Print the notes, each with what its words were taken for in a line of its own."""
    accept = f"{calling.programme()} request accept {view.reference}"
    acceptable = suggestion(list(view.notes)) if accept in commands else None
    tick = f"{calling.programme()} request tick {view.reference}"
    for index, note in enumerate(view.notes):
        line = f"{told(note.at, zone)}  {note.author}: {note.text}"
        if index == 0:
            _section("notes", [line])
        else:
            print_lines(line, first="  ", rest="      ")
        if note.reading is not None:
            taken_for = _taken_for(note.reading, accept if note is acceptable else "")
            print_lines(taken_for, first="    ", rest="      ")
        if note.waits_since is not None:
            waits = words.word("reply_waits", command=tick)
            print_lines(waits, first="    ", rest="      ")


def _taken_for(reading: ReadReply, accept: str) -> str:
    """Return why a reply acted or did not; ``accept`` is the command that lets it act now."""
    reasons = words.listed(words.named("reply", reason) for reason in reading.reasons)
    event = words.named("event", reading.event.value) if reading.event else ""
    if reading.kind is ReplyKind.EVENT:
        return words.word("reply_acted", event=event, reasons=reasons, sentence=reading.sentence)
    if reading.kind is ReplyKind.STATUS:
        return words.word("reply_answered", reasons=reasons, sentence=reading.sentence)
    if reading.kind is ReplyKind.SUGGESTION and accept:
        return words.word("reply_suggests", event=event, reasons=reasons, command=accept)
    return words.word("reply_idle", reasons=reasons)


def _who(line: EventRecord) -> str:
    """Return who acted: a colleague's name as it is, else the word for the part."""
    if line.actor is Actor.STAFF:
        return line.actor_name
    return words.status_word(line.actor_name)


def _what_happened(line: EventRecord) -> str:
    """Return the event of a line, or what was done beside the machine."""
    if line.event is not None:
        return _with_both_names(line, words.named("event", line.event.value))
    if line.detail and line.detail[0][0] == "undone":
        return history_line(dict(line.detail))
    return words.named("did", line.detail[0][0]) if line.detail else ""


def _with_both_names(line: EventRecord, event: str) -> str:
    """Return the event with the two people who said yes to a certificate, where it tells them."""
    detail = dict(line.detail)
    first, second = detail.get("first_yes", ""), detail.get("second_yes", "")
    if first and second:
        return words.word("said_yes", event=event, first=first, second=second)
    return words.word("said_yes_first", event=event, first=first) if first else event


def _facts(view: RequestView, zone: str) -> None:
    rows = [
        ("track", words.status_word(view.track.value)),
        ("whose_move", words.status_word(view.whose_move.value)),
        ("hold", words.status_word(view.hold_reason) if view.hold_reason else ""),
        ("number", view.number),
        ("number_owner", view.number_owner),
        ("number_others", ", ".join(view.others)),
        ("organisation", view.organisation),
        ("company", view.company),
        ("contact", view.contact),
        ("sender", f"{view.sender} ({words.status_word(view.sender_verdict)})"),
        ("language", language_name(view.language, words.language())),
        ("time_zone", view.time_zone),
        ("opened", told(view.opened_at, zone)),
        ("file", view.file_name),
        ("rule", words.why(view.rule) if view.rule else ""),
        ("suggestion", words.status_word(view.suggestion.value) if view.suggestion else ""),
        ("linked_to", view.linked_to),
    ]
    for key, value in rows:
        if value:
            print_lines(f"{words.word(key)}: {value}", first="  ", rest="      ")
    for code in view.sender_warnings:
        warning = words.named("sender_warning", code)
        print_lines(f"{words.word('warning')}: {warning}", first="  ", rest="      ")


def _proposal(item: Proposal) -> str:
    """Return what the customer's words told, and the words; a weak one is told as such."""
    coded = item.about in {Told.USE, Told.HOSTING, Told.FORM}
    value = words.named("told", item.value) if coded else item.value
    weak = f" ({words.word('told_weak')})" if item.weak else ""
    beside = f"  < {item.words}" if item.words else ""
    return f"{words.named('told', item.about)}: {value}{weak}{beside}"


def _answers(view: RequestView) -> None:
    if view.fields:
        click.echo("")
        lines = [
            AnswerLine(
                field.label,
                field.typed,
                field.shown,
                field.verdict,
                field.notes,
                (
                    *(
                        line
                        for problem in view.problems
                        if problem.field == field.id
                        for line in _told(problem)
                    ),
                    *(left_over_line(item) for item in view.left_over if item.field == field.id),
                ),
            )
            for field in view.fields
        ]
        print_answers("question", [line for line in lines if line.raw or line.told])
    shown = {field.id for field in view.fields}
    for problem in view.problems:
        if problem.field not in shown:
            for line in _told(problem):
                print_lines(line, first="  ", rest="      ")
    for item in view.left_over:
        if item.field not in shown:
            print_lines(left_over_line(item), first="  ", rest="      ")


def _told(problem: ShownProblem) -> list[str]:
    """Return a problem in the reader's language, and the customer's sentence if it is another."""
    audience = words.status_word(problem.audience)
    severity = words.status_word(problem.severity)
    told = [f"{severity} ({audience}): {problem.message} (`{problem.code}`)"]
    if problem.sent not in {"", problem.message}:
        told.append(words.word("sent_to_customer", sentence=problem.sent))
    return told


def _beside(here: str, there: str) -> str:
    return here if here == there else f"{here} ({there})"


def _section(key: str, lines: list[str]) -> None:
    if not lines:
        return
    click.echo("")
    print_lines(words.word(key), bold=True)
    for line in lines:
        print_lines(line, first="  ", rest="      ")


def _possible(reference: str, commands: Mapping[str, str]) -> None:
    click.echo("")
    print_lines(words.word("possible"), bold=True)
    for command, meaning in commands.items():
        print_lines(meaning, first="  ", rest="      ")
        for line in copyable(command, "    "):
            click.echo(line)
    if not commands:
        nothing = words.word("possible_nothing", reference=reference)
        print_lines(nothing, first="  ", rest="      ")
