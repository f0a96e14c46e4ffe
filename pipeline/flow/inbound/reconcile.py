"""Set what the server has against what the ledger says, mail by mail; mend what is beyond doubt.

No body is downloaded: UIDs, sizes and Message-IDs are enough. A mail that was not moved is known by
its UID, the others by Message-ID, since a move gives a new UID (RFC 6851, section 4.3). A mail
without a Message-ID is known by its size in the folder where it belongs.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pipeline import logs
from pipeline.flow.connections import open_mailbox
from pipeline.flow.inbound.move import Moves, move_processed
from pipeline.flow.services import Services, Work
from pipeline.flow.views.reconcile import (
    Difference,
    DifferentMail,
    FolderStock,
    Reconciliation,
)
from pipeline.mailbox.protocol import Mailbox, StoredMail
from pipeline.store.records import MessageRecord
from pipeline.terms import Outcome

_PORTION = 1000


def reconcile(services: Services, *, mend: bool = False) -> Reconciliation:
    """Return how server and ledger differ; with ``mend`` after what is safe was put right.

    Safe is to move what waits to be moved, and to move again what came back to where it came in.
    Raises what the mailbox raises.
    """
    with open_mailbox(services, only_looking=not mend) as mailbox:
        found = _compared(services, mailbox)
        if not mend:
            return found
        back = [
            mail.message for mail in found.differences if mail.difference is Difference.CAME_BACK
        ]
        put_back = services.run(lambda work: _put_back(work, back))
        moves = Moves()
        try:
            move_processed(services, mailbox, moves)
        finally:
            logs.event("flow.reconcile", "mended", put_back=put_back, moved=moves.moved)
        return replace(_compared(services, mailbox), put_back=put_back, moved=moves.moved)


def _put_back(work: Work, rows: list[str]) -> int:
    """Let the mails of ``rows`` be moved again."""
    changed = 0
    for row_id in rows:
        row = work.tx.messages.get(row_id)
        if row is not None and row.moved_at is not None and row.move_to:
            work.tx.messages.save(replace(row, moved_at=None))
            changed += 1
    return changed


@dataclass
class _Folder:
    """What stands in a folder and was not found in the ledger so far."""

    name: str
    there: bool = False
    uidvalidity: int = 0
    by_uid: dict[int, StoredMail] = field(default_factory=dict)
    by_id: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    by_size: dict[int, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    on_server: int = 0
    expected: int = 0
    agreed: int = 0

    def take(self, uid: int) -> StoredMail | None:
        """Return the mail with this UID, once; None when there is none or it was taken."""
        return self.by_uid.pop(uid, None)

    def take_one(self, uids: deque[int]) -> StoredMail | None:
        """Return one of ``uids`` that was not taken yet."""
        while uids:
            mail = self.take(uids.popleft())
            if mail is not None:
                return mail
        return None


class _Stock:
    """The folders of ours, each listed when it is first asked for."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self.folders: dict[str, _Folder] = {}

    def folder(self, name: str) -> _Folder:
        if name not in self.folders:
            self.folders[name] = self._listed(name)
        return self.folders[name]

    def _listed(self, name: str) -> _Folder:
        folder = _Folder(name)
        contents = self._mailbox.contents(name)
        if contents is None:
            return folder
        folder.there, folder.uidvalidity = True, contents.uidvalidity
        folder.on_server = len(contents.mails)
        for mail in sorted(contents.mails, key=lambda mail: mail.uid):
            folder.by_uid[mail.uid] = mail
            if mail.message_id:
                folder.by_id[mail.message_id].append(mail.uid)
            folder.by_size[mail.size].append(mail.uid)
        return folder


def _compared(services: Services, mailbox: Mailbox) -> Reconciliation:
    settings = services.settings
    stock = _Stock(mailbox)
    inbox = stock.folder(settings.mailbox.folder)
    for outcome in Outcome:
        stock.folder(settings.folders.of(outcome))
    found: list[DifferentMail] = []
    strays: list[MessageRecord] = []
    for row in _rows(services, mailbox.account):
        told = _settled(stock, inbox, row)
        if told is None:
            strays.append(row)
        else:
            found += told
    # only now: what stands elsewhere may be the very mail of another row
    found += [_astray(stock, inbox, row) for row in strays]
    for folder in stock.folders.values():
        kind = Difference.NOT_FETCHED if folder is inbox else Difference.NOT_IN_LEDGER
        found += [
            DifferentMail(kind, folder.name, mail.uid, "", "", mail.message_id)
            for mail in folder.by_uid.values()
        ]
    folders = tuple(
        FolderStock(one.name, one.there, one.on_server, one.expected, one.agreed)
        for one in stock.folders.values()
    )
    return Reconciliation(folders, tuple(found))


def _rows(services: Services, account: str) -> Iterator[MessageRecord]:
    """Yield the rows whose mails are on the server, the oldest first."""
    after = ""
    while True:
        with services.store.read() as tx:
            rows = tx.messages.of_account(account, after, _PORTION)
        if not rows:
            return
        yield from rows
        after = rows[-1].id


def _settled(stock: _Stock, inbox: _Folder, row: MessageRecord) -> list[DifferentMail] | None:
    """Find the mail of ``row`` at its number, in its folder, or where it waits to be moved from.

    Returns what is to be told of it, which may be nothing; None: it is not there.
    """
    home, moved = _home(stock, inbox, row), row.moved_at is not None
    home.expected += 1
    mail = _at_its_number(inbox, row)
    if mail is not None and home is not inbox:
        kind = Difference.CAME_BACK if moved else Difference.NOT_MOVED
        return [DifferentMail(kind, inbox.name, mail.uid, home.name, row.id, mail.message_id)]
    if mail is None and home is not inbox:
        mail = _found(home, row)
    if mail is not None:
        home.agreed += 1
        return []
    if row.stands_in and not moved:
        mail = _found(stock.folder(row.stands_in), row)
        if mail is not None:
            kind = Difference.NOT_MOVED
            return [DifferentMail(kind, row.stands_in, mail.uid, home.name, row.id, row.message_id)]
    return None


def _home(stock: _Stock, inbox: _Folder, row: MessageRecord) -> _Folder:
    """Return the folder where the mail of ``row`` has to be once all moves are done."""
    # one without a Message-ID is not found in the quarantine, and stays there
    stays = row.stands_in and not row.message_id
    if row.move_to and not stays:
        return stock.folder(row.move_to)
    return stock.folder(row.stands_in) if row.stands_in else inbox


def _at_its_number(inbox: _Folder, row: MessageRecord) -> StoredMail | None:
    place = row.place
    here = (place.folder, place.uidvalidity) == (inbox.name, inbox.uidvalidity)
    return inbox.take(place.uid) if here else None


def _found(folder: _Folder, row: MessageRecord) -> StoredMail | None:
    """Return the mail of ``row`` in ``folder``: by its Message-ID, or by its size without one."""
    if row.message_id:
        return folder.take_one(folder.by_id.get(row.message_id, deque()))
    return folder.take_one(folder.by_size.get(row.size, deque()))


def _astray(stock: _Stock, inbox: _Folder, row: MessageRecord) -> DifferentMail:
    """Return where else the mail of ``row`` stands, if anywhere."""
    home = _home(stock, inbox, row)
    renumbered = row.place.folder == inbox.name and row.place.uidvalidity != inbox.uidvalidity
    if renumbered and (mail := _found(inbox, row)) is not None:
        anew = Difference.NUMBERED_ANEW
        return DifferentMail(anew, inbox.name, mail.uid, home.name, row.id, mail.message_id)
    for folder in stock.folders.values() if row.message_id else ():
        if (mail := _found(folder, row)) is not None:
            other = Difference.ELSEWHERE
            return DifferentMail(other, folder.name, mail.uid, home.name, row.id, row.message_id)
    return DifferentMail(Difference.MISSING, "", 0, home.name, row.id, row.message_id)
