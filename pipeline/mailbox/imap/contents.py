"""What stands in a folder of an IMAP server: sizes and Message-IDs, without the mails."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.errors import TryLaterError
from pipeline.mailbox.protocol import StoredMail
from pipeline.mailbox.words import message_id_of

FACTS = ("RFC822.SIZE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]")

_CHUNK = 1000
#: So often in a row a portion is halved until one mail is alone; more failures are the server's.
_HALVINGS = _CHUNK.bit_length() + 2

#: UIDs → the facts of each; mails that are gone are left out.
Ask = Callable[[Sequence[int]], Mapping[int, Mapping[bytes, Any]]]


def stored_mails(uids: Sequence[int], reach: Callable[[], None], ask: Ask) -> list[StoredMail]:
    """Return the mails with these ``uids`` in their order.

    A mail whose file the server cannot read makes it refuse all that are asked for at once, or
    hang up: they are halved until that one is alone. It is listed without size and id then.
    ``reach`` opens the folder, and raises when the server is down: no mail is to blame for that.
    """
    waiting = [uids[start : start + _CHUNK] for start in range(0, len(uids), _CHUNK)]
    found: list[StoredMail] = []
    failures = 0
    while waiting:
        some = waiting.pop()
        reach()
        try:
            found += [_stored(uid, facts) for uid, facts in ask(some).items()]
            failures = 0
        except TryLaterError:
            failures += 1
            if failures > _HALVINGS:
                raise
            half = len(some) // 2
            waiting += [some[:half], some[half:]] if half else []
            found += [] if half else [StoredMail(some[0], 0, "")]
    return sorted(found, key=lambda mail: mail.uid)


def _stored(uid: int, facts: Mapping[bytes, Any]) -> StoredMail:
    return StoredMail(uid, int(facts.get(b"RFC822.SIZE", 0)), message_id_of(_head_of(facts)))


def _head_of(facts: Mapping[bytes, Any]) -> bytes:
    """Return the header field that was asked for, however the server writes its name."""
    heads = (
        value
        for name, value in facts.items()
        if name.startswith(b"BODY[HEADER") and isinstance(value, bytes)
    )
    return next(heads, b"")


def validity_of(selected: dict[bytes, object]) -> int:
    """Return the UIDVALIDITY of a folder that was selected; OSError when there is none."""
    value = selected.get(b"UIDVALIDITY")
    if not isinstance(value, int):
        raise OSError("the server tells no UIDVALIDITY")
    return value


def as_text(value: bytes | str | None) -> str:
    """Return a separator of folder levels as text; empty when there is none."""
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value or ""
