"""What a decision rests on stands on the page of the request, and where it is taken."""

import re

from pipeline.flow.staff import organisations, review
from pipeline.flow.views.request import RequestView, request_view
from pipeline.model.request import HoldReason, NumberState
from tests.web.test_found_by_strangers import _slot_proposed
from tests.world.console import Staff
from tests.world.customers import EVE, HANAKO, form
from tests.world.pages import at_console
from tests.world.world import World

_NUMBER = "+819012345678"
_OWNER = "sakura-denki.example"
_WORDS = "The code did not come."


def _above_decisions(page: str) -> str:
    """Return what stands in the column of the decisions above the first of them."""
    column = page[page.index('id="acts-title"') :]
    return column[: column.index('<a href="/r/')] if '<a href="/r/' in column else column


def _contested(world: World) -> str:
    world.set_number(_NUMBER, NumberState.ACTIVE, _OWNER)
    world.mail(EVE, form())
    record = world.request(EVE)
    assert record.state.hold_reason is HoldReason.OWNERSHIP
    return record.reference


def _view(world: World) -> RequestView:
    with world.services.store.read() as tx:
        return request_view(world.services.work(tx), world.request())


def test_whose_a_number_is_stands_above_the_decisions(world: World, staff: Staff) -> None:
    reference = _contested(world)
    page = staff.person("sato").get(f"/r/{reference}").text
    above = _above_decisions(page)
    assert _OWNER in above
    assert EVE in above
    assert 'href="/numbers/%2B819012345678"' in above
    assert page.count("<dt>Number belongs to</dt>") == 1


def test_whose_a_number_is_stands_where_it_is_decided(world: World, staff: Staff) -> None:
    reference = _contested(world)
    sato = staff.person("sato")
    for name in ("ask-owner", "same-organisation", "reject"):
        assert _OWNER in sato.get(f"/r/{reference}/d/{name}").text, name
    settle = sato.get(f"/r/{reference}/d/settle-owner").text
    assert f"{_OWNER} has given it up" in settle
    assert "it stays “Active”" in settle


def test_whose_number_it_is_names_whom_that_leaves_without_a_certificate(
    world: World, staff: Staff
) -> None:
    world.mail(HANAKO, form())
    world.mail(EVE, form())
    mine, other = world.request(EVE), world.request(HANAKO)
    assert mine.state.hold_reason is HoldReason.OWNERSHIP
    settle = staff.person("sato").get(f"/r/{mine.reference}/d/settle-owner").text
    told = f"from then on no certificate for {other.reference}"
    assert settle.count(told) == 2  # whichever is chosen
    review.withdraw(world.services, other, "saki")
    settle = staff.person("sato").get(f"/r/{mine.reference}/d/settle-owner").text
    assert told not in settle


def test_number_that_is_settled_is_contested_no_more(world: World, staff: Staff) -> None:
    reference = _contested(world)
    organisations.release_with_number(world.services, world.request(EVE), "saki", "transferred")
    page = staff.person("sato").get(f"/r/{reference}").text
    assert "Whose is the number?" not in page


def test_unread_words_stand_above_the_decisions_until_they_are_read(
    world: World, staff: Staff
) -> None:
    world.mail(HANAKO, form())
    world.reply(world.request(), _WORDS)
    reference, sato = world.request().reference, staff.person("sato")
    page = sato.get(f"/r/{reference}").text
    assert _WORDS in _above_decisions(page)
    assert '<span class="badge wrote">customer wrote</span>' in page
    assert _WORDS in sato.get(f"/r/{reference}/d/tick").text
    sato.send(f"/r/{reference}/d/tick")
    page = sato.get(f"/r/{reference}").text
    assert _WORDS not in _above_decisions(page)
    assert "customer wrote</span>" not in page


def test_who_answers_sees_the_last_words_and_who_approves_only_new_ones(
    world: World, staff: Staff
) -> None:
    world.mail(HANAKO, form())
    world.reply(world.request(), _WORDS)
    reference, sato = world.request().reference, staff.person("sato")
    assert _WORDS in sato.get(f"/r/{reference}/d/approve").text
    sato.get(f"/r/{reference}/d/tick")
    sato.send(f"/r/{reference}/d/tick")
    assert _WORDS in sato.get(f"/r/{reference}/d/answer").text
    assert _WORDS not in sato.get(f"/r/{reference}/d/approve").text


def test_answers_in_doubt_come_first_where_staff_ask(world: World, staff: Staff) -> None:
    world.mail(HANAKO, form(ready_date="2026-10-01"))
    view = _view(world)
    doubted = {problem.field for problem in view.problems}
    assert "ready_date" in doubted
    page = staff.person("sato").get(f"/r/{view.reference}/d/ask").text
    answers = page[page.index("Ask about these answers") :]
    first = answers[: answers.index("<details")]
    assert set(re.findall(r'name="fields" value="(\w+)"', first)) == doubted
    assert '<span class="answer-number">31</span>' in first
    said = next(item.shown for item in view.fields if item.id == "ready_date")
    assert f'<span class="typed">{said}</span>' in first


def test_answers_that_staff_asked_about_are_marked_until_a_newer_form(
    world: World, staff: Staff
) -> None:
    world.mail(HANAKO, form())
    reference, sato = world.request().reference, staff.person("sato")
    sato.get(f"/r/{reference}/d/ask")
    sato.send(
        f"/r/{reference}/d/ask", {"fields": ["display_name", "use_case"], "text": "Which one?"}
    )
    page = sato.get(f"/r/{reference}").text
    assert page.count("</svg>asked</span>") == 2
    assert "sato to the customer" in page
    assert "Note of sato" not in page
    world.staff_mails()
    world.reply(world.request(), "", form(display_name="Sakura Denki"))
    assert "</svg>asked</span>" not in sato.get(f"/r/{reference}").text


def test_times_of_a_call_are_offered_and_agreed_in_both_zones(world: World, staff: Staff) -> None:
    sato = at_console(world, staff)
    reference = _slot_proposed(world, sato)
    page = sato.browser.get(f"/r/{reference}/d/record-accept_slot").text
    assert "<h1>Record the agreed time</h1>" in page
    assert 'type="radio" name="slots"' in page
    assert re.search(r"10:00-11:00 JST.*01:00-02:00 UTC", page, re.DOTALL)
    assert "<dt>Time 1</dt>" in sato.browser.get(f"/r/{reference}").text
    sato.take(
        reference, "record-accept_slot", slots=re.findall(r'name="slots" value="([^"]+)"', page)
    )
    assert "<dt>Agreed time</dt>" in sato.browser.get(f"/r/{reference}").text
    sato.take(reference, "early-code_verified")
    page = sato.browser.get(f"/r/{reference}").text
    assert "<dt>Agreed time</dt>" not in page
    assert "<dt>Time 1</dt>" not in page


def test_styles_of_an_update_are_there_at_once(staff: Staff) -> None:
    browser = staff.browser()
    first = browser.get("/static/console.css")
    again = browser.get("/static/console.css", **{"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert first.headers["cache-control"] == "no-cache"
