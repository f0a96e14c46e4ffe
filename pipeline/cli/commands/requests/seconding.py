"""``pipeline request second``: the yes of a second person to a certificate."""

import click

from pipeline.cli.deciding import decide, decision
from pipeline.flow.staff.desk import second as desk


@click.command("second")
@decision
def second(reference: str, name: str | None, *, as_json: bool) -> None:
    """Say yes as the second person to a certificate that waits for one."""
    decide(reference, name, desk.second, as_json=as_json)
