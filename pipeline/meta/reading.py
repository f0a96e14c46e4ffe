"""Meta's answers as our types: everything is checked, what cannot be read is None."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pipeline.meta.api import CodeStatus, MetaNumber, NameStatus, NumberStatus, ShortLink

NUMBER_ID = re.compile(r"[0-9]{1,32}")
#: Codes of short links; the published description refuses its own examples.
LINK_CODE = re.compile(r"[A-Z0-9]{14}")
_E164 = re.compile(r"[1-9][0-9]{6,14}")
_MEXICAN = 13
_LONGEST_TEXT = 512
_LONGEST_CERTIFICATE = 20_000
_LINK_HOSTS = frozenset({"wa.me", "api.whatsapp.com", "whatsapp.com"})


def object_of(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object of an answer, None when it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def number_of(fields: object) -> MetaNumber | None:
    """Return a number, None when it has no id."""
    if not isinstance(fields, dict):
        return None
    number_id = id_of(fields)
    if number_id is None:
        return None
    return MetaNumber(
        id=number_id,
        e164=e164_of(_text(fields, "display_phone_number")),
        verified_name=_text(fields, "verified_name"),
        status=NumberStatus(_text(fields, "status")),
        name_status=NameStatus(_text(fields, "name_status")),
        code_status=CodeStatus(_text(fields, "code_verification_status")),
        new_name_status=NameStatus(_text(fields, "new_name_status") or "NONE"),
        certificate=_certificate(fields, "certificate"),
        new_certificate=_certificate(fields, "new_certificate"),
    )


def link_of(fields: object) -> ShortLink | None:
    """Return a short link, None when it has no code or leads to another place."""
    if not isinstance(fields, dict):
        return None
    code, url = _text(fields, "code"), _text(fields, "deep_link_url")
    text = fields.get("prefilled_message")
    if not LINK_CODE.fullmatch(code) or not isinstance(text, str) or not _leads_to_chat(url):
        return None
    image = fields.get("qr_image_url")
    return ShortLink(code, text, url, image if isinstance(image, str) else "")


def id_of(fields: Mapping[str, Any]) -> str | None:
    """Return the id of an answer; digits alone, since it becomes part of a path."""
    found = _text(fields, "id")
    return found if NUMBER_ID.fullmatch(found) else None


def items_of(fields: Mapping[str, Any]) -> list[Any] | None:
    """Return the items of a page, None when it has none."""
    found = fields.get("data")
    return found if isinstance(found, list) else None


def cursor_of(fields: Mapping[str, Any], limit: int) -> str:
    """Return where the next page begins, empty for the last one.

    The address in ``next`` is never followed: it holds the token. A full page without one may be
    the last or not; Meta's descriptions disagree, so it is asked.
    """
    paging = fields.get("paging")
    if not isinstance(paging, dict):
        return ""
    cursors = paging.get("cursors")
    after = _text(cursors, "after") if isinstance(cursors, dict) else ""
    full = len(items_of(fields) or []) >= limit
    return after if after.isprintable() and (paging.get("next") or full) else ""


def e164_of(shown: str) -> str:
    """Return a shown number (``+1 631-555-5555``) in E.164, empty when it is none."""
    digits = "".join(sign for sign in shown if sign.isascii() and sign.isdigit())
    # WhatsApp still shows Mexican mobiles with the 1 that the numbering plan dropped in 2019
    if digits.startswith("521") and len(digits) == _MEXICAN:
        digits = f"52{digits[3:]}"
    return f"+{digits}" if _E164.fullmatch(digits) else ""


def _leads_to_chat(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and "@" not in parts.netloc
    return parts.scheme == "https" and plain and host.removeprefix("www.") in _LINK_HOSTS


def _certificate(fields: Mapping[str, Any], name: str) -> str | None:
    found = fields.get(name)
    if not isinstance(found, str) or len(found) > _LONGEST_CERTIFICATE:
        return None
    return found.strip() or None


def _text(fields: Mapping[str, Any], name: str) -> str:
    found = fields.get(name)
    return found[:_LONGEST_TEXT] if isinstance(found, str) else ""
