"""A mailbox whose servers say nothing: we verify the signatures, with keys from a name server."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from pipeline.mailbox.authentication.own_check import dns_txt_record, keys_wanted
from pipeline.mailbox.authentication.policy import SenderPolicy
from pipeline.mailbox.parse import parse_message
from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from tests.servers.signing import record_name, signed, signing_key
from tests.world.customers import OLIVER, form
from tests.world.fixtures import MakeWorld
from tests.world.mails import letter
from tests.world.world import START, World

DOMAIN = OLIVER.rpartition("@")[2]
HOP = f"Received: from mail.{DOMAIN} by mx.genesys.example with ESMTPS; now\r\n".encode()


def mail(text: str = "Our form") -> bytes:
    headers = {
        "Message-ID": f"<{abs(hash(text))}@{DOMAIN}>",
        "Date": f"{START:%a, %d %b %Y %H:%M:%S} +0000",
    }
    attached = form(FormKind.ONBOARDING, "en")
    return letter(OLIVER, attached, text=text, headers=headers).as_bytes()


def judged(world: World, raw: bytes) -> SenderVerdict | None:
    world.deliver(HOP + raw)
    world.run()
    return world.last_message().sender_verdict


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    made = make_world(sender={"dkim": "check"})
    keys = {record_name(DOMAIN): signing_key().record}
    made.services.txt_record = keys.get
    return made


def test_aligned_signature_proves_the_sender(world: World) -> None:
    assert judged(world, signed(mail(), DOMAIN)) is SenderVerdict.PASS
    assert world.request(OLIVER).sender_verdict is SenderVerdict.PASS


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw,
        lambda raw: signed(raw, "evil.example"),
        lambda raw: signed(raw, DOMAIN).replace(b"WhatsApp", b"WhatsUp", 1),
        lambda raw: signed(raw, DOMAIN, length=True),
        lambda raw: signed(raw, DOMAIN, f"@{DOMAIN}").replace(b"d=" + DOMAIN.encode(), b"d=x.y", 1),
        lambda raw: b"DKIM-Signature: v=1; d=" + DOMAIN.encode() + b"\r\n" + signed(raw, DOMAIN),
        lambda raw: signed(raw, DOMAIN) + b"more",
    ],
    ids=["none", "stranger", "changed", "length", "domain", "two", "longer"],
)
def test_anything_else_proves_nothing(world: World, change: object) -> None:
    assert callable(change)
    assert judged(world, change(mail())) is SenderVerdict.NONE


def test_key_on_trial_or_none_proves_nothing(world: World) -> None:
    record = signing_key().record
    for answer in (None, f"{record}; t=s:y", "v=DKIM1; p=", "nonsense"):
        world.services.txt_record = {record_name(DOMAIN): answer}.get
        assert judged(world, signed(mail(f"{answer}"), DOMAIN)) is SenderVerdict.NONE


def test_nobody_is_asked_where_a_server_of_ours_says_something(make_world: MakeWorld) -> None:
    world = make_world(sender={"dkim": "check"})
    asked: list[str] = []
    world.services.txt_record = asked.append
    seal = b"Authentication-Results: mx.genesys.example; none\r\n"
    world.deliver(seal + HOP + signed(mail(), DOMAIN))
    world.run()
    assert (world.last_message().sender_verdict, asked) == (SenderVerdict.NONE, [])


def test_signatures_are_left_alone_without_the_setting(make_world: MakeWorld) -> None:
    assert judged(make_world(), signed(mail(), DOMAIN)) is SenderVerdict.UNKNOWN


def test_few_keys_are_asked_for() -> None:
    raw = signed(mail(), DOMAIN)
    policy = SenderPolicy()
    assert keys_wanted(parse_message(raw), policy) == (record_name(DOMAIN),)
    field = f"DKIM-Signature: v=1; a=rsa-sha256; d={DOMAIN}; s=%d; h=from; bh=A; b=B\r\n"
    many = "".join(field % number for number in range(6)).encode()
    assert keys_wanted(parse_message(many + mail()), policy) == ()
    weak = field.replace("rsa-sha256", "rsa-sha1").encode()
    assert keys_wanted(parse_message(weak + mail()), policy) == ()


@contextmanager
def name_server(records: dict[str, str]) -> Iterator[int]:
    """Answer for TXT records on a loopback port (RFC 1035)."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            raw, line = self.request
            query = dns.message.from_wire(raw)
            answer = dns.message.make_response(query)
            name = query.question[0].name
            text = records.get(name.to_text(omit_final_dot=True))
            if text is None:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            else:
                pieces = [text[at : at + 200] for at in range(0, len(text), 200)]
                quoted = " ".join(f'"{piece}"' for piece in pieces)
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", quoted))
            line.sendto(answer.to_wire(), self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def test_keys_come_from_the_name_server_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with name_server({record_name(DOMAIN): signing_key().record}) as port:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = port
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        assert dns_txt_record(record_name(DOMAIN)) == signing_key().record
        assert dns_txt_record("nobody._domainkey.example") is None
        assert dns_txt_record("a..b") is None
