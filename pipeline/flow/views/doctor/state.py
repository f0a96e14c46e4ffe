"""Checks of what the state folder holds: database, keys, authority, backups."""

from dataclasses import fields
from datetime import timedelta

from pipeline.errors import ConfigurationError
from pipeline.flow.services import Services, token_keys
from pipeline.flow.services.soundness import check_blobs, check_sound
from pipeline.flow.services.state import wants_authority
from pipeline.flow.views import asleep as sleeping
from pipeline.flow.views.backups import backup_view
from pipeline.flow.views.doctor.finding import Finding
from pipeline.wording.instants import told

#: SQLite empties its log at 4 MB, unless somebody reads an old state all the while.
LONG_LOG = 64_000_000
#: So long before its end the authority is to be replaced: customers need time to trust the new one.
_LAST_YEAR = timedelta(days=365)


def database(services: Services) -> Finding:
    """Check the pages of the database and the folder of the mails beside it."""
    check_sound(services.store)
    check_blobs(services.store)
    return Finding("database", "good")


def log(services: Services) -> Finding | None:
    """Check that the write-ahead log of SQLite does not grow."""
    if services.store.is_on_server:
        return None
    length = services.store.log_bytes()
    if length < LONG_LOG:
        return Finding("log", "good")
    return Finding("log", "warn", "log_long", (("megabytes", str(length // 1_000_000)),))


def backup(services: Services) -> Finding:
    """Tell how old the last backup is, and the last one that was found whole."""
    with services.store.read() as tx:
        found = backup_view(services.work(tx))
    return Finding("backup", found.state, found.word, found.values)


def restored(services: Services) -> Finding | None:
    """Tell that a state that was put back waits for somebody to compare it."""
    if (found := services.restored) is None:
        return None
    made = told(found.made_at, services.settings.team.time_zone)
    raise ConfigurationError("restored_unsettled", made=made)


def token_key(services: Services) -> Finding:
    """Check that the key of the reply tokens is the one that the database knows."""
    _ = services.token_keys
    with services.store.read() as tx:
        found = token_keys.ages(tx, services.settings)
    zone = services.settings.team.time_zone
    values = [("made", told(found.current, zone))]
    if found.behind:
        return Finding("token_key", "warn", "token_key_behind", tuple(values))
    if found.previous is None:
        return Finding("token_key", "good", "token_key_made", tuple(values))
    values.append(("previous", told(found.previous, zone)))
    return Finding("token_key", "good", "token_keys_made", tuple(values))


def asleep(services: Services) -> Finding:
    """Check that no row waits longer than any rule lets it."""
    with services.store.read() as tx:
        found = sleeping.asleep(services.work(tx))
    if not found.total:
        return Finding("asleep", "good")
    return Finding("asleep", "warn", "asleep_found", counted(found))


def counted(counts: sleeping.Asleep) -> tuple[tuple[str, str], ...]:
    """Return how many rows of each table wait, as values of a sentence."""
    return tuple((item.name, str(getattr(counts, item.name))) for item in fields(counts))


def authority(services: Services) -> Finding | None:
    """Check that the authority can sign, and will for long enough."""
    if not wants_authority(services.settings):
        return None
    found = services.authority
    ends = told(found.ends_at, services.settings.team.time_zone)
    values = (("fingerprint", found.fingerprint), ("ends", ends))
    left = found.ends_at - services.clock.now()
    if left > _LAST_YEAR:
        return Finding("authority", "good", "authority_is", values)
    return Finding("authority", "warn" if left > timedelta(0) else "bad", "authority_ends", values)
