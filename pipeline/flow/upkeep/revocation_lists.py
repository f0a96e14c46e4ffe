"""The lists of revoked certificates: signed at each revocation and daily, kept to be printed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.certificates.issuers.choose import OF_AUTHORITY
from pipeline.errors import PipelineError
from pipeline.flow.services import Services, Work, state
from pipeline.flow.services.lists import KEPT_LISTS, KeptLists, kept_lists
from pipeline.flow.services.signings import note_begun, note_done, note_failed
from pipeline.store.records import CertificateRecord
from pipeline.store.staff_records import Signed
from pipeline.store.unit_of_work import Transaction

if TYPE_CHECKING:
    from pipeline.certificates.authority import Authority

#: So long a list is kept before it is signed anew, though nothing was revoked.
_DAILY = timedelta(days=1)
#: So long before a list a certificate on none may have ended: a transaction that was not over yet
#: when the list was read, on a host whose clock is behind.
_OVERLAP = timedelta(hours=1)
_TRIES = 3


def keep_lists_current(services: Services, *, anew: bool = False) -> bool:
    """Sign the lists when a certificate was revoked since, a day has passed, or ``anew``.

    So too when another authority signs than the one that signed them. Return whether it was done.
    Two workers at once leave the list of the later number. Raises what opening the authority
    raises; the next call tries again.
    """
    signed = False
    revoked_here, services.lists_are_behind = services.lists_are_behind, False
    for _ in range(_TRIES):
        with services.store.read() as tx:
            kept = kept_lists(tx)
            if not anew and not _is_due(services, tx, kept, revoked_here=revoked_here):
                break
            revoked = [row for row in tx.certificates.revoked(services.clock.now()) if _is_on(row)]
        signed = _sign(services, kept, revoked)
        if signed:
            break
    return signed


def _is_due(
    services: Services, tx: Transaction, kept: KeptLists | None, *, revoked_here: bool
) -> bool:
    """Tell whether lists are to be signed; an authority that never signed needs none.

    Where another issuer is in force and the key was taken away nothing can be signed: that is told
    once, of what this process itself has revoked.
    """
    now = services.clock.now()
    in_force = services.issuer.uses_authority
    can_sign = in_force or state.has_authority(services.settings)
    if not can_sign and not revoked_here:
        return False
    if can_sign:
        if kept is None:
            return tx.certificates.any_of(OF_AUTHORITY)
        if now - kept.at >= _DAILY or kept.signer not in {"", state.known_authority(tx)}:
            return True
    since = tx.certificates.revoked_since((min(kept.at, now) if kept else now) - _OVERLAP)
    listed = kept.listed if kept else frozenset[str]()
    return any(
        _is_on(row) and row.serial not in listed
        for row in since
        if row.expires_at is not None and row.expires_at > now
    )


def _is_on(row: CertificateRecord) -> bool:
    return row.issuer is OF_AUTHORITY and row.issued_at is not None and row.ended_at is not None


def _sign(services: Services, kept: KeptLists | None, revoked: list[CertificateRecord]) -> bool:
    """Sign and keep the lists; False when another worker kept newer ones meanwhile.

    Raises what opening an authority raises; a retired one that cannot be opened stops no list of
    the others.
    """
    from pipeline.certificates.crl import list_number  # noqa: PLC0415 - slow to import

    now = services.clock.now()
    number = list_number(now, kept.number if kept else 0)
    authority = services.authority
    subject, signer = str(number), authority.fingerprint
    note = {"authority": signer}
    services.run(lambda work: note_begun(work, Signed.REVOCATION_LIST, subject, **note))
    retired, fault = _retired(services)
    try:
        found = _lists((authority, *retired), revoked, now, number, shared=bool(retired or fault))
    except PipelineError as error:
        code = error.code
        services.run(lambda work: note_failed(work, Signed.REVOCATION_LIST, subject, code))
        raise
    since = now - _OVERLAP
    listed = [row.serial for row in revoked if row.ended_at is not None and row.ended_at >= since]

    def keep(work: Work) -> bool:
        before = kept_lists(work.tx, to_change=True)
        is_last = (before.number if before else 0) == (kept.number if kept else 0)
        if is_last:
            value = {"number": number, "at": now.isoformat(), "signer": signer}
            value |= {"lists": found, "listed": listed}
            work.tx.memory.put(KEPT_LISTS, value)  # type: ignore[arg-type]  # lists of texts are JSON
            state.remember_authority(work.tx, signer)
        note_done(work, Signed.REVOCATION_LIST, subject, **note)
        return is_last

    is_kept = services.run(keep)
    if fault is not None:
        raise fault
    return is_kept


def _retired(services: Services) -> "tuple[list[Authority], PipelineError | None]":
    """Return the retired authorities that can sign, and why another one cannot."""
    from pipeline.certificates.authority import Authority, retired_folders  # noqa: PLC0415 - slow

    certificates = services.settings.certificates
    found: list[Authority] = []
    fault: PipelineError | None = None
    for folder in retired_folders(state.authority_folder(services.settings)):
        try:
            opened = Authority.open(
                folder,
                passphrase=certificates.passphrase.read(),
                arc=certificates.private_enterprise_arc,
            )
        except PipelineError as error:
            fault = fault or error
        else:
            found.append(opened)
    return found, fault


def _lists(
    authorities: "Sequence[Authority]",
    revoked: Sequence[CertificateRecord],
    now: datetime,
    number: int,
    *,
    shared: bool,
) -> list[str]:
    """Return a list of each authority; ``shared``: not all of ``revoked`` are of the first."""
    from pipeline.certificates.crl import Revocation, is_issued_by, revocation_list  # noqa: PLC0415

    lists = []
    for authority in authorities:
        entries = [
            Revocation(row.serial, row.ended_at, row.end_reason)
            for row in revoked
            if row.ended_at is not None
            # whose text was erased is on all lists: another authority has no such serial number
            and (not shared or not row.text or is_issued_by(row.text, authority))
        ]
        lists.append(revocation_list(authority, entries, now, number))
    return lists
