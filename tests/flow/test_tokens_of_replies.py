"""The tokens of replies: they die, their keys are replaced, and wrong ones are counted."""

import stat
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.errors import ConfigurationError
from pipeline.flow.services import Services, open_services, token_keys
from pipeline.flow.staff import review as decisions
from pipeline.flow.staff import tokens
from pipeline.model.request import Status
from pipeline.notifications.token import make_token, reply_address
from pipeline.store.records import RequestRecord
from tests.world.customers import EVE, HANAKO, form
from tests.world.outbox import notices
from tests.world.settings import ADDRESS
from tests.world.world import World

WRONG_A_DAY = 5


def reopened(world: World) -> World:
    """The next command: it reads the keys anew."""
    old = world.services
    services = Services(old.settings, old.clock, old.store, old.blobs, old.guard)
    return replace(world, services=services)


def forged(record: RequestRecord, sign: str) -> str:
    return reply_address(ADDRESS, record.reference, sign * 16, "plus")


# --- a token dies -----------------------------------------------------------------------------


def test_a_token_lives_thirty_days_after_the_end(world: World) -> None:
    world.mail(HANAKO, form())
    record = decisions.withdraw(world.services, world.request(), "saki")
    world.staff_mails()
    world.clock.advance(timedelta(days=29))
    world.reply(record, "よろしくお願いします。")
    assert world.last_message().why == "ended"
    world.clock.advance(timedelta(days=1))
    mails = world.reply(record, "もう一度申し込みたいのですが。")
    assert notices(mails) == ["help_choose_form"]
    new = world.requests_of(HANAKO)[-1]
    assert new.id != record.id
    assert world.alerts().count("wrong_tokens") == 0


def test_the_token_of_an_open_request_does_not_age(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    world.clock.advance(timedelta(days=200))
    world.reply(record, "取り下げ")
    assert world.again(record).status is Status.WITHDRAWN


# --- the keys are replaced --------------------------------------------------------------------


def test_replies_to_mails_of_the_old_key_count_until_the_second_rotation(
    any_world: World,
) -> None:
    world = any_world
    world.mail(HANAKO, form())
    record = world.request()
    first = world.services.token_key
    tokens.rotate(world.services, "saki")
    world = reopened(world)
    second = world.services.token_key
    assert (second != first, world.services.token_keys) == (True, (second, first))
    assert notices(world.reply(record, "状況を教えてください")) == ["duplicate:status"]
    (newest,) = [row for row in world.mails_of(record) if row.notice.value == "duplicate"]
    assert make_token(second, record.reference, HANAKO) in newest.message_id
    tokens.rotate(world.services, "saki")
    world = reopened(world)
    assert second in world.services.token_keys
    assert first not in world.services.token_keys
    assert notices(world.reply(record, "状況を教えてください")) == ["duplicate:status"]
    old = reply_address(
        ADDRESS, record.reference, make_token(first, record.reference, HANAKO), "plus"
    )
    world.mail(HANAKO, text="取り下げ", to=old)
    assert world.again(record).status is Status.POLICY_REVIEW
    assert world.alerts().count("token_rotated") == 2


def test_both_key_files_are_for_us_alone_and_their_ages_are_told(world: World) -> None:
    with world.services.store.read() as tx:
        made = token_keys.ages(tx, world.services.settings)
    assert made.previous is None
    world.clock.advance(timedelta(days=3))
    tokens.rotate(world.services, "saki")
    settings = world.services.settings
    for path in (token_keys.path_of(settings), token_keys.previous_path_of(settings)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(path.read_bytes()) == 32
    with world.services.store.read() as tx:
        found = token_keys.ages(tx, settings)
    assert (found.current, found.behind) == (world.clock.now(), False)
    assert found.previous == made.current


def test_a_rotation_that_was_killed_loses_no_reply(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    path = token_keys.path_of(world.services.settings)
    before = path.read_bytes()
    tokens.rotate(world.services, "saki")
    path.write_bytes(before)  # the last step was not done
    world = reopened(world)
    assert notices(world.reply(record, "状況を教えてください")) == ["duplicate:status"]
    with world.services.store.read() as tx:
        assert token_keys.ages(tx, world.services.settings).behind
    tokens.rotate(world.services, "saki")
    assert reopened(world).services.token_keys[1] == before


def test_a_key_of_elsewhere_is_refused_after_a_rotation_too(world: World) -> None:
    tokens.rotate(world.services, "saki")
    settings = world.services.settings
    token_keys.previous_path_of(settings).write_bytes(token_keys.new())
    assert len(reopened(world).services.token_keys) == 1
    token_keys.path_of(settings).write_bytes(token_keys.new())
    with pytest.raises(ConfigurationError) as refused:
        _ = reopened(world).services.token_keys
    assert refused.value.code == "keys_differ"
    with open_services(settings, world.clock) as services, pytest.raises(ConfigurationError):
        _ = services.token_key


def test_a_running_process_learns_of_a_rotation_with_its_next_batch(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    old = world.services.token_key
    tokens.rotate(reopened(world).services, "saki")
    assert world.services.token_key == old
    assert notices(world.reply(record, "状況を教えてください")) == ["duplicate:status"]
    assert world.services.token_keys[1] == old


# --- wrong tokens -----------------------------------------------------------------------------


def test_wrong_tokens_are_counted_told_once_and_then_not_looked_at(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    for sign in "abcdefg":
        world.mail(EVE, text="WITHDRAW", to=forged(record, sign))
    assert world.again(record).status is Status.POLICY_REVIEW
    assert world.alerts().count("wrong_tokens") == 1
    # even a genuine one of that sender is not looked at any more today
    world.reply(record, "WITHDRAW", sender=EVE)
    assert "thread_third_party" not in world.alerts()
    world.clock.advance(timedelta(days=1))
    world.reply(record, "WITHDRAW", sender=EVE)
    assert "thread_third_party" in world.alerts()


def test_who_forges_an_address_does_not_shut_its_owner_out(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    for sign in "abcdefg":
        world.mail(HANAKO, text="WITHDRAW", to=forged(record, sign), proof="nothing")
    world.reply(record, "取り下げ")
    assert world.again(record).status is Status.WITHDRAWN


def test_ids_of_other_programmes_and_tokens_made_for_the_sender_are_not_wrong(
    world: World,
) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    own = make_token(world.services.token_key, record.reference, EVE)
    for number in range(WRONG_A_DAY + 1):
        address = reply_address(ADDRESS, record.reference, own, "plus")
        headers = {"In-Reply-To": f"<{number}.abc@mail.example>"}
        world.mail(EVE, text=f"hello {number}", to=address, headers=headers)
    assert world.alerts().count("wrong_tokens") == 0
