"""Mails with a filled onboarding workbook, as many as wanted, no two about the same number."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.model.form import Filling, FormKind

AUTHSERV_ID = "mx.genesys.example"
ADDRESS = "requests@genesys.example"
XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
_FIRST_NUMBER = 9010000007


def number_of(position: int) -> str:
    """Return the number (E.164) that the mail at ``position`` asks for."""
    return f"+81{_FIRST_NUMBER + 13 * position}"


def sender_of(position: int) -> str:
    """Return the address that the mail at ``position`` comes from."""
    return f"taro@shrub-{position}.example"


def answers(position: int, now: datetime) -> dict[str, str]:
    """Return good answers of an onboarding form that is ready since yesterday."""
    return {
        "contact_name": "Taro Yamada",
        "contact_email": sender_of(position),
        "reply_language": "en",
        "company_legal_name": f"Shrub {position} Co., Ltd.",
        "country": "Japan",
        "genesys_org_name": f"Shrub {position}",
        "genesys_org_id": f"3d3f2a7e-9c44-4f0b-8a1d-5b6c7d8e{position:04x}",
        "phone_number": number_of(position),
        "phone_number_again": number_of(position),
        "genesys_licence": "user_3",
        "has_messaging_permission": "yes",
        "has_whatsapp_account": "yes",
        "meta_business_id": "506914307656634",
        "display_name": f"Shrub {position}",
        "is_m2m": "no",
        "verification_method": "sms",
        "ready_date": (now - timedelta(days=1)).date().isoformat(),
        "ack_no_way_back": "yes",
        "ack_charges": "yes",
        "ack_policies": "yes",
        "website": f"https://shrub-{position}.example",
        "meta_business_verified": "verified",
        "business_vertical": "RETAIL",
        "number_use": "never",
        "use_case": "We answer questions about orders and deliveries.",
    }


def workbook(position: int, now: datetime) -> bytes:
    """Return the filled workbook of the mail at ``position``."""
    filling = Filling(tuple(answers(position, now).items()))
    return build_xlsx(
        FormKind.ONBOARDING, "en", filling, address=ADDRESS, privacy="privacy@genesys.example"
    )


def received(mail: EmailMessage, *, dmarc: str = "pass") -> bytes:
    """Return the bytes of ``mail`` with what the receiving server writes on top."""
    domain = mail["From"].rpartition("@")[2]
    top = (
        f"Authentication-Results: {AUTHSERV_ID}; dmarc={dmarc} header.from={domain}\r\n"
        f"Received: from mail.{domain} by {AUTHSERV_ID} with ESMTPS; {mail['Date']}\r\n"
    )
    return top.encode() + mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def words(sender: str, name: str, text: str = "Hello", *, dmarc: str = "pass") -> bytes:
    """Return a mail of plain words; ``name`` makes its Message-ID."""
    mail = message(sender, name)
    mail.set_content(text)
    return received(mail, dmarc=dmarc)


def form_mail(position: int, now: datetime | None = None) -> bytes:
    """Return the mail at ``position``: a proven sender with a good onboarding workbook."""
    mail = message(sender_of(position), f"form-{position}")
    mail.set_content("Please find our form attached.")
    content = workbook(position, now or datetime.now(UTC))
    mail.add_attachment(content, *XLSX, filename="onboarding.xlsx")
    return received(mail)


def message(sender: str, name: str) -> EmailMessage:
    """Return a mail to us without a body; ``name`` makes its Message-ID."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ADDRESS
    mail["Subject"] = "WhatsApp"
    mail["Date"] = "Fri, 13 Nov 2026 09:00:00 +0000"
    mail["Message-ID"] = f"<{name}@{sender.rpartition('@')[2]}>"
    return mail
