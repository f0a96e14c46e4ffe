"""Certificates, outbox, quarantine and numbers: what they show, who may act, what comes of it."""

import csv
import html
import io
import re
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook

from pipeline.flow.services import pause
from pipeline.flow.staff import review
from pipeline.forms.xlsx.write.table import table_as_workbook
from pipeline.model.form import FormKind
from pipeline.model.identifiers import new_id
from pipeline.model.request import EventName, NumberState, Status
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import CertificateRecord, QuarantineRecord, RequestRecord
from pipeline.store.staff_records import Role, StaffAct
from pipeline.wording.exported import exported
from tests.world.console import ORIGIN, Browser, Staff
from tests.world.customers import HANAKO, form
from tests.world.outbox import queue_to
from tests.world.world import World

HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script>"
NUMBER = "+81312345678"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CONFIRMED = re.compile(r'name="confirmed" value="([^"]+)"')


def _table(raw: bytes) -> list[list[str]]:
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))


def _confirm(browser: Browser, path: str, values: dict[str, str]) -> None:
    """Send a form, and the second click that its page asks for."""
    asked = browser.send(path, values)
    found = _CONFIRMED.search(asked.text)
    assert found, asked.text
    done = browser.send(path, {**values, "confirmed": found[1]})
    assert done.status_code == 200, done.text


def _acts(world: World) -> list[tuple[str, StaffAct, str]]:
    with world.services.store.read() as tx:
        return [(line.who, line.what, line.subject) for line in tx.staff_log.list(100)]


def _mail(world: World, name: str) -> OutboxRecord:
    with world.services.store.read() as tx:
        found = tx.outbox.get(name)
    assert found is not None
    return found


def _set_state(world: World, mail: OutboxRecord, state: OutboxState) -> None:
    def change(work: object) -> None:
        tx = work.tx  # type: ignore[attr-defined] # the work of the services
        (taken,) = tx.outbox.take([mail], "worker", world.clock.now() + timedelta(minutes=5))
        end = {OutboxState.FAILED: tx.outbox.failed, OutboxState.IN_DOUBT: tx.outbox.in_doubt}
        assert end[state](taken.id, taken.attempt, "550 5.1.1 <b>unknown</b>", world.clock.now())

    world.services.run(change)


# certificates


def _issued(world: World) -> tuple[RequestRecord, CertificateRecord]:
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja"))
    record = world.request(HANAKO)
    record = review.approve(world.services, record, "saki", ticked="all", business_verified=True)
    record = review.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    assert record.status is Status.CERTIFICATE_ISSUED
    (row,) = world.certificates(record)
    return record, row


def _shown_kind(browser: Browser) -> list[str]:
    return re.findall(r'class="badge kind-(\w+)"', browser.get("/certificates").text)


def test_certificate_moves_through_the_kinds_of_the_bar(world: World, staff: Staff) -> None:
    record, row = _issued(world)
    sato = staff.person("sato")
    page = sato.get("/certificates").text
    assert _shown_kind(sato) == ["valid"]
    assert row.serial in page
    assert f"/r/{record.reference}/d/revoke" in page
    assert 'role="img"' in page
    for decision in ("revoke", "reissue"):
        assert sato.get(f"/r/{record.reference}/d/{decision}").status_code == 200
    assert row.text.splitlines()[1] not in page
    world.later(days=5)
    assert _shown_kind(staff.person("sato")) == ["expiring"]
    world.later(days=3)
    page = staff.person("sato").get("/certificates").text
    assert 'class="badge kind-expired"' in page
    assert f"/r/{record.reference}/d/reissue" in page
    assert "/d/revoke" not in page
    table = _table(staff.person("sato").get("/certificates?format=csv").content)
    reminders = int(table[1][7])
    assert reminders == len(
        [m for m in world.mails_of(record) if m.notice.value == "certificate_reminder"]
    )
    assert reminders > 0
    review.mark_active(world.services, world.again(record), "saki")
    assert _shown_kind(staff.person("sato")) == ["activated"]


def test_text_of_a_certificate_is_for_approvers_and_each_look_is_written_down(
    world: World, staff: Staff
) -> None:
    record, row = _issued(world)
    secret = row.text.splitlines()[1]
    path = f"/certificates/{row.serial}/text"
    reviewer = staff.person("mori", Role.REVIEWER)
    assert path not in reviewer.get("/certificates").text
    assert reviewer.send(path).status_code == 403
    approver = staff.person("sato")
    assert path in approver.get("/certificates").text
    assert secret not in approver.get(path).text
    assert (record.reference,) not in [(subject,) for *_, subject in _acts(world)]
    shown = approver.send(path)
    assert secret in html.unescape(shown.text)
    assert shown.headers["cache-control"] == "no-store"
    assert ("sato", StaffAct.SECRET_SEEN, record.reference) in _acts(world)
    with world.services.store.read() as tx:
        details = [line.detail for line in tx.events.list(record.id)]
    assert (("certificate_revealed", row.serial),) in details
    unknown = "/certificates/00ff/text"
    assert {approver.send(unknown).status_code, approver.get(unknown).status_code} == {404}


def test_calendar_is_a_file_for_who_is_logged_in(world: World, staff: Staff) -> None:
    record, _ = _issued(world)
    assert b"BEGIN" not in staff.browser().get("/certificates/calendar.ics").content
    found = staff.person("mori", Role.VIEWER).get("/certificates/calendar.ics")
    assert found.headers["content-type"].startswith("text/calendar")
    assert record.reference in found.text


# outbox


def test_mail_is_taken_back_within_the_undo_window_and_sent_after_all(
    world: World, staff: Staff
) -> None:
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja"))
    record = world.request(HANAKO)
    sato = staff.person("sato")
    sato.get(f"/r/{record.reference}/d/ask")
    sato.send(f"/r/{record.reference}/d/ask", {"fields": "company_legal_name", "text": "So?"})
    mail = world.mails_of(record)[-1]
    page = sato.get("/outbox").text
    assert re.search(r"goes out in 1?\d\d? s", page)
    shown = sato.get(f"/outbox/{mail.id}")
    assert "So?" in shown.text
    assert mail.message_id.split(".")[1] not in shown.text
    assert 'name="csrf"' in shown.text
    back = sato.send(f"/outbox/{mail.id}/cancel")
    assert _mail(world, mail.id).state is OutboxState.CANCELLED
    assert "Taken back" in back.text
    assert record.reference in back.text
    assert "nobody got" in back.text
    assert sato.send(f"/outbox/{mail.id}/cancel").status_code == 409
    sato.get(f"/outbox/{mail.id}")
    sato.send(f"/outbox/{mail.id}/retry")
    assert _mail(world, mail.id).state is OutboxState.QUEUED
    with world.services.store.read() as tx:
        told = [(line.actor_name, line.detail) for line in tx.events.list(record.id)]
    assert ("sato", (("mail_cancelled", mail.id),)) in told
    assert ("sato", (("mail_queued_again", mail.id),)) in told


def test_mail_in_doubt_is_sent_again_with_a_second_click_only(world: World, staff: Staff) -> None:
    doubtful, failed = queue_to(world.services, "a@shrub.example", "b@shrub.example")
    _set_state(world, doubtful, OutboxState.IN_DOUBT)
    _set_state(world, failed, OutboxState.FAILED)
    sato = staff.person("sato")
    page = sato.get("/outbox?view=attention").text
    assert "&lt;b&gt;unknown" in page
    assert "<b>unknown" not in page
    asked = sato.send(f"/outbox/{doubtful.id}/retry")
    assert "twice" in asked.text
    assert _mail(world, doubtful.id).state is OutboxState.IN_DOUBT
    _confirm(sato, f"/outbox/{doubtful.id}/retry", {})
    assert _mail(world, doubtful.id).state is OutboxState.QUEUED
    assert _mail(world, failed.id).state is OutboxState.FAILED
    _confirm(sato, "/outbox/retry", {"state": "failed"})
    assert _mail(world, failed.id).state is OutboxState.QUEUED
    assert sato.send("/outbox/retry", {"state": "sent"}).status_code == 400


def test_paused_outbox_promises_no_second_at_which_a_mail_goes_out(
    world: World, staff: Staff
) -> None:
    (mail,) = queue_to(world.services, "a@shrub.example")
    found = pause.Refusals("554", "554 <i>no</i>", (mail.id,), (), world.clock.now())
    world.services.run(lambda work: pause.keep(work.tx, found))
    page = staff.person("mori", Role.VIEWER).get("/outbox").text
    assert "sending is paused" in page
    assert "goes out" not in page
    assert "/outbox/resume" not in page
    sato = staff.person("sato")
    sato.get("/outbox")
    assert "Sending goes on" in sato.send("/outbox/resume").text
    with world.services.store.read() as tx:
        assert pause.refusals(tx).paused_at is None


@pytest.mark.parametrize(
    "wanted", ["a@shrub.example", "A@SHRUB.example", "shrub", "reference", "spelt"]
)
def test_mails_are_found_by_recipient_and_reference(
    world: World, staff: Staff, wanted: str
) -> None:
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja"))
    reference = world.request(HANAKO).reference
    queue_to(world.services, "a@shrub.example", "other@tree.example")
    named = {"reference": reference, "spelt": reference.lower().replace("-", " ")}
    page = staff.person("sato").get(f"/outbox?find={named.get(wanted, wanted)}").text
    rows = page.count("data-row")
    assert rows == 1
    assert ("a@shrub.example" in page) is (wanted not in named)
    assert (HANAKO in page) is (wanted in named)


# quarantine


@pytest.fixture
def entry(world: World) -> str:
    """A mail in quarantine, whose subject is hostile; the id of its entry."""
    world.deliver(world.customer.write(HANAKO, text="Hello", subject=HOSTILE))
    world.run()
    with world.services.store.read() as tx:
        (message,) = tx.messages.list("all", 10)
    name = new_id()
    row = QuarantineRecord(name, message.id, world.clock.now(), "blob_damaged", 4)
    world.services.run(lambda work: work.tx.quarantine.put(row))
    return name


def test_quarantine_shows_hostile_words_as_words(world: World, staff: Staff, entry: str) -> None:
    sato = staff.person("sato")
    for path in ("/quarantine", f"/quarantine/{entry}", "/quarantine?closed=1"):
        page = sato.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text
    table = _table(sato.get("/quarantine?format=csv").content)
    assert table[1][3].startswith("'=cmd")
    sheet = load_workbook(io.BytesIO(sato.get("/quarantine?format=xlsx").content)).active
    assert sheet is not None
    assert sheet["D2"].data_type == "s"
    raw = sato.get(f"/quarantine/{entry}/raw")
    assert raw.headers["content-type"] == "application/octet-stream"
    assert raw.headers["content-disposition"].startswith('attachment; filename="quarantine-')
    assert raw.headers["x-content-type-options"] == "nosniff"
    assert b"SGVsbG8" in raw.content  # Hello
    assert sato.get("/quarantine/no-such-entry").status_code == 404


def test_release_and_drop_have_a_name_and_drop_a_second_click(
    world: World, staff: Staff, entry: str
) -> None:
    viewer = staff.person("mori", Role.VIEWER)
    page = viewer.get(f"/quarantine/{entry}").text
    assert f"/quarantine/{entry}/drop" not in page
    for act in ("release", "drop"):
        assert viewer.send(f"/quarantine/{entry}/{act}").status_code == 403
    assert viewer.get(f"/quarantine/{entry}/raw").status_code == 403
    sato = staff.person("sato", Role.REVIEWER)
    sato.get(f"/quarantine/{entry}")
    sato.send(f"/quarantine/{entry}/drop")
    assert world.quarantined() == [entry]
    _confirm(sato, f"/quarantine/{entry}/drop", {})
    assert world.quarantined() == []
    assert ("sato", StaffAct.QUARANTINE_DROPPED, entry) in _acts(world)
    sato.get(f"/quarantine/{entry}")
    assert sato.send(f"/quarantine/{entry}/release").status_code == 409


def test_released_entry_is_tried_again(world: World, staff: Staff, entry: str) -> None:
    sato = staff.person("sato", Role.REVIEWER)
    sato.get(f"/quarantine/{entry}")
    assert sato.send(f"/quarantine/{entry}/release").status_code == 200
    assert world.quarantined() == []
    assert ("sato", StaffAct.QUARANTINE_RELEASED, entry) in _acts(world)


# numbers


def test_number_is_recorded_after_its_preview_and_the_warning_of_its_requests(
    world: World, staff: Staff
) -> None:
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja"))
    record = world.request(HANAKO)
    sato = staff.person("sato")
    sato.get(f"/numbers/set?number={record.number.replace('+', '%2B')}")
    values = {
        "number": record.number.replace("+81", "+81 (0) "),
        "state": "active",
        "organisation": "Lindenhof.example",
        "since": "2026-01-02",
    }
    seen = sato.send("/numbers/set", values)
    assert record.reference in seen.text
    assert "1 open request" in seen.text
    with world.services.store.read() as tx:
        before = tx.numbers.get(record.number)
    assert before is not None
    assert before.organisation != "lindenhof.example"
    _confirm(sato, "/numbers/set", values)
    with world.services.store.read() as tx:
        row = tx.numbers.get(record.number)
    assert row is not None
    assert (row.state, row.organisation) == (NumberState.ACTIVE, "lindenhof.example")
    assert row.since == date(2026, 1, 2)
    assert ("sato", StaffAct.NUMBER_SET, record.number) in _acts(world)
    page = sato.get(f"/numbers/{record.number.replace('+', '%2B')}").text
    assert record.reference in page
    assert "another owner" in page


def test_agreement_to_what_has_changed_meanwhile_is_none(world: World, staff: Staff) -> None:
    sato = staff.person("sato")
    sato.get("/numbers/set")
    values = {"number": NUMBER, "state": "active", "organisation": "", "since": ""}
    found = _CONFIRMED.search(sato.send("/numbers/set", values).text)
    assert found
    world.set_number(NUMBER, NumberState.REQUESTED, "sample-shoji.example")
    again = sato.send("/numbers/set", {**values, "confirmed": found[1]})
    assert "changed since the preview" in again.text
    with world.services.store.read() as tx:
        row = tx.numbers.get(NUMBER)
    assert row is not None
    assert row.state is NumberState.REQUESTED


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"number": "call me"}, "call me"),
        ({"state": "sleeping"}, "sleeping"),
        ({"organisation": "<script>x</script>"}, "&lt;script&gt;"),
        ({"since": "2026-02-30"}, "2026-02-30"),
        ({"organisation": "gmail.com"}, "gmail.com"),
    ],
    ids=["number", "state", "owner", "since", "provider"],
)
def test_what_cannot_be_recorded_is_told_beside_what_was_typed(
    staff: Staff, wrong: dict[str, str], told: str
) -> None:
    sato = staff.person("sato")
    sato.get("/numbers/set")
    good = {"number": NUMBER, "state": "active", "organisation": "", "since": ""}
    answer = sato.send("/numbers/set", {**good, **wrong})
    assert answer.status_code == 400
    assert told in answer.text
    assert "<script>x" not in answer.text
    kept = good["number"] if "number" not in wrong else told
    assert f'value="{kept}"' in answer.text


def test_numbers_are_found_in_any_spelling(world: World, staff: Staff) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, "sample-shoji.example")
    world.set_number("+4930123456", NumberState.RELEASED, "lindenhof.example")
    sato = staff.person("sato")
    for wanted in ("03-1234-5678", "0081 3 1234 5678", "\uff10\uff13\uff0d1234", "SHOJI"):
        page = sato.get(f"/numbers?find={wanted}").text
        assert (NUMBER in page, "+4930123456" in page) == (True, False), wanted
    assert NUMBER not in sato.get("/numbers?state=released").text
    assert sato.get("/numbers/%2B4930999999").status_code == 404


_LINES = [
    ["number", "state", "organisation", "since"],
    [NUMBER, "active", "sample-shoji.example", "2024-05-01"],
    ["+4930123456", "sleeping", HOSTILE, ""],
]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_table_is_imported_after_its_preview(world: World, staff: Staff, kind: str) -> None:
    world.set_number(NUMBER, NumberState.REQUESTED, "")
    raw = exported("csv", _LINES) if kind == "csv" else table_as_workbook(_LINES)
    sato = staff.person("sato")
    sato.get("/numbers/import")
    seen = sato.client.post(
        "/numbers/import",
        data=sato.tokens(),
        files={"file": (f'"><b>.{kind}', raw, "text/csv")},
        headers={"origin": ORIGIN},
    )
    sato.last = seen
    assert seen.status_code == 200
    assert "0 new, 1 changed, 0 unchanged, 1 line refused" in seen.text
    assert "<script>alert" not in seen.text
    assert "<b>." not in seen.text
    with world.services.store.read() as tx:
        row = tx.numbers.get(NUMBER)
    assert row is not None
    assert row.state is NumberState.REQUESTED
    kept = re.search(r'<textarea name="table" hidden>\n(.*?)</textarea>', seen.text, re.DOTALL)
    agreed = _CONFIRMED.search(seen.text)
    assert kept
    assert agreed
    values = {"table": html.unescape(kept[1]), "name": "x", "confirmed": agreed[1]}
    done = sato.send("/numbers/import", values)
    assert "1 number was recorded" in done.text
    with world.services.store.read() as tx:
        row = tx.numbers.get(NUMBER)
    assert row is not None
    assert (row.state, row.organisation) == (NumberState.ACTIVE, "sample-shoji.example")
    assert ("sato", StaffAct.NUMBERS_IMPORTED, "1") in _acts(world)


def test_import_shows_first_whose_a_number_is_and_what_is_open(world: World, staff: Staff) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    world.set_number(record.number, NumberState.ACTIVE, "lindenhof.example")
    raw = exported("csv", [_LINES[0], [record.number, "active", "sample-shoji.example", ""]])
    sato = staff.person("sato")
    sato.get("/numbers/import")
    seen = sato.client.post(
        "/numbers/import",
        data=sato.tokens(),
        files={"file": ("numbers.csv", raw, "text/csv")},
        headers={"origin": ORIGIN},
    )
    assert "Look at these numbers before they are recorded" in seen.text
    assert f"{record.number} is “Active” with lindenhof.example" in html.unescape(seen.text)
    assert f'href="/r/{record.reference}"' in seen.text
    # who agreed before the request was known agrees anew
    agreed = _CONFIRMED.search(seen.text)
    kept = re.search(r'<textarea name="table" hidden>\n(.*?)</textarea>', seen.text, re.DOTALL)
    assert agreed
    assert kept
    review.withdraw(world.services, world.request(), "saki")
    sato.last = seen
    values = {"table": html.unescape(kept[1]), "name": "x", "confirmed": agreed[1]}
    again = sato.send("/numbers/import", values)
    assert "Something has changed since" in again.text or 'role="alert"' in again.text
    assert record.reference not in again.text


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04 no workbook", b"\xff\xfe\x00", b"a,b\n1,2\n"])
def test_file_that_is_no_table_of_numbers_is_refused_with_words(staff: Staff, raw: bytes) -> None:
    sato = staff.person("sato")
    sato.get("/numbers/import")
    seen = sato.client.post(
        "/numbers/import",
        data=sato.tokens(),
        files={"file": ("numbers.csv", raw, "text/csv")},
        headers={"origin": ORIGIN},
    )
    assert seen.status_code == 400
    assert 'role="alert"' in seen.text


def test_organisations_are_added_and_removed_by_approvers(world: World, staff: Staff) -> None:
    viewer = staff.person("mori", Role.REVIEWER)
    viewer.get("/numbers/organisations")
    path = "/numbers/organisations"
    assert viewer.send(path, {"domain": "sample-shoji.example"}).status_code == 403
    assert viewer.get("/numbers/set").status_code == 403
    assert viewer.get("/numbers/import").status_code == 403
    sato = staff.person("sato")
    sato.get(path)
    assert sato.send(path, {"domain": "gmail.com"}).status_code == 400
    assert sato.send(path, {"domain": "<script>"}).status_code == 400
    assert "sample-shoji.example" in sato.send(path, {"domain": "@Sample-Shoji.example"}).text
    with world.services.store.read() as tx:
        assert [row.added_by for row in tx.organisations.list(removed=False)] == ["sato"]
    sato.send(f"{path}/remove", {"domain": "sample-shoji.example"})
    with world.services.store.read() as tx:
        assert tx.organisations.list(removed=False) == []


# all lists


@pytest.mark.parametrize("lang", ["en", "ja", "de"])
def test_every_list_has_a_page_and_files_in_each_language(
    world: World, staff: Staff, lang: str
) -> None:
    _issued(world)
    queue_to(world.services, "a@shrub.example")
    viewer = staff.person("mori", Role.VIEWER)
    viewer.client.cookies.set("lang", lang)
    for path in (
        "/certificates",
        "/certificates?state=all",
        "/outbox",
        "/outbox?view=attention",
        "/outbox?view=all",
        "/quarantine",
        "/numbers",
        "/numbers/organisations",
        "/q/all",
    ):
        page = viewer.get(path)
        assert page.status_code == 200, path
        assert f'lang="{lang}"' in page.text
        sign = "&" if "?" in path else "?"
        table = _table(viewer.get(f"{path}{sign}format=csv").content)
        sheet = load_workbook(io.BytesIO(viewer.get(f"{path}{sign}format=xlsx").content)).active
        assert sheet is not None
        assert len(table) == sheet.max_row
        assert len(table[0]) == sheet.max_column
        assert all(
            cell.data_type == "s"
            for line in sheet.iter_rows()
            for cell in line
            if cell.value is not None
        )


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("+81312345678", "+81312345678"),
        ("+81312345678+1", "'+81312345678+1"),
        ("\tx", "'\tx"),
        ("\uff1d1", "'\uff1d1"),
        ("plain", "plain"),
    ],
)
def test_no_cell_of_a_csv_is_a_formula(cell: str, written: str) -> None:
    assert _table(exported("csv", [["h"], [cell]]))[1] == [written]


def test_lists_read_alike_on_both_databases(any_world: World) -> None:
    record, row = _issued(any_world)
    sato = Staff(any_world.services).person("sato")
    page = sato.get("/certificates?state=valid").text
    assert row.serial in page
    assert row.serial not in sato.get("/certificates?state=expired").text
    assert row.serial in sato.get("/certificates?state=all").text
    assert sato.get(f"/outbox?find={HANAKO}").text.count("data-row") == len(
        any_world.mails_of(record)
    )
    assert record.number in sato.get(f"/numbers?find={record.number[3:]}").text
    assert sato.get("/quarantine").status_code == 200


def test_exported_queue_is_the_view_that_is_shown(world: World, staff: Staff) -> None:
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja"))
    sato = staff.person("sato")
    for path, count in (("/q/all", 1), ("/q/held", 0), ("/q/all?find=nothing-of-it", 0)):
        sign = "&" if "?" in path else "?"
        answer = sato.get(f"{path}{sign}format=csv")
        assert len(_table(answer.content)) == 1 + count
        assert answer.headers["content-disposition"].startswith("attachment")


def test_a_filter_that_does_not_exist_is_named_with_those_that_do(staff: Staff) -> None:
    page = staff.person("sato").get("/q/all?find=colour:red")
    assert page.status_code == 200
    assert "colour:red" in page.text
    assert "track, status" in page.text
