"""A token endpoint of any provider (RFC 6749): client_credentials (4.4) and refresh_token (6)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

from pipeline.tokens.grant import Grant, read_grant, read_json
from pipeline.tokens.refusals import refusal
from pipeline.tokens.transport import Transport, place_of


@dataclass(frozen=True)
class Client:
    """Who asks; the secrets are read when they are needed.

    ``in_body``: client_secret_post, for servers that know no Basic (RFC 6749, 2.3.1).
    """

    client_id: str
    secret: str = field(default="", repr=False)
    in_body: bool = False


@dataclass
class EndpointSource:
    """Asks the endpoint itself, with the standard library."""

    url: str
    client: Client
    identity: str
    transport: Transport
    scope: str = ""
    refresh_token: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict)
    rotates: bool = False
    kind: str = "endpoint"

    @property
    def place(self) -> str:
        """Host and port of the endpoint."""
        return place_of(self.url)

    def request(self, refresh_token: str) -> Grant:
        """Ask for a token; see :class:`pipeline.tokens.grant.TokenSource`."""
        renewal = (refresh_token or self.refresh_token) if self.rotates else ""
        answer = self.transport.request("POST", self.url, self._form(renewal), self._headers())
        fields = read_json(answer.body)
        if not answer.good or "error" in fields or not fields:
            secrets = (self.client.secret, renewal, self.refresh_token)
            raise refusal(fields, answer, self.place, secrets)
        return read_grant(fields, self.place)

    def _form(self, renewal: str) -> bytes:
        client = self.client
        form = {**self.extra, "grant_type": "client_credentials"}
        if self.rotates:
            form |= {"grant_type": "refresh_token", "refresh_token": renewal}
        if self.scope:
            form["scope"] = self.scope
        # a client without a secret names itself in the body (RFC 6749, 3.2.1)
        if client.in_body or not client.secret:
            form["client_id"] = client.client_id
        if client.in_body and client.secret:
            form["client_secret"] = client.secret
        return urlencode(form).encode("ascii")

    def _headers(self) -> dict[str, str]:
        client = self.client
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        if client.secret and not client.in_body:
            # both are form-encoded first: a colon or a letter beyond ASCII would end or break them
            pair = f"{quote_plus(client.client_id)}:{quote_plus(client.secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return headers
