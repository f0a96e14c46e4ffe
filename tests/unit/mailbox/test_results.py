"""The grammar of Authentication-Results, of trace fields and of signatures; all in linear time."""

import time
from collections.abc import Callable

import pytest

from pipeline.mailbox.authentication.policy import SenderPolicy
from pipeline.mailbox.authentication.received import border, peer_names
from pipeline.mailbox.authentication.results import MethodResult, parse_results
from pipeline.mailbox.authentication.signatures import (
    copied_texts,
    decode_quoted,
    holds_results,
    parse_signature,
)
from pipeline.mailbox.parse import parse_message
from pipeline.mailbox.sender import judge_sender
from tests.world.pace import soon


def test_results_are_read_with_comments_and_quotes() -> None:
    found = parse_results(
        '"MX.Example.com" 1 (our (own) server); dkim/1 = Pass (ok; really) header.b="x=/y" '
        "Policy . Expired (why) = 12 ; x-a=none;"
    )
    assert (found.authserv_id, found.sound) == ("mx.example.com", True)
    assert found.results == (
        MethodResult(
            "dkim",
            "pass",
            (("header.b", "x=/y"), ("policy.expired", "12")),
            "our (own) server ok; really why".removeprefix("our (own) server "),
        ),
        MethodResult("x-a", "none"),
    )


@pytest.mark.parametrize(
    ("text", "results"),
    [
        ("mx.a.example", 0),
        ("mx.a.example; none", 0),
        ("mx.a.example;; spf=pass", None),
        ("mx.a.example; spf=pass;", 1),
        ("mx.a.example; spf=pass; ;", None),
        ("mx.a.example; spf=pass smtp.mailfrom=a=b@c.example", 1),
        ("mx.a.example; spf=pass smtp.mailfrom=<>", 1),
        ("mx.a.example; spf=pass smtp.mailfrom=", 1),
        ("mx.a.example; spf=pass smtp.remote-ip=2001:db8::1", 1),
        ('mx.a.example; spf=pass smtp.mailfrom="a b"@c.example', 1),
        ("mx.a.example; spf=pa@ss", None),
        ("mx.a.example; spf=", None),
        ("mx.a.example; =pass", None),
        ("mx.a.example; spf/x=pass", None),
        ("mx.a.example; spf/1=pass", 1),
        ("mx.a.example; spf=pass a.=b", None),
        ("mx.a.example; spf=pass a.b.c=d", None),
        ("mx.a.example; spf=pass a\\=b", None),
        ("mx.a.example; spf=pass envelope-from=a@b.example", 1),
        ("mx.a.example; spf=pass; envelope-from=a@b.example", None),
        ("amazonses.com; spf=pass; envelope-from=a@b.example", 1),
        ("mx.a.example; " + "; ".join(f"x{n}=pass" for n in range(101)), None),
    ],
)
def test_results_are_sound_only_when_all_of_them_are(text: str, results: int | None) -> None:
    found = parse_results(text)
    assert (len(found.results) if found.sound else None) == results


def test_signature_tags_are_decoded_and_counted() -> None:
    found = parse_signature("v=1; d=A.Example; i=x=20y=3D@a.\r\n example; s=s1; l=3")
    assert (found.domain, found.clear, found.values("l")) == ("a.example", True, ("3",))
    assert copied_texts([found]) == ["x y=@a.\r\n example", "A.Example", "s1"]
    assert not parse_signature("d=a.example; D=b.example").clear
    assert decode_quoted("=zz=3d=C3=A9") == "=zz=Ã©"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("bounces+1-fern=moor.example@em.heath.example", False),
        ("prvs=1234abcd=fern@heath.example", False),
        ("SRS0=ab+c=de=heath.example=fern@relay.example", False),
        ("a b@heath.example", False),
        ('"a b"@heath.example', False),
        ("a=b c@heath.example", True),
        ("a=b;c@heath.example", True),
        ('"a=b"@heath.example', True),
        ("a=b(c", True),
        ("a=b\tc", True),
    ],
)
def test_text_that_could_write_a_result(text: str, holds: bool) -> None:
    assert holds_results([text]) is holds


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("from a.example (a.example [192.0.2.1]) by mx with ESMTPS id 1; now", ()),
        ("from a=b (a.example [192.0.2.1]) by mx with ESMTP id 1; now", ("a=b ",)),
        ("from [192.0.2.1] (helo=a.b) by mx with esmtp id 1; now", ("[192.0.2.1] ", "a.b")),
        ("from mail.a ([192.0.2.1]:25 helo=b ident=root) by mx; now", ("mail.a ", "b")),
        ("from mail.a ([192.0.2.1] helo=b c=d) by mx; now", ("mail.a ", "b c=d")),
        ("by mx with SMTP id a=b c; now", ()),
        ("from a by mx with esmtp (envelope-from <b=c@d>) id 1; now", ("b=c@d",)),
        ("from a by mx with esmtp (envelope-from <b c=d@e>) id 1; now", ("b c=d@e",)),
        ("from a by mx with lmtp (envelope-from <b(c=d@e>) id 1; x", ("b(c=d@e>) id 1; x",)),
        ("from a (using TLSv1.3 (256/256 bits)) by mx with ESMTPS (x=y z) id 1", ()),
    ],
)  # fmt: skip
def test_what_a_peer_says_of_itself(value: str, names: tuple[str, ...]) -> None:
    assert tuple(" ".join(name.split()) for name in peer_names(value)) == tuple(
        name.strip() for name in names
    )


@pytest.mark.parametrize(
    "hop",
    [
        "from x (helo=a with local b) by mx.a.example with ESMTP id 3; now",
        "from x by y with local (unknown [192.0.2.1]) by mx.a.example with ESMTP id 3; now",
        "from x) by y with local (unknown [192.0.2.1]) by mx.a.example with ESMTP id 3; now",
        "from x) by y with lmtp (b ([192.0.2.1]) by mx.a.example with ESMTP id 3; now",
        'from x ([192.0.2.1]) by mx with esmtp (envelope-from <"a) by y with lmtp (b"@e>) id 3',
        "from x ([192.0.2.1]) by mx with esmtp (envelope-from <x) with local (y>) id 3; now",
        "from x ([192.0.2.1]) by mx.a.example (x) id 3 (<x) with local (y>); now",
        "from with local (unknown [192.0.2.1]) by mx.a.example with ESMTP id 3; now",
        "from x (unknown [192.0.2.1]) by mx.a.example with ESMTP id local; now",
        "from localhost (lmtp.a.example [192.0.2.1]) by mx.a.example with ESMTP; now",
    ],
)
def test_no_name_of_a_peer_makes_a_hand_over(hop: str) -> None:
    fields = (("Received", hop), ("Received", "from a by b with ESMTP; now"))
    assert border(fields, SenderPolicy()) == 0


def test_microsoft_border_is_found_whatever_the_peer_says() -> None:
    hop = "from x by evil.example (192.0.2.1) by AB1.mail.protection.outlook.com with ESMTP id 1"
    lie = "from y by CD2.mail.protection.outlook.com with ESMTP"
    fields = (("Received", "from a by b with HTTPS"), ("Received", hop), ("Received", lie))
    assert border(fields, SenderPolicy(dialect="microsoft")) == 1


LONG = 100_000
_WORST: tuple[tuple[Callable[[str], object], str], ...] = tuple(
    (read, worst)
    for read, worsts in (
        (
            parse_results,
            (
                "mx; a=b " + "(" * LONG,
                "mx; a=b " + "()" * (LONG // 2),
                "mx; a=b " + "(\\" * (LONG // 2),
                'mx; a="' + '\\"' * (LONG // 2),
                "mx; " + 'a="x;' * (LONG // 5),
                "mx; a=" + "b" * LONG,
                "mx;" + " " * LONG,
                "mx;" + ";" * LONG,
                "mx; " + "a" * LONG,
                "mx; a=b " + "c.d=" * (LONG // 4),
                "mx " * (LONG // 3),
            ),
        ),
        (
            peer_names,
            (
                "from = " + "helo " * (LONG // 5) + "by",
                "from = (" + "helo=" * (LONG // 5),
                "from = " + "by " * (LONG // 3),
                "from = by" + " " * LONG,
                "from = " + "(" * LONG,
                "from = " + "()" * (LONG // 2),
                "from = (" + "envelope-from " * (LONG // 14),
                "by = (envelope-from" + " " * LONG + ")",
                " " * LONG,
            ),
        ),
        (parse_signature, ("=;" * (LONG // 2), "i=" * (LONG // 2), ";" * LONG, "a=" + " " * LONG)),
        (decode_quoted, ("=" * LONG, "=3" * (LONG // 2), "=3D" * (LONG // 3))),
    )
    for worst in worsts
)


@pytest.mark.parametrize("at", range(len(_WORST)))
def test_worst_text_is_read_in_linear_time(at: int) -> None:
    read, worst = _WORST[at]
    began = time.process_time()
    read(worst)
    assert soon(time.process_time() - began, 0.25)


@pytest.mark.parametrize(
    "field",
    [
        "Authentication-Results: mx.a.example; dmarc=fail (" + "p=" * (LONG // 2) + ")",
        "Authentication-Results: mx.a.example; spf=pass smtp.mailfrom=" + "a." * (LONG // 2),
        "Received: from a (" + "helo=" * (LONG // 5) + ") by b with local",
        "Received: from = " + "by x with local " * (LONG // 16),
        "Received: from a by b with" + "\t" * LONG + "x",
        "DKIM-Signature: d=" + "a." * (LONG // 2) + "; i==" + "=3D" * (LONG // 3),
        "Return-Path: <" + "= " * (LONG // 2) + ">",
        "Reply-To: " + "a@b.example, " * (LONG // 13),
        'From: "' + "a@b" * (LONG // 3) + '" <c@heath.example>',
    ],
)
def test_worst_field_is_judged_in_linear_time(field: str) -> None:
    good = (
        "Authentication-Results: mx.a.example; dmarc=pass header.from=heath.example\r\n"
        "Received: from a by mx.a.example with ESMTP; now\r\n"
    )
    sender = "" if field.startswith("From") else "From: c@heath.example\r\n"
    message = parse_message(f"{field}\r\n{good}{sender}\r\n".encode())
    policy = SenderPolicy(("mx.a.example",), own_addresses=("requests@genesys.example",))
    began = time.process_time()
    judge_sender(message, policy)
    assert soon(time.process_time() - began, 0.5)
