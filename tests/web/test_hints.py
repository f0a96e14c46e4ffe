"""What a page of a decision says before it is taken: what is needed, and what would really come."""

import re
from datetime import timedelta

import pytest

from pipeline.flow.staff import review
from pipeline.flow.staff.possible import blocked_now, decisions_now
from pipeline.model.request import EventName, HoldReason, NumberState, Status, Track
from pipeline.store.staff_records import Role
from pipeline.tracks.catalogue import TRACKS
from pipeline.web.decisions.catalogue import FORMS, form_of
from pipeline.web.decisions.groups import LEADING
from pipeline.wording.answers import question_labels
from tests.world.console import Staff
from tests.world.customers import HANAKO, form
from tests.world.pages import AtConsole, Parsed, at_console, read
from tests.world.world import World

NUMBER = "+819012345678"


@pytest.fixture
def sato(world: World, staff: Staff) -> AtConsole:
    """Who decides."""
    return at_console(world, staff)


def _opened(world: World) -> str:
    world.mail(HANAKO, form())
    return world.request().reference


def _notices(page: Parsed, *kinds: str) -> int:
    """Return how many notices of a page have all these kinds."""
    wanted = {"notice", *kinds}
    return sum(wanted <= set(had.get("class", "").split()) for _, had in page.tags)


def _at_name_review(world: World) -> str:
    reference = _opened(world)
    review.approve(world.services, world.request(), "mori", ticked="all", business_verified=True)
    world.staff_mails()
    assert world.request().status is Status.NAME_REVIEW
    return reference


# --- what is needed -----------------------------------------------------------------------------


def test_no_form_begins_with_a_refusal(world: World, sato: AtConsole) -> None:
    reference = _opened(world)
    offered = sato.offered(reference)
    assert len(offered) > 5
    for name in offered:
        page = sato.page(f"/r/{reference}/d/{name}")
        assert _notices(page, "wrong") == 0, name
        assert "company_legal_name" not in page.text, name


@pytest.mark.parametrize("language", ["en", "ja", "de"])
def test_asking_says_calmly_what_is_needed_and_names_the_question(
    world: World, staff: Staff, language: str
) -> None:
    reference = _opened(world)
    sato = at_console(world, staff)
    sato.browser.client.headers["accept-language"] = language
    path = f"/r/{reference}/d/ask"
    page = sato.page(path)
    assert _notices(page, "hint") == 1
    assert _notices(page, "wrong") == 0
    seen = sato.preview(reference, "ask", fields=["company_legal_name"])
    assert (_notices(seen, "hint"), _notices(seen, "wrong")) == (1, 0)
    tried = sato.sent(reference, "ask", fields=["company_legal_name"])
    assert tried.status_code == 400
    told = read(tried)
    assert _notices(told, "wrong") == 1
    label = question_labels(language)["company_legal_name"]
    for one in (seen, told):
        assert "company_legal_name" not in one.text
        assert label in one.text


def test_what_is_missing_is_named_by_its_label(world: World, sato: AtConsole) -> None:
    reference = _opened(world)
    page = sato.page(f"/r/{reference}/d/reject")
    assert "Still to be filled in: “Reason”." in page.text


# --- what would really happen -------------------------------------------------------------------


def test_a_certificate_that_the_owner_forbids_is_not_promised(
    world: World, sato: AtConsole
) -> None:
    reference = _at_name_review(world)
    world.set_number(NUMBER, NumberState.ACTIVE, "other.example")
    listed = sato.request(reference).text
    assert "a certificate is issued and mailed" not in listed
    seen = sato.preview(reference, "record-name_approved")
    assert "would be issued at once" not in seen.text
    assert "No certificate would be issued now" in seen.text
    assert "another organisation" in seen.text
    page = sato.take(reference, "record-name_approved")
    record = world.request()
    assert (record.status, record.state.certificates) == (Status.APPROVED, 0)
    assert _notices(page, "wrong") == 1
    assert "hand the number of one customer to another" in page.text


def test_a_certificate_before_its_time_is_not_promised(world: World, sato: AtConsole) -> None:
    reference = _at_name_review(world)
    assert "would be issued at once" in sato.preview(reference, "record-name_approved").text
    world.set_number(NUMBER, NumberState.ACTIVE, "other.example")
    sato.take(reference, "record-name_approved")
    world.set_number(NUMBER, NumberState.REQUESTED, "sakura-denki.example")
    assert "record-proceed" in sato.offered(reference)
    world.clock.set(world.request().state.entered_at - timedelta(hours=2))
    assert "record-proceed" not in sato.offered(reference)
    assert "clock of this machine" in sato.request(reference).text
    (blocked,) = blocked_now(world.services, world.request())
    assert blocked.by.code == "clock_behind"


def test_a_hold_is_announced_with_its_reason(world: World, sato: AtConsole) -> None:
    reference = _at_name_review(world)
    for _ in range(3):
        record = world.request()
        if record.status is Status.NAME_REVIEW:
            sato.take(reference, "record-name_approved")
        else:
            sato.take(reference, "reissue")
    assert world.request().state.certificates == 3
    seen = sato.preview(reference, "reissue")
    assert "It would be held: limit of certificates." in seen.text
    sato.take(reference, "reissue")
    assert world.request().held_for(HoldReason.CERTIFICATE_LIMIT)


# --- trying again -------------------------------------------------------------------------------


def test_what_a_try_cannot_change_is_not_offered_and_the_last_try_is_told(
    world: World, sato: AtConsole
) -> None:
    reference = _at_name_review(world)
    world.set_number(NUMBER, NumberState.ACTIVE, "other.example")
    sato.take(reference, "record-name_approved")
    page = sato.request(reference)
    assert _notices(page, "tries") == 1
    assert "Last try:" in page.text
    assert "Next try by itself:" in page.text
    assert re.search(r"Not possible now: [^\n]*Try again now", page.text), page.text
    assert {"record-proceed", "issue"}.isdisjoint(sato.offered(reference))
    gone = sato.not_offered(reference, "record-proceed")
    assert "cannot be decided" in gone
    assert "another organisation" in gone
    events = {found.event for found in decisions_now(world.services, world.request())}
    assert EventName.PROCEED not in events
    world.set_number(NUMBER, NumberState.REQUESTED, "sakura-denki.example")
    assert _notices(sato.request(reference), "blocked") == 0
    sato.take(reference, "record-proceed")
    record = world.request()
    assert record.status is Status.CERTIFICATE_ISSUED
    assert _notices(sato.request(reference), "tries") == 0


# --- what leads ---------------------------------------------------------------------------------

#: What Meta, the customer or the system decides: staff record it.
_NOT_OURS = frozenset(
    {
        EventName.VERIFIED,
        EventName.REFUSED,
        EventName.NAME_APPROVED,
        EventName.NAME_DECLINED,
        EventName.CODE_VERIFIED,
        EventName.CODE_FAILED,
        EventName.TWO_STEP_STILL_ON,
        EventName.DIRECTLY_ELIGIBLE,
        EventName.ACTIVATED,
        EventName.READY,
        EventName.ACCEPT_SLOT,
        EventName.NEW_DATE,
    }
)


@pytest.mark.parametrize("status", Status)
def test_each_status_says_what_leads_and_nothing_that_others_decide(
    world: World, status: Status
) -> None:
    leading = LEADING[status]
    assert len(set(leading)) == len(leading)
    known = {one.name for one in FORMS}
    steps = [step for track in Track if (step := TRACKS[track].step(status)) is not None]
    recorded = {
        rule.event for step in steps for rule in step.rules if form_of(rule.event).name not in known
    }
    by_name = {form_of(event).name: event for event in recorded}
    assert [name for name in leading if name not in known | set(by_name)] == []
    ours = {form_of(event).name for event in _NOT_OURS}
    assert [name for name in leading if name in ours] == []


def test_what_meta_says_is_in_the_group_of_what_is_recorded(world: World, staff: Staff) -> None:
    reference = _opened(world)
    review.approve(world.services, world.request(), "mori", ticked="all")
    assert world.request().status is Status.BUSINESS_VERIFICATION
    reviewer = at_console(world, staff, "abe", Role.REVIEWER)
    page = reviewer.request(reference)
    big = [
        had["href"].rpartition("/")[2]
        for tag, had in page.tags
        if tag == "a" and re.fullmatch(r"decision( leads)?", had.get("class", ""))
    ]
    assert big == ["answer", "ask"]
    assert "record-verified" in reviewer.offered(reference)


# --- one's own act is no news -------------------------------------------------------------------


def test_a_mail_that_waits_is_said_once(world: World, sato: AtConsole) -> None:
    reference = _opened(world)
    page = sato.take(reference, "approve", ticked=_all_warnings(sato, reference))
    assert page.text.count("waits to be sent") == 1
    assert "now at" in page.text
    for name, values in (("take", {}), ("note", {"text": "Called them."})):
        answer = _sent(sato, reference, name, **values)
        assert "waits to be sent" not in answer.text, name
        assert "now at" not in answer.text, name


def test_own_acts_do_not_stop_a_decision_and_those_of_others_do(
    world: World, staff: Staff, sato: AtConsole
) -> None:
    reference = _opened(world)
    path = f"/r/{reference}/d/hold"
    filled = sato.page(path).form(path).values
    here = sato.request(reference).form("").values
    _sent(sato, reference, "take")
    _sent(sato, reference, "note", text="Called them.")
    looked = sato.browser.send(f"/r/{reference}/here", here)
    assert "came in meanwhile" not in looked.text
    mori = at_console(world, staff, "mori")
    early = mori.request(reference).form("").values
    assert sato.browser.send(path, filled).status_code == 200
    assert world.request().status is Status.HELD
    told = mori.browser.send(f"/r/{reference}/here", {**mori.browser.tokens(), **early})
    assert "came in meanwhile" in told.text


def _sent(at: AtConsole, reference: str, name: str, **values: str) -> Parsed:
    at.request(reference)
    answer = at.browser.send(f"/r/{reference}/d/{name}", values)
    assert answer.status_code == 200
    return read(answer)


def _all_warnings(at: AtConsole, reference: str) -> list[str]:
    page = at.page(f"/r/{reference}/d/approve")
    return [had["value"] for _, had in page.tags if had.get("name") == "ticked"]


def test_a_look_ahead_that_comes_too_late_says_so_in_its_place(
    world: World, staff: Staff, sato: AtConsole
) -> None:
    reference = _opened(world)
    review.hold(world.services, world.request(), "mori")
    late = staff.person("late").send(
        f"/r/{reference}/d/hold/preview", {"text": "x"}, **{"hx-request": "true"}
    )
    assert late.status_code == 200
    assert "<html" not in late.text
    assert 'class="notice wrong"' in late.text
    assert "hold" not in sato.offered(reference)
