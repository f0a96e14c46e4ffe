"""The section ``oauth``: what each source of tokens needs, and what has no meaning for it."""

from collections.abc import Iterator

from pipeline.config.missing import missing
from pipeline.config.places import is_endpoint
from pipeline.config.secret import Secret
from pipeline.config.sections import OAuthSettings, Settings
from pipeline.config.written import Origin, quoted
from pipeline.errors import ConfigurationError

#: Parameters of a token request (RFC 6749, 7521, 7523) that have settings of their own, or that
#: would be secrets in the configuration.
_OURS = frozenset({"grant_type", "client_id", "client_secret", "refresh_token", "scope",
                   "assertion", "client_assertion", "username", "password"})  # fmt: skip
#: The settings that each source reads, beside those that all of them do.
_FOR_ALL = frozenset({"source", "scope", "ca_file", "timeout_seconds"})
_READ = {
    "microsoft": frozenset({"tenant", "client_id", "client_secret", "certificate", "authority"}),
    "google_key": frozenset({"key", "subject"}),
    "google_refresh_token": frozenset({"client_id", "client_secret", "refresh_token", "token_url"}),
    "client_credentials": frozenset(
        {"token_url", "grant", "client_id", "client_secret", "client_auth", "extra"}
    ),
    "refresh_token": frozenset(
        {"token_url", "grant", "client_id", "client_secret", "client_auth", "refresh_token",
         "extra"}
    ),
}  # fmt: skip


def oauth_faults(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    """Yield what is missing, contradictory or without a meaning in the section ``oauth``."""
    yield from _logins(settings, origin)
    oauth = settings.oauth
    if oauth.source == "none":
        if lacks_source(oauth):
            yield missing("oauth.source", f"oauth.{min(oauth.given)}", origin)
        return
    because = f"oauth.source = {quoted(oauth.source)}"
    if oauth.source == "microsoft":
        yield from _microsoft(oauth, because, origin)
        yield from _unread(oauth, "microsoft", because, origin)
    elif oauth.source == "google":
        yield from _google(oauth, because, origin)
    else:
        yield from _endpoint(oauth, because, origin)
    urls = {"oauth.authority": oauth.authority, "oauth.token_url": oauth.token_url}
    for key, url in urls.items():
        if url and not is_endpoint(url):
            yield ConfigurationError("setting_url", key=key, value=quoted(url), where=origin(key))


def lacks_source(oauth: OAuthSettings) -> bool:
    """Return whether somebody wrote the section and named no source (or one that is none)."""
    return bool(oauth.given) and "source" not in oauth.given


def _logins(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    """Yield two ways to log in where one is wanted, and a source that nobody asks."""
    mailbox, source = settings.mailbox, settings.oauth.source
    ways = {
        "mailbox.password": mailbox.password.is_set(),
        "mailbox.oauth_token": mailbox.oauth_token.is_set(),
        "oauth.source": source != "none",
    }
    named = [key for key, is_set in ways.items() if is_set]
    if mailbox.kind == "imap" and len(named) > 1:
        yield ConfigurationError(
            "setting_login_several", keys=", ".join(named), where=origin(named[-1])
        )
    if source != "none" and not (settings.mailbox_has_token() or settings.courier_has_token()):
        key = "oauth.source"
        yield ConfigurationError(
            "setting_oauth_unused", key=key, value=quoted(source), where=origin(key)
        )


def _microsoft(oauth: OAuthSettings, because: str, origin: Origin) -> Iterator[ConfigurationError]:
    for key in ("tenant", "client_id", "authority"):
        if not getattr(oauth, key):
            yield missing(f"oauth.{key}", because, origin)
    if oauth.tenant and not _is_tenant(oauth.tenant):
        key = "oauth.tenant"
        yield ConfigurationError(
            "setting_oauth_tenant", key=key, value=quoted(oauth.tenant), where=origin(key)
        )
    if oauth.client_secret.is_set() and oauth.certificate.is_set():
        yield _several("oauth.client_secret", "oauth.certificate", origin)
    elif not (oauth.client_secret.is_set() or oauth.certificate.is_set()):
        yield missing("oauth.client_secret", because, origin)


def _is_tenant(text: str) -> bool:
    """Whether ``text`` is the id or a domain of one tenant.

    Client credentials are those of one tenant: ``common`` and its like name none.
    """
    parts = text.replace("-", "").replace(".", "")
    many = text.casefold() in {"common", "organizations", "consumers"}
    return parts.isascii() and parts.isalnum() and not many


def _google(oauth: OAuthSettings, because: str, origin: Origin) -> Iterator[ConfigurationError]:
    if oauth.key.is_set() and oauth.refresh_token.is_set():
        yield _several("oauth.key", "oauth.refresh_token", origin)
    elif oauth.refresh_token.is_set():
        because = "oauth.refresh_token"
        if not oauth.client_id:
            yield missing("oauth.client_id", because, origin)
        if not oauth.client_secret.is_set():
            yield missing("oauth.client_secret", because, origin)
        yield from _unread(oauth, "google_refresh_token", because, origin)
    elif oauth.key.is_set():
        if not oauth.subject:
            yield missing("oauth.subject", "oauth.key", origin)
        yield from _unread(oauth, "google_key", "oauth.key", origin)
    else:
        yield missing("oauth.key", because, origin)


def _endpoint(oauth: OAuthSettings, because: str, origin: Origin) -> Iterator[ConfigurationError]:
    for key in ("token_url", "client_id"):
        if not getattr(oauth, key):
            yield missing(f"oauth.{key}", because, origin)
    because = f"oauth.grant = {quoted(oauth.grant)}"
    # a public client has no secret (RFC 6749, 2.1), but no credentials of its own either
    if oauth.grant == "client_credentials" and not oauth.client_secret.is_set():
        yield missing("oauth.client_secret", because, origin)
    if oauth.grant == "refresh_token" and not oauth.refresh_token.is_set():
        yield missing("oauth.refresh_token", because, origin)
    yield from _unread(oauth, oauth.grant, because, origin)
    for name in sorted(oauth.extra):
        if name.casefold() in _OURS or not name.isprintable():
            key = f"oauth.extra.{name}"
            yield ConfigurationError("setting_oauth_extra", key=quoted(key), where=origin(key))


def _unread(
    oauth: OAuthSettings, source: str, because: str, origin: Origin
) -> Iterator[ConfigurationError]:
    """Yield settings that this source never reads: whoever wrote them meant another one."""
    for name in sorted(oauth.given - _FOR_ALL - _READ[source]):
        value = getattr(oauth, name)
        if value and (not isinstance(value, Secret) or value.is_set()):
            key = f"oauth.{name}"
            yield ConfigurationError(
                "setting_oauth_unread", key=key, because=because, where=origin(key)
            )


def _several(key: str, other: str, origin: Origin) -> ConfigurationError:
    return ConfigurationError("setting_oauth_several", key=key, other=other, where=origin(key))
