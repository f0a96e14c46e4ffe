"""``pipeline token``: the keys of the reply tokens."""

import click

from pipeline.cli.opened import os_user, services
from pipeline.cli.output import print_lines
from pipeline.wording import console as words


@click.command("rotate")
@click.option("--as", "name", default=None)
def rotate(name: str | None) -> None:
    """Make a new key; replies to mails of the old one still count, those of the one before not."""
    from pipeline.flow.services import token_keys  # noqa: PLC0415 - slow to import
    from pipeline.flow.staff import tokens  # noqa: PLC0415

    with services() as opened:
        tokens.rotate(opened, name or os_user())
        path = token_keys.path_of(opened.settings)
        previous = token_keys.previous_path_of(opened.settings)
    print_lines(words.word("token_rotated", path=path, previous=previous))
