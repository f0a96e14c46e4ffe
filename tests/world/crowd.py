"""A crowd of customers, as many as wanted, no two with the same number, each with a good form."""

from datetime import UTC, datetime, timedelta

from pipeline.model.form import FormKind
from tests.world.customers import form, good_answers
from tests.world.mails import stored

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
        **good_answers(FormKind.ONBOARDING, "en"),
        "contact_name": "Taro Yamada",
        "contact_email": sender_of(position),
        "contact_phone": "+81 3 1234 5670",
        "time_zone": "Asia/Tokyo",
        "company_legal_name": f"Shrub {position} Co., Ltd.",
        "country": "Japan",
        "genesys_org_name": f"Shrub {position}",
        "genesys_org_id": f"3d3f2a7e-9c44-4f0b-8a1d-5b6c7d8e{position:04x}",
        "genesys_region": "ap-northeast-1",
        "phone_number": number_of(position),
        "phone_number_again": number_of(position),
        "display_name": f"Shrub {position}",
        "ready_date": (now - timedelta(days=1)).date().isoformat(),
        "website": f"https://shrub-{position}.example",
    }


def form_mail(position: int, now: datetime | None = None) -> bytes:
    """Return the mail at ``position``: a proven sender with a good onboarding workbook."""
    now = now or datetime.now(UTC)
    file = form(FormKind.ONBOARDING, "en", **answers(position, now))
    text = "Please find our form attached."
    return stored(sender_of(position), f"form-{position}", now, file, text=text)


def plain_mail(position: int, text: str) -> bytes:
    """Return a mail of words alone from the customer at ``position``."""
    return stored(sender_of(position), f"words-{position}", datetime.now(UTC), text=text)
