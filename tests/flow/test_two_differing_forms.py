"""Two differing forms of one organisation: who sent the first says which one counts."""

import pytest

from pipeline.flow.staff import review as decisions
from pipeline.model.request import EventName, HoldReason, Status
from tests.world.customers import EVE, HANAKO, TARO, form
from tests.world.outbox import Sent, notices
from tests.world.world import World


def _two(world: World) -> list[Sent]:
    world.know("sakura-denki.example")
    world.mail(HANAKO, form())
    return world.mail(TARO, form(display_name="さくら"))


def test_both_are_told_and_neither_sees_the_other_form(world: World) -> None:
    first, second = _two(world)
    assert (first.variant, first.to, second.variant, second.to) == (
        "differs_first",
        HANAKO,
        "differs",
        TARO,
    )
    assert "「最初」" in first.text
    assert "「2件目」" in first.text
    assert "太郎" not in first.text
    assert TARO not in first.text
    assert HANAKO not in second.text
    assert "最初に送信された方に確認しています" in second.text
    assert world.request(TARO).linked_to == world.request().reference


@pytest.mark.parametrize("word", ["最初", "FIRST", "最初の申請書でお願いいたします。"])
def test_first_lets_the_first_go_on_and_closes_the_second(world: World, word: str) -> None:
    _two(world)
    mails = world.reply(world.request(), word)
    assert sorted((mail.notice, mail.variant, mail.to) for mail in mails) == [
        ("duplicate", "", TARO),
        ("duplicate", "first_counts", HANAKO),
    ]
    assert world.request().status is Status.POLICY_REVIEW
    assert world.request(TARO).status is Status.SUPERSEDED
    told = next(mail for mail in mails if mail.to == TARO)
    assert world.request().reference not in told.text


@pytest.mark.parametrize("word", ["2件目", "SECOND", "ZWEITES"])
def test_second_closes_the_first_and_acknowledges_the_second(world: World, word: str) -> None:
    _two(world)
    mails = world.reply(world.request(), word)
    assert sorted((mail.notice, mail.to) for mail in mails) == [
        ("acknowledged", TARO),
        ("duplicate", HANAKO),
    ]
    assert world.request().status is Status.SUPERSEDED
    assert world.request(TARO).status is Status.POLICY_REVIEW


def test_second_sender_decides_nothing_but_may_withdraw(world: World) -> None:
    _two(world)
    world.reply(world.request(TARO), "2件目")
    assert world.request(TARO).status is Status.HELD
    assert world.request().status is Status.HELD
    mails = world.reply(world.request(TARO), "取り下げ")
    assert sorted((mail.notice, mail.to) for mail in mails) == [
        ("duplicate", HANAKO),
        ("withdrawn", TARO),
    ]
    assert world.request().status is Status.POLICY_REVIEW


def test_first_sender_who_withdraws_lets_the_second_go_on(world: World) -> None:
    _two(world)
    mails = world.reply(world.request(), "取り下げ")
    assert sorted(notices(mails)) == ["acknowledged", "withdrawn"]
    assert world.request(TARO).status is Status.POLICY_REVIEW


def test_staff_may_say_it_too(world: World) -> None:
    _two(world)
    record = world.request()
    decisions.advance(world.services, record, "saki", event=EventName.SECOND_COUNTS)
    assert world.request(TARO).status is Status.POLICY_REVIEW
    assert sorted(notices(world.staff_mails())) == ["acknowledged", "duplicate"]


def test_another_organisation_is_told_nothing_and_asks_nobody(world: World) -> None:
    world.mail(HANAKO, form())
    mails = world.mail(EVE, form(display_name="さくら"))
    assert [(mail.notice, mail.to) for mail in mails] == [("acknowledged", EVE)]
    assert world.request().status is Status.POLICY_REVIEW


def test_first_is_only_a_word_where_nobody_asked(world: World) -> None:
    world.mail(HANAKO, form())
    assert world.reply(world.request(), "最初") == []
    assert world.request().status is Status.POLICY_REVIEW
    assert world.request().state.hold_reason is not HoldReason.FIRST_OF_TWO
