"""``pipeline config``: the settings in force."""

import json

import click

from pipeline.cli.context import named_places, settings
from pipeline.cli.output import plain
from pipeline.config import file_faults, look
from pipeline.errors import SettingsError
from pipeline.flow.views.settings import leaves, shown
from pipeline.wording import console as words


@click.command("show")
@click.option("--origin", is_flag=True)
@click.option("--json", "as_json", is_flag=True, expose_value=False)
def show(*, origin: bool) -> None:
    """Print the settings in force as JSON; secrets stand elsewhere, and are hidden in a URL."""
    values = plain(shown(settings()))
    if not origin:
        click.echo(json.dumps(values, indent=2, ensure_ascii=False))
        return
    sources = look(*named_places()).sources
    for key, value in leaves(values):
        place = sources.origin(key) or words.word("config_default")
        click.echo(f"{key} = {json.dumps(value, ensure_ascii=False)}  ({place})")


@click.command("check")
def check() -> None:
    """Read the settings and say everything that is wrong with them."""
    found = look(*named_places())
    faults = [*found.faults, *(error for _, error in file_faults(found.settings))]
    if faults:
        raise SettingsError(faults)
    click.echo(words.word("config_fine"))


@click.command("schema")
def schema() -> None:
    """Print the JSON Schema of the settings."""
    from pipeline.config.schema import json_schema  # noqa: PLC0415 - slow to import

    click.echo(json.dumps(json_schema(), indent=2))
