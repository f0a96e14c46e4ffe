"""The way to Meta: the token, TLS with an authority of one's own, images, and who looks."""

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.clock import SystemClock
from pipeline.config import MetaSettings, Settings
from pipeline.errors import ConfigurationError
from pipeline.flow.views.doctor import attempt, servers
from pipeline.meta.api import Graph
from pipeline.meta.client import open_graph
from pipeline.meta.errors import About, MetaError, Reason
from tests.servers import meta_contract
from tests.servers.certificates import make_certificate
from tests.servers.meta import FakeMeta, fake_meta


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture
def safe(certificate: Path) -> Iterator[FakeMeta]:
    with fake_meta(certificate) as running:
        running.account.add("+14155550100")
        yield running


def asked(settings: MetaSettings) -> MetaError | int:
    with open_graph(settings, SystemClock(), lambda _: None) as graph:
        try:
            return len(graph.numbers())
        except MetaError as error:
            return error


def test_an_authority_of_ones_own(safe: FakeMeta, certificate: Path, tmp_path: Path) -> None:
    settings = safe.settings(tmp_path, base_url=safe.tls_url, ca_file=str(certificate))
    assert asked(settings) == 1
    with open_graph(settings, SystemClock()) as graph:
        number = safe.account.of("+14155550100")
        assert graph.create_link(number.id, "Hi").text == "Hi"


def test_a_certificate_that_nobody_knows_gets_no_token(safe: FakeMeta, tmp_path: Path) -> None:
    error = asked(safe.settings(tmp_path, base_url=safe.tls_url))
    assert isinstance(error, MetaError)
    assert (error.reason, error.about) == (Reason.TLS, About.SETTING)
    assert "self-signed" in str(error).replace("self signed", "self-signed")
    assert safe.calls() == []


def test_another_name_in_the_certificate_gets_no_token(
    safe: FakeMeta, certificate: Path, tmp_path: Path
) -> None:
    elsewhere = safe.tls_url.replace("127.0.0.1", "localhost")
    error = asked(safe.settings(tmp_path, base_url=elsewhere, ca_file=str(certificate)))
    assert isinstance(error, MetaError)
    assert error.reason is Reason.TLS
    assert safe.calls() == []


def test_a_server_without_tls_gets_no_token(meta: FakeMeta, tmp_path: Path) -> None:
    error = asked(meta.settings(tmp_path, base_url=meta.url.replace("http:", "https:")))
    assert isinstance(error, MetaError)
    assert (error.reason, error.params["said"]) == (Reason.TLS, "no TLS")
    assert meta.calls() == []


def test_a_handshake_that_never_ends(meta: FakeMeta, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        settings = meta.settings(tmp_path, base_url=address)
        settings = settings.model_copy(update={"timeout_seconds": 0.5})
        with open_graph(settings, SystemClock(), lambda _: None) as graph:
            for work in (graph.numbers, lambda: graph.create_link("1", "Hi")):
                with pytest.raises(MetaError) as slow:
                    work()
                assert (slow.value.reason, slow.value.outcome_unknown) == (Reason.SLOW, False)


def test_no_proxy_of_the_environment_gets_the_token(
    meta: FakeMeta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    assert ssl.get_default_verify_paths()
    assert asked(meta.settings(tmp_path)) == 0


@pytest.mark.parametrize("text", ["two words", "Zugriffs–token", "“quoted”", "a\ttab"])
def test_what_is_no_token_is_refused_before_anything_is_sent(
    meta: FakeMeta, tmp_path: Path, text: str
) -> None:
    settings = meta.settings(tmp_path)
    (tmp_path / "meta-token").write_text(text)
    with pytest.raises(ConfigurationError) as refused, open_graph(settings, SystemClock()):
        pass
    assert refused.value.code in {"meta_token_signs", "secret_control"}
    assert text not in str(refused.value)
    assert meta.calls() == []


def test_without_a_token_nothing_is_opened(meta: FakeMeta) -> None:
    for settings in (MetaSettings(), MetaSettings(waba_id="1")):
        with pytest.raises(ConfigurationError) as refused, open_graph(settings, SystemClock()):
            pass
        assert refused.value.code == "meta_unset"


def test_a_file_of_authorities_that_is_none(meta: FakeMeta, tmp_path: Path) -> None:
    settings = meta.settings(tmp_path, ca_file=str(tmp_path / "none.pem"))
    with pytest.raises(ConfigurationError) as refused, open_graph(settings, SystemClock()):
        pass
    assert refused.value.code == "ca_file_missing"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/qr.png",
        "http://scontent.xx.fbcdn.net/qr.png",
        "https://fbcdn.net.evil.example/qr.png",
        "https://evilfbcdn.net/qr.png",
        "https://scontent.fbcdn.net@evil.example/qr.png",
        "https://scontent.fbcdn.net:8443/qr.png",
        "http://127.0.0.1:1/images/x.png",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://[fbcdn.net/qr.png",
        "https://scontent.fbcdn.net/\r\nHost: evil",
        "",
    ],
)
def test_images_come_from_hosts_of_meta_alone(graph: Graph, meta: FakeMeta, url: str) -> None:
    with pytest.raises(MetaError) as refused:
        graph.image(url)
    assert (refused.value.reason, refused.value.about) == (Reason.REFUSED, About.ITEM)
    assert meta.calls() == []


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("redirect", Reason.NOT_FOUND),
        ("html_404", Reason.NOT_FOUND),
        ("html", Reason.UNREADABLE),
        ("empty", Reason.UNREADABLE),
        ("huge", Reason.UNREADABLE),
        ("gzip_bomb", Reason.UNREADABLE),
        ("503", Reason.SERVER),
        ("reset", Reason.UNREACHABLE),
    ],
)
def test_an_image_that_does_not_come(
    graph: Graph, meta: FakeMeta, kind: str, reason: Reason
) -> None:
    meta.fail("image", kind, times=3)
    with pytest.raises(MetaError) as failed:
        graph.image(f"{meta.url}/images/ABCDEFGHIJKLM1.svg")
    assert failed.value.reason is reason
    assert failed.value.about is not About.SETTING
    assert all("authorization" not in seen.headers for seen in meta.calls("image"))


@pytest.mark.skipif(
    meta_contract.excerpt() is None, reason="the excerpt is not beside the checkout"
)
def test_the_fake_refuses_what_the_description_does_not_know() -> None:
    headers = {"authorization": "Bearer EAABx", "user-agent": "x/1.0.0"}
    good = {"code_method": "SMS", "language": "en_US"}
    path = "/v23.0/106/request_code"
    assert meta_contract.breaches("POST", path, {}, good, headers) == []
    wrong: list[Any] = [{}, None, [], {**good, "language": "english"}, {**good, "more": 1},
                        {**good, "code_method": "sms"}, {**good, "language": 5}]  # fmt: skip
    for body in wrong:
        assert meta_contract.breaches("POST", path, {}, body, headers), body
    assert meta_contract.breaches("PUT", path, {}, good, headers)
    assert meta_contract.breaches("POST", "/106/request_code", {}, good, headers)
    assert meta_contract.breaches("POST", path, {"x": "1"}, good, headers)
    assert meta_contract.breaches("POST", path, {}, good, {})
    listing = "/v23.0/106/phone_numbers"
    assert meta_contract.breaches("GET", listing, {"limit": "100"}, None, headers) == []
    for query in ({"limit": "101"}, {"limit": "x"}, {"fields": "id,passwords"}, {"sort": "up"}):
        assert meta_contract.breaches("GET", listing, query, None, headers), query
    link = {"prefilled_message": "x" * 141}
    assert meta_contract.breaches("POST", "/v23.0/106/message_qrdls", {}, link, headers)


def of_meta(settings: MetaSettings) -> Settings:
    return Settings(meta=settings)


def test_doctor_counts_the_numbers(meta: FakeMeta, settings: MetaSettings) -> None:
    meta.account.add("+14155550100")
    found = attempt("meta", lambda: servers.meta(of_meta(settings)))
    assert found is not None
    assert (found.state, found.word) == ("good", "meta_is")
    assert dict(found.values) == {"count": "1", "waba": meta.waba_id}
    assert {seen.method for seen in meta.calls()} == {"GET"}


def test_doctor_says_what_is_wrong(meta: FakeMeta, settings: MetaSettings) -> None:
    meta.token_state = "expired"
    found = attempt("meta", lambda: servers.meta(of_meta(settings)))
    assert found is not None
    assert found.state == "bad"
    assert found.error is not None
    assert found.error.code == "meta_token"
    assert json.dumps(str(found.error)).isascii()


def test_meta_is_asked_when_it_issues_or_has_a_token(settings: MetaSettings) -> None:
    assert of_meta(settings).asks_meta()
    assert not Settings().asks_meta()
    assert Settings.model_validate({"certificates": {"issuer": "meta"}}).asks_meta()
