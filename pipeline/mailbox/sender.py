"""Who sent it, as far as the header fields prove it that our own mail servers wrote (RFC 8601).

Only Authentication-Results above our own first Received count: everything below it came with the
mail and may be forged.
"""

from pipeline.mailbox.authentication.domains import aligned
from pipeline.mailbox.authentication.policy import SenderPolicy
from pipeline.mailbox.authentication.signatures import parse_signatures
from pipeline.mailbox.authentication.suspicion import warnings_of
from pipeline.mailbox.authentication.verdict import Proof, prove
from pipeline.mailbox.authentication.zone import is_written_into, trusted_fields
from pipeline.model.message import InboundMessage, SenderJudgement, SenderVerdict

__all__ = ["SenderPolicy", "judge_sender"]


def judge_sender(
    message: InboundMessage, policy: SenderPolicy, signed_by: tuple[str, ...] | None = None
) -> SenderJudgement:
    """Return who sent ``message`` and how far that is proven.

    ``pass``: exactly one From address, and dmarc=pass of its domain or an aligned dkim=pass.
    ``fail``: dmarc=fail under a policy of quarantine or reject. ``unknown``: no trusted field, or
    no single well-formed From. ``none``: the rest, such as a field of ours that proves nothing.
    ``signed_by`` are the domains whose signatures we verified ourselves, or None where we did not
    look; it counts only where our servers say nothing.
    """
    addressed = any(sender.address for sender in message.senders)
    if len(message.header("From")) != 1 or len(message.senders) != 1 or not addressed:
        return _unknown("from_multiple" if addressed else "from_missing")
    if "from_malformed" in message.defects:
        return _unknown("from_malformed")
    sender = message.senders[0]
    proof = _proof(message, policy, sender.domain, signed_by)
    return SenderJudgement(
        proof.verdict,
        sender.address,
        sender.name,
        proof.reason,
        dmarc_failed=proof.dmarc_failed,
        spf_aligned=proof.spf_aligned,
        warnings=warnings_of(message, policy),
    )


def _unknown(reason: str) -> SenderJudgement:
    return SenderJudgement(SenderVerdict.UNKNOWN, "", "", reason)


def _proof(
    message: InboundMessage, policy: SenderPolicy, domain: str, signed_by: tuple[str, ...] | None
) -> Proof:
    if policy.trust == "gateway":
        return Proof(SenderVerdict.PASS, "gateway")
    fields = trusted_fields(message.headers, policy)
    if not fields and signed_by is not None:
        if any(aligned(signer, domain) for signer in signed_by):
            return Proof(SenderVerdict.PASS, "own_dkim")
        return Proof(SenderVerdict.NONE, "own_dkim_none")
    if not fields:
        return Proof(SenderVerdict.UNKNOWN, "no_trusted_header")
    carried = message.header("DKIM-Signature")
    signatures = parse_signatures(carried)
    proof = prove(fields, signatures, domain)
    unseen = "headers_cut" in message.defects or len(signatures) != len(carried)
    if unseen or is_written_into(message.headers, policy):
        return Proof(SenderVerdict.NONE, "results_tainted", proof.dmarc_failed)
    return proof
