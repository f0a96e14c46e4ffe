"""What every command that decides on a request has in common."""

from collections.abc import Callable
from typing import Any

import click

from pipeline.cli.context import one_request, os_user, services
from pipeline.cli.output import print_json
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
) -> None:
    """Let ``work`` decide on a request, and print its status before and after."""
    with services() as opened:
        with opened.store.read() as tx:
            record = one_request(tx, reference)
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
