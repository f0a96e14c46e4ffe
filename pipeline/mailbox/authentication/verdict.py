"""From the results of our servers to one verdict (RFC 7489, RFC 8601)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.mailbox.authentication.domains import (
    aligned,
    folded,
    is_at_or_below,
    organisational,
)
from pipeline.mailbox.authentication.results import AuthenticationResults, MethodResult
from pipeline.mailbox.authentication.signatures import Signature
from pipeline.model.message import SenderVerdict

_POLICY = re.compile(r"\b(?:p|policy)\s*=\s*([A-Za-z]{1,20})", re.IGNORECASE)
_SUBPOLICY = re.compile(r"\bsp\s*=\s*([A-Za-z]{1,20})", re.IGNORECASE)
_STRICT = frozenset({"quarantine", "reject", "oreject", "quarantined"})
_DMARC_FAILED = frozenset({"fail", "quarantine", "reject"})
_POLICY_PROPERTIES = ("action", "policy.published-domain-policy", "policy.dmarc")
_MAIL_FROM = ("smtp.mailfrom", "smtp.mail")


@dataclass(frozen=True, slots=True)
class Proof:
    """The verdict, why, whether DMARC failed for the From domain, and whether SPF is aligned."""

    verdict: SenderVerdict
    reason: str
    dmarc_failed: bool = False
    spf_aligned: bool = False


def prove(
    fields: Sequence[AuthenticationResults], signatures: Sequence[Signature], domain: str
) -> Proof:
    """Return what the ``fields`` of our servers prove of the From ``domain``.

    A field that is not sound proves nothing; that it speaks of a failure is kept in mind.
    """
    sound = [field for field in fields if field.sound]
    results = [item for field in sound for item in field.results]
    name = folded(domain)
    dmarc = [item for item in results if item.method == "dmarc" and _concerns(item, name)]
    failed = [item for item in dmarc if item.result in _DMARC_FAILED]
    anywhere = bool(failed) or any(field.failure for field in fields)
    spf = _spf_is_aligned(results, domain)
    if any(_is_strict(item, domain) for item in failed):
        return Proof(SenderVerdict.FAIL, "dmarc_fail", anywhere, spf)
    if anywhere:
        return Proof(SenderVerdict.NONE, "dmarc_fail_no_policy", anywhere, spf)
    named = [item for item in dmarc if _names(item, name)]
    told = [item for item in dmarc if item in named or not item.domain("header.from")]
    passed = any(item.result == "pass" for item in named)
    if passed and all(item.result == "pass" for item in told):
        return Proof(SenderVerdict.PASS, "dmarc_pass", spf_aligned=spf)
    if any(_signed(field, signatures, domain, results) for field in sound):
        return Proof(SenderVerdict.PASS, "dkim_aligned", spf_aligned=spf)
    reason = "not_proven" if len(sound) == len(fields) else "results_malformed"
    return Proof(SenderVerdict.NONE, reason, spf_aligned=spf)


def _concerns(result: MethodResult, name: str) -> bool:
    """Return whether a DMARC result may be about the domain ``name``, which is folded.

    It names the domain or one above it, whose policy holds for its sub-domains, or no domain.
    """
    told = result.domain("header.from")
    if not told:
        return True
    outer = folded(told)
    if not outer or not (name == outer or name.endswith("." + outer)):
        return False
    return bool(organisational(told))


def _names(result: MethodResult, name: str) -> bool:
    return bool(name) and folded(result.domain("header.from")) == name


def _is_strict(result: MethodResult, domain: str) -> bool:
    """Return whether a DMARC failure is one under a policy of quarantine or reject.

    A sub-domain is under ``sp`` where the policy is its parent's. Where that is not told, either
    counts.
    """
    if result.result in {"quarantine", "reject"}:
        return True
    if any(result.value(name) in _STRICT for name in _POLICY_PROPERTIES):
        return True
    policy, below = _POLICY.search(result.comment), _SUBPOLICY.search(result.comment)
    told = [found[1].lower() for found in (policy, below) if found]
    if below and policy:
        if result.domain("header.from") and not _names(result, folded(domain)):
            told = [below[1].lower()]
        elif folded(domain) == organisational(domain):
            told = [policy[1].lower()]
    return bool(_STRICT.intersection(told))


def _signed(
    field: AuthenticationResults,
    signatures: Sequence[Signature],
    domain: str,
    results: Sequence[MethodResult],
) -> bool:
    """Return whether a field tells of one verified signature that speaks for ``domain``.

    Other results of the same signing domain, in any field of ours, must not contradict it.
    """
    passed = [item for item in field.results if item.method == "dkim" and item.result == "pass"]
    if len(passed) > len(signatures):
        return False
    return any(
        aligned(_signer(item), domain)
        and _stands_in_mail(item, signatures)
        and all(
            other.result == "pass"
            for other in results
            if other.method == "dkim" and _signer(other) == _signer(item)
        )
        for item in passed
    )


def _signer(result: MethodResult) -> str:
    return folded(result.domain("header.d") or result.domain("header.i"))


def _stands_in_mail(result: MethodResult, signatures: Sequence[Signature]) -> bool:
    """Return whether the mail has a signature of the result's domain, and each of them is whole."""
    signer, agent = _signer(result), result.domain("header.i")
    found = [signature for signature in signatures if signature.domain == signer]
    return (
        bool(found)
        and all(signature.proves_from for signature in found)
        and (not agent or is_at_or_below(agent, signer))
    )


def _spf_is_aligned(results: Sequence[MethodResult], domain: str) -> bool:
    """Return whether SPF passed for an envelope sender of the From domain's organisation."""
    spf = [(_mail_from(item), item.result) for item in results if item.method == "spf"]
    if not spf:
        return False
    passed = {name for name, result in spf if name and result == "pass"}
    passed -= {name for name, result in spf if result != "pass"}
    return any(aligned(name, domain) for name in passed)


def _mail_from(result: MethodResult) -> str:
    return folded(next((told for name in _MAIL_FROM if (told := result.domain(name))), ""))
