"""From the settings to a token: each source with its secrets, kept under a name of its own."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.clock import SettableClock
from pipeline.config import OAuthSettings, SecretDocument
from pipeline.errors import ConfigurationError
from pipeline.flow.services.tokens import Unwatched
from pipeline.tokens.choose import choose
from pipeline.tokens.keeper import TokenKeeper
from tests.servers.certificates import make_rsa_certificate
from tests.servers.tokens import TokenServer


@pytest.fixture
def settings(
    tmp_path: Path, certificate: Path, safe_identity: TokenServer
) -> dict[str, dict[str, Any]]:
    """Return settings of each kind that get a token from the server with TLS."""

    def secret(name: str, content: str) -> dict[str, str]:
        path = tmp_path / name
        path.write_text(content)
        path.chmod(0o600)
        return {"file": str(path)}

    pem = make_rsa_certificate(tmp_path, "app").read_text()
    key = {"type": "service_account", "client_email": "robot@example.com", "private_key": pem,
           "token_uri": safe_identity.tls_url}  # fmt: skip
    authority = {
        "source": "microsoft",
        "tenant": "contoso.example",
        "client_id": "client",
        "authority": f"https://127.0.0.1:{safe_identity.tls_port}/",
    }
    client_secret = {"client_secret": secret("secret", f"{safe_identity.secret}\n")}
    renewal = {"refresh_token": secret("refresh", safe_identity.refresh_token)}
    client = {"client_id": "client", "token_url": safe_identity.tls_url, **client_secret}
    own = {"ca_file": str(certificate)}
    return {
        "secret": {**authority, **client_secret, **own},
        "certificate": {**authority, "certificate": secret("app.pem", pem), **own},
        "key": {"source": "google", "key": secret("key", json.dumps(key, indent=2)),
                "subject": "box@example.com", **own},
        "google": {"source": "google", **client, **renewal, **own},
        "endpoint": {"source": "endpoint", "client_auth": "post", "scope": "mail",
                     "extra": {"audience": "imap"}, **client, **own},
        "refresh": {"source": "endpoint", "grant": "refresh_token", **client, **renewal, **own},
    }  # fmt: skip


KINDS = ("secret", "certificate", "key", "google", "endpoint", "refresh")


@pytest.mark.parametrize("kind", KINDS)
def test_settings_give_a_token(
    settings: dict[str, dict[str, Any]], safe_identity: TokenServer, kind: str
) -> None:
    source = choose(OAuthSettings.model_validate(settings[kind]))
    grant = source.request("")
    assert safe_identity.seen(grant.access_token)["active"] == "true"
    assert source.rotates == (kind in {"google", "refresh"})
    assert "hush" not in f"{source!r} {source.identity} {source.place}"
    assert "PRIVATE" not in repr(source)


def test_each_account_has_a_name_of_its_own(
    settings: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    def identities() -> list[str]:
        chosen = (choose(OAuthSettings.model_validate(given)) for given in settings.values())
        return [source.identity for source in chosen]

    before = identities()
    # secret and certificate open the same account
    assert (before[0], len(set(before))) == (before[1], len(KINDS) - 1)
    assert identities() == before
    (tmp_path / "refresh").write_text("another")
    after = identities()
    changed = [kind for kind, one, two in zip(KINDS, before, after, strict=True) if one != two]
    assert changed == ["google", "refresh"]


def test_secret_that_was_replaced_is_used_without_a_new_start(
    settings: dict[str, dict[str, Any]], safe_identity: TokenServer, tmp_path: Path
) -> None:
    clock = SettableClock(datetime(2026, 11, 28, tzinfo=UTC))
    given = OAuthSettings.model_validate(settings["endpoint"])
    keeper = TokenKeeper(lambda: choose(given), clock, shelf=None, watch=Unwatched(), seconds=5)
    safe_identity.secret = "hush-next"
    with pytest.raises(ConfigurationError):
        keeper.token()
    (tmp_path / "secret").write_text("hush-next")
    clock.advance(timedelta(minutes=1))
    assert keeper.token()


def test_secret_of_several_lines_is_refused_when_others_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("one\ntwo\n")
    path.chmod(0o644)
    with pytest.raises(ConfigurationError) as raised:
        SecretDocument(file=path).read()
    assert raised.value.code == "file_open_to_others"
    path.chmod(0o600)
    assert SecretDocument(file=path).read() == b"one\ntwo"
    assert SecretDocument(command=("printf", "one\ntwo\n")).text() == "one\ntwo"
