"""Microsoft and Google through their own libraries, against a server on loopback."""

import base64
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.tokens.google import GoogleKeySource, GoogleRefreshSource
from pipeline.tokens.grant import TokenSource
from pipeline.tokens.microsoft import MicrosoftSource
from pipeline.tokens.transport import Transport
from tests.servers.certificates import make_rsa_certificate
from tests.servers.tokens import TokenServer

_KEY = (
    b'{"type": "service_account", "token_uri": "https://127.0.0.1/", "client_email": "a",'
    b' "private_key": KEY}'
)

Make = Callable[[TokenServer], TokenSource]


@pytest.fixture(scope="module")
def private_key() -> str:
    made = rsa.generate_private_key(65537, 2048)
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_rsa_certificate(tmp_path_factory.mktemp("app"), "app").read_text()


@pytest.fixture
def microsoft(certificate: Path) -> Make:
    def make(server: TokenServer, **more: Any) -> MicrosoftSource:
        given = {"secret": server.secret, **more}
        return MicrosoftSource(
            authority=f"https://127.0.0.1:{server.tls_port}",
            tenant="tenant.example",
            client_id="client",
            identity="x",
            transport=Transport(str(certificate), 5),
            **given,
        )

    return make


@pytest.fixture
def google_key(certificate: Path, private_key: str) -> Make:
    def make(server: TokenServer) -> GoogleKeySource:
        key = {
            "type": "service_account",
            "client_email": "robot@project.iam.example",
            "private_key_id": "1",
            "private_key": private_key,
            "token_uri": server.tls_url,
        }
        transport = Transport(str(certificate), 5)
        return GoogleKeySource(json.dumps(key).encode(), "box@example.com", "x", transport)

    return make


@pytest.fixture
def google_refresh(certificate: Path) -> Make:
    def make(server: TokenServer) -> GoogleRefreshSource:
        return GoogleRefreshSource(
            "client",
            server.secret,
            server.refresh_token,
            "x",
            Transport(str(certificate), 5),
            url=server.tls_url,
        )

    return make


@pytest.fixture(params=["microsoft", "google_key", "google_refresh"])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.getfixturevalue(request.param)
    return made


def _told(source: TokenSource) -> PipelineError:
    with pytest.raises(PipelineError) as raised:
        source.request("")
    assert "hush" not in str(raised.value)
    assert "PRIVATE" not in str(raised.value)
    return raised.value


def _claims(assertion: str) -> dict[str, Any]:
    body = assertion.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def test_token_comes_with_its_end(make: Make, safe_identity: TokenServer) -> None:
    grant = make(safe_identity).request("")
    assert safe_identity.seen(grant.access_token)["active"] == "true"
    assert grant.lifetime == timedelta(hours=1)
    assert "hush" not in f"{make(safe_identity)!r}{grant!r}"


@pytest.mark.parametrize(
    ("mode", "kind", "code"),
    [
        ("down", TryLaterError, "token_endpoint_down"),
        ("busy", TryLaterError, "token_endpoint_down"),
        ("hang_up", TryLaterError, "token_endpoint_down"),
        ("garbage", TryLaterError, "token_answer"),
        ("huge", TryLaterError, "token_answer"),
        ("gone", ConfigurationError, "token_not_there"),
        ("redirect", ConfigurationError, "token_redirect"),
        ("invalid_client", ConfigurationError, "token_client"),
        ("invalid_grant", ConfigurationError, "token_grant"),
        ("unauthorized_client", ConfigurationError, "token_unauthorized"),
        ("invalid_scope", ConfigurationError, "token_scope"),
        ("invalid_resource", ConfigurationError, "token_scope"),
        ("invalid_request", ConfigurationError, "token_refused"),
    ],
)
def test_failure_is_told_by_who_can_mend_it(
    make: Make, safe_identity: TokenServer, mode: str, kind: type[PipelineError], code: str
) -> None:
    safe_identity.mode = mode
    source = make(safe_identity)
    known = (getattr(source, name, "") for name in ("secret", "refresh_token"))
    safe_identity.description = f"words {' '.join(known)}"
    told = _told(source)
    assert (isinstance(told, kind), told.code) == (True, code)
    if mode.startswith(("invalid", "unauthorized")):
        assert str(told.params["reason"]).startswith(f"{mode}: words")


def test_server_that_is_not_trusted_gets_nothing(make: Make, safe_identity: TokenServer) -> None:
    source = make(safe_identity)
    source.transport.ca_file = ""  # type: ignore[attr-defined]
    assert _told(source).code == "token_tls_refused"
    assert safe_identity.asked == []


@pytest.mark.parametrize("missing", ["msal", "google"])
def test_missing_library_is_named_with_its_extra(
    missing: str,
    microsoft: Make,
    google_key: Make,
    safe_identity: TokenServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    told = _told((microsoft if missing == "msal" else google_key)(safe_identity))
    extra = "microsoft" if missing == "msal" else "google"
    assert (type(told), told.code) == (ConfigurationError, "token_library")
    assert told.params["extra"] == extra


def test_microsoft_is_asked_for_the_scope_of_exchange(
    microsoft: Make, safe_identity: TokenServer
) -> None:
    microsoft(safe_identity).request("")
    (asked,) = safe_identity.asked
    assert asked.path == "/tenant.example/token"
    assert asked.form["grant_type"] == "client_credentials"
    assert asked.form["scope"] == "https://outlook.office365.com/.default"
    assert asked.form["client_id"] == "client"


def test_microsoft_certificate_signs_the_request(
    microsoft: Any, safe_identity: TokenServer, pem: str
) -> None:
    microsoft(safe_identity, secret="", certificate=pem).request("")
    form = safe_identity.asked[0].form
    claims = _claims(form["client_assertion"])
    assert (claims["iss"], claims["sub"]) == ("client", "client")
    assert claims["aud"].endswith("/tenant.example/token")
    assert "client_secret" not in form


@pytest.mark.parametrize("broken", ["", "key only", "certificate only", "encrypted"])
def test_microsoft_certificate_without_its_key_is_a_setting(
    microsoft: Any, safe_identity: TokenServer, pem: str, private_key: str, broken: str
) -> None:
    content = {
        "": "no PEM",
        "key only": private_key,
        "certificate only": pem[pem.index("-----BEGIN CERTIFICATE") :],
        "encrypted": pem.replace("MII", "AAA", 1),
    }[broken]
    told = _told(microsoft(safe_identity, secret="", certificate=content))
    assert (type(told), told.code) == (ConfigurationError, "token_certificate")


def test_microsoft_tenant_that_does_not_exist_is_a_setting(
    microsoft: Make, safe_identity: TokenServer
) -> None:
    safe_identity.mode = "invalid_tenant"
    safe_identity.description = "AADSTS90002: Tenant 'tenant.example' not found."
    told = _told(microsoft(safe_identity))
    assert (type(told), told.code) == (ConfigurationError, "token_tenant")
    assert "AADSTS90002" in str(told.params["reason"])


@pytest.mark.parametrize(("skew", "seconds"), [(-900, 900), (900, -900)])
def test_clock_that_spoils_a_signed_request_is_told(
    microsoft: Any, google_key: Make, safe_identity: TokenServer, pem: str, skew: int, seconds: int
) -> None:
    safe_identity.skew = skew
    for mode, source in {
        "invalid_client": microsoft(safe_identity, secret="", certificate=pem),
        "invalid_grant": google_key(safe_identity),
    }.items():
        safe_identity.mode = mode
        told = _told(source)
        assert (type(told), told.code) == (ConfigurationError, "token_clock")
        assert abs(int(str(told.params["seconds"])) - seconds) <= 5


def test_clock_is_not_to_blame_for_an_unsigned_request(
    microsoft: Make, google_refresh: Make, safe_identity: TokenServer
) -> None:
    safe_identity.skew = 900
    safe_identity.mode = "invalid_client"
    assert _told(microsoft(safe_identity)).code == "token_client"
    assert _told(google_refresh(safe_identity)).code == "token_client"


def test_google_is_asked_for_the_mailbox_of_the_subject(
    google_key: Make, safe_identity: TokenServer
) -> None:
    google_key(safe_identity).request("")
    (asked,) = safe_identity.asked
    claims = _claims(asked.form["assertion"])
    assert asked.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert (claims["sub"], claims["scope"]) == ("box@example.com", "https://mail.google.com/")


def test_google_refresh_token_that_was_replaced_is_used(
    google_refresh: Make, safe_identity: TokenServer
) -> None:
    source = google_refresh(safe_identity)
    renewal = source.request("").refresh_token
    assert renewal == "hush-refresh-1"
    assert source.request(renewal).refresh_token == "hush-refresh-2"


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"type": "authorized_user", "token_uri": "https://127.0.0.1/"}',
        b'{"type": "service_account", "token_uri": "https://127.0.0.1/"}',
        b'{"type": "service_account", "token_uri": "http://example.com/", "private_key": "x"}',
        _KEY.replace(b"KEY", b'"hush"'),
        _KEY.replace(b"KEY", b"5"),
    ],
)
def test_google_key_that_is_none_is_a_setting(key: bytes) -> None:
    told = _told(GoogleKeySource(key, "box@example.com", "x", Transport(seconds=1)))
    assert (type(told), told.code) == (ConfigurationError, "token_key")
