"""The section meta: what is missing or can never work is refused; init asks for it and tries it."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.config import MetaSettings
from tests.servers.meta import FakeMeta, fake_meta
from tests.unit.cli.conftest import Check

_HUSH = '{ command = ["echo", "hush-hush"] }'
_ISSUER = '[certificates]\nissuer = "meta"\n'
_META = f'[meta]\nwaba_id = "102290129340398"\ntoken = {_HUSH}\n'

FAULTS = {
    "no account": (
        _ISSUER + _META.replace('waba_id = "102290129340398"\n', ""),
        "meta.waba_id is missing",
        "PIPELINE_META__WABA_ID",
    ),
    "no token": (
        _ISSUER + _META.replace(f"token = {_HUSH}\n", ""),
        'certificates.issuer = "meta"',
        "PIPELINE_META__TOKEN__FILE",
    ),
    "a token without an account": (f"[meta]\ntoken = {_HUSH}\n", "meta.waba_id is missing", "Set"),
    "token in clear": (
        _ISSUER + _META.replace(_HUSH, '"hush-hush"'),
        "meta.token stands in the configuration",
        "file =",
    ),
    "PIN in clear": (f'{_META}pin = "123456"\n', "meta.pin stands in the configuration", "file ="),
    "plain address": (f'{_META}base_url = "http://graph.example.com"\n', "is no address", "https"),
    "address with a user": (f'{_META}base_url = "https://a:b@graph.example.com"\n', "is no", ""),
    "version": (f'{_META}version = "23"\n', "is no version", "v23.0"),
    "name of the account": (f"{_META.replace('102290129340398', 'Jasper')}", "is no id", "digits"),
    "language": (f'{_META}code_language = "english"\n', "no language", "en_US"),
    "no time": (f"{_META}timeout_seconds = 0\n", "meta.timeout_seconds", ""),
    "unknown": (f"{_META}tokn = 1\n", "meta.tokn", "Did you mean token?"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_work_is_refused_with_the_way_out(check: Check, name: str) -> None:
    written, what, way = FAULTS[name]
    code, out = check(written)
    assert code == 4
    assert what in out
    assert way in out
    assert "hush-hush" not in out


@pytest.mark.parametrize("written", [_ISSUER + _META, _META, f"{_META}add_numbers = true\n"])
def test_what_can_work_is_taken(check: Check, written: str) -> None:
    code, out = check(written)
    assert code == 0, out
    assert "hush-hush" not in out


@pytest.mark.parametrize("pin", ["12345", "1234567", "abcdef"])
def test_a_pin_has_six_digits(check: Check, pin: str) -> None:
    code, out = check(f'{_META}pin = {{ command = ["echo", "{pin}"] }}\n')
    assert code == 4
    assert "six digits" in out
    assert pin not in out


@pytest.fixture
def meta() -> Iterator[FakeMeta]:
    with fake_meta() as running:
        yield running
    assert running.breaches == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meta: FakeMeta) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(MetaSettings, "base_url", meta.url)
    meta.settings(tmp_path)
    return tmp_path


@pytest.mark.parametrize("state", ["good", "expired"])
def test_init_writes_the_section_and_asks_meta(
    folder: Path, meta: FakeMeta, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    meta.token_state = state
    code = run(["init", "--meta-waba-id", meta.waba_id, "--meta-token-file", "meta-token"])
    written = tomllib.loads((folder / "pipeline.toml").read_text(encoding="utf-8"))
    assert written["meta"] == {"waba_id": meta.waba_id, "token": {"file": "meta-token"}}
    told = capsys.readouterr()
    assert meta.token not in told.out + told.err
    assert [seen.method for seen in meta.calls()] == ["GET"]
    assert code == (0 if state == "good" else 4)
    assert ("Meta does not accept the access token" in told.err) == (state == "expired")


def test_init_without_an_account_names_the_option(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "--issuer", "meta"]) == 4
    told = capsys.readouterr().err
    assert "--meta-waba-id" in told
    assert "--meta-token-file" in told
    assert not (folder / "pipeline.toml").exists()
