"""Rules that types cannot say: what cannot work, found without any server and any file."""

import re
from collections.abc import Iterator

from pipeline.config.countries import CODES, nearest_code
from pipeline.config.database import database_faults
from pipeline.config.folders import folder_faults
from pipeline.config.meta import meta_faults
from pipeline.config.missing import missing
from pipeline.config.oauth import lacks_source, oauth_faults
from pipeline.config.places import (
    is_address,
    is_base_url,
    is_domain,
    is_host,
    is_loopback,
    is_network,
    same_mailbox,
    split_bind,
)
from pipeline.config.secret import Secret
from pipeline.config.sections import CourierSettings, MailboxSettings, Settings
from pipeline.config.written import Origin, quoted
from pipeline.config.zones import is_zone, near_zone
from pipeline.errors import ConfigurationError
from pipeline.resources import languages

_ARC = re.compile(r"[0-2](?:\.(?:0|[1-9]\d{0,18}))+")
# RFC 9110, 5.1: a field name; an underscore would be one with the hyphen behind some proxies.
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^`|~-]+")
# RFC 8601, 2.2: a token of RFC 2045; other signs would end the name in the header.
_TOKEN = re.compile(r"[^\s\x00-\x20\x7f()<>@,;:\\\"/\[\]?=]+")

#: The ending of the files that the textfile collector reads.
_TEXTFILE = ".prom"


def setting_faults(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    """Yield what cannot work, whatever the machine; each with the key and where it is set."""
    yield from _team(settings, origin)
    yield from _addresses(settings, origin)
    yield from _incoming(settings, origin)
    yield from _outgoing(settings, origin)
    yield from oauth_faults(settings, origin)
    yield from folder_faults(settings, origin)
    yield from database_faults(settings, origin)
    yield from _judging(settings, origin)
    yield from _certificates(settings, origin)
    yield from meta_faults(settings, origin)
    yield from _console(settings, origin)
    yield from _metrics(settings, origin)
    yield from _secrets(settings, origin)
    yield from _texts(settings, origin)


def secrets_of(settings: Settings) -> dict[str, Secret]:
    """Return each secret by its key."""
    return {
        "mailbox.password": settings.mailbox.password,
        "mailbox.oauth_token": settings.mailbox.oauth_token,
        "courier.password": settings.courier.password,
        "oauth.client_secret": settings.oauth.client_secret,
        "oauth.certificate": settings.oauth.certificate,
        "oauth.key": settings.oauth.key,
        "oauth.refresh_token": settings.oauth.refresh_token,
        "store.password": settings.store.password,
        "certificates.passphrase": settings.certificates.passphrase,
        "backup.passphrase": settings.backup.passphrase,
        "meta.token": settings.meta.token,
        "meta.pin": settings.meta.pin,
        "metrics.token": settings.metrics.token,
        "ping.url": settings.ping.url,
    }


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
        if is_zone(name):
            continue
        value, where = quoted(name), origin(key)
        if near := near_zone(name):
            yield ConfigurationError(
                "setting_zone_near", key=key, value=value, near=near, where=where
            )
        else:
            yield ConfigurationError("setting_zone", key=key, value=value, where=where)


def _addresses(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    mailbox, team = settings.mailbox, settings.team
    named = [("mailbox.address", mailbox.address)]
    named += [("mailbox.own_addresses", address) for address in mailbox.own_addresses]
    if team.alert_to:
        named.append(("team.alert_to", team.alert_to))
    for key, address in named:
        if not is_address(address):
            yield ConfigurationError(
                "setting_address", key=key, value=quoted(address), where=origin(key)
            )
    ours = (mailbox.address, *mailbox.own_addresses)
    if team.alert_to and any(same_mailbox(team.alert_to, address) for address in ours):
        key = "team.alert_to"
        yield ConfigurationError(
            "setting_alert_to_us", key=key, value=quoted(team.alert_to), where=origin(key)
        )


def _incoming(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    mailbox = settings.mailbox
    if mailbox.kind != "imap":
        yield from _unused_host("mailbox", mailbox, "imap", origin)
        return
    because = 'mailbox.kind = "imap"'
    yield from _server("mailbox", mailbox, because, origin)
    with_token = settings.mailbox_has_token() or lacks_source(settings.oauth)
    if not mailbox.user:
        yield missing("mailbox.user", because, origin)
    if not (mailbox.password.is_set() or with_token):
        yield missing("mailbox.password", because, origin)


def _outgoing(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    courier = settings.courier
    domain = courier.message_id_domain
    if not is_domain(domain):
        key = "courier.message_id_domain"
        yield ConfigurationError("setting_domain", key=key, value=quoted(domain), where=origin(key))
    if courier.kind != "smtp":
        yield from _unused_host("courier", courier, "smtp", origin)
        if courier.archive == "bcc":
            key = "courier.archive"
            yield ConfigurationError("setting_archive_bcc", key=key, where=origin(key))
        return
    yield from _server("courier", courier, 'courier.kind = "smtp"', origin)
    with_token = settings.courier_has_token() or lacks_source(settings.oauth)
    if courier.user and not (courier.password.is_set() or with_token):
        yield missing("courier.password", f"courier.user = {quoted(courier.user)}", origin)
    if courier.password.is_set() and not courier.user:
        yield missing("courier.user", "courier.password", origin)


def _unused_host(
    section: str, server: MailboxSettings | CourierSettings, kind: str, origin: Origin
) -> Iterator[ConfigurationError]:
    """Yield a server that nobody would ask, because the kind is that of a folder."""
    if server.host:
        key = f"{section}.host"
        yield ConfigurationError(
            "setting_kind_missing",
            key=key,
            value=quoted(server.host),
            section=section,
            kind=kind,
            where=origin(key),
        )


def _server(
    section: str, server: MailboxSettings | CourierSettings, because: str, origin: Origin
) -> Iterator[ConfigurationError]:
    host, key = server.host, f"{section}.host"
    if not host:
        yield missing(key, because, origin)
    elif not is_host(host):
        bare = host.removeprefix("[").removesuffix("]")
        value, where = quoted(host), origin(key)
        if bare != host and is_host(bare):
            yield ConfigurationError(
                "setting_host_brackets", key=key, value=value, bare=bare, where=where
            )
        else:
            yield ConfigurationError(
                "setting_host", key=key, value=value, section=section, where=where
            )
    elif server.encryption == "none" and not is_loopback(host):
        key = f"{section}.encryption"
        login = server.user or server.password.is_set() or _has_token(server)
        clear = "setting_no_encryption" if login else "setting_no_encryption_mail"
        yield ConfigurationError(clear, key=key, host=host, where=origin(key))


def _has_token(server: MailboxSettings | CourierSettings) -> bool:
    return isinstance(server, MailboxSettings) and server.oauth_token.is_set()


def _console(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    """Yield places that nobody can reach, and a header that anybody, or nobody, could send."""
    console = settings.console

    def shown(name: str, value: str) -> dict[str, object]:
        key = f"console.{name}"
        return {"key": key, "value": quoted(value), "where": origin(key)}

    bound = split_bind(console.bind)
    if bound is None:
        yield ConfigurationError("setting_bind", **shown("bind", console.bind))
    elif not console.base_url and not is_loopback(bound[0]):
        yield ConfigurationError("setting_base_url_missing", **shown("bind", console.bind))
    if console.base_url and not is_base_url(console.base_url):
        yield ConfigurationError("setting_base_url", **shown("base_url", console.base_url))
    header = console.proxy_header
    if header and not _HEADER.fullmatch(header):
        yield ConfigurationError("setting_proxy_header", **shown("proxy_header", header))
    if header and not console.proxy_from:
        yield ConfigurationError("setting_proxy_from_missing", **shown("proxy_header", header))
    for text in console.proxy_from:
        if not is_network(text):
            yield ConfigurationError("setting_proxy_from", **shown("proxy_from", text))


def _metrics(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    """Yield a file that no node exporter reads."""
    name, key = settings.metrics.textfile, "metrics.textfile"
    if name and not name.endswith(_TEXTFILE):
        yield ConfigurationError(
            "setting_textfile", key=key, value=quoted(name), ending=_TEXTFILE, where=origin(key)
        )


def _judging(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    """Yield names of our servers and codes of countries that can never match."""
    key = "sender.authserv_ids"
    for name in settings.sender.authserv_ids:
        if not _TOKEN.fullmatch(name) or not name.isprintable():
            yield ConfigurationError(
                "setting_authserv", key=key, value=quoted(name), where=origin(key)
            )
    key = "phones.restricted"
    for code in settings.phones.restricted:
        if code in CODES:
            continue
        value, where = quoted(code), origin(key)
        if near := nearest_code(code):
            yield ConfigurationError(
                "setting_restricted_near", key=key, value=value, near=near, where=where
            )
        else:
            yield ConfigurationError("setting_restricted", key=key, value=value, where=where)


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
        "certificates.authority_name": settings.certificates.authority_name,
        "forms.privacy": settings.forms.privacy,
    }
    if settings.courier.from_name:
        named["courier.from_name"] = settings.courier.from_name
    if settings.mailbox.kind == "imap" and settings.mailbox.user:
        named["mailbox.user"] = settings.mailbox.user
    if settings.courier.kind == "smtp" and settings.courier.user:
        named["courier.user"] = settings.courier.user
    for key, text in named.items():
        if not text or not text.isprintable():
            yield ConfigurationError("setting_text", key=key, value=quoted(text), where=origin(key))
