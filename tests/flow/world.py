"""A whole small world for the tests of the flow: customers, a mailbox, staff, a clock.

Mail comes in through a real Maildir and goes out into a real one; the database is real, and what
touches a stranger's bytes runs in the real guarded child.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from pipeline.batch import Summary, run_batch
from pipeline.clock import SettableClock
from pipeline.flow.connections import open_mailbox
from pipeline.flow.services import Services
from pipeline.flow.staff.numbers import set_number
from pipeline.forms.pdf.write.form import build_pdf
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.model.form import Filling, FormKind
from pipeline.model.request import NumberState
from pipeline.store.records import (
    CertificateRecord,
    EventRecord,
    MessageRecord,
    NoteRecord,
    NumberRecord,
    OutboxRecord,
    RequestRecord,
    RevisionRecord,
)

ADDRESS = "GenesysCloudWhatsAppRequests@genesys.com"
PRIVACY = "privacy@genesys.com"
STAFF = "whatsapp-staff@genesys.example"
AUTHSERV = "mx.genesys.example"
#: A Monday morning.
START = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

HANAKO = "hanako@sakura-denki.example"
TARO = "taro@sakura-denki.example"
OLIVER = "oliver@harbour-books.example"
JULIA = "julia@lindenhof.example"
EVE = "eve@other-company.example"
#: Who writes in each language.
SENDERS = {"en": OLIVER, "ja": HANAKO, "de": JULIA}

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"

File = tuple[str, bytes]
Answers = Mapping[str, str]

_COMMON = {
    "en": {
        "contact_name": "Oliver Whitcombe",
        "contact_department": "Customer care",
        "contact_email": OLIVER,
        "contact_phone": "+44 121 234 5670",
        "reply_language": "en",
        "time_zone": "Europe/London",
        "company_legal_name": "Harbour Books Ltd",
        "country": "United Kingdom",
        "genesys_org_name": "Harbour Books",
        "genesys_org_id": "8c1d4f70-2e95-4b6a-a3d8-9f0e7c5b2a16",
        "genesys_region": "eu-west-2",
        "phone_number": "+44 7400 123456",
        "phone_number_again": "07400 123456",
    },
    "ja": {
        "contact_name": "山田　花子",
        "contact_department": "情報システム部",
        "contact_email": HANAKO,
        "contact_phone": "０３－１２３４－５６７０",
        "reply_language": "ja",
        "time_zone": "Asia/Tokyo",
        "company_legal_name": "株式会社さくら電機",
        "country": "日本",
        "genesys_org_name": "sakura-denki",
        "genesys_org_id": "3f2a9c1e-7b4d-4e8a-9c60-5d1f8a2b7e34",
        "genesys_region": "ap-northeast-1",
        "phone_number": "０９０－１２３４－５６７８",
        "phone_number_again": "+81 90 1234 5678",
    },
    "de": {
        "contact_name": "Julia Becker",
        "contact_department": "Kundendienst",
        "contact_email": JULIA,
        "contact_phone": "+49 30 23125-012",
        "reply_language": "de",
        "time_zone": "Europe/Berlin",
        "company_legal_name": "Lindenhof Möbel GmbH",
        "country": "Deutschland",
        "genesys_org_name": "Lindenhof",
        "genesys_org_id": "5b7e2d90-4c13-4f8a-b6d2-1a9c8e3f7045",
        "genesys_region": "eu-central-1",
        "phone_number": "+49 1512 3456789",
        "phone_number_again": "01512 3456789",
    },
}
_INTEGRATION = {
    "genesys_licence": "user_3",
    "has_messaging_permission": "yes",
    "has_whatsapp_account": "yes",
    "meta_business_id": "506914307656634",
    "is_m2m": "no",
    "verification_method": "sms",
    "ready_date": "2026-11-23",
    "ack_no_way_back": "yes",
    "ack_charges": "yes",
    "ack_policies": "yes",
}
_NAME = {"en": "Harbour Books", "ja": "さくら電機", "de": "Lindenhof Möbel"}
_SITE = {
    "en": "https://harbour-books.example",
    "ja": "https://sakura-denki.example",
    "de": "https://lindenhof.example",
}
_USE = {
    "en": "Telling customers that an ordered book has arrived, and answering questions.",
    "ja": "ご注文の確認と、お客様からのお問い合わせへの回答に使用します。",
    "de": "Kunden fragen nach ihren Bestellungen, und unser Kundendienst antwortet.",
}
_CONSENT = {
    "en": "By scanning this code you agree to receive messages from Harbour Books.",
    "ja": "このQRコードを使用すると、さくら電機からメッセージを受け取ることに同意します。",
    "de": "Mit diesem Code stimmen Sie dem Empfang von Nachrichten von Lindenhof Möbel zu.",
}


def good_answers(kind: FormKind, language: str) -> dict[str, str]:
    """Return the answers of a form that nothing is wrong with."""
    own: dict[FormKind, dict[str, str]] = {
        FormKind.ONBOARDING: {
            **_INTEGRATION,
            "website": _SITE[language],
            "meta_business_verified": "verified",
            "display_name": _NAME[language],
            "business_vertical": "RETAIL",
            "number_use": "never",
            "use_case": _USE[language],
        },
        FormKind.MIGRATION: {
            **_INTEGRATION,
            "current_provider": "Acme Messaging",
            "current_hosting": "cloud_api",
            "source_waba_id": "102290129340398",
            "same_business_account": "yes",
            "source_business_verified": "yes",
            "payment_method_ready": "yes",
            "display_name": _NAME[language],
            "display_name_approved": "yes",
            "name_change_pending": "no",
            "number_use": "business_platform",
            "two_step_disabled": "yes",
            "code_contact": _COMMON[language]["contact_name"],
        },
        FormKind.QR: {
            "integration_name": "WhatsApp",
            "qr_action": "new",
            "image_format": "both",
            "where_shown": "On the receipt",
            "used_for_opt_in": "yes",
            "opt_in_wording": _CONSENT[language],
        },
    }
    return {**_COMMON[language], **own[kind]}


@cache
def _built(kind: FormKind, language: str, answers: tuple[tuple[str, str], ...], name: str) -> bytes:
    build = build_pdf if name == "pdf" else build_xlsx
    return build(kind, language, Filling(answers), address=ADDRESS, privacy=PRIVACY)


def form(
    kind: FormKind = FormKind.ONBOARDING, language: str = "ja", suffix: str = "xlsx", **changes: str
) -> File:
    """Return the name and bytes of a filled form; an empty value leaves the question open."""
    answers = {**good_answers(kind, language), **changes}
    filled = tuple((name, text) for name, text in answers.items() if text)
    return f"{kind.value}_{language}.{suffix}", _built(kind, language, filled, suffix)


@dataclass(frozen=True)
class Sent:
    """A mail that we sent, as the customer's program reads it."""

    notice: str
    variant: str
    to: str
    subject: str
    text: str
    html: str
    files: Mapping[str, bytes]
    reply_to: str
    message_id: str
    raw: bytes

    @property
    def named(self) -> tuple[str, str]:
        """The notice and whom it went to."""
        return self.notice, self.to


@dataclass
class Customer:
    """Writes mails as the mail server of the mailbox stores them."""

    clock: SettableClock
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def write(
        self,
        sender: str,
        *files: File,
        text: str = "",
        subject: str = "WhatsApp",
        to: str = ADDRESS,
        proof: str = "pass",
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Return the raw bytes of a mail; ``proof`` is what our server found out of the sender."""
        domain = sender.rpartition("@")[2]
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"] = sender
        mail["To"] = to
        mail["Subject"] = subject
        mail["Date"] = format_datetime(self.clock.now())
        mail["Message-ID"] = f"<{next(self.numbers)}.{self.clock.now():%Y%m%d%H%M%S}@{domain}>"
        for name, value in (headers or {}).items():
            del mail[name]
            mail[name] = value
        mail.set_content(text or "Hello,\n", cte="base64")
        for name, content in files:
            mail.add_attachment(
                content, maintype="application", subtype="octet-stream", filename=name
            )
        return _trace(proof, sender, domain, self.clock.now()) + mail.as_bytes()


def _trace(proof: str, address: str, domain: str, now: datetime) -> bytes:
    results = {
        "pass": f"dmarc=pass (p=reject) header.from={domain}; dkim=pass header.d={domain}",
        "none": f"dmarc=none header.from={domain}; spf=pass smtp.mailfrom={address}",
        "fail": f"dmarc=fail (p=reject) header.from={domain}",
    }
    seal = f"Authentication-Results: {AUTHSERV}; {results[proof]}\r\n" if proof in results else ""
    received = f"Received: from mail.{domain} by {AUTHSERV} with ESMTPS; {format_datetime(now)}\r\n"
    return (seal + received).encode()


@dataclass
class World:
    """The services on one database, and what a test does with them."""

    services: Services
    clock: SettableClock
    customer: Customer
    _seen: set[str] = field(default_factory=set)
    summary: Summary = field(default_factory=Summary)

    # what happens

    def deliver(self, raw: bytes) -> bytes:
        """Put a mail into the mailbox, as a server does; return its bytes."""
        with open_mailbox(self.services) as mailbox:
            mailbox.append("INBOX", raw)
        return raw

    def mail(
        self,
        sender: str,
        *files: File,
        text: str = "",
        subject: str = "WhatsApp",
        to: str = ADDRESS,
        proof: str = "pass",
        headers: Mapping[str, str] | None = None,
    ) -> list[Sent]:
        """Deliver a mail of ``sender``, run a batch, and return what we sent."""
        self.deliver(
            self.customer.write(
                sender, *files, text=text, subject=subject, to=to, proof=proof, headers=headers
            )
        )
        return self.run()

    def reply(
        self,
        record: RequestRecord,
        text: str = "",
        *files: File,
        sender: str = "",
        proof: str = "pass",
    ) -> list[Sent]:
        """Answer our last mail on ``record`` (from its address of record), run a batch."""
        ours = self.mails_of(record)[-1]
        seen = message_from_bytes(ours.content, policy=policy.default)
        body = seen.get_body(("plain",))
        assert body is not None
        quoted = "\n".join(f"> {line}" for line in str(body.get_content()).splitlines())
        return self.mail(
            sender or record.address_of_record,
            *files,
            text=f"{text}\n\n{quoted}\n",
            subject=f"Re: {ours.subject}",
            to=str(seen["Reply-To"]),
            proof=proof,
            headers={"In-Reply-To": ours.message_id},
        )

    def run(self, after: timedelta = timedelta()) -> list[Sent]:
        """Let time pass, run one batch, and return the mails to customers that went out."""
        self.clock.advance(after)
        self.summary = run_batch(self.services)
        assert all(failure.error for failure in self.summary.failures), self.summary.failures
        return [mail for mail in self.new_mails() if mail.to != STAFF]

    def later(self, **distance: float) -> list[Sent]:
        """Let time pass and run one batch, as ``later(days=3)``."""
        return self.run(timedelta(**distance))

    def set_number(self, e164: str, state: NumberState, organisation: str) -> None:
        """Write the table of numbers, as staff do."""
        set_number(self.services, NumberRecord(e164, state, organisation, None), "staff")

    def staff_mails(self) -> list[Sent]:
        """Run one batch after the undo window and return what went out."""
        return self.run(timedelta(seconds=121))

    def reply_after_undo(self, record: RequestRecord, *files: File) -> list[Sent]:
        """Let our mails to the customer go out, then answer the last one with ``files``."""
        self.staff_mails()
        return self.reply(record, "", *files)

    # what came of it

    def new_mails(self) -> list[Sent]:
        """Return the mails in the outgoing Maildir that were not returned before, oldest first."""
        folder = self.services.settings.below_home(self.services.settings.courier.path) / "new"
        found = []
        for path in sorted(folder.iterdir()) if folder.exists() else ():
            if path.name not in self._seen:
                self._seen.add(path.name)
                found.append(self._read(path))
        return [mail for _, mail in sorted(found, key=lambda item: item[0])]

    def all_mails(self) -> list[Sent]:
        """Return all mails that ever went out, the oldest first."""
        self._seen.clear()
        return self.new_mails()

    def _read(self, path: Path) -> tuple[str, Sent]:
        raw = path.read_bytes()
        mail = message_from_bytes(raw, policy=policy.default)
        with self.services.store.read() as tx:
            row = tx.outbox.by_message_id(str(mail["Message-ID"]))
        assert row is not None
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert plain is not None
        return row.id, Sent(
            notice=row.notice.value,
            variant=row.variant,
            to=str(mail["To"]),
            subject=str(mail["Subject"]),
            text=str(plain.get_content()).replace("\r\n", "\n"),
            html=str(html.get_content()) if html is not None else "",
            files={
                str(part.get_filename()): _content(part)
                for part in mail.iter_attachments()
                if part.get_filename()
            },
            reply_to=str(mail["Reply-To"]),
            message_id=str(mail["Message-ID"]),
            raw=raw,
        )

    def requests_of(self, sender: str) -> list[RequestRecord]:
        """Return the requests of an address, the oldest first."""
        with self.services.store.read() as tx:
            return sorted(tx.requests.of_sender(sender), key=lambda record: record.id)

    def request(self, sender: str = HANAKO) -> RequestRecord:
        """Return the one request of an address, as it is now."""
        (record,) = self.requests_of(sender)
        return record

    def again(self, record: RequestRecord) -> RequestRecord:
        """Return ``record`` as it is now."""
        with self.services.store.read() as tx:
            found = tx.requests.get(record.id)
        assert found is not None
        return found

    def mails_of(self, record: RequestRecord) -> list[OutboxRecord]:
        """Return the mails of a request in the outbox, the oldest first."""
        with self.services.store.read() as tx:
            return tx.outbox.of_request(record.id)

    def outbox(self) -> list[OutboxRecord]:
        """Return all mails of the outbox, the newest first."""
        with self.services.store.read() as tx:
            return tx.outbox.list("all", 1000)

    def messages(self) -> list[MessageRecord]:
        """Return the ledger, the oldest first."""
        with self.services.store.read() as tx:
            return sorted(tx.messages.list("all", 1000), key=lambda row: row.id)

    def last_message(self) -> MessageRecord:
        """Return the newest row of the ledger."""
        return self.messages()[-1]

    def history(self, record: RequestRecord) -> list[EventRecord]:
        """Return the events of a request, the oldest first."""
        with self.services.store.read() as tx:
            return tx.events.list(record.id)

    def steps(self, record: RequestRecord) -> list[str]:
        """Return the names of the events of a request, the oldest first."""
        return [event.event.value for event in self.history(record) if event.event is not None]

    def notes(self, record: RequestRecord) -> list[NoteRecord]:
        """Return the notes of a request."""
        with self.services.store.read() as tx:
            return tx.notes.list(record.id)

    def revisions(self, record: RequestRecord) -> list[RevisionRecord]:
        """Return the revisions of a request, the oldest first."""
        with self.services.store.read() as tx:
            return sorted(tx.revisions.all(record.id), key=lambda item: item.seq)

    def certificates(self, record: RequestRecord) -> list[CertificateRecord]:
        """Return the certificates of a request, the oldest first."""
        with self.services.store.read() as tx:
            return sorted(tx.certificates.of_request(record.id), key=lambda row: row.ordinal)

    def number(self, e164: str) -> NumberRecord | None:
        """Return what the table of numbers says."""
        with self.services.store.read() as tx:
            return tx.numbers.get(e164)

    def folders(self) -> dict[str, int]:
        """Return how many mails lie in each folder of the mailbox; empty ones are left out."""
        root = self.services.settings.below_home(self.services.settings.mailbox.path)
        found: dict[str, int] = {}
        for folder in (root, *sorted(root.glob(".*"))):
            mails = [path for name in ("new", "cur") for path in (folder / name).glob("*")]
            if mails:
                found[folder.name.removeprefix(".") if folder != root else "INBOX"] = len(mails)
        return found

    def alerts(self) -> list[str]:
        """Return the codes of all alerts, the oldest first."""
        with self.services.store.read() as tx:
            return [line.code for line in sorted(tx.alerts.list(1000), key=lambda line: line.id)]

    def quarantined(self) -> list[str]:
        """Return the ids of what is in quarantine."""
        with self.services.store.read() as tx:
            return [entry.id for entry in tx.quarantine.list()]


def _content(part: EmailMessage) -> bytes:
    content = part.get_content()
    return content.encode() if isinstance(content, str) else bytes(content)


def notices(mails: Sequence[Sent]) -> list[str]:
    """Return the notices of ``mails``, with their variants."""
    return [f"{mail.notice}:{mail.variant}" if mail.variant else mail.notice for mail in mails]
