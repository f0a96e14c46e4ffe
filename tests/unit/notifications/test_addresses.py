"""Addresses of envelopes and fields: IDNA 2008, quoted local parts, other letters, hostile ones."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from pipeline.model.notice import NoticeName, Thread
from pipeline.notifications.addresses import a_label, is_sendable, on_the_wire
from pipeline.notifications.compose import compose
from pipeline.notifications.courier import DeliveryKind
from pipeline.notifications.headers import SenderIdentity, assemble
from pipeline.notifications.smtp import SmtpCourier, SmtpServer
from tests.servers.smtp_script import scripted_smtp
from tests.unit.notifications.test_headers import MakeFacts

US = SenderIdentity("Genesys Cloud WhatsApp requests", "GenesysCloudWhatsAppRequests@genesys.com")


@pytest.mark.parametrize(
    ("domain", "wire"),
    [
        ("example.com", "example.com"),
        # letters that IDNA 2003 wrote otherwise (RFC 5894, 7.2)
        ("straße.de", "xn--strae-oqa.de"),
        ("βόλος.com", "xn--nxasmm1c.com"),
        ("例え.jp", "xn--r8jz45g.jp"),
        ("例え。jp", "xn--r8jz45g.jp"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("ﾃｽﾄ.jp", "xn--zckzah.jp"),
        ("example.भारत", "example.xn--h2brj9c"),
        ("مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv"),
        # not of IDNA 2008, and registered all the same
        ("☕.example", "xn--53h.example"),
        # none at all: it stays as it is, for the server to refuse
        ("a\u202eb.example", "a\u202eb.example"),
        (f"{'ü' * 70}.example", f"{'ü' * 70}.example"),
    ],
)
def test_domain_travels_as_a_labels(domain: str, wire: str) -> None:
    assert a_label(domain) == wire
    assert on_the_wire(f"aiko@{domain}") == f"aiko@{wire}"


@pytest.mark.parametrize(
    "address",
    [
        "aiko@example.jp",
        "o'brien+wa=1@example.com",
        "abc..def.@docomo.ne.jp",
        '"john doe"@example.com',
        '"a@b"@example.com',
        r'"a\"b"@example.com',
        '""@example.com',
        "愛子@example.jp",
        "user@[192.0.2.1]",
        "user@[IPv6:2001:db8::1]",
        r'"very.(),:;<>[]\".VERY"@strange.example',
        '"愛 子"@例え.jp',
        "e\u0301@example.com",
        "भारत@डाटा.भारत",
        "a%b!c@example.jp",
        "-a@example.jp.",
        "!#$%&'*+-/=?^_`{|}~@example.org",
        f"{'x' * 64}@{('y' * 60 + '.') * 3}example",
    ],
)
def test_address_that_is_one_is_sendable(address: str) -> None:
    assert is_sendable(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "aiko",
        "@example.jp",
        "aiko@",
        "aiko@example.jp> SIZE=1",
        "aiko@example.jp\r\nRCPT TO:<eve@evil.example>",
        "aiko\n@example.jp",
        "aiko\x00@example.jp",
        "a b@example.jp",
        "<aiko@example.jp>",
        "aiko@eve@example.jp",
        '"aiko@example.jp',
        '"a"b@example.jp',
        "aiko@exa mple.jp",
        "aiko@[192.0.2.1] x",
        "aiko@example.jp\x7f",
        f"{'a' * 10_000}@example.jp",
        # the field would name another mailbox
        "=?utf-8?q?a?=@example.com",
        "ai\u202eko@example.jp",
        "aiko\u200b@example.jp",
        '"\u2066"@example.jp',
        "aiko\ufeff@example.jp",
        "aiko@example.jp\u2028x",
        "ai\U000e0061ko@example.jp",
        "\ud800@example.jp",
        "aiko@\ud800.jp",
        # comments, routes and groups are no part of an envelope (RFC 5321, 4.1.2)
        "aiko(office)@example.jp",
        "@r1.example,@r2.example:aiko@example.jp",
        "staff:aiko@example.jp;",
        'ai"ko@example.jp',
    ],
)
def test_address_that_is_none_is_sent_to_nobody(address: str) -> None:
    assert not is_sendable(address)
    with scripted_smtp() as server:
        courier = SmtpCourier(SmtpServer("127.0.0.1", server.port, "none"))
        found = courier.deliver(b"Subject: x\r\n\r\n", "us@example.com", address)
        courier.close()
    assert (found.kind, found.detail, found.fault) == (
        DeliveryKind.FAILED,
        "address_malformed",
        None,
    )
    assert not any(line.startswith(("MAIL", "RCPT")) for line in server.commands)


@pytest.mark.parametrize(
    ("address", "field", "envelope"),
    [
        ('"john doe"@example.com', '"john doe"@example.com', '"john doe"@example.com'),
        ('"a@b"@example.com', '"a@b"@example.com', '"a@b"@example.com'),
        (r'"a\"b"@example.com', r'"a\"b"@example.com', r'"a\"b"@example.com'),
        (r'"\\"@example.org', r'"\\"@example.org', r'"\\"@example.org'),
        ('"two  blanks"@example.com', '"two  blanks"@example.com', '"two  blanks"@example.com'),
        ("=?^_{}~@example.com", "=?^_{}~@example.com", "=?^_{}~@example.com"),
        ("aiko@例え.jp", "aiko@xn--r8jz45g.jp", "aiko@xn--r8jz45g.jp"),
        ("愛子@例え.jp", "愛子@xn--r8jz45g.jp", "愛子@xn--r8jz45g.jp"),
        ("abc..d@docomo.ne.jp", "abc..d@docomo.ne.jp", "abc..d@docomo.ne.jp"),
    ],
)
def test_field_and_envelope_name_the_same_mailbox(
    make_facts: MakeFacts, address: str, field: str, envelope: str
) -> None:
    composed = compose(NoticeName.ACKNOWLEDGED, "", "ja", make_facts("ja"))
    mail = assemble(
        composed,
        notice_key="k",
        reference="WA-7K3M9Q4M",
        recipient=address,
        sender=US,
        key=b"k" * 32,
        thread=Thread(),
        files=(),
        date=datetime(2026, 11, 24, 6, 40, tzinfo=UTC),
    )
    head = mail.content.partition(b"\r\n\r\n")[0].decode()
    assert f"\r\nTo: {field}\r\n" in head
    # only an address with other letters needs them in the header (RFC 6532)
    assert mail.content.isascii() == address.rpartition("@")[0].isascii()
    read = message_from_bytes(mail.content, policy=policy.SMTPUTF8)
    assert str(read["Subject"]) == composed.subject
    with scripted_smtp() as server:
        courier = SmtpCourier(SmtpServer("127.0.0.1", server.port, "none"))
        assert courier.deliver(mail.content, US.address, address).kind is DeliveryKind.SENT
        courier.close()
    assert server.recipients() == [envelope]
    (said,) = (line for line in server.commands if line.startswith("MAIL"))
    assert ("SMTPUTF8" in said) == (not mail.content.isascii())
    assert server.taken[0].raw == mail.content
