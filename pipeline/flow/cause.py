"""What caused a change, and what its mails may say beyond the request itself."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.model.form import FormKind
from pipeline.model.notice import MailFile, ProblemItem

if TYPE_CHECKING:
    from pipeline.flow.letter import Answer


@dataclass(frozen=True, slots=True)
class Cause:
    """Who or what caused a change.

    ``name`` is the staff member, or ``customer`` or ``system``. ``message_id`` is the mail that a
    notice answers (empty: we start it). ``message_row`` is that mail's row in the ledger.
    ``by_staff`` puts mails behind the undo window. ``gathered`` collects the answers to a message,
    because one message gets one mail.
    """

    name: str = "system"
    message_id: str = ""
    message_row: str = ""
    by_staff: bool = False
    gathered: "list[Answer] | None" = None


@dataclass(frozen=True, slots=True)
class Details:
    """What a notice says beyond the request: see ``NoticeFacts`` for the meaning of each.

    ``files`` take the place of the notice's own files, ``copies`` come beside them.
    """

    items: tuple[ProblemItem, ...] = ()
    notes: tuple[str, ...] = ()
    fine_answers: int = 0
    has_errors: bool = True
    changes: tuple[tuple[str, str, str], ...] = ()
    own_words: str = ""
    reason: str = ""
    refs: tuple[str, ...] = ()
    file_name: str = ""
    suggestion: FormKind | None = None
    files: tuple[MailFile, ...] = ()
    chat_link: str = ""
    copies: tuple[MailFile, ...] = ()
