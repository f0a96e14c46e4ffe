"""Keep what is searched up to date: requests that changed, then those older than the index."""

from pipeline.flow.services import Services
from pipeline.store.search.index import index_waiting, is_built, mark_old, waiting_ids

_PORTION = 50
#: So many portions of requests of old a batch, so that none takes long.
_PORTIONS_OF_OLD = 20


def keep_searchable(services: Services) -> int:
    """Bring the index up to date, portion by portion; return how many requests were read."""
    with services.store.read() as tx:
        waits, built = waiting_ids(tx.context, 1), is_built(tx.context)
    done = _index_all(services) if waits else 0
    for _ in range(0 if built else _PORTIONS_OF_OLD):
        if not services.store.run(lambda tx: mark_old(tx.context, _PORTION)):
            break
        done += _index_all(services)
    return done


def _index_all(services: Services) -> int:
    done = 0
    while count := services.store.run(lambda tx: index_waiting(tx.context, _PORTION)):
        done += count
    return done
