"""The lines about what the authority signs: one before each signing, one about what came of it."""

from pipeline.flow.services import Work
from pipeline.model.identifiers import new_id
from pipeline.store.staff_records import Signed, SigningPhase, SigningRecord


def note_begun(
    work: Work, what: Signed, subject: str, *, authority: str = "", actor: str = ""
) -> None:
    """Note that ``subject`` is about to be signed; commit it before the signing."""
    _note(work, SigningPhase.BEGUN, what, subject, authority=authority, actor=actor)


def note_done(
    work: Work, what: Signed, subject: str, *, authority: str = "", actor: str = ""
) -> None:
    """Note that ``subject`` was signed."""
    _note(work, SigningPhase.DONE, what, subject, authority=authority, actor=actor)


def note_failed(work: Work, what: Signed, subject: str, error: str, *, actor: str = "") -> None:
    """Note that ``subject`` was not signed, and the code of why."""
    _note(work, SigningPhase.FAILED, what, subject, error=error, actor=actor)


def _note(work: Work, phase: SigningPhase, what: Signed, subject: str, **more: str) -> None:
    record = SigningRecord(new_id(), work.now, phase, what, subject, **more)
    work.tx.signings.append(record)
