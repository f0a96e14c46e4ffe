"""Decisions at the console that ask Meta, and outcomes of a call before its time."""

import re

from pipeline.model.request import EventName, Status
from tests.flow.test_meta_ownership import agreed
from tests.servers.meta import FakeMeta
from tests.world.console import Staff
from tests.world.meta import meta, meta_world, no_sleep, world
from tests.world.world import World

__all__ = ["meta", "meta_world", "no_sleep", "world"]


def test_a_code_is_sent_and_entered_and_never_shown(
    world: World, meta: FakeMeta, staff: Staff
) -> None:
    world.change(meta=world.services.settings.meta.model_copy(update={"add_numbers": True}))
    record = agreed(world)
    sato = staff.person("sato")
    path = f"/r/{record.reference}/d"
    page = sato.get(f"{path}/code-send")
    assert 'name="early"' in page.text
    assert sato.send(f"{path}/code-send", {"code_method": "sms"}).status_code == 409
    assert meta.calls("request_code") == []
    assert sato.send(f"{path}/code-send", {"code_method": "pigeon"}).status_code == 400
    sent = sato.send(f"{path}/code-send", {"code_method": "sms", "early": "1"})
    assert sent.status_code == 200, sent.text
    assert len(meta.calls("request_code")) == 1
    page = sato.get(f"{path}/code-verify")
    assert 'type="password"' in page.text
    wrong = sato.send(f"{path}/code-verify", {"code": "135791", "early": "1"})
    assert wrong.status_code == 409
    assert 'type="password"' in wrong.text
    assert "135791" not in wrong.text
    code = next(iter(meta.account.numbers.values())).code
    sato.get(f"{path}/code-verify")
    done = sato.send(f"{path}/code-verify", {"code": code, "early": "1"})
    assert done.status_code == 200, done.text
    assert code not in done.text
    assert world.again(record).status is not Status.SLOT_AGREED


def test_an_outcome_before_its_time_takes_two_clicks(world: World, staff: Staff) -> None:
    record = agreed(world)
    sato = staff.person("sato")
    name = f"early-{EventName.CODE_FAILED.value}"
    path = f"/r/{record.reference}/d/{name}"
    assert f"/d/{name}" in sato.get(f"/r/{record.reference}").text
    sato.get(path)
    asked = sato.send(path)
    assert world.again(record).status is Status.SLOT_AGREED
    confirmed = re.search(r'name="confirmed" value="([^"]+)"', asked.text)
    assert confirmed is not None
    done = sato.send(path, {"confirmed": confirmed[1]})
    assert done.status_code == 200
    assert world.again(record).status is not Status.SLOT_AGREED


def test_without_an_account_meta_is_not_offered(world: World, staff: Staff) -> None:
    record = agreed(world)
    world.change(meta=world.services.settings.meta.model_copy(update={"waba_id": ""}))
    page = staff.person("sato").get(f"/r/{record.reference}").text
    assert "/d/code-send" not in page
    assert "/d/register" not in page
