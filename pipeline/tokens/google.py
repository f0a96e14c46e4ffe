"""Tokens of Google through google-auth: of a service account for a user, or by refresh token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.places import is_endpoint
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.tokens.grant import Grant, read_grant, read_json
from pipeline.tokens.refusals import clock_fault, refusal
from pipeline.tokens.transport import Transport, place_of

SCOPE = "https://mail.google.com/"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


@dataclass
class GoogleKeySource:
    """A service account with domain-wide delegation; ``key`` is its JSON key."""

    key: bytes = field(repr=False)
    subject: str
    identity: str
    transport: Transport
    scope: str = SCOPE
    rotates: bool = False
    kind: str = "google"

    @property
    def place(self) -> str:
        """Host of the endpoint that the key names."""
        return place_of(str(read_json(self.key).get("token_uri", TOKEN_URL)))

    def request(self, refresh_token: str) -> Grant:  # noqa: ARG002 - this source has none
        """Ask for a token; see :class:`pipeline.tokens.grant.TokenSource`."""
        try:
            from google.oauth2 import service_account  # noqa: PLC0415 - an extra, and slow
        except ImportError as error:
            raise _missing() from error
        info = read_json(self.key)
        if info.get("type") != "service_account" or not is_endpoint(str(info.get("token_uri"))):
            raise ConfigurationError("token_key")
        try:
            credentials = service_account.Credentials.from_service_account_info(
                info, scopes=[self.scope], subject=self.subject
            )
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigurationError("token_key") from error
        return _refreshed(credentials, self.transport, self.place, dated=True)


@dataclass
class GoogleRefreshSource:
    """A refresh token that a person allowed for their own mailbox."""

    client_id: str
    secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    identity: str
    transport: Transport
    url: str = TOKEN_URL
    scope: str = ""
    rotates: bool = True
    kind: str = "google"

    @property
    def place(self) -> str:
        """Host of the endpoint."""
        return place_of(self.url)

    def request(self, refresh_token: str) -> Grant:
        """Ask for a token; see :class:`pipeline.tokens.grant.TokenSource`."""
        try:
            from google.oauth2 import credentials as user  # noqa: PLC0415 - an extra, and slow
        except ImportError as error:
            raise _missing() from error
        credentials = user.Credentials(
            None,
            refresh_token=refresh_token or self.refresh_token,
            token_uri=self.url,
            client_id=self.client_id,
            client_secret=self.secret,
            scopes=[self.scope] if self.scope else None,
        )
        secrets = (self.secret, self.refresh_token, refresh_token)
        return _refreshed(credentials, self.transport, self.place, secrets=secrets)


def _missing() -> ConfigurationError:
    return ConfigurationError("token_library", library="google-auth", extra="google")


def _refreshed(
    credentials: Any,
    transport: Transport,
    place: str,
    *,
    secrets: tuple[str, ...] = (),
    dated: bool = False,
) -> Grant:
    """Let the library ask, and read its answer ourselves: it hides what the server said."""
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - as above

    try:
        credentials.refresh(_Request(transport))
    except PipelineError:
        raise
    except (GoogleAuthError, ValueError, TypeError, KeyError, AttributeError) as error:
        answer = transport.last
        if answer is None:
            raise ConfigurationError("token_key") from error
        skew = clock_fault(transport, place) if dated and not answer.good else None
        raise skew or refusal(read_json(answer.body), answer, place, secrets) from None
    fields = read_json(transport.last.body) if transport.last else {}
    return read_grant({**fields, "access_token": credentials.token}, place)


@dataclass
class _Response:
    """An answer as google-auth reads it."""

    status: int
    data: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class _Request:
    """google-auth's way to the network: ours, with its limits."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> _Response:
        """Send one request."""
        answer = self._transport.request(method, url, body, headers or {})
        return _Response(answer.status, answer.body)
