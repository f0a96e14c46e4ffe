"""Who sent it, as far as the header fields prove it that our own mail servers wrote (RFC 8601).

Only Authentication-Results above our own first Received count: everything below it came with the
mail and may be forged. "Our own first" is the border: hand-overs inside our own system (LMTP, local
delivery, a Received without a peer) stand above it and are passed over.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.model.message import InboundMessage, SenderJudgement, SenderVerdict

_MAX_FIELDS = 20
_CAP = 16_000
_COMMENT = re.compile(r"\(([^()]*)\)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)', re.DOTALL)
_RESULT = re.compile(r"\s*([A-Za-z][\w-]*)(?:\s*/\s*\d+)?\s*=\s*([A-Za-z][\w-]*)")
_PROPERTY = re.compile(r"(?<![\w.-])([A-Za-z][\w.-]*)\s*=\s*\"?([^\s\";]+)")
_POLICY = re.compile(r"\b(?:p|policy)\s*=\s*([A-Za-z]+)", re.IGNORECASE)
_SUBPOLICY = re.compile(r"\bsp\s*=\s*([A-Za-z]+)", re.IGNORECASE)
_BY = re.compile(r"\bby\s+([^\s;()]+)", re.IGNORECASE)
_FROM = re.compile(r"\s*from\s", re.IGNORECASE)
_LOCAL = re.compile(r"\bwith\s+(?:utf8)?(?:lmtp[sa]*|local)\b", re.IGNORECASE)
_STRICT = frozenset({"quarantine", "reject", "oreject", "quarantined"})
_MICROSOFT_BORDER = (".protection.outlook.com", ".protection.outlook.cn")
_WRITES_BELOW = frozenset({"mx.google.com"})
"""Providers that write their result right below their own Received, and remove forged ones."""


@dataclass(frozen=True, slots=True)
class SenderPolicy:
    """Which header fields are believed.

    ``authserv_ids`` are the names our servers sign their results with. ``dialect`` ``microsoft``:
    results without a name, as Microsoft 365 writes them. ``trust`` ``gateway``: the mailbox has no
    such fields because a gateway lets only proven mail through. ``inner_hops`` counts the SMTP
    relays of our own between the border and the mailbox.
    """

    authserv_ids: tuple[str, ...] = ()
    dialect: Literal["standard", "microsoft"] = "standard"
    trust: Literal["header", "gateway"] = "header"
    inner_hops: int = 0


@dataclass(frozen=True, slots=True)
class MethodResult:
    """One result of an Authentication-Results field, such as ``dkim=pass header.d=example.com``."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...]
    comment: str

    def value(self, name: str) -> str:
        """Return a property in lower case, or empty."""
        return dict(self.properties).get(name, "").lower()


@dataclass(frozen=True, slots=True)
class AuthservCount:
    """How many mails have results of ``authserv_id`` (empty: Microsoft's dialect) in our zone."""

    authserv_id: str
    dialect: Literal["standard", "microsoft"]
    count: int


def judge_sender(message: InboundMessage, policy: SenderPolicy) -> SenderJudgement:
    """Return who sent ``message`` and how far that is proven.

    ``pass``: exactly one From, and dmarc=pass or an aligned dkim=pass. ``fail``: dmarc=fail under a
    policy of quarantine or reject. ``unknown``: no trusted field, or no single well-formed From.
    ``none``: the rest. Whether DKIM covered only a part of the body (``l=``) is not told here.
    """
    addressed = any(sender.address for sender in message.senders)
    if len(message.header("From")) != 1 or len(message.senders) != 1 or not addressed:
        reason = "from_multiple" if addressed else "from_missing"
        return SenderJudgement(SenderVerdict.UNKNOWN, "", "", reason)
    sender = message.senders[0]
    if "from_malformed" in message.defects:
        return SenderJudgement(SenderVerdict.UNKNOWN, "", "", "from_malformed")
    if policy.trust == "gateway":
        return SenderJudgement(SenderVerdict.PASS, sender.address, sender.name, "gateway")
    results = [
        result
        for value in _trusted_fields(message.headers, policy)
        for result in parse_results(value)[1]
    ]
    verdict, reason = _verdict(results, sender.domain)
    return SenderJudgement(
        verdict,
        sender.address,
        sender.name,
        reason,
        dmarc_failed=reason in {"dmarc_fail", "dmarc_fail_no_policy"},
        spf_aligned=any(_is_aligned_spf(item, sender.domain) for item in results),
    )


def _verdict(results: Sequence[MethodResult], domain: str) -> tuple[SenderVerdict, str]:
    if not results:
        return SenderVerdict.UNKNOWN, "no_trusted_header"
    dmarc = [item for item in results if item.method == "dmarc" and _is_about(item, domain)]
    failed = [item for item in dmarc if item.result in {"fail", "quarantine", "reject"}]
    if any(_is_strict(item, domain) for item in failed):
        return SenderVerdict.FAIL, "dmarc_fail"
    if not failed and any(item.result == "pass" for item in dmarc):
        return SenderVerdict.PASS, "dmarc_pass"
    if any(_is_aligned_pass(item, domain) for item in results):
        return SenderVerdict.PASS, "dkim_aligned"
    return SenderVerdict.NONE, "dmarc_fail_no_policy" if failed else "not_proven"


def _is_about(result: MethodResult, domain: str) -> bool:
    """Whether a DMARC result speaks of the From domain that we read ourselves."""
    told = result.value("header.from").rpartition("@")[2].rstrip(".")
    return not told or aligned(told, domain)


def _is_strict(result: MethodResult, domain: str) -> bool:
    if result.result in {"quarantine", "reject"} or result.value("action") in _STRICT:
        return True
    told = result.value("header.from").rpartition("@")[2]
    below = bool(told) and domain != told and domain.endswith("." + told)
    found = _SUBPOLICY.search(result.comment) if below else None
    found = found or _POLICY.search(result.comment)
    word = found.group(1) if found else result.value("policy.published-domain-policy")
    return (word or result.value("policy.dmarc")).lower() in _STRICT


def _is_aligned_pass(result: MethodResult, domain: str) -> bool:
    if result.method != "dkim" or result.result != "pass":
        return False
    signer = result.value("header.d") or result.value("header.i").rpartition("@")[2]
    return aligned(signer, domain)


def _is_aligned_spf(result: MethodResult, domain: str) -> bool:
    if result.method != "spf" or result.result != "pass":
        return False
    return aligned(result.value("smtp.mailfrom").rpartition("@")[2], domain)


def aligned(signer: str, domain: str) -> bool:
    """Return whether two domains belong together: equal, or one below the other (relaxed).

    Without a list of public suffixes a name of one label (``com``) aligns with nothing.
    """
    one, other = signer.lower().strip(".@"), domain.lower().strip(".")
    if "." not in one or "." not in other:
        return False
    return one == other or one.endswith("." + other) or other.endswith("." + one)


def parse_results(value: str) -> tuple[str, tuple[MethodResult, ...]]:
    """Return the authserv-id (lower case; empty in Microsoft's dialect) and the results."""
    text = _QUOTED.sub(lambda hit: '"' + re.sub(r"[;()]", " ", hit.group(1)) + '"', value[:_CAP])
    pieces = _split_outside_comments(text)
    first = _COMMENT.sub(" ", pieces[0]) if pieces else ""
    authserv_id = "" if "=" in first else next(iter(first.split()), "").strip('"').lower()
    found = [_method(piece) for piece in (pieces[1:] if authserv_id else pieces)]
    return authserv_id, tuple(item for item in found if item)


def _split_outside_comments(text: str) -> list[str]:
    pieces, depth, start = [], 0, 0
    for index, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            depth = max(0, depth - 1)
        elif character == ";" and depth == 0:
            pieces.append(text[start:index])
            start = index + 1
    return [*pieces, text[start:]]


def _method(piece: str) -> MethodResult | None:
    comments: list[str] = []
    bare = piece
    for _ in range(5):  # comments nest
        comments += _COMMENT.findall(bare)
        shorter = _COMMENT.sub(" ", bare)
        if shorter == bare:
            break
        bare = shorter
    head = _RESULT.match(bare)
    if not head:
        return None
    properties = tuple((name.lower(), told) for name, told in _PROPERTY.findall(bare[head.end() :]))
    return MethodResult(
        head.group(1).lower(), head.group(2).lower(), properties, " ".join(comments)
    )


def _trusted_fields(headers: Sequence[tuple[str, str]], policy: SenderPolicy) -> Iterator[str]:
    ids = {name.lower() for name in policy.authserv_ids}
    microsoft = policy.dialect == "microsoft"
    for value, below in _fields_of_our_zone(headers, policy):
        authserv_id, _ = parse_results(value)
        if below and not (authserv_id in _WRITES_BELOW and authserv_id in ids):
            continue
        if authserv_id in ids or (microsoft and not authserv_id):
            yield value


def _fields_of_our_zone(
    headers: Sequence[tuple[str, str]], policy: SenderPolicy
) -> Iterator[tuple[str, bool]]:
    """Yield the results above our own first Received, then the first one right below it."""
    border = _border(headers, policy)
    above = [value for name, value in headers[:border] if name.lower() == _NAME][:_MAX_FIELDS]
    yield from ((value, False) for value in above)
    for name, value in headers[border + 1 :]:
        if name.lower() == "received":
            return
        if name.lower() == _NAME:
            yield value, True
            return


_NAME = "authentication-results"


def _border(headers: Sequence[tuple[str, str]], policy: SenderPolicy) -> int:
    """Return the index of our own first Received; the number of fields when there is none."""
    hops = [index for index, (name, _) in enumerate(headers) if name.lower() == "received"]
    if policy.dialect == "microsoft":
        for index in hops:
            by = _BY.search(headers[index][1])
            if by and by.group(1).lower().endswith(_MICROSOFT_BORDER):
                return index
    passed = 0
    for index in hops:
        value = headers[index][1]
        if _LOCAL.search(_COMMENT.sub(" ", value)) or not _FROM.match(value):
            continue
        if passed == policy.inner_hops:
            return index
        passed += 1
    return hops[0] if hops else len(headers)


def detect_authserv_ids(messages: Iterable[InboundMessage]) -> tuple[AuthservCount, ...]:
    """Return which authserv-ids the mails of a box carry in our zone, the most frequent first.

    For ``init``: the operator confirms the one that the own servers write.
    """
    counts: Counter[str] = Counter()
    for message in messages:
        found = set()
        for value, below in _fields_of_our_zone(message.headers, SenderPolicy()):
            authserv_id, results = parse_results(value)
            if results and (not below or authserv_id in _WRITES_BELOW):
                found.add(authserv_id)
        border = _fields_of_our_zone(message.headers, SenderPolicy(dialect="microsoft"))
        if any(not parse_results(value)[0] for value, below in border if not below):
            found.add("")
        counts.update(found)
    return tuple(
        AuthservCount(name, "standard" if name else "microsoft", count)
        for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    )
