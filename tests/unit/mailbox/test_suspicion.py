"""What in a sender's fields may deceive a reader, told to staff; and what is as it should be."""

import pytest

from pipeline.mailbox.parse import parse_message
from pipeline.mailbox.sender import SenderPolicy, judge_sender

POLICY = SenderPolicy(
    trust="gateway",
    own_addresses=("requests@genesys.com", "wa@service.genesys.com"),
    own_names=("Genesys Cloud WhatsApp requests",),
    known_domains=frozenset(
        ("harbour-books.example", "lindenhof.example", "bücher-haus.example", "abc.jp")
    ),
)


def warnings(sender: str, *more: str) -> set[str]:
    raw = "\r\n".join((f"From: {sender}", *more, "", "Hello"))
    return set(judge_sender(parse_message(raw.encode()), POLICY).warnings)


@pytest.mark.parametrize(
    "domain",
    [
        "genesy.com", "genessys.com", "gensys.com", "geneys.com", "genesysc.com", "gemesys.com",
        "genesys.co", "genésys.com", "gеnesys.com", "genesуs.com", "mail.genеsys.com",
        "harbour-b00ks.example", "harb0ur-books.example", "harbour-bo0ks.example",
        "harbourbooks.example", "harbuor-books.example", "lindenh0f.example", "1indenhof.example",
        "iindenhof.example", "lindenhοf.example", "bucher-haus.example", "bücher-hous.example",
        "genesvs.com", "clindenhof.example",
    ],
)  # fmt: skip
def test_domain_like_a_known_one_is_told(domain: str) -> None:
    assert "look_alike_domain" in warnings(f"a@{domain}")


@pytest.mark.parametrize(
    "domain",
    [
        "genesys.com", "mail.genesys.com", "service.genesys.com", "GENESYS.com",
        "harbour-books.example", "shop.harbour-books.example", "xn--bcher-haus-9db.example",
        "abd.jp", "ab.jp", "heath.example", "sakura-denki.example", "bücher.example",
        "日本語.example", "お店tokyo.example", "пример.example", "한국shop.example",
    ],
)  # fmt: skip
def test_other_domain_is_left_in_peace(domain: str) -> None:
    assert not warnings(f"a@{domain}") & {"look_alike_domain", "mixed_scripts"}


@pytest.mark.parametrize(
    ("domain", "mixed"),
    [
        ("pаypal.example", True),
        ("xn--pypal-4ve.example", True),
        ("αlpha.example", True),
        ("бaнк.example", True),
        ("日本shop.example", False),
        ("ソニーsony株.example", False),
        ("банк.example", False),
        ("café.example", False),
    ],
)
def test_letters_of_several_scripts_are_told(domain: str, mixed: bool) -> None:
    assert ("mixed_scripts" in warnings(f"a@{domain}")) is mixed


@pytest.mark.parametrize(
    ("sender", "told"),
    [
        ('"oliver@harbour-books.example" <x@evil.example>', True),
        ('"Oliver (oliver@harbour-books.example)" <x@evil.example>', True),
        ("=?utf-8?q?oliver=40harbour-books=2Eexample?= <x@evil.example>", True),
        ('"x@evil.example" <x@evil.example>', False),
        ("\"'X@Evil.Example'\" <x@evil.example>", False),
        ("Oliver @ Harbour <x@heath.example>", False),
    ],
)
def test_name_with_another_address_is_told(sender: str, told: bool) -> None:
    assert ("name_holds_address" in warnings(sender)) is told


@pytest.mark.parametrize(
    ("sender", "told"),
    [
        ("Genesys Cloud WhatsApp requests <x@evil.example>", True),
        ("GENESYS  Cloud WHATSAPP Requests team <x@evil.example>", True),
        ("Genesys Cloud WhatsApp requests <x@genesys.com>", False),
        ("Genesys Cloud <x@heath.example>", False),
    ],
)
def test_our_name_on_another_is_told(sender: str, told: bool) -> None:
    assert ("name_is_ours" in warnings(sender)) is told


@pytest.mark.parametrize(
    ("reply_to", "told"),
    [
        ("b@heath.example", False),
        ("b@mail.heath.example", False),
        ("b@evil.example", True),
        ("b@heath.example, c@evil.example", True),
    ],
)
def test_answers_to_another_domain_are_told(reply_to: str, told: bool) -> None:
    assert ("reply_to_differs" in warnings("a@heath.example", f"Reply-To: {reply_to}")) is told


def test_sender_without_an_address_has_no_warnings() -> None:
    assert warnings("nobody") == set()
