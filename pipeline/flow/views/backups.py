"""What is told of the backups: how old the last one is, and the last one that was found whole."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.flow.services import Work, token_keys
from pipeline.flow.services.backups import Backups, remembered
from pipeline.wording.instants import told


@dataclass(frozen=True, slots=True)
class BackupView:
    """The backups, and by which word doctor tells of them.

    ``state`` is ``good`` or ``warn``; ``word`` and ``values`` are the sentence.
    """

    known: Backups
    state: str
    word: str
    values: tuple[tuple[str, str], ...]


def backup_view(work: Work) -> BackupView:
    """Return what is known of the backups, and what is to be said of it first."""
    known, rules, now = remembered(work.tx), work.services.settings.backup, work.now
    zone = work.services.settings.team.time_zone
    # where no folder is set, the commands need to be told one
    more = [("to", ""), ("of", "")] if rules.folder else [("to", " --to FOLDER"), ("of", " FILE")]
    if known.made is None:
        return BackupView(known, "warn", "backup_none", tuple(more))
    values = [("made", told(known.made.at, zone)), ("file", known.made.file), *more]
    folder = work.services.settings.below_home(Path(rules.folder))
    if rules.folder and not folder.is_dir():
        return BackupView(known, "warn", "backup_folder_gone", (*values, ("folder", str(folder))))
    if now - known.made.at > timedelta(days=rules.late_days):
        return BackupView(known, "warn", "backup_late", tuple(values))
    if known.checked is not None and known.checked.fault:
        failed = [("checked", told(known.checked.at, zone)), ("file", known.checked.file)]
        return BackupView(known, "warn", "backup_check_failed", (*failed, *more))
    return _of_check(work, known, values)


def _of_check(work: Work, known: Backups, values: list[tuple[str, str]]) -> BackupView:
    """Return what is to be said of the last check, and of the keys."""
    rules, zone = work.services.settings.backup, work.services.settings.team.time_zone
    if known.whole is None:
        return BackupView(known, "warn", "backup_unchecked", tuple(values))
    whole = _days(known.whole.made_at, known.whole.at, zone)
    values = [*values, *whole]
    if work.now - known.whole.made_at > timedelta(days=rules.unchecked_days):
        return BackupView(known, "warn", "backup_check_late", tuple(values))
    if known.keys_at is None:
        return BackupView(known, "warn", "backup_no_keys", tuple(values))
    rotated = token_keys.rotated_at(work.tx)
    if rotated is not None and rotated > known.keys_at:
        newer = [*values, ("rotated", told(rotated, zone))]
        return BackupView(known, "warn", "backup_keys_old", tuple(newer))
    return BackupView(known, "good", "backup_fine", tuple(values))


def _days(made_at: datetime, at: datetime, zone: str) -> list[tuple[str, str]]:
    return [("whole", told(made_at, zone)), ("checked", told(at, zone))]
