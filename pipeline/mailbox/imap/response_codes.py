"""What a response code of an IMAP server blames, decided code by code.

The codes are those of RFC 5530, section 3, RFC 9051, section 7.1, RFC 3501, section 7.1, RFC 4469,
and the one that Gmail and Yahoo add (THROTTLED). A code that is not in the table says nothing about
who is to blame, nor does a refusal without a code.
"""

import re
from enum import StrEnum


class Blame(StrEnum):
    """Who has to change something before the command can succeed."""

    NOBODY = "nobody"  # it passes by itself
    LOGIN = "login"  # the user, the password or the token
    RIGHT = "right"  # the rights on a folder
    FULL = "full"  # the space of the mailbox
    FOLDER = "folder"  # the name or the place of a folder
    ADMINISTRATOR = "administrator"  # whoever runs the server
    MAIL = "mail"  # this one mail
    GONE = "gone"  # the mail is not there any more
    UNKNOWN = "unknown"


#: RFC 5530, in its order, then the others.
_BLAMES = {
    "UNAVAILABLE": Blame.NOBODY,
    "AUTHENTICATIONFAILED": Blame.LOGIN,
    "AUTHORIZATIONFAILED": Blame.LOGIN,
    "EXPIRED": Blame.LOGIN,
    "PRIVACYREQUIRED": Blame.LOGIN,
    "CONTACTADMIN": Blame.ADMINISTRATOR,
    "NOPERM": Blame.RIGHT,
    "INUSE": Blame.NOBODY,
    "EXPUNGEISSUED": Blame.GONE,
    "CORRUPTION": Blame.ADMINISTRATOR,
    # a fault of the server's or of ours, at one mail or at all: only other mails can tell
    "SERVERBUG": Blame.UNKNOWN,
    "CLIENTBUG": Blame.UNKNOWN,
    "CANNOT": Blame.FOLDER,
    "LIMIT": Blame.NOBODY,
    "OVERQUOTA": Blame.FULL,
    # someone else was first, which is as good
    "ALREADYEXISTS": Blame.UNKNOWN,
    "NONEXISTENT": Blame.FOLDER,
    # RFC 9051 and RFC 3501
    "ALERT": Blame.UNKNOWN,
    "BADCHARSET": Blame.UNKNOWN,
    "PARSE": Blame.MAIL,
    "READ-ONLY": Blame.RIGHT,
    "TRYCREATE": Blame.FOLDER,
    "UNKNOWN-CTE": Blame.MAIL,
    # RFC 4469
    "TOOBIG": Blame.MAIL,
    "THROTTLED": Blame.NOBODY,
}
#: Codes that a server gives when the goal of a COPY, MOVE or APPEND is not there.
_NO_GOAL = frozenset({"TRYCREATE", "NONEXISTENT"})
_CODE = re.compile(r"\[([A-Za-z][A-Za-z0-9-]*)[\] ]")
#: Servers that gave no code in the time before RFC 5530, and Gmail, say it in words.
_PASSES = re.compile(r"too many|try again|bandwidth limits", re.IGNORECASE)


def code_of(said: str) -> str:
    """Return the first response code that the table knows in what a server said, or ""."""
    codes = (found.upper() for found in _CODE.findall(said))
    return next((code for code in codes if code in _BLAMES), "")


def blame_of(said: str) -> Blame:
    """Return whom a refusal blames, by its code, or else by words that everybody uses."""
    code = code_of(said)
    if not code or _BLAMES[code] is Blame.UNKNOWN:
        return Blame.NOBODY if _PASSES.search(said) else Blame.UNKNOWN
    return _BLAMES[code]


def lacks_goal(said: str) -> bool:
    """Whether the folder that a mail was to go to is missing."""
    return code_of(said) in _NO_GOAL
