"""Moving mails on an IMAP server: many at a time, or one by one where the server refuses them.

MOVE (RFC 6851) leaves a mail in one folder, whatever happens. Without it a mail is copied, marked
and expunged (RFC 4315); when the line breaks in between, the copy is found again by its Message-ID,
size and time, so that no mail stands twice in its folder.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from imaplib import IMAP4
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.mailbox.imap.connection import ImapAccess, lost, told_as, words
from pipeline.mailbox.imap.response_codes import Blame, blame_of, lacks_goal

if TYPE_CHECKING:
    from imapclient import IMAPClient

_ID = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
_MARKS = ("RFC822.SIZE", "INTERNALDATE", _ID)
#: So many of the newest mails of a folder may be the copies of a move that was cut short.
_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Moving:
    """Moves out of the folder that is selected on ``client``.

    ``select`` selects that folder again; ``make`` returns the server's name of a folder, made when
    it is missing, and ``forget`` lets it look again.
    """

    client: "IMAPClient"
    access: ImapAccess
    select: Callable[[], object]
    make: Callable[[str], str]
    forget: Callable[[str], None]

    def move(self, uids: Sequence[int], target: str) -> dict[int, PipelineError]:
        """Move mails to ``target``; return those that the server refuses to move, with the error.

        Raises ConfigurationError when a right, a folder or the space keeps all of them from it,
        TryLaterError when the server says that it cannot now, and errors of the line.
        """
        try:
            self._made_and_moved(uids, target)
        except IMAP4.error as error:
            self._raise_if_not_the_mails(error, target)
            refused = {uids[0]: error} if len(uids) == 1 else {}
        else:
            return {}
        for uid in uids if len(uids) > 1 else ():
            try:
                self._made_and_moved([uid], target)
            except IMAP4.error as error:
                self._raise_if_not_the_mails(error, target)
                refused[uid] = error
        # some servers refuse a mail that is gone
        there = self._still_there(list(refused), ["UNDELETED"])
        told = {uid: self._told_as(refused[uid], target) for uid in there}
        if len(told) == len(uids):
            for cause in told.values():
                if isinstance(cause, ConfigurationError):
                    raise cause
        return told

    def delete(self, uids: Sequence[int]) -> None:
        """Delete mails for good.

        Without UIDPLUS (RFC 4315) EXPUNGE deletes all that are marked: when another program has
        marked some, ours stay marked beside them until that program expunges.
        """
        self.client.add_flags(uids, [rb"\Deleted"], silent=True)
        if self.client.has_capability("UIDPLUS"):
            self.client.uid_expunge(uids)
        elif set(self.client.search("DELETED")) <= set(uids):
            self.client.expunge()

    def _told_as(self, error: IMAP4.error, target: str) -> PipelineError:
        told = told_as(error, self.access, target)
        if isinstance(told, ConfigurationError):
            return told
        if self._may_not_insert(target):
            return ConfigurationError(
                "mailbox_no_right",
                account=self.access.account,
                folder=target,
                reason=words(error),
            )
        return TryLaterError(
            "mailbox_move_refused",
            account=self.access.account,
            folder=target,
            reason=words(error),
        )

    def _may_not_insert(self, target: str) -> bool:
        """Whether the access list closes the folder, which a refusal without a code leaves open.

        To put mails into a folder takes the right ``i`` (RFC 4314, section 4).
        """
        if not self.client.has_capability("ACL"):
            return False
        try:
            # imapclient has no method for it
            name = self.client._normalise_folder(self.make(target))
            said = self.client._command_and_check("myrights", name)
        except IMAP4.error as error:
            if lost(error):
                raise
            return False
        return b"i" not in said[-1].rpartition(b" ")[2]

    def _raise_if_not_the_mails(self, error: IMAP4.error, target: str) -> None:
        if lost(error):
            raise error
        if blame_of(words(error)) is Blame.NOBODY:
            raise told_as(error, self.access, target) from error

    def _made_and_moved(self, uids: Sequence[int], target: str) -> None:
        try:
            self._move(uids, self.make(target))
        except IMAP4.error as error:
            if lost(error) or not lacks_goal(words(error)):
                raise
            # somebody has deleted the folder since it was made
            self.forget(target)
            self._move(uids, self.make(target))

    def _move(self, uids: Sequence[int], name: str) -> None:
        among = ["UNDELETED"]
        if self.client.has_capability("MOVE"):
            self.client.move(uids, name)
        else:
            self._copy(uids, name)
            self.client.add_flags(uids, [rb"\Deleted"], silent=True)
            if self.client.has_capability("UIDPLUS"):
                self.client.uid_expunge(uids)
                among = []
        if left := self._still_there(uids, among):
            raise IMAP4.error(f"the server said OK and left {len(left)} mails where they were")

    def _copy(self, uids: Sequence[int], name: str) -> None:
        """Copy what an earlier move has not copied; the originals go only when copies are there."""
        marks = _marks(self.client.fetch(uids, _MARKS))
        found, count = self._look_into(name)
        rest = [uid for uid in uids if marks.get(uid, ()) not in found]
        if not rest:
            return
        self.client.copy(rest, name)
        found, now = self._look_into(name)
        marked = all(marks[uid] in found for uid in rest if uid in marks)
        if not marked or (now < count + len(rest) and not all(uid in marks for uid in rest)):
            raise IMAP4.error("the server said OK and copied nothing")

    def _look_into(self, name: str) -> tuple[set[tuple[object, ...]], int]:
        """Return the marks of the newest mails of a folder, and how many it holds."""
        self.client.select_folder(name, readonly=True)
        uids = sorted(self.client.search("ALL"))
        marks = _marks(self.client.fetch(uids[-_LOOKED_AT:], _MARKS))
        self.select()
        return set(marks.values()), len(uids)

    def _still_there(self, uids: Sequence[int], among: list[str]) -> list[int]:
        if not uids:
            return []
        wanted = ",".join(str(uid) for uid in uids)
        return sorted(set(self.client.search([*among, "UID", wanted])) & set(uids))


def _marks(facts: dict[int, dict[bytes, Any]]) -> dict[int, tuple[object, ...]]:
    """Return Message-ID, size and time of mails; one without a Message-ID has no mark."""
    marks: dict[int, tuple[object, ...]] = {}
    for uid, found in facts.items():
        message_id = b"".join((found.get(b"BODY[HEADER.FIELDS (MESSAGE-ID)]") or b"").split())
        if message_id:
            marks[uid] = (message_id, found.get(b"RFC822.SIZE"), found.get(b"INTERNALDATE"))
    return marks
