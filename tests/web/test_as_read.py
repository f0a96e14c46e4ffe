"""Small things that staff read: whose words they are, what was read, where a link leads back."""

import re
from dataclasses import MISSING, fields
from datetime import timedelta
from urllib.parse import quote

import pytest

from pipeline.flow.staff import letters, organisations, outbox, review
from pipeline.flow.staff.desk.entering import Caller
from pipeline.flow.staff.desk.undo import undo
from pipeline.model.request import NumberState
from pipeline.store.queues import QueueView
from pipeline.store.staff_records import Role
from pipeline.web.back import Back
from tests.world.console import Staff
from tests.world.customers import HANAKO, form
from tests.world.pages import AtConsole, at_console, read
from tests.world.world import World

_NUMBER = "+819012345678"
_QUESTION = "When do you call us about the maintenance window?"


@pytest.fixture
def sato(world: World, staff: Staff) -> AtConsole:
    """Who decides."""
    return at_console(world, staff)


def _asked_by_customer(world: World) -> str:
    """Return a request whose customer wrote a question that nobody has read."""
    world.mail(HANAKO, form())
    world.reply(world.request(), _QUESTION)
    assert _unread(world) == 1
    return world.request().reference


def _unread(world: World) -> int:
    with world.services.store.read() as tx:
        return len(tx.notes.waiting(world.request().id))


# --- words that are answered are read ------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "values"),
    [
        ("answer", {"text": "We call tomorrow."}),
        ("ask", {"fields": ["website"], "text": "We call tomorrow. Is the page yours?"}),
        ("delay", {"text": "We call tomorrow."}),
    ],
)
def test_who_writes_back_has_read(
    world: World, sato: AtConsole, decision: str, values: dict[str, object]
) -> None:
    reference = _asked_by_customer(world)
    assert "count as read" in sato.preview(reference, decision, **values).text
    page = sato.take(reference, decision, **values)
    assert _unread(world) == 0
    assert "The customer’s words are answered" in page.text
    undo(world.services, world.request(), "mori")
    assert _unread(world) == 1


def test_words_after_the_end_are_read_when_they_are_answered(world: World, sato: AtConsole) -> None:
    world.mail(HANAKO, form())
    review.reject(world.services, world.request(), "saki", reason="other")
    world.staff_mails()
    world.reply(world.request(), _QUESTION)
    assert _unread(world) == 1
    letters.answer(world.services, world.request(), "saki", text="We call tomorrow.")
    assert _unread(world) == 0


def test_words_wait_again_when_their_answer_is_taken_back(world: World) -> None:
    _asked_by_customer(world)
    record = letters.answer(world.services, world.request(), "saki", text="We call tomorrow.")
    world.clock.advance(timedelta(seconds=30))
    review.note(world.services, record, "saki", text="They called.")
    outbox.cancel(world.services, world.mails_of(record)[-1].id, "saki")
    assert _unread(world) == 1


def test_decision_without_words_of_ours_reads_nothing(world: World, sato: AtConsole) -> None:
    reference = _asked_by_customer(world)
    assert "count as read" not in sato.page(f"/r/{reference}/d/hold").text
    sato.take(reference, "hold")
    assert _unread(world) == 1


# --- whose words ---------------------------------------------------------------------------------


def test_sentence_for_the_customer_is_told_as_one(world: World, staff: Staff) -> None:
    world.mail(HANAKO, form(phone_number="12", phone_number_again="12"))
    reference, sato = world.request().reference, staff.person("sato")
    page = sato.get(f"/r/{reference}", **{"accept-language": "de"})
    told = re.findall(r'<p>.*?<span class="quiet">Für den Kunden:</span> ([^<]+)</p>', page.text)
    sent = re.findall(r'Auf Japanisch:</span> <span lang="ja">(.+?)</span>', page.text)
    assert told
    assert len(told) == len(sent)
    asked = sato.get(f"/r/{reference}/d/ask", **{"accept-language": "de"}).text
    assert f'class="quiet">Für den Kunden: {told[0]}' in asked


def test_chips_of_a_preview_have_the_colour_of_whose_move_it_is(
    world: World, sato: AtConsole
) -> None:
    world.mail(HANAKO, form())
    reference = world.request().reference
    page = sato.preview(reference, "ask", fields=["website"], text="Is the page yours?")
    chips = [had["class"] for tag, had in page.tags if "status" in had.get("class", "").split()]
    assert chips == ["status move-staff", "status move-customer"]
    shown = sato.take(reference, "ask", fields=["website"], text="Is the page yours?")
    assert all(
        "move-" in had["class"] for _, had in shown.tags if "status" in had.get("class", "").split()
    )


def test_proof_beside_a_form_makes_no_version_of_it(world: World, sato: AtConsole) -> None:
    world.set_number(_NUMBER, NumberState.ACTIVE, "other.example")
    world.mail(HANAKO, form())
    organisations.ask_owner(world.services, world.request(), "saki")
    world.staff_mails()
    world.reply(world.request(), "The bill is attached.", ("bill.pdf", b"%PDF-1.4 no form"))
    page = sato.request(world.request().reference)
    assert "Proof asked for until" in page.text
    assert "bill.pdf" in page.text
    assert "version" not in page.text
    review.reject(world.services, world.request(), "saki", reason="other")


# --- where a link leads back ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("back", "path", "label"),
    [
        (Back(), "/q/needs-me", "Needs me"),
        (Back("new"), "/q/new", "New"),
        (Back("new", mine=True), "/q/new?mine=1", "New"),
        (
            Back("all", "花子 is:late"),
            f"/q/all?find={quote('花子 is:late')}",
            "Found for “花子 is:late”",
        ),
        (Back("all", "x" * 60), f"/q/all?find={'x' * 60}", f"Found for “{'x' * 40}…”"),
        (Back("certificates"), "/certificates", "Certificates"),
        (Back("outbox"), "/outbox", "Outbox"),
    ],
)
def test_page_leads_back_to_the_list_that_one_came_from(
    world: World, sato: AtConsole, back: Back, path: str, label: str
) -> None:
    world.mail(HANAKO, form())
    reference = world.request().reference
    page = sato.page(f"/r/{reference}?view={quote(str(back))}")
    (link,) = (had for tag, had in page.tags if tag == "a" and had.get("data-key") == "u")
    assert link["href"] == path
    assert label in page.words
    # and a decision leads there, too
    decision = sato.page(f"/r/{reference}/d/hold?view={quote(str(back))}")
    kept = f"?view={quote(str(back), safe='/')}" if str(back) else ""
    assert f"/r/{reference}{kept}" in decision.links


@pytest.mark.parametrize("view", ["//evil.example", "no-such", 'new?find=%ff"><b>', "admin/users"])
def test_no_address_leads_back_elsewhere(world: World, sato: AtConsole, view: str) -> None:
    world.mail(HANAKO, form())
    page = sato.page(f"/r/{world.request().reference}?view={quote(view)}")
    (link,) = (had for tag, had in page.tags if tag == "a" and had.get("data-key") == "u")
    assert re.match(r"/q/(needs-me|new)(\?find=[\w%.<>-]*)?$", link["href"])


def test_lists_say_where_one_came_from(world: World, sato: AtConsole) -> None:
    world.mail(HANAKO, form())
    reference = world.request().reference
    letters.answer(world.services, world.request(), "saki", text="We call tomorrow.")
    for path, view in (
        ("/q/new", "new"),
        (f"/q/all?find={reference}", f"all?find={reference}"),
        ("/outbox", "outbox"),
    ):
        links = sato.page(path).links
        assert f"/r/{reference}?view={quote(view)}" in links, path


def test_the_next_request_is_the_next_of_what_was_looked_for(world: World, sato: AtConsole) -> None:
    world.deliver_forms(*range(4))
    world.run()
    records = sorted(world.requests(), key=lambda one: one.id)
    wanted = f"{records[3].company} is:open"
    back = str(Back(QueueView.ALL.value, wanted))
    found = [
        link.partition("?")[0].removeprefix("/r/")
        for link in sato.page(f"/q/all?find={quote(wanted)}").links
        if link.startswith("/r/")
    ]
    first = found[0]
    path = f"/r/{first}/d/note?view={quote(back)}"
    values = sato.page(path).form(f"/r/{first}/d/note").values
    done = read(sato.browser.send(path, values | {"text": "Called."}))
    following = [had["href"] for tag, had in done.tags if tag == "a" and had.get("data-key") == "]"]
    expected = found[1:2]
    assert [one.partition("?")[0].removeprefix("/r/") for one in following] == expected


# --- what a page says of a decision --------------------------------------------------------------


def test_page_says_what_was_done_until_something_else_happens(
    world: World, sato: AtConsole
) -> None:
    world.mail(HANAKO, form())
    reference = world.request().reference
    answer = sato.sent(reference, "hold")
    there = str(answer.url).removeprefix(sato.browser.origin)

    def banners() -> int:
        page = sato.page(there)
        return sum({"notice", "done"} <= set(had.get("class", "").split()) for _, had in page.tags)

    assert banners() == 1
    assert "Held by staff." in sato.page(there).text
    review.release(world.services, world.request(), "mori")
    assert banners() == 0


def test_refusal_says_what_can_be_done_next_on_a_page(world: World, staff: Staff) -> None:
    world.mail(HANAKO, form())
    mori = at_console(world, staff, "mori", Role.REVIEWER)
    answer = mori.browser.get(f"/r/{world.request().reference}/d/approve")
    told = read(answer).text
    assert "Ask a colleague who may" in told
    assert "pipeline user" not in told


def test_what_a_caller_has_to_have_said_is_asked_once(world: World, staff: Staff) -> None:
    endo = at_console(world, staff, "endo", Role.REVIEWER)
    wanted = {one.name for one in fields(Caller) if one.default is MISSING}
    page = endo.page("/open")
    required = {had["name"] for _, had in page.tags if "required" in had} - {"language"}
    assert required == wanted == {"form", "address"}
