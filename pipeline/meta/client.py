"""The client of Meta's Graph API: what is asked is written here, how is in ``asking``."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipeline.clock import Clock
from pipeline.config import MetaSettings, check_ca_file
from pipeline.errors import ConfigurationError
from pipeline.meta.api import CodeMethod, Graph, ImageFormat, MetaNumber, ShortLink
from pipeline.meta.calling import split_number
from pipeline.meta.errors import About, MetaError, Reason, unreadable
from pipeline.meta.reading import (
    LINK_CODE,
    NUMBER_ID,
    cursor_of,
    id_of,
    items_of,
    link_of,
    number_of,
)

if TYPE_CHECKING:
    from pipeline.meta.asking import Asking

_LIST_FIELDS = "id,display_phone_number,verified_name,status,name_status,code_verification_status"
_NUMBER_FIELDS = f"{_LIST_FIELDS},certificate,new_name_status,new_certificate"
_LINK_FIELDS = "code,prefilled_message,deep_link_url"
_NUMBERS_PAGE, _LINKS_PAGE = 100, 25
#: So many pages at most: 20,000 numbers, and twice the short links that a number may have.
_MOST_PAGES = 200
#: A list may take as long as so many calls, however many pages it has.
_LIST_CALLS = 10
_IMAGE_HOSTS = ("fbcdn.net", "fbsbx.com", "facebook.com", "whatsapp.net", "whatsapp.com")
_HTTPS = 443
# RFC 6750, 2.1 is narrower than what Meta gives out
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
#: Codes and PINs; another one would cost one of the few tries.
_SIX_DIGITS = re.compile(r"[0-9]{6}")


@contextmanager
def open_graph(
    settings: MetaSettings, clock: Clock, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Graph]:
    """Give a client of the account that the settings name; its connections end with it.

    Raises ConfigurationError ``meta_unset`` and ``meta_token_signs``, the codes of
    :class:`pipeline.config.Secret` and those of :func:`pipeline.config.check_ca_file`.
    """
    from pipeline.meta.asking import Asking  # noqa: PLC0415 - httpx is slow to import
    from pipeline.meta.transport import Transport  # noqa: PLC0415

    if not settings.waba_id or not settings.token.is_set():
        raise ConfigurationError("meta_unset")
    check_ca_file(settings.ca_file, "meta.ca_file")
    transport = Transport(settings.ca_file, encrypted=settings.base_url.startswith("https:"))
    try:
        asking = Asking(settings, _token_of(settings), transport, clock, sleep)
        yield GraphClient(settings, asking)
    finally:
        transport.close()


def _token_of(settings: MetaSettings) -> str:
    token = settings.token.text()
    if not _TOKEN.fullmatch(token):
        raise ConfigurationError("meta_token_signs")
    return token


class GraphClient:
    """See :class:`pipeline.meta.api.Graph`."""

    def __init__(self, settings: MetaSettings, asking: "Asking") -> None:
        self._origin = urlsplit(settings.base_url)
        self._waba = settings.waba_id
        self._asking = asking

    def numbers(self) -> tuple[MetaNumber, ...]:
        """Return all numbers of the account, without their certificates."""
        return tuple(self._numbers("numbers"))

    def find_number(self, e164: str) -> MetaNumber | None:
        """Return the number of the account with these digits, or None.

        One that moved away or was deleted may still be listed: another one with the same digits
        is the number of now.
        """
        found = None
        for item in self._numbers("find_number"):
            if item.e164 == e164 and not item.status.gone:
                return item
            found = item if item.e164 == e164 else found
        return found

    def number(self, number_id: str) -> MetaNumber:
        """Return one number with its certificate."""
        path = _part("number", number_id)
        found = number_of(self._read("number", path, {"fields": _NUMBER_FIELDS}))
        if found is None or found.id != number_id:
            raise unreadable("number", "id")
        return found

    def add_number(self, e164: str, verified_name: str, *, migrate: bool = False) -> str:
        """Add a number to the account under a display name; return its id."""
        name = "add_number"
        if not _E164.fullmatch(e164):
            raise MetaError(Reason.REFUSED, call=name, about=About.ITEM, said="E.164")
        code, national = split_number(e164)
        body = {"cc": code, "phone_number": national, "verified_name": verified_name}
        more = {"migrate_phone_number": True} if migrate else {}
        found = id_of(self._write(name, f"{self._waba}/phone_numbers", {**body, **more}))
        if found is None:
            raise unreadable(name, "id", written=True)
        return found

    def request_code(self, number_id: str, method: CodeMethod, language: str) -> None:
        """Let Meta send the code of ownership."""
        body = {"code_method": method.value, "language": language}
        self._do("request_code", number_id, body)

    def verify_code(self, number_id: str, code: str) -> None:
        """Prove the ownership with the code that came."""
        name = "verify_code"
        if not _SIX_DIGITS.fullmatch(code):
            raise MetaError(Reason.CODE_WRONG, call=name, about=About.ITEM, said="[0-9]{6}")
        self._do(name, number_id, {"code": code}, secret=code)

    def register(self, number_id: str, pin: str) -> None:
        """Register the number under a two-step PIN."""
        name = "register"
        if not _SIX_DIGITS.fullmatch(pin):
            raise MetaError(Reason.PIN_WRONG, call=name, about=About.SETTING, said="[0-9]{6}")
        self._do(name, number_id, {"messaging_product": "whatsapp", "pin": pin}, secret=pin)

    def short_links(self, number_id: str) -> tuple[ShortLink, ...]:
        """Return all short links of a number, the newest first."""
        path = _links_of("short_links", number_id)
        found = (
            link_of(item) for item in self._items("short_links", path, _LINK_FIELDS, _LINKS_PAGE)
        )
        return tuple(link for link in found if link is not None)

    def create_link(self, number_id: str, text: str, image: ImageFormat | None = None) -> ShortLink:
        """Make a short link."""
        pictured = {"generate_qr_image": image.value} if image is not None else {}
        return self._link("create_link", number_id, {"prefilled_message": text, **pictured})

    def update_link(self, number_id: str, code: str, text: str) -> ShortLink:
        """Change the text of a short link."""
        name = "update_link"
        body = {"code": _code(name, code), "prefilled_message": text}
        link = self._link(name, number_id, body)
        if link.code != code:
            raise unreadable(name, "code", written=True)
        return link

    def delete_link(self, number_id: str, code: str) -> None:
        """Delete a short link."""
        name = "delete_link"
        path = f"{_links_of(name, number_id)}/{_code(name, code)}"
        _check_done(name, self._write(name, path, None, method="DELETE"))

    def image(self, url: str) -> bytes:
        """Return the QR image of a short link."""
        if not self._is_image_address(url):
            raise MetaError(Reason.REFUSED, call="image", about=About.ITEM, said=_host(url))
        return self._asking.image(url)

    def _numbers(self, name: str) -> Iterator[MetaNumber]:
        path = f"{self._waba}/phone_numbers"
        # one that cannot be read says nothing about the others
        for item in self._items(name, path, _LIST_FIELDS, _NUMBERS_PAGE):
            number = number_of(item)
            if number is not None:
                yield number

    def _items(self, name: str, path: str, fields: str, limit: int) -> Iterator[Any]:
        """Yield the items of all pages; a list that never ends is cut."""
        params = {"fields": fields, "limit": str(limit)}
        seen: set[str] = set()
        end = time.monotonic() + self._asking.seconds * _LIST_CALLS
        for _ in range(_MOST_PAGES):
            page = self._read(name, path, params)
            items = items_of(page)
            if items is None:
                raise unreadable(name, "data")
            yield from items
            after = cursor_of(page, limit)
            if not after or not items:
                return
            if after in seen:
                raise unreadable(name, "paging")
            seen.add(after)
            params["after"] = after
            if time.monotonic() > end:
                raise MetaError(Reason.SLOW, call=name, about=About.SERVER, said="paging")
        raise unreadable(name, f"> {_MOST_PAGES}")

    def _read(self, name: str, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        from pipeline.meta.asking import Call  # noqa: PLC0415 - loaded when the client was opened

        return self._asking.read(Call(name, "GET", path, dict(params)))

    def _write(
        self,
        name: str,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        method: str = "POST",
        secret: str = "",
    ) -> dict[str, Any]:
        from pipeline.meta.asking import Call  # noqa: PLC0415 - loaded when the client was opened

        return self._asking.write(Call(name, method, path, {}, body, secret))

    def _do(self, name: str, number_id: str, body: Mapping[str, Any], *, secret: str = "") -> None:
        path = f"{_part(name, number_id)}/{name}"
        _check_done(name, self._write(name, path, body, secret=secret))

    def _link(self, name: str, number_id: str, body: Mapping[str, Any]) -> ShortLink:
        found = link_of(self._write(name, _links_of(name, number_id), body))
        if found is None:
            raise unreadable(name, "link", written=True)
        return found

    def _is_image_address(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if not url.isascii() or not url.isprintable() or "@" in parts.netloc:
            return False
        if (parts.scheme, parts.netloc) == (self._origin.scheme, self._origin.netloc):
            return True
        known = any(host == name or host.endswith(f".{name}") for name in _IMAGE_HOSTS)
        return parts.scheme == "https" and known and port in {None, _HTTPS}


def _check_done(name: str, fields: Mapping[str, Any]) -> None:
    done = fields.get("success")
    if done is False:
        raise MetaError(Reason.REFUSED, call=name, about=About.ITEM, said="success=false")
    if done is not True:
        raise unreadable(name, "success", written=True)


def _links_of(name: str, number_id: str) -> str:
    return f"{_part(name, number_id)}/message_qrdls"


def _part(name: str, number_id: str) -> str:
    """Return an id as a part of a path; nothing else may become one."""
    if not NUMBER_ID.fullmatch(number_id):
        raise MetaError(Reason.NOT_FOUND, call=name, about=About.ITEM, said="id")
    return number_id


def _code(name: str, code: str) -> str:
    if not LINK_CODE.fullmatch(code):
        raise MetaError(Reason.NOT_FOUND, call=name, about=About.ITEM, said="code")
    return code


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "")[:100]
    except ValueError:
        return ""
