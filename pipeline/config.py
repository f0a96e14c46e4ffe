"""Settings: ``pipeline.toml``, overridden by ``PIPELINE_<SECTION>__<KEY>``; secrets by file only.

Unknown keys are errors with the nearest known one. The state folder is ``--home``,
``PIPELINE_HOME`` or ``[store] home``.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import ConfigurationError

_ENVIRONMENT_PREFIX = "PIPELINE_"
_RESERVED = frozenset({"PIPELINE_CONFIG", "PIPELINE_HOME"})


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name}") from error
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]


class Secret(_Section):
    """A secret that stands in a file, is printed by a command, or is a systemd credential."""

    file: Path | None = None
    command: tuple[str, ...] = ()
    credential: str = ""

    def read(self) -> bytes | None:
        """Return the secret without its final line end, or None when none is set.

        Raises ConfigurationError ``secret_unreadable`` when it is set and cannot be read.
        """
        import subprocess  # noqa: PLC0415 - only where a secret is printed by a command

        try:
            if self.file is not None:
                return self.file.read_bytes().rstrip(b"\r\n")
            if self.credential:
                folder = Path(os.environ["CREDENTIALS_DIRECTORY"])
                return (folder / self.credential).read_bytes().rstrip(b"\r\n")
            if self.command:
                done = subprocess.run(self.command, capture_output=True, check=True, timeout=30)  # noqa: S603 - the operator's own command
                return done.stdout.rstrip(b"\r\n")
        except (OSError, KeyError, subprocess.SubprocessError) as error:
            raise ConfigurationError("secret_unreadable", reason=type(error).__name__) from error
        return None


class MailboxSettings(_Section):
    """Where mail comes in."""

    kind: Literal["imap", "maildir"] = "maildir"
    address: str = "GenesysCloudWhatsAppRequests@genesys.com"
    reply_address: Literal["plus", "plain"] = "plus"
    host: str = ""
    port: int = 993
    encryption: Literal["tls", "starttls", "none"] = "tls"
    user: str = ""
    password: Secret = Secret()
    oauth_token: Secret = Secret()
    ca_file: str = ""
    path: Path = Path("inbox")
    folder: str = "INBOX"
    own_addresses: tuple[str, ...] = ()
    fetch_count: Annotated[int, Field(ge=1, le=500)] = 50
    fetch_bytes: int = 20_000_000
    message_bytes: int = 25_000_000


class FolderSettings(_Section):
    """The folder for each outcome; staff see them in their mail program."""

    request: str = "Requests"
    reply: str = "Replies"
    answered: str = "Answered"
    held: str = "Held"
    ignored: str = "Ignored"
    bounce: str = "Bounces"
    quarantine: str = "Quarantine"


class SenderSettings(_Section):
    """How the sender of a message is judged."""

    authserv_ids: tuple[str, ...] = ()
    dialect: Literal["standard", "microsoft"] = "standard"
    trust: Literal["header", "gateway"] = "header"
    inner_hops: Annotated[int, Field(ge=0, le=5)] = 0


class CourierSettings(_Section):
    """Where mail goes out."""

    kind: Literal["smtp", "maildir"] = "maildir"
    host: str = ""
    port: int = 587
    encryption: Literal["tls", "starttls", "none"] = "starttls"
    user: str = ""
    password: Secret = Secret()
    path: Path = Path("sent")
    from_name: str = "Genesys Cloud WhatsApp requests"
    message_id_domain: str = "genesys.com"
    archive_folder: str = ""
    in_doubt: Literal["auto", "verify", "resend", "hold"] = "auto"
    undo_seconds: Annotated[int, Field(ge=0)] = 120
    hourly_cap: Annotated[int, Field(ge=1)] = 200
    sender_daily_cap: Annotated[int, Field(ge=1)] = 3
    request_daily_cap: Annotated[int, Field(ge=1)] = 5


class StoreSettings(_Section):
    """Where requests are remembered."""

    home: Path = Path("state")
    url: str = ""
    mailbox_id: str = "main"


class TeamSettings(_Section):
    """Who works the mailbox, and when."""

    time_zone: Zone = "UTC"
    country: str = "US"
    alert_to: str = ""
    language: str = "en"


class CertificateSettings(_Section):
    """Who issues certificates, and the rules that are settings."""

    issuer: Literal["embedded", "manual"] = "embedded"
    time_zone: Zone = "UTC"
    authority_name: str = "Genesys Cloud WhatsApp requests"
    private_enterprise_arc: str = "1.3.6.1.4.1.32473"
    passphrase: Secret = Secret()
    per_approval: Annotated[int, Field(ge=1)] = 3
    approval_days: Annotated[int, Field(ge=1)] = 180
    ownership_days: Annotated[int, Field(ge=1)] = 14


class FormSettings(_Section):
    """What the blank forms say about us."""

    privacy: str = "privacy@genesys.com"


Judgement = Literal["ok", "ask", "reject"]


class PhoneSettings(_Section):
    """Which kinds of numbers are taken, asked about, or refused; and where nobody can use one."""

    mobile: Judgement = "ok"
    landline: Judgement = "ok"
    landline_or_mobile: Judgement = "ok"
    voip: Judgement = "ok"
    toll_free: Judgement = "ask"
    shared_cost: Judgement = "ask"
    uan: Judgement = "ask"
    personal: Judgement = "ask"
    premium: Judgement = "reject"
    pager: Judgement = "reject"
    voicemail: Judgement = "reject"
    restricted: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = ("CU", "IR", "KP", "SY")


class RetentionSettings(_Section):
    """How long what is kept."""

    raw_mail_days: Annotated[int, Field(ge=1)] = 180
    answers_days: Annotated[int, Field(ge=1)] = 730
    sent_bytes_days: Annotated[int, Field(ge=1)] = 7


class LimitSettings(_Section):
    """Attempts and amounts of one batch."""

    attempts: Annotated[int, Field(ge=1)] = 3
    batch: Annotated[int, Field(ge=1, le=500)] = 50
    lease_seconds: Annotated[int, Field(ge=60)] = 600


class LogSettings(_Section):
    """What is logged."""

    level: Literal["debug", "info", "warning", "error"] = "warning"
    json_lines: bool = True


class Settings(_Section):
    """All settings; every one has a default that works with no outside service."""

    mailbox: MailboxSettings = MailboxSettings()
    folders: FolderSettings = FolderSettings()
    sender: SenderSettings = SenderSettings()
    courier: CourierSettings = CourierSettings()
    store: StoreSettings = StoreSettings()
    team: TeamSettings = TeamSettings()
    certificates: CertificateSettings = CertificateSettings()
    forms: FormSettings = FormSettings()
    phones: PhoneSettings = PhoneSettings()
    retention: RetentionSettings = RetentionSettings()
    limits: LimitSettings = LimitSettings()
    logs: LogSettings = LogSettings()

    def home(self) -> Path:
        """Return the state folder."""
        return self.store.home

    def below_home(self, path: Path) -> Path:
        """Return ``path``, taken from the state folder when it is relative."""
        return path if path.is_absolute() else self.home() / path

    def database_url(self) -> str:
        """Return the URL of the database; the default is SQLite in the state folder."""
        return self.store.url or f"sqlite:///{self.home().absolute() / 'requests.sqlite3'}"


def load(
    path: Path | None = None,
    home: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings of ``path`` (or PIPELINE_CONFIG, or ``pipeline.toml``) and environment.

    Raises ConfigurationError: ``config_missing``, ``config_syntax``, ``config_unknown_key``,
    ``config_value``.
    """
    environment = os.environ if environment is None else environment
    named = path or (
        Path(environment["PIPELINE_CONFIG"]) if "PIPELINE_CONFIG" in environment else None
    )
    values = _read(named or Path("pipeline.toml"), required=named is not None)
    for key, value in environment.items():
        if key.startswith(_ENVIRONMENT_PREFIX) and "__" in key and key not in _RESERVED:
            section, _, name = key[len(_ENVIRONMENT_PREFIX) :].lower().partition("__")
            values.setdefault(section, {})[name] = _typed(value)
    chosen = home or (
        Path(environment["PIPELINE_HOME"]) if "PIPELINE_HOME" in environment else None
    )
    if chosen is not None:
        values.setdefault("store", {})["home"] = chosen
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise _explained(error) from error


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if required:
            raise ConfigurationError("config_missing", path=path) from error
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError("config_syntax", path=path, reason=str(error)) from error


def _typed(text: str) -> Any:
    """Read a value of the environment as TOML, or as plain text when it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _explained(error: ValidationError) -> ConfigurationError:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    key = ".".join(place)
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(place[-1], _known(place[:-1]), n=1)
        return ConfigurationError("config_unknown_key", key=key, near=near[0] if near else "")
    return ConfigurationError("config_value", key=key, reason=first["msg"])


def _known(place: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in place:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
