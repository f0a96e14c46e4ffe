"""Somebody phoned: staff enter the request at the console, and see first what it will do."""

import pytest

from pipeline.model.request import Status
from pipeline.store.staff_records import Role
from tests.world.console import Staff
from tests.world.customers import HANAKO, form
from tests.world.outbox import notices
from tests.world.pages import AtConsole, at_console, read
from tests.world.world import World

_CALLER = "hanako@sample-shoji.example"
_SAID = {
    "form": "onboarding",
    "address": _CALLER,
    "company": "株式会社<サンプル>商事",
    "contact": "山田",
    "number": "+81 90 1234 5678",
    "language": "ja",
}


@pytest.fixture
def endo(world: World, staff: Staff) -> AtConsole:
    """Somebody who may enter requests."""
    return at_console(world, staff, "endo", Role.REVIEWER)


def _count(world: World) -> int:
    with world.services.store.read() as tx:
        return len(tx.requests.of_sender(_CALLER))


def test_the_form_goes_to_who_phoned_after_a_look_at_its_mail(
    world: World, endo: AtConsole
) -> None:
    page = endo.page("/open")
    assert "Still to be filled in: Form, Their e-mail address" in page.text
    values = page.form("/open").values | _SAID | {"send_form": "1", "text": "お電話ありがとう"}
    seen = read(endo.browser.send("/open/preview", values))
    # the mail in the language of the caller, and beside it in that of who looks
    assert [letter.language for letter in seen.letters] == ["ja", "en"]
    assert "お電話ありがとう" in seen.letters[0].text
    assert "nothing else is mailed but a reminder" in seen.text
    assert _count(world) == 0
    assert world.staff_mails() == []
    answer = endo.browser.send("/open", seen.form("/open").values)
    record = world.request(_CALLER)
    assert answer.url.path == f"/r/{record.reference}"
    shown = read(answer).text
    assert "Enter a request." in shown
    assert "Entered by staff (proposals, no answers)" in shown
    assert (record.company, record.status) == ("", Status.AWAITING_FORM)
    assert {item.value for item in record.proposals} >= {"+819012345678", _SAID["company"]}
    assert record.language == "ja"
    assert world.history(record)[0].actor_name == "endo"
    (mail,) = world.staff_mails()
    assert "お電話ありがとう" in mail.text


def test_nobody_is_mailed_without_the_tick(world: World, endo: AtConsole) -> None:
    values = endo.page("/open").form("/open").values | _SAID
    assert "Nobody is mailed" in read(endo.browser.send("/open/preview", values)).text
    endo.browser.send("/open", values)
    assert world.request(_CALLER).status is Status.TRIAGE
    assert notices(world.staff_mails()) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"address": "hanako"}, "is no e-mail address of a customer"),
        ({"address": ""}, "is no e-mail address of a customer"),
        ({"number": "12"}, "12"),
        ({"form": "x"}, "x"),
        ({"language": "tlh"}, "tlh"),
        ({"text": "Hello"}, "goes out only with the form"),
    ],
)
def test_what_cannot_be_read_keeps_all_that_was_typed(
    world: World, endo: AtConsole, wrong: dict[str, str], said: str
) -> None:
    values = endo.page("/open").form("/open").values | _SAID | wrong
    answer = endo.browser.send("/open", values)
    assert answer.status_code == 400
    page = read(answer)
    assert said in page.text
    assert "--" not in page.text
    assert page.form("/open").values["company"] == [_SAID["company"]]
    assert _count(world) == 0


def test_a_second_request_of_an_address_takes_a_tick(world: World, endo: AtConsole) -> None:
    world.mail(HANAKO, form())
    first = world.request()
    values = endo.page("/open").form("/open").values | _SAID | {"address": HANAKO}
    answer = endo.browser.send("/open", values)
    assert answer.status_code == 409
    page = read(answer)
    assert f"/r/{first.reference}" in page.links
    assert len(world.requests_of(HANAKO)) == 1
    assert endo.browser.send("/open", values | {"again": "1"}).status_code == 200
    assert len(world.requests_of(HANAKO)) == 2


def test_who_may_only_look_enters_nothing(world: World, staff: Staff) -> None:
    viewer = at_console(world, staff, "mori", Role.VIEWER)
    assert "/open" not in viewer.page("/q/needs-me").links
    for answer in (viewer.browser.get("/open"), viewer.browser.send("/open", _SAID)):
        assert answer.status_code == 403
    assert _count(world) == 0
    assert "/open" in at_console(world, staff, "endo", Role.REVIEWER).page("/q/needs-me").links
