"""An SMTP server that delivers what it takes into Maildirs, slowly if wanted, whoever hangs up."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.smtp import FreePortController
from tests.world.maildirs import mails_in
from tests.world.outbox import parsed

_SUBFOLDERS = ("new", "cur", "tmp")


def _at_once() -> tuple[float, float]:
    return 0.0, 0.0


@dataclass
class Deliveries:
    """The server: ``ours`` is the Maildir of the address ``own``, ``others`` that of all others.

    ``pace`` gives the seconds from the final dot to the delivery, and from there to the yes.
    ``refusals`` are answers to RCPT by address; ``hang_up`` says for each mail whether the line
    breaks after it was delivered (``"after"``), before (``"before"``: it is lost), or not.
    """

    own: str
    ours: Path
    others: Path
    pace: Callable[[], tuple[float, float]] = _at_once
    hang_up: Callable[[], str] = str
    refusals: dict[str, str] = field(default_factory=dict)
    envelopes: list[tuple[str, ...]] = field(default_factory=list)
    port: int = 0

    def taken(self) -> list[tuple[str, bytes]]:
        """Return Message-ID and bytes of each mail that the others got."""
        mails = [path.read_bytes() for path in mails_in(self.others)]
        return [(str(parsed(raw)["Message-ID"]), raw) for raw in mails]

    def put(self, address: str, raw: bytes) -> None:
        """Deliver a mail as servers do: with fields on top, and with the line ends of the disk."""
        place = self.ours if address == self.own else self.others
        for name in _SUBFOLDERS:
            (place / name).mkdir(parents=True, exist_ok=True)
        top = f"Return-Path: <{self.own}>\nDelivered-To: {address}\nReceived: from us by a test\n"
        name = secrets.token_hex(12)
        draft = place / "tmp" / name
        draft.write_bytes(top.encode() + raw.replace(b"\r\n", b"\n"))
        draft.rename(place / "new" / name)


class _Handler:
    def __init__(self, server: Deliveries) -> None:
        self.server = server

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self.server.refusals.get(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        hang_up = self.server.hang_up()
        if hang_up != "before":
            # a mail that was handed over whole is delivered, whatever becomes of the line
            await asyncio.shield(asyncio.ensure_future(self._deliver(envelope)))
        if hang_up:
            cast("asyncio.Transport", server.transport).abort()
        return "250 taken"

    async def _deliver(self, envelope: Envelope) -> None:
        before, after = self.server.pace()
        await asyncio.sleep(before)
        content = envelope.content
        assert isinstance(content, bytes)
        self.server.envelopes.append(tuple(envelope.rcpt_tos))
        for address in envelope.rcpt_tos:
            self.server.put(address, content)
        await asyncio.sleep(after)


@contextlib.contextmanager
def delivering(own: str, ours: Path, others: Path) -> Iterator[Deliveries]:
    """Run the server on a free loopback port."""
    server = Deliveries(own, ours, others)
    controller = FreePortController(_Handler(server), hostname="127.0.0.1", port=0)
    controller.start()
    try:
        server.port = controller.port
        yield server
    finally:
        controller.stop()
