"""One request as a page of text for the terminal."""

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from pipeline.cli import words
from pipeline.cli.answers import AnswerLine, print_answers
from pipeline.cli.output import inert
from pipeline.flow.overview import RequestView, ShownProblem


def print_request(view: RequestView) -> None:
    """Print all of one request: what it is, the answers, the problems, the mails, the history."""
    zone = ZoneInfo(view.time_zone)

    def local(at: datetime | None) -> str:
        return at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else ""

    click.echo(click.style(f"{view.reference}  {words.status_word(view.status.value)}", bold=True))
    rows = [
        ("track", words.status_word(view.track.value)),
        ("whose_move", words.status_word(view.whose_move.value)),
        ("hold", words.status_word(view.hold_reason) if view.hold_reason else ""),
        ("number", view.number),
        ("company", view.company),
        ("contact", view.contact),
        ("sender", f"{view.sender} ({words.status_word(view.sender_verdict)})"),
        ("language", view.language),
        ("time_zone", view.time_zone),
        ("opened", local(view.opened_at)),
        ("file", view.file_name),
        ("rule", view.rule),
        ("suggestion", view.suggestion.value if view.suggestion else ""),
        ("linked_to", view.linked_to),
    ]
    for key, value in rows:
        if value:
            click.echo(f"  {words.word(key)}: {inert(value)}")
    if view.fields:
        click.echo("")
        lines = [
            AnswerLine(
                field.label,
                field.raw,
                field.value or "",
                field.verdict,
                field.notes,
                tuple(_told(problem) for problem in view.problems if problem.field == field.id),
            )
            for field in view.fields
        ]
        print_answers("question", [line for line in lines if line.raw or line.told])
    shown = {field.id for field in view.fields}
    for problem in view.problems:
        if problem.field not in shown:
            click.echo(f"  {_told(problem)}")
    _section("slots", [f"{local(slot.start)} - {local(slot.end)}" for slot in view.slots])
    _section(
        "deadlines",
        [
            f"{local(item.at)}  {words.named('deadline', item.kind)}"
            + (f"  {words.named('notice', item.notice)}" if item.notice else "")
            for item in view.deadlines
        ],
    )
    _section(
        "certificates",
        [
            f"{row.ordinal}. {words.status_word(row.state)}  {row.serial}  "
            f"{local(row.created_at)} - {local(row.expires_at)}"
            for row in view.certificates
        ],
    )
    _section(
        "mails",
        [
            f"{local(mail.at)}  {words.word(mail.direction)}  {mail.subject}  "
            f"[{words.status_word(mail.state)}]"
            for mail in view.mails
        ],
    )
    _section("notes", [f"{local(note.at)}  {note.author}: {note.text}" for note in view.notes])
    _section(
        "history",
        [
            f"{local(line.at)}  {line.actor_name}"
            f"  {words.named('event', line.event.value) if line.event else ''}"
            f"  {words.status_word(line.after.value)}"
            for line in view.history
        ],
    )


def _told(problem: ShownProblem) -> str:
    audience = words.status_word(problem.audience)
    severity = words.status_word(problem.severity)
    return f"{severity} ({audience}): {inert(problem.message)} [{problem.code}]"


def _section(key: str, lines: list[str]) -> None:
    if not lines:
        return
    click.echo("")
    click.echo(click.style(words.word(key), bold=True))
    for line in lines:
        click.echo(f"  {inert(line)}")
