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
    """Return whether any folder that the server lists has a mail with this Message-ID."""
    return any(
        _may_look(client, str(name)) and selected_holds(client, message_id)
        for flags, _, name in client.list_folders()
        if _NO_FOLDER.isdisjoint(flag.lower() for flag in flags)
    )


def _may_look(client: "IMAPClient", name: str) -> bool:
    """Open a folder if the server lets us: some may be shared with us in part."""
    try:
        client.select_folder(name, readonly=True)
    except IMAP4.error as error:
        if passes(error) or lost(error):
            raise
        return False
    return True
