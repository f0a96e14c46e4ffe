"""Checks of the servers that the settings name, and of the process that reads mail."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.flow.connections import open_courier, open_mailbox
from pipeline.flow.services import Services
from pipeline.flow.views.doctor.finding import Finding
from pipeline.flow.views.judges import Detected, detect, fault_of
from pipeline.guard import GuardStartError
from pipeline.guard.escape import ways_out
from pipeline.meta.client import open_graph
from pipeline.notifications.courier import DeliveryKind
from pipeline.notifications.smtp import SmtpCourier
from pipeline.notifications.token import make_token
from pipeline.notifications.token import reply_address as reply_address_of
from pipeline.store.figures.late import is_renumbered
from pipeline.tokens.keeper import TokenKeeper
from pipeline.wording.instants import told

_SHOWN = 100
#: Clocks that differ less need nothing; deadlines and slots of customers suffer from more.
_APART = timedelta(minutes=1)
_FAR_APART = timedelta(minutes=10)
_NONE = timedelta(0)
#: A reference that no request has: it has the length of all others.
_OF_NONE = "WA-00000000"


@dataclass(frozen=True, slots=True)
class _Mailbox:
    """What a look into the mailbox shows; ``newest`` is when the server got the newest mail."""

    account: str
    folders: int
    uidvalidity: int
    newest: datetime | None


class Servers:
    """What the checks of the servers see; the mailbox is looked into once for all of them."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._looked: _Mailbox | PipelineError | None = None

    def mailbox(self) -> _Mailbox:
        """Return what the mailbox shows. Raises what opening it raises."""
        if self._looked is None:
            try:
                self._looked = _look(self.services)
            except PipelineError as error:
                self._looked = error
        if isinstance(self._looked, PipelineError):
            raise self._looked
        return self._looked

    def seen(self) -> _Mailbox | None:
        """Return what a mailbox on a server shows; or None: another check tells why."""
        if self.services.settings.mailbox.kind != "imap":
            return None
        try:
            return self.mailbox()
        except PipelineError:
            return None


def _look(services: Services) -> _Mailbox:
    """Log in, and look into the folder that mail comes in: its name may be wrong."""
    with open_mailbox(services, only_looking=True) as box:
        folders = box.folders()
        validity, uids = box.list_new(_none_known)
        folder = services.settings.mailbox.folder
        found = box.fetch(folder, validity, uids[-1:], message_bytes=1).messages
    newest = next((mail.received_at for mail in found), None)
    return _Mailbox(box.account, len(folders), validity, newest)


def _none_known(_uidvalidity: int, _uids: Sequence[int]) -> set[int]:
    return set()


def token(on: Servers) -> Finding | None:
    """Ask for a token now, whatever is kept, so that a secret that has expired is found out."""
    services = on.services
    settings = services.settings
    if not (settings.mailbox_has_token() or settings.courier_has_token()):
        return None
    bearer = services.bearer
    if not isinstance(bearer, TokenKeeper):
        return Finding("token", "good", "token_ready")
    kept = bearer.fresh()
    source = (("source", bearer.source.kind), ("place", bearer.source.place))
    if kept.expires_at is None:
        return Finding("token", "good", "token_no_end", source)
    until = told(kept.expires_at, services.settings.team.time_zone)
    return Finding("token", "good", "token_until", (*source, ("until", until)))


def mailbox(on: Servers) -> Finding:
    """Check that the mailbox can be looked into."""
    return Finding("mailbox", "good", "mailbox_folders", (("count", str(on.mailbox().folders)),))


def numbering(on: Servers) -> Finding | None:
    """Check that the server numbers the mails as it did when they were fetched."""
    seen, store = on.seen(), on.services.token_store
    if seen is None or store is None:
        return None
    folder = on.services.settings.mailbox.folder
    with store.read() as tx:
        if not is_renumbered(tx, seen.account, folder, seen.uidvalidity):
            return Finding("numbering", "good")
    return Finding("numbering", "warn", "numbered_anew", (("folder", folder),))


def courier(on: Servers) -> Finding:
    """Log in where mail goes out; nothing is sent."""
    with open_courier(on.services) as (found, _):
        answer = found.check()
    if answer.kind is not DeliveryKind.SENT:
        raise answer.fault or ConfigurationError("courier_unusable", reason=answer.detail)
    if on.services.settings.courier.kind != "smtp":
        return Finding("courier", "good")
    return of_doubt(on.services.settings)


def of_doubt(settings: Settings) -> Finding:
    """Tell what becomes of a mail of which nobody knows whether it went out."""
    chosen = settings.courier
    archived = chosen.archive == "bcc" or bool(chosen.archive_folder)
    folder = ("folder", settings.copies_folder())
    if chosen.in_doubt == "resend":
        return Finding("courier", "warn", "doubt_resend")
    if chosen.in_doubt == "hold" or (chosen.in_doubt == "verify" and not archived):
        return Finding("courier", "good", "doubt_hold", (("setting", chosen.in_doubt),))
    if chosen.archive == "bcc":
        address = ("address", settings.mailbox.address)
        minutes = ("minutes", str(chosen.look_minutes))
        return Finding("courier", "good", "doubt_bcc", (address, folder, minutes))
    if not archived:
        return Finding("courier", "warn", "no_archive")
    if chosen.in_doubt == "verify":
        return Finding("courier", "good", "doubt_folder_hold", (folder,))
    return Finding("courier", "good", "doubt_folder", (folder,))


def reply_address(on: Servers) -> Finding | None:
    """Ask the server for mail out whether it takes mail to a reply address; nothing is sent."""
    services = on.services
    ours = services.settings.mailbox
    if ours.reply_address == "plain":
        return None
    made = make_token(services.token_key, _OF_NONE, ours.address)
    address = reply_address_of(ours.address, _OF_NONE, made, "plus")
    with open_courier(services) as (found, _):
        if not isinstance(found, SmtpCourier):
            return None
        answer = found.takes(ours.address, address)
    if answer.kind is DeliveryKind.FAILED:
        values = (("address", address), ("reason", answer.detail))
        return Finding("reply_address", "warn", "reply_address_refused", values)
    if answer.kind is not DeliveryKind.SENT:
        return None  # the check of mail out tells why
    return Finding("reply_address", "good", "reply_address_taken", (("address", address),))


def clock(on: Servers) -> Finding:
    """Hold the clock against what others wrote: the database, the mailbox, the last run.

    A mail that came in, or a run that ended, in our future shows that our clock is behind; whether
    it is ahead only a database on a server can tell.
    """
    for source, apart in _apart(on):
        if abs(apart) >= _APART:
            state = "bad" if abs(apart) >= _FAR_APART else "warn"
            values = (("source", source), ("seconds", str(round(abs(apart).total_seconds()))))
            word = "clock_behind" if apart > _NONE else "clock_ahead"
            return Finding("clock", state, word, values)
    return Finding("clock", "good")


def _apart(on: Servers) -> Iterator[tuple[str, timedelta]]:
    """Yield who has another time, and how far it is ahead of ours."""
    store, now = on.services.token_store, on.services.clock.now
    if store is not None:
        if (at := store.now()) is not None:
            yield store.where, at - now()
        with store.read() as tx:
            last = tx.memory.last_batch()
        if last is not None:
            yield "pipeline run", max(_NONE, last - now())
    seen = on.seen()
    if seen is not None and seen.newest is not None:
        yield on.services.settings.mailbox.host, max(_NONE, seen.newest - now())


def authserv(on: Servers) -> Finding:
    """Hold the settings that say who judges the senders against the mails in the mailbox."""
    services = on.services
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


def scanner(on: Servers) -> Finding | None:
    """Ask the scanner of incoming mail for its version."""
    services = on.services
    if not services.settings.scanner.address:
        return None
    version = services.scanner.check() if services.scanner is not None else ""
    return Finding("scanner", "good", "scanner_is", (("version", version[:_SHOWN]),))


def child(on: Servers) -> Finding:
    """Try from inside the process that reads mail to get out of it; the state is a trial."""
    services = on.services
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


def meta(settings: Settings) -> Finding | None:
    """List the numbers of the account: it takes token, permission and account to be right."""
    if not settings.asks_meta():
        return None
    with open_graph(settings.meta, SystemClock()) as graph:
        count = len(graph.numbers())
    values = (("count", str(count)), ("waba", settings.meta.waba_id))
    return Finding("meta", "good", "meta_is", values)
