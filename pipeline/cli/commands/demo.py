"""``pipeline demo``: the whole story on an embedded mailbox, played by an injected clock."""

import shlex
import sys
from pathlib import Path

import click

from pipeline.cli.output import print_table
from pipeline.wording import console as words


@click.command("demo")
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), default="demo")
def demo(folder: Path) -> int:
    """Play nine days of a requests mailbox and write a report to look at."""
    from pipeline.demo.play import play  # noqa: PLC0415 - slow to import

    played = play(
        folder,
        lambda acts: click.progressbar(acts, label=words.word("playing"), file=sys.stderr),
    )
    columns = [words.word(key) for key in ("sample", "reference", "status", "mails")]
    print_table(columns, played.rows)
    click.echo("")
    reference = next((row[1] for row in played.rows if row[1]), "WA-")
    config = shlex.quote(str(folder / "pipeline.toml"))
    click.echo(words.word("demo_next", folder=folder, config=config, reference=reference))
    return 3 if played.quarantined else 0
