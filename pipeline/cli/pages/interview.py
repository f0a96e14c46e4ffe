"""What ``pipeline init`` asks, and the configuration that the answers make."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from pipeline.config import Loaded, judged, read_values
from pipeline.config.written import as_toml
from pipeline.errors import ConfigurationError, SettingsError
from pipeline.resources import languages
from pipeline.terms import Issuer
from pipeline.wording import console as words

_IMAP_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_SMTP_PORTS = {"tls": 465, "starttls": 587, "none": 25}
ENCRYPTIONS = ("tls", "starttls", "none")
SOURCES = ("file", "command", "credential")
#: A host makes the kind of its section.
_KINDS = {"mailbox.host": "imap", "courier.host": "smtp"}
#: The answer for "no user": an empty answer takes the default.
_NOBODY = "-"

#: The setting of each option.
KEYS = {
    "address": "mailbox.address",
    "host": "mailbox.host",
    "encryption": "mailbox.encryption",
    "port": "mailbox.port",
    "user": "mailbox.user",
    "ca_file": "mailbox.ca_file",
    "smtp_host": "courier.host",
    "smtp_encryption": "courier.encryption",
    "smtp_port": "courier.port",
    "smtp_user": "courier.user",
    "smtp_ca_file": "courier.ca_file",
    "time_zone": "team.time_zone",
    "country": "team.country",
    "language": "team.language",
    "alert_to": "team.alert_to",
    "issuer": "certificates.issuer",
    "meta_waba_id": "meta.waba_id",
    "store_url": "store.url",
}

#: The beginning of the options that name the source of a secret.
_SECRET_OPTIONS = {
    "mailbox.password": "--password",
    "courier.password": "--smtp-password",
    "meta.token": "--meta-token",
}
_MISSING = frozenset({"setting_missing", "setting_secret_missing"})


@dataclass
class Interview:
    """Options first, then answers of a terminal, then defaults; each is checked when it is given.

    ``path`` is the file that will be written: relative paths are taken from its folder.
    """

    path: Path
    options: Mapping[str, Any]
    terminal: bool
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

    def hold(self) -> Loaded:
        """Ask what is open and return the settings.

        Raises SettingsError with everything that is wrong with the options; with the answers of a
        terminal nothing can be, because a wrong one is asked for again.
        """
        self._take_options()
        address = self._ask("address", words.word("our_address"))
        host = self._ask("host", "")
        if host:
            encryption = self._ask("encryption", "tls", choices=ENCRYPTIONS)
            self._ask("port", _IMAP_PORTS.get(encryption, 993))
            self._ask("user", address)
            self._ask_secret("mailbox.password")
        smtp_host = self._ask("smtp_host", "")
        if smtp_host:
            encryption = self._ask("smtp_encryption", "starttls", choices=ENCRYPTIONS)
            self._ask("smtp_port", _SMTP_PORTS.get(encryption, 587))
            self._ask_smtp_login(address)
        self._ask("country", "US")
        self._ask("time_zone", "UTC")
        self._ask("alert_to", "")
        self._ask("language", words.language(), choices=languages())
        issuer = self._ask("issuer", "embedded", choices=tuple(issuer.value for issuer in Issuer))
        if issuer == Issuer.META:
            self._ask("meta_waba_id", "")
            self._ask_secret("meta.token")
        found = self._judged()
        if found.faults:
            raise SettingsError(found.faults)
        return found

    def text(self) -> str:
        """Return the configuration as TOML."""
        return to_toml(self.values)

    def _take_options(self) -> None:
        given = {name: value for name, value in self.options.items() if value is not None}
        for name, key in KEYS.items():
            if name in given:
                self._put(key, given[name])
                self.origins[key] = _option(key)
        for key, option in _SECRET_OPTIONS.items():
            name = option.removeprefix("--").replace("-", "_")
            secret = {
                source: shlex.split(value) if source == "command" else value
                for source in SOURCES
                if (value := given.get(f"{name}_{source}"))
            }
            if secret:
                self._put(key, secret)
                for source in secret:
                    self.origins[f"{key}.{source}"] = f"{option}-{source}"
        if given.get("home"):
            self._put("store.home", str(Path(given["home"]).absolute()))
        if self.terminal and (faults := self._faults(set(KEYS.values()))):
            raise SettingsError(faults)

    def _ask(self, name: str, default: str | int, choices: tuple[str, ...] = ()) -> str:
        key = KEYS[name]
        if self.options.get(name) is None:
            self._answer(key, f"ask_{name}", default, choices)
        return str(self._get(key))

    def _answer(self, key: str, word: str, default: str | int, choices: tuple[str, ...]) -> None:
        kind = click.Choice(choices) if choices else None
        while True:
            answer: Any = default
            if self.terminal:
                answer = click.prompt(words.word(word), default=default, type=kind)
            self._put(key, answer)
            self.origins[key] = words.word("init_answer") if self.terminal else _option(key)
            if not self.terminal or not self._told(key):
                return

    def _ask_secret(self, key: str) -> None:
        if not self.terminal or self._get(key):
            return
        while True:
            kind = key.rpartition(".")[2]
            source = click.prompt(
                words.word(f"ask_{kind}_source"), default="file", type=click.Choice(SOURCES)
            )
            answer = click.prompt(words.word(f"ask_{kind}_{source}"), default="")
            if answer:
                self._put(key, {source: shlex.split(answer) if source == "command" else answer})
                self.origins[key] = words.word("init_answer")
            if not self._told(key):
                return

    def _ask_smtp_login(self, address: str) -> None:
        """Take the log-in of the mailbox for mail out, as most providers have it."""
        password = self._get("courier.password") or self._get("mailbox.password")
        user = str(self._get("mailbox.user") or address)
        chosen = self._ask("smtp_user", user if password or self.terminal else "")
        if chosen in {"", _NOBODY}:
            self._put("courier.user", "")
            return
        if password:
            self._put("courier.password", password)
        self._ask_secret("courier.password")

    def _told(self, key: str) -> bool:
        faults = self._faults({key})
        for fault in faults:
            click.echo(words.explain(fault), err=True)
        return bool(faults)

    def _faults(self, keys: set[str]) -> list[ConfigurationError]:
        # "missing" is not wrong as long as not everything was asked
        return [
            fault
            for fault in self._judged().faults
            if fault.params.get("key") in keys
            and (len(keys) == 1 or fault.code != "init_option_missing")
        ]

    def _judged(self) -> Loaded:
        found = judged(read_values(self.path, self.values, self.origins))
        return replace(found, faults=tuple(_for_init(fault) for fault in found.faults))

    def _put(self, key: str, value: Any) -> None:
        section, _, name = key.partition(".")
        table = self.values.setdefault(section, {})
        if key in _KINDS:
            table["kind"] = _KINDS[key] if value else "maildir"
        table[name] = value

    def _get(self, key: str) -> Any:
        section, _, name = key.partition(".")
        return self.values.get(section, {}).get(name)


def to_toml(values: Mapping[str, Mapping[str, Any]]) -> str:
    """Return sections of texts, numbers, lists and inline tables as TOML, without empty texts."""
    parts = []
    for section, table in values.items():
        lines = [f"{key} = {as_toml(value)}" for key, value in table.items() if value != ""]
        parts.append("\n".join([f"[{section}]", *lines, ""]))
    return "\n".join(parts)


def _for_init(fault: ConfigurationError) -> ConfigurationError:
    """Name the option where something is missing: there is no file yet to write it into."""
    if fault.code not in _MISSING:
        return fault
    key, because = str(fault.params["key"]), fault.params["because"]
    return ConfigurationError("init_option_missing", key=key, because=because, option=_option(key))


def _option(key: str) -> str:
    """Return the option of ``pipeline init`` that sets ``key``."""
    if key in _SECRET_OPTIONS:
        return f"{_SECRET_OPTIONS[key]}-file"
    return "--" + next(name for name, of in KEYS.items() if of == key).replace("_", "-")
