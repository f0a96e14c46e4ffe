"""Alembic, driven by the programme: the one module that imports it."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config


def configuration(connection: sa.Connection | None = None) -> Config:
    """Return Alembic's settings; they are made here and read from no file."""
    config = Config()
    config.set_main_option("script_location", "pipeline.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: sa.Connection) -> None:
    """Run the missing migrations inside the transaction of ``connection``."""
    command.upgrade(configuration(connection), "head")
