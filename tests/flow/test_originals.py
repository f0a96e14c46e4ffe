"""The originals of a request as staff see them: found, shown, and nothing of them believed."""

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from pipeline.flow.views import original
from pipeline.flow.views.original import OriginalId, OriginalKind, read_id
from pipeline.flow.views.shown.child import described, text_view
from pipeline.flow.views.shown.names import safe_name
from pipeline.flow.views.shown.values import HtmlFault, MailView, Preview, TextView
from pipeline.forms.shown.faults import NotShown, WhyNot
from pipeline.forms.shown.pages import PdfPages, Picture
from pipeline.forms.shown.sheet import SheetGrid
from pipeline.intake.magic import Kind
from pipeline.model.form import FormKind
from pipeline.wording import console
from tests.flow.test_certificates import issued
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.world import World

_KEY = "MIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8AgEAAkEAq7BFUpkGp3LQmlQ2RNhcRmxbZBvFAiQ9"
_PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS"
    b"\xde\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00"
    b"\x00IEND\xaeB`\x82"
)


def _originals(world: World, sender: str) -> dict[OriginalKind, list[original.Original]]:
    record = world.request(sender)
    found: dict[OriginalKind, list[original.Original]] = {}
    with world.services.store.read() as tx:
        for item in original.originals_of_request(tx, record.id):
            found.setdefault(item.kind, []).append(item)
    return found


def _id(item: original.Original) -> OriginalId:
    found = read_id(item.id)
    assert found is not None
    assert str(found) == item.id
    return found


def _only_mail(world: World, raw: bytes) -> MailView:
    """Bring in a mail and return what is seen of it."""
    world.deliver(raw)
    world.batch()
    with world.services.store.read() as tx:
        (row,) = tx.messages.list("all", 1)
        (item,) = original.originals_of_message(tx, row.id)
    seen = original.show_mail(world.services, _id(item))
    assert isinstance(seen, MailView)
    return seen


@pytest.mark.parametrize("kind", ["xlsx", "pdf"])
def test_form_is_shown_with_the_places_of_its_answers(world: World, kind: str) -> None:
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja", kind))
    services, record = world.services, world.request(HANAKO)
    (item,) = _originals(world, HANAKO)[OriginalKind.FORM]
    assert item.revisions == (1,)
    with services.store.read() as tx:
        places = original.places_of(tx, record.id, _id(item).sha256)
        revision = tx.revisions.latest(record.id)
    assert revision is not None
    fields = {reading.field for reading in revision.readings}
    if kind == "xlsx":
        grid = original.show_sheet(services, _id(item), places)
        assert isinstance(grid, SheetGrid)
        cells = [cell for sheet in grid.sheets for row in sheet.rows for cell in row.cells]
        by_field = {name: cell.text for cell in cells for name in cell.fields}
        assert set(by_field) == fields
        raw = {reading.field: reading.raw for reading in revision.readings}
        assert by_field["phone_number"] == raw["phone_number"]
    else:
        boxes = original.show_boxes(services, _id(item), places)
        assert not isinstance(boxes, NotShown)
        assert {box.field for box in boxes} == fields
        pages = original.show_pages(services, _id(item))
        assert isinstance(pages, PdfPages)
        assert {box.page for box in boxes} <= set(range(pages.count))
        assert isinstance(original.show_page(services, _id(item), 0, 400), Picture)
    (mail,) = _originals(world, HANAKO)[OriginalKind.MAIL_IN]
    seen = original.show_mail(services, _id(mail))
    assert isinstance(seen, MailView)
    assert [(file.sha256, file.is_form) for file in seen.files] == [(_id(item).sha256, True)]
    with services.store.read() as tx:
        assert _originals(world, HANAKO)  # looking has written nothing
        assert tx.revisions.next_seq(record.id) == 2


def test_certificate_in_a_mail_of_ours_is_not_seen(world: World) -> None:
    issued(world)
    world.staff_mails()
    world.run()
    sent = _originals(world, HANAKO)[OriginalKind.MAIL_OUT]
    secret = 0
    for item in sent:
        seen = original.show_mail(world.services, _id(item))
        assert isinstance(seen, MailView)
        assert "BEGIN CERTIFICATE" not in seen.text + seen.html
        for file in seen.files:
            named = OriginalId(_id(item).row, file.sha256, outgoing=True)
            kept = original.kept_bytes(world.services, named)
            assert not isinstance(kept, NotShown)
            if b"BEGIN CERTIFICATE" in kept.content:
                assert kept.file.secret
                text = original.show_text(world.services, named)
                assert isinstance(text, TextView)
                assert text.encoded
                assert "MII" not in text.text
                secret += 1
        secret += seen.encoded
    assert secret


def _hostile() -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Olíver \u202eevil <oliver.whitcombe@harbour-books.example>"
    mail["To"] = "requests@example.com"
    mail["Subject"] = "Hello \u202egnp.exe"
    mail["X-Evil"] = "<script>alert(1)</script>"
    mail.set_content("plain \u202e text\n" + _KEY + "\nafter")
    mail.add_alternative(
        "<p onclick=x>Hello <img src=cid:pix> <img src=http://t.example/x.gif></p>", subtype="html"
    )
    body = mail.get_payload()[1]  # type: ignore[index]
    body.add_related(_PIXEL, "image", "png", cid="<pix>")  # type: ignore[union-attr]
    mail.add_attachment(
        b"<svg onload='x'/>", "image", "svg+xml", filename="../../etc/pass\u202ewd.svg"
    )
    mail.add_attachment(b"MZ\x90\x00", "image", "png", filename="photo.png")
    mail.add_attachment(_PIXEL, "application", "pdf", filename="form.pdf")
    mail.add_attachment(_KEY.encode(), "text", "plain", filename="key.txt")
    return mail


def test_hostile_mail_is_seen_for_what_it_is(world: World) -> None:
    seen = _only_mail(world, _hostile().as_bytes())
    shown = str(seen)
    assert "\u202e" not in shown
    assert _KEY not in shown
    assert seen.encoded
    assert "plain" in seen.text
    assert "after" in seen.text
    assert 'src="data:image/png;base64,' in seen.html
    assert "onclick" not in seen.html
    assert seen.remote_pictures == 1
    files = {file.name: file for file in seen.files if not file.inline}
    assert [(file.kind, file.preview, file.secret) for file in files.values()] == [
        ("text", Preview.TEXT, False),
        ("program", Preview.NONE, False),
        ("image", Preview.PICTURE, False),
        ("text", Preview.TEXT, True),
    ]
    assert all("/" not in name and ".." not in name for name in files)
    with world.services.store.read() as tx:
        (row,) = tx.messages.list("all", 1)
    program = OriginalId(row.id, files["photo.png"].sha256)
    assert original.show_picture(world.services, program) == NotShown(WhyNot.DAMAGED)
    assert isinstance(
        original.show_picture(world.services, OriginalId(row.id, files["form.pdf"].sha256)), Picture
    )


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        (f"<p>{_KEY[:30]}<b>{_KEY[30:]}</b></p>", HtmlFault.ENCODED),
        ("<div>" * 5_000 + "deep", HtmlFault.TOO_DEEP),
    ],
)
def test_html_that_is_not_shown_leaves_the_text(world: World, html: str, fault: HtmlFault) -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = OLIVER, "requests@example.com", "key"
    mail.set_content("see below")
    mail.add_alternative(html, subtype="html")
    seen = _only_mail(world, mail.as_bytes())
    assert (seen.html, seen.html_fault) == ("", fault)
    assert "see below" in seen.text


def test_what_is_not_kept_is_told(world: World) -> None:
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja"))
    (mail,) = _originals(world, HANAKO)[OriginalKind.MAIL_IN]
    other = OriginalId(_id(mail).row, "0" * 64)
    services = world.services
    assert original.show_sheet(services, other, {}) == NotShown(WhyNot.GONE)
    assert original.show_mail(services, OriginalId("none")) == NotShown(WhyNot.GONE)
    assert original.show_mail(services, OriginalId("none", outgoing=True)) == NotShown(WhyNot.GONE)
    with services.store.read() as tx:
        row = tx.messages.get(_id(mail).row)
    assert row is not None
    services.blobs.delete(row.sha256)
    assert original.show_mail(services, _id(mail)) == NotShown(WhyNot.GONE)


@pytest.mark.parametrize(
    "text", ["", "in.", "in.a.b", "up.a", "in.a/../b", "in.x." + "g" * 64, "in.a\n", "out.é"]
)
def test_ids_that_name_nothing(text: str) -> None:
    assert read_id(text) is None


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\form.xlsx", "form.xlsx"),
        ("..", "file"),
        ("", "file"),
        (".htaccess", "htaccess"),
        ("invoice\u202exslx.exe", "invoice_xslx.exe"),
        ("a\x00b\r\nc.pdf", "a_b c.pdf"),
        ("con.pdf", "_con.pdf"),
        ('a"b<c>.pdf', "a_b_c_.pdf"),
        ("申請書（新規）.xlsx", "申請書（新規）.xlsx"),
        ("Größe 1.pdf ", "Größe 1.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_are_safe_to_save_under(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_text_is_inert_and_without_secrets() -> None:
    seen = text_view(f"name\tvalue\r\n{_KEY}\nüber\u202e".encode())
    assert isinstance(seen, TextView)
    assert seen.encoded
    assert seen.text.splitlines() == ["name    value", "[…]", "über\ufffd"]
    assert text_view(b"MZ\x00\x01") == NotShown(WhyNot.NO_PREVIEW)
    assert described("a.eml", b"From: x\n\nhello").preview is Preview.TEXT


@pytest.mark.parametrize("language", ["en", "ja", "de"])
def test_every_code_has_words(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("PIPELINE_LANG", language)
    console.language_of_process.cache_clear()
    codes = [("not_shown", code) for code in WhyNot] + [("html_fault", code) for code in HtmlFault]
    codes += [("file_kind", code) for code in (*Kind, "text")]
    try:
        assert not [code for kind, code in codes if console.named(kind, code) == code]
    finally:
        console.language_of_process.cache_clear()
