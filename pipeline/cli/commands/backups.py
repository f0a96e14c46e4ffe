"""``pipeline backup``: make backups, check them, put one back."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.asking import ask_secret
from pipeline.cli.context import settings
from pipeline.cli.opened import os_user, services
from pipeline.cli.output import plain, print_json, print_lines
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.config.secret import Secret
from pipeline.errors import ExitCode, NotFoundError, PipelineError, UsageError
from pipeline.flow.services import open_services
from pipeline.wording import console as words
from pipeline.wording.instants import told

if TYPE_CHECKING:
    from pipeline.flow.upkeep.backup.create import Created
    from pipeline.store import Store

_PATH = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("create")
@click.option("--to", "target", type=_FOLDER, default=None)
@click.option("--with-keys", is_flag=True)
@click.option("--passphrase-file", type=_PATH, default=None)
@click.option("--json", "as_json", is_flag=True)
def create(
    target: Path | None, passphrase_file: Path | None, *, with_keys: bool, as_json: bool
) -> int:
    """Make a backup, and remove those that are kept no longer."""
    from pipeline.flow.services.state import open_database  # noqa: PLC0415 - slow to import

    configured = settings()
    folder = target or _folder(configured)
    passphrase = None
    if with_keys:
        passphrase = _passphrase(configured, passphrase_file) or _asked(twice=True)
    with open_database(configured) as store:  # tables that are to be migrated are backed up before
        made = made_in(folder, store, configured, passphrase)
    if as_json:
        print_json(made)
    else:
        print_lines(words.word("backup_made", path=made.path))
        print_lines(words.word("backup_blobs", count=made.blobs, new=made.new))
        print_lines(words.word("backup_with_keys" if made.with_keys else "backup_without_keys"))
        if made.missing:
            print_lines(words.counted("backup_missing", made.missing))
        for path in made.removed:
            print_lines(words.word("backup_removed", path=path))
    return ExitCode.UNFINISHED if made.missing else ExitCode.DONE


def made_in(
    folder: Path, store: "Store", configured: Settings, passphrase: bytes | None = None
) -> "Created":
    """Make a backup in ``folder``, with the keys when there is a passphrase."""
    from pipeline.flow.upkeep.backup import create as making  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.settings import shown  # noqa: PLC0415 - slow to import

    kept = json.dumps(plain(shown(configured)), indent=2, ensure_ascii=False).encode()
    state = making.State(store, configured, kept)
    return making.create(state, folder, SystemClock(), passphrase)


@click.command("verify")
@click.argument("file", type=_PATH, required=False)
@click.option("--passphrase-file", type=_PATH, default=None)
@click.option("--json", "as_json", is_flag=True)
def verify(file: Path | None, passphrase_file: Path | None, *, as_json: bool) -> None:
    """Check a backup to the last byte; without a name, the newest one."""
    from pipeline.flow.upkeep.backup import verify as checking  # noqa: PLC0415 - slow to import

    configured = settings(optional=True)
    path = file or _newest(configured)
    _refuse_missing(path)
    passphrase = _passphrase(configured, passphrase_file)
    try:
        found = checking.verify(path, _server(configured), passphrase)
    except PipelineError as error:
        _remember(configured, path, error)
        raise
    known = _remember(configured, path, found)
    if as_json:
        print_json({**plain(found), "remembered": known})
        return
    made = told(found.made_at, configured.team.time_zone)
    print_lines(words.word("backup_whole", path=found.path, made=made, count=found.blobs))
    keys = "backup_without_keys" if not found.with_keys else "backup_with_keys"
    print_lines(words.word("backup_keys_opened" if found.keys_opened else keys))
    if found.missing:
        print_lines(words.counted("backup_missing", found.missing))
    if not known:
        print_lines(words.word("backup_not_remembered"))


@click.command("restore")
@click.argument("file", type=_PATH)
@click.option("--into", type=_FOLDER, required=True)
@click.option("--passphrase-file", type=_PATH, default=None)
@click.option("--without-keys", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
def restore(
    file: Path, into: Path, passphrase_file: Path | None, *, without_keys: bool, as_json: bool
) -> None:
    """Put a backup back into an empty folder."""
    from pipeline.flow.upkeep.backup.archive import Archive  # noqa: PLC0415 - slow to import
    from pipeline.flow.upkeep.backup.restore import restore as put_back  # noqa: PLC0415

    configured = settings(optional=True)
    _refuse_missing(file)
    passphrase = None
    if not without_keys and Archive(file, glance=True).with_keys:
        passphrase = _passphrase(configured, passphrase_file) or _asked()
    done = put_back(file, into, SystemClock(), _server(configured), passphrase)
    if as_json:
        print_json(done)
        return
    made = told(done.made_at, configured.team.time_zone)
    print_lines(words.word("backup_put_back", path=done.home, made=made))
    if done.in_doubt:
        print_lines(words.counted("backup_in_doubt", done.in_doubt))
    if done.missing:
        print_lines(words.counted("backup_missing", done.missing))
    if not done.with_keys:
        print_lines(words.word("backup_keys_wanted", path=done.home))
    print_lines(words.word("backup_to_settle"))


@click.command("settle")
@click.option("--as", "name", default=None)
def settle(name: str | None) -> None:
    """Say that a state that was put back was compared with mailbox and certificates."""
    from pipeline.flow.upkeep.backup.settle import settle as settled  # noqa: PLC0415

    with services() as opened:
        settled(opened, name or os_user())
    print_lines(words.word("backup_settled"))


def backup_folder(configured: Settings) -> Path | None:
    """Return the folder for backups that the settings name, or None."""
    named = configured.backup.folder
    return configured.below_home(Path(named)) if named else None


def _folder(configured: Settings) -> Path:
    folder = backup_folder(configured)
    if folder is None:
        raise UsageError("backup_no_folder")
    return folder


def _newest(configured: Settings) -> Path:
    """Return the newest backup of the folder of the settings."""
    from pipeline.flow.upkeep.backup.folder import backups_in  # noqa: PLC0415 - slow to import

    folder = _folder(configured)
    found = backups_in(folder) if folder.is_dir() else []
    if not found:
        raise NotFoundError("backup_none_there", path=folder)
    return found[0]


def _refuse_missing(path: Path) -> None:
    if not path.exists():
        raise NotFoundError("path_missing", path=path)


def _server(configured: Settings) -> str:
    """Return the URL of the database server of the settings; empty: there is none."""
    on_server = configured.store.url.startswith("postgresql")
    return configured.database_url() if on_server else ""


def _passphrase(configured: Settings, path: Path | None) -> bytes | None:
    """Return the passphrase of a file that was named, or of the settings; None: there is none."""
    secret = Secret(file=path) if path is not None else configured.backup.passphrase
    return secret.read()


def _asked(*, twice: bool = False) -> bytes:
    """Ask for the passphrase.

    Raises UsageError ``backup_no_terminal`` or ``password_differs``.
    """
    missing, again = UsageError("backup_no_terminal"), "ask_passphrase_again" if twice else ""
    return ask_secret("ask_passphrase", no_terminal=missing, again=again).encode()


def _remember(configured: Settings, path: Path, found: object) -> bool:
    """Let the state know of a check; False where there is none that could."""
    from pipeline.flow.upkeep.backup import verify as checking  # noqa: PLC0415 - slow to import

    try:
        with open_services(configured, SystemClock()) as opened:
            if isinstance(found, (checking.Verified, PipelineError)):
                checking.remember(opened, path, found)
    except PipelineError:
        return False
    return True
