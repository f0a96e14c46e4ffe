"""The one place that maps the settings to a source of tokens."""

import hashlib
import json

from pipeline.config import OAuthSettings
from pipeline.tokens.grant import TokenSource
from pipeline.tokens.transport import Transport


def choose(settings: OAuthSettings) -> TokenSource:
    """Return the source that the settings name; its secrets are read now.

    Raises ConfigurationError of :class:`pipeline.config.Secret`.
    """
    transport = Transport(settings.ca_file, settings.timeout_seconds)
    renewal, key = settings.refresh_token.text(), settings.key.read() or b""
    identity = _identity(settings, renewal.encode() + key)
    if settings.source == "microsoft":
        return _microsoft(settings, identity, transport)
    if settings.source == "google":
        return _google(settings, identity, transport, (key, renewal))
    from pipeline.tokens.endpoint import Client, EndpointSource  # noqa: PLC0415 - one of three

    in_body = settings.client_auth == "post"
    client = Client(settings.client_id, settings.client_secret.text(), in_body)
    return EndpointSource(
        url=settings.token_url,
        client=client,
        identity=identity,
        transport=transport,
        scope=settings.scope,
        refresh_token=renewal,
        extra=settings.extra,
        rotates=settings.grant == "refresh_token",
    )


def _microsoft(settings: OAuthSettings, identity: str, transport: Transport) -> TokenSource:
    from pipeline.tokens.microsoft import SCOPE, MicrosoftSource  # noqa: PLC0415 - one of three

    return MicrosoftSource(
        authority=settings.authority,
        tenant=settings.tenant,
        client_id=settings.client_id,
        identity=identity,
        transport=transport,
        secret=settings.client_secret.text(),
        certificate=settings.certificate.text(),
        scope=settings.scope or SCOPE,
    )


def _google(
    settings: OAuthSettings, identity: str, transport: Transport, secrets: tuple[bytes, str]
) -> TokenSource:
    from pipeline.tokens import google  # noqa: PLC0415 - one of three

    key, renewal = secrets
    if key:
        scope = settings.scope or google.SCOPE
        return google.GoogleKeySource(key, settings.subject, identity, transport, scope)
    return google.GoogleRefreshSource(
        client_id=settings.client_id,
        secret=settings.client_secret.text(),
        refresh_token=renewal,
        identity=identity,
        transport=transport,
        url=settings.token_url or google.TOKEN_URL,
        scope=settings.scope,
    )


#: The settings that make an account, a scope or a grant another one.
_TELLING = ("source", "grant", "tenant", "client_id", "subject", "authority", "token_url", "scope",
            "extra")  # fmt: skip


def _identity(settings: OAuthSettings, secret: bytes) -> str:
    """Return the name under which tokens are kept: a digest, from which no secret can be read.

    Whoever sets another account, scope, key or refresh token gets new tokens, not those kept of
    the old.
    """
    told = json.dumps(
        {name: getattr(settings, name) for name in _TELLING},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    digest = hashlib.sha256(told.encode() + b"\n" + secret).hexdigest()[:32]
    return f"{settings.source}:{digest}"
