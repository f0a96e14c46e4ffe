"""Whether a database can be worked with: its pages, its tables, and the blobs beside it."""

from pipeline.errors import ConfigurationError
from pipeline.store.unit_of_work import Store


def check_sound(store: Store, *, thorough: bool = False) -> None:
    """Refuse a damaged database. Raises ConfigurationError ``database_damaged``."""
    if not store.is_sound(thorough=thorough):
        raise ConfigurationError("database_damaged", where=store.where)


def check_blobs(store: Store) -> None:
    """Refuse a database that knows mails without the folder of their blobs.

    Raises ConfigurationError ``blobs_gone``.
    """
    with store.read() as tx:
        mails = tx.messages.any()
    if mails and not store.blobs.folder.is_dir():
        raise ConfigurationError("blobs_gone", path=store.blobs.folder)


def check_tables(store: Store) -> None:
    """Refuse tables that this programme cannot bring up to date.

    Raises ConfigurationError ``database_empty``, ``database_newer`` or ``database_foreign``.
    """
    state = store.schema_state()
    if state not in {"current", "old"}:
        raise ConfigurationError(f"database_{state}", where=store.where)
