"""Mails to us: as a customer writes them, and as the mail server of the mailbox stores them."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TypedDict, Unpack

from pipeline.clock import Clock
from tests.world.customers import OLIVER, File
from tests.world.settings import ADDRESS, AUTHSERV


class Wording(TypedDict, total=False):
    """What a mail says besides its files.

    ``proof`` is what our server found out of the sender; ``headers`` replaces header fields.
    """

    text: str
    subject: str
    to: str
    proof: str
    headers: Mapping[str, str]


def letter(
    sender: str,
    *files: File,
    rules: "policy.EmailPolicy[EmailMessage]" = policy.SMTP,
    **wording: Unpack[Wording],
) -> EmailMessage:
    """Return a mail as its sender's program makes it; ``rules`` says how its lines end."""
    mail = EmailMessage(policy=rules)
    mail["From"] = sender
    mail["To"] = wording.get("to", ADDRESS)
    mail["Subject"] = wording.get("subject", "WhatsApp")
    for name, value in wording.get("headers", {}).items():
        del mail[name]
        mail[name] = value
    mail.set_content(wording.get("text") or "Hello,\n", cte="base64")
    for name, content in files:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail


def mail_of(file_name: str, content: bytes) -> bytes:
    """Return a mail that carries one file and that no server has stored yet."""
    text = "Please find our form attached."
    rules = policy.default
    return letter(OLIVER, (file_name, content), rules=rules, text=text).as_bytes()


def stored(
    sender: str, name: str, now: datetime, *files: File, **wording: Unpack[Wording]
) -> bytes:
    """Return the raw bytes of a mail of ``now``; ``name`` makes its Message-ID."""
    domain = sender.rpartition("@")[2]
    own = {"Date": format_datetime(now), "Message-ID": f"<{name}@{domain}>"}
    wording["headers"] = {**own, **wording.get("headers", {})}
    seal = trace_of(wording.get("proof", "pass"), sender, domain, now)
    return seal + letter(sender, *files, **wording).as_bytes()


def trace_of(proof: str, address: str, domain: str, now: datetime) -> bytes:
    """Return the header fields that our server puts on top: what it found out, and the hop."""
    hop = "spf=pass smtp.mailfrom=a@hop.example"
    results = {
        "pass": f"dmarc=pass (p=reject) header.from={domain}; dkim=pass header.d={domain}",
        "none": f"dmarc=none header.from={domain}; spf=pass smtp.mailfrom={address}",
        "nothing": f"dmarc=none header.from={domain}; spf=none smtp.mailfrom={address}",
        "temporary": f"dmarc=temperror header.from={domain}; spf=pass smtp.mailfrom={address}",
        "forwarded": f"dmarc=fail (p=none) header.from={domain}; {hop}",
        "fail": f"dmarc=fail (p=reject) header.from={domain}",
    }
    seal = f"Authentication-Results: {AUTHSERV}; {results[proof]}\r\n" if proof in results else ""
    received = f"Received: from mail.{domain} by {AUTHSERV} with ESMTPS; {format_datetime(now)}\r\n"
    return (seal + received).encode()


@dataclass
class Customer:
    """Writes mails at the time of a clock, each under a Message-ID of its own."""

    clock: Clock
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def write(self, sender: str, *files: File, **wording: Unpack[Wording]) -> bytes:
        """Return the raw bytes of a mail, as the mail server of the mailbox stores it."""
        now = self.clock.now()
        return stored(sender, f"{next(self.numbers)}.{now:%Y%m%d%H%M%S}", now, *files, **wording)
