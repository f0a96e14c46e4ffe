"""Staff make the embedded authority, or let a new one take its place."""

from pipeline import logs
from pipeline.certificates.issuers.choose import OF_AUTHORITY
from pipeline.durable import locked
from pipeline.errors import RefusedError
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work, state
from pipeline.flow.services.signings import note_begun, note_done
from pipeline.flow.staff.command import list_revoked
from pipeline.store.staff_records import Signed


def note_made(services: Services, who: str) -> str:
    """Note who made the authority that is there now; return its fingerprint."""
    fingerprint = services.authority.fingerprint

    def note(work: Work) -> None:
        state.remember_authority(work.tx, fingerprint)
        note_done(work, Signed.AUTHORITY, fingerprint, authority=fingerprint, actor=who)

    services.run(note)
    return fingerprint


def rotate(services: Services, who: str) -> str:
    """Let a new authority sign from now on, and return its fingerprint.

    The old one is kept: what it signed stays valid, and its revocations are still listed. A draft
    that was prepared for it is made anew by the next batch. Lists that cannot be signed are told to
    staff: ``lists_are_behind`` of ``services`` stays set. Raises RefusedError
    ``authority_not_in_force`` with another issuer, and what opening the authority raises.
    """
    from pipeline.certificates.authority import Authority  # noqa: PLC0415 - slow to import

    if not services.issuer.uses_authority:
        raise RefusedError("authority_not_in_force", issuer=services.issuer.issuer.value)
    settings = services.settings.certificates
    with locked(state.lock_of(services.settings)):
        services.read_keys_again()
        old = services.authority.fingerprint
        services.run(lambda work: note_begun(work, Signed.AUTHORITY, old, actor=who))
        made = Authority.rotate(
            state.authority_folder(services.settings),
            passphrase=settings.passphrase.read(),
            name=settings.authority_name,
            arc=settings.private_enterprise_arc,
            now=services.clock.now(),
        ).fingerprint
        services.read_keys_again()

        def note(work: Work) -> None:
            state.remember_authority(work.tx, made)
            note_done(work, Signed.AUTHORITY, made, authority=old, actor=who)
            alert(work, "authority_rotated", "", who)

        services.run(note)
    logs.event("flow.authority", "rotated", by=who)
    with services.store.read() as tx:
        signed = tx.certificates.any_of(OF_AUTHORITY)
    if signed:
        services.lists_are_behind = not list_revoked(services, anew=True)
    return made
