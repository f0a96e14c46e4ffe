"""Rules that types cannot say: what cannot work, found without any server and any file."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from ipaddress import ip_address
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.config.checking import quoted
from pipeline.config.countries import CODES, nearest_code
from pipeline.config.secret import Secret
from pipeline.config.sections import CourierSettings, MailboxSettings, Settings
from pipeline.errors import ConfigurationError
from pipeline.resources import languages

#: Returns the file or variable that sets a key.
Origin = Callable[[str], str]

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+|localhost")
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_LOCAL_PART = re.compile(r"[^\s@<>(),;:\\\"\[\]]{1,64}")
_ARC = re.compile(r"[0-2](?:\.(?:0|[1-9]\d{0,18}))+")
_SCHEMES = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")
_MOST_ADDRESS = 254


def setting_faults(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    """Yield what cannot work, whatever the machine; each with the key and where it is set."""
    yield from _team(settings, origin)
    yield from _addresses(settings, origin)
    yield from _incoming(settings, origin)
    yield from _outgoing(settings, origin)
    yield from _folders(settings, origin)
    yield from _store(settings, origin)
    yield from _certificates(settings, origin)
    yield from _secrets(settings, origin)
    yield from _texts(settings, origin)


def secrets_of(settings: Settings) -> dict[str, Secret]:
    """Return each secret by its key."""
    return {
        "mailbox.password": settings.mailbox.password,
        "mailbox.oauth_token": settings.mailbox.oauth_token,
        "courier.password": settings.courier.password,
        "store.password": settings.store.password,
        "certificates.passphrase": settings.certificates.passphrase,
    }


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _team(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    team = settings.team
    if team.country not in CODES:
        key, value = "team.country", quoted(team.country)
        near, where = nearest_code(team.country), origin("team.country")
        if near:
            yield ConfigurationError(
                "setting_country_near", key=key, value=value, near=near, where=where
            )
        else:
            yield ConfigurationError("setting_country", key=key, value=value, where=where)
    if team.language not in languages():
        yield ConfigurationError(
            "setting_language",
            key="team.language",
            value=quoted(team.language),
            known=", ".join(languages()),
            where=origin("team.language"),
        )
    zones = {
        "team.time_zone": team.time_zone,
        "certificates.time_zone": settings.certificates.time_zone,
    }
    for key, name in zones.items():
        if not _is_zone(name):
            near = _near_zone(name) or "Europe/Berlin"
            yield ConfigurationError(
                "setting_zone", key=key, value=quoted(name), near=near, where=origin(key)
            )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


def _near_zone(name: str) -> str:
    from zoneinfo import available_timezones  # noqa: PLC0415 - walks a folder, for a mistake only

    zones = sorted(available_timezones())
    wanted = name.casefold().replace(" ", "_")
    same = [zone for zone in zones if zone.casefold().rpartition("/")[2] == wanted and "/" in zone]
    return next(iter(same or get_close_matches(name, zones, n=1)), "")


def _addresses(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    mailbox, team = settings.mailbox, settings.team
    named = [("mailbox.address", mailbox.address)]
    named += [("mailbox.own_addresses", address) for address in mailbox.own_addresses]
    if team.alert_to:
        named.append(("team.alert_to", team.alert_to))
    for key, address in named:
        if not _is_address(address):
            yield ConfigurationError(
                "setting_address", key=key, value=quoted(address), where=origin(key)
            )


def _is_address(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    known = _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)
    return bool(known) and not dots and len(text) <= _MOST_ADDRESS


def _incoming(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    mailbox = settings.mailbox
    if mailbox.kind != "imap":
        return
    because = 'mailbox.kind = "imap"'
    yield from _server("mailbox", mailbox, because, origin)
    if not mailbox.user:
        yield _missing("mailbox.user", because, origin)
    if not (mailbox.password.is_set() or mailbox.oauth_token.is_set()):
        yield _missing("mailbox.password", because, origin)
    if mailbox.encryption == "none" and mailbox.host and not is_loopback(mailbox.host):
        yield ConfigurationError(
            "setting_no_encryption",
            key="mailbox.encryption",
            host=mailbox.host,
            where=origin("mailbox.encryption"),
        )


def _outgoing(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    courier = settings.courier
    domain = courier.message_id_domain
    if not _DOMAIN.fullmatch(domain):
        key = "courier.message_id_domain"
        yield ConfigurationError("setting_domain", key=key, value=quoted(domain), where=origin(key))
    if courier.kind != "smtp":
        return
    yield from _server("courier", courier, 'courier.kind = "smtp"', origin)
    if courier.user and not courier.password.is_set():
        yield _missing("courier.password", f"courier.user = {quoted(courier.user)}", origin)
    if courier.password.is_set() and not courier.user:
        yield _missing("courier.user", "courier.password", origin)
    if courier.encryption == "none" and courier.host and not is_loopback(courier.host):
        yield ConfigurationError(
            "setting_no_encryption",
            key="courier.encryption",
            host=courier.host,
            where=origin("courier.encryption"),
        )


def _server(
    section: str, server: MailboxSettings | CourierSettings, because: str, origin: Origin
) -> Iterator[ConfigurationError]:
    key = f"{section}.host"
    if not server.host:
        yield _missing(key, because, origin)
    elif not _is_host(server.host):
        yield ConfigurationError(
            "setting_host",
            key=key,
            value=quoted(server.host),
            section=section,
            where=origin(key),
        )


def _is_host(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return bool(_HOST.fullmatch(text)) and len(text) < _MOST_ADDRESS
    return True


def _missing(key: str, because: str, origin: Origin) -> ConfigurationError:
    section, _, name = key.partition(".")
    return ConfigurationError(
        "setting_missing",
        key=key,
        because=because,
        variable=f"PIPELINE_{section}__{name}".upper(),
        where=origin(key),
    )


def _folders(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    named = {f"folders.{key}": name for key, name in settings.folders.model_dump().items()}
    named["mailbox.folder"] = settings.mailbox.folder
    if settings.courier.archive_folder:
        named["courier.archive_folder"] = settings.courier.archive_folder
    seen: dict[str, str] = {}
    for key, name in named.items():
        if not name or any(ord(sign) < ord(" ") or sign in "*%\x7f" for sign in name):
            yield ConfigurationError(
                "setting_folder", key=key, value=quoted(name), where=origin(key)
            )
            continue
        # INBOX is the same in any case (RFC 3501), and for many servers every name is.
        other = seen.setdefault(unicodedata.normalize("NFC", name).casefold(), key)
        if other != key:
            yield ConfigurationError(
                "setting_folder_twice", key=key, other=other, value=quoted(name), where=origin(key)
            )


def _store(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    store = settings.store
    scheme = store.url.partition(":")[0]
    if store.url and (scheme not in _SCHEMES or not _can_be_parsed(store.url)):
        # The URL itself is not told: it may hold a password.
        yield ConfigurationError(
            "setting_store_url",
            key="store.url",
            scheme=quoted(scheme[:20]),
            where=origin("store.url"),
        )
    elif store.password.is_set() and not _takes_password(store.url):
        yield ConfigurationError(
            "setting_store_password", key="store.password", where=origin("store.password")
        )


def _can_be_parsed(url: str) -> bool:
    scheme, slashes, rest = url.partition("://")
    if scheme.startswith("sqlite"):
        return bool(slashes) and rest.startswith("/") and rest.strip("/") not in {"", ":memory:"}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return bool(slashes) and port != 0 and not any(sign.isspace() for sign in url)


def _takes_password(url: str) -> bool:
    if not url.startswith("postgresql"):
        return False
    parts = urlsplit(url)
    return bool(parts.username) and parts.password is None


def _certificates(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    arc, key = settings.certificates.private_enterprise_arc, "certificates.private_enterprise_arc"
    first, _, second = arc.partition(".")
    # X.660: below the arcs 0 and 1 there are 40.
    beyond = first in {"0", "1"} and second.partition(".")[0].isdigit()
    if not _ARC.fullmatch(arc) or (beyond and int(second.partition(".")[0]) > 39):  # noqa: PLR2004
        yield ConfigurationError("setting_arc", key=key, value=quoted(arc), where=origin(key))
    elif arc == "2.25" or arc.startswith("2.25."):
        yield ConfigurationError("setting_arc_uuid", key=key, value=quoted(arc), where=origin(key))


def _secrets(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    for key, secret in secrets_of(settings).items():
        if len(secret.sources()) > 1:
            yield ConfigurationError("secret_several", key=key, where=origin(key))
        if "/" in secret.credential or secret.credential in {".", ".."}:
            yield ConfigurationError("secret_credential_name", key=key, where=origin(key))


def _texts(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    """Yield names that are empty or carry control characters: they stand in mails and rows."""
    named = {
        "store.mailbox_id": settings.store.mailbox_id,
        "courier.from_name": settings.courier.from_name,
        "certificates.authority_name": settings.certificates.authority_name,
        "forms.privacy": settings.forms.privacy,
    }
    if settings.mailbox.kind == "imap" and settings.mailbox.user:
        named["mailbox.user"] = settings.mailbox.user
    if settings.courier.kind == "smtp" and settings.courier.user:
        named["courier.user"] = settings.courier.user
    for key, text in named.items():
        if not text or not text.isprintable():
            yield ConfigurationError("setting_text", key=key, value=quoted(text), where=origin(key))
