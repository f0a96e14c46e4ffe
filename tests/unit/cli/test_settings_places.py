"""Settings that look right and cannot work: places, names, signs in addresses, blank secrets."""

from pathlib import Path

import pytest

from pipeline.config import Secret, Settings, read_values
from pipeline.config.folders import MAILDIR_LEVEL
from pipeline.config.reading import section_at
from pipeline.config.zones import near_zone
from pipeline.mailbox import maildir
from tests.unit.cli.conftest import IMAP, SMTP, Check, refused

_NO_HOST = "is no name of a server"
_STORE = '[store]\nurl = "%s"'
FAULTS = {
    "console without a port": ('[console]\nbind = "127.0.0.1"', "no address and port", ":8765"),
    "console at a name": ('[console]\nbind = "example.com:80"', "no address and port", "[::1]"),
    "console at port 0": ('[console]\nbind = "127.0.0.1:0"', "no address and port", ":8765"),
    "console without brackets": ('[console]\nbind = "::1:8765"', "no address and port", "[::1]"),
    "console for all": ('[console]\nbind = "0.0.0.0:80"', "console.base_url is not", "https://"),
    "console in clear": (
        '[console]\nbase_url = "http://requests.example.com"',
        "is no address that browsers",
        "https://requests.example.com",
    ),
    "header with a colon": ('[console]\nproxy_header = "X:"\nproxy_from = ["::1"]', "header", "X-"),
    "header with _": ('[console]\nproxy_header = "A_B"\nproxy_from = ["::1"]', "header", "X-"),
    "header of anybody": ('[console]\nproxy_header = "X-User"', "proxy_from is not", '["127'),
    "proxy by name": ('[console]\nproxy_from = ["proxy"]', "no address and no network", "10.0"),
    "proxy in a network": ('[console]\nproxy_from = ["10.0.0.1/8"]', "no network", "10.0.8.0/24"),
    "blank home": ('[store]\nhome = ""', "store.home is blank", "Write a path"),
    "blanks as home": ('[store]\nhome = "  "', "store.home is blank", "Write a path"),
    "blank inbox": ('[mailbox]\npath = ""', "mailbox.path is blank", "Write a path"),
    "blank sent": ('[courier]\npath = " "', "courier.path is blank", "Write a path"),
    "NUL in a path": ('[store]\nhome = "a\\u0000b"', "store.home holds a control", "Write"),
    "bell in a path": ('[mailbox]\nca_file = "a\\u0007b"', "mailbox.ca_file holds", "Write"),
    "control in a secret path": (
        IMAP + 'password = { file = "a\\u0007" }',
        "mailbox.password.file holds a control",
        "Write the path anew",
    ),
    "password with @": (_STORE % "postgresql://w:ge@heim@h/d", "store.url has an un", "as %40"),
    "password with @ and /": (
        _STORE % "postgresql://w:ge@heim/7@127.0.0.1:54399/a",
        "store.url has an unescaped sign",
        "store.password",
    ),
    "password with /": (_STORE % "postgresql://w:1/h@h/d", "unescaped sign", "as %40"),
    "password with #": (_STORE % "postgresql://w:hush-hush#@h/d", "unescaped sign", "%23"),
    "password with ?": (_STORE % "postgresql://w:1?hush-hush@h/d", "unescaped sign", "%3F"),
    "password with %": (_STORE % "postgresql://w:a%zz@h/d", "unescaped sign", "%25"),
    "database host": (_STORE % "postgresql://999.1.1.1/d", "no name of a server", "HOST"),
    "database port": (_STORE % "postgresql://h:99999/d", "has a port that", "HOST:5432"),
    "database blank": (_STORE % "postgresql://w@h /d", "holds a blank", "%20"),
    "database without name": (_STORE % "postgresql://w@h", "names no database", "DATABASE"),
    "database at home": (_STORE % "sqlite:///~/x.sqlite3", "begins with ~", "whole path"),
    "no scheme, a password": (_STORE % "hush-hush", '(beginning with "…")', "sqlite:///FILE"),
    "same folders": ('[courier]\npath = "inbox"', "the folder of mailbox.path", "Give each"),
    "sent among the new": ('[courier]\npath = "inbox/new/x"', "folder of mailbox.path", "Give"),
    "inbox is the home": ('[mailbox]\npath = "."', "mailbox.path", "another folder"),
    "inbox is everything": ('[mailbox]\npath = "/"', 'mailbox.path = "/" lies where', "another"),
    "inbox in the authority": ('[mailbox]\npath = "authority/x"', "lies where", "another"),
    "sent in the blobs": ('[courier]\npath = "blobs"', "courier.path", "another folder"),
    "folder outside": ('[folders]\nheld = "../../out"', 'folders.held = "../../out"', "or .."),
    "folder above": ('[folders]\nheld = ".."', "folders.held", "no . or .."),
    "folder of slashes": ('[folders]\nheld = "/"', "folders.held", "no empty level"),
    "folder with an empty end": ('[folders]\nheld = "Held/"', "folders.held", "no empty level"),
    "folder no Maildir has": ('[folders]\nheld = "保留"', "in a Maildir", "English letters"),
    "authserv blank": ('[sender]\nauthserv_ids = [""]', "sender.authserv_ids", "doctor"),
    "authserv with result": ('[sender]\nauthserv_ids = ["mx; a=b"]', '"mx; a=b"', "doctor"),
    "restricted UK": ('[phones]\nrestricted = ["UK"]', 'holds "UK"', 'mean "GB"'),
    "restricted nowhere": ('[phones]\nrestricted = ["QQ"]', 'holds "QQ"', "two capital"),
    "zone JST": ('[team]\ntime_zone = "JST"', "is no time zone", 'mean "Asia/Tokyo"'),
    "zone in Japanese": ('[team]\ntime_zone = "東京"', "is no time zone", '"Asia/Tokyo"'),
    "zone half Japanese": ('[team]\ntime_zone = "東京/Tokyo"', "no time zone", '"Asia/Tokyo"'),
    "zone of a country": ('[team]\ntime_zone = "JP"', "no time zone", '"Asia/Tokyo"'),
    "zone Factory": ('[team]\ntime_zone = "Factory"', "no time zone", "IANA"),
    "zone of the machine": ('[team]\ntime_zone = "localtime"', "no time zone", "IANA"),
    "zone of right": ('[team]\ntime_zone = "right/Asia/Tokyo"', "no time zone", '"Asia/Tokyo"'),
    "host of digits": (SMTP.replace("smtp.example.com", "1234"), _NO_HOST, "bare name"),
    "host no IPv4": (SMTP.replace("smtp.example.com", "1.2.3.256"), _NO_HOST, "bare name"),
    "host everywhere": (SMTP.replace("smtp.example.com", "0.0.0.0"), _NO_HOST, "bare name"),
    "host broadcast": (SMTP.replace("smtp.example.com", "255.255.255.255"), _NO_HOST, "bare"),
    "host in brackets": (SMTP.replace("smtp.example.com", "[::1]"), _NO_HOST, "brackets: ::1."),
    "alert_to bidi": ('[team]\nalert_to = "a\\u202eb@c.example"', '"a\\u202eb@c', "Write one"),
    "alert_to at an IP": ('[team]\nalert_to = "a@192.0.2.1"', "not one mail address", "Write"),
    "alert_to ourselves": (
        '[mailbox]\naddress = "wa@x.example"\n[team]\nalert_to = "WA+a@x.example"',
        "is the requests mailbox itself",
        "an address that staff read",
    ),
    "mail in plain text": (SMTP + 'encryption = "none"', "send the customers' mail", '"tls"'),
    "host without kind": ('[mailbox]\nhost = "h.example"', "no server", 'kind = "imap"'),
    "SMTP host without kind": ('[courier]\nhost = "h.example"', "no server", 'kind = "smtp"'),
    "port is a switch": ("[mailbox]\nport = true", "mailbox.port = true is no", "digits"),
    "list where text belongs": ('[team]\nalert_to = ["a", 1]', '= ["a", 1] is no text', "Write"),
    "file without name": (IMAP + 'password = { file = "" }', "password.file is blank", "Write"),
    "file of blanks": (IMAP + 'password = { file = " " }', "password.file is blank", "Write"),
    "command blank": (IMAP + 'password = { command = [""] }', "command is blank", "Write"),
    "command of nothing": (IMAP + "password = { command = [] }", "command is blank", "Write"),
    "how to give a password": (IMAP, "is missing", "PIPELINE_MAILBOX__PASSWORD__FILE"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_setting_that_cannot_work_is_refused(check: Check, name: str) -> None:
    refused(check, *FAULTS[name])


@pytest.mark.parametrize("name", ["Mars/Phobos", "IST", "Atlantis", "Nowhere/Land", "火星"])
def test_zone_of_nowhere_has_no_suggestion(name: str) -> None:
    assert near_zone(name) == ""


def test_names_of_folders_are_those_that_a_maildir_takes() -> None:
    assert maildir._NAME.pattern == MAILDIR_LEVEL.pattern


def test_file_of_each_secret_is_taken_from_the_folder_of_the_configuration() -> None:
    secrets = [
        (section, key)
        for section in Settings.types
        for key, kind in (section_at([section]) or Settings).types.items()
        if isinstance(kind, type) and issubclass(kind, Secret)
    ]
    written: dict[str, dict[str, dict[str, str]]] = {}
    for section, key in secrets:
        written.setdefault(section, {})[key] = {"file": "secret"}
    found = read_values(Path("/etc/x/pipeline.toml"), written, {}).values
    files = {f"{section}.{key}": found[section][key]["file"] for section, key in secrets}
    assert "backup.passphrase" in files
    assert files == dict.fromkeys(files, "/etc/x/secret")
