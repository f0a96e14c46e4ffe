"""What can go wrong with Meta: one error with a reason, told apart by who can mend it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from pipeline.errors import ExitCode, PipelineError


class About(StrEnum):
    """Whose fault it is, which decides who else is concerned."""

    #: This number, link or code; all others go on.
    ITEM = "item"
    #: Meta or the way there; everything may pass by waiting, and no attempt counts.
    SERVER = "server"
    #: Token, permission, account or address; nothing passes until somebody changes it.
    SETTING = "setting"


class Reason(StrEnum):
    """Why a call failed; each has its sentences in ``templates/console``."""

    UNREACHABLE = "unreachable"
    SLOW = "slow"
    SERVER = "server"
    UNREADABLE = "unreadable"
    RATE_LIMITED = "rate_limited"
    TOKEN = "token"  # noqa: S105 - the name of a reason
    PERMISSION = "permission"
    WABA = "waba"
    ADDRESS = "address"
    TLS = "tls"
    BLOCKED = "blocked"
    NOT_FOUND = "not_found"
    IN_USE = "in_use"
    ALREADY_THERE = "already_there"
    NUMBERS_FULL = "numbers_full"
    CODE_NOT_SENT = "code_not_sent"
    CODE_WRONG = "code_wrong"
    NOT_VERIFIED = "not_verified"
    PIN_WRONG = "pin_wrong"
    PIN_BLOCKED = "pin_blocked"
    NAME_NOT_APPROVED = "name_not_approved"
    NO_CERTIFICATE = "no_certificate"
    REGISTRATION_LIMIT = "registration_limit"
    REGISTERING = "registering"
    DEREGISTERED_HALF = "deregistered_half"
    NOT_REGISTERED = "not_registered"
    REFUSED = "refused"


_EXIT = {
    About.ITEM: ExitCode.REFUSED,
    About.SERVER: ExitCode.TRY_LATER,
    About.SETTING: ExitCode.CONFIGURATION,
}


@dataclass(frozen=True, slots=True)
class Details:
    """What Meta said beside its words: its numbers, and how long it wants to be left alone."""

    graph_code: int | None = None
    subcode: int | None = None
    retry_after: timedelta | None = None


class MetaError(PipelineError):
    """A call to Meta failed.

    ``call`` is the method of :class:`pipeline.meta.api.Graph`, ``said`` what Meta answered (without
    our secrets). ``outcome_unknown``: the call was a write that may have happened; look before it
    is tried again.
    """

    def __init__(
        self,
        reason: Reason,
        *,
        call: str,
        about: About,
        said: str = "",
        details: Details | None = None,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(f"meta_{reason}", call=call, said=said)
        self.reason = reason
        self.call = call
        self.about = about
        self.details = details or Details()
        self.outcome_unknown = outcome_unknown
        self.exit_code = _EXIT[about]

    @property
    def graph_code(self) -> int | None:
        """The code of Meta's error."""
        return self.details.graph_code

    @property
    def subcode(self) -> int | None:
        """The subcode of Meta's error."""
        return self.details.subcode

    @property
    def retry_after(self) -> timedelta | None:
        """How long Meta wants to be left alone, when it said so or documents it."""
        return self.details.retry_after


def unreadable(call: str, said: str, *, written: bool = False) -> MetaError:
    """Return the error of an answer that is not what was asked for; ``written``: of a write."""
    return MetaError(
        Reason.UNREADABLE, call=call, about=About.SERVER, said=said, outcome_unknown=written
    )
