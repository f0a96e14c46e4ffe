"""``pipeline qr preview``."""

from pathlib import Path

import click

from pipeline.wording import console as words


@click.command("preview")
@click.argument("number")
@click.option("--text", default="")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path())
def preview(number: str, text: str, out: Path) -> None:
    """Write the link, images and button for a number without any request."""
    from pipeline.cli.commands.numbers import e164_of  # noqa: PLC0415 - slow to import
    from pipeline.qr.make import QrOrder, make  # noqa: PLC0415

    made = make(QrOrder(e164_of(number), text, language=words.language()))
    out.mkdir(parents=True, exist_ok=True)
    click.echo(made.link)
    for file in made.files:
        path = out / file.name
        path.write_bytes(file.content)
        click.echo(str(path))
