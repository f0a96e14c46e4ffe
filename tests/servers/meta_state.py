"""What Meta remembers of one WhatsApp Business Account: numbers, codes, certificates, links."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pipeline.clock import Clock
from tests.servers.meta_failures import error_body

_CERTIFICATE_LIFE = timedelta(days=7)
_CODE_LIFE = timedelta(minutes=10)
_WINDOW = timedelta(hours=72)
_REGISTRATIONS = 10
_PNG, _SVG = "PNG", "SVG"


@dataclass
class FakeNumber:
    """A number of the account; a test changes it at any time."""

    id: str
    e164: str
    verified_name: str
    status: str = "PENDING"
    name_status: str = "PENDING_REVIEW"
    code_status: str = "NOT_VERIFIED"
    #: It comes from another account: there is a certificate only after the code.
    migrating: bool = False
    #: The two-step PIN that is on, if one is.
    pin: str = ""
    certified_at: datetime | None = None
    #: What became of a new display name; with a good one there is a certificate of it beside.
    new_name_status: str = ""
    code: str = ""
    code_at: datetime | None = None
    codes_sent: list[datetime] = field(default_factory=list)
    registrations: list[datetime] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The number as Meta shows it: in groups."""
        digits = self.e164.removeprefix("+")
        return f"+{digits[:2]} {digits[2:5]}-{digits[5:]}"


@dataclass(frozen=True)
class Answered:
    """An answer: JSON, or bytes as they are."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """Return the bytes of the body."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    def with_host(self, base: str) -> "Answered":
        """Return the answer with addresses on ``base`` in place of {base}."""
        if isinstance(self.body, bytes):
            return self
        return replace(self, body=json.loads(json.dumps(self.body).replace("{base}", base)))


@dataclass
class Account:
    """The account; ``link_limit`` and ``page_size`` are Meta's own unless a test sets them."""

    clock: Clock
    numbers: dict[str, FakeNumber] = field(default_factory=dict)
    link_limit: int = 2000
    page_size: int = 100
    number_limit: int = 1000
    #: Codes that are sent in an hour before Meta says no.
    code_limit: int = 3
    _made: int = 0

    # what a test does

    def add(self, e164: str, verified_name: str = "Example", **state: Any) -> FakeNumber:
        """Put a number into the account."""
        self._made += 1
        number = FakeNumber(str(106540352242900 + self._made), e164, verified_name, **state)
        self.numbers[number.id] = number
        return number

    def of(self, e164: str) -> FakeNumber:
        """Return the number with these digits."""
        return next(item for item in self.numbers.values() if item.e164 == e164)

    def approve_name(self, number: FakeNumber, *, without_review: bool = False) -> None:
        """Approve the display name: a certificate is made, unless ownership is to be proved."""
        number.name_status = "AVAILABLE_WITHOUT_REVIEW" if without_review else "APPROVED"
        number.certified_at = None
        self._certify(number)

    def renew(self, number: FakeNumber) -> None:
        """Make a new certificate, as Meta does after one has expired and was asked for again."""
        self.approve_name(number)

    def certificate(self, number: FakeNumber) -> str | None:
        """Return the certificate of now: a line of base64, another one for each creation."""
        self._certify(number)
        if number.certified_at is None or number.name_status not in _CERTIFIED:
            return None
        return _line(f"{number.id}{number.certified_at.isoformat()}")

    def new_certificate(self, number: FakeNumber) -> str | None:
        """Return the certificate of a new display name, if that is approved."""
        return _line(f"{number.id} new") if number.new_name_status in _CERTIFIED else None

    def _certify(self, number: FakeNumber) -> None:
        now = self.clock.now()
        owned = not number.migrating or number.code_status == "VERIFIED"
        if number.name_status in _CERTIFIED and owned and number.certified_at is None:
            number.certified_at = now
        outlived = number.certified_at and now >= number.certified_at + _CERTIFICATE_LIFE
        if outlived and number.name_status in _CERTIFIED and number.status != "CONNECTED":
            number.name_status = "EXPIRED"

    # what a request does

    def answer(
        self, call: str, ids: list[str], query: Mapping[str, str], body: dict[str, Any] | None
    ) -> Answered:
        """Answer a request that fits the description."""
        if call == "numbers":
            return self._page([self._fields(item, query) for item in self.numbers.values()], query)
        if call == "add_number":
            return self._added(body or {})
        number = self.numbers.get(ids[0])
        if number is None or number.status == "DELETED":
            said = f"Unsupported request. Object with ID '{ids[0]}' does not exist"
            return Answered(error_body(100, 33, message=said), 400)
        if call == "number":
            return Answered(self._fields(number, query))
        work = getattr(self, f"_{call}")
        answered: Answered = work(number, ids, query, body or {})
        return answered

    def _page(self, items: list[Any], query: Mapping[str, str]) -> Answered:
        size = min(int(query.get("limit", "25")), self.page_size)
        begin = int(base64.b64decode(query["after"])) if query.get("after") else 0
        page: dict[str, Any] = {"data": items[begin : begin + size]}
        if page["data"]:
            end = base64.b64encode(str(begin + size).encode()).decode()
            page["paging"] = {"cursors": {"before": "QVFI", "after": end}}
            if begin + size < len(items):
                # the real one holds the token; nobody may follow or show it
                page["paging"]["next"] = f"{{base}}/elsewhere?access_token=EAABhush&after={end}"
        return Answered(page)

    def _fields(self, number: FakeNumber, query: Mapping[str, str]) -> dict[str, Any]:
        certificate = self.certificate(number)
        known = {
            "id": number.id,
            "display_phone_number": number.shown,
            "verified_name": number.verified_name,
            "status": number.status,
            "name_status": number.name_status,
            "code_verification_status": number.code_status,
            "quality_rating": "UNKNOWN",
            "certificate": certificate,
            "new_name_status": number.new_name_status or None,
            "new_certificate": self.new_certificate(number),
        }
        default = "id,display_phone_number,verified_name,quality_rating,code_verification_status"
        wanted = {"id", *query.get("fields", default).split(",")}
        return {
            name: value for name, value in known.items() if name in wanted and value is not None
        }

    def _added(self, body: dict[str, Any]) -> Answered:
        e164 = f"+{body.get('cc', '')}{body['phone_number']}"
        if any(item.e164 == e164 for item in self.numbers.values()):
            said = "Phone number already exists in your account"
            return Answered(error_body(100, 2388012, message=said), 400)
        if len(self.numbers) >= self.number_limit:
            said = "Phone number limit exceeded for this WhatsApp Business Account"
            return Answered(error_body(200, 1349175, message=said), 403)
        migrating = bool(body.get("migrate_phone_number"))
        return Answered({"id": self.add(e164, body["verified_name"], migrating=migrating).id})

    def _request_code(self, number: FakeNumber, *_: Any) -> Answered:
        now = self.clock.now()
        number.codes_sent = [at for at in number.codes_sent if at > now - timedelta(hours=1)]
        if len(number.codes_sent) >= self.code_limit:
            said = "You have requested codes too many times. Please wait an hour"
            return Answered(
                error_body(136024, 2388091, message="Request code error", user=said), 400
            )
        number.codes_sent.append(now)
        digits = hashlib.sha256(f"{number.id}{now.isoformat()}".encode()).hexdigest()
        number.code, number.code_at = str(int(digits[:12], 16))[-6:].zfill(6), now
        return Answered({"success": True})

    def _verify_code(
        self, number: FakeNumber, _ids: Any, _query: Any, body: dict[str, Any]
    ) -> Answered:
        fresh = number.code_at and self.clock.now() < number.code_at + _CODE_LIFE
        if not fresh or body["code"] != number.code:
            said = "The verification code is invalid or has expired"
            return Answered(error_body(136025, message="Verify code error", user=said), 400)
        number.code_status, number.code = "VERIFIED", ""
        self._certify(number)
        return Answered({"success": True, "id": number.id})

    def _register(
        self, number: FakeNumber, _ids: Any, _query: Any, body: dict[str, Any]
    ) -> Answered:
        now = self.clock.now()
        number.registrations = [at for at in number.registrations if at > now - _WINDOW]
        if len(number.registrations) >= _REGISTRATIONS:
            said = "Account register deregister rate limit exceeded"
            return Answered(error_body(133016, message=said), 400)
        number.registrations.append(now)
        if number.code_status != "VERIFIED":
            said = "Phone number re-verification needed"
            return Answered(error_body(133006, message=said), 400)
        if number.pin and number.pin != body["pin"]:
            return Answered(error_body(133005, message="Two step verification PIN mismatch"), 400)
        number.pin, number.status = body["pin"], "CONNECTED"
        return Answered({"success": True})

    def _short_links(
        self, number: FakeNumber, _ids: Any, query: Mapping[str, str], _body: Any
    ) -> Answered:
        links = [self._link(number, code) for code in reversed(number.links)]
        return self._page(links, query)

    def _create_link(
        self, number: FakeNumber, _ids: Any, _query: Any, body: dict[str, Any]
    ) -> Answered:
        if len(number.links) >= self.link_limit:
            said = "The number of QR codes has reached its limit"
            return Answered(error_body(100, message=said), 400)
        self._made += 1
        digest = hashlib.sha256(f"{number.id}{self._made}".encode()).digest()
        code = base64.b32encode(digest).decode()[:13] + "1"
        number.links[code] = body["prefilled_message"]
        return Answered(self._link(number, code, body.get("generate_qr_image", "")))

    def _update_link(
        self, number: FakeNumber, _ids: Any, _query: Any, body: dict[str, Any]
    ) -> Answered:
        if body["code"] not in number.links:
            return _no_link()
        number.links[body["code"]] = body["prefilled_message"]
        return Answered(self._link(number, body["code"]))

    def _delete_link(self, number: FakeNumber, ids: list[str], *_: Any) -> Answered:
        if number.links.pop(ids[1], None) is None:
            return _no_link()
        return Answered({"success": True})

    def _link(self, number: FakeNumber, code: str, image: str = "") -> dict[str, str]:
        link = {
            "code": code,
            "prefilled_message": number.links[code],
            "deep_link_url": f"https://wa.me/message/{code}",
        }
        if image in {_PNG, _SVG}:
            link["qr_image_url"] = f"{{base}}/images/{code}.{image.lower()}"
        return link


_CERTIFIED = frozenset({"APPROVED", "AVAILABLE_WITHOUT_REVIEW"})


def _line(seed: str) -> str:
    """Return a line of base64 in the form of Meta's certificates."""
    inner = b"".join(hashlib.sha256(f"{seed}{turn}".encode()).digest() for turn in range(6))
    blob = b"\x0a\x6d" + inner[:0x6D] + b"\x12\x40" + inner[-64:] + b"\x18\x01"
    return base64.b64encode(blob).decode()


def _no_link() -> Answered:
    return Answered(error_body(803, message="QR code not found"), 404)
