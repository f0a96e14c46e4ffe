"""A certificate that was got elsewhere, entered at the console: pasted, or chosen as a file."""

import base64
from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.flow.staff import review
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, Status
from tests.world.console import Staff
from tests.world.customers import HANAKO, form
from tests.world.fixtures import MakeWorld
from tests.world.pages import AtConsole, Parsed, at_console, read
from tests.world.world import World

#: Made like Meta's: one line of base64 that says nothing of its age.
META = base64.b64encode(b"\x0a\x6d" + bytes(range(0x6D)) + b"\x12\x40" + bytes(64)).decode()
KEY = ec.generate_private_key(ec.SECP256R1())
PEM_KEY = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)
DER_KEY = KEY.private_bytes(
    serialization.Encoding.DER,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)


def _approved(world: World) -> str:
    """Bring a request to where its certificate is wanted; return its reference."""
    world.mail(HANAKO, form())
    record = review.approve(
        world.services, world.request(), "mori", ticked="all", business_verified=True
    )
    return review.advance(world.services, record, "mori", event=EventName.NAME_APPROVED).reference


@pytest.fixture
def made(make_world: MakeWorld) -> str:
    """The text of a certificate for the number of the request."""
    maker = make_world()
    _approved(maker)
    return maker.certificates(maker.request())[0].text


@pytest.fixture
def manual(make_world: MakeWorld) -> World:
    """A world whose staff enter the certificates."""
    return make_world(certificates={"issuer": "manual"})


@pytest.fixture
def sato(manual: World) -> Iterator[AtConsole]:
    """Who enters them."""
    staff = Staff(manual.services)
    yield at_console(manual, staff)
    staff.console.previews.close()


def _upload(sato: AtConsole, reference: str, content: bytes) -> Parsed:
    """Choose a file and send it; click again where that is asked for; return the last page."""
    path = f"/r/{reference}/d/issue"
    sato.page(path)
    client, sent = sato.browser.client, sato.browser.tokens()
    headers = {"origin": sato.browser.origin}
    answer = client.post(path, data=sent, files={"file": ("one.cer", content)}, headers=headers)
    page = read(answer)
    agreed = [one for one in page.forms if one.values.get("confirmed")]
    return read(sato.browser.send(path, agreed[0].values)) if agreed else page


def _der(text: str) -> bytes:
    return base64.b64decode("".join(text.strip().splitlines()[1:-1]))


@pytest.mark.parametrize("kind", ["PEM", "DER", "UTF-16"])
def test_a_certificate_is_entered_as_a_file(
    kind: str, made: str, manual: World, sato: AtConsole
) -> None:
    reference = _approved(manual)
    content = {"PEM": made.encode(), "DER": _der(made), "UTF-16": made.encode("utf-16")}[kind]
    page = _upload(sato, reference, content)
    record = manual.request()
    assert record.status is Status.CERTIFICATE_ISSUED, page.text
    assert manual.certificates(record)[0].text == made


def test_a_pasted_certificate_is_entered(made: str, manual: World, sato: AtConsole) -> None:
    reference = _approved(manual)
    sato.take(reference, "issue", certificate_text=[f"> {made}"])
    assert manual.certificates(manual.request())[0].text == made


def _notices(page: Parsed, kind: str) -> int:
    return sum({"notice", kind} <= set(had.get("class", "").split()) for _, had in page.tags)


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("Dear colleague, here it is.", "No certificate can be read"),
        ("{made:.300}", "cut off"),
        ("{made}{made}", "more than one"),
        (META, "the day on which it was created"),
        ("A" * 10, "cut off"),
    ],
)
def test_a_wrong_text_is_told_calmly_before_it_is_sent_and_refused_after(
    pasted: str, said: str, made: str, manual: World, sato: AtConsole
) -> None:
    reference = _approved(manual)
    text = pasted.format(made=made)
    seen = sato.preview(reference, "issue", certificate_text=[text])
    assert (_notices(seen, "hint"), _notices(seen, "wrong")) == (1, 0)
    assert said in seen.text
    tried = sato.sent(reference, "issue", certificate_text=[text])
    assert tried.status_code == 409
    assert _notices(read(tried), "wrong") == 1
    assert manual.certificates(manual.request()) == []
    assert manual.alerts() == ["certificate_wanted"]


def test_the_certificate_of_another_number_and_one_of_old_are_told_calmly(
    made: str, manual: World, sato: AtConsole
) -> None:
    other = {"phone_number": "+81 90 1234 5679", "phone_number_again": "+81 90 1234 5679"}
    manual.mail(HANAKO, form(FormKind.ONBOARDING, **other))
    record = review.approve(
        manual.services, manual.request(), "mori", ticked="all", business_verified=True
    )
    review.advance(manual.services, record, "mori", event=EventName.NAME_APPROVED)
    seen = sato.preview(record.reference, "issue", certificate_text=[made])
    assert (_notices(seen, "hint"), _notices(seen, "wrong")) == (1, 0)
    assert "+819012345679" in seen.text
    old = f"{manual.clock.now() - timedelta(days=9):%F}"
    seen = sato.preview(record.reference, "issue", certificate_text=[META], created_day=[old])
    assert "has expired" in seen.text
    assert _notices(seen, "wrong") == 0


@pytest.mark.parametrize("file", [False, True])
def test_a_private_key_alerts_staff_once_whether_it_was_sent_or_only_looked_at(
    manual: World, sato: AtConsole, *, file: bool
) -> None:
    reference = _approved(manual)
    key = PEM_KEY.decode()
    for _ in range(2):
        seen = sato.preview(reference, "issue", certificate_text=[key])
        assert _notices(seen, "wrong") == 1
        assert manual.alerts().count("private_key_pasted") == 1
    page = (
        _upload(sato, reference, DER_KEY)
        if file
        else read(sato.sent(reference, "issue", certificate_text=[key]))
    )
    assert "private key" in page.text
    assert manual.alerts().count("private_key_pasted") == 1
    manual.batch()
    sato.sent(reference, "issue", certificate_text=[key])
    assert manual.alerts().count("private_key_pasted") == 2
    line = key.splitlines()[1][20:50].encode()
    kept = [path.read_bytes() for path in manual.home.rglob("*") if path.is_file()]
    assert [found for found in kept if line in found or DER_KEY[30:60] in found] == []
    assert manual.request().status is Status.APPROVED


@pytest.mark.parametrize("wrapped", [PEM_KEY, DER_KEY], ids=["PEM", "DER"])
def test_a_private_key_in_a_chosen_file_alerts_staff(
    wrapped: bytes, manual: World, sato: AtConsole
) -> None:
    reference = _approved(manual)
    page = _upload(sato, reference, wrapped)
    assert "private key" in page.text
    assert manual.alerts().count("private_key_pasted") == 1
