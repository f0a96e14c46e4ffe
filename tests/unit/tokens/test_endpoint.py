"""Any token endpoint: what is asked, what is taken for an answer, and who has to mend a failure."""

import base64
import ssl
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.tokens.endpoint import Client, EndpointSource
from pipeline.tokens.grant import read_grant
from pipeline.tokens.transport import Transport, wait_of
from tests.servers.tokens import TokenServer
from tests.world.pace import soon


def _source(server: TokenServer, **more: Any) -> EndpointSource:
    given = {"url": server.url, "client": Client("client", server.secret), "identity": "x",
             "transport": Transport(seconds=5)}  # fmt: skip
    return EndpointSource(**{**given, **more})


def _told(source: EndpointSource) -> PipelineError:
    with pytest.raises(PipelineError) as raised:
        source.request("")
    assert "hush" not in f"{raised.value}"
    return raised.value


def test_token_comes_with_its_end(identity: TokenServer) -> None:
    grant = _source(identity).request("")
    assert identity.seen(grant.access_token)["active"] == "true"
    assert (grant.lifetime, grant.refresh_token) == (timedelta(hours=1), "")


def test_basic_is_form_encoded_and_the_body_holds_no_secret(identity: TokenServer) -> None:
    identity.client_id, identity.secret = "a:b", "hüsh +%"
    client = Client("a:b", "hüsh +%")
    _source(identity, client=client, scope="mail").request("")
    (asked,) = identity.asked
    assert asked.form == {"grant_type": "client_credentials", "scope": "mail"}
    basic = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
    assert basic == "a%3Ab:h%C3%BCsh+%2B%25"


def test_secret_in_the_body_where_the_server_wants_it(identity: TokenServer) -> None:
    client = Client("client", identity.secret, in_body=True)
    _source(identity, client=client, extra={"audience": "imap", "resource": "urn:x"}).request("")
    (asked,) = identity.asked
    assert "authorization" not in asked.headers
    assert asked.form == {
        "grant_type": "client_credentials", "client_id": "client",
        "client_secret": identity.secret, "audience": "imap", "resource": "urn:x",
    }  # fmt: skip


def test_refresh_token_is_that_of_the_settings_until_another_one_is_known(
    identity: TokenServer,
) -> None:
    source = _source(identity, refresh_token=identity.refresh_token, rotates=True)
    grant = source.request("")
    assert grant.refresh_token == "hush-refresh-1"
    assert source.request(grant.refresh_token).refresh_token == "hush-refresh-2"
    assert [asked.form["refresh_token"] for asked in identity.asked] == [
        "hush-refresh-0",
        "hush-refresh-1",
    ]


def test_client_without_a_secret_names_itself_in_the_body(identity: TokenServer) -> None:
    source = _source(
        identity, client=Client("public"), refresh_token=identity.refresh_token, rotates=True
    )
    source.request("")
    assert identity.asked[0].form["client_id"] == "public"
    assert "authorization" not in identity.asked[0].headers


@pytest.mark.parametrize(
    ("mode", "kind", "code"),
    [
        ("down", TryLaterError, "token_endpoint_down"),
        ("busy", TryLaterError, "token_endpoint_down"),
        ("hang_up", TryLaterError, "token_endpoint_down"),
        ("garbage", TryLaterError, "token_answer"),
        ("huge", TryLaterError, "token_answer"),
        ("temporarily_unavailable", TryLaterError, "token_endpoint_down"),
        ("server_error", TryLaterError, "token_endpoint_down"),
        ("slow_down", TryLaterError, "token_endpoint_down"),
        ("gone", ConfigurationError, "token_not_there"),
        ("redirect", ConfigurationError, "token_redirect"),
        ("invalid_client", ConfigurationError, "token_client"),
        ("invalid_grant", ConfigurationError, "token_grant"),
        ("unauthorized_client", ConfigurationError, "token_unauthorized"),
        ("invalid_scope", ConfigurationError, "token_scope"),
        ("invalid_target", ConfigurationError, "token_scope"),
        ("invalid_request", ConfigurationError, "token_refused"),
        ("unsupported_grant_type", ConfigurationError, "token_refused"),
        ("a code of their own", ConfigurationError, "token_refused"),
    ],
)
def test_failure_is_told_by_who_can_mend_it(
    identity: TokenServer, mode: str, kind: type[PipelineError], code: str
) -> None:
    identity.mode = mode
    told = _told(_source(identity))
    assert (type(told).__mro__[0] is kind or isinstance(told, kind), told.code) == (True, code)
    assert len(identity.asked) == 1  # a redirect is not followed, a refusal not tried again


def test_time_that_the_server_wants_to_be_left_alone_is_known(identity: TokenServer) -> None:
    identity.mode = "busy"
    told = _told(_source(identity))
    assert wait_of(told) == 120
    assert told.params["reason"] == "HTTP 429, Retry-After 120 s"


def test_words_of_the_server_are_told_without_our_secret(identity: TokenServer) -> None:
    identity.mode = "invalid_client"
    identity.description = f"AADSTS7000222: expired,\r\n\x1b[31m key {identity.secret}"
    told = _told(_source(identity))
    assert told.params["reason"] == "invalid_client: AADSTS7000222: expired, [31m key …"


def test_slow_answer_is_given_up_in_time(identity: TokenServer) -> None:
    identity.mode = "slow"
    begun = time.monotonic()
    told = _told(_source(identity, transport=Transport(seconds=0.5)))
    assert (told.code, told.params["reason"]) == ("token_endpoint_down", "timeout")
    assert soon(time.monotonic() - begun, 3)


def test_no_server_and_no_name_are_try_later() -> None:
    for url, code in {
        "http://127.0.0.1:1/token": "token_endpoint_down",
        "https://name.invalid/token": "token_host_unknown",
    }.items():
        source = EndpointSource(url, Client("c", "hush"), "x", Transport(seconds=2))
        told = _told(source)
        assert (isinstance(told, TryLaterError), told.code) == (True, code)


@pytest.mark.parametrize(
    "url",
    ["http://login.example.com/token", "https://u:p@127.0.0.1/t", "https://127.0.0.1/t#x",
     "ftp://127.0.0.1/", "https://", "https://[::1/", "file:///etc/passwd",
     "http://127.0.0.1.example.com/", "https://127.0.0.1/\r\nHost: x"],
)  # fmt: skip
def test_secrets_go_to_no_address_that_is_not_safe(url: str) -> None:
    transport = Transport(seconds=1)
    with pytest.raises(ConfigurationError) as raised:
        transport.request("POST", url, b"hush")
    assert raised.value.code == "token_url"


def test_certificate_is_checked(safe_identity: TokenServer, certificate: Path) -> None:
    url = safe_identity.tls_url
    told = _told(_source(safe_identity, url=url))
    assert (type(told), told.code) == (ConfigurationError, "token_tls_refused")
    assert safe_identity.asked == []
    trusting = Transport(str(certificate), seconds=5)
    assert _source(safe_identity, url=url, transport=trusting).request("").access_token
    told = _told(
        _source(safe_identity, url=url.replace("127.0.0.1", "localhost"), transport=trusting)
    )
    assert told.code == "token_tls_refused"


def test_encryption_to_a_port_without_is_a_setting(identity: TokenServer) -> None:
    told = _told(_source(identity, url=identity.url.replace("http:", "https:")))
    assert (type(told), told.code) == (ConfigurationError, "token_tls_refused")


@pytest.mark.parametrize(
    ("given", "lifetime"),
    [
        ({"expires_in": 3599}, timedelta(seconds=3599)),
        ({"expires_in": "3599"}, timedelta(seconds=3599)),
        ({"expires_in": 3599.5}, timedelta(seconds=3599.5)),
        ({}, None),
        ({"expires_in": None}, None),
        ({"expires_in": True}, None),
        ({"expires_in": "soon"}, None),
        ({"expires_in": "nan"}, None),
        ({"expires_in": 1e300}, None),
        ({"expires_in": "inf"}, None),
        ({"expires_in": -5}, timedelta(0)),
        ({"expires_in": 10**9}, timedelta(days=365)),
        ({"token_type": "bearer"}, None),
    ],
)
def test_end_of_a_token_is_read_however_it_is_written(
    given: dict[str, Any], lifetime: timedelta | None
) -> None:
    assert read_grant({"access_token": "a.b-c", **given}, "x").lifetime == lifetime


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"access_token": ""},
        {"access_token": 5},
        {"access_token": "two words"},
        {"access_token": "a\x01auth=Bearer b"},
        {"access_token": "a\r\nb"},
        {"access_token": "schlüssel"},
        {"access_token": "x" * 20_000},
        {"access_token": "a", "token_type": "DPoP"},
        {"access_token": "a", "token_type": ["Bearer"]},
    ],
)
def test_what_is_no_bearer_token_is_no_answer(fields: dict[str, Any]) -> None:
    with pytest.raises(TryLaterError) as raised:
        read_grant(fields, "x")
    assert raised.value.code == "token_answer"


def test_nothing_shows_a_secret(identity: TokenServer) -> None:
    source = _source(identity, refresh_token="hush-r", rotates=False)
    grant = source.request("")
    assert "hush" not in f"{source!r}{grant!r}{source.transport.last!r}"


def test_context_asks_for_checked_names() -> None:
    context = Transport()._context()
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
