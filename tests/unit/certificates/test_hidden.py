"""What of a customer's words is kept when a certificate or a key stands among them."""

import base64
import json
import textwrap
import time
from datetime import datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.certificates.hidden import OMITTED, without_encoded
from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.model.certificate import CertificateSubject, IssuedCertificate
from tests.world.needles import Needles


@pytest.fixture
def issued(issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime) -> IssuedCertificate:
    prepared = issuer.prepare(subject, issuer.reserve_serial(), now)
    return issuer.finish(prepared.to_be_signed)


_WORDS = "Hello,\nit does not work. Is this what you need?\n"
_FAREWELL = "\nThanks\nHanako\n"


def _key() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


_KEY = _key()
_DRESSES = {
    "as it is": lambda text: text,
    "without boundaries": lambda text: "".join(text.splitlines(keepends=True)[1:-1]),
    "one line": lambda text: "".join(text.splitlines()[1:-1]) + "\n",
    "one line with boundaries": lambda text: text.replace("\n", " ") + "\n",
    "quoted": lambda text: "".join(f"> {line}\n" for line in text.splitlines()),
    "quoted twice": lambda text: "".join(f">> {line}\n" for line in text.splitlines()),
    "in quotation marks": lambda text: f'"{text.strip()}"\n',
    "as JSON": lambda text: json.dumps({"certificate": text}) + "\n",
    "as code": lambda text: "```\n" + text + "```\n",
    "typographic dashes": lambda text: text.replace("-----", "—"),
    "cut off": lambda text: text[: len(text) * 3 // 4] + "\n",
    "its end alone": lambda text: "".join(text.splitlines(keepends=True)[-4:]),
    "76 a line": lambda text: "\n".join(textwrap.wrap("".join(text.splitlines()[1:-1]), 76)) + "\n",
    "encoded once more": lambda text: base64.b64encode(text.encode()).decode() + "\n",
    "behind a word": lambda text: "Key:" + "".join(text.splitlines()[1:-1]) + "\n",
    "behind Japanese": lambda text: "証明書は" + "".join(text.splitlines()[1:-1]) + "です\n",
}


def _needles(text: str) -> Needles:
    body = "".join(text.splitlines()[1:-1]).rstrip("=")
    needles = Needles()
    needles.add("secret", *(body[start : start + 20] for start in range(0, len(body) - 20, 5)))
    return needles


@pytest.mark.parametrize("dress", _DRESSES.values(), ids=_DRESSES.keys())
def test_certificate_and_key_are_left_out_and_the_words_stay(
    dress: "object", issued: IssuedCertificate
) -> None:
    assert callable(dress)
    for secret in (issued.text, _KEY):
        kept = without_encoded(f"{_WORDS}{dress(secret)}{_FAREWELL}").text
        assert _needles(secret).found_in(kept) == set(), kept
        assert kept.startswith(_WORDS)
        assert kept.endswith(_FAREWELL)
        assert OMITTED in kept


@pytest.mark.parametrize("dress", _DRESSES.values(), ids=_DRESSES.keys())
def test_private_key_is_told(dress: "object", issued: IssuedCertificate) -> None:
    assert callable(dress)
    assert without_encoded(f"{_WORDS}{dress(_KEY)}{_FAREWELL}").had_key
    assert not without_encoded(f"{_WORDS}{dress(issued.text)}{_FAREWELL}").had_key


def test_web_key_is_left_out() -> None:
    value = "GawgguFyGrWKav7AX4VKYw2sNCFCXh9z0rNtWZpUYFo"
    key = f'{{"kty":"EC","crv":"P-256","d":"{value}"}}'
    found = without_encoded(f"Here: {key}\nThanks\n")
    assert value not in found.text
    assert found.had_key


@pytest.mark.parametrize(
    "words",
    [
        "READY\n",
        "We lost our private key. What do we do?\n",
        "Our number is +81 90 1234 5678, our business 506914307656634.\n",
        "Our organisation is 8c1d4f70-2e95-4b6a-a3d8-9f0e7c5b2a16\n",
        "https://docs.example.com/spreadsheets/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit\n",
        "https://wa.me/message/ABCDEFGHIJ1234 or https://example.com/a/very/long/path/to/a/page.html\n",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft\n",
        "========================================================================\n",
        "----------------------------------------------------------- BEGIN 1 -----\n",
        "from: a-very-long-address-of-a-department-in-2026@subsidiary.example.com\n",
        "証明書が届きません。READYとお返事しました。\n",
        "Thanks\nBEGIN\nEND\n",
    ],
)
def test_ordinary_words_stay_as_they_are(words: str) -> None:
    found = without_encoded(words)
    assert found.text == words or OMITTED not in found.text
    assert not found.had_key


def test_time_grows_with_the_length_alone() -> None:
    def spent(unit: str, length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        begin = time.process_time()
        without_encoded(text)
        return time.process_time() - begin

    for unit in ("-", "A1a", "-----BEGIN ", "> A1a/\n", "a ", "=", "-BEGIN A-", "Aa1" * 20 + "\n"):
        spent(unit, 1000)
        small = min(spent(unit, 20_000) for _ in range(3))
        large = min(spent(unit, 160_000) for _ in range(2))
        assert large <= 40 * small + 0.05, unit
