"""What every command that decides on a request has in common."""

from collections.abc import Callable
from typing import Any

import click

from pipeline.cli.opened import one_request, os_user, services
from pipeline.cli.output import print_json, tell_lines
from pipeline.cli.pages.possible import telling_what_is_possible
from pipeline.flow.services import Services
from pipeline.store.records import RequestRecord
from pipeline.wording import console as words

Decorated = Callable[..., Any]


def decision(command: Decorated) -> Decorated:
    """Add what every decision takes: the reference, who decides, JSON."""
    for decorator in (
        click.option("--json", "as_json", is_flag=True),
        click.option("--as", "name", default=None),
        click.argument("reference"),
    ):
        command = decorator(command)
    return command


def decide(
    reference: str,
    name: str | None,
    work: Callable[[Services, RequestRecord, str], RequestRecord],
    *,
    as_json: bool,
    text: str = "",
) -> None:
    """Let ``work`` decide on a request, and print its status before and after.

    ``text`` are words of staff that the customer gets: who writes them in another language than the
    customer reads is told so.
    """
    with services() as opened:
        with opened.store.read() as tx:
            record = one_request(tx, reference)
        if text:
            _tell_language(text, record.language, opened.settings.courier.undo_seconds)
        with telling_what_is_possible(opened, record.reference):
            changed = work(opened, record, name or os_user())
    if as_json:
        print_json(
            {
                "reference": changed.reference,
                "before": record.status,
                "status": changed.status,
                "track": changed.state.track,
            }
        )
        return
    click.echo(
        words.word(
            "decided",
            reference=changed.reference,
            before=words.step(record.status),
            after=words.step(changed.status),
        )
    )


def _tell_language(text: str, reads: str, seconds: int) -> None:
    """Warn that the customer reads another language than ``text`` is written in."""
    from pipeline.intake.language import is_foreign  # noqa: PLC0415 - slow to import
    from pipeline.wording.answers import language_name  # noqa: PLC0415

    if is_foreign(text, reads):
        name = language_name(reads, words.language())
        tell_lines(words.word("text_foreign", language=name, seconds=seconds))
