"""Each setting that cannot work is refused: exit code 4, the fault, and what to write."""

import os
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.unit.cli.conftest import IMAP, SMTP, Check, refused

_PASSWORD = 'password = { command = ["echo", "hush-hush"] }\n'


FAULTS = {
    "country by name": (
        '[team]\ncountry = "Japan"',
        'team.country = "Japan" is no country code',
        'Did you mean country = "JP"?',
    ),
    "country in Japanese": ('[team]\ncountry = "日本"', "no country code", 'country = "JP"?'),
    "country misspelt": ('[team]\ncountry = "Germny"', "no country code", 'country = "DE"?'),
    "country of three letters": ('[team]\ncountry = "JPN"', "no country code", 'country = "JP"?'),
    "country in small letters": ('[team]\ncountry = "jp"', "no country code", 'country = "JP"?'),
    "country UK": ('[team]\ncountry = "UK"', "no country code", 'country = "GB"?'),
    "country nowhere": ('[team]\ncountry = "Qx7"', "no country code", "two capital letters"),
    "no country": ('[team]\ncountry = ""', 'team.country = ""', "two capital letters"),
    "alert_to is a name": (
        '[team]\nalert_to = "staff"',
        'team.alert_to = "staff" is not one mail address',
        "such as staff@example.com",
    ),
    "alert_to is two": ('[team]\nalert_to = "a@b.example, c@d.example"', "not one", "of a list"),
    "alert_to with a name": ('[team]\nalert_to = "Staff <a@b.example>"', "not one", "without a"),
    "address": ('[mailbox]\naddress = "wa@"', "mailbox.address", "Write one address"),
    "own address": ('[mailbox]\nown_addresses = ["wa"]', "mailbox.own_addresses", "Write one"),
    "own addresses no list": ('[mailbox]\nown_addresses = "a@b.example"', "is no list", '["one"'),
    "language": ('[team]\nlanguage = "xx"', 'team.language = "xx"', "Write one of: en, de, ja."),
    "zone": ('[team]\ntime_zone = "Mars/Phobos"', "is no time zone", "IANA"),
    "zone by city": ('[team]\ntime_zone = "Berlin"', "is no time zone", '"Europe/Berlin"'),
    "zone misspelt": ('[team]\ntime_zone = "Asia/Tokio"', "is no time zone", '"Asia/Tokyo"'),
    "certificate zone": ('[certificates]\ntime_zone = ".."', "certificates.time_zone", "IANA"),
    "store scheme": ('[store]\nurl = "mysql://u:hush-hush@h/d"', '"mysql"', "sqlite:///FILE"),
    "store postgres": ('[store]\nurl = "postgres://h/d"', '"postgres"', "postgresql+psycopg://"),
    "store no URL": ('[store]\nurl = "requests.sqlite3"', "no address of a database", "sqlite:"),
    "store port": (
        '[store]\nurl = "postgresql://h:port/d"',
        "store.url has a port that",
        "HOST:5432",
    ),
    "store in memory": ('[store]\nurl = "sqlite://"', "store.url names no file", "sqlite:///FILE"),
    "port too big": ("[mailbox]\nport = 99999", "mailbox.port = 99999 is too big", "65535 or less"),
    "port zero": ("[courier]\nport = 0", "courier.port = 0 is too small", "Write 1 or more"),
    "port in words": ('[mailbox]\nport = "imaps"', 'mailbox.port = "imaps"', "Write digits only"),
    "imap without host": (
        '[mailbox]\nkind = "imap"\nuser = "wa"\n' + _PASSWORD,
        'mailbox.host is missing: mailbox.kind = "imap" needs it.',
        "or PIPELINE_MAILBOX__HOST in the environment",
    ),
    "imap without user": (
        '[mailbox]\nkind = "imap"\nhost = "h.example"\n' + _PASSWORD,
        "mailbox.user is missing",
        "Set mailbox.user",
    ),
    "imap without password": (IMAP, "mailbox.password is missing", "Set mailbox.password"),
    "smtp without host": (
        '[courier]\nkind = "smtp"',
        "courier.host is missing",
        "Set courier.host",
    ),
    "smtp user without password": (SMTP + 'user = "wa"', "courier.password is missing", "Set"),
    "smtp password without user": (
        SMTP + _PASSWORD,
        "courier.user is missing",
        "Set courier.user",
    ),
    "host with scheme": (
        SMTP.replace("smtp.example.com", "smtps://smtp.example.com"),
        'courier.host = "smtps://smtp.example.com" is no name of a server',
        "courier.port",
    ),
    "host with port": (
        IMAP.replace("imap.example.com", "imap.example.com:993") + _PASSWORD,
        "is no name of a server",
        "mailbox.port",
    ),
    "host with a blank": (SMTP.replace("smtp.", "smtp ."), "is no name of a server", "bare name"),
    "imap in plain text": (
        IMAP + 'encryption = "none"\n' + _PASSWORD,
        "would send the password to imap.example.com without encryption",
        'Write "tls" or "starttls".',
    ),
    "smtp in plain text": (SMTP + 'encryption = "none"', "courier.encryption", '"starttls"'),
    "unknown encryption": (SMTP + 'encryption = "ssl"', "none of the choices", "tls, starttls"),
    "unknown kind": ('[mailbox]\nkind = "pop3"', "none of the choices", "imap, maildir"),
    "folders clash": (
        '[folders]\nheld = "replies"',
        'folders.held = "replies" is the folder of folders.reply as well.',
        "Give each its own folder",
    ),
    "folder is the inbox": ('[folders]\nrequest = "Inbox"', "as well", "Give each its own"),
    "folder is the archive": ('[courier]\narchive_folder = "Held"', "folders.held", "Give each"),
    "folder of the copies": (
        SMTP + 'archive = "bcc"\n[folders]\nheld = "copies"',
        'courier.archive_folder = "Copies" is the folder of folders.held as well.',
        "Give each",
    ),
    "copies without a server": (
        '[courier]\narchive = "bcc"',
        'courier.archive = "bcc" needs courier.kind = "smtp".',
        "Leave courier.archive out",
    ),
    "folder without name": ('[folders]\nheld = ""', "cannot be the name of a folder", "Write a"),
    "folder with control": ('[folders]\nheld = "a\\u0007b"', "cannot be the name", "Write a name"),
    "folder with a star": ('[folders]\nheld = "He*d"', "cannot be the name", "*, % and"),
    "no mailbox id": ('[store]\nmailbox_id = " "', "store.mailbox_id", "Write a short text"),
    "header in a name": ('[courier]\nfrom_name = "a\\nBcc: b"', "courier.from_name", "one line"),
    "arc malformed": ('[certificates]\nprivate_enterprise_arc = "1.3.x"', "no object", "1.3.6.1"),
    "arc impossible": ('[certificates]\nprivate_enterprise_arc = "1.40.1"', "no object", "numbers"),
    "arc of a UUID": ('[certificates]\nprivate_enterprise_arc = "2.25.7"', "below 2.25", "IANA"),
    "domain": ('[courier]\nmessage_id_domain = "a b"', "courier.message_id_domain", "example.com"),
    "negative days": ("[retention]\nanswers_days = -1", "= -1 is too small", "Write 1 or more"),
    "endless days": ("[certificates]\napproval_days = 99999999999", "is too big", "36500 or less"),
    "number in words": ('[limits]\nbatch = "many"', 'limits.batch = "many"', "Write digits only"),
    "switch": ('[logs]\njson_lines = "perhaps"', "neither true nor false", "Write true or false"),
    "text is a number": ("[team]\nalert_to = 7", "team.alert_to = 7 is no text", "quotation marks"),
    "section is a value": ("team = 7", "team is a section", "[team]"),
    "unknown key": ('[team]\ncontry = "JP"', "no setting team.contry", "Did you mean country?"),
    "unknown section": ('[taem]\ncountry = "JP"', "no setting taem", "Did you mean team?"),
    "unknown without near": ("[team]\nzzzzzz = 1", "no setting team.zzzzzz", "Remove it"),
    "password in clear": (
        IMAP + 'password = "hush-hush"',
        "mailbox.password stands in the configuration itself",
        'mailbox.password = { file = "/etc/whatsapp-requests/secret" }',
    ),
    "password of two sources": (
        IMAP + 'password = { file = "x", credential = "y" }',
        "mailbox.password has more than one source",
        "Keep one of file, command and credential",
    ),
    "password of a wrong kind": (
        IMAP + 'password = { command = "echo hush-hush" }',
        "mailbox.password.command is not of the right kind",
        'command = ["…", "…"]',
    ),
    "credential is a path": (
        IMAP + 'password = { credential = "../hush" }',
        "mailbox.password.credential is no name",
        "LoadCredential=",
    ),
    "secret file missing": (
        IMAP + 'password = { file = "nosuch" }',
        "nosuch could not be read (No such file or directory)",
        "from the folder of the configuration file",
    ),
    "secret command fails": (
        IMAP + 'password = { command = ["sh", "-c", "echo hush-hush; exit 7"] }',
        "The command sh did not give a secret (exit 7)",
        "end with 0",
    ),
    "secret command missing": (
        IMAP + 'password = { command = ["no-such-program"] }',
        "The command no-such-program did not give a secret (No such file",
        "Run it as the user",
    ),
    "secret command is silent": (
        IMAP + 'password = { command = ["true"] }',
        "The secret from true is blank",
        "Write the secret there",
    ),
    "ca_file missing": (
        IMAP + _PASSWORD + 'ca_file = "ca.pem"',
        "ca.pem (mailbox.ca_file), could not be read",
        "Correct mailbox.ca_file",
    ),
    "ca_file of mail out missing": (
        '[courier]\nca_file = "ca.pem"',
        "ca.pem (courier.ca_file), could not be read",
        "Correct courier.ca_file",
    ),
    "ca_file is no certificate": (
        IMAP + _PASSWORD + 'ca_file = "pipeline.toml"',
        "pipeline.toml (mailbox.ca_file) holds no certificate in PEM",
        "-----BEGIN CERTIFICATE-----",
    ),
    "database password without a place": (
        "[store]\n" + _PASSWORD,
        "store.password is set, and store.url has no place for it",
        "postgresql+psycopg://USER@HOST/DATABASE",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_setting_that_cannot_work_is_refused(check: Check, name: str) -> None:
    refused(check, *FAULTS[name])


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[team]\nalert_to = "staff@xn--bcher-kva.example"',
        '[team]\ncountry = "JP"\ntime_zone = "Asia/Tokyo"\nlanguage = "ja"',
        IMAP.replace("imap.example.com", " imap.example.com ") + 'port = "993"\n' + _PASSWORD,
        SMTP,
        SMTP.replace("smtp.example.com", "127.0.0.1") + 'encryption = "none"',
        SMTP.replace("smtp.example.com", "::1") + 'encryption = "none"',
        IMAP + _PASSWORD,
        '[store]\nurl = "postgresql+psycopg://u:p@[::1]:5432/d"',
        '[store]\nurl = "postgresql://u@h/d"\n' + _PASSWORD,
        '[store]\nurl = "sqlite:///requests.sqlite3"',
        IMAP + _PASSWORD + '[folders]\nheld = "保留"',
        '[folders]\nheld = "Requests/Held"',
        '[mailbox]\npath = "mails"\n[courier]\npath = "mails/.Sent"',
        '[sender]\nauthserv_ids = ["mx.example.com"]\n[phones]\nrestricted = ["GB"]',
        '[store]\nurl = "postgresql://w:p%40%2F@h/d?sslmode=require"',
        '[store]\nurl = "postgresql:///d"',
        '[team]\ntime_zone = "UTC"',
        '[console]\nbind = "[::1]:80"\nbase_url = "http://localhost:80/wa"',
        '[console]\nbind = "0.0.0.0:8765"\nbase_url = "https://requests.example.com"',
        '[console]\nproxy_header = "X-User"\nproxy_from = ["10.0.8.0/24", "::1"]',
    ],
)
def test_setting_that_can_work_is_taken(check: Check, text: str) -> None:
    assert check(text) == (0, "")


def test_everything_that_is_wrong_is_told_at_once(check: Check) -> None:
    code, said = check(
        '[mailbox]\nkind = "imap"\nport = 0\n[team]\ncountry = "Japan"\ncontry = "x"\n'
        'alert_to = "x"\n[courier]\nkind = "smtp"\nca_fil = "x"\n'
    )
    blocks = said.strip().split("\n\n")
    assert code == 4
    assert {block.split(maxsplit=1)[0] for block in blocks} == {
        *("mailbox.port", "mailbox.host", "mailbox.user", "mailbox.password", "courier.host"),
        *("team.country", "team.alert_to", "There"),
    }
    assert len(blocks) == 9
    assert all(len(block.splitlines()) == 3 for block in blocks)


@pytest.mark.parametrize(
    ("variable", "value", "fault", "mend"),
    [
        ("PIPELINE_STORE", "x", "PIPELINE_STORE sets nothing", "Did you mean PIPELINE_STORE__"),
        ("PIPELINE_HOMES", "x", "PIPELINE_HOMES sets nothing", "Did you mean PIPELINE_HOME?"),
        ("PIPELINE_TEAM__", "x", "PIPELINE_TEAM__ sets nothing", "Did you mean PIPELINE_TEAM__"),
        ("PIPELINE_TEAM_COUNTRY", "JP", "sets nothing", "Did you mean PIPELINE_TEAM__COUNTRY?"),
        ("PIPELINE_TEAM__COUNTRY", "Japan", "no country", "It is set in PIPELINE_TEAM__COUNTRY"),
        ("PIPELINE_TAEM__COUNTRY", "JP", "setting taem (PIPELINE_TAEM__COUNTRY)", "Did you mean"),
        ("PIPELINE_STORE__HOME", "", "store.home is blank", "set in PIPELINE_STORE__HOME"),
        ("PIPELINE_HOME", " ", "store.home is blank", "set in PIPELINE_HOME"),
        ("PIPELINE_MAILBOX__PASSWORD", "hush-hush", "mailbox.password stands in", "{ file ="),
        ("PIPELINE_MAILBOX__PASSWORD__FIL", "x", "no setting mailbox.password.fil", "mean file?"),
    ],
)
def test_variable_that_sets_nothing_or_nonsense_is_refused(
    check: Check,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    fault: str,
    mend: str,
) -> None:
    monkeypatch.setenv(variable, value)
    refused(check, "", fault, mend)


def test_variables_of_others_are_passed_over(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SERVICE_HOST", "PORT", "PORT_8080_TCP_ADDR", "SERVICE_PORT_HTTP", "WORKSPACE"):
        monkeypatch.setenv(f"PIPELINE_{name}", "tcp://10.0.0.1:8080")
    assert check("") == (0, "")


_ENCODINGS = {
    "UTF-16": ("[team]\n".encode("utf-16"), "line 1 looks like UTF-16"),
    "UTF-16 without mark": ("[team]\n".encode("utf-16-le"), "line 1 looks like UTF-16"),
    "Latin-1": ("# a\n# Büro\n".encode("latin-1"), "line 2 looks like Latin-1"),
    "Shift_JIS": ("# 申請\n".encode("shift_jis"), "line 1 looks like Latin-1 / Windows-1252 / S"),
    "unfinished": (b"[team\n", "is not valid TOML at line 1, column 6"),
    "no value": (b"[team]\n\ncountry =\n", "is not valid TOML at line 3, column 10"),
    "open quote": (b"[team]\ncountry = 'JP", "is not valid TOML at line 2, column 14"),
    "twice": (b"[team]\ncountry = 'JP'\ncountry = 'DE'\n", "is not valid TOML at line 3, col"),
}


@pytest.mark.parametrize("name", _ENCODINGS)
def test_file_that_is_no_utf_8_or_no_toml_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    content, said = _ENCODINGS[name]
    path = tmp_path / "pipeline.toml"
    path.write_bytes(content)
    assert run(["--config", str(path), "config", "check"]) == 4
    err = capsys.readouterr().err
    assert err.startswith(f"The configuration file {path} is not")
    assert said in err.splitlines()[0]
    assert err.splitlines()[2].endswith("then run: pipeline config check")


def test_byte_order_mark_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pipeline.toml"
    path.write_text('[team]\r\ncountry = "JP"\r\n', encoding="utf-8-sig")
    assert run(["--config", str(path), "config", "show"]) == 0
    assert '"country": "JP"' in capsys.readouterr().out


def test_folder_as_configuration_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIPELINE_CONFIG", str(tmp_path))
    assert run(["config", "check"]) == 4
    assert capsys.readouterr().err.startswith(
        f"The configuration file {tmp_path} could not be read: Is a directory"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_configuration_of_another_user_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pipeline.toml"
    path.write_text("", encoding="utf-8")
    path.chmod(0)
    assert run(["--config", str(path), "config", "check"]) == 4
    assert "could not be read: Permission denied" in capsys.readouterr().err
