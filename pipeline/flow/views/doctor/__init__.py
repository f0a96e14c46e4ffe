"""Checks of everything that a batch needs; each finding says how to fix what is wrong."""

import errno
import json
import os
import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from pipeline.clock import Clock, SystemClock
from pipeline.config import Settings
from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.flow.connections import open_courier, open_mailbox
from pipeline.flow.services import Services, open_services, open_trial, pause, token_keys
from pipeline.flow.services.soundness import check_blobs, check_sound
from pipeline.flow.services.state import open_store, trial, wants_authority
from pipeline.flow.views.asleep import Asleep, asleep
from pipeline.flow.views.backups import backup_view
from pipeline.flow.views.judges import Detected, detect, fault_of
from pipeline.forms.pdf.probe import probe_pdf
from pipeline.guard import GuardStartError
from pipeline.guard.escape import ways_out
from pipeline.mailbox.automatic import LOOKED_AT, common_list
from pipeline.meta.client import open_graph
from pipeline.notifications.courier import DeliveryKind
from pipeline.store.unit_of_work import Store
from pipeline.tokens.keeper import TokenKeeper
from pipeline.wording.instants import told

_OPEN_TO_OTHERS = 0o077
_NAMED = 5
_SHOWN = 100
#: Bytes that a batch may need at once, and those that a busy week may need.
_NO_ROOM = 50_000_000
_LITTLE_ROOM = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: ``state`` is ``good``, ``warn`` or ``bad``; the words are in the templates."""

    check: str
    state: str
    word: str = ""
    values: tuple[tuple[str, str], ...] = ()
    error: PipelineError | None = None


def examine(settings: Settings) -> list[Finding]:
    """Run all checks; one that fails does not stop the others, and none makes anything."""
    clock = SystemClock()
    findings = [_try("home", lambda: _home(settings)), *_state(settings)]
    with (
        _token_store(settings) as token_store,
        trial(settings) as thrown_away,
        open_trial(thrown_away, clock, token_store) as services,
    ):
        if settings.mailbox_has_token() or settings.courier_has_token():
            findings.append(_try("token", lambda: _token(services)))
        findings += [
            _try("mailbox", lambda: _mailbox(services)),
            _try("courier", lambda: _courier(services)),
            _try("authserv", lambda: _authserv(services)),
            _try("child", lambda: _child(services)),
        ]
        if settings.scanner.address:
            findings.append(_try("scanner", lambda: _scanner(services)))
    findings += [_try("pdf", _pdf), _issuer(settings)]
    if settings.asks_meta():
        findings.append(_try("meta", lambda: _meta(settings, clock)))
    findings.append(_alerts(settings))
    if settings.metrics.textfile:
        findings.append(_metrics(Path(settings.metrics.textfile)))
    return findings


def _state(settings: Settings) -> list[Finding]:
    """Check database and keys. The servers are checked beside a state that is thrown away."""
    try:
        with open_services(settings, SystemClock()) as services:
            checks = [
                _try("database", lambda: _database(services)),
                _try("token_key", lambda: _token_key(services)),
                _try("asleep", lambda: _asleep(services)),
                _try("sending", lambda: _sending(services)),
                _try("lists", lambda: _lists(services)),
                _try("backup", lambda: _backup(services)),
            ]
            if services.restored is not None:
                checks.append(_try("restored", lambda: _restored(services)))
            if wants_authority(settings):
                checks.append(_try("authority", lambda: _authority(services)))
            return checks
    except PipelineError as error:
        if error.code == "state_none":
            values = (("path", str(settings.home().absolute())),)
            return [Finding("database", "warn", "nothing_made_yet", values)]
        check = "authority" if error.code == "authority_missing" else "database"
        check = "token_key" if error.code == "token_key_missing" else check
        return [Finding(check, "bad", error=error)]


def _try(check: str, work: Callable[[], Finding]) -> Finding:
    try:
        return work()
    except PipelineError as error:
        return Finding(check, "bad", error=error)


def _home(settings: Settings) -> Finding:
    home = settings.home()
    if not home.is_dir():
        there = next(path for path in home.absolute().parents if path.exists())
        if not there.is_dir() or not os.access(there, os.W_OK):
            reason = os.strerror(errno.EACCES if there.is_dir() else errno.ENOTDIR)
            raise ConfigurationError("home_unusable", path=home.absolute(), reason=reason)
        return Finding("home", "good", "home_to_be", (("path", str(home.absolute())),))
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise ConfigurationError("home_not_writable", path=home, owner=_owner(home))
    open_to_others = [path for path in (home, *home.iterdir()) if _open_to_others(path)]
    if open_to_others:
        listed = " ".join(shlex.quote(str(path)) for path in open_to_others[:_NAMED])
        return Finding("home", "warn", "home_open", (("path", str(home)), ("paths", listed)))
    free = shutil.disk_usage(home).free
    if free < _LITTLE_ROOM:
        values = (("path", str(home)), ("megabytes", str(free // 1_000_000)))
        return Finding("home", "bad" if free < _NO_ROOM else "warn", "disk_full", values)
    return Finding("home", "good", "home_is", (("path", str(home)),))


def _open_to_others(path: Path) -> bool:
    return not path.is_symlink() and bool(path.stat().st_mode & _OPEN_TO_OTHERS)


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def _database(services: Services) -> Finding:
    check_sound(services.store)
    check_blobs(services.store)
    return Finding("database", "good")


def _backup(services: Services) -> Finding:
    with services.store.read() as tx:
        found = backup_view(services.work(tx))
    return Finding("backup", found.state, found.word, found.values)


def _restored(services: Services) -> Finding:
    """Tell that a state that was put back waits for somebody to compare it."""
    if (found := services.restored) is not None:
        made = told(found.made_at, services.settings.team.time_zone)
        raise ConfigurationError("restored_unsettled", made=made)
    return Finding("restored", "good")


def _token_key(services: Services) -> Finding:
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


def _asleep(services: Services) -> Finding:
    with services.store.read() as tx:
        found = asleep(services.work(tx))
    if not found.total:
        return Finding("asleep", "good")
    return Finding("asleep", "warn", "asleep_found", _counted(found))


def _sending(services: Services) -> Finding:
    with services.store.read() as tx:
        found = pause.refusals(tx)
    if found.paused_at is not None:
        count = len(found.mails)
        raise ConfigurationError("courier_paused", count=count, reason=found.answer)
    return Finding("sending", "good")


def _lists(services: Services) -> Finding:
    with services.store.read() as tx:
        name = common_list(tx.messages.recent_lists(LOOKED_AT))
    if not name:
        return Finding("lists", "good")
    return Finding("lists", "warn", "lists_one", (("name", name),))


def woken(counts: Asleep) -> Finding:
    """Return what ``doctor --mend`` has done."""
    return Finding("asleep", "good", "asleep_woken", _counted(counts))


def _counted(counts: Asleep) -> tuple[tuple[str, str], ...]:
    return tuple((item.name, str(getattr(counts, item.name))) for item in fields(counts))


def _authority(services: Services) -> Finding:
    values = (("fingerprint", services.authority.fingerprint),)
    return Finding("authority", "good", "authority_is", values)


@contextmanager
def _token_store(settings: Settings) -> Iterator[Store | None]:
    """Give the real database, if there is one: a replaced refresh token must not be lost."""
    try:
        store = open_store(settings, SystemClock(), make=False)
    except PipelineError:
        store = None  # the checks of the state tell why
    try:
        yield store
    finally:
        if store is not None:
            store.close()


def _token(services: Services) -> Finding:
    """Ask for a token now, whatever is kept, so that a secret that has expired is found out."""
    bearer = services.bearer
    if not isinstance(bearer, TokenKeeper):
        return Finding("token", "good", "token_ready")
    kept = bearer.fresh()
    source = (("source", bearer.source.kind), ("place", bearer.source.place))
    if kept.expires_at is None:
        return Finding("token", "good", "token_no_end", source)
    until = told(kept.expires_at, services.settings.team.time_zone)
    return Finding("token", "good", "token_until", (*source, ("until", until)))


def _mailbox(services: Services) -> Finding:
    with open_mailbox(services, only_looking=True) as mailbox:
        folders = mailbox.folders()
        # the folder that mail comes in is looked into: its name may be wrong
        mailbox.new_messages(_none_known, count=1)
    return Finding("mailbox", "good", "mailbox_folders", (("count", str(len(folders))),))


def _courier(services: Services) -> Finding:
    with open_courier(services) as (courier, _):
        answer = courier.check()
    if answer.kind is not DeliveryKind.SENT:
        raise answer.fault or ConfigurationError("courier_unusable", reason=answer.detail)
    if services.settings.courier.kind != "smtp":
        return Finding("courier", "good")
    return of_doubt(services.settings)


def of_doubt(settings: Settings) -> Finding:
    """Tell what becomes of a mail of which nobody knows whether it went out."""
    courier = settings.courier
    archived = courier.archive == "bcc" or bool(courier.archive_folder)
    folder = ("folder", settings.copies_folder())
    if courier.in_doubt == "resend":
        return Finding("courier", "warn", "doubt_resend")
    if courier.in_doubt == "hold" or (courier.in_doubt == "verify" and not archived):
        return Finding("courier", "good", "doubt_hold", (("setting", courier.in_doubt),))
    if courier.archive == "bcc":
        address = ("address", settings.mailbox.address)
        minutes = ("minutes", str(courier.look_minutes))
        return Finding("courier", "good", "doubt_bcc", (address, folder, minutes))
    if not archived:
        return Finding("courier", "warn", "no_archive")
    if courier.in_doubt == "verify":
        return Finding("courier", "good", "doubt_folder_hold", (folder,))
    return Finding("courier", "good", "doubt_folder", (folder,))


def _authserv(services: Services) -> Finding:
    sender = services.settings.sender
    if sender.trust == "gateway":
        return Finding("authserv", "warn", "trust_gateway")
    if sender.dkim == "check":
        _ = services.txt_record
    found = detect(services)
    fault = fault_of(sender, found)
    if not fault or (fault == "not_set" and sender.dkim == "check"):
        return Finding("authserv", "good")
    values = (
        ("set", ", ".join(sender.authserv_ids) or sender.dialect),
        ("found", _as_settings(found) or "-"),
        ("hops", str(sender.inner_hops)),
        ("needed", str(found.inner_hops)),
    )
    return Finding("authserv", "warn" if fault == "not_set" else "bad", f"authserv_{fault}", values)


def _as_settings(found: Detected) -> str:
    """Return what was detected as the lines that an operator would write."""
    return ", ".join(
        f"sender.{key} = {json.dumps(value)}" for key, value in found.settings().items()
    )


def _scanner(services: Services) -> Finding:
    version = services.scanner.check() if services.scanner is not None else ""
    return Finding("scanner", "good", "scanner_is", (("version", version[:_SHOWN]),))


def _child(services: Services) -> Finding:
    """Try from inside the process that reads mail to get out of it; the state is a trial."""
    bait = services.settings.home() / "bait"
    bait.touch(mode=0o600)
    try:
        possible = services.guard.call(ways_out, str(bait), os.getpid())
        locks = services.guard.locks()
    except GuardStartError as error:
        raise TryLaterError("reader_not_started", reason=error.detail) from error
    landlock = ("landlock", locks.landlock_reason or str(locks.landlock))
    values = (landlock, ("seccomp", locks.seccomp_reason))
    if locks.landlock and locks.seccomp:
        if possible:
            return Finding("child", "warn", "child_gets_out", (("ways", ", ".join(possible)),))
        return Finding("child", "good", "child_shut_in", values)
    if locks.landlock:
        return Finding("child", "warn", "child_without_seccomp", values)
    if locks.seccomp:
        return Finding("child", "warn", "child_without_landlock", values)
    return Finding("child", "warn", "child_open", values)


def _none_known(_uidvalidity: int, _uids: Sequence[int]) -> set[int]:
    return set()


def _pdf() -> Finding:
    found = probe_pdf()
    if not found.works:
        reason = f"{found.result.name.lower()} {found.detail}"
        return Finding("pdf", "warn", "pdf_missing", (("reason", reason),))
    return Finding("pdf", "good")


def _issuer(settings: Settings) -> Finding:
    return Finding("issuer", "good", f"issuer_{settings.certificates.issuer}")


def _meta(settings: Settings, clock: Clock) -> Finding:
    """List the numbers of the account: it takes token, permission and account to be right."""
    with open_graph(settings.meta, clock) as graph:
        count = len(graph.numbers())
    values = (("count", str(count)), ("waba", settings.meta.waba_id))
    return Finding("meta", "good", "meta_is", values)


def _alerts(settings: Settings) -> Finding:
    if not settings.team.alert_to:
        return Finding("alerts", "warn", "no_alert_address")
    return Finding("alerts", "good")


def _metrics(path: Path) -> Finding:
    """Look whether a run can write the file of the metrics; the folder is another program's."""
    folder = path.absolute().parent
    values = (("path", str(path)), ("folder", str(folder)))
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("metrics", "warn", "metrics_unwritable", values)
    return Finding("metrics", "good", "metrics_written", values)
