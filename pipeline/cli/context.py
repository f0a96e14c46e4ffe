"""How a command opens what it works with."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from pipeline import logs
from pipeline.clock import SystemClock
from pipeline.config import Settings, load
from pipeline.errors import NotFoundError, UsageError
from pipeline.flow.services import Services, open_services
from pipeline.model.identifiers import read_prefix
from pipeline.store.records import RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.wording import console as words


def named_places() -> tuple[Path | None, Path | None]:
    """Return the configuration file and the state folder that the command line names."""
    options = click.get_current_context().find_root().obj or {}
    config, home = options.get("config"), options.get("home")
    return Path(config) if config else None, Path(home) if home else None


def settings(*, optional: bool = False) -> Settings:
    """Return the settings that this command was called with.

    Without a configuration an ``optional`` call gets the defaults; another raises
    ConfigurationError ``config_none``.
    """
    config, home = named_places()
    found = load(config, home, optional=optional)
    logs.configure(found.logs.level, as_json=found.logs.json_lines)
    words.speak_as_team(lambda: found.team.language)
    return found


@contextmanager
def services(*, make: bool = False) -> Iterator[Services]:
    """Open the services for this command; ``make`` allows it to be the first use of the folder."""
    with open_services(settings(), SystemClock(), make=make) as opened:
        yield opened


def os_user() -> str:
    """Return the name that decisions are recorded under when ``--as`` is not given."""
    return getpass.getuser()


def one_request(tx: Transaction, text: str) -> RequestRecord:
    """Return the one request that ``text`` (a reference or a unique prefix, any case) names.

    Raises NotFoundError ``request_unknown`` or UsageError ``request_ambiguous``.
    """
    prefix = read_prefix(text)
    found = tx.requests.by_prefix(prefix)
    if not found:
        raise NotFoundError("request_unknown", reference=text)
    if len(found) > 1:
        names = ", ".join(record.reference for record in found[:5])
        raise UsageError("request_ambiguous", reference=text, found=names)
    return found[0]
