"""Tokens of Microsoft 365 for a programme of its own (client credentials), through msal."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from pipeline.errors import ConfigurationError, PipelineError
from pipeline.tokens.grant import Grant, read_grant, read_json
from pipeline.tokens.refusals import clock_fault, refusal
from pipeline.tokens.transport import Answer, Transport, place_of

SCOPE = "https://outlook.office365.com/.default"
_KEY = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass
class MicrosoftSource:
    """An app registration of one tenant.

    It proves itself by ``secret``, or by ``certificate``: private key and certificate in PEM.
    """

    authority: str
    tenant: str
    client_id: str
    identity: str
    transport: Transport
    secret: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    scope: str = SCOPE
    rotates: bool = False
    kind: str = "microsoft"

    @property
    def place(self) -> str:
        """Host of the authority."""
        return place_of(self.authority)

    def request(self, refresh_token: str) -> Grant:  # noqa: ARG002 - this source has none
        """Ask for a token; see :class:`pipeline.tokens.grant.TokenSource`."""
        try:
            import msal  # noqa: PLC0415 - an extra, and slow
            from jwt.exceptions import PyJWTError  # noqa: PLC0415 - what msal signs with
        except ImportError as error:
            raise ConfigurationError("token_library", library="msal", extra="microsoft") from error
        credential = self._credential()
        try:
            fields = msal.ConfidentialClientApplication(
                self.client_id,
                authority=f"{self.authority.rstrip('/')}/{self.tenant}",
                client_credential=credential,
                # the authority is the operator's own word: no other server is asked about it
                instance_discovery=False,
                http_client=_Client(self.transport),
            ).acquire_token_for_client([self.scope])
        except PipelineError:
            raise
        except (ValueError, TypeError, PyJWTError) as error:
            raise self._refused() from error
        if "access_token" in fields:
            return read_grant(dict(fields), self.place)
        raise self._told(dict(fields))

    def _credential(self) -> str | dict[str, str]:
        if not self.certificate:
            return self.secret
        key, certificate = _KEY.search(self.certificate), _CERTIFICATE.search(self.certificate)
        if key is None or certificate is None:
            raise ConfigurationError("token_certificate")
        return {"private_key": key[0], "public_certificate": certificate[0]}

    def _refused(self) -> PipelineError:
        """Tell of an error that msal raises: no authority of this name, or a key it cannot use."""
        answer = self.transport.last
        fields = read_json(answer.body) if answer else {}
        found = answer is None or "token_endpoint" in fields
        if self.certificate and found:  # nothing was refused yet: the key could not sign
            return ConfigurationError("token_certificate")
        return self._told(fields)

    def _told(self, fields: dict[str, Any]) -> PipelineError:
        skew = clock_fault(self.transport, self.place) if self.certificate else None
        return skew or refusal(fields, self.transport.last, self.place, (self.secret,))


@dataclass
class _Response:
    """An answer as msal reads it."""

    status_code: int
    text: str = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict)

    def raise_for_status(self) -> None:
        """Do nothing: the transport has told of what is no answer to a request."""


class _Client:
    """msal's way to the network: ours, with its limits."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: str | Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> _Response:
        """Send a form."""
        form = data if isinstance(data, str) else urlencode(data or {})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        sent = {**kind, **(headers or {})}
        return _response(self._transport.request("POST", _with(url, params), form.encode(), sent))

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> _Response:
        """Fetch a document."""
        return _response(self._transport.request("GET", _with(url, params), None, headers or {}))

    def close(self) -> None:
        """Do nothing: each request has a connection of its own."""


def _with(url: str, params: Mapping[str, str] | None) -> str:
    return f"{url}?{urlencode(params)}" if params else url


def _response(answer: Answer) -> _Response:
    fields = read_json(answer.body)
    # what is no JSON object would be logged by msal whole; our own error tells of it
    return _Response(answer.status, json.dumps(fields))
