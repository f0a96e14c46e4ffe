"""``pipeline request``: what a customer wrote, what staff write beside it, and who has it."""

from datetime import datetime
from pathlib import Path

import click

from pipeline.cli.deciding import decide, decision
from pipeline.flow.services import Services
from pipeline.flow.staff import letters, replies
from pipeline.flow.staff import review as decisions
from pipeline.flow.staff.desk import hands
from pipeline.store.records import RequestRecord


@click.command("accept")
@decision
def accept(reference: str, name: str | None, *, as_json: bool) -> None:
    """Let the newest reply act that may not act by itself."""
    from pipeline.batch import decide as decide_again  # noqa: PLC0415 - slow to import

    def work(opened: Services, record: RequestRecord, who: str) -> RequestRecord:
        accepted = replies.accept(opened, record, who)
        if opened.rehearsal is not None:
            return accepted
        decide_again(opened)
        with opened.store.read() as tx:
            return tx.requests.get(accepted.id) or accepted

    decide(reference, name, work, as_json=as_json)


@click.command("tick")
@decision
def tick(reference: str, name: str | None, *, as_json: bool) -> None:
    """Tick off the customer's words as read."""
    decide(reference, name, replies.tick, as_json=as_json)


@click.command("note")
@decision
@click.argument("text")
def note(reference: str, name: str | None, text: str, *, as_json: bool) -> None:
    """Keep a note with the request."""
    decide(
        reference,
        name,
        lambda opened, record, who: decisions.note(opened, record, who, text=text),
        as_json=as_json,
    )


@click.command("answer")
@decision
@click.option("--text", default="")
@click.option("--file", "file", type=click.Path(path_type=Path), default=None)
def answer(
    reference: str, name: str | None, text: str, file: Path | None, *, as_json: bool
) -> None:
    """Mail the customer an answer in your own words."""
    from pipeline.cli.files import read_text  # noqa: PLC0415 - one use

    written = read_text(file) if file is not None else text
    decide(
        reference,
        name,
        lambda opened, record, who: letters.answer(opened, record, who, text=written),
        as_json=as_json,
    )


@click.command("delay")
@decision
@click.option("--until", "until", type=click.DateTime(["%Y-%m-%d"]), default=None)
@click.option("--text", default="")
def delay(
    reference: str, name: str | None, until: datetime | None, text: str, *, as_json: bool
) -> None:
    """Tell the customer that it takes longer than promised."""
    day = until.date() if until else None
    decide(
        reference,
        name,
        lambda opened, record, who: letters.delay(opened, record, who, until=day, text=text),
        as_json=as_json,
    )


@click.command("take")
@decision
def take(reference: str, name: str | None, *, as_json: bool) -> None:
    """Note that you work on the request."""
    decide(reference, name, hands.take, as_json=as_json)


@click.command("give-back")
@decision
def give_back(reference: str, name: str | None, *, as_json: bool) -> None:
    """Note that nobody works on the request any more."""
    decide(reference, name, hands.give_back, as_json=as_json)


@click.command("snooze")
@decision
@click.option("--until", "morning", type=click.DateTime(["%Y-%m-%d"]), required=True)
def snooze(reference: str, name: str | None, morning: datetime, *, as_json: bool) -> None:
    """Keep the request out of needs-me until a morning."""
    decide(
        reference,
        name,
        lambda opened, record, who: hands.snooze(opened, record, who, until=morning.date()),
        as_json=as_json,
    )
