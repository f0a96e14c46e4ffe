"""Looking for one mail by its Message-ID, in one folder or in all."""

from imaplib import IMAP4
from typing import TYPE_CHECKING

from pipeline.mailbox.imap.connection import lost, passes

if TYPE_CHECKING:
    from imapclient import IMAPClient

#: Names that are no folders (RFC 9051, 7.3.1).
_NO_FOLDER = frozenset({rb"\noselect", rb"\nonexistent"})


def selected_holds(client: "IMAPClient", message_id: str) -> bool:
    """Return whether the folder that is selected has a mail with this Message-ID."""
    return bool(client.search(["HEADER", "Message-ID", message_id]))


def other_holds(client: "IMAPClient", message_id: str) -> bool:
    """Return whether any folder that the server lists has a mail with this Message-ID.

    A folder that is closed to us is passed over: some are shared with us in part. One that cannot
    be opened now leaves the question open: its error is raised when no other has the mail.
    """
    failure: IMAP4.error | None = None
    for flags, _, name in client.list_folders():
        if not _NO_FOLDER.isdisjoint(flag.lower() for flag in flags):
            continue
        try:
            client.select_folder(str(name), readonly=True)
        except IMAP4.error as error:
            if lost(error):
                raise
            failure = error if passes(error) else failure
            continue
        if selected_holds(client, message_id):
            return True
    if failure is not None:
        raise failure
    return False
