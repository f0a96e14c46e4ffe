"""Whatever a stranger writes where servers copy it from, the victim's domain is not proven."""

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from pipeline.mailbox.authentication.policy import SenderPolicy
from pipeline.mailbox.authentication.received import border
from pipeline.mailbox.parse import parse_message
from pipeline.mailbox.sender import judge_sender
from pipeline.model.message import SenderVerdict
from tests.drawn import drawn

MX = "mx.moor.example"
VICTIM = "target.example"
_WORDS = st.sampled_from(
    [
        "dmarc=pass", "dkim=pass", "spf=none", "spf=pass", f"header.from={VICTIM}",
        f"header.d={VICTIM}", f"header.i=@{VICTIM}", "smtp.mailfrom=a", "header.s=s", "header.d",
        "reason=", MX, VICTIM, "none", "x", "a=b", "=", "(", ")", '"', "\\", ";", "/1", ".", "@",
        "\r\n ", "\t", " ", ",", "<", ">", "by", "with local", "with lmtp", "from", "helo=",
        "\u00a0", "é",
    ]
)  # fmt: skip
_TEXTS = st.builds(
    lambda words, gaps: "".join(f"{word}{gap}" for word, gap in zip(words, gaps, strict=True)),
    st.lists(_WORDS, min_size=14, max_size=14),
    st.lists(st.sampled_from(["", " ", ";", "; "]), min_size=14, max_size=14),
) | st.text(max_size=60)


def encoded(text: str) -> str:
    """Write a text as dkim-quoted-printable (RFC 6376, 2.11)."""
    plain = set(map(ord, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-@"))
    return "".join(
        chr(byte) if byte in plain else f"={byte:02X}" for byte in text.encode("utf-8", "replace")
    )


def unfolded(text: str) -> str:
    """Return a text as a server holds it in one line, without what it cannot print."""
    return "".join(
        letter
        for letter in text.replace("\r\n ", " ").encode("utf-8", "replace").decode()
        if (letter >= " " and letter.isprintable()) or letter == "\t"
    )


def opendkim(agent: str, signer: str, selector: str) -> str:
    """Write a result as OpenDKIM does (dkimf_ar_all_sigs): nothing is quoted."""
    return (
        f"Authentication-Results: {MX};\r\n"
        f"\tdkim=pass (2048-bit key) header.d={signer} header.i={agent} header.a=rsa-sha256"
        f" header.s={selector} header.b=Qm9vYSsv;\r\n\tdkim-atps=neutral"
    )


def spf(sender: str, helo: str) -> str:
    """Write a result as plain SPF filters do."""
    return (
        f"Authentication-Results: {MX};\r\n"
        f"\tspf=pass ({MX}: domain of {sender} designates 203.0.113.9 as permitted sender)"
        f" smtp.mailfrom={sender} smtp.helo={helo}"
    )


def judged(*fields: str) -> SenderVerdict:
    mail = "\r\n".join((*fields, f"From: boss@{VICTIM}", "Subject: form", "", "Hello"))
    return judge_sender(parse_message(mail.encode("utf-8", "replace")), SenderPolicy((MX,))).verdict


def received(helo: str) -> str:
    return f"Received: from {helo} (unknown [203.0.113.9])\r\n\tby {MX} with ESMTP id 1; now"


@given(_TEXTS, st.sampled_from(["", "s=", "d="]), st.booleans())
@example(f"x;dmarc=pass header.from={VICTIM};spf=none smtp.mailfrom=a", "", False)
@example(f"x header.d={VICTIM} ", "", True)
@drawn(30, 120, suppress_health_check=list(HealthCheck))
def test_signature_of_a_stranger_never_proves_the_victim(
    text: str, place: str, with_victims_signature: bool
) -> None:
    written = unfolded(text)
    agent, signer, selector = "@evil.example", "evil.example", "s1"
    signature = "i=@evil.example; d=evil.example; s=s1"
    if place == "s=":
        selector = written
        signature = f"i=@evil.example; d=evil.example; s={encoded(written)}"
    elif place == "d=":
        signer = f"{written}.evil.example"
        signature = f"d={encoded(signer)}; s=s1"
        agent = f"@{signer}"
    else:
        agent = f"{written}@evil.example"
        signature = f"i={encoded(agent)}; d=evil.example; s=s1"
    mail = [
        opendkim(agent, signer, selector),
        received("mail.evil.example"),
        f"DKIM-Signature: v=1; a=rsa-sha256; {signature}; h=from; bh=A; b=B",
    ]
    if with_victims_signature:
        mail.append(f"DKIM-Signature: v=1; d={VICTIM}; s=s1; h=from; bh=A; b=B")
    assert judged(*mail) is not SenderVerdict.PASS


@given(_TEXTS)
@example(f"x;dmarc=pass header.from={VICTIM}")
@drawn(30, 120, suppress_health_check=list(HealthCheck))
def test_name_of_a_peer_never_proves_the_victim(text: str) -> None:
    helo = unfolded(text)
    assert judged(spf("a@evil.example", helo), received(helo)) is not SenderVerdict.PASS
    exim = f"Received: from [203.0.113.9] (helo={helo}) by {MX} with esmtp id 1; now"
    assert judged(spf("a@evil.example", helo), exim) is not SenderVerdict.PASS


@given(_TEXTS)
@example(f"x;dmarc=pass header.from={VICTIM};spf=none smtp.mailfrom=a")
@drawn(30, 120, suppress_health_check=list(HealthCheck))
def test_envelope_of_a_stranger_never_proves_the_victim(text: str) -> None:
    path = f"{unfolded(text)}@evil.example"
    mail = (f"Return-Path: <{path}>", spf(path, "mail.evil.example"), received("mail.evil.example"))
    assert judged(*mail) is not SenderVerdict.PASS


@given(_TEXTS)
@drawn(30, 120, suppress_health_check=list(HealthCheck))
def test_name_of_a_peer_never_moves_the_border(text: str) -> None:
    helo = unfolded(text).strip()
    for hop in (
        f"from {helo} (unknown [203.0.113.9]) by {MX} with ESMTP id 1; now",
        f"from [203.0.113.9] (helo={helo}) by {MX} with esmtp id 1; now",
        f"from x ([203.0.113.9]) by {MX} with esmtp (envelope-from <{helo}>) id 1; now",
    ):
        assert border((("Received", hop), ("Received", "from a by b; now")), SenderPolicy()) == 0


@pytest.mark.parametrize("agent", ["@heath.example", "fern@heath.example", "a=b@heath.example"])
def test_imitation_of_the_writer_proves_an_honest_sender(agent: str) -> None:
    mail = "\r\n".join(
        (
            opendkim(agent, "heath.example", "s1"),
            received("out.heath.example"),
            f"DKIM-Signature: v=1; d=heath.example; i={encoded(agent)}; s=s1; h=from; bh=A; b=B",
            "From: fern@heath.example",
            "",
            "Hello",
        )
    )
    found = judge_sender(parse_message(mail.encode()), SenderPolicy((MX,)))
    assert found.verdict is SenderVerdict.PASS
