"""Where the configuration comes from, what is shown of it, and what the doctor says of it."""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pipeline.cli import command_paths, run
from pipeline.config import Secret, Settings, hidden, load
from pipeline.config.countries import CODES
from pipeline.config.reading import known_variables
from pipeline.errors import ConfigurationError
from pipeline.store.engine import open_engine
from pipeline.store.engine import shown as database_shown
from pipeline.validation.geography import country_names

Outcome = tuple[int, str, str]
Ask = Callable[..., Outcome]

#: What each command needs on its line to get as far as the configuration.
_REFERENCE = "WA-7K3M9Q4M"
_ARGUMENTS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("request", "route"): (_REFERENCE, "migration"),
    ("request", "reject"): (_REFERENCE, "--reason", "policy"),
    ("request", "ask"): (_REFERENCE, "--field", "website"),
    ("request", "open"): ("--form", "qr", "--address", "a@b.example"),
    ("request", "note"): (_REFERENCE, "text"),
    ("request", "edit"): (_REFERENCE, "website=x"),
    ("request", "send-form"): (_REFERENCE, "--form", "onboarding"),
    ("mail", "files"): (_REFERENCE,),
    ("request", "snooze"): (_REFERENCE, "--until", "2026-12-08"),
    ("request", "code"): (_REFERENCE, "--send"),
    ("request", "merge"): (_REFERENCE, _REFERENCE),
    ("number", "show"): ("+81312345678",),
    ("number", "set"): ("+81312345678", "active"),
    ("number", "import"): ("numbers.csv",),
    ("organisation", "add"): ("sample-shoji.example",),
    ("organisation", "remove"): ("sample-shoji.example",),
    ("certificate", "verify"): ("certificate.txt",),
    ("certificate", "issue"): (_REFERENCE, "--file", "certificate.txt"),
    ("certificate", "revoke"): (_REFERENCE, "--reason", "exposed"),
    ("mail", "inject"): ("mail.eml",),
    ("export", "requests"): ("--to", "requests.csv"),
    ("export", "audit"): ("--to", "audit.csv"),
    ("privacy", "export"): ("hanako@sakura-denki.example", "--to", "person.zip"),
    ("privacy", "erase"): ("hanako@sakura-denki.example",),
    ("user", "add"): ("sato", "--role", "viewer", "--no-password"),
    ("user", "disable"): ("sato",),
    ("user", "enable"): ("sato",),
    ("user", "password"): ("sato",),
    ("user", "role"): ("sato", "viewer"),
}
_NEEDS_NONE = {"demo", "form", "init", "qr", "template", "version"}
#: A backup says itself what it is: on a new machine nothing else is there yet.
_ALONE = {("config", "schema"), ("backup", "verify"), ("backup", "restore")}


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Call the command line in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def called(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = run(list(arguments))
        captured = capsys.readouterr()
        return int(code), captured.out, captured.err

    return called


def _arguments(path: tuple[str, ...]) -> tuple[str, ...]:
    if path in _ARGUMENTS:
        return _ARGUMENTS[path]
    shows = path[0] in {"request", "outbox", "quarantine"}
    shows = shows and path[1] not in {"list", "resume"}
    one = path in {("mail", "show"), ("mail", "raw")} or path[0] == "certificate"
    return (_REFERENCE,) if shows or (one and path[1] not in {"list", "crl", "calendar"}) else ()


@pytest.mark.parametrize(
    "path",
    [path for path in command_paths() if path[0] not in _NEEDS_NONE and path not in _ALONE],
    ids=" ".join,
)
def test_no_configuration_is_told_with_the_places_and_makes_nothing(
    ask: Ask, path: tuple[str, ...]
) -> None:
    for name in ("numbers.csv", "certificate.txt", "mail.eml"):
        Path(name).write_text("number,state\n+81312345678,active\n", encoding="utf-8")
    before = sorted(Path().rglob("*"))
    code, out, err = ask(*path, *_arguments(path))
    told = out if path == ("doctor",) else err
    assert code == 4
    assert f"{Path.cwd() / 'pipeline.toml'} (not there), PIPELINE_CONFIG (not set)" in told
    assert "name the file with --config, or write one with: pipeline init" in told
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize("given", ["--home", "PIPELINE_HOME", "PIPELINE_LANG", "empty"])
def test_a_state_folder_alone_is_no_configuration(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, given: str, tmp_path: Path
) -> None:
    options = ["--home", str(tmp_path / "state")] if given == "--home" else []
    if given == "empty":
        monkeypatch.setenv("PIPELINE_CONFIG", "")
    elif given != "--home":
        monkeypatch.setenv(given, str(tmp_path / "state"))
    assert ask(*options, "status")[0] == 4
    assert not (tmp_path / "state").exists()


def test_settings_in_the_environment_alone_are_a_configuration(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_TEAM__COUNTRY", "JP")
    code, out, _ = ask("config", "show")
    found = json.loads(out)
    assert (code, found["team"]["country"]) == (0, "JP")
    assert found["store"]["home"] == str(Path.cwd() / "state")


@pytest.mark.parametrize(
    "arguments",
    [
        ("form", "list"),
        ("form", "build", "--out", "forms", "--format", "xlsx", "--lang", "en"),
        ("qr", "preview", "+4930123456", "--out", "qr"),
        ("template", "preview"),
        ("template", "preview", "withdrawn", "--lang", "ja"),
        ("template", "preview", "withdrawn", "--out", "notices"),
        ("version",),
        ("config", "schema"),
        ("--help",),
    ],
)
def test_commands_that_need_no_configuration(ask: Ask, arguments: tuple[str, ...]) -> None:
    assert ask(*arguments)[0] == 0
    assert not Path("state").exists()


def test_paths_of_the_file_are_taken_from_its_folder(ask: Ask, tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "pipeline.toml").write_text(
        '[store]\nhome = "../state"\nurl = "sqlite:///db.sqlite3"\n[mailbox]\nca_file = "ca.pem"\n'
        'password = { file = "secret" }\n[courier]\npassword = { file = "/run/secret" }\n',
        encoding="utf-8",
    )
    found = json.loads(ask("--config", "../etc/pipeline.toml", "config", "show")[1])
    here = Path.cwd()
    assert found["store"]["home"] == str(here / "../etc/../state")
    assert found["store"]["url"] == f"sqlite:///{here / '../etc/db.sqlite3'}"
    assert found["mailbox"]["ca_file"] == str(here / "../etc/ca.pem")
    assert found["mailbox"]["password"]["file"] == str(here / "../etc/secret")
    assert found["courier"]["password"]["file"] == "/run/secret"


def test_state_lies_beside_the_file_and_wherever_the_command_line_says(
    ask: Ask, tmp_path: Path
) -> None:
    path = tmp_path / "pipeline.toml"
    path.write_text("", encoding="utf-8")
    assert load(path, environment={}).home() == tmp_path / "state"
    assert load(path, Path("x"), environment={}).home() == Path.cwd() / "x"
    assert load(path, environment={"PIPELINE_HOME": "y"}).home() == Path.cwd() / "y"
    assert load(path, environment={"PIPELINE_STORE__HOME": "z"}).home() == Path.cwd() / "z"


def test_environment_goes_before_the_file_also_inside_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.toml"
    path.write_text('[mailbox]\npassword = { command = ["x"] }\n', encoding="utf-8")
    environment = {"PIPELINE_MAILBOX__PASSWORD__FILE": "/y", "PIPELINE_MAILBOX__USER": "12345"}
    found = load(path, environment=environment)
    assert found.mailbox.password == Secret(file=Path("/y"))
    assert found.mailbox.user == "12345"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://wa:hush-hush@h/d", "postgresql://wa:***@h/d"),
        ("postgresql://h/d?user=wa&password=hush-hush", "postgresql://h/d?user=wa&password=***"),
        ("postgresql://wa@h/d", "postgresql://wa@h/d"),
    ],
)
def test_password_in_the_url_of_the_database_is_hidden(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, url: str, shown: str
) -> None:
    monkeypatch.setenv("PIPELINE_STORE__URL", url)
    _, out, err = ask("config", "show")
    assert json.loads(out)["store"]["url"] == shown
    listed = ask("config", "show", "--origin")[1]
    assert f'store.url = "{shown}"  (PIPELINE_STORE__URL)' in listed.splitlines()
    assert "hush" not in out + err + listed


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://w:ge@heim/7@127.0.0.1:5/a", "postgresql://w:***@127.0.0.1:5/a"),
        ("postgresql://w:ge#heim@h/a", "postgresql://w:***@h/a"),
        ("postgresql://ge@heim@h/a", "postgresql://:***@h/a"),
        ("postgresql://w@h/a?sslpassword=geheim", "postgresql://w@h/a?sslpassword=***"),
        ("postgresql://w@[::1]:5/a", "postgresql://w@[::1]:5/a"),
        ("sqlite:////a@b/c.sqlite3", "sqlite:////a@b/c.sqlite3"),
    ],
)
def test_no_part_of_a_password_is_shown(url: str, shown: str) -> None:
    assert hidden(url) == shown


@pytest.mark.parametrize("password", ["ge@heim/7", "ge@heim", "ge/heim@7", "ge?h", "ge#h", "@"])
def test_no_part_of_a_password_is_shown_by_the_engine(password: str) -> None:
    engine = open_engine(f"postgresql://w:{password}@127.0.0.1/a", create=False)
    assert database_shown(engine) == "postgresql+psycopg://w:***@127.0.0.1/a"


def test_arguments_of_a_secret_command_are_not_shown(ask: Ask) -> None:
    Path("pipeline.toml").write_text(
        '[mailbox]\npassword = { command = ["vault", "--token", "hush"] }\n', encoding="utf-8"
    )
    code, out, _ = ask("config", "show")
    assert (code, json.loads(out)["mailbox"]["password"]["command"]) == (0, ["vault"])
    assert "hush" not in out + ask("config", "show", "--origin")[1]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"one\ntwo\n", "has more than one line"),
        (b"\xef\xbb\xbfhush\n", "begins with a byte order mark"),
        (b"hu\tsh\n", "holds a control character"),
        (b"x" * 65_537, "is longer than 65536 bytes"),
        (b"x" * 1_000_001, "is longer than 1000000 bytes"),
    ],
)
def test_secret_that_no_server_can_take_is_refused(ask: Ask, content: bytes, fault: str) -> None:
    _secret_file(0o600, content)(Path.cwd())
    text = _IMAP + 'password = { file = "secret" }\n'
    Path("pipeline.toml").write_text(text, encoding="utf-8")
    code, _, err = ask("config", "check")
    assert (code, len(err.splitlines())) == (4, 3)
    assert fault in err


@pytest.mark.parametrize("command", ["config check", "doctor"])
def test_passphrase_that_is_too_short_is_told_before_the_first_batch(
    ask: Ask, command: str
) -> None:
    text = '[certificates]\npassphrase = { command = ["echo", "hush"] }\n'
    Path("pipeline.toml").write_text(text, encoding="utf-8")
    code, out, err = ask(*command.split())
    assert code == 4
    assert "The passphrase of the authority is too short" in out + err
    assert "at least 16 characters" in out + err


def test_origin_of_each_setting_is_shown(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pipeline.toml").write_text('[team]\ncountry = "JP"\n', encoding="utf-8")
    monkeypatch.setenv("PIPELINE_TEAM__LANGUAGE", "ja")
    lines = ask("config", "show", "--origin")[1].splitlines()
    assert f'team.country = "JP"  ({Path.cwd() / "pipeline.toml"})' in lines
    assert 'team.language = "ja"  (PIPELINE_TEAM__LANGUAGE)' in lines
    assert 'team.time_zone = "UTC"  (built in)' in lines


def test_password_of_the_database_is_put_into_its_url() -> None:
    secret = {"command": ("printf", "%s", "p@ss/w:rd %41")}
    store = {"url": "postgresql+psycopg://wa@db.example:5433/d?sslmode=require", "password": secret}
    assert Settings.model_validate({"store": store}).database_url() == (
        "postgresql+psycopg://wa:p%40ss%2Fw%3Ard%20%2541@db.example:5433/d?sslmode=require"
    )


def _secret_file(mode: int, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "secret"
        path.write_bytes(content)
        path.chmod(mode)
        return path

    return make


_GOOD = _secret_file(0o600, b"hush\n")


def _read(secret: Secret) -> tuple[bytes | None, str]:
    try:
        return secret.read(), ""
    except ConfigurationError as error:
        return None, error.code


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (_GOOD, (b"hush", "")),
        (_secret_file(0o400, b"hush\r\n"), (b"hush", "")),
        (_secret_file(0o604, b"hush"), (None, "file_open_to_others")),
        (_secret_file(0o620, b"hush"), (None, "file_open_to_others")),
        (_secret_file(0o600, b"\n"), (None, "file_empty_or_zeros")),
        (_secret_file(0o600, b"\0" * 8), (None, "file_empty_or_zeros")),
        (_secret_file(0o600, b"hu\0sh"), (None, "secret_blank")),
        (lambda folder: folder, (None, "file_not_regular")),
        (lambda folder: folder / "nosuch", (None, "secret_unreadable")),
    ],
)
def test_secret_file_is_read_when_it_is_ours_alone(
    tmp_path: Path, make: Callable[[Path], Path], expected: tuple[bytes | None, str]
) -> None:
    assert _read(Secret(file=make(tmp_path))) == expected


def test_secret_file_may_be_a_link_as_kubernetes_makes_them(tmp_path: Path) -> None:
    (tmp_path / "..data").symlink_to(tmp_path, target_is_directory=True)
    link = tmp_path / "password"
    link.symlink_to(Path("..data") / _GOOD(tmp_path).name)
    assert _read(Secret(file=link)) == (b"hush", "")


def test_credential_is_read_with_the_mode_that_systemd_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _secret_file(0o440, b"hush")(tmp_path)
    secret = Secret(credential="secret")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert _read(secret) == (None, "secret_no_credentials")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert _read(secret) == (b"hush", "")
    assert _read(Secret(credential="nosuch")) == (None, "secret_unreadable")


def test_secret_that_is_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="secret_not_text"):
        Secret(file=_secret_file(0o600, b"\xff\xfd")(tmp_path)).text()


_IMAP = '[mailbox]\nkind = "imap"\nhost = "127.0.0.1"\nencryption = "none"\nport = 1\nuser = "wa"\n'
_BROKEN: dict[str, tuple[str, Iterable[str]]] = {
    "no TOML": ("[team\n", ("line 1, column 6", "Correct that line")),
    "two faults": (
        '[team]\ncountry = "Japan"\nalert_to = "x"\n',
        ('country = "JP"', 'team.alert_to = "x" is not one', "such as staff@example.com"),
    ),
    "misspelt": ('[team]\ncontry = "JP"\n', ("no setting team.contry", "Did you mean country?")),
    "no host": ('[courier]\nkind = "smtp"\n', ("courier.host is missing", "Set courier.host")),
    "password in clear": (
        _IMAP + 'password = "hush"\n',
        ("mailbox.password stands in the configuration", "{ file ="),
    ),
    "open password": (
        _IMAP + 'password = { file = "secret" }\n',
        ("Other users can read or change", "(mode 0644)", "Run: chmod 600"),
    ),
    "no password file": (
        _IMAP + 'password = { file = "nosuch" }\n',
        ("nosuch could not be read (No such file or directory)", "Check the path"),
    ),
    "no ca_file": ('[mailbox]\nca_file = "x.pem"\n', ("x.pem (mailbox.ca_file)", "Correct mail")),
    "no ca_file of mail out": (
        '[courier]\nca_file = "x.pem"\n',
        ("x.pem (courier.ca_file)", "Correct courier"),
    ),
    "folders": ('[folders]\nheld = "INBOX"\n', ("as well", "Give each its own folder")),
    "database": ('[store]\nurl = "mysql://h/d"\n', ('beginning with "mysql"', "sqlite:///FILE")),
    "failing command": (
        _IMAP + 'password = { command = ["false"] }\n',
        ("The command false did not give a secret (exit 1)", "Run it as the user"),
    ),
    "no server": (
        _IMAP + 'password = { command = ["echo", "hush"] }\n',
        ("The mailbox wa@127.0.0.1 could not be read", "run: pipeline doctor"),
    ),
}


@pytest.mark.parametrize("name", _BROKEN)
def test_doctor_names_the_fault_and_the_mend(ask: Ask, name: str) -> None:
    text, said = _BROKEN[name]
    Path("pipeline.toml").write_text(text, encoding="utf-8")
    Path("secret").write_text("hush", encoding="utf-8")
    Path("secret").chmod(0o644)
    code, out, err = ask("doctor")
    assert code == (75 if name == "no server" else 4)
    assert [words for words in said if words not in out] == []
    assert "hush" not in out + err


def test_doctor_tells_broken_settings_as_json(ask: Ask) -> None:
    Path("pipeline.toml").write_text("[team]\ncountry = 'Japan'\nx = 1\n", encoding="utf-8")
    code, out, _ = ask("doctor", "--json")
    assert code == 4
    assert [(item["check"], item["state"]) for item in json.loads(out)] == [("settings", "bad")] * 2
    assert sorted(Path().iterdir()) == [Path("pipeline.toml")]


def test_missing_ca_file_is_a_setting_and_no_server_that_is_down(ask: Ask) -> None:
    text = _IMAP + 'password = { command = ["echo", "hush"] }\nca_file = "x.pem"\n'
    Path("pipeline.toml").write_text(text, encoding="utf-8")
    code, _, err = ask("run")
    assert code == 4
    assert f"{Path.cwd() / 'x.pem'} (mailbox.ca_file), could not be read" in err


def test_countries_are_those_that_customers_can_name() -> None:
    assert country_names.codes() == CODES


def test_every_variable_that_is_suggested_sets_something() -> None:
    assert {"PIPELINE_STORE__PASSWORD", "PIPELINE_CONFIG"} <= set(known_variables())
    for name in set(known_variables()) - {"PIPELINE_CONFIG", "PIPELINE_HOME", "PIPELINE_LANG"}:
        section, _, key = name.removeprefix("PIPELINE_").lower().partition("__")
        assert key in getattr(Settings(), section).model_dump()
    assert os.environ.get("PIPELINE_CONFIG") is None
