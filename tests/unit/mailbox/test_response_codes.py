"""Each response code has one meaning, whatever stands around it."""

import pytest

from pipeline.mailbox.imap.response_codes import _BLAMES, Blame, blame_of, code_of, lacks_goal

#: RFC 5530, section 3, in its order.
RFC_5530 = [
    "UNAVAILABLE",
    "AUTHENTICATIONFAILED",
    "AUTHORIZATIONFAILED",
    "EXPIRED",
    "PRIVACYREQUIRED",
    "CONTACTADMIN",
    "NOPERM",
    "INUSE",
    "EXPUNGEISSUED",
    "CORRUPTION",
    "SERVERBUG",
    "CLIENTBUG",
    "CANNOT",
    "LIMIT",
    "OVERQUOTA",
    "ALREADYEXISTS",
    "NONEXISTENT",
]


def test_every_code_of_rfc_5530_is_decided() -> None:
    assert set(RFC_5530) <= _BLAMES.keys()


@pytest.mark.parametrize(
    ("said", "blame"),
    [
        ("NO [OVERQUOTA] Quota exceeded (mailbox for user is full)", Blame.FULL),
        ("move failed: [overquota] full", Blame.FULL),
        ("[NOPERM] Permission denied", Blame.RIGHT),
        ("[READ-ONLY] Mailbox is read-only", Blame.RIGHT),
        ("[TRYCREATE] Mailbox doesn't exist: Requests", Blame.FOLDER),
        ("[NONEXISTENT] Unknown Mailbox: Requests (Failure)", Blame.FOLDER),
        ("[CANNOT] Invalid mailbox name", Blame.FOLDER),
        ("[CORRUPTION] Cannot open mailbox", Blame.ADMINISTRATOR),
        ("[CONTACTADMIN] blocked", Blame.ADMINISTRATOR),
        ("[UNAVAILABLE] Temporary authentication failure.", Blame.NOBODY),
        ("[INUSE] Mailbox in use", Blame.NOBODY),
        ("[LIMIT] Too many", Blame.NOBODY),
        ("[THROTTLED] slow down", Blame.NOBODY),
        ("[ALERT] Account exceeded command or bandwidth limits. (Failure)", Blame.NOBODY),
        ("[ALERT] Too many simultaneous connections. (Failure)", Blame.NOBODY),
        ("[SERVERBUG] Internal error occurred. Refer to server log", Blame.UNKNOWN),
        ("[SERVERBUG] Internal error, try again", Blame.NOBODY),
        ("[EXPUNGEISSUED] some are gone", Blame.GONE),
        ("[TOOBIG] message is too large", Blame.MAIL),
        ("[AUTHENTICATIONFAILED] Authentication failed.", Blame.LOGIN),
        ("[EXPIRED] password", Blame.LOGIN),
        ("[X-UNHEARD-OF] what", Blame.UNKNOWN),
        ("Some messages could not be FETCHed (Failure)", Blame.UNKNOWN),
        ("", Blame.UNKNOWN),
    ],
)
def test_refusal_blames(said: str, blame: Blame) -> None:
    assert blame_of(said) is blame


def test_code_with_arguments_is_found_and_other_brackets_are_none() -> None:
    assert code_of("[BADCHARSET (UTF-8)] no") == "BADCHARSET"
    assert code_of("folder [Gmail]/Sent is [NONEXISTENT] today") == "NONEXISTENT"
    assert code_of("[2026-11-28 20:32:06]") == ""


def test_missing_goal_is_seen() -> None:
    assert lacks_goal("copy failed: [TRYCREATE] Mailbox doesn't exist")
    assert lacks_goal("[NONEXISTENT] unknown")
    assert not lacks_goal("[CANNOT] bad name")
