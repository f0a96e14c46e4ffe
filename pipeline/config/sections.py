"""The sections of ``pipeline.toml`` and their defaults; types and ranges, no further rule."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from pipeline import terms
from pipeline.config.kinds import Between, FileName, Positive
from pipeline.config.secret import Secret, SecretDocument
from pipeline.config.section import Section

Port = Annotated[int, Between(1, 65_535)]
Bytes = Annotated[int, Between(1, 1_000_000_000)]
Days = Annotated[int, Between(1, 36_500)]
Count = Annotated[int, Between(1, 1_000_000)]
#: Where our own copies of sent mail go, unless ``courier.archive_folder`` names another folder.
COPIES_FOLDER = "Copies"


class MailboxSettings(Section):
    """Where mail comes in."""

    kind: Literal["imap", "maildir"] = "maildir"
    address: str = "GenesysCloudWhatsAppRequests@genesys.com"
    reply_address: Literal["plus", "plain"] = "plus"
    host: str = ""
    port: Port = 993
    encryption: Literal["tls", "starttls", "none"] = "tls"
    user: str = ""
    password: Secret = Secret()
    oauth_token: Secret = Secret()
    ca_file: Annotated[str, FileName()] = ""
    timeout_seconds: Annotated[float, Positive(600)] = 60
    path: Path = Path("inbox")
    folder: str = "INBOX"
    own_addresses: tuple[str, ...] = ()
    fetch_count: Annotated[int, Between(1, 500)] = 50
    fetch_bytes: Bytes = 20_000_000
    # customers are told it in whole megabytes
    message_bytes: Annotated[int, Between(1_000_000, 1_000_000_000)] = 25_000_000


class _Folders(Section):
    """The folder for each outcome; staff see them in their mail program."""

    def of(self, outcome: terms.Outcome) -> str:
        """Return the folder for ``outcome``."""
        return str(getattr(self, outcome.value))


if TYPE_CHECKING:
    FolderSettings = _Folders
else:  # one setting for each outcome
    FolderSettings = type(
        "FolderSettings",
        (_Folders,),
        {
            "__doc__": _Folders.__doc__,
            "__annotations__": {outcome.value: str for outcome in terms.Outcome},
            **{outcome.value: outcome.folder for outcome in terms.Outcome},
        },
    )


class SenderSettings(Section):
    """How the sender of a message is judged."""

    authserv_ids: tuple[str, ...] = ()
    dialect: Literal["standard", "microsoft"] = "standard"
    trust: Literal["header", "gateway"] = "header"
    inner_hops: Annotated[int, Between(0, 3)] = 0
    dkim: Literal["off", "check"] = "off"
    #: Domains where anybody can have a mailbox, beside the list that we ship; ``!`` takes one off.
    mailbox_providers: tuple[str, ...] = ()
    #: New requests a day of one sender, or of one domain that is no provider of mailboxes.
    daily_requests: Count = 20


class ScannerSettings(Section):
    """Which clamd looks at each mail before it is opened; without an address, none does."""

    address: str = ""


class CourierSettings(Section):
    """Where mail goes out."""

    kind: Literal["smtp", "maildir"] = "maildir"
    host: str = ""
    port: Port = 587
    encryption: Literal["tls", "starttls", "none"] = "starttls"
    user: str = ""
    password: Secret = Secret()
    ca_file: Annotated[str, FileName()] = ""
    path: Path = Path("sent")
    from_name: str = ""
    message_id_domain: str = "genesys.com"
    #: ``bcc``: our own mailbox is a second recipient of each mail; ``folder``: what was sent is put
    #: into ``archive_folder``, if one is set.
    archive: Literal["folder", "bcc"] = "folder"
    archive_folder: str = ""
    #: So long a mail in doubt is looked for, when each mail leaves a copy.
    look_minutes: Annotated[int, Between(1, 1440)] = 15
    in_doubt: Literal["auto", "verify", "resend", "hold"] = "auto"
    undo_seconds: Annotated[int, Between(0, 86_400)] = 120
    #: So many mails at most are sent between two commits. Where a mail in doubt waits for staff
    #: it is 1, unless it is set.
    portion: Annotated[int, Between(1, 500)] = 20
    #: All time-outs (RFC 5321, 4.5.3.2) are multiplied by it.
    time_scale: Annotated[float, Positive(10)] = 1
    #: So many equal refusals of mails to different people, one after the other, pause sending.
    pause_after: Annotated[int, Between(2, 1000)] = 5
    hourly_cap: Count = 200
    sender_daily_cap: Count = 3
    request_daily_cap: Count = 5
    receipts_hourly: Count = 30
    receipts_daily: Count = 200


class OAuthSettings(Section):
    """Where the access tokens come from with which mailbox and courier log in (OAuth 2)."""

    source: Literal["none", "microsoft", "google", "endpoint"] = "none"
    grant: Literal["client_credentials", "refresh_token"] = "client_credentials"
    tenant: str = ""
    client_id: str = ""
    client_secret: Secret = Secret()
    client_auth: Literal["basic", "post"] = "basic"
    certificate: SecretDocument = SecretDocument()
    key: SecretDocument = SecretDocument()
    subject: str = ""
    refresh_token: Secret = Secret()
    authority: str = "https://login.microsoftonline.com"
    token_url: str = ""
    scope: str = ""
    extra: dict[str, str] = {}  # noqa: RUF012 - no section is ever changed
    ca_file: Annotated[str, FileName()] = ""
    timeout_seconds: Annotated[int, Between(1, 120)] = 20


class StoreSettings(Section):
    """Where requests are remembered."""

    home: Path = Path("state")
    url: str = ""
    password: Secret = Secret()
    mailbox_id: str = "main"


class TeamSettings(Section):
    """Who works the mailbox, and when."""

    time_zone: str = "UTC"
    country: str = "US"
    alert_to: str = ""
    language: str = "en"


class CertificateSettings(Section):
    """Who issues certificates, and the rules that are settings."""

    issuer: terms.Issuer = terms.Issuer.EMBEDDED
    time_zone: str = "UTC"
    authority_name: str = "Genesys Cloud WhatsApp requests"
    private_enterprise_arc: str = "1.3.6.1.4.1.32473"
    passphrase: Secret = Secret()
    per_approval: Count = terms.CERTIFICATES_PER_APPROVAL
    approval_days: Days = terms.APPROVAL_DAYS
    ownership_days: Days = terms.OWNERSHIP_DAYS


class ApprovalSettings(Section):
    """How many people it takes to issue a certificate."""

    #: Whether a second person of staff has to say yes to each.
    two_people: bool = False


class MetaSettings(Section):
    """Meta's Graph API: certificates, ownership codes and short links of the account's numbers."""

    base_url: str = "https://graph.facebook.com"
    version: str = "v23.0"
    #: The WhatsApp Business Account whose numbers they are.
    waba_id: str = ""
    token: Secret = Secret()
    #: The two-step PIN under which numbers are registered.
    pin: Secret = Secret()
    ca_file: Annotated[str, FileName()] = ""
    #: The longest that one call may take, were the answer ever so slow.
    timeout_seconds: Annotated[int, Between(1, 120)] = 20
    #: The language of the message with the ownership code, where none is known of the customer.
    code_language: str = "en_US"
    #: Whether a number that the account lacks is added to it; otherwise staff are told.
    add_numbers: bool = False


class FormSettings(Section):
    """What the blank forms say about us."""

    privacy: str = "privacy@genesys.com"


Judgement = Literal["ok", "ask", "reject"]


class PhoneSettings(Section):
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
    restricted: tuple[str, ...] = ("CU", "IR", "KP", "SY")


class QrSettings(Section):
    """Who makes short links; without a provider a code carries the chat link."""

    provider: Literal["none", "meta"] = "none"


class RetentionSettings(Section):
    """How long what is kept."""

    raw_mail_days: Days = 180
    answers_days: Days = 730
    sent_bytes_days: Days = 7


class BackupSettings(Section):
    """Where backups go, and how long they are kept."""

    #: The folder of the backups: best on another disk.
    folder: Annotated[str, FileName()] = ""
    #: What the keys in a backup are encrypted with.
    passphrase: Secret = Secret()
    #: The last backup of each day is kept for so many days, then that of each week, each month.
    days: Count = 7
    weeks: Count = 4
    months: Count = 12
    #: Doctor warns when the last backup, or the last one that was checked, is older.
    late_days: Days = 2
    unchecked_days: Days = 8


class LimitSettings(Section):
    """Attempts and amounts of one batch."""

    attempts: Count = 3
    batch: Annotated[int, Between(1, 500)] = 50
    lease_seconds: Annotated[int, Between(60, 86_400)] = 600


class WatchSettings(Section):
    """How ``watch`` waits between two batches."""

    poll_seconds: Annotated[int, Between(1, 3600)] = 60


class ConsoleSettings(Section):
    """Where staff open the console in a browser, and how long they stay logged in."""

    #: Address and port; another than this machine's own needs ``base_url``.
    bind: str = "127.0.0.1:8765"
    #: How browsers reach it: through what speaks TLS in front.
    base_url: str = ""
    idle_minutes: Annotated[int, Between(1, 1440)] = 480
    session_hours: Annotated[int, Between(1, 168)] = 12
    #: The header in which a proxy for single sign-on names the user; empty: none is believed.
    proxy_header: str = ""
    #: Addresses and networks that the header is believed from.
    proxy_from: tuple[str, ...] = ()


class MetricsSettings(Section):
    """Where Prometheus finds the metrics; nowhere unless it is set."""

    #: The file for the textfile collector of a node exporter, written after each run.
    textfile: Annotated[str, FileName()] = ""
    #: What a scraper sends as its bearer token; without one the console has no metrics.
    token: Secret = Secret()


class PingSettings(Section):
    """Who is told that a run begins and how it ended, as Healthchecks wants it."""

    #: Whoever knows the URL can ping, so it is a secret.
    url: Secret = Secret()
    #: The longest that a run waits for one ping.
    timeout_seconds: Annotated[int, Between(1, 30)] = 3


class LogSettings(Section):
    """What is logged."""

    level: Literal["debug", "info", "warning", "error"] = "warning"
    json_lines: bool = True


class Settings(Section):
    """All settings; every one has a default that works with no outside service."""

    mailbox: MailboxSettings = MailboxSettings()
    folders: FolderSettings = FolderSettings()
    sender: SenderSettings = SenderSettings()
    scanner: ScannerSettings = ScannerSettings()
    courier: CourierSettings = CourierSettings()
    oauth: OAuthSettings = OAuthSettings()
    store: StoreSettings = StoreSettings()
    team: TeamSettings = TeamSettings()
    certificates: CertificateSettings = CertificateSettings()
    approval: ApprovalSettings = ApprovalSettings()
    meta: MetaSettings = MetaSettings()
    forms: FormSettings = FormSettings()
    phones: PhoneSettings = PhoneSettings()
    qr: QrSettings = QrSettings()
    retention: RetentionSettings = RetentionSettings()
    backup: BackupSettings = BackupSettings()
    limits: LimitSettings = LimitSettings()
    watch: WatchSettings = WatchSettings()
    console: ConsoleSettings = ConsoleSettings()
    metrics: MetricsSettings = MetricsSettings()
    ping: PingSettings = PingSettings()
    logs: LogSettings = LogSettings()

    def mailbox_has_token(self) -> bool:
        """Return whether the mailbox is logged in to with an access token."""
        mailbox = self.mailbox
        token = mailbox.oauth_token.is_set() or self.oauth.source != "none"
        return mailbox.kind == "imap" and token

    def courier_has_token(self) -> bool:
        """Return whether mail out is logged in to with an access token: no password is set."""
        courier = self.courier
        token = self.mailbox.oauth_token.is_set() or self.oauth.source != "none"
        with_user = bool(courier.user) and not courier.password.is_set()
        return courier.kind == "smtp" and with_user and token

    def asks_meta(self) -> bool:
        """Return whether Meta is asked for anything: it is named, or somebody gave its token."""
        wanted = self.certificates.issuer == terms.Issuer.META or self.qr.provider == "meta"
        return wanted or self.meta.token.is_set()

    def copies_folder(self) -> str:
        """Return the folder of our own copies of sent mail."""
        return self.courier.archive_folder or COPIES_FOLDER

    def home(self) -> Path:
        """Return the state folder."""
        return self.store.home

    def below_home(self, path: Path) -> Path:
        """Return ``path``, taken from the state folder when it is relative."""
        return path if path.is_absolute() else self.home() / path

    def database_url(self) -> str:
        """Return the URL of the database; the default is SQLite in the state folder."""
        if self.store.password.is_set():
            return with_password(self.store.url, self.store.password.text())
        return self.store.url or f"sqlite:///{self.home().absolute() / 'requests.sqlite3'}"


def with_password(url: str, password: str) -> str:
    """Return the URL of a database with ``password`` for its user."""
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    login = f"{user.partition(':')[0]}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{place}"))
