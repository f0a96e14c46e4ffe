"""Whether a person wrote it: automatic mail, lists, bounces and our own mail are never answered.

RFC 3834 (automatic responses), 3464 and 6522 (delivery reports), 2919 and 2369 (lists). A bounce is
believed only as far as it names a Message-ID that we issued.
"""

import re
from collections.abc import Callable, Iterator

from pipeline.model.message import Automation, InboundMessage, MessageKind

_ID = re.compile(r"<[^<>\s]{3,990}>")
_SCAN = 512 * 1024
_REPORT_TYPE = re.compile(r"report-type\s*=\s*\"?([\w-]+)", re.IGNORECASE)
_BOUNCER = re.compile(
    r"(?:mailer[-_.]?daemon|postmaster|mail[-_.]?daemon|mdaemon|mail[-_]?delivery|"
    r"mailerdaemon|mail-system|mail[-_.]delivery[-_.](?:sub)?system|microsoftexchange[0-9a-f]+|symantec_antivirus.*)\Z",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|failure|report|has failed|problem|error)|"
    r"mail delivery|returned mail|failure notice|delivery notification|non.?delivery|"
    r"message (?:could not be|not) delivered|unzustellbar|nicht zugestellt|"
    r"配信不能|配信できません|配達不能|送信できません|送信エラー|エラーメール|返送",
    re.IGNORECASE,
)
_AUTO_SUBJECT = re.compile(
    r"\s*(?:automatic reply|auto(?:matic)?[ -]?(?:response|reply)|autoreply|out of (?:the )?office|"
    r"abwesenheit(?:snotiz)?|automatische antwort|réponse automatique|respuesta automática|"
    r"自動応答|自動返信|自動送信|不在通知|不在のお知らせ|【自動返信】|【自動応答】|自动回复)",
    re.IGNORECASE,
)
_NO_REPLY = re.compile(r"(?:no|do[-_.]?not|don'?t)[-_.]?reply(?:[-_.+].*)?\Z", re.IGNORECASE)
_FINAL_4 = re.compile(r"^(?:status\s*:\s*4\.|action\s*:\s*delayed)", re.IGNORECASE | re.MULTILINE)
_FINAL_5 = re.compile(r"^(?:status\s*:\s*5\.|action\s*:\s*failed)", re.IGNORECASE | re.MULTILINE)
_LIST_FIELDS = ("List-Id", "List-Post", "List-Unsubscribe", "Mailing-List", "X-Mailing-List")
_AUTO_FIELDS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-AutoReply-From",
    "X-FC-MachineGenerated",
)


def classify(
    message: InboundMessage,
    own_addresses: frozenset[str],
    own_message_id: Callable[[str], bool],
) -> Automation:
    """Return whether a person wrote ``message``, why we think so, and which of our mails bounced.

    ``own_addresses`` are ours in lower case. ``own_message_id`` tells whether an id (with its angle
    brackets) was issued by us; it alone decides what bounced, so a forged bounce does nothing.
    """
    if reason := _bounce(message):
        ids = tuple(dict.fromkeys(i for i in _ids(message) if own_message_id(i)))
        return Automation(MessageKind.BOUNCE, reason, ids, permanent=_is_permanent(message))
    if any(sender.address.lower() in own_addresses for sender in message.senders):
        return Automation(MessageKind.OURS, "from_us")
    if message.message_id and own_message_id(message.message_id):
        return Automation(MessageKind.OURS, "our_message_id")
    if reason := _list(message):
        return Automation(MessageKind.LIST, reason)
    if reason := _automatic(message):
        return Automation(MessageKind.AUTOMATIC, reason)
    return Automation(MessageKind.HUMAN)


def _first(message: InboundMessage, name: str) -> str:
    return next(iter(message.header(name)), "").strip()


def _report_type(message: InboundMessage) -> str:
    value = _first(message, "Content-Type")
    if not value.lower().startswith("multipart/report"):
        return ""
    found = _REPORT_TYPE.search(value)
    return found.group(1).lower() if found else "unknown"


def _has_part(message: InboundMessage, *types: str) -> bool:
    return any(part.content_type in types for part in message.attachments)


def _is_null_sender(message: InboundMessage) -> bool:
    return any(value.strip() == "<>" for value in message.header("Return-Path"))


def _bounce(message: InboundMessage) -> str:
    report = _report_type(message)
    if report in {"feedback-report", "disposition-notification"}:
        return ""
    if report == "delivery-status" or _has_part(message, "message/delivery-status"):
        return "delivery_status"
    if message.header("X-Failed-Recipients"):
        return "failed_recipients"
    subject = bool(_BOUNCE_SUBJECT.search(message.subject))
    addressed = [sender for sender in message.senders if sender.address]
    shown = next(iter(message.senders), None)
    local = (shown.address.rpartition("@")[0] or shown.name) if shown else ""
    if _BOUNCER.match(local) and (subject or _is_null_sender(message) or report == "unknown"):
        return "bounce_sender"
    if subject and (_is_null_sender(message) or _has_part(message, "message/rfc822")):
        auto = _first(message, "Auto-Submitted").lower().startswith("auto-")
        if _is_null_sender(message) or auto:
            return "bounce_subject"
    return "bounce_no_from" if subject and not addressed else ""


def _is_permanent(message: InboundMessage) -> bool:
    """Whether the report speaks of a failure for good; a mere delay is not one."""
    report = message.report_text
    return bool(_FINAL_5.search(report)) or not _FINAL_4.search(report)


def _ids(message: InboundMessage) -> Iterator[str]:
    """Yield every id in angle brackets that the bounce shows anywhere."""
    yield from message.in_reply_to
    yield from message.references
    for _, value in message.headers:
        yield from _ID.findall(value)
    yield from _ID.findall(message.text[:_SCAN])
    yield from _ID.findall(message.report_text)


def _list(message: InboundMessage) -> str:
    for name in _LIST_FIELDS:
        if message.header(name):
            return name.lower().replace("-", "_")
    return "precedence_list" if _first(message, "Precedence").lower() == "list" else ""


def _automatic(message: InboundMessage) -> str:
    submitted = _first(message, "Auto-Submitted").partition(";")[0].strip().lower()
    checks = {
        "auto_submitted": submitted not in {"", "no"},
        "read_receipt": _report_type(message) == "disposition-notification",
        "feedback_report": _report_type(message) == "feedback-report",
        "precedence": _first(message, "Precedence").lower() in {"bulk", "junk", "auto_reply"},
        "autoreply_field": any(message.header(name) for name in _AUTO_FIELDS),
        "null_sender": _is_null_sender(message),
        "subject": bool(_AUTO_SUBJECT.match(message.subject)),
        "no_reply_address": bool(message.senders)
        and bool(_NO_REPLY.match(message.senders[0].address.rpartition("@")[0])),
    }
    return next((reason for reason, holds in checks.items() if holds), "")
