"""The state: one database, one folder of blobs; every change of a request is one commit.

``import pipeline.store`` costs nothing: SQLAlchemy is loaded with the first use of :class:`Store`,
Alembic only when a migration runs.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.store.blobs import Blobs
    from pipeline.store.transaction import Transaction
    from pipeline.store.unit_of_work import Store

__all__ = ["Blobs", "Store", "Transaction"]

_HOMES = {
    "Blobs": "pipeline.store.blobs",
    "Store": "pipeline.store.unit_of_work",
    "Transaction": "pipeline.store.transaction",
}


def __getattr__(name: str) -> object:
    """Load the module of ``name`` when it is asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module  # noqa: PLC0415 - only a first use pays

    return getattr(import_module(_HOMES[name]), name)
