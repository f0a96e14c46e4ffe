"""``pipeline authority``."""

from pathlib import Path

import click

from pipeline.cli.opened import services
from pipeline.cli.output import print_json


@click.command("show")
@click.option("--json", "as_json", is_flag=True)
def show(*, as_json: bool) -> None:
    """Print the fingerprint of the embedded authority."""
    with services() as opened:
        fingerprint = opened.authority.fingerprint
    if as_json:
        print_json({"fingerprint": fingerprint})
    else:
        click.echo(fingerprint)


@click.command("export")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None)
def export(out: Path | None) -> None:
    """Print (or write) the certificate of the authority; never its key."""
    with services() as opened:
        text = opened.authority.certificate_pem
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="ascii")
