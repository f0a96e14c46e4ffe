"""``certificate verify`` and ``authority`` at the command line."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import click
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.certificates.authority import Authority
from pipeline.cli.commands.certificates import Creation
from pipeline.wording import console as words
from tests.unit.cli.conftest import Call

_LANGUAGES = ("en", "ja", "de")


@pytest.fixture
def reference(pipeline: Call) -> str:
    """Return the reference of the request with the certificate."""
    rows = pipeline("queue", "all", "--json").json()
    (waiting,) = [row["reference"] for row in rows if row["status"] == "policy_review"]
    for command, *options in (
        ("approve", "--tick-all", "--business-verified"),
        ("advance", "--event", "name_approved"),
        ("advance", "--event", "ready"),
    ):
        assert pipeline("request", command, waiting, *options).code == 0
    (live,) = pipeline("queue", "--find", "status:certificate_issued", "--json").json()
    return str(live["reference"])


@pytest.fixture
def text(pipeline: Call, reference: str) -> str:
    """Return the text of the live certificate."""
    shown = pipeline("certificate", "show", reference, "--reveal", "--json").json()
    return str(shown["text"])


@pytest.fixture
def check(pipeline: Call, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Verify a pasted text; return the code and what is said."""

    def checked(pasted: str, *options: str) -> tuple[int, str]:
        path = tmp_path / "pasted.txt"
        path.write_text(pasted, encoding="utf-8")
        called = pipeline("certificate", "verify", str(path), *options)
        assert called.err == ""
        return called.code, called.out

    return checked


Check = Callable[..., tuple[int, str]]


@pytest.mark.parametrize("language", _LANGUAGES)
def test_verify_says_in_plain_words_what_is_wrong(
    language: str,
    text: str,
    reference: str,
    pipeline: Call,
    check: Check,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIPELINE_LANG", language)
    words.language_of_process.cache_clear()
    quoted = "".join(f"> {line}\r\n" for line in text.splitlines())
    code, said = check(quoted)
    assert (code, words.word("certificate_valid") in said, reference in said) == (0, True, True)

    code, said = check(text, "--number", "+81 90 1111 2222")
    assert code == 6
    assert "+819011112222" in said

    code, said = check(text, "--at", "2001-02-03")
    assert code == 6
    assert words.word("verify_not_yet_valid", at="X").partition("X")[0] in said

    code, said = check(text, "--at", "2099-02-03T18:00")
    assert code == 6
    assert words.word("verify_expired", at="X", ago="Y").partition("X")[0] in said
    assert words.counted("span_days", 3).replace("3", "").strip() in said

    assert pipeline("certificate", "revoke", reference, "--reason", "exposed").code == 0
    code, said = check(text)
    assert code == 6
    assert words.named("reason", "exposed") in said

    code, said = check(text[:300])
    assert code == 6
    assert words.word("verify_truncated") in said


def test_verify_of_a_private_key_says_so_and_repeats_nothing_of_it(check: Check) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    code, said = check(key.decode())
    assert code == 6
    assert words.word("verify_private_key")[:30] in said
    assert key.decode().splitlines()[1][:20] not in said


def test_verify_needs_no_key(text: str, home: Path, check: Check) -> None:
    (home / "state" / "authority" / "authority.key").chmod(0o644)
    assert check(text)[0] == 0


def test_certificate_of_strangers_is_not_ours(
    text: str, check: Check, pipeline: Call, home: Path
) -> None:
    own = pipeline("authority", "export").out
    strangers = Authority.make(
        home / "strangers", passphrase=None, name="Strangers", now=datetime.now(UTC)
    ).certificate_pem
    code, said = check(own)
    assert code == 6
    assert words.word("verify_not_recorded") in said
    (home / "state" / "authority" / "authority.crt").write_text(strangers)
    code, said = check(text)
    assert code == 6
    assert words.word("verify_other_authority")[:40] in said


# --- the authority ----------------------------------------------------------------------------


def test_authority_is_shown_exported_rotated_and_logged(
    text: str, pipeline: Call, check: Check
) -> None:
    shown = pipeline("authority", "show", "--json").json()
    assert shown["retired"] == []
    refused = pipeline("authority", "init")
    assert (refused.code, shown["fingerprint"] in refused.err) == (6, True)
    assert pipeline("authority", "rotate", "--as", "saki").code == 0
    after = pipeline("authority", "show", "--json").json()
    assert after["retired"] == [shown["fingerprint"]]
    exported = pipeline("authority", "export").out
    assert exported.count("BEGIN CERTIFICATE") == 2
    assert "PRIVATE" not in exported
    assert check(text)[0] == 0
    logged = pipeline("authority", "log", "--json").json()
    assert [(row["phase"], row["what"]) for row in logged if row["actor"] == "saki"] == [
        ("done", "authority"),
        ("begun", "authority"),
    ]
    assert pipeline("authority", "log").code == 0
    assert pipeline("certificate", "crl").out.count("BEGIN X509 CRL") == 2


@pytest.mark.parametrize("name", ["authority.key", "."])
@pytest.mark.parametrize("words_of", ["show", "export", "rotate"])
def test_every_command_that_uses_the_key_refuses_open_files(
    name: str, words_of: str, home: Path, pipeline: Call
) -> None:
    path = home / "state" / "authority" / name
    path.chmod(0o755)
    called = pipeline("authority", words_of)
    assert (called.code, called.out) == (4, "")
    assert str(path.resolve()) in called.err or "authority" in called.err


def test_authority_is_made_when_the_issuer_becomes_the_embedded_one(
    fresh_pipeline: Call, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(empty_home / "state")
    monkeypatch.setenv("PIPELINE_CERTIFICATES__ISSUER", "manual")
    assert fresh_pipeline("db", "migrate").code == 0
    refused = fresh_pipeline("authority", "init")
    assert refused.code == 6
    assert not (empty_home / "state" / "authority").exists()
    monkeypatch.setenv("PIPELINE_CERTIFICATES__ISSUER", "embedded")
    assert fresh_pipeline("authority", "show").code == 4
    assert fresh_pipeline("authority", "init", "--as", "saki").code == 0
    assert fresh_pipeline("authority", "show").code == 0
    shutil.rmtree(empty_home / "state" / "authority")
    assert fresh_pipeline("authority", "init").code == 4
    assert not (empty_home / "state" / "authority").exists()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-05-01", date(2026, 5, 1)),
        ("2026-05-01T00:00", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01 00:00:00", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01T09:30", datetime(2026, 5, 1, 9, 30, tzinfo=UTC)),
    ],
)
def test_day_of_creation_is_told_from_an_instant(typed: str, meant: date) -> None:
    found = Creation().convert(typed, None, None)
    assert (type(found), found) == (type(meant), meant)
    with pytest.raises(click.BadParameter):
        Creation().convert("yesterday", None, None)
