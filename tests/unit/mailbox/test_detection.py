"""Who judges the senders and how many relays are ours, found in the mails of a box."""

import pytest

from pipeline.config import SenderSettings
from pipeline.flow.views.judges import Detected, fault_of, fitting
from pipeline.mailbox.authentication.detection import Judge, detect_judges
from pipeline.mailbox.parse import parse_message
from pipeline.model.message import InboundMessage

BORDER = "Received: from out.%s by mx.moor.example with ESMTPS id 1; now"
RELAYS = (
    "Received: from filter.moor.example by box.moor.example with ESMTP id 4; now",
    "Received: from scan.moor.example by filter.moor.example with ESMTP id 3; now",
    "Received: from mx.moor.example by scan.moor.example with ESMTP id 2; now",
)
LOCAL = "Received: from box.moor.example by store.moor.example with LMTP id 9; now"


def mail(
    domain: str, *fields: str, hops: int = 0, result: str = "mx.moor.example"
) -> InboundMessage:
    own = f"Authentication-Results: {result}; dmarc=pass header.from={domain}" if result else "X: y"
    top = (LOCAL, *RELAYS[len(RELAYS) - hops :], own, BORDER % domain)
    return parse_message("\r\n".join((*top, *fields, f"From: a@{domain}", "", "x")).encode())


def theirs(domain: str) -> str:
    return f"Authentication-Results: mx.{domain}; dmarc=pass header.from={domain}"


DOMAINS = ("heath.example", "lake.example", "shore.example")


@pytest.mark.parametrize("hops", range(4))
def test_id_and_relays_are_found(hops: int) -> None:
    mails = [mail(domain, theirs(domain), hops=hops) for domain in DOMAINS]
    found = fitting(detect_judges(mails))
    assert (found.authserv_ids, found.inner_hops) == (("mx.moor.example",), hops)
    wanted = {"authserv_ids": ("mx.moor.example",), **({"inner_hops": hops} if hops else {})}
    assert found.settings() == wanted


def test_more_relays_than_three_are_not_believed() -> None:
    extra = "Received: from a.moor.example by b.moor.example with ESMTP id 5; now\r\n"
    raws = [
        extra
        + "\r\n".join(
            (*RELAYS, f"Authentication-Results: mx.moor.example; {result}", BORDER % name)
        )
        + f"\r\nFrom: a@{name}\r\n\r\nx"
        for name, result in zip(DOMAINS, ("spf=pass", "spf=none", "dkim=none"), strict=True)
    ]
    assert detect_judges(parse_message(raw.encode()) for raw in raws) == ()


def test_id_of_a_senders_own_server_is_not_ours() -> None:
    one_firm = [mail("heath.example", theirs("heath.example"), result="") for _ in range(5)]
    below = "Received: from a.heath.example by out.heath.example with ESMTP; now"
    behind = [
        parse_message(
            "\r\n".join(
                (BORDER % "heath.example", theirs("heath.example"), below, "From: a@heath.example")
            ).encode()
        )
        for _ in range(5)
    ]
    assert detect_judges(one_firm) == ()
    assert detect_judges(behind) == ()


def test_two_filters_of_ours_are_both_found() -> None:
    both = "mx.moor.example; spf=pass\r\nAuthentication-Results: dmarc.moor.example"
    found = fitting(detect_judges([mail(name, hops=1, result=both) for name in DOMAINS]))
    assert set(found.authserv_ids) == {"mx.moor.example", "dmarc.moor.example"}
    assert found.inner_hops == 1


def test_microsoft_is_found_by_its_dialect() -> None:
    raw = (
        "Received: from A.prod.outlook.com by B.prod.outlook.com with HTTPS; now\r\n"
        "Authentication-Results: spf=pass (sender IP is 1.2.3.4) smtp.mailfrom=heath.example;"
        " dkim=none (message not signed) header.d=none\r\n"
        "Received: from a (1.2.3.4) by C.mail.protection.outlook.com with SMTP id 1; now\r\n"
        "From: a@heath.example\r\n\r\nx"
    )
    found = fitting(detect_judges([parse_message(raw.encode())] * 3))
    assert found.settings() == {"dialect": "microsoft"}
    assert fault_of(SenderSettings(dialect="microsoft"), found) == ""
    assert fault_of(SenderSettings(authserv_ids=("mx.a",)), found) == "differs"


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (SenderSettings(authserv_ids=("MX.a",), inner_hops=1), ""),
        (SenderSettings(authserv_ids=("mx.a",)), "hops"),
        (SenderSettings(authserv_ids=("mx.a",), inner_hops=2), "hops"),
        (SenderSettings(authserv_ids=("mx.b",), inner_hops=1), "differs"),
        (SenderSettings(dialect="microsoft"), "differs"),
        (SenderSettings(), "not_set"),
    ],
)
def test_settings_are_held_against_the_mails(settings: SenderSettings, fault: str) -> None:
    judge = Judge("mx.a", "standard", 1, 7)
    assert fault_of(settings, Detected(("mx.a",), "standard", 1, (judge,))) == fault
    nothing = "not_set" if fault == "not_set" else ""
    assert fault_of(settings, Detected()) == nothing
