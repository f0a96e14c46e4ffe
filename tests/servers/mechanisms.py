"""XOAUTH2 and OAUTHBEARER (RFC 7628) of an SMTP server that asks an identity server."""

import asyncio
import base64
from typing import Any

from aiosmtpd.smtp import MISSING, SMTP, AuthResult

from tests.servers.tokens import TokenServer

_CHALLENGE = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"mail"}').decode()


class TokenMechanisms:
    """XOAUTH2 and OAUTHBEARER of a server: a refusal is a challenge that wants an answer."""

    def __init__(self, identity: TokenServer) -> None:
        self.identity = identity
        self.words: list[list[str]] = []
        self.answers: list[bytes] = []

    async def auth_XOAUTH2(self, server: SMTP, words: list[str]) -> Any:  # noqa: N802
        return await self._checked(server, words, b"")

    async def auth_OAUTHBEARER(self, server: SMTP, words: list[str]) -> Any:  # noqa: N802
        return await self._checked(server, words, b"\x01")

    async def _checked(self, server: SMTP, words: list[str], farewell: bytes) -> Any:
        self.words.append(words)
        if len(words) > 1:
            said = base64.b64decode(words[1])
        else:
            asked = await server.challenge_auth("", log_client_response=False)
            if asked is MISSING:
                return AuthResult(success=False, handled=True)
            said = bytes(asked)
        parts = said.split(b"\x01")
        user = parts[0].partition(b"a=" if parts[0].startswith(b"n,") else b"user=")[2].rstrip(b",")
        token = next((p[12:] for p in parts if p.startswith(b"auth=Bearer ")), b"").decode()
        # introspection is a call that waits: the loop must go on
        seen = await asyncio.to_thread(self.identity.seen, token)
        if seen.get("user") == user.decode():
            return AuthResult(success=True, auth_data=user)
        answer = await server.challenge_auth(_CHALLENGE, encode_to_b64=False)
        self.answers.append(b"" if answer is MISSING else bytes(answer))
        assert self.answers[-1] == farewell
        return AuthResult(success=False, handled=False)
