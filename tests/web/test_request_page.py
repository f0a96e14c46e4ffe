"""The page of a request: answers, decisions in groups, timeline, and what is new since the page."""

import html
import re
import time

import pytest
from httpx2 import Response

from pipeline.flow.staff import review
from pipeline.flow.staff.desk import hands
from pipeline.flow.views.request import request_view
from pipeline.store.staff_records import Role, StaffAct
from pipeline.web.decisions.filled import mark_of, news_since
from tests.flow.test_certificates import issued
from tests.world.console import Browser, Staff
from tests.world.customers import HANAKO, form
from tests.world.world import World

_HOSTILE = '"><script>alert(1)</script>\u202e{{ 7*7 }}'


def _request(world: World) -> str:
    world.mail(HANAKO, form())
    return world.request(HANAKO).reference


def _main(page: str) -> str:
    return page[page.index('<main id="content"') :]


def test_answers_have_their_numbers_and_links(world: World, staff: Staff) -> None:
    reference = _request(world)
    page = _main(staff.person("sato").get(f"/r/{reference}").text)
    numbers = re.findall(r'answer-number" aria-hidden="true">(\d+)<', page)
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    assert f"/r/{reference}/d/edit?field=company_legal_name" in page
    assert "field=company_legal_name#place" in page


def test_only_open_answers_are_shown_when_asked_for(world: World, staff: Staff) -> None:
    reference = _request(world)
    sato = staff.person("sato")
    whole = sato.get(f"/r/{reference}").text.count('class="answer-body"')
    part = sato.get(f"/r/{reference}?answers=open").text
    assert part.count('class="answer-body"') == part.count("data-problem") < whole


def test_each_decision_is_there_once(world: World, staff: Staff) -> None:
    reference = _request(world)
    page = _main(staff.person("sato").get(f"/r/{reference}").text)
    names = re.findall(r'<a href="/r/[^/]+/d/([a-z_-]+)"', page)
    assert len(names) == len(set(names)) > 5
    assert page.count('class="decision leads"') == 1


def test_who_may_only_look_sees_no_decision(world: World, staff: Staff) -> None:
    reference = _request(world)
    page = staff.person("mori", Role.VIEWER).get(f"/r/{reference}").text
    assert "/d/" not in page
    assert f"/r/{reference}/certificate" not in page


def test_hostile_words_stay_words(world: World, staff: Staff) -> None:
    reference = _request(world)
    record = world.request(HANAKO)
    review.note(world.services, record, "sato", text=_HOSTILE)
    sato = staff.person("sato")
    for query in ("", "?all=1", f"?view={_HOSTILE}", f"?done={_HOSTILE}", f"?answers={_HOSTILE}"):
        page = sato.get(f"/r/{reference}{query}").text
        assert "<script>alert" not in page
        assert "49" not in re.findall(r"alert\(1\)&lt;/script&gt;(\S*)", page)
        assert "\u202e" not in page


def test_a_request_is_taken_and_given_back_with_a_click(world: World, staff: Staff) -> None:
    reference = _request(world)
    sato = staff.person("sato")
    sato.get(f"/r/{reference}")
    taken = sato.send(f"/r/{reference}/d/take")
    assert f"/r/{reference}/d/give-back" in taken.text
    back = sato.send(f"/r/{reference}/d/give-back")
    assert f"/r/{reference}/d/take" in back.text


def test_only_what_is_new_is_told(world: World, staff: Staff) -> None:
    reference = _request(world)
    record = world.request(HANAKO)
    review.note(world.services, record, "mori", text="known before")
    sato = staff.person("sato")
    sato.get(f"/r/{reference}/d/answer")
    review.note(world.services, record, "mori", text="came meanwhile")
    stopped = sato.send(f"/r/{reference}/d/answer", {"text": "my own words"})
    assert stopped.status_code == 409
    assert "my own words" in stopped.text
    assert "came meanwhile" in stopped.text
    assert "known before" not in stopped.text
    assert sato.send(f"/r/{reference}/d/answer", {"text": "my own words"}).status_code == 200


@pytest.mark.parametrize(
    "mark", ["", "x", "1-2", "1-2-3-4-5", "-1-0-0-x", "99999999999-0-0-x", "٣-0-0-x"]
)
def test_a_mark_that_is_none_tells_nothing(world: World, mark: str) -> None:
    _request(world)
    record = world.request(HANAKO)
    with world.services.store.read() as tx:
        view = request_view(world.services.work(tx), record)
    assert news_since(view, mark).count == 0
    assert news_since(view, mark_of(view)).count == 0


def test_several_answers_are_entered_at_once(world: World, staff: Staff) -> None:
    reference = _request(world)
    sato = staff.person("sato")
    page = sato.get(f"/r/{reference}/d/edit?field=company_trading_name").text
    was = _typed(page, "company_legal_name")
    assert was
    shown = re.search(
        r'name="answers-to-company_legal_name"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL
    )
    assert shown is not None
    assert html.unescape(shown[1]) == was
    values = {
        "answers-of": ["company_legal_name", "contact_department"],
        "answers-was-company_legal_name": was,
        "answers-to-company_legal_name": was,
        "answers-was-contact_department": _typed(page, "contact_department"),
        "answers-to-contact_department": "Sales",
    }
    path = f"/r/{reference}/d/edit"
    done = sato.send(path, values)
    if 'name="confirmed"' in done.text:
        done = _confirm(sato, path, done.text)
    assert done.status_code == 200, done.text
    with world.services.store.read() as tx:
        latest = tx.revisions.latest(world.request(HANAKO).id)
    assert latest is not None
    entered = {one.field for one in latest.readings if one.cell_type == "staff"}
    assert entered == {"contact_department"}


def test_nothing_changed_is_no_edit(world: World, staff: Staff) -> None:
    reference = _request(world)
    sato = staff.person("sato")
    was = _typed(sato.get(f"/r/{reference}/d/edit").text, "contact_department")
    name = "answers-{}-contact_department"
    same = {"answers-of": "contact_department", name.format("was"): was, name.format("to"): was}
    assert sato.send(f"/r/{reference}/d/edit", same).status_code == 400


def test_the_text_of_a_certificate_takes_a_click_that_is_kept(world: World, staff: Staff) -> None:
    record = issued(world, HANAKO)
    sato = staff.person("sato")
    with world.services.store.read() as tx:
        row = tx.certificates.latest_issued(record.id)
    assert row is not None
    path = f"/r/{record.reference}/certificate"
    asked = sato.get(path)
    assert asked.url.path == f"/certificates/{row.serial}/text"
    assert row.text[:40] not in asked.text
    assert staff.person("mori", Role.REVIEWER).get(path).status_code == 403
    shown = sato.send(asked.url.path)
    assert row.text.strip() in html.unescape(shown.text)
    assert shown.headers["cache-control"] == "no-store"
    with world.services.store.read() as tx:
        seen = [one for one in tx.staff_log.list(20) if one.what is StaffAct.SECRET_SEEN]
        lines = [dict(line.detail) for line in tx.events.list(record.id)]
    assert [one.subject for one in seen] == [record.reference]
    assert {"certificate_revealed": row.serial} in lines


def test_a_long_request_is_shown_as_fast_as_a_short_one(world: World, staff: Staff) -> None:
    reference = _request(world)
    sato = staff.person("sato")
    short = _seconds(sato, f"/r/{reference}")
    for number in range(100):
        record = world.request(HANAKO)
        turn = hands.take if number % 2 == 0 else hands.give_back
        turn(world.services, record, "sato")
    long = _seconds(sato, f"/r/{reference}")
    page = sato.get(f"/r/{reference}").text
    assert page.count('<li class="moment') == 12
    assert sato.get(f"/r/{reference}?all=1").text.count('<li class="moment') > 100
    assert long < 2 * short + 0.05


def test_after_a_decision_the_next_of_the_view_is_one_link_away(world: World, staff: Staff) -> None:
    reference = _request(world)
    sato = staff.person("sato")
    sato.get(f"/r/{reference}/d/note?view=all")
    done = sato.send(f"/r/{reference}/d/note?view=all", {"text": "seen"})
    assert 'class="notice done"' in done.text
    assert f"/r/{reference}?view=all" in str(done.url) or "view=all" in str(done.url)
    assert 'href="/q/all"' in done.text


def _typed(page: str, field: str) -> str:
    found = re.search(rf'name="answers-was-{field}" hidden>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def _confirm(browser: Browser, path: str, page: str) -> Response:
    found = re.findall(r'<textarea name="([^"]+)" hidden>\n?(.*?)</textarea>', page, re.DOTALL)
    confirmed = re.search(r'name="confirmed" value="([^"]+)"', page)
    assert confirmed is not None
    values: dict[str, object] = {"confirmed": confirmed[1]}
    for name, value in found:
        values.setdefault(name, html.unescape(value))
    return browser.send(path, values)


def _seconds(browser: Browser, path: str) -> float:
    browser.get(path)
    begun = time.process_time()
    assert browser.get(path).status_code == 200
    return time.process_time() - begun
