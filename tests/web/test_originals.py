"""Originals at the console: shown beside the answers, and nothing of them runs or leaks."""

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from pipeline.flow.views.original import OriginalKind, originals_of_request
from pipeline.forms.shown.faults import NotShown, WhyNot
from pipeline.model.form import FormKind
from pipeline.store.staff_records import Role, StaffAct
from pipeline.web.originals.previews import Previews
from tests.world.console import Staff
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.world import World

_HOSTILE = "<script>alert(1)</script>{{ 7*7 }}\u202eexe"


def _ids(world: World, reference: str) -> dict[OriginalKind, list[str]]:
    found: dict[OriginalKind, list[str]] = {}
    with world.services.store.read() as tx:
        (record,) = tx.requests.by_prefix(reference)
        for one in originals_of_request(tx, record.id):
            found.setdefault(one.kind, []).append(one.id)
    return found


def _request(world: World, kind: str) -> str:
    sender, language = (HANAKO, "ja") if kind == "xlsx" else (OLIVER, "en")
    world.mail(sender, form(FormKind.ONBOARDING, language, kind))
    return world.request(sender).reference


@pytest.mark.parametrize("kind", ["xlsx", "pdf"])
def test_the_place_of_an_answer_is_marked(world: World, staff: Staff, kind: str) -> None:
    reference = _request(world, kind)
    sato = staff.person("sato")
    plain = sato.get(f"/r/{reference}").text
    assert f"/r/{reference}/original?" in plain
    shown = sato.get(f"/r/{reference}?field=company_legal_name").text
    assert shown.count('id="place"') == 1
    assert "chosen" in shown
    other = sato.get(f"/r/{reference}?field=no_such_answer").text
    assert "chosen" not in other.replace("company_chosen", "")


def test_pages_are_pictures_that_are_made_once(world: World, staff: Staff) -> None:
    reference = _request(world, "pdf")
    (name,) = _ids(world, reference)[OriginalKind.FORM]
    sato = staff.person("sato")
    page = sato.get(f"/r/{reference}/o/{name}/page/1.png")
    assert page.headers["content-type"] == "image/png"
    assert page.headers["cache-control"].startswith("private")
    again = sato.get(
        f"/r/{reference}/o/{name}/page/1.png", **{"if-none-match": page.headers["etag"]}
    )
    assert again.status_code == 304
    for path in ("page/0.png", "page/99.png", "page/1.png?w=99999", "picture.png"):
        assert sato.get(f"/r/{reference}/o/{name}/{path}").status_code == 404
    staff.console.previews.guard().close()
    assert sato.get(f"/r/{reference}/o/{name}/page/1.png").content == page.content


def test_no_original_of_another_request_is_shown(world: World, staff: Staff) -> None:
    own, other = _request(world, "pdf"), _request(world, "xlsx")
    sato = staff.person("sato")
    for names in _ids(world, other).values():
        for name in names:
            for path in (f"o/{name}/file", f"o/{name}/mail", f"o/{name}/page/1.png"):
                assert sato.get(f"/r/{own}/{path}").status_code == 404
            assert sato.get(f"/r/{own}?o={name}").status_code == 404
    for name in ("in.x", "out", "../../etc/passwd", "in." + "0" * 70):
        assert sato.get(f"/r/{own}?o={name}").status_code == 404


def test_nobody_sees_an_original_without_a_log_in(world: World, staff: Staff) -> None:
    reference = _request(world, "pdf")
    (name,) = _ids(world, reference)[OriginalKind.FORM]
    for path in ("file", "mail", "page/1.png"):
        answer = staff.browser().client.get(
            f"/r/{reference}/o/{name}/{path}", follow_redirects=False
        )
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")


def test_a_mail_is_shown_where_it_can_do_nothing(world: World, staff: Staff) -> None:
    reference = _request(world, "xlsx")
    record = world.request(HANAKO)
    world.reply(record, _HOSTILE)
    sato = staff.person("sato")
    name = _ids(world, reference)[OriginalKind.MAIL_IN][-1]
    page = sato.get(f"/r/{reference}?o={name}")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text
    assert "\u202e" not in page.text
    frame = sato.get(f"/r/{reference}/o/{name}/mail")
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "<script" not in frame.text


def test_html_of_a_mail_is_made_safe(world: World, staff: Staff) -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = HANAKO, "forms@example.com", _HOSTILE
    mail["Message-ID"] = "<html@example.net>"
    mail.set_content("hello")
    mail.add_alternative(
        "<p onclick='x()'>hi<script>x()</script><img src='https://spy.example/1.png'></p>",
        subtype="html",
    )
    reference = _request(world, "xlsx")
    mail["In-Reply-To"] = world.all_mails()[-1].message_id
    world.deliver(mail.as_bytes())
    world.batch()
    name = _ids(world, reference)[OriginalKind.MAIL_IN][-1]
    frame = staff.person("sato").get(f"/r/{reference}/o/{name}/mail").text
    for part in ("onclick", "<script", "spy.example/1.png'"):
        assert part not in frame


def test_bytes_are_taken_down_as_nothing_that_runs(world: World, staff: Staff) -> None:
    reference = _request(world, "xlsx")
    (name,) = _ids(world, reference)[OriginalKind.FORM]
    taken = staff.person("mori", Role.VIEWER).get(f"/r/{reference}/o/{name}/file")
    assert taken.content[:2] == b"PK"
    assert taken.headers["content-type"] == "application/octet-stream"
    assert taken.headers["content-disposition"].startswith("attachment;")
    assert taken.headers["x-content-type-options"] == "nosniff"


def test_who_takes_down_a_whole_mail_is_named(world: World, staff: Staff) -> None:
    reference = _request(world, "xlsx")
    name = _ids(world, reference)[OriginalKind.MAIL_IN][0]
    refused = staff.person("mori", Role.VIEWER).get(f"/r/{reference}/o/{name}/file")
    assert refused.status_code == 409
    assert staff.person("sato").get(f"/r/{reference}/o/{name}/file").status_code == 200
    with world.services.store.read() as tx:
        seen = [line for line in tx.staff_log.list(50) if line.what is StaffAct.SECRET_SEEN]
    assert [(line.who, line.subject) for line in seen] == [("sato", reference)]


def test_what_failed_is_made_again_and_the_room_is_limited() -> None:
    previews = Previews()
    assert previews.get("a", lambda: NotShown(WhyNot.BUSY)) == NotShown(WhyNot.BUSY)
    assert previews.get("a", lambda: "now") == "now"
    assert previews.get("a", lambda: "other") == "now"
    for number in range(12):
        previews.get(number, lambda: b"x" * 6_000_000)
    assert not previews.has("a")
    assert previews.has(11)
    assert previews.get("huge", lambda: b"x" * 20_000_000) != b""
    assert not previews.has("huge")
