"""The signs that a program wrote a mail, as one table: what it shows, of what kind, how weighty.

RFC 3834 (automatic responses), 3464 and 6522 (reports), 8098 (receipts), 5965 (complaints), 2919
and 2369 (lists), 2142 and 5321 (names of the mail system). Words, names and fields that programs
use without a standard are data: ``words.toml``.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, cached_property, lru_cache

from pipeline.mailbox.automatic import subject_shape
from pipeline.mailbox.automatic.words import read_words
from pipeline.model.message import InboundMessage, MessageKind

_ID = re.compile(r"<[^<>\s]{3,990}>")
_SCAN = 512 * 1024
_REPORT_TYPE = re.compile(r"report-type\s{0,9}=\s{0,9}\"?([\w-]{1,40})", re.IGNORECASE)
_WORDS = re.compile(r"[^\W_]+")
_LONGEST_LOCAL = 320
_LONGEST_NAME = 80
#: Values of a field that say that it does not hold.
_NOT = frozenset({"", "no", "none", "false", "0", "off", "dont", "don't", "never"})
_LIST = frozenset({"list"})
_BULK = frozenset({"bulk", "junk", "auto_reply", "auto-reply", "autoreply"})
_PRECEDENCES = ("precedence", "x-precedence", "preference")
#: Names of the mail system that stand for nobody in an envelope.
_NOBODY = frozenset({"mailerdaemon", "doublebounce"})
#: The fields of lists, by the reason that staff see.
_LIST_FIELDS = {
    "list_id": ("list-id",),
    "list_post": ("list-post",),
    "list_unsubscribe": ("list-unsubscribe",),
    "mailing_list": (
        "list-help",
        "list-subscribe",
        "mailing-list",
        "x-mailing-list",
        "x-beenthere",
        "x-mailman-version",
    ),
}
#: Local parts of several words are told by their first ones together: ``mail-delivery-system``.
_ROLE_WORDS = 4


class Weight(IntEnum):
    """How much a sign says. From WEAK on, a program wrote the mail; three hints add up to it.

    CERTAIN: what only the mail system, or this programme, writes. STRONG: the sender says so, or
    is the mail system by name. WEAK: people's mail can look so, through a help desk or a list.
    """

    HINT = 1
    WEAK = 3
    STRONG = 6
    CERTAIN = 9


@dataclass(frozen=True)
class Evidence:
    """A message as the signs look at it; each look is made once.

    ``own_addresses`` are ours in lower case; ``own_message_id`` tells whether we issued an id.
    """

    message: InboundMessage
    own_addresses: frozenset[str]
    own_message_id: Callable[[str], bool]

    @cached_property
    def fields(self) -> Mapping[str, Sequence[str]]:
        """The raw values of the header fields by their names in lower case."""
        found: dict[str, list[str]] = {}
        for name, value in self.message.headers:
            found.setdefault(name.lower(), []).append(value)
        return found

    def header(self, name: str) -> Sequence[str]:
        """Return the raw values of the fields called ``name`` (in lower case), in their order."""
        return self.fields.get(name, ())

    def has(self, *names: str) -> bool:
        """Whether one of the fields is there with a value that does not say no."""
        fields = self.fields
        return any(
            value.strip().lower() not in _NOT
            for name in names
            if name in fields
            for value in fields[name]
        )

    def has_part(self, *types: str) -> bool:
        """Whether a part has one of the types."""
        return any(part.content_type in types for part in self.message.attachments)

    @cached_property
    def report_type(self) -> str:
        """The type of a report (RFC 6522, 3); ``unknown`` when it is not named, else empty."""
        value = next(iter(self.header("content-type")), "").strip()
        if not value.lower().startswith("multipart/report"):
            return ""
        found = _REPORT_TYPE.search(value)
        return found.group(1).lower() if found else "unknown"

    @cached_property
    def no_way_back(self) -> bool:
        """Whether the envelope sender is empty, or a name that counts as empty.

        Mail systems that cannot send from nobody use their own name (RFC 5321, 4.5.5).
        """
        values = [value.strip().strip("<>").strip().lower() for value in self.header("return-path")]
        return any(
            value in {"", "#@[]"} or _is_role(value.partition("@")[0], _NOBODY) for value in values
        )

    @cached_property
    def roles(self) -> frozenset[str]:
        """What the local parts of the senders say, or their names where they have no address."""
        found = frozenset[str]()
        for sender in self.message.senders:
            local = sender.address.rpartition("@")[0] or sender.name
            found |= _roles_of(local[:_LONGEST_LOCAL])
        return found

    @cached_property
    def from_daemon(self) -> bool:
        """Whether the mail system itself is the sender."""
        names = (sender.name for sender in self.message.senders if sender.name)
        return "daemon" in self.roles or any(
            subject_shape.fold(name[:_LONGEST_LOCAL]) in _roles()["daemon_names"] for name in names
        )

    @cached_property
    def returned_ids(self) -> tuple[str, ...]:
        """The ids of our own mails that the message shows anywhere."""
        return tuple(dict.fromkeys(found for found in self._ids() if self.own_message_id(found)))

    def _ids(self) -> Iterator[str]:
        yield from self.message.in_reply_to
        yield from self.message.references
        for _, value in self.message.headers:
            yield from _ID.findall(value)
        yield from _ID.findall(self.message.text[:_SCAN])
        yield from _ID.findall(self.message.report_text)

    @cached_property
    def says_automatic(self) -> bool:
        """Whether Auto-Submitted says anything but ``no`` (RFC 3834, 5); comments are no value."""
        values = (
            _without_comments(value).partition(";")[0].strip().strip('"').lower()
            for value in self.header("auto-submitted")
        )
        return any(value not in {"", "no"} for value in values)

    @cached_property
    def tells_failure(self) -> bool:
        """Whether the words of a failed delivery stand in the subject."""
        return subject_shape.tells_of_a_failure(self.message.subject)

    def precedence(self, wanted: frozenset[str]) -> bool:
        """Whether a field of precedence has one of the values."""
        return any(
            _without_comments(value).strip().lower() in wanted
            for name in _PRECEDENCES
            for value in self.header(name)
        )

    def from_help_desk(self) -> bool:
        """Whether a help desk carried the mail, a person's or its own."""
        return self.has(*_field_names()["help_desks"])

    def has_vendor_field(self) -> bool:
        """Whether a field says so that a program or its maker made up."""
        for name, values in self.fields.items():
            rows, itself = _told_by(name[:_LONGEST_NAME])
            if not (rows or itself):
                continue
            for value in (told.strip().lower() for told in values):
                says_no = value in _NOT
                if itself and not says_no:
                    return True
                if any(any(part in value for part in row) if row else not says_no for row in rows):
                    return True
        return False

    def is_ours(self, address: str) -> bool:
        """Whether an address is ours, with or without a token."""
        local, _, domain = address.lower().rpartition("@")
        return f"{local.partition('+')[0]}@{domain}" in self.own_addresses


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that programs do. ``name`` is the reason that staff see.

    ``fields`` are those without which it does not show; empty: any mail may show it.
    """

    name: str
    kind: MessageKind
    weight: Weight
    shows: Callable[[Evidence], bool]
    fields: Sequence[str] = ()


def _field_sign(name: str, kind: MessageKind, weight: Weight, fields: Sequence[str]) -> Sign:
    return Sign(name, kind, weight, lambda evidence: evidence.has(*fields), fields)


_K, _W = MessageKind, Weight

#: Of the weightiest signs that show, the first one says what the mail is.
SIGNS: tuple[Sign, ...] = (
    # reports
    Sign("delivery_status", _K.BOUNCE, _W.CERTAIN, lambda e: e.report_type == "delivery-status"),
    Sign(
        "read_receipt",
        _K.AUTOMATIC,
        _W.CERTAIN,
        lambda e: e.report_type == "disposition-notification",
    ),
    Sign("feedback_report", _K.AUTOMATIC, _W.CERTAIN, lambda e: e.report_type == "feedback-report"),
    # our own mail, by what only we can make
    Sign(
        "our_message_id",
        _K.OURS,
        _W.CERTAIN,
        lambda e: bool(e.message.message_id) and e.own_message_id(e.message.message_id),
    ),
    # a token of ours as the way back: our own mail, whatever was done to its sender and its id
    Sign(
        "reply_to_us",
        _K.OURS,
        _W.CERTAIN,
        lambda e: any("+" in to.address and e.is_ours(to.address) for to in e.message.reply_to),
    ),
    # what a mail system says of a delivery
    Sign(
        "delivery_status",
        _K.BOUNCE,
        _W.STRONG,
        lambda e: e.has_part("message/delivery-status", "message/global-delivery-status"),
    ),
    _field_sign("failed_recipients", _K.BOUNCE, _W.STRONG, ("x-failed-recipients",)),
    Sign(
        "bounce_sender",
        _K.BOUNCE,
        _W.STRONG,
        lambda e: (
            e.from_daemon
            and (e.tells_failure or e.no_way_back or bool(e.report_type) or bool(e.returned_ids))
        ),
    ),
    Sign(
        "bounce_subject",
        _K.BOUNCE,
        _W.STRONG,
        lambda e: (e.no_way_back or e.says_automatic) and e.tells_failure,
    ),
    Sign(
        "bounce_no_from",
        _K.BOUNCE,
        _W.STRONG,
        lambda e: not any(sender.address for sender in e.message.senders) and e.tells_failure,
    ),
    # who says of itself what it is
    Sign(
        "from_us",
        _K.OURS,
        _W.STRONG,
        lambda e: any(e.is_ours(sender.address) for sender in e.message.senders),
    ),
    Sign(
        "reply_to_us",
        _K.OURS,
        _W.STRONG,
        lambda e: any(e.is_ours(to.address) for to in e.message.reply_to),
    ),
    Sign("auto_submitted", _K.AUTOMATIC, _W.STRONG, lambda e: e.says_automatic),
    Sign("mail_system", _K.AUTOMATIC, _W.STRONG, lambda e: e.from_daemon),
    Sign("list_role", _K.LIST, _W.STRONG, lambda e: "list" in e.roles),
    Sign("responder", _K.AUTOMATIC, _W.STRONG, lambda e: "responder" in e.roles),
    # what people's mail can have as well
    *(_field_sign(name, _K.LIST, _W.WEAK, fields) for name, fields in _LIST_FIELDS.items()),
    Sign("precedence_list", _K.LIST, _W.WEAK, lambda e: e.precedence(_LIST), _PRECEDENCES),
    Sign("precedence", _K.AUTOMATIC, _W.WEAK, lambda e: e.precedence(_BULK), _PRECEDENCES),
    Sign("autoreply_field", _K.AUTOMATIC, _W.WEAK, Evidence.has_vendor_field),
    Sign("null_sender", _K.AUTOMATIC, _W.WEAK, lambda e: e.no_way_back),
    Sign(
        "failure_subject",
        _K.BOUNCE,
        _W.WEAK,
        lambda e: subject_shape.is_of_a_failure(e.message.subject),
    ),
    Sign(
        "subject",
        _K.AUTOMATIC,
        _W.WEAK,
        lambda e: subject_shape.is_of_a_program(e.message.subject),
    ),
    Sign("no_reply_address", _K.AUTOMATIC, _W.WEAK, lambda e: "refuses" in e.roles),
    # mail services and help desks put these on everything that they carry, people's mail too
    _field_sign("feedback_id", _K.LIST, _W.HINT, ("feedback-id",)),
    Sign("help_desk", _K.AUTOMATIC, _W.HINT, Evidence.from_help_desk),
)
_OF_ANY_MAIL = tuple(sign for sign in SIGNS if not sign.fields)
_TOLD_BY_FIELDS = frozenset(name for sign in SIGNS for name in sign.fields)


def signs_of(evidence: Evidence) -> list[Sign]:
    """Return the signs that a message shows, in the order of the table."""
    told = not _TOLD_BY_FIELDS.isdisjoint(evidence.fields)
    return [sign for sign in (SIGNS if told else _OF_ANY_MAIL) if sign.shows(evidence)]


@cache
def _roles() -> Mapping[str, frozenset[str]]:
    return subject_shape.folded(read_words()["roles"])


@cache
def _vendor_fields() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Return, by the name of each field, the words that its values have; of some any will do."""
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for row in read_words()["field"]:
        name = row["name"].lower()
        found[name] = (*found.get(name, ()), tuple(row.get("values", ())))
    return found


@cache
def _field_names() -> Mapping[str, tuple[str, ...]]:
    names = read_words()["field_names"]
    return {what: tuple(name.lower() for name in found) for what, found in names.items()}


@lru_cache(maxsize=1024)
def _told_by(name: str) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """Return what a field of this name (in lower case) has to hold, and if its name tells all."""
    return _vendor_fields().get(name, ()), _names_itself(name)


def _names_itself(name: str) -> bool:
    """Whether the name of a field, in lower case, says that the mail is automatic."""
    if not name.startswith("x-"):
        return False
    names, folded = _field_names(), subject_shape.fold(name)
    if any(wish in folded for wish in names["wishes"]):
        return False
    return any(part in folded for part in names["automatic"])


@lru_cache(maxsize=8)
def _words_of(local: str) -> tuple[str, ...]:
    return tuple(subject_shape.fold(word) for word in _WORDS.findall(local[:_LONGEST_LOCAL]))


def _joined(words: Sequence[str], start: int = 0) -> Iterator[str]:
    """Yield the first word from ``start`` on, the first two together, and so on."""
    for end in range(start + 1, min(start + _ROLE_WORDS, len(words)) + 1):
        yield "".join(words[start:end])


def _is_role(local: str, wanted: frozenset[str]) -> bool:
    return not wanted.isdisjoint(_joined(_words_of(local)))


@lru_cache(maxsize=512)
def _roles_of(local: str) -> frozenset[str]:
    """Return what a local part says its owner is: ``daemon``, ``list``, ``responder``, ``refuses``.

    The last: nobody reads replies to it.
    """
    told = {
        "daemon": _in_lists(local, "daemon"),
        "list": _is_of_a_list(local),
        "responder": _in_lists(local, "responder"),
        "refuses": _refuses(local),
    }
    return frozenset(role for role, holds in told.items() if holds)


def _in_lists(local: str, name: str) -> bool:
    """Whether a local part, without its tag, is one of the list; of daemons the first words do."""
    words = _words_of(local.partition("+")[0])
    if not words:
        return False
    names = _roles()
    if name == "daemon" and (
        words[0].startswith(_affixes("daemon_begins"))
        or not names["daemon_first"].isdisjoint(_joined(words))
        or (words[0] in {"bounce", "bounces"} and any(map(str.isdigit, local)))
    ):
        return True
    return "".join(words) in names[name]


def _is_of_a_list(local: str) -> bool:
    """Whether a local part is a list server's: ``majordomo``, ``owner-team``, ``team-bounces``."""
    plain = local.lower().partition("+")[0]
    beside = plain.startswith(_affixes("list_begins")) or plain.endswith(_affixes("list_ends"))
    return beside or _in_lists(local, "list_server")


@cache
def _affixes(name: str) -> tuple[str, ...]:
    """Return the beginnings or ends of local parts that stand in a list."""
    return tuple(read_words()["roles"][name])


def _refuses(local: str) -> bool:
    """Whether a local part says that nobody reads replies to it: ``no-reply+123``."""
    words = _words_of(local)
    known = _roles()["takes_no_replies"]
    return any(not known.isdisjoint(_joined(words, at)) for at in range(len(words)))


def _without_comments(value: str) -> str:
    """Return a field's value without its comments (RFC 5322, 3.2.2), which may be nested."""
    kept: list[str] = []
    depth = 0
    for char in value[:_SCAN]:
        depth += char == "("
        if not depth:
            kept.append(char)
        depth -= char == ")" and depth > 0
    return "".join(kept)
