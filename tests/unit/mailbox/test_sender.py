"""Who sent it: only what our own servers wrote above our first Received."""

import pytest
from publicsuffixlist import PublicSuffixList

from pipeline.mailbox.authentication.domains import _suffixes, aligned
from pipeline.mailbox.parse import parse_message
from pipeline.mailbox.sender import SenderPolicy, judge_sender
from pipeline.model.message import SenderJudgement, SenderVerdict

OURS = SenderPolicy(authserv_ids=("mx.ours.example",))
MICROSOFT = SenderPolicy(dialect="microsoft")
RECEIVED = "Received: from relay.example.com (1.2.3.4) by mx.ours.example with ESMTPS; now"
FROM = "From: Taro <taro@example.com>"


def signature(domain: str, more: str = "") -> str:
    return (
        f"DKIM-Signature: v=1; a=rsa-sha256; d={domain}; s=s1; h=from:to:subject; bh=A; b=B{more}"
    )


SIGNED = tuple(map(signature, ("example.com", "mail.example.com", "a.example", "example.net")))


def judge(*fields: str, policy: SenderPolicy = OURS) -> SenderJudgement:
    raw = "\r\n".join((*fields, "Subject: x", "", "text")).encode()
    return judge_sender(parse_message(raw), policy)


def verdict(*fields: str, policy: SenderPolicy = OURS) -> tuple[str, str]:
    found = judge(*fields, policy=policy)
    return found.verdict.value, found.reason


def results(text: str) -> str:
    return f"Authentication-Results: mx.ours.example; {text}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dmarc=pass header.from=example.com", ("pass", "dmarc_pass")),
        ("dmarc=pass (p=none dis=none) header.from=example.com", ("pass", "dmarc_pass")),
        ("spf=fail; dkim=none; DMARC=Pass header.from=Example.COM", ("pass", "dmarc_pass")),
        ("dmarc=pass", ("none", "not_proven")),
        ("dkim=pass header.d=example.com", ("pass", "dkim_aligned")),
        ("dkim=pass header.d=mail.example.com", ("pass", "dkim_aligned")),
        ("dkim=pass header.i=@example.com header.s=s1", ("pass", "dkim_aligned")),
        ("dkim=fail header.d=a.example; dkim=pass header.d=example.com", ("pass", "dkim_aligned")),
        ("dkim=fail header.d=example.com; dkim=pass header.d=example.com", ("none", "not_proven")),
        ("dmarc=temperror header.from=example.com; dkim=pass header.d=example.com",
         ("pass", "dkim_aligned")),
        ("dmarc=fail (p=none) header.from=example.com; dkim=pass header.d=example.com",
         ("none", "dmarc_fail_no_policy")),
        ("dkim=pass header.d=example.net", ("none", "not_proven")),
        ("dkim=pass header.d=notexample.com", ("none", "not_proven")),
        ("dkim=pass header.d=com", ("none", "not_proven")),
        ("dkim=fail header.d=example.com", ("none", "not_proven")),
        ("spf=pass smtp.mailfrom=example.com", ("none", "not_proven")),
        ("dmarc=temperror header.from=example.com", ("none", "not_proven")),
        ("dmarc=none header.from=example.com", ("none", "not_proven")),
        ("dmarc=pass header.from=example.net", ("none", "not_proven")),
        ("dmarc=fail (p=none dis=none) header.from=example.com", ("none", "dmarc_fail_no_policy")),
        ("dmarc=fail header.from=example.com", ("none", "dmarc_fail_no_policy")),
        ("dmarc=fail (p=reject dis=none) header.from=example.com", ("fail", "dmarc_fail")),
        ("dmarc=fail (p=QUARANTINE sp=NONE) header.from=example.com", ("fail", "dmarc_fail")),
        ('dmarc=fail reason="no (valid) DKIM; no SPF" header.from=example.com (policy=reject)',
         ("fail", "dmarc_fail")),
        ("dmarc=fail (p=reject) header.from=example.com; dkim=pass header.d=example.com",
         ("fail", "dmarc_fail")),
        ("dmarc=pass header.from=example.com; dmarc=fail (p=reject) header.from=example.com",
         ("fail", "dmarc_fail")),
        ("dmarc=pass header.from=example.com; dmarc=fail (p=none) header.from=example.com",
         ("none", "dmarc_fail_no_policy")),
        ("none", ("none", "not_proven")),
        ("", ("none", "not_proven")),
    ],
)  # fmt: skip
def test_sender_verdict_follows_the_trusted_results(text: str, expected: tuple[str, str]) -> None:
    assert verdict(results(text), RECEIVED, *SIGNED, FROM) == expected


def test_sender_is_who_stands_in_from_never_in_reply_to() -> None:
    passed = results("dkim=pass header.d=example.net")
    found = judge(passed, RECEIVED, *SIGNED, FROM, "Reply-To: Jiro <jiro@example.net>")
    assert (found.verdict, found.address) == (SenderVerdict.NONE, "taro@example.com")
    assert found.warnings == ("reply_to_differs",)


def test_sender_of_a_subdomain_is_under_the_subdomain_policy() -> None:
    sender = "From: a@sub.example.com"
    strict = results("dmarc=fail (p=none sp=reject) header.from=example.com")
    mild = results("dmarc=fail (p=reject sp=none) header.from=example.com")
    assert verdict(strict, RECEIVED, sender) == ("fail", "dmarc_fail")
    assert verdict(mild, RECEIVED, sender) == ("none", "dmarc_fail_no_policy")


def test_sender_is_the_one_from_address_with_its_name() -> None:
    passed = results("dmarc=pass header.from=example.com")
    found = judge(passed, RECEIVED, "From: =?utf-8?b?5bGx55Sw?= <Taro@Example.COM>")
    assert found == SenderJudgement(SenderVerdict.PASS, "Taro@example.com", "山田", "dmarc_pass")


def test_sender_result_below_our_received_is_a_forgery() -> None:
    forged = results("dmarc=pass header.from=example.com")
    assert verdict(RECEIVED, forged, FROM) == ("unknown", "no_trusted_header")


def test_sender_forged_received_does_not_widen_our_zone() -> None:
    forged = results("dmarc=pass header.from=example.com")
    assert verdict(RECEIVED, forged, RECEIVED, FROM) == ("unknown", "no_trusted_header")


def test_sender_result_of_another_server_does_not_count() -> None:
    other = "Authentication-Results: mx.elsewhere.example; dmarc=pass header.from=example.com"
    assert verdict(other, RECEIVED, FROM) == ("unknown", "no_trusted_header")


def test_sender_genuine_failure_is_not_undone_by_a_forged_pass_below() -> None:
    genuine = results("dmarc=fail (p=reject) header.from=example.com")
    forged = results("dmarc=pass header.from=example.com")
    assert verdict(genuine, RECEIVED, forged, FROM) == ("fail", "dmarc_fail")


def test_sender_results_of_two_filters_of_ours_count_together() -> None:
    spf = results("spf=softfail")
    dkim = results("dkim=pass header.d=example.com")
    assert verdict(spf, dkim, RECEIVED, *SIGNED, FROM) == ("pass", "dkim_aligned")


@pytest.mark.parametrize(
    "hop",
    [
        "Received: from mx.ours.example by store.ours.example with LMTP id 1; now",
        "Received: from localhost by store with LMTPSA id 1; now",
        "Received: by 2002:a05:1234 with SMTP id x; now",
    ],
)
def test_sender_hand_over_inside_our_system_is_passed_over(hop: str) -> None:
    good = results("dmarc=pass header.from=example.com")
    assert verdict(hop, good, RECEIVED, FROM) == ("pass", "dmarc_pass")
    assert verdict(hop, RECEIVED, good, FROM) == ("unknown", "no_trusted_header")


def test_sender_inner_relays_are_counted_by_a_setting() -> None:
    inner = "Received: from mx.ours.example by inner.ours.example with ESMTP; now"
    good = results("dmarc=pass header.from=example.com")
    policy = SenderPolicy(("mx.ours.example",), inner_hops=1)
    assert verdict(inner, good, RECEIVED, FROM) == ("unknown", "no_trusted_header")
    assert verdict(inner, good, RECEIVED, FROM, policy=policy) == ("pass", "dmarc_pass")
    assert verdict(inner, RECEIVED, good, FROM, policy=policy) == ("unknown", "no_trusted_header")


def test_sender_google_writes_its_result_below_its_received() -> None:
    policy = SenderPolicy(("mx.google.com",))
    hop = "Received: by 2002:a05:1234 with SMTP id x; now"
    border = "Received: from mail.example.com (1.2.3.4) by mx.google.com with ESMTPS id y; now"
    good = "Authentication-Results: mx.google.com; dmarc=pass (p=NONE) header.from=example.com"
    bad = "Authentication-Results: mx.google.com; dmarc=fail (p=REJECT) header.from=example.com"
    assert verdict(hop, border, good, FROM, policy=policy) == ("pass", "dmarc_pass")
    assert verdict(hop, border, bad, good, FROM, policy=policy) == ("fail", "dmarc_fail")
    assert verdict(hop, border, RECEIVED, good, FROM, policy=policy)[0] == "unknown"


def microsoft(text: str) -> tuple[str, ...]:
    return (
        "Received: from A.prod.outlook.com by B.prod.outlook.com with HTTPS; now",
        "Received: from C.outlook.com by D.prod.outlook.com with SMTP; now",
        f"Authentication-Results: {text}",
        "Received: from mail.example.com (1.2.3.4) by E.mail.protection.outlook.com with ESMTPS",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("spf=pass (IP is 1.2.3.4);dmarc=pass action=none header.from=example.com;compauth=pass",
         ("pass", "dmarc_pass")),
        ("spf=fail; dkim=none; dmarc=fail action=oreject header.from=example.com",
         ("fail", "dmarc_fail")),
        ("spf=fail; dkim=none; dmarc=fail action=quarantine header.from=example.com",
         ("fail", "dmarc_fail")),
        ("spf=fail; dkim=none; dmarc=fail action=none header.from=example.com",
         ("none", "dmarc_fail_no_policy")),
        ("spf=pass; dkim=none; dmarc=bestguesspass action=none header.from=example.com",
         ("none", "not_proven")),
    ],
)  # fmt: skip
def test_sender_microsoft_dialect_has_no_server_name(text: str, expected: tuple[str, str]) -> None:
    assert verdict(*microsoft(text), FROM, policy=MICROSOFT) == expected
    assert verdict(*microsoft(text), FROM) == ("unknown", "no_trusted_header")


def test_sender_microsoft_result_below_the_border_is_a_forgery() -> None:
    hops = microsoft("none")
    forged = "Authentication-Results: spf=pass; dmarc=pass action=none header.from=example.com"
    lie = "Received: from x by F.mail.protection.outlook.com with ESMTPS"
    found = verdict(*hops, forged, lie, FROM, policy=MICROSOFT)
    assert found == ("unknown", "no_trusted_header")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (("From: a@example.com", "From: b@example.com"), "from_multiple"),
        (("From: a@example.com, b@example.com",), "from_multiple"),
        (("From: a@example.com <b@example.net>",), "from_malformed"),
        (("From: nobody",), "from_missing"),
        (("From: group:;",), "from_missing"),
        (("From: group: a@example.com;",), "from_malformed"),
        (("From: b@example.net: a@example.com",), "from_malformed"),
        (("From: \u212aen@example.com",), "from_missing"),
        (("From: Ken <\uff4ben@example.com>",), "from_missing"),
        ((), "from_missing"),
    ],
)
def test_sender_without_one_well_formed_from_is_unknown(
    fields: tuple[str, ...], reason: str
) -> None:
    for policy in (OURS, SenderPolicy(trust="gateway")):
        found = judge(results("dmarc=pass"), RECEIVED, *fields, policy=policy)
        assert found == SenderJudgement(SenderVerdict.UNKNOWN, "", "", reason)


def test_sender_behind_a_gateway_needs_no_header() -> None:
    policy = SenderPolicy(trust="gateway")
    assert verdict(RECEIVED, FROM, policy=policy) == ("pass", "gateway")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("example.com", "example.com", True),
        ("EXAMPLE.com.", "example.COM", True),
        ("mail.example.com", "example.com", True),
        ("example.com", "sales.example.com", True),
        ("example.com", "badexample.com", False),
        ("a.example.com", "b.example.com", True),
        ("a.co.jp", "b.co.jp", False),
        ("co.jp", "co.jp", False),
        ("mail.firma.co.jp", "firma.co.jp", True),
        ("a.github.io", "b.github.io", False),
        ("bücher.example", "mail.XN--BCHER-KVA.example", True),
        ("straße.example", "strasse.example", False),
        ("com", "example.com", False),
        ("", "example.com", False),
    ],
)
def test_aligned_is_the_same_organisational_domain(one: str, other: str, expected: bool) -> None:
    assert aligned(one, other) is expected


@pytest.mark.parametrize(
    ("text", "failed", "spf"),
    [
        ("dmarc=fail (p=none) header.from=example.com; spf=pass smtp.mailfrom=a@example.net",
         True, False),
        ("dmarc=fail (p=reject) header.from=example.com", True, False),
        ("dmarc=fail header.from=evil.example; spf=pass smtp.mailfrom=a@mail.example.com",
         False, True),
        ("dmarc=pass header.from=example.com; spf=pass smtp.mailfrom=<b@Example.COM>",
         False, True),
        ("spf=pass smtp.mailfrom=example.com; spf=softfail smtp.mailfrom=example.com",
         False, False),
        ("spf=pass smtp.mailfrom=example.com.evil.example", False, False),
        ("spf=pass smtp.mailfrom=com", False, False),
        ("spf=pass smtp.helo=example.com", False, False),
        ("spf=pass smtp.mailfrom=example.com evil", False, False),
        ("spf=pass smtp.mailfrom=a smtp.mailfrom=example.com", False, False),
        ("dmarc=fail (p=reject) header.from=example.com; evil", True, False),
        ("dkim=pass header.i=x(@y; dmarc=fail (p=reject) header.from=example.com", True, False),
        ('dkim=pass header.i=x"@y; dmarc = fail (p=reject) header.from=example.com', True, False),
        ("dkim=pass header.i=x\x1b$B@y; dmarc=fail (p=reject) header.from=example.com",
         True, False),
    ],
)  # fmt: skip
def test_sender_judgement_tells_of_dmarc_and_spf(text: str, failed: bool, spf: bool) -> None:
    found = judge(results(text), RECEIVED, FROM)
    assert (found.dmarc_failed, found.spf_aligned) == (failed, spf)


def test_sender_with_results_written_into_keeps_the_failure_in_mind() -> None:
    written = signature("evil.example", "; i=x=3B=3D=20")
    text = results(
        "dmarc=fail (p=reject) header.from=example.com; spf=pass smtp.mailfrom=example.com"
    )
    found = judge(text, RECEIVED, written, FROM)
    assert (found.verdict.value, found.reason) == ("none", "results_tainted")
    assert (found.dmarc_failed, found.spf_aligned) == (True, False)


def test_the_list_of_public_suffixes_is_that_of_the_library_in_a_labels() -> None:
    whole, ours = PublicSuffixList(), _suffixes(encoded=True)
    assert ours._publicsuffix == {name for name in whole._publicsuffix if name.isascii()}
    assert ours._maxlabel == whole._maxlabel
