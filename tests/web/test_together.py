"""Several people at one request: collisions, a customer in between, undo, and four eyes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.model.request import EventName, Status
from pipeline.store.outbox_records import OutboxState
from pipeline.store.staff_records import Role
from tests.world.console import Staff
from tests.world.customers import HANAKO, form
from tests.world.fixtures import MakeWorld
from tests.world.pages import AtConsole, at_console, read
from tests.world.world import World

_TEXT = "Is <this> the registered name?\n\n  And who signs?"


@pytest.fixture
def sato(world: World, staff: Staff) -> AtConsole:
    """Who decides."""
    return at_console(world, staff)


@pytest.fixture
def mori(world: World, staff: Staff) -> AtConsole:
    """A colleague with the same role."""
    return at_console(world, staff, "mori")


def _opened(world: World) -> str:
    world.mail(HANAKO, form())
    return world.request().reference


def _filled(at: AtConsole, reference: str, decision: str, **values: Any) -> dict[str, Any]:
    """Load the form of a decision and fill it in, without sending it."""
    path = f"/r/{reference}/d/{decision}"
    return {**at.page(path).form(path).values, **values}


def test_the_second_of_two_is_told_of_the_first_and_keeps_the_text(
    world: World, sato: AtConsole, mori: AtConsole
) -> None:
    reference = _opened(world)
    filled = _filled(mori, reference, "ask", fields=["company_legal_name"], text=_TEXT)
    sato.take(reference, "ask", fields=["website"], text="Which site?")
    steps, mails = world.steps(world.request()), len(world.outbox())
    path = f"/r/{reference}/d/ask"
    answer = mori.browser.send(path, filled)
    page = read(answer)
    assert answer.status_code in {404, 409}
    assert "sato" in page.text
    assert page.form(path).values["text"] == [_TEXT]
    assert (world.steps(world.request()), len(world.outbox())) == (steps, mails)


def test_what_two_send_at_the_same_mark_is_done_once(
    world: World, sato: AtConsole, mori: AtConsole
) -> None:
    reference = _opened(world)
    path = f"/r/{reference}/d/hold"
    filled = [_filled(one, reference, "hold", text=_TEXT) for one in (sato, mori)]
    answers = [
        one.browser.send(path, values) for one, values in zip((sato, mori), filled, strict=True)
    ]
    assert [answer.status_code for answer in answers] == [200, 404]
    assert world.steps(world.request()).count("hold") == 1
    late = read(answers[1])
    assert "sato:" in late.text
    assert _TEXT in late.written  # to be used in another decision
    assert f"/r/{reference}/d/release" in late.links
    again = sato.browser.send(path, filled[0])
    assert again.status_code in {404, 409}
    assert world.steps(world.request()).count("hold") == 1


def test_a_mail_in_between_is_shown_and_the_text_kept(world: World, sato: AtConsole) -> None:
    reference = _opened(world)
    path = f"/r/{reference}/d/ask"
    filled = _filled(sato, reference, "ask", fields=["company_legal_name"], text=_TEXT)
    world.reply(world.request(), "ウェブサイトは来月変わります。")
    before = world.steps(world.request())
    answer = sato.browser.send(path, filled)
    page = read(answer)
    assert answer.status_code == 409
    assert "ウェブサイトは来月変わります。" in page.text
    assert page.form(path).values["text"] == [_TEXT]
    assert "company_legal_name" in page.form(path).values["fields"]
    assert world.steps(world.request()) == before
    sent = sato.browser.send(path, page.form(path).values)
    assert sent.status_code == 200
    assert world.request().status is Status.NEEDS_CORRECTION


def test_undo_by_the_button_puts_all_back(world: World, sato: AtConsole, mori: AtConsole) -> None:
    reference = _opened(world)
    before = world.request()
    page = sato.take(reference, "ask", fields=["company_legal_name"], text="？")
    path = f"/r/{reference}/undo"
    colleague = mori.request(reference)
    assert colleague.form(path).values["decided"] == page.form(path).values["decided"]
    answer = sato.browser.send(path, page.form(path).values)
    assert answer.status_code == 200
    assert "undone=1" in str(answer.url)
    after = world.request()
    assert after.state == replace(before.state, version=after.state.version)
    assert [mail for mail in world.staff_mails() if "correction" in mail.notice] == []
    assert "sato" in sato.request(reference).text
    again = mori.browser.send(path, mori.browser.tokens() | colleague.form(path).values)
    assert again.status_code == 409
    assert "no decision on" in read(again).text


def test_undo_too_late_says_so_and_changes_nothing(world: World, sato: AtConsole) -> None:
    reference = _opened(world)
    page = sato.take(reference, "ask", fields=["company_legal_name"], text="？")
    path = f"/r/{reference}/undo"
    values = page.form(path).values
    world.clock.advance(timedelta(seconds=121))
    assert all(one.action != path for one in sato.request(reference).forms)
    answer = sato.browser.send(path, values)
    assert answer.status_code == 409
    assert "too late to undo" in read(answer).text
    assert "pipeline" not in read(answer).text
    assert world.request().status is Status.NEEDS_CORRECTION
    queued = [mail for mail in world.outbox() if mail.state is OutboxState.QUEUED]
    assert len(queued) == 1


def test_undo_undoes_no_other_decision_than_the_one_shown(
    world: World, sato: AtConsole, mori: AtConsole
) -> None:
    reference = _opened(world)
    page = sato.take(reference, "hold", text="wait")
    path = f"/r/{reference}/undo"
    world.clock.advance(timedelta(seconds=5))
    mori.take(reference, "release")
    answer = sato.browser.send(path, page.form(path).values)
    assert answer.status_code == 409
    assert world.request().status is Status.POLICY_REVIEW


def test_who_may_only_look_undoes_nothing(world: World, staff: Staff, sato: AtConsole) -> None:
    reference = _opened(world)
    page = sato.take(reference, "hold", text="wait")
    path = f"/r/{reference}/undo"
    visitor = at_console(world, staff, "endo", Role.VIEWER)
    assert all(one.action != path for one in visitor.request(reference).forms)
    decided = page.form(path).values["decided"]
    answer = visitor.browser.send(path, {"decided": decided})
    assert answer.status_code == 403
    assert world.request().status is Status.HELD


def test_undo_needs_what_the_decision_needed(world: World, staff: Staff, sato: AtConsole) -> None:
    reference = _opened(world)
    reviewer = at_console(world, staff, "endo", Role.REVIEWER)
    path = f"/r/{reference}/undo"
    page = sato.take(reference, "reject", rejected="policy")
    assert all(one.action != path for one in reviewer.request(reference).forms)
    answer = reviewer.browser.send(path, {"decided": page.form(path).values["decided"]})
    assert answer.status_code == 409
    assert "endo may not do this" in read(answer).text
    assert world.request().status is Status.REJECTED
    sato.request(reference)
    assert sato.browser.send(path, page.form(path).values).status_code == 200
    assert world.request().status is Status.POLICY_REVIEW
    # what a reviewer could have decided, a reviewer can undo
    sato.take(reference, "hold", text="wait")
    values = reviewer.request(reference).form(path).values
    assert reviewer.browser.send(path, values).status_code == 200
    assert world.request().status is Status.POLICY_REVIEW


def test_a_certificate_needs_the_yes_of_two_people(make_world: MakeWorld) -> None:
    world = make_world(approval={"two_people": True})
    staff = Staff(world.services)
    sato, mori = at_console(world, staff), at_console(world, staff, "mori")
    reference = _opened(world)
    approve = sato.page(f"/r/{reference}/d/approve")
    boxes = [had["value"] for tag, had in approve.tags if had.get("name") == "ticked"]
    sato.take(reference, "approve", ticked=boxes, business_verified="1")
    sato.take(reference, "record-name_approved")
    assert not any("certificate_" in mail.notice.value for mail in world.outbox())
    assert "second" not in sato.offered(reference)
    told = "You have said yes to this certificate. Nothing is issued before somebody else says yes"
    assert told in sato.request(reference).text
    assert "Who can say it: mori" in sato.request(reference).text
    assert told in sato.not_offered(reference, "second")
    assert EventName.SECOND not in {line.event for line in world.history(world.request())}
    reviewer = at_console(world, staff, "endo", Role.REVIEWER)
    assert "second" not in reviewer.offered(reference)
    assert "sato has said yes" in reviewer.request(reference).text
    assert "second" in mori.offered(reference)
    mori.take(reference, "second")
    world.staff_mails()
    assert world.request().status is Status.CERTIFICATE_ISSUED
    names = {line.actor_name for line in world.history(world.request())}
    assert {"sato", "mori"} <= names
    staff.console.previews.close()
