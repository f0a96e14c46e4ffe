"""``pipeline config``: the settings in force."""

import json

import click

from pipeline.cli import words
from pipeline.cli.context import settings
from pipeline.config import Settings


@click.command("show")
def show() -> None:
    """Print the settings in force as JSON; secrets stand elsewhere."""
    click.echo(json.dumps(settings().model_dump(mode="json"), indent=2, ensure_ascii=False))


@click.command("check")
def check() -> None:
    """Read the settings and say whether they can be used."""
    settings()
    click.echo(words.word("config_fine"))


@click.command("schema")
def schema() -> None:
    """Print the JSON Schema of the settings."""
    click.echo(json.dumps(Settings.model_json_schema(), indent=2))
